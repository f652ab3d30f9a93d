#include "cmd/can.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "common/text_table.h"
#include "compile.h"
#include "mem.h"

#define TABLE_COLUMNS 120

static const char *mode_name(enum npub_mode mode)
{
	switch (mode) {
	case NPUB_MODE_DEPTHWISE:
		return "depthwise";
	case NPUB_MODE_PIXEL:
		return "pixel";
	default:
		return "dense";
	}
}

static void count_tasks(struct can_plan *p)
{
	const struct plan *plan = &p->plan;
	bool barriers = plan->cores > 1 && !plan->shared;

	for (uint32_t core = 0; core < plan->cores; core++) {
		if (plan->list[core].count)
			p->tasks[core] = plan->list[core].count + barriers;
	}
}

static bool make_plans(struct can_answer *a, const struct conv_problem *p,
		       const struct conv_layout *layout)
{
	struct plan_refusal why;

	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++) {
		struct can_plan *plan = &a->plans[a->plan_count];

		memset(&why, 0, sizeof why);
		switch (plan_from_problem(&plan->plan, p, layout, cores, &why)) {
		case PLAN_OK:
			count_tasks(plan);
			a->plan_count++;
			break;
		case PLAN_REFUSED:
			snprintf(a->sentence, sizeof a->sentence,
				 "no plan for %u core%s: %s", cores,
				 cores == 1 ? "" : "s", why.sentence);
			snprintf(a->remedy, sizeof a->remedy, "%s", why.remedy);
			return false;
		default:
			mem_out();
		}
	}
	return true;
}

/* A template of the problem: its registers have to be compared, so they are made. */
static void ask_template(struct can_answer *a, const struct conv_problem *p,
			 struct template_set *templates)
{
	const struct compile_options all = { .core_mask = (1u << NPU_MAX_CORES) - 1,
					     .templates = templates };
	struct diag *diag;
	struct compiled_conv c;

	if (!template_find(templates, p))
		return;
	diag = diag_new(NULL);
	if (compile_conv(&c, p, NULL, &all, diag)) {
		snprintf(a->template_note, sizeof a->template_note, "%s", c.verdict.note);
		for (uint32_t i = 0; i < a->plan_count; i++) {
			a->plans[i].plan.evidence = c.plans[i].evidence;
			a->plans[i].plan.hazards = c.plans[i].hazards;
		}
		compiled_conv_free(&c);
	}
	diag_free(diag);
}

static void keep_first(void *context, const struct diag_message *m)
{
	struct can_answer *a = context;

	bool here = m->loc.source == a->place.source && m->loc.line == a->place.line &&
		    m->loc.col == a->place.col;

	if (*m->kind == 'e' && !a->errors++) {
		a->place = m->loc;
		snprintf(a->sentence, sizeof a->sentence, "%.239s%s%.40s%s", m->text,
			 m->check ? " [" : "", m->check ? m->check : "",
			 m->check ? "]" : "");
	} else if (*m->kind == 'n' && a->errors == 1 && here && !*a->remedy)
		snprintf(a->remedy, sizeof a->remedy, "%.239s", m->text);
}

void can_listen(struct can_answer *a, struct diag *diag)
{
	diag_set_sink(diag, keep_first, a);
}

void can_ask(struct can_answer *a, struct conv_problem *p,
	     struct template_set *templates, struct diag *diag)
{
	struct conv_layout layout;

	a->name = p->name;
	conv_slug(p, a->slug, sizeof a->slug);
	can_listen(a, diag);
	check_conv(p, diag);
	if (a->errors)
		return;
	if (!layout_from_problem(&layout, p))
		mem_out();
	a->mode = layout.mode;
	a->elem = p->elem;
	a->out_elem = p->out_elem;
	a->op_flags = op_from_problem(p).flags;
	a->supported = make_plans(a, p, &layout);
	while (a->supported &&
	       plan_doubt(p, &layout, a->untested_count, a->untested[a->untested_count]))
		a->untested_count++;
	layout_free(&layout);
	if (a->supported)
		ask_template(a, p, templates);
}

void can_answer_clear(struct can_answer *a)
{
	for (uint32_t i = 0; i < a->plan_count; i++)
		plan_free(&a->plans[i].plan);
	a->plan_count = 0;
}

/* --- printing -------------------------------------------------------------- */

