/*
 * What cannot be computed with is refused: one error at the attribute that drives it,
 * and a way out.
 */
#include "source_fixture.h"

/* The message that came, and whether a note followed. */
struct heard {
	char check[64], text[400], note[400];
	uint32_t line, errors;
};

static void hear(void *context, const struct diag_message *m)
{
	struct heard *h = context;

	if (strcmp(m->kind, "note") == 0) {
		snprintf(h->note, sizeof h->note, "%s", m->text);
		return;
	}
	h->errors++;
	h->line = m->loc.line;
	snprintf(h->check, sizeof h->check, "%s", m->check);
	snprintf(h->text, sizeof h->text, "%s", m->text);
}

/* A problem of 3 kernels over 2 channels, 2x1, int8; attribute a stands in line a + 1. */
struct subject {
	struct conv_problem p;
	struct source_files files;
};

static const uint64_t weight_shape[] = { 3, 2, 2, 1 };

static void start_subject(struct subject *s)
{
	*s = (struct subject){ .p = {
		.name = (char *)"c1", .batch = 1, .in_c = 2, .in_h = 5, .in_w = 7,
		.out_c = 3, .out_h = 4, .out_w = 7, .kernel_h = 2, .kernel_w = 1,
		.stride_y = 1, .stride_x = 1, .dilation_y = 1, .dilation_x = 1,
		.groups = 1, .seed = 7, .weights.kind = SOURCE_SEED,
		.input_quant = { .scale = 1 / 128.0 }, .fusion.per_channel = true,
	} };
	for (uint32_t a = 0; a < CONV_ATTR_N; a++)
		s->p.loc[a].line = a + 1;
}

static void give_bias(struct subject *s, double value)
{
	const double values[] = { 1, value, 2 };

	put_channels(&s->files, &s->p.bias, 3, values);
}

static void give_scale(struct subject *s, double scale)
{
	s->p.weight_quant.kind = WEIGHT_QUANT_GIVEN;
	s->p.weight_quant.scale = scale;
	s->p.fusion.per_channel = false;
}

static void give_scales(struct subject *s, double a, double b, double c)
{
	const double values[] = { a, b, c };

	s->p.weight_quant.kind = WEIGHT_QUANT_FILE;
	put_channels(&s->files, &s->p.weight_quant.scales, 3, values);
}

static void give_zeros(struct subject *s, double a, double b, double c)
{
	const double values[] = { a, b, c };

	give_scales(s, 1, 1, 1);
	put_channels(&s->files, &s->p.weight_quant.zeros, 3, values);
}

/* Weights stored as int8, `value` each. */
static void give_stored(struct subject *s, int8_t value)
{
	int8_t weights[12];

	memset(weights, value, sizeof weights);
	put_array(&s->files, &s->p.weights, "|i1", 4, weight_shape, weights, sizeof weights);
}

static void make_float(struct subject *s)
{
	s->p.elem = s->p.out_elem = NPU_ELEM_FP16;
	s->p.fusion.per_channel = false;
}

static void give_weight(struct subject *s, double value)
{
	double weights[12] = { [7] = value };

	put_array(&s->files, &s->p.weights, "<f8", 4, weight_shape, weights, sizeof weights);
}

static void give_output(struct subject *s, double scale)
{
	s->p.output_quant = (struct conv_quant){ .given = true, .scale = scale };
}

static void give_add(struct subject *s, double scale)
{
	s->p.add = s->p.fusion.add = true;
	s->p.add_quant = (struct conv_quant){ .given = true, .scale = scale };
}

static void bias_beyond(struct subject *s)
{
	give_scale(s, 1e-6);
	give_bias(s, -20);
}

static void bias_beyond_by_norm(struct subject *s)
{
	const double shift[] = { 0, 0, 1e9 };

	give_scale(s, 0.01);
	put_channels(&s->files, &s->p.bn_shift, 3, shift);
}

