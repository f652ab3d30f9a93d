/* The same problem in every form a spec can have. */
#include <string.h>

#include "problem.h"

static bool has_pad(const struct ref_conv *r)
{
	return r->pt || r->pl || r->pb || r->pr;
}

static void write_sources(FILE *out, const struct problem *p,
			  const struct spec_files *files)
{
	if (files->weights)
		fprintf(out, "\tweights \"%s\"\n", files->weights);
	if (p->bias && files->bias)
		fprintf(out, "\tbias \"%s\"\n", files->bias);
	else if (p->bias)
		fprintf(out, "\tbias seed\n");
}

/* What a slug cannot say. */
static void write_extras(FILE *out, const struct problem *p,
			 const struct spec_files *files)
{
	write_sources(out, p, files);
	operator_write_spec(out, p, false, files);
	if (p->inner)
		fprintf(out, "\tinput inner\n");
	if (p->split_y)
		fprintf(out, "\tsplit y %u\n", p->split_y);
	if (p->split_k)
		fprintf(out, "\tsplit k %u\n", p->split_k);
}

static void write_text(FILE *out, const struct problem *p, const struct spec_files *files)
{
	const struct ref_conv *r = &p->r;

	fprintf(out, "# %s\nconv " PROBLEM_NAME " {\n", p->family);
	fprintf(out, "\tinput %ux%ux%u\n\toutput %u\n\tkernel %ux%u\n", r->c, r->h, r->w,
		r->k, r->kh, r->kw);
	if (r->n != 1)
		fprintf(out, "\tbatch %u\n", r->n);
	if (r->g != 1)
		fprintf(out, "\tgroups %u\n", r->g);
	if (r->sy != 1 || r->sx != 1)
		fprintf(out, "\tstride %u %u\n", r->sy, r->sx);
	if (has_pad(r))
		fprintf(out, "\tpad %u %u %u %u\n", r->pt, r->pl, r->pb, r->pr);
	if (r->dy != 1 || r->dx != 1)
		fprintf(out, "\tdilation %u %u\n", r->dy, r->dx);
	write_extras(out, p, files);
	fprintf(out, "}\n");
}

/* Every value by its name, half of them as defaults, several on a line. */
static void write_named(FILE *out, const struct problem *p,
			const struct spec_files *files)
{
	const struct ref_conv *r = &p->r;

	fprintf(out, "defaults { type fp16; batch %u; stride y %u x %u\n", r->n, r->sy,
		r->sx);
	fprintf(out, "\tpad top %u left %u bottom %u right %u }\n", r->pt, r->pl, r->pb,
		r->pr);
	fprintf(out,
		"conv \"" PROBLEM_NAME "\"\n{\n\tinput c %u h %u w %u; output c %u\n",
		r->c, r->h, r->w, r->k);
	fprintf(out, "\tkernel h %u w %u; dilation y %u x %u; groups %u # all of them\n",
		r->kh, r->kw, r->dy, r->dx, r->g);
	write_extras(out, p, files);
	fprintf(out, "}\n");
}

static void write_json(FILE *out, const struct problem *p, const struct spec_files *files)
{
	const struct ref_conv *r = &p->r;

	fprintf(out,
		"{ \"defaults\": { \"groups\": %u },\n  \"convs\": [ { \"name\": "
		"\"" PROBLEM_NAME "\", \"batch\": %u,\n",
		r->g, r->n);
	fprintf(out, "    \"input\": [%u, %u, %u%s], \"output\": %u,\n", r->c, r->h, r->w,
		p->inner ? ", \"inner\"" : "", r->k);
	fprintf(out, "    \"kernel\": [%u, %u], \"stride\": {\"x\": %u, \"y\": %u},\n",
		r->kh, r->kw, r->sx, r->sy);
	fprintf(out, "    \"pad\": [%u, %u, %u, %u], \"dilation\": [%u, %u]", r->pt,
		r->pl, r->pb, r->pr, r->dy, r->dx);
	if (files->weights)
		fprintf(out, ",\n    \"weights\": \"%s\"", files->weights);
	if (p->bias)
		fprintf(out, ",\n    \"bias\": \"%s\"",
			files->bias ? files->bias : "seed");
	operator_write_spec(out, p, true, files);
	if (p->split_y && p->split_k)
		fprintf(out, ",\n    \"split\": {\"y\": %u, \"k\": %u}", p->split_y,
			p->split_k);
	else if (p->split_y || p->split_k)
		fprintf(out, ",\n    \"split\": {\"%s\": %u}", p->split_y ? "y" : "k",
			p->split_y + p->split_k);
	fprintf(out, " } ] }\n");
}

void problem_format_slug(char *slug, size_t bytes, const struct problem *p)
{
	const struct ref_conv *r = &p->r;
	char stride[16] = "", pad[64] = "valid", dilation[32] = "";

	if (r->sx != r->sy)
		snprintf(stride, sizeof stride, "x%u", r->sx);
	if (has_pad(r))
		snprintf(pad, sizeof pad, "%ux%ux%ux%u", r->pt, r->pl, r->pb, r->pr);
	if (r->dy != 1 || r->dx != 1)
		snprintf(dilation, sizeof dilation, "_d%ux%u", r->dy, r->dx);
	snprintf(slug, bytes, "b%u_c%u_h%u_w%u_oc%u_wic%u_k%ux%u_g%u_s%u%s_p%s%s", r->n,
		 r->c, r->h, r->w, r->k, r->c / r->g, r->kh, r->kw, r->g, r->sy, stride,
		 pad, dilation);
}

static void write_slug(FILE *out, const struct problem *p, const struct spec_files *files)
{
	char slug[256];

	problem_format_slug(slug, sizeof slug, p);
	fprintf(out, "conv " PROBLEM_NAME " %s {\n", slug);
	write_extras(out, p, files);
	fprintf(out, "}\n");
}

void problem_write_spec(FILE *out, const struct problem *p, enum form form,
			const struct spec_files *files)
{
	static void (*const writers[])(FILE *, const struct problem *,
				       const struct spec_files *) = {
		[FORM_TEXT] = write_text,
		[FORM_NAMED] = write_named,
		[FORM_JSON] = write_json,
		[FORM_SLUG] = write_slug,
	};

	writers[form](out, p, files);
}

bool problem_from_slug(struct problem *p, const char *line)
{
	struct ref_conv *r = &p->r;
	unsigned wic, stride;
	char pad[8];
	int used = 0;

	memset(p, 0, sizeof *p);
	p->family = "regression";
	p->spread = SHAPE_SPREAD;
	if (sscanf(line, "b%u_c%u_h%u_w%u_oc%u_wic%u_k%ux%u_g%u_s%u_p%7[a-z]%n", &r->n,
		   &r->c, &r->h, &r->w, &r->k, &wic, &r->kh, &r->kw, &r->g, &stride, pad,
		   &used) != 11 ||
	    strcmp(pad, "valid") != 0 || (line[used] && line[used] != '\n') ||
	    wic * r->g != r->c)
		return false;
	r->sy = r->sx = stride;
	r->dy = r->dx = 1;
	return true;
}
