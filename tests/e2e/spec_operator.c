/* The operator's attributes, in text and in JSON: a word, and words and numbers. */
#include <stdarg.h>
#include <string.h>

#include "problem.h"

struct writer {
	FILE *out;
	bool json;
	bool first; /* value of an attribute */
};

static void begin(struct writer *w, const char *attribute)
{
	fprintf(w->out, w->json ? ",\n    \"%s\": [" : "\t%s", attribute);
	w->first = true;
}

static void end(struct writer *w)
{
	fprintf(w->out, w->json ? "]" : "\n");
}

static void separate(struct writer *w)
{
	fprintf(w->out, w->json ? (w->first ? "" : ", ") : " ");
	w->first = false;
}

static void word(struct writer *w, const char *text)
{
	separate(w);
	fprintf(w->out, w->json ? "\"%s\"" : "%s", text);
}

static void path(struct writer *w, const char *text)
{
	separate(w);
	fprintf(w->out, "\"%s\"", text ? text : "a file");
}

static void number(struct writer *w, double value)
{
	separate(w);
	fprintf(w->out, "%.17g", value);
}

static void write_quant(struct writer *w, const char *attribute,
			const struct user_quant *q)
{
	begin(w, attribute);
	word(w, "scale");
	number(w, q->scale);
	if (q->zero) {
		word(w, "zero");
		number(w, q->zero);
	}
	if (q->uint8)
		word(w, "uint8");
	end(w);
}

static void write_weight_quant(struct writer *w, const struct problem *p,
			       const struct spec_files *files)
{
	if (p->weight_scales == WEIGHTS_AUTO_CHANNEL)
		return; /* the default */
	begin(w, "weight_quant");
	switch (p->weight_scales) {
	case WEIGHTS_AUTO_TENSOR:
		word(w, "per_tensor");
		break;
	case WEIGHTS_GIVEN:
		word(w, "scale");
		number(w, p->weight_scale);
		if (p->weight_zero) {
			word(w, "zero");
			number(w, p->weight_zero);
		}
		break;
	default:
		path(w, files->scales);
		if (p->weight_scales == WEIGHTS_FILE_ZEROS)
			path(w, files->zeros);
	}
	end(w);
}

static void write_activation(struct writer *w, const struct problem *p)
{
	if (p->act == REF_ACT_NONE)
		return;
	begin(w, "activation");
	if (p->act == REF_ACT_RELU) {
		word(w, "relu");
	} else if (p->act == REF_ACT_LEAKY) {
		word(w, "leaky");
		number(w, p->slope);
	} else if (p->high == 6) {
		word(w, "relu6");
	} else {
		word(w, "clip");
		number(w, 0);
		number(w, p->high);
	}
	end(w);
}

static void write_source(struct writer *w, const char *attribute, const char *file)
{
	begin(w, attribute);
	if (file)
		path(w, file);
	else
		word(w, "seed");
	end(w);
}

static void write_numbers(struct writer *w, const char *attribute, const double *values,
			  uint32_t count)
{
	if (!count)
		return;
	begin(w, attribute);
	for (uint32_t i = 0; i < count; i++)
		number(w, values[i]);
	end(w);
}

void operator_write_spec(FILE *out, const struct problem *p, bool json,
			 const struct spec_files *files)
{
	struct writer w = { .out = out, .json = json };

	if (p->int8) {
		begin(&w, "type");
		word(&w, "int8");
		end(&w);
	}
	if (p->wide) {
		begin(&w, "output_type");
		word(&w, p->int8 ? "int32" : "fp32");
		end(&w);
	}
	if (p->input.given)
		write_quant(&w, "input_quant", &p->input);
	if (p->output.given)
		write_quant(&w, "output_quant", &p->output);
	write_weight_quant(&w, p, files);
	if (p->add && p->operand.given) {
		write_quant(&w, "add", &p->operand);
	} else if (p->add) {
		begin(&w, "add");
		end(&w);
	}
	write_activation(&w, p);
	if (p->bn_scale)
		write_source(&w, "bn_scale", files->bn_scale);
	if (p->bn_shift)
		write_source(&w, "bn_shift", files->bn_shift);
	write_numbers(&w, "input_mean", p->mean, p->means);
	write_numbers(&w, "input_std", p->std, p->stds);
}
