/* The numbers of the hand-made conv, and what it must give. */
#include "tiny_parts.h"

#include <assert.h>
#include <string.h>

_Static_assert(TINY_BIAS_AT % 64 == 0, "alignment");

static int input_value(int c, int y, int x)
{
	return (c * 7 + y * 3 + x * 5) % 7 - 3;
}

static int weight_value(int k, int c, int y, int x)
{
	return (k * 5 + c * 3 + y * 2 + x) % 5 - 2;
}

static int bias_value(int k)
{
	return k % 9 - 4;
}

static int operand_value(int k, int y, int x)
{
	return (k * 3 + y * 5 + x * 2) % 11 - 5;
}

/* Whole numbers below 2048 are exact in fp16. */
static uint16_t fp16_from_int(int v)
{
	uint16_t sign = v < 0 ? 0x8000 : 0;
	int m = v < 0 ? -v : v, e = 25;

	if (!m)
		return 0;
	for (; m < 1024; m *= 2)
		e--;
	assert(m < 2048);
	return (uint16_t)(sign | e << 10 | (m & 1023));
}

/* int8: zero points and multipliers that differ by channel. */
enum { INPUT_ZERO = 3, OUT_ZERO = -5, OPERAND_ZERO = 2 };

static int weight_zero(int k)
{
	return k % 3 - 1;
}

static int factor_value(int k)
{
	return 0x4000 - k * 37;
}

/* Larger values than fp16 has exactly; the bias takes the zero point along. */
static int int8_from(int value)
{
	return value * 9 + INPUT_ZERO;
}

static int int8_bias(int k)
{
	return bias_value(k) * 71;
}

struct npub_op tiny_op(const struct tiny_options *o)
{
	struct npub_op op = { .flags = o->op | (tiny_has_bias(o) ? NPUB_OP_BIAS : 0),
			      .out_scale = 1,
			      .operand_scale = (o->op & NPUB_OP_ADD) != 0 };
	float limit = 20;

	if (o->op & NPUB_OP_CLAMP)
		memcpy(&op.limit, &limit, sizeof limit);
	if (!o->int8)
		return op;
	op.flags |= NPUB_OP_PER_CHANNEL;
	op.pad_value = INPUT_ZERO;
	op.limit = o->op & NPUB_OP_CLAMP ? 350 : 0;
	op.out_zero = OUT_ZERO;
	op.out_scale = 0x5123;
	op.out_shift = 16;
	if (o->op & NPUB_OP_ADD) {
		op.operand_zero = OPERAND_ZERO;
		op.operand_scale = 0x4321;
		op.operand_shift = 12;
	}
	if (o->op & NPUB_OP_LEAKY) {
		op.leak_scale = 0x1999;
		op.leak_shift = 15;
	}
	return op;
}

void tiny_input(uint16_t input[TINY_IN_ELEMS])
{
	for (int c = 0; c < TINY_C; c++)
		for (int i = 0; i < TINY_PLANE; i++)
			input[c * TINY_PLANE + i] =
			    fp16_from_int(input_value(c, i / TINY_W, i % TINY_W));
}

void tiny_operand(uint16_t operand[TINY_OUT_ELEMS])
{
	for (int i = 0; i < TINY_OUT_ELEMS; i++)
		operand[i] = fp16_from_int(operand_value(
		    i / TINY_PLANE, i % TINY_PLANE / TINY_W, i % TINY_W));
}

void tiny_input_int8(int8_t input[TINY_IN_ELEMS])
{
	for (int i = 0; i < TINY_IN_ELEMS; i++)
		input[i] = (int8_t)int8_from(input_value(
		    i / TINY_PLANE, i % TINY_PLANE / TINY_W, i % TINY_W));
}

void tiny_operand_int8(int8_t operand[TINY_OUT_ELEMS])
{
	for (int i = 0; i < TINY_OUT_ELEMS; i++)
		operand[i] = (int8_t)(7 * operand_value(i / TINY_PLANE,
							i % TINY_PLANE / TINY_W,
							i % TINY_W));
}

/* The window's products, and in *inputs the inputs alone; padding is the zero point. */
static int sum_at(int k, int oy, int ox, int int8, int *inputs)
{
	int sum = 0;

	*inputs = 0;
	for (int c = 0; c < TINY_C; c++)
		for (int i = 0; i < TINY_KERNEL * TINY_KERNEL; i++) {
			int y = oy + i / TINY_KERNEL - TINY_PAD;
			int x = ox + i % TINY_KERNEL - TINY_PAD;
			int inside = y >= 0 && y < TINY_H && x >= 0 && x < TINY_W;
			int v = inside ? input_value(c, y, x) : 0;

			v = int8 ? int8_from(v) : v;
			sum += v * weight_value(k, c, i / TINY_KERNEL, i % TINY_KERNEL);
			*inputs += v;
		}
	return sum;
}

