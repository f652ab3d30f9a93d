/*
 * What operands choose when nothing is given, by the formulas in operands.h, and what
 * is folded into weights and bias.
 */
#include "random_number.h"
#include "source_fixture.h"

#include "operands/seed.h"

#define OUT_C 5u
#define IN_C 3u
#define TAPS 4u
#define WINDOW (IN_C * TAPS)
#define ROUNDS 400

/* A 2x2 conv of 5 kernels over 3 channels with weights from a file. */
struct subject {
	struct conv_problem p;
	struct source_files files;
	struct diag *diag;
	struct operands o;
	double weight[OUT_C][WINDOW], bias[OUT_C], gain[OUT_C], shift[OUT_C];
};

static void start_subject(struct subject *s, enum npu_elem elem)
{
	memset(s, 0, sizeof *s);
	s->p = (struct conv_problem){
		.name = (char *)"c1",
		.batch = 1,
		.in_c = IN_C,
		.in_h = 5,
		.in_w = 7,
		.out_c = OUT_C,
		.out_h = 4,
		.out_w = 6,
		.kernel_h = 2,
		.kernel_w = 2,
		.stride_y = 1,
		.stride_x = 1,
		.dilation_y = 1,
		.dilation_x = 1,
		.groups = 1,
		.seed = 7,
		.weights.kind = SOURCE_SEED,
		.elem = elem,
		.out_elem = elem,
		.input_quant = { .scale = 0.03125 },
		.fusion.per_channel = elem == NPU_ELEM_INT8,
	};
	for (uint32_t k = 0; k < OUT_C; k++)
		s->gain[k] = 1;
	s->diag = diag_new(stderr);
}

static void draw_weights(struct subject *s)
{
	const uint64_t shape[] = { OUT_C, IN_C, 2, 2 };

	for (uint32_t k = 0; k < OUT_C; k++) {
		double size = draw_magnitude(-18, 2);
		bool zero = draw() % 8 == 0;

		for (uint32_t i = 0; i < WINDOW; i++)
			s->weight[k][i] = zero ? 0 : size * draw_in(-9999, 9999) / 1e4;
	}
	put_array(&s->files, &s->p.weights, "<f8", 4, shape, s->weight, sizeof s->weight);
}

static void draw_channels(struct subject *s, double size)
{
	for (uint32_t k = 0; k < OUT_C; k++) {
		s->bias[k] = size * draw_in(-999, 999) / 1e3;
		s->gain[k] = draw_sign() * draw_magnitude(-2, 2);
		s->shift[k] = size * draw_in(-999, 999) / 1e3;
	}
	put_channels(&s->files, &s->p.bias, OUT_C, s->bias);
	put_channels(&s->files, &s->p.bn_scale, OUT_C, s->gain);
	put_channels(&s->files, &s->p.bn_shift, OUT_C, s->shift);
}

static void load(struct subject *s)
{
	assert_true(operands_load(&s->o, &s->p, s->diag));
}

static void end_subject(struct subject *s)
{
	operands_free(&s->o);
	remove_sources(&s->files);
	diag_free(s->diag);
}

static double peak_of(const struct subject *s, uint32_t k)
{
	double peak = 0;

	for (uint32_t i = 0; i < WINDOW; i++)
		peak = fmax(peak, fabs(s->weight[k][i] * s->gain[k]));
	return peak;
}

