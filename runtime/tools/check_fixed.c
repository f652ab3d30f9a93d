#include "check_fixed.h"

#include <stddef.h>

#define FACTOR_SHIFT 14 /* a factor of 2^14 is one */

/* v / 2^shift to the nearest integer, a half to the even one. */
static int64_t divide(int64_t v, uint32_t shift)
{
	int64_t half, rest, floor;

	if (shift == 0)
		return v;
	if (shift > 62)
		return 0; /* less than a half of anything that comes here */
	half = (int64_t)1 << (shift - 1);
	floor = v >> shift;
	rest = v - floor * 2 * half;
	return floor + (rest > half || (rest == half && floor % 2 != 0));
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

static int64_t word(int64_t v)
{
	return clamp(v, INT32_MIN, INT32_MAX);
}

int32_t fixed_output(const struct fixed_conv *f, uint32_t k, int64_t sum, int32_t operand)
{
	const struct npub_op *op = &f->op;
	int64_t t = word(word(sum) + (f->bias ? f->bias[k] : 0));

	if (f->factor)
		t = word(divide(t * f->factor[k], FACTOR_SHIFT));
	if ((op->flags & NPUB_OP_LEAKY) && t < 0)
		t = word(divide(t * (int32_t)op->leak_scale, op->leak_shift));
	if (op->flags & NPUB_OP_ADD)
		t = word(t + word(divide((int64_t)(operand - op->operand_zero) *
					     (int32_t)op->operand_scale,
					 op->operand_shift)));
	if (op->flags & NPUB_OP_RELU)
		t = t < 0 ? 0 : t;
	if ((op->flags & NPUB_OP_CLAMP) && t > (int32_t)op->limit)
		t = (int32_t)op->limit;
	if (f->wide)
		return (int32_t)t;
	t = divide(t * (int32_t)op->out_scale, op->out_shift) + op->out_zero;
	return (int32_t)clamp(t, INT8_MIN, INT8_MAX);
}

/*
 * One kernel column: add weight * input to each output; what lies outside the input
 * (`in_row` NULL: all of the row) counts as padding.
 */
static void add_tap(const struct fixed_conv *f, const int8_t *in_row, int32_t weight,
		    uint32_t kx, int64_t *restrict sums)
{
	const struct conv_shape *s = &f->shape;
	int64_t offset = (int64_t)kx * s->dilation_x - s->pad_left;
	int64_t stride = s->stride_x, first = 0, end = s->out_w;
	int32_t pad = weight * f->op.pad_value;

	while (first < end && first * stride + offset < 0)
		first++;
	while (first < end && (end - 1) * stride + offset >= s->in_w)
		end--;
	if (!in_row)
		end = first;
	for (int64_t x = 0; x < first; x++)
		sums[x] += pad;
	for (int64_t x = first; x < end; x++)
		sums[x] += weight * in_row[x * stride + offset];
	for (int64_t x = end; x < s->out_w; x++)
		sums[x] += pad;
}

static void sum_row(const struct fixed_conv *f, uint32_t n, uint32_t k, uint32_t y,
		    int64_t *sums)
{
	const struct conv_shape *s = &f->shape;
	uint32_t group_in_c = s->in_c / s->groups;
	uint32_t first_c = k / (s->out_c / s->groups) * group_in_c;
	const int8_t *weight =
	    f->weights + (size_t)k * group_in_c * s->kernel_h * s->kernel_w;
	int32_t zero = f->correction ? -f->correction[k] : f->op.weight_zero;

	for (uint32_t x = 0; x < s->out_w; x++)
		sums[x] = 0;
	for (uint32_t c = 0; c < group_in_c; c++)
		for (uint32_t ky = 0; ky < s->kernel_h; ky++) {
			int64_t iy = (int64_t)y * s->stride_y +
				     (int64_t)ky * s->dilation_y - s->pad_top;
			size_t plane = (size_t)n * s->in_c + first_c + c;
			const int8_t *row = NULL;

			if (iy >= 0 && iy < s->in_h)
				row = f->input + (plane * s->in_h + (size_t)iy) * s->in_w;
			for (uint32_t kx = 0; kx < s->kernel_w; kx++)
				add_tap(f, row, *weight++ - zero, kx, sums);
		}
}

void fixed_row(const struct fixed_conv *f, uint32_t n, uint32_t k, uint32_t y,
	       int32_t *result, int64_t *sums)
{
	const struct conv_shape *s = &f->shape;
	size_t row = (((size_t)n * s->out_c + k) * s->out_h + y) * s->out_w;

	sum_row(f, n, k, y, sums);
	for (uint32_t x = 0; x < s->out_w; x++)
		result[x] =
		    fixed_output(f, k, sums[x], f->operand ? f->operand[row + x] : 0);
}