static void bias_beyond_by_means(struct subject *s)
{
	give_scale(s, 1e-6);
	s->p.pixel_norm = (struct conv_pixel_norm){ .mean_count = 1, .mean = { 1e9 } };
}

static void bias_needs_scale(struct subject *s)
{
	give_bias(s, 3e38);
	s->p.input_quant.scale = 1e-30;
}

static void bias_no_float(struct subject *s) { give_bias(s, 1e39); }
static void bias_nan(struct subject *s) { give_bias(s, NAN); }

static void bias_half_beyond(struct subject *s)
{
	const double gain[] = { 1, 10, 1 };

	make_float(s);
	give_bias(s, 3e38);
	put_channels(&s->files, &s->p.bn_scale, 3, gain);
}

static void bias_integers(struct subject *s)
{
	const uint64_t shape[] = { 3 };
	const int32_t values[] = { 1, 2, 3 };

	put_array(&s->files, &s->p.bias, "<i4", 1, shape, values, sizeof values);
}

static void factor_nothing(struct subject *s) { give_scales(s, 1, 1e-5, 0.5); }
static void scales_zero(struct subject *s) { give_scales(s, 1, 0, 0.5); }
static void scales_negative(struct subject *s) { give_scales(s, 1, 1, -0.5); }
static void scales_infinite(struct subject *s) { give_scales(s, INFINITY, 1, 1); }
static void scales_tiny(struct subject *s) { give_scales(s, 1, 1e-40, 1); }
static void zeros_broken(struct subject *s) { give_zeros(s, 0, 0.5, 0); }
static void zeros_large(struct subject *s) { give_zeros(s, 0, 0, 128); }

static void scales_short(struct subject *s)
{
	const double values[] = { 1, 1 };

	s->p.weight_quant.kind = WEIGHT_QUANT_FILE;
	put_channels(&s->files, &s->p.weight_quant.scales, 2, values);
}

static void scales_lost(struct subject *s)
{
	const double gain[] = { 1e-30, 1e-30, 1e-30 };

	give_scales(s, 1e-30, 1e-30, 1e-30);
	give_stored(s, 1);
	put_channels(&s->files, &s->p.bn_scale, 3, gain);
}

static void stored_alone(struct subject *s) { give_stored(s, 1); }

static void stored_bytes(struct subject *s)
{
	const uint8_t weights[12] = { 200 };

	give_scale(s, 1);
	put_array(&s->files, &s->p.weights, "|u1", 4, weight_shape, weights, sizeof weights);
}

static void stored_wide(struct subject *s)
{
	const int32_t weights[12] = { 200 };

	give_scale(s, 1);
	put_array(&s->files, &s->p.weights, "<i4", 4, weight_shape, weights, sizeof weights);
}

static void stored_half(struct subject *s)
{
	make_float(s);
	give_stored(s, 1);
}

static void stored_norm(struct subject *s)
{
	give_scale(s, 1);
	give_stored(s, 1);
	s->p.bn_scale.kind = SOURCE_SEED;
}

static void stored_std(struct subject *s)
{
	give_scale(s, 1);
	give_stored(s, 1);
	s->p.pixel_norm = (struct conv_pixel_norm){ .std_count = 2, .std = { 1, 2 } };
}

static void norm_nan(struct subject *s)
{
	const double gain[] = { 1, NAN, 1 };

	put_channels(&s->files, &s->p.bn_scale, 3, gain);
}

static void norm_short(struct subject *s)
{
	const double gain[] = { 1, 1 };

	put_channels(&s->files, &s->p.bn_shift, 2, gain);
}

static void weight_nan(struct subject *s) { give_weight(s, NAN); }
static void weight_no_float(struct subject *s) { give_weight(s, 1e39); }

static void weight_by_norm(struct subject *s)
{
	const double gain[] = { 1, 100, 1 };

	make_float(s);
	give_weight(s, 1000);
	put_channels(&s->files, &s->p.bn_scale, 3, gain);
}