/* Scales are the least multiples of a 2^14th of the largest that hold the weights. */
static void test_weight_scales(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		double largest = 0, most = 0, step;
		struct subject s;

		start_subject(&s, NPU_ELEM_INT8);
		draw_weights(&s);
		draw_channels(&s, 1e-9); /* too small to matter */
		load(&s);
		for (uint32_t k = 0; k < OUT_C; k++) {
			largest = fmax(largest, (double)s.o.weight_scale[k]);
			most = fmax(most, peak_of(&s, k));
		}
		if (most == 0) {
			end_subject(&s);
			continue;
		}
		assert_true(largest >= most / 127 &&
			    largest < most / 127 * (1 + 0x1p-22));
		step = largest / 0x4000;
		for (uint32_t k = 0; k < OUT_C; k++) {
			double scale = s.o.factor[k] * step, peak = peak_of(&s, k);

			assert_true((float)scale == s.o.weight_scale[k]);
			if (peak == 0 ? s.o.factor[k] != 0x4000
				      : scale < peak / 127 * (1 - 1e-15) ||
					    (s.o.factor[k] > 1 &&
					     scale - step >= peak / 127 * (1 + 1e-15)))
				fail_msg("peak %g of %g: factor %u", peak, most,
					 s.o.factor[k]);
		}
		assert_true(s.o.notes.factor_error < 1e-15 &&
			    !s.o.notes.saturated_weights);
		end_subject(&s);
	}
}

/* A bias that dwarfs all products gets a scale that 32 bits hold. */
static void test_large_bias(void **state)
{
	(void)state;
	for (int one = 0; one < 2; one++) {
		struct subject s;

		start_subject(&s, NPU_ELEM_INT8);
		s.p.fusion.per_channel = !one;
		s.p.weight_quant.kind =
		    one ? WEIGHT_QUANT_PER_TENSOR : WEIGHT_QUANT_PER_CHANNEL;
		draw_weights(&s);
		draw_channels(&s, 1e12);
		load(&s);
		assert_true(s.o.notes.bias_max <= 0x20000001 &&
			    s.o.notes.bias_min >= -0x20000001);
		for (uint32_t k = 0; k < OUT_C; k++) {
			double bias = s.bias[k] * s.gain[k] + s.shift[k];
			double unit = s.p.input_quant.scale * (double)s.o.weight_scale[k];

			assert_true(fabs(s.o.bias_fixed[k] * unit - bias) <=
				    unit + fabs(bias) * 1e-6);
		}
		end_subject(&s);
	}
}

/* The range's formula once more, in long doubles and as it is written in operands.h. */
static void want_range(const struct subject *s, long double *low, long double *high)
{
	const long double sx = s->p.input_quant.scale;
	const long double mx = (-0.5L - s->p.input_quant.zero) * sx;
	const long double vx = sx * sx * (65536 - 1) / 12;

	*low = INFINITY;
	*high = -INFINITY;
	for (uint32_t k = 0; k < OUT_C; k++) {
		long double mean = s->bias[k] * s->gain[k] + s->shift[k], variance = 0;

		for (uint32_t i = 0; i < WINDOW; i++) {
			long double w = (long double)s->weight[k][i] * s->gain[k];

			mean += mx * w;
			variance += vx * w * w;
		}
		if (s->p.add && s->p.add_quant.given) {
			long double scale = (float)s->p.add_quant.scale;

			mean += (-0.5L - s->p.add_quant.zero) * scale;
			variance += scale * scale * (65536 - 1) / 12;
		} else if (s->p.add) {
			mean *= 2;
			variance *= 2;
		}
		*low = fminl(*low, mean - 4 * sqrtl(variance));
		*high = fmaxl(*high, mean + 4 * sqrtl(variance));
	}
}

static void check_output(const struct subject *s)
{
	const struct conv_act *act = &s->p.act;
	long double low, high, unit = 0, scale;

	want_range(s, &low, &high);
	assert_true(fabsl(s->o.notes.expected_low - low) <= 1e-9L * fabsl(low - high));
	assert_true(fabsl(s->o.notes.expected_high - high) <= 1e-9L * fabsl(low - high));
	if (act->kind == ACT_RELU || act->kind == ACT_CLIP)
		low = 0;
	if (act->kind == ACT_CLIP)
		high = fminl(high, act->high);
	if (act->kind == ACT_LEAKY && low < 0)
		low *= act->slope;
	low = fminl(low, 0);
	high = fmaxl(high, 0);
	for (uint32_t k = 0; k < OUT_C; k++)
		unit = fmaxl(unit,
			     s->p.input_quant.scale * (long double)s->o.weight_scale[k]);
	scale = fmaxl((high - low) / 255, unit);
	if (fabsl((long double)s->o.output.scale / scale - 1) > 1e-6L ||
	    fabsl(s->o.output.zero - (-128 - low / scale)) > 0.5001L)
		fail_msg("%Lg to %Lg: scale %g, zero point %d", low, high,
			 (double)s->o.output.scale, s->o.output.zero);
	assert_true(s->o.notes.output_chosen && s->o.op.out_zero == s->o.output.zero);
}

