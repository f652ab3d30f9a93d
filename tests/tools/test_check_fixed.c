#include "tool_test.h"

#include "check_fixed.h"

static const struct {
	const char *name;
	struct npub_op op;
	uint16_t factor; /* 0: none */
	int32_t bias;
	bool wide;
	int64_t sum;
	int32_t operand, want;
} stage_cases[] = {
#define UNIT .out_scale = 1
	{ "as it is", { UNIT }, 0, 0, false, 5, 0, 5 },
	{ "bias", { UNIT }, 0, -7, false, 5, 0, -2 },
	{ "zero point", { UNIT, .out_zero = -3 }, 0, 0, false, 5, 0, 2 },
	{ "saturates", { UNIT, .out_zero = 1 }, 0, 0, false, 127, 0, 127 },
	{ "saturates below", { UNIT, .out_zero = -1 }, 0, 0, false, -128, 0, -128 },
	{ "half to even", { UNIT, .out_shift = 1 }, 0, 0, false, 5, 0, 2 },
	{ "half to even up", { UNIT, .out_shift = 1 }, 0, 0, false, 7, 0, 4 },
	{ "half to even, negative", { UNIT, .out_shift = 1 }, 0, 0, false, -5, 0, -2 },
	{ "more than half, negative", { UNIT, .out_shift = 2 }, 0, 0, false, -7, 0, -2 },
	{ "a tie of zero point's own",
	  { UNIT, .out_shift = 1, .out_zero = 1 },
	  0,
	  0,
	  false,
	  1,
	  0,
	  1 },
	{ "factor of one", { UNIT }, 0x4000, 0, false, 9, 0, 9 },
	{ "factor of a half", { UNIT }, 0x2000, 0, false, 9, 0, 4 },
	{ "two roundings, not one",
	  { .out_scale = 1, .out_shift = 1 },
	  0x2000,
	  0,
	  false,
	  3,
	  0,
	  1 },
	{ "leaky",
	  { UNIT, .flags = NPUB_OP_LEAKY, .leak_scale = 1, .leak_shift = 2 },
	  0,
	  0,
	  false,
	  -40,
	  0,
	  -10 },
	{ "leaky leaves the rest",
	  { UNIT, .flags = NPUB_OP_LEAKY, .leak_scale = 1, .leak_shift = 2 },
	  0,
	  0,
	  false,
	  40,
	  0,
	  40 },
	{ "relu",
	  { UNIT, .flags = NPUB_OP_RELU, .out_zero = -5 },
	  0,
	  0,
	  false,
	  -3,
	  0,
	  -5 },
	{ "clamp",
	  { UNIT, .flags = NPUB_OP_RELU | NPUB_OP_CLAMP, .limit = 6 },
	  0,
	  0,
	  false,
	  9,
	  0,
	  6 },
	{ "add",
	  { UNIT, .flags = NPUB_OP_ADD, .operand_zero = 4, .operand_scale = 3,
	    .operand_shift = 1 },
	  0,
	  0,
	  false,
	  10,
	  7,
	  14 },
	{ "add before relu",
	  { UNIT, .flags = NPUB_OP_ADD | NPUB_OP_RELU, .operand_scale = 1 },
	  0,
	  0,
	  false,
	  -10,
	  12,
	  2 },
	{ "int32 is not shifted",
	  { .out_scale = 1, .out_shift = 4 },
	  0,
	  100,
	  true,
	  1000,
	  0,
	  1100 },
	{ "sum saturates before the bias",
	  { UNIT },
	  0,
	  -1,
	  true,
	  (int64_t)INT32_MAX + 10,
	  0,
	  INT32_MAX - 1 },
	{ "bias saturates", { UNIT }, 0, 10, true, INT32_MAX - 5, 0, INT32_MAX },
	{ "large factor product",
	  { UNIT, .out_shift = 24 },
	  0x4000,
	  0,
	  false,
	  INT32_MIN,
	  0,
	  -128 },
};

/* One output, worked out by hand, stage by stage. */
static void stages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stage_cases); i++) {
		const struct fixed_conv f = {
			.op = stage_cases[i].op,
			.wide = stage_cases[i].wide,
			.bias = &stage_cases[i].bias,
			.factor = stage_cases[i].factor ? &stage_cases[i].factor : NULL,
		};
		int32_t got =
		    fixed_output(&f, 0, stage_cases[i].sum, stage_cases[i].operand);

		if (got != stage_cases[i].want)
			fail_msg("%s: %d, want %d", stage_cases[i].name, got,
				 stage_cases[i].want);
	}
}