/* "y 3", "k 3+3", "= 1 core". */
static void plan_text(char *text, size_t bytes, const struct can_plan *p)
{
	size_t used;

	if (p->plan.shared && p->plan.cores > 1) {
		snprintf(text, bytes, "=");
		return;
	}
	used = (size_t)snprintf(text, bytes, "%s ", plan_split_name(p->plan.split));
	for (uint32_t core = 0; core < p->plan.cores && used < bytes; core++)
		used += (size_t)snprintf(text + used, bytes - used, "%s%u",
					 core ? "+" : "", p->tasks[core]);
}

/* Words of the three plans; told once when they agree. */
static void join(char *text, size_t bytes, const char *const words[], uint32_t count)
{
	size_t used = 0;
	bool same = true;

	for (uint32_t i = 1; i < count; i++)
		same = same && !strcmp(words[0], words[i]);
	*text = 0;
	for (uint32_t i = 0; i < (same && count ? 1 : count) && used < bytes; i++)
		used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? "/" : "",
					 words[i]);
}

static const char *hazards_word(uint32_t hazards)
{
	if (!hazards)
		return "none";
	if (hazards == (NPUB_HAZARD_POISONS_NEXT_JOB | NPUB_HAZARD_UNTESTED))
		return "untested,poisons-next-job";
	return template_hazard_name(hazards);
}

struct can_table {
	struct text_table *text;
	bool with_time;
};

struct can_table *can_table_new(bool with_time)
{
	struct can_table *t = mem_new(sizeof *t);

	t->with_time = with_time;
	t->text = text_table_new(
	    with_time ? "conv|can|operation|mode|1 core|2 cores|3 cores|evidence|basis|"
			"hazards|>us"
		      : "conv|can|operation|mode|1 core|2 cores|3 cores|evidence|basis|"
			"hazards");
	return t;
}

/* What is fused, in the order in which it acts. */
static const struct {
	uint32_t flags, of; /* present when these flags are, of those */
	const char *name;
} fused[] = {
	{ NPUB_OP_LEAKY, NPUB_OP_LEAKY, "leaky" },
	{ NPUB_OP_ADD, NPUB_OP_ADD, "add" },
	{ NPUB_OP_RELU, NPUB_OP_RELU | NPUB_OP_CLAMP, "relu" },
	{ NPUB_OP_CLAMP, NPUB_OP_CLAMP, "clip" },
};
#define FUSED_N (sizeof fused / sizeof fused[0])

static bool is_fused(const struct can_answer *a, size_t i)
{
	return (a->op_flags & fused[i].of) == fused[i].flags;
}

/* "fp16", "int8>int32", "int8 add relu". */
static void put_operation(struct text_table *t, const struct can_answer *a)
{
	const struct npu_elem_info *in = npu_elem_info(a->elem);
	const struct npu_elem_info *out = npu_elem_info(a->out_elem);
	char text[64];
	size_t used;

	used = (size_t)snprintf(text, sizeof text, "%s%s%s", in->name,
				in == out ? "" : ">", in == out ? "" : out->name);
	for (size_t i = 0; i < FUSED_N && used < sizeof text; i++) {
		if (is_fused(a, i))
			used += (size_t)snprintf(text + used, sizeof text - used, " %s",
						 fused[i].name);
	}
	text_cell(t, "%s", text);
}

static void put_supported(struct text_table *t, const struct can_answer *a)
{
	const char *evidence[NPU_MAX_CORES], *basis[NPU_MAX_CORES],
	    *hazards[NPU_MAX_CORES];
	char text[96];

	text_cell(t, "yes");
	put_operation(t, a);
	text_cell(t, "%s", mode_name(a->mode));
	for (uint32_t i = 0; i < a->plan_count; i++) {
		plan_text(text, sizeof text, &a->plans[i]);
		text_cell(t, "%s", text);
		evidence[i] = template_evidence_name(a->plans[i].plan.evidence);
		basis[i] = plan_basis_name(a->plans[i].plan.basis);
		hazards[i] = hazards_word(a->plans[i].plan.hazards);
	}
	join(text, sizeof text, evidence, a->plan_count);
	text_cell(t, "%s", text);
	join(text, sizeof text, basis, a->plan_count);
	text_cell(t, "%s", text);
	join(text, sizeof text, hazards, a->plan_count);
	text_cell(t, "%s", text);
}

static void put_refused(struct text_table *t)
{
	text_cell(t, "no");
	for (uint32_t i = 0; i < 8; i++)
		text_cell(t, "-");
}