static void test_output_range(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct subject s;

		start_subject(&s, NPU_ELEM_INT8);
		s.p.input_quant.zero = draw_in(-128, 127);
		draw_weights(&s);
		draw_channels(&s, draw_magnitude(-4, 4));
		s.p.add = s.p.fusion.add = draw() % 2;
		s.p.add_quant.given = draw() % 2;
		s.p.add_quant.scale = draw_magnitude(-8, 0);
		s.p.add_quant.zero = draw_in(-128, 127);
		s.p.act.kind = (enum act_kind[]){ ACT_NONE, ACT_RELU, ACT_CLIP,
						  ACT_LEAKY }[draw() % (s.p.add ? 3 : 4)];
		s.p.act.high = draw_magnitude(0, 5);
		s.p.act.slope = draw_in(0, 100) / 100.0;
		load(&s);
		check_output(&s);
		if (s.p.add && !s.p.add_quant.given)
			assert_true(s.o.notes.operand_chosen &&
				    s.o.operand.scale == s.o.output.scale &&
				    s.o.operand.zero == s.o.output.zero);
		end_subject(&s);
	}
}

/* Stored numbers stay through batch norm; a negative factor turns them round. */
static void test_stored_norm(void **state)
{
	static const struct {
		double gain, zero;
		int8_t weight, want;
		double scale, want_zero;
		uint32_t saturated;
	} cases[] = {
		{ 2, 0, -128, -128, 1, 0, 0 },	  { 0.5, 5, 127, 127, 0.25, 5, 0 },
		{ -2, 0, 100, -100, 1, 0, 0 },	  { -2, 0, -128, 127, 1, 0, 1 },
		{ -1, 3, -128, 127, 0.5, -4, 0 }, { -1, -128, 127, -128, 0.5, 127, 0 },
		{ 0, 7, 90, 7, 0.5, 7, 0 },
	};
	const uint64_t shape[] = { OUT_C, IN_C, 2, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double scales[OUT_C], zeros[OUT_C];
		int8_t weights[OUT_C][WINDOW];
		struct subject s;

		start_subject(&s, NPU_ELEM_INT8);
		for (uint32_t k = 0; k < OUT_C; k++) {
			scales[k] = 0.5;
			zeros[k] = cases[i].zero;
			s.gain[k] = 1;
			memset(weights[k], (int)zeros[k], WINDOW);
		}
		weights[3][2] = cases[i].weight;
		s.gain[3] = cases[i].gain;
		s.p.weight_quant.kind = WEIGHT_QUANT_FILE;
		put_array(&s.files, &s.p.weights, "|i1", 4, shape, weights,
			  sizeof weights);
		put_channels(&s.files, &s.p.weight_quant.scales, OUT_C, scales);
		put_channels(&s.files, &s.p.weight_quant.zeros, OUT_C, zeros);
		put_channels(&s.files, &s.p.bn_scale, OUT_C, s.gain);
		load(&s);
		if (((int8_t *)s.o.weights)[3 * WINDOW + 2] != cases[i].want ||
		    ((int8_t *)s.o.weights)[3 * WINDOW] != cases[i].want_zero ||
		    s.o.weight_zero[3] != cases[i].want_zero ||
		    s.o.correction[3] != -cases[i].want_zero ||
		    s.o.weight_scale[3] != (float)cases[i].scale ||
		    s.o.notes.saturated_weights != cases[i].saturated)
			fail_msg("factor %g of %d: %d, scale %g, zero point %d",
				 cases[i].gain, cases[i].weight,
				 ((int8_t *)s.o.weights)[3 * WINDOW + 2],
				 (double)s.o.weight_scale[3], s.o.weight_zero[3]);
		assert_true(s.o.notes.bn_scale_min == (float)fmin(cases[i].gain, 1) &&
			    s.o.notes.bn_scale_max == (float)fmax(cases[i].gain, 1));
		end_subject(&s);
	}
}