/* Sums by the definition, written as one loop over everything. */
static int64_t sum_at(const struct fixed_conv *f, uint32_t n, uint32_t k, uint32_t y,
		      uint32_t x)
{
	const struct conv_shape *s = &f->shape;
	uint32_t chans = s->in_c / s->groups, first = k / (s->out_c / s->groups) * chans;
	int64_t zero = f->correction ? -f->correction[k] : f->op.weight_zero, sum = 0;

	for (uint32_t c = 0; c < chans; c++)
		for (uint32_t i = 0; i < s->kernel_h * s->kernel_w; i++) {
			int64_t iy = (int64_t)y * s->stride_y +
				     (int64_t)(i / s->kernel_w) * s->dilation_y -
				     s->pad_top;
			int64_t ix = (int64_t)x * s->stride_x +
				     (int64_t)(i % s->kernel_w) * s->dilation_x -
				     s->pad_left;
			size_t w =
			    ((size_t)k * chans + c) * s->kernel_h * s->kernel_w + i;
			int64_t v = f->op.pad_value;

			if (iy >= 0 && iy < s->in_h && ix >= 0 && ix < s->in_w)
				v = f->input[(((size_t)n * s->in_c + first + c) *
						  s->in_h +
					      (size_t)iy) *
						 s->in_w +
					     (size_t)ix];
			sum += v * (f->weights[w] - zero);
		}
	return sum;
}

#define MOST 4096u

static void rows(void **state)
{
	static const struct fixed_conv cases[] = {
#define SIZES(n, c, h, w, k, oh, ow, kh, kw)                                             \
	.shape.batch = n, .shape.in_c = c, .shape.in_h = h, .shape.in_w = w,             \
	.shape.out_c = k, .shape.out_h = oh, .shape.out_w = ow, .shape.kernel_h = kh,    \
	.shape.kernel_w = kw
#define STEP(sy, sx, pt, pl, dy, dx, g)                                                  \
	.shape.stride_y = sy, .shape.stride_x = sx, .shape.pad_top = pt,                 \
	.shape.pad_left = pl, .shape.dilation_y = dy, .shape.dilation_x = dx,            \
	.shape.groups = g
		{ SIZES(1, 3, 5, 6, 2, 5, 6, 3, 3), STEP(1, 1, 1, 1, 1, 1, 1),
		  .op = { .pad_value = -7 } },
		{ SIZES(2, 4, 5, 7, 6, 3, 3, 3, 2), STEP(2, 3, 1, 0, 1, 1, 2),
		  .op = { .pad_value = 5, .weight_zero = 3 } },
		{ SIZES(1, 4, 9, 8, 4, 5, 4, 3, 3), STEP(1, 1, 0, 0, 2, 2, 4),
		  .op = { .pad_value = 100 } },
		/* Taps of which no output, or only the first, sees the input. */
		{ SIZES(1, 1, 1, 2, 1, 3, 6, 3, 5), STEP(1, 1, 2, 4, 1, 1, 1),
		  .op = { .pad_value = 1 } },
	};
	static const int16_t correction[6] = { 0, -128, 127, 1, -1, 9 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int corrected = 0; corrected <= 1; corrected++) {
			struct fixed_conv f = cases[i];
			int8_t input[MOST], weights[MOST];
			int32_t result[16];
			int64_t sums[16];

			for (size_t k = 0; k < MOST; k++) {
				input[k] = (int8_t)(k * 37 + 11);
				weights[k] = (int8_t)(k * 91 + 5);
			}
			f.input = input;
			f.weights = weights;
			f.correction = corrected ? correction : NULL;
			f.op.out_scale = 1;
			f.wide = true;
			for (uint32_t r = 0;
			     r < f.shape.batch * f.shape.out_c * f.shape.out_h; r++) {
				uint32_t y = r % f.shape.out_h,
					 k = r / f.shape.out_h % f.shape.out_c;
				uint32_t n = r / f.shape.out_h / f.shape.out_c;

				fixed_row(&f, n, k, y, result, sums);
				for (uint32_t x = 0; x < f.shape.out_w; x++)
					if (sums[x] != sum_at(&f, n, k, y, x) ||
					    result[x] != sums[x])
						fail_msg(
						    "case %zu, [%u, %u, %u, %u]: "
						    "%lld, want %lld",
						    i, n, k, y, x, (long long)sums[x],
						    (long long)sum_at(&f, n, k, y, x));
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stages),
					    cmocka_unit_test(rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