static void output_fine(struct subject *s) { give_output(s, 1e-9); }
static void output_coarse(struct subject *s) { give_output(s, 1e20); }
static void output_chosen(struct subject *s) { give_scale(s, 1e-30); }

static void output_wide(struct subject *s)
{
	give_scale(s, 1e-30);
	s->p.input_quant.scale = 1e-30;
	s->p.out_elem = NPU_ELEM_INT32;
}

static void add_coarse(struct subject *s)
{
	give_scale(s, 0.001);
	give_output(s, 1);
	give_add(s, 1);
}

static void add_fine(struct subject *s)
{
	give_output(s, 1);
	give_add(s, 1e-25);
}

static void add_huge(struct subject *s)
{
	give_add(s, 1e30);
	s->p.input_quant.scale = 1e-20;
}

/* Sums near the end of 32 bits, and an operand of 255 * 2^14 steps. */
static void add_beyond(struct subject *s)
{
	give_scale(s, 1);
	give_bias(s, 2147480000 / 128.0);
	give_stored(s, 0);
	give_add(s, 128);
}

static void sum_by_bias(struct subject *s)
{
	give_scale(s, 1);
	give_bias(s, 2147480000 / 128.0);
	give_stored(s, 100);
}

static void sum_by_products(struct subject *s)
{
	const uint64_t shape[] = { 1, 131071, 1, 1 };
	int8_t *weights = malloc(shape[1]);

	assert_non_null(weights);
	memset(weights, 127, shape[1]);
	give_scale(s, 1);
	s->p.weight_quant.zero = -128;
	s->p.out_c = s->p.kernel_h = 1;
	s->p.in_c = (uint32_t)shape[1];
	put_array(&s->files, &s->p.weights, "|i1", 4, shape, weights, shape[1]);
	free(weights);
}

static void limit_nothing(struct subject *s)
{
	give_scale(s, 1);
	s->p.act = (struct conv_act){ .kind = ACT_CLIP, .high = 0.0039 };
}

static void slope_nothing(struct subject *s)
{
	s->p.act = (struct conv_act){ .kind = ACT_LEAKY, .slope = 1e-20 };
}