/* fp16: one rounding of w * a / std; means come off with the weights as stored. */
static void test_fold_half(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct conv_pixel_norm *n;
		struct subject s;

		start_subject(&s, NPU_ELEM_FP16);
		n = &s.p.pixel_norm;
		draw_weights(&s);
		draw_channels(&s, 4);
		n->mean_count = draw() % 2 ? IN_C : 1;
		n->std_count = draw() % 3 ? IN_C : 0;
		for (uint32_t c = 0; c < IN_C; c++) {
			n->mean[c] = draw_in(0, 255 * 8) / 8.0;
			n->std[c] = draw_magnitude(-1, 7);
		}
		load(&s);
		for (uint32_t k = 0; k < OUT_C; k++) {
			long double bias =
			    (long double)s.bias[k] * s.gain[k] + s.shift[k];
			long double size = fabsl(bias);

			for (uint32_t i = 0; i < WINDOW; i++) {
				uint32_t c = i / TAPS;
				double std = n->std_count ? n->std[c] : 1;
				uint16_t got = ((uint16_t *)s.o.weights)[k * WINDOW + i];
				long double off = value_of_half(got) *
						  (long double)n->mean[c % n->mean_count];

				assert_int_equal(got, fp16_from_double(s.weight[k][i] *
								       s.gain[k] / std));
				bias -= off;
				size += fabsl(off);
			}
			assert_true(fabsl(s.o.bias[k] - bias) <= size * 0x1p-23L);
		}
		end_subject(&s);
	}
}

/* Seeds: int8 weights are fp16's, quantised; bn_scale is near 1, bn_shift like a bias. */
static void test_seeds(void **state)
{
	double drawn[OUT_C * WINDOW], seen[2] = { 0, 0 };
	struct subject s;

	(void)state;
	start_subject(&s, NPU_ELEM_INT8);
	load(&s);
	seed_fill_double(drawn, 0, OUT_C * WINDOW, 7, SEED_WEIGHTS);
	for (uint32_t i = 0; i < OUT_C * WINDOW; i++)
		assert_true(fabs(((int8_t *)s.o.weights)[i] -
				 drawn[i] / (double)s.o.weight_scale[i / WINDOW]) <
			    0.5001);
	end_subject(&s);

	for (uint32_t seed = 0; seed < 50; seed++) {
		double gain[OUT_C], shift[OUT_C];

		start_subject(&s, NPU_ELEM_INT8);
		s.p.seed = seed;
		s.p.bn_scale.kind = s.p.bn_shift.kind = SOURCE_SEED;
		assert_true(channel_values_load(gain, &s.p, CHANNEL_BN_SCALE, s.diag) &&
			    channel_values_load(shift, &s.p, CHANNEL_BN_SHIFT, s.diag));
		for (uint32_t k = 0; k < OUT_C; k++) {
			assert_true(gain[k] >= 0.75 && gain[k] < 1.25 &&
				    gain[k] * 4096 == floor(gain[k] * 4096));
			assert_true(shift[k] >= -16 && shift[k] < 16 &&
				    shift[k] * 64 == floor(shift[k] * 64));
			seen[0] = fmax(seen[0], fabs(gain[k] - 1));
			seen[1] = fmax(seen[1], fabs(shift[k]));
		}
		diag_free(s.diag);
	}
	assert_true(seen[0] > 0.2 && seen[1] > 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weight_scales), cmocka_unit_test(test_large_bias),
		cmocka_unit_test(test_output_range),  cmocka_unit_test(test_stored_norm),
		cmocka_unit_test(test_fold_half),     cmocka_unit_test(test_seeds),
	};

	print_message("TEST_SEED=%llu\n", start_random());
	return cmocka_run_group_tests_name("operands choice", tests, NULL, NULL);
}