/* text_line() keeps one short line: a long sentence goes out in several. */
static void put_sentence(struct text_table *t, const char *label, const char *sentence)
{
	const size_t room = 72; /* a line of the table and its label */

	while (*sentence) {
		size_t bytes = strlen(sentence);

		/* at the last blank that fits; a longer word is not divided */
		if (bytes > room) {
			for (bytes = room; bytes && sentence[bytes] != ' '; bytes--)
				;
			if (!bytes)
				bytes = strcspn(sentence, " ");
		}
		text_line(t, "  %s%.*s", label, (int)bytes, sentence);
		sentence += bytes;
		while (*sentence == ' ')
			sentence++;
		label = "  ";
	}
}

void can_row(struct can_table *table, const struct can_answer *a)
{
	struct text_table *t = table->text;

	text_cell(t, "%s", a->name);
	if (a->supported)
		put_supported(t, a);
	else
		put_refused(t);
	if (table->with_time)
		text_cell(t, "%.1f", a->us);
	put_sentence(t, "", a->sentence);
	put_sentence(t, "remedy: ", a->remedy);
	put_sentence(t, "template: ", a->template_note);
	for (uint32_t i = 0; i < a->untested_count; i++)
		put_sentence(t, "untested: ", a->untested[i]);
}

void can_table_end(struct can_table *t, FILE *out)
{
	text_table_end(t->text, out, 0, TABLE_COLUMNS);
	free(t);
}

static json_t *plan_json(const struct can_plan *p)
{
	json_t *tasks = json_array(), *hazards = json_array();
	uint32_t lists = p->plan.shared ? 1 : p->plan.cores;

	for (uint32_t core = 0; core < lists; core++)
		json_array_append_new(tasks, json_integer(p->tasks[core]));
	for (uint32_t bit = 1; bit <= NPUB_HAZARD_UNTESTED; bit <<= 1) {
		if (p->plan.hazards & bit)
			json_array_append_new(hazards,
					      json_string(template_hazard_name(bit)));
	}
	return json_pack("{s:i,s:s,s:b,s:o,s:s,s:s,s:s,s:o}", "cores", (int)p->plan.cores,
			 "split", plan_split_name(p->plan.split), "one_core_again",
			 p->plan.shared && p->plan.cores > 1, "tasks", tasks, "evidence",
			 template_evidence_name(p->plan.evidence), "basis",
			 plan_basis_name(p->plan.basis), "basis_note", p->plan.basis_note,
			 "hazards", hazards);
}

/* A text, or null when it is empty. */
static json_t *text_json(const char *text)
{
	return *text ? json_string(text) : json_null();
}

/* "type", "output_type", "fused", "untested"; null and empty when not supported. */
static void set_operation(json_t *o, const struct can_answer *a)
{
	json_t *names = json_array(), *untested = json_array();
	const char *in = npu_elem_info(a->elem)->name;
	const char *out = npu_elem_info(a->out_elem)->name;

	for (size_t i = 0; a->supported && i < FUSED_N; i++) {
		if (is_fused(a, i))
			json_array_append_new(names, json_string(fused[i].name));
	}
	for (uint32_t i = 0; i < a->untested_count; i++)
		json_array_append_new(untested, json_string(a->untested[i]));
	json_object_set_new(o, "type", a->supported ? json_string(in) : json_null());
	json_object_set_new(o, "output_type",
			    a->supported ? json_string(out) : json_null());
	json_object_set_new(o, "fused", names);
	json_object_set_new(o, "untested", untested);
}

json_t *can_json(const struct can_answer *a, bool with_time)
{
	json_t *plans = json_array(), *o = json_object();

	for (uint32_t i = 0; i < a->plan_count && a->supported; i++)
		json_array_append_new(plans, plan_json(&a->plans[i]));
	json_object_set_new(o, "conv", json_string(a->name));
	json_object_set_new(o, "slug", text_json(a->slug));
	json_object_set_new(o, "supported", json_boolean(a->supported));
	set_operation(o, a);
	json_object_set_new(o, "mode",
			    a->supported ? json_string(mode_name(a->mode)) : json_null());
	json_object_set_new(o, "plans", plans);
	json_object_set_new(o, "template", text_json(a->template_note));
	json_object_set_new(o, "refusal", text_json(a->sentence));
	json_object_set_new(o, "remedy", text_json(a->remedy));
	if (with_time)
		json_object_set_new(o, "us", json_real(a->us));
	return o;
}
