#include "operator_text.h"

#include "reading.h"

/* --- random operators ------------------------------------------------------ */

static double random_real(uint64_t *state)
{
	return (double)random_between(state, 1, 1u << 20) / 65536;
}

static void random_quant(struct conv_quant *q, uint64_t *state)
{
	q->given = true;
	q->uint8 = random_between(state, 0, 1);
	q->scale = random_real(state);
	q->zero = (int32_t)random_between(state, 0, 255) - (q->uint8 ? 0 : 128);
}

static void random_source(struct tensor_source *s, bool seed, uint64_t *state)
{
	static char npy[] = "a.npy", safetensors[] = "a.safetensors", tensor[] = "b.c";

	switch (random_between(state, seed ? 0 : 1, 2)) {
	case 0:
		*s = (struct tensor_source){ .kind = SOURCE_SEED };
		break;
	case 1:
		*s = (struct tensor_source){ .kind = SOURCE_NPY, .path = npy };
		break;
	default:
		*s = (struct tensor_source){ SOURCE_SAFETENSORS, safetensors, tensor };
	}
}

static void random_weight_quant(struct conv_problem *p, uint64_t *state)
{
	struct conv_weight_quant *w = &p->weight_quant;
	bool wide = p->out_elem == NPU_ELEM_INT32;

	w->kind = wide ? WEIGHT_QUANT_PER_TENSOR : random_between(state, 0, 3);
	if (wide && random_between(state, 0, 1))
		w->kind = WEIGHT_QUANT_GIVEN;
	if (w->kind == WEIGHT_QUANT_GIVEN) {
		w->scale = random_real(state);
		w->zero = wide ? 0 : (int32_t)random_between(state, 0, 255) - 128;
	} else if (w->kind == WEIGHT_QUANT_FILE) {
		random_source(&w->scales, false, state);
		if (random_between(state, 0, 1))
			random_source(&w->zeros, false, state);
	}
}

static void random_activation(struct conv_problem *p, uint64_t *state)
{
	bool leaky = p->elem == NPU_ELEM_INT8 && !p->add;

	p->act.kind = random_between(state, ACT_NONE, leaky ? ACT_LEAKY : ACT_CLIP);
	if (p->act.kind == ACT_CLIP)
		p->act.high = random_real(state);
	else if (p->act.kind == ACT_LEAKY)
		p->act.slope = random_real(state) / 16;
}

/* Pixels of up to four channels; where padding is, their means are near one byte. */
static void random_pixels(struct conv_problem *p, uint64_t *state)
{
	struct conv_pixel_norm *n = &p->pixel_norm;
	bool padded = p->pad_top || p->pad_left || p->pad_bottom || p->pad_right;

	p->in_c = random_between(state, 1, 4);
	n->mean_count = random_between(state, 0, 1) ? p->in_c : 1;
	n->std_count = random_between(state, 0, 1) ? p->in_c : 0;
	for (uint32_t i = 0; i < n->mean_count; i++)
		n->mean[i] = !padded ? random_real(state) * 16
			     : p->elem == NPU_ELEM_INT8
				 ? 127.75 + random_between(state, 0, 2) / 4.0
				 : 0;
	for (uint32_t i = 0; i < n->std_count; i++)
		n->std[i] = random_real(state);
}

void random_operator(struct conv_problem *p, uint64_t *state)
{
	bool wide;

	p->elem = random_between(state, 0, 2) ? NPU_ELEM_INT8 : NPU_ELEM_FP16;
	wide = !random_between(state, 0, 3) && !conv_is_depthwise(p);
	p->out_elem = !wide			 ? p->elem
		      : p->elem == NPU_ELEM_INT8 ? NPU_ELEM_INT32
						 : NPU_ELEM_FP32;
	p->add = !wide && !random_between(state, 0, 2);
	if (p->groups == 1 && !random_between(state, 0, 2))
		random_pixels(p, state);
	if (p->elem == NPU_ELEM_INT8) {
		random_weight_quant(p, state);
		if (!p->pixel_norm.mean_count && random_between(state, 0, 2))
			random_quant(&p->input_quant, state);
		if (!wide && random_between(state, 0, 2))
			random_quant(&p->output_quant, state);
		if (p->add && random_between(state, 0, 1))
			random_quant(&p->add_quant, state);
	}
	if (p->out_elem != NPU_ELEM_INT32)
		random_activation(p, state);
	if (!random_between(state, 0, 2))
		random_source(&p->bn_scale, true, state);
	if (!random_between(state, 0, 2))
		random_source(&p->bn_shift, true, state);
}

/* --- text ------------------------------------------------------------------ */

static void text_quant(FILE *out, const char *word, const struct conv_quant *q)
{
	fprintf(out, "\t%s %szero %d scale %.17g\n", word, q->uint8 ? "uint8 " : "",
		q->zero, q->scale);
}

static void text_source(FILE *out, const struct tensor_source *s)
{
	if (s->kind == SOURCE_SEED)
		fputs(" seed", out);
	if (s->path)
		fprintf(out, " \"%s\"", s->path);
	if (s->tensor)
		fprintf(out, " \"%s\"", s->tensor);
}

static void text_weight_quant(FILE *out, const struct conv_weight_quant *w)
{
	fputs("\tweight_quant", out);
	if (w->kind == WEIGHT_QUANT_GIVEN)
		fprintf(out, " scale %.17g zero %d", w->scale, w->zero);
	else if (w->kind == WEIGHT_QUANT_PER_TENSOR)
		fputs(" per_tensor", out);
	text_source(out, &w->scales);
	text_source(out, &w->zeros);
	fputs("\n", out);
}