void tiny_expected(const struct tiny *t, uint16_t output[TINY_OUT_ELEMS])
{
	uint32_t flags = t->conv.op.flags;

	for (int i = 0; i < TINY_OUT_ELEMS; i++) {
		int k = i / TINY_PLANE, y = i % TINY_PLANE / TINY_W, x = i % TINY_W;
		int inputs, sum = sum_at(k, y, x, 0, &inputs);

		sum += flags & NPUB_OP_BIAS ? bias_value(k) : 0;
		sum += flags & NPUB_OP_ADD ? operand_value(k, y, x) : 0;
		if (flags & NPUB_OP_RELU && sum < 0)
			sum = 0;
		if (flags & NPUB_OP_CLAMP && sum > 20)
			sum = 20;
		output[i] = fp16_from_int(sum);
	}
}

/* v / 2^shift to the nearest, half to even, in whole numbers. */
static int64_t nearest(int64_t v, uint32_t shift)
{
	int64_t unit = INT64_C(1) << shift, down = v / unit - (v % unit < 0);
	int64_t rest = v - down * unit;

	return down + (2 * rest > unit || (2 * rest == unit && down % 2 != 0));
}

static int64_t add_operand(const struct npub_op *op, int k, int y, int x)
{
	int64_t v = 7 * operand_value(k, y, x) - op->operand_zero;

	return nearest(v * op->operand_scale, op->operand_shift);
}

void tiny_expected_int8(const struct tiny *t, int8_t output[TINY_OUT_ELEMS])
{
	const struct npub_op *op = &t->conv.op;

	for (int i = 0; i < TINY_OUT_ELEMS; i++) {
		int k = i / TINY_PLANE, y = i % TINY_PLANE / TINY_W, x = i % TINY_W;
		int inputs, sum = sum_at(k, y, x, 1, &inputs);
		int64_t v = sum - weight_zero(k) * inputs + int8_bias(k);

		v = nearest(v * factor_value(k), 14);
		if (op->flags & NPUB_OP_LEAKY && v < 0)
			v = nearest(v * op->leak_scale, op->leak_shift);
		if (op->flags & NPUB_OP_ADD)
			v += add_operand(op, k, y, x);
		if (op->flags & NPUB_OP_RELU && v < 0)
			v = 0;
		if (op->flags & NPUB_OP_CLAMP && v > op->limit)
			v = op->limit;
		v = nearest(v * op->out_scale, op->out_shift) + op->out_zero;
		output[i] = (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
	}
}

/* F-13: groups of kernels; inside, taps; inside, kernel by the atom's channels. */
static uint8_t *fill_weights(uint8_t *p, int int8)
{
	int group = int8 ? 32 : 16, lanes = int8 ? TINY_LANES_INT8 : TINY_C;

	for (int g = 0; g < TINY_K; g += group)
		for (int tap = 0; tap < TINY_KERNEL * TINY_KERNEL; tap++)
			for (int k = g; k < g + group && k < TINY_K; k++)
				for (int c = 0; c < lanes; c++) {
					int v = weight_value(k, c, tap / TINY_KERNEL,
							     tap % TINY_KERNEL);
					uint16_t half = fp16_from_int(v);

					if (int8) /* F-51: lanes that are not hold zero points */
						*p++ = (uint8_t)(c < TINY_C
								     ? v
								     : weight_zero(k));
					else
						memcpy(p, &half, 2), p += 2;
				}
	return p;
}

/* Groups of eight channels: 8 values, 8 corrections, 8 multipliers. */
static void fill_bias_int8(uint8_t *p)
{
	for (int k = 0; k < TINY_K; k++) {
		uint8_t *group = p + k / 8 * 64;
		int32_t value = int8_bias(k);
		int16_t correction = (int16_t)-weight_zero(k);
		uint16_t factor = (uint16_t)factor_value(k);

		memcpy(group + k % 8 * 4, &value, 4);
		memcpy(group + 32 + k % 8 * 2, &correction, 2);
		memcpy(group + 48 + k % 8 * 2, &factor, 2);
	}
}

void tiny_fill_data(struct tiny *t, const struct tiny_options *o)
{
	uint8_t *end = fill_weights(t->data, o->int8);

	assert(end == t->data + TINY_WEIGHT_BYTES);
	t->data_bytes = TINY_WEIGHT_BYTES;
	if (!tiny_has_bias(o))
		return;
	t->data_bytes = TINY_BIAS_AT + TINY_KP * (o->int8 ? 8 : 4);
	if (o->int8)
		fill_bias_int8(t->data + TINY_BIAS_AT);
	for (int k = 0; k < TINY_K; k++) {
		float v = (float)bias_value(k);

		if (!o->int8)
			memcpy(t->data + TINY_BIAS_AT + k * 4, &v, 4);
		t->scale[k] = 0.01f * (float)factor_value(k) / 0x4000;
	}
}