/* clang-format off */
static const struct {
	void (*make)(struct subject *s);
	enum conv_attr attr;
	const char *check, *words, *remedy;
} cases[] = {
	{ bias_beyond, CONV_BIAS, "bias-range", "the bias -20 of output channel 1", "larger" },
	{ bias_beyond_by_norm, CONV_BN_SHIFT, "bias-range", "channel 2", "larger" },
	{ bias_beyond_by_means, CONV_INPUT_MEAN, "bias-range", "channel 0", "larger" },
	{ bias_needs_scale, CONV_BIAS, "bias-range", "beyond fp32", "input scale" },
	{ bias_no_float, CONV_BIAS, "bias-range", "element [1] is 1e+39, beyond fp32", "scale" },
	{ bias_nan, CONV_BIAS, "bias-finite", "element [1] is", "finite" },
	{ bias_half_beyond, CONV_BIAS, "bias-range", "channel 1 is 3e+39", "batch norm" },
	{ bias_integers, CONV_BIAS, "bias-type", "are int32, not floats", "astype('<f4')" },
	{ factor_nothing, CONV_WEIGHT_QUANT, "weight-scale-ratio", "1e-05 of channel 1", "6.1" },
	{ scales_zero, CONV_WEIGHT_QUANT, "weight-scale-range", "[1] is 0, not above 0", "stands" },
	{ scales_negative, CONV_WEIGHT_QUANT, "weight-scale-range", "[2] is -0.5", "stands" },
	{ scales_infinite, CONV_WEIGHT_QUANT, "weight-scale-finite", "[0] is inf", "finite" },
	{ scales_tiny, CONV_WEIGHT_QUANT, "weight-scale-range", "too small", "stands" },
	{ scales_short, CONV_WEIGHT_QUANT, "weight-scale-shape", "shape (2,)", "3 output" },
	{ scales_lost, CONV_WEIGHT_QUANT, "weight-scale-range", "out of the range", "1.17" },
	{ zeros_broken, CONV_WEIGHT_QUANT, "weight-zero-range", "[1] is 0.5, not a whole", "int8" },
	{ zeros_large, CONV_WEIGHT_QUANT, "weight-zero-range", "[2] is 128, not in", "int8" },
	{ stored_alone, CONV_WEIGHTS, "weights-type", "nothing tells their scale", "weight_quant" },
	{ stored_bytes, CONV_WEIGHTS, "weights-type", "are uint8", "subtract 128" },
	{ stored_wide, CONV_WEIGHTS, "weights-type", "are int32", "floats" },
	{ stored_half, CONV_WEIGHTS, "weights-type", "are int8", "astype('<f2')" },
	{ stored_norm, CONV_BN_SCALE, "bn-scale-stored", "have one", "file of scales" },
	{ stored_std, CONV_INPUT_STD, "input-std-stored", "input channel", "one value" },
	{ norm_nan, CONV_BN_SCALE, "bn-scale-finite", "[1] is", "finite" },
	{ norm_short, CONV_BN_SHIFT, "bn-shift-shape", "shape (2,)", "3 output" },
	{ weight_nan, CONV_WEIGHTS, "weights-finite", "[1, 1, 1, 0] is not a number", "finite" },
	{ weight_no_float, CONV_WEIGHTS, "weights-range", "1e+39, beyond fp32", "scale" },
	{ weight_by_norm, CONV_WEIGHTS, "weights-range", "is 100000, beyond fp16's 65504 after batch",
	  "scale" },
	{ output_fine, CONV_OUTPUT_QUANT, "output-scale-range", "output scale 1e-09", "scales from" },
	{ output_coarse, CONV_OUTPUT_QUANT, "output-scale-range", "output scale 1e+20", "scales from" },
	{ output_chosen, CONV_WEIGHT_QUANT, "output-scale-range", "chosen for the weights", "larger" },
	{ output_wide, CONV_OUT_TYPE, "output-scale-range", "1e-60", "nearer" },
	{ add_coarse, CONV_ADD, "add-scale-range", "the scale 1 of the added", "scales from" },
	{ add_fine, CONV_ADD, "add-scale-range", "the scale 1e-25", "scales from" },
	{ add_huge, CONV_ADD, "add-scale-range", "beyond fp32", "input scale" },
	{ add_beyond, CONV_ADD, "add-range", "beyond 32 bits", "larger" },
	{ sum_by_bias, CONV_BIAS, "sum-range", "beyond 32 bits", "bias alone" },
	{ sum_by_products, CONV_WEIGHTS, "sum-range", "channel 0 can reach", "fewer" },
	{ limit_nothing, CONV_ACTIVATION, "activation-limit", "limit 0.0039", "smaller" },
	{ slope_nothing, CONV_ACTIVATION, "activation-slope", "slope 1e-20", "3.55" },
};
/* clang-format on */

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diag *diag = diag_new(NULL);
		struct heard heard = { .errors = 0 };
		struct operands o;
		struct subject s;

		start_subject(&s);
		cases[i].make(&s);
		diag_set_sink(diag, hear, &heard);
		if (operands_load(&o, &s.p, diag))
			fail_msg("%s %zu: was loaded", cases[i].check, i);
		operands_free(&o);
		if (heard.errors != 1 || heard.line != cases[i].attr + 1u ||
		    strcmp(heard.check, cases[i].check) ||
		    !strstr(heard.text, cases[i].words) ||
		    !strstr(heard.note, cases[i].remedy))
			fail_msg("%s %zu: %u errors, attribute %d: %s [%s]\nnote: %s",
				 cases[i].check, i, heard.errors, (int)heard.line - 1,
				 heard.text, heard.check, heard.note);
		remove_sources(&s.files);
		diag_free(diag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests_name("operands refused", tests, NULL, NULL);
}
