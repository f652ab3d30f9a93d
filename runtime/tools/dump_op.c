/* What follows the sum of products, in words and numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_channel.h"
#include "dump.h"
#include "json_put.h"
#include "table.h"

#define FACTOR_ONE 16384.0

static const struct {
	uint32_t bit;
	const char *name;
} flags[] = {
	{ NPUB_OP_BIAS, "bias" },   { NPUB_OP_PER_CHANNEL, "per-channel" },
	{ NPUB_OP_LEAKY, "leaky" }, { NPUB_OP_ADD, "add" },
	{ NPUB_OP_RELU, "relu" },   { NPUB_OP_CLAMP, "clamp" },
};
#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

char *op_text(char text[OP_TEXT_BYTES], const struct npub_op *op)
{
	size_t used = 0;

	snprintf(text, OP_TEXT_BYTES, "none");
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (op->flags & flags[i].bit)
			used += (size_t)snprintf(text + used, OP_TEXT_BYTES - used,
						 "%s%s", used ? "," : "", flags[i].name);
	return text;
}

static double limit_number(const struct npub_conv *c)
{
	float limit;

	if (c->elem == NPU_ELEM_INT8)
		return (int32_t)c->op.limit;
	memcpy(&limit, &c->op.limit, sizeof(limit));
	return (double)limit;
}

static double ratio(uint32_t scale, uint32_t shift)
{
	return ldexp(scale, -(int)shift);
}

/* A whole number that is added: " + 3", " - 128", "" for 0. */
#define ADDEND_BYTES 16
static const char *addend(char text[ADDEND_BYTES], int32_t number)
{
	snprintf(text, ADDEND_BYTES, " %c %lld", number < 0 ? '-' : '+',
		 llabs((long long)number));
	return number ? text : "";
}

static void print_int8(const struct npub_conv *c, FILE *out)
{
	const struct npub_op *op = &c->op;
	char number[ADDEND_BYTES];

	fprintf(out, "  padding holds %d; S: sum of x * w, X: sum of x\n", op->pad_value);
	if (op->flags & NPUB_OP_PER_CHANNEL)
		fprintf(out, "  t = round((S + correction[k] * X + bias[k]) * factor[k] "
			     "/ 2^14)\n");
	else
		fprintf(out, "  t = S%s%s%s\n", addend(number, -op->weight_zero),
			op->weight_zero ? " * X" : "",
			op->flags & NPUB_OP_BIAS ? " + bias[k]" : "");
	if (op->flags & NPUB_OP_LEAKY)
		fprintf(out, "  t < 0: t = round(t * %u / 2^%u)  (* %.6g)\n",
			op->leak_scale, op->leak_shift,
			ratio(op->leak_scale, op->leak_shift));
	if (op->flags & NPUB_OP_ADD)
		fprintf(out, "  t = t + round((operand%s) * %u / 2^%u)  (* %.6g)\n",
			addend(number, -op->operand_zero), op->operand_scale,
			op->operand_shift, ratio(op->operand_scale, op->operand_shift));
	if (op->flags & NPUB_OP_CLAMP)
		fprintf(out, "  t = min(max(t, 0), %d)\n", (int32_t)op->limit);
	else if (op->flags & NPUB_OP_RELU)
		fprintf(out, "  t = max(t, 0)\n");
	if (c->out_elem == NPU_ELEM_INT32)
		fprintf(out, "  out = t\n");
	else
		fprintf(out, "  out = saturate(round(t * %u / 2^%u)%s)  (* %.6g)\n",
			op->out_scale, op->out_shift, addend(number, op->out_zero),
			ratio(op->out_scale, op->out_shift));
}

