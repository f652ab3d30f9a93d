/*
 * The JSON form of a template: everything but its plans.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "conv_attr.h"
#include "elem.h"
#include "file.h"
#include "template/template_priv.h"

#define MEMBERS(m) m, sizeof(m) / sizeof(m)[0]

/* Numbers of the conv, each with the attribute that messages point at. */
static void read_sizes(struct template_reading *r, struct tjson_node node,
		       const char *what, const enum conv_attr *attrs, size_t count)
{
	struct conv_problem *p = &r->t->problem;
	struct tjson_node item = tjson_first(node);
	size_t n;

	if (!tjson_array(&r->json, node, what, count, count, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (tjson_u32(&r->json, item, what, 0, UINT32_MAX,
			      conv_field(p, attrs[i])))
			p->loc[attrs[i]] = tjson_loc(&r->json, item);
		item = tjson_next(&r->json, node, item, i);
	}
}

static void read_elem(struct template_reading *r, struct tjson_node node,
		      const char *what, enum conv_attr attr, enum npu_elem *elem)
{
	size_t index;

	if (tjson_choice(&r->json, node, what, elem_names, ELEM_N, &index)) {
		*elem = (enum npu_elem)index;
		r->t->problem.loc[attr] = tjson_loc(&r->json, node);
	}
}

/* The output's sizes follow from the rest: what the file says is checked. */
static void check_output(struct template_reading *r, struct tjson_node node,
			 const uint32_t said[3])
{
	const struct conv_problem *p = &r->t->problem;

	if (said[0] != p->out_c || said[1] != p->out_h || said[2] != p->out_w)
		diag_error(
		    r->json.diag, tjson_loc(&r->json, node), "output-size",
		    "conv.output is %ux%ux%u, but input, kernel, stride and pad give "
		    "%ux%ux%u",
		    said[0], said[1], said[2], p->out_c, p->out_h, p->out_w);
}

enum {
	CONV_KEY_INPUT,
	CONV_KEY_OUTPUT,
	CONV_KEY_KERNEL,
	CONV_KEY_STRIDE,
	CONV_KEY_PAD,
	CONV_KEY_DILATION,
	CONV_KEY_GROUPS,
	CONV_KEY_BATCH,
	CONV_KEY_TYPE,
	CONV_KEY_OUT_TYPE,
	CONV_KEY_SOURCE,
	CONV_KEY_BIAS,
	CONV_KEY_N
};

static void read_conv_kinds(struct template_reading *r, const struct tjson_member *m)
{
	static const char *const sources[] = {
		[INPUT_GRAPH] = "graph", [INPUT_INNER] = "inner"
	};
	struct conv_problem *p = &r->t->problem;
	bool bias = false;
	size_t index;

	read_elem(r, m[CONV_KEY_TYPE].node, "conv.type", CONV_TYPE, &p->elem);
	read_elem(r, m[CONV_KEY_OUT_TYPE].node, "conv.output_type", CONV_OUT_TYPE,
		  &p->out_elem);
	if (tjson_choice(&r->json, m[CONV_KEY_SOURCE].node, "conv.source", sources, 2,
			 &index))
		p->input_kind = (enum input_kind)index;
	if (tjson_bool(&r->json, m[CONV_KEY_BIAS].node, "conv.bias", &bias) && bias)
		p->bias.kind = SOURCE_SEED;
}

static void read_conv(struct template_reading *r, struct tjson_node node)
{
	static const enum conv_attr input[] = { CONV_IN_C, CONV_IN_H, CONV_IN_W };
	static const enum conv_attr kernel[] = { CONV_KERNEL_H, CONV_KERNEL_W };
	static const enum conv_attr stride[] = { CONV_STRIDE_Y, CONV_STRIDE_X };
	static const enum conv_attr pad[] = { CONV_PAD_TOP, CONV_PAD_LEFT,
					      CONV_PAD_BOTTOM, CONV_PAD_RIGHT };
	static const enum conv_attr dilation[] = { CONV_DILATION_Y, CONV_DILATION_X };
	struct conv_problem *p = &r->t->problem;
	struct tjson_member m[CONV_KEY_N] = {
		{ "input", true, { 0 } },  { "output", true, { 0 } },
		{ "kernel", true, { 0 } }, { "stride", true, { 0 } },
		{ "pad", true, { 0 } },	   { "dilation", true, { 0 } },
		{ "groups", true, { 0 } }, { "batch", true, { 0 } },
		{ "type", true, { 0 } },   { "output_type", true, { 0 } },
		{ "source", true, { 0 } }, { "bias", true, { 0 } },
	};
	uint32_t out[3], *const out_at[] = { &out[0], &out[1], &out[2] };
	uint32_t errors = diag_errors(r->json.diag);
	struct tjson_node output;

	if (!tjson_members(&r->json, node, "conv", MEMBERS(m)))
		return;
	output = m[CONV_KEY_OUTPUT].node;
	p->loc[CONV_NAME] = tjson_loc(&r->json, node);
	read_sizes(r, m[CONV_KEY_INPUT].node, "conv.input", input, 3);
	read_sizes(r, m[CONV_KEY_KERNEL].node, "conv.kernel", kernel, 2);
	read_sizes(r, m[CONV_KEY_STRIDE].node, "conv.stride", stride, 2);
	read_sizes(r, m[CONV_KEY_PAD].node, "conv.pad", pad, 4);
	read_sizes(r, m[CONV_KEY_DILATION].node, "conv.dilation", dilation, 2);
	if (tjson_u32(&r->json, m[CONV_KEY_GROUPS].node, "conv.groups", 0, UINT32_MAX,
		      &p->groups))
		p->loc[CONV_GROUPS] = tjson_loc(&r->json, m[CONV_KEY_GROUPS].node);
	if (tjson_u32(&r->json, m[CONV_KEY_BATCH].node, "conv.batch", 0, UINT32_MAX,
		      &p->batch))
		p->loc[CONV_BATCH] = tjson_loc(&r->json, m[CONV_KEY_BATCH].node);
	read_conv_kinds(r, m);
	if (!tjson_numbers(&r->json, output, "conv.output", 3, UINT32_MAX, out_at))
		return;
	p->out_c = out[0];
	p->loc[CONV_OUT_C] = tjson_loc(&r->json, tjson_first(output));
	if (diag_errors(r->json.diag) == errors)
		check_conv(p, r->json.diag);
	if (diag_errors(r->json.diag) == errors)
		check_output(r, output, out);
}

#define SHORT_TEXT_BYTES 120u

static void read_provenance(struct template_reading *r, struct tjson_node node)
{
	struct template *t = r->t;
	struct tjson_member m[] = {
		{ "capture", true, { 0 } },   { "kind", true, { 0 } },
		{ "compiler", false, { 0 } }, { "runtime", false, { 0 } },
		{ "driver", false, { 0 } },   { "date", false, { 0 } },
	};
	char **const to[] = { &t->provenance.capture,  &t->provenance.kind,
			      &t->provenance.compiler, &t->provenance.runtime,
			      &t->provenance.driver,   &t->provenance.date };

	if (!tjson_members(&r->json, node, "provenance", MEMBERS(m)))
		return;
	for (size_t i = 0; i < sizeof m / sizeof m[0]; i++) {
		char what[40];

		snprintf(what, sizeof what, "provenance.%s", m[i].key);
		if (m[i].node.json)
			tjson_text(&r->json, m[i].node, what, SHORT_TEXT_BYTES, to[i]);
	}
}

static void read_notes(struct template_reading *r, struct tjson_node node)
{
	struct tjson_node item = tjson_first(node);
	size_t n;

	if (!tjson_array(&r->json, node, "notes", 0, TEMPLATE_MAX_NOTES, &n))
		return;
	for (size_t i = 0; i < n; i++, item = tjson_next(&r->json, node, item, i - 1)) {
		if (tjson_text(&r->json, item, "a note", TEMPLATE_MAX_TEXT,
			       &r->t->notes[r->t->note_count]))
			r->t->note_count++;
	}
}

static void read_hazard(struct template_reading *r, struct tjson_node node)
{
	static const uint32_t bits[] = { NPUB_HAZARD_POISONS_NEXT_JOB,
					 NPUB_HAZARD_UNTESTED };
	const char *const names[] = { template_hazard_name(bits[0]),
				      template_hazard_name(bits[1]) };
	struct template_hazard *h = &r->t->hazards[r->t->hazard_count];
	struct tjson_member m[] = { { "name", true, { 0 } },
				    { "inherited", true, { 0 } },
				    { "note", true, { 0 } } };
	size_t index;

	if (tjson_members(&r->json, node, "a hazard", MEMBERS(m)) &&
	    tjson_choice(&r->json, m[0].node, "hazard.name", names, 2, &index) &&
	    tjson_bool(&r->json, m[1].node, "hazard.inherited", &h->inherited) &&
	    tjson_text(&r->json, m[2].node, "hazard.note", TEMPLATE_MAX_TEXT, &h->note)) {
		h->bit = bits[index];
		r->t->hazard_count++;
	}
}

static void read_hazards(struct template_reading *r, struct tjson_node node)
{
	struct tjson_node item = tjson_first(node);
	size_t n;

	if (!tjson_array(&r->json, node, "hazards", 0, TEMPLATE_MAX_HAZARDS, &n))
		return;
	for (size_t i = 0; i < n; i++, item = tjson_next(&r->json, node, item, i - 1))
		read_hazard(r, item);
}

static bool is_format(struct template_reading *r, struct tjson_node node)
{
	const char *format = json_string_value(node.json);

	if (format && !strcmp(format, TEMPLATE_FORMAT))
		return true;
	diag_error(r->json.diag, tjson_loc(&r->json, node), "format",
		   "the format is %s%s%s, not \"%s\"", format ? "\"" : "",
		   format ? format : "no string", format ? "\"" : "", TEMPLATE_FORMAT);
	diag_note(r->json.diag, tjson_loc(&r->json, node),
		  "this npucc reads that version only; import the capture again");
	return false;
}

static void read_top(struct template_reading *r, struct tjson_node root)
{
	enum { FORMAT, CONV, PROVENANCE, NOTES, HAZARDS, BUFFERS, REGCMD, RUN, PLANS, N };
	struct tjson_member m[N] = {
		[FORMAT] = { "format", true, { 0 } },
		[CONV] = { "conv", true, { 0 } },
		[PROVENANCE] = { "provenance", true, { 0 } },
		[NOTES] = { "notes", true, { 0 } },
		[HAZARDS] = { "hazards", true, { 0 } },
		[BUFFERS] = { "buffers", true, { 0 } },
		[REGCMD] = { "regcmd", false, { 0 } },
		[RUN] = { "run", false, { 0 } },
		[PLANS] = { "plans", true, { 0 } },
	};

	if (!tjson_members(&r->json, root, "a template", MEMBERS(m)) ||
	    !is_format(r, m[FORMAT].node))
		return;
	read_conv(r, m[CONV].node);
	read_provenance(r, m[PROVENANCE].node);
	read_notes(r, m[NOTES].node);
	read_hazards(r, m[HAZARDS].node);
	read_buffers(r, m[BUFFERS].node);
	if (m[REGCMD].node.json)
		read_regcmd(r, m[REGCMD].node);
	if (m[RUN].node.json)
		read_run(r, m[RUN].node);
	read_plans(r, m[PLANS].node);
}

/* Read with `read`, then hold the rules, if any; empty the template after errors. */
static bool read_text(struct template *t, const char *name, struct str text,
		      void (*read)(struct template_reading *r, struct tjson_node root),
		      void (*rules)(struct template_reading *r), struct diag *diag)
{
	struct template_reading r = { .t = t };
	uint32_t errors = diag_errors(diag);
	struct tjson_node root;

	template_init(t);
	t->name = mem_strndup(name, strlen(name));
	t->problem.name = mem_strndup(name, strlen(name));
	if (tjson_open(&r.json, &root, name, text, diag)) {
		read(&r, root);
		if (diag_errors(diag) == errors && rules)
			rules(&r);
		json_decref(root.json);
		json_places_free(&r.json.places);
		free(r.places);
	}
	if (diag_errors(diag) == errors)
		return true;
	template_clear(t);
	return false;
}

bool template_read_text(struct template *t, const char *name, const char *text,
			size_t bytes, struct diag *diag)
{
	return read_text(t, name, (struct str){ text, bytes }, read_top, check_rules,
			 diag);
}

bool template_read_conv(struct template *t, const char *name, const char *text,
			size_t bytes, struct diag *diag)
{
	return read_text(t, name, (struct str){ text, bytes }, read_conv, NULL, diag);
}

bool template_read_file(struct template *t, const char *path, struct diag *diag)
{
	struct loc nowhere = { 0 };
	struct file_text text;
	bool ok;

	template_init(t);
	switch (file_read(&text, path, TEMPLATE_MAX_BYTES, false)) {
	case FILE_OK:
		ok = template_read_text(t, path, text.bytes, text.count, diag);
		free(text.bytes);
		return ok;
	case FILE_TOO_LARGE:
		diag_error(diag, nowhere, NULL,
			   "%s: larger than %u bytes, the most a template has", path,
			   TEMPLATE_MAX_BYTES);
		return false;
	case FILE_DIRECTORY:
		diag_error(diag, nowhere, NULL, "%s: a directory, not a template", path);
		return false;
	case FILE_SPECIAL:
		diag_error(diag, nowhere, NULL, "%s: not a regular file", path);
		return false;
	default:
		diag_error(diag, nowhere, NULL, "%s: %s", path, strerror(text.error));
		return false;
	}
}