static void text_values(FILE *out, const char *word, const double *values, uint32_t count)
{
	fprintf(out, "\t%s", word);
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, " %.17g", values[i]);
	fputs("\n", out);
}

static void text_activation(FILE *out, const struct conv_act *act)
{
	if (act->kind == ACT_RELU)
		fputs("\tactivation relu\n", out);
	else if (act->kind == ACT_CLIP)
		fprintf(out, "\tactivation clip %.17g %.17g\n", act->low, act->high);
	else if (act->kind == ACT_LEAKY)
		fprintf(out, "\tactivation leaky %.17g\n", act->slope);
}

void print_operator_text(FILE *out, const struct conv_problem *p)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;

	fprintf(out, "\ttype %s; output_type %s\n", npu_elem_info(p->elem)->name,
		npu_elem_info(p->out_elem)->name);
	if (p->input_quant.given)
		text_quant(out, "input_quant", &p->input_quant);
	if (p->output_quant.given)
		text_quant(out, "output_quant", &p->output_quant);
	if (p->weight_quant.kind != WEIGHT_QUANT_PER_CHANNEL)
		text_weight_quant(out, &p->weight_quant);
	if (p->add && p->add_quant.given)
		text_quant(out, "add", &p->add_quant);
	else if (p->add)
		fputs("\tadd\n", out);
	text_activation(out, &p->act);
	if (p->bn_scale.kind != SOURCE_NONE) {
		fputs("\tbn_scale", out);
		text_source(out, &p->bn_scale);
	}
	fputs("\n\tbn_shift", out);
	text_source(out, &p->bn_shift);
	fputs(p->bn_shift.kind == SOURCE_NONE ? " none\n" : "\n", out);
	if (n->mean_count)
		text_values(out, "input_mean", n->mean, n->mean_count);
	if (n->std_count)
		text_values(out, "input_std", n->std, n->std_count);
}

/* --- JSON ------------------------------------------------------------------ */

static void json_quant(FILE *out, const char *key, const struct conv_quant *q)
{
	fprintf(out, ", \"%s\": {\"scale\": %.17g, \"zero\": %d, \"uint8\": %s}", key,
		q->scale, q->zero, q->uint8 ? "true" : "false");
}

/* Strings of a list, one after the other. */
static void json_source(FILE *out, const struct tensor_source *s, const char *before)
{
	if (s->path)
		fprintf(out, "%s\"%s\"", before, s->path);
	if (s->tensor)
		fprintf(out, ", \"%s\"", s->tensor);
}

static void json_bn(FILE *out, const char *key, const struct tensor_source *s)
{
	if (s->kind == SOURCE_SEED)
		fprintf(out, ", \"%s\": \"seed\"", key);
	else if (s->kind == SOURCE_NONE)
		fprintf(out, ", \"%s\": null", key);
	else
		fprintf(out, ", \"%s\": [", key);
	json_source(out, s, "");
	fputs(s->path ? "]" : "", out);
}

static void json_weight_quant(FILE *out, const struct conv_weight_quant *w)
{
	if (w->kind == WEIGHT_QUANT_GIVEN)
		fprintf(out, ", \"weight_quant\": {\"scale\": %.17g, \"zero\": \"%d\"}",
			w->scale, w->zero);
	else if (w->kind == WEIGHT_QUANT_PER_TENSOR)
		fputs(", \"weight_quant\": \"per_tensor\"", out);
	else if (w->kind == WEIGHT_QUANT_FILE)
		fputs(", \"weight_quant\": [", out);
	json_source(out, &w->scales, "");
	json_source(out, &w->zeros, ", ");
	fputs(w->kind == WEIGHT_QUANT_FILE ? "]" : "", out);
}

static void json_values(FILE *out, const char *key, const double *values, uint32_t count)
{
	fprintf(out, ", \"%s\": [", key);
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "%s%.17g", i ? ", " : "", values[i]);
	fputs("]", out);
}

static void json_activation(FILE *out, const struct conv_act *act)
{
	if (act->kind == ACT_RELU)
		fputs(", \"activation\": \"relu\"", out);
	else if (act->kind == ACT_CLIP)
		fprintf(out, ", \"activation\": {\"clip\": [%.17g, %.17g]}", act->low,
			act->high);
	else if (act->kind == ACT_LEAKY)
		fprintf(out, ", \"activation\": [\"leaky\", %.17g]", act->slope);
}

void print_operator_json(FILE *out, const struct conv_problem *p)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;

	fprintf(out, ", \"type\": \"%s\", \"output_type\": \"%s\"",
		npu_elem_info(p->elem)->name, npu_elem_info(p->out_elem)->name);
	if (p->input_quant.given)
		json_quant(out, "input_quant", &p->input_quant);
	if (p->output_quant.given)
		json_quant(out, "output_quant", &p->output_quant);
	json_weight_quant(out, &p->weight_quant);
	if (p->add && p->add_quant.given)
		json_quant(out, "add", &p->add_quant);
	else
		fprintf(out, ", \"add\": %s", p->add ? "true" : "false");
	json_activation(out, &p->act);
	json_bn(out, "bn_scale", &p->bn_scale);
	json_bn(out, "bn_shift", &p->bn_shift);
	if (n->mean_count)
		json_values(out, "input_mean", n->mean, n->mean_count);
	if (n->std_count)
		json_values(out, "input_std", n->std, n->std_count);
}