static void print_real(const struct npub_conv *c, FILE *out)
{
	const struct npub_op *op = &c->op;

	fprintf(out, "  t = S%s%s\n", op->flags & NPUB_OP_BIAS ? " + bias[k]" : "",
		op->flags & NPUB_OP_ADD ? " + operand" : "");
	if (op->flags & NPUB_OP_CLAMP)
		fprintf(out, "  t = min(max(t, 0), %.9g)\n", limit_number(c));
	else if (op->flags & NPUB_OP_RELU)
		fprintf(out, "  t = max(t, 0)\n");
	fprintf(out, "  out = %s(t)\n", name_of_elem(c->out_elem));
}

void dump_op(const struct dump *d, const struct npub_conv *c)
{
	char text[OP_TEXT_BYTES];

	fprintf(d->out, "\n  operation %s\n", op_text(text, &c->op));
	if (c->elem == NPU_ELEM_INT8)
		print_int8(c, d->out);
	else
		print_real(c, d->out);
}

/* A number, or a dash for what the bundle does not have. */
static void number_cell(struct table *t, bool there, double number)
{
	if (there)
		table_cell(t, "%.9g", number);
	else
		table_cell(t, "-");
}

void dump_channels(const struct dump *d, const struct npub_conv *c)
{
	struct table *t = table_new(">channel|>weight scale|>bias|>correction|>factor|"
				    ">factor / 2^14");
	struct bundle_channel x;
	bool whole = true;

	for (uint32_t k = 0; k < c->out_c; k++) {
		if (!bundle_channel(&x, d->npub, c, k))
			whole = false;
		table_cell(t, "%u", k);
		number_cell(t, x.has_scale, (double)x.scale);
		number_cell(t, x.has_bias,
			    c->elem == NPU_ELEM_INT8 ? x.bias : (double)x.bias_real);
		number_cell(t, x.has_factor, x.correction);
		number_cell(t, x.has_factor, x.factor);
		number_cell(t, x.has_factor, x.factor / FACTOR_ONE);
	}
	fprintf(d->out, "\n%s",
		whole ? "" : "  the bundle does not hold all of the bias stream\n");
	table_end(t, d->out, 2);
}

json_t *op_object(const struct npub_conv *c)
{
	const struct npub_op *op = &c->op;
	json_t *x = json_object(), *names = json_array();

	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (op->flags & flags[i].bit)
			append_s(names, flags[i].name);
	put(x, "flags", names);
	put_i(x, "pad_value", op->pad_value);
	put_i(x, "weight_zero", op->weight_zero);
	if (op->flags & NPUB_OP_CLAMP)
		put_real(x, "limit", limit_number(c));
	else
		put(x, "limit", json_null());
	put_u(x, "out_scale", op->out_scale);
	put_u(x, "out_shift", op->out_shift);
	put_i(x, "out_zero", op->out_zero);
	put_u(x, "operand_scale", op->operand_scale);
	put_u(x, "operand_shift", op->operand_shift);
	put_i(x, "operand_zero", op->operand_zero);
	put_u(x, "leak_scale", op->leak_scale);
	put_u(x, "leak_shift", op->leak_shift);
	return x;
}

static json_t *channel_object(const struct npub_conv *c, const struct bundle_channel *x)
{
	json_t *o = json_object();

	if (x->has_scale)
		put_real(o, "scale", (double)x->scale);
	if (x->has_bias && c->elem == NPU_ELEM_INT8)
		put_i(o, "bias", x->bias);
	else if (x->has_bias)
		put_real(o, "bias", (double)x->bias_real);
	if (x->has_factor) {
		put_i(o, "correction", x->correction);
		put_u(o, "factor", x->factor);
	}
	return o;
}

json_t *channel_array(const struct npub *b, const struct npub_conv *c)
{
	json_t *channels = json_array();
	struct bundle_channel x;

	/* A channel that the bundle does not hold all of has what there is. */
	for (uint32_t k = 0; k < c->out_c; k++) {
		bundle_channel(&x, b, c, k);
		json_array_append_new(channels, channel_object(c, &x));
	}
	return channels;
}
