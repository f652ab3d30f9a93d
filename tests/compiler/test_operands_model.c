/*
 * The numbers of thousands of random small convs against real arithmetic: a window of
 * random inputs goes through the fixed-point pipeline of the output stage, written here
 * as plain loops, and must come out within the roundings of what the same inputs, the
 * stored weights and the real bias make in doubles.
 */
#include "random_number.h"
#include "source_fixture.h"

#define MAX_CHANS 6
#define MAX_WINDOW 24 /* inputs of one window */
#define CONVS 6000
#define WINDOWS 12

/* A conv and everything that was written for it. */
struct trial {
	struct conv_problem p;
	uint32_t window, taps;
	double weight[MAX_CHANS][MAX_WINDOW]; /* as in the file */
	int32_t stored[MAX_CHANS][MAX_WINDOW];
	bool is_stored; /* the file has `stored` */
	double bias[MAX_CHANS], gain[MAX_CHANS], shift[MAX_CHANS];
	double scale[MAX_CHANS], zero[MAX_CHANS]; /* given with weights */
	struct source_files files;
};

static void put_weights(struct trial *t)
{
	const uint64_t shape[] = { t->p.out_c, t->p.in_c, t->p.kernel_h, t->p.kernel_w };
	double flat[MAX_CHANS * MAX_WINDOW];
	int8_t stored[MAX_CHANS * MAX_WINDOW];
	size_t n = 0;

	for (uint32_t k = 0; k < t->p.out_c; k++)
		for (uint32_t i = 0; i < t->window; i++, n++) {
			flat[n] = t->weight[k][i];
			stored[n] = (int8_t)t->stored[k][i];
		}
	if (t->is_stored)
		put_array(&t->files, &t->p.weights, "|i1", 4, shape, stored, n);
	else
		put_array(&t->files, &t->p.weights, "<f8", 4, shape, flat,
			  n * sizeof *flat);
}

static void draw_shape(struct trial *t)
{
	t->p = (struct conv_problem){
		.name = (char *)"t", .batch = 1, .in_c = (uint32_t)draw_in(1, 6),
		.in_h = 9, .in_w = 9, .out_c = (uint32_t)draw_in(1, MAX_CHANS),
		.out_h = 9, .out_w = 9, .kernel_h = (uint32_t)draw_in(1, 2),
		.kernel_w = (uint32_t)draw_in(1, 2), .stride_y = 1, .stride_x = 1,
		.dilation_y = 1, .dilation_x = 1, .groups = 1,
		.elem = NPU_ELEM_INT8, .out_elem = NPU_ELEM_INT8,
	};
	t->taps = t->p.kernel_h * t->p.kernel_w;
	t->window = t->p.in_c * t->taps;
}

static struct conv_quant draw_quant(double scale)
{
	bool uint8 = draw() % 2;

	return (struct conv_quant){ .given = true, .uint8 = uint8, .scale = scale,
				    .zero = uint8 ? draw_in(0, 255)
						  : draw_in(-128, 127) };
}

/* Means and deviations, whose input is bytes; else a scale and a zero point. */
static void draw_input(struct trial *t)
{
	struct conv_pixel_norm *n = &t->p.pixel_norm;

	t->p.input_quant = draw_quant(draw_magnitude(-9, 1));
	if (t->p.in_c > CONV_MAX_PIXEL_CHANS || draw() % 3)
		return;
	t->p.input_quant = (struct conv_quant){ .scale = 1 / 128.0 };
	n->mean_count = draw() % 2 ? t->p.in_c : (uint32_t)draw_in(0, 1);
	n->std_count = draw() % 2 && !t->is_stored ? t->p.in_c : (uint32_t)draw_in(0, 1);
	for (uint32_t c = 0; c < t->p.in_c; c++) {
		n->mean[c] = draw_in(90 * 8, 130 * 8) / 8.0;
		n->std[c] = draw_magnitude(5, 7);
	}
}

/* Real weights of channels that differ in size, some all zero; or stored numbers. */
static void draw_weights(struct trial *t, bool scales_alike)
{
	double size = draw_magnitude(-8, 4);

	for (uint32_t k = 0; k < t->p.out_c; k++) {
		double mine = scales_alike ? size : size * draw_magnitude(-12, 0);
		bool zero = draw() % 16 == 0;

		t->scale[k] = (float)(mine / draw_in(90, 140));
		t->zero[k] = draw() % 3 ? draw_in(-20, 20) : 0;
		for (uint32_t i = 0; i < t->window; i++) {
			t->weight[k][i] =
			    zero ? 0 : mine * draw_in(-1000000, 1000000) / 1e6;
			t->stored[k][i] = draw_in(-127, 127);
		}
	}
}

static void draw_weight_quant(struct trial *t)
{
	struct conv_weight_quant *q = &t->p.weight_quant;

	q->kind = (enum weight_quant_kind)draw_in(0, 3);
	t->is_stored = q->kind >= WEIGHT_QUANT_GIVEN && draw() % 2;
	t->p.fusion.per_channel = q->kind == WEIGHT_QUANT_PER_CHANNEL ||
				  q->kind == WEIGHT_QUANT_FILE;
	draw_weights(t, q->kind != WEIGHT_QUANT_PER_CHANNEL);
	if (q->kind == WEIGHT_QUANT_FILE) {
		for (uint32_t k = 0; k < t->p.out_c; k++)
			t->scale[k] = (float)(t->scale[k] * draw_magnitude(0, 3));
		put_channels(&t->files, &q->scales, t->p.out_c, t->scale);
		put_channels(&t->files, &q->zeros, t->p.out_c, t->zero);
	}
	if (q->kind == WEIGHT_QUANT_GIVEN) {
		q->scale = t->scale[0];
		q->zero = (int32_t)t->zero[0];
		for (uint32_t k = 0; k < t->p.out_c; k++) {
			t->scale[k] = t->scale[0];
			t->zero[k] = t->zero[0];
		}
	}
}

/* What a stored weight's step is multiplied by, about. */
static double input_size(const struct trial *t)
{
	const struct conv_pixel_norm *n = &t->p.pixel_norm;

	if (!n->mean_count && !n->std_count)
		return t->p.input_quant.scale;
	/* scales that are given for floats are those of weights divided already */
	return n->std_count &&
		       (t->is_stored || t->p.weight_quant.kind < WEIGHT_QUANT_GIVEN)
		   ? 1 / 64.0
		   : 1;
}

static void draw_channels(struct trial *t)
{
	bool bias = draw() % 3, shift = draw() % 3 == 0;
	bool gain = draw() % 2 && !(t->is_stored && !t->p.fusion.per_channel);
	/* as large as sums are */
	double size = 40 * t->scale[0] * input_size(t) * draw_magnitude(0, 4);

	for (uint32_t k = 0; k < t->p.out_c; k++) {
		t->bias[k] = bias ? size * draw_in(-1000, 1000) / 20 : 0;
		t->gain[k] = gain ? draw_sign() * draw_magnitude(-1, 1) : 1;
		t->shift[k] = shift ? size * draw_in(-1000, 1000) / 20 : 0;
	}
	if (bias)
		put_channels(&t->files, &t->p.bias, t->p.out_c, t->bias);
	if (gain)
		put_channels(&t->files, &t->p.bn_scale, t->p.out_c, t->gain);
	if (shift)
		put_channels(&t->files, &t->p.bn_shift, t->p.out_c, t->shift);
}

/* Activation and addition; `unit` is about what one output step will be. */
static void draw_output(struct trial *t, double unit)
{
	struct conv_act *act = &t->p.act;

	t->p.add = t->p.fusion.add = draw() % 3 == 0;
	if (t->p.add && draw() % 2)
		t->p.add_quant = draw_quant(unit * draw_magnitude(-2, 2));
	if (draw() % 3 == 0)
		t->p.output_quant = draw_quant(unit * draw_magnitude(-1, 2));
	act->kind = draw() % 4 == 0    ? ACT_RELU
		    : draw() % 4 == 0  ? ACT_CLIP
		    : draw() % 4 == 0 && !t->p.add ? ACT_LEAKY
				       : ACT_NONE;
	act->high = unit * draw_in(20, 250);
	act->slope = draw_in(0, 1000) / 1000.0;
}

/* A window of stored inputs and an operand. */
struct window {
	int32_t x[MAX_WINDOW], operand;
};

static int64_t round_shift(int64_t v, uint32_t s)
{
	int64_t whole, rest, half;

	if (s == 0)
		return v;
	whole = v >> s;
	rest = v - whole * ((int64_t)1 << s);
	half = (int64_t)1 << (s - 1);
	return whole + (rest > half || (rest == half && (whole & 1)));
}

/* A value between two stages: operands promise that 32 bits hold it. */
static int64_t between(int64_t v)
{
	if (v < INT32_MIN || v > INT32_MAX)
		fail_msg("%lld between stages", (long long)v);
	return v;
}

static int32_t fixed_point(const struct trial *t, const struct operands *o, uint32_t k,
			   const struct window *w)
{
	const struct npub_op *op = &o->op;
	const int8_t *weights = (const int8_t *)o->weights + k * t->window;
	int64_t sum = 0, inputs = 0, v;

	for (uint32_t i = 0; i < t->window; i++) {
		sum += w->x[i] * weights[i];
		inputs += w->x[i];
	}
	if (op->flags & NPUB_OP_PER_CHANNEL) {
		v = between(sum + o->correction[k] * inputs);
		v = between(v + o->bias_fixed[k]);
		v = between(round_shift(v * o->factor[k], 14));
	} else {
		v = between(sum - op->weight_zero * inputs);
		v = between(v + o->bias_fixed[k]);
	}
	if (op->flags & NPUB_OP_LEAKY && v < 0)
		v = round_shift(v * op->leak_scale, op->leak_shift);
	if (op->flags & NPUB_OP_ADD)
		v = between(v + between(round_shift((int64_t)(w->operand -
							      op->operand_zero) *
							op->operand_scale,
						    op->operand_shift)));
	if (op->flags & NPUB_OP_RELU && v < 0)
		v = 0;
	if (op->flags & NPUB_OP_CLAMP && v > (int32_t)op->limit)
		v = (int32_t)op->limit;
	v = round_shift(v * op->out_scale, op->out_shift) + op->out_zero;
	return (int32_t)(v < -128 ? -128 : v > 127 ? 127 : v);
}

/* The real value of input `i` as the conv sees it; means are taken off exactly. */
static double real_input(const struct trial *t, const struct operands *o, uint32_t i,
			 int32_t x)
{
	const struct conv_pixel_norm *n = &t->p.pixel_norm;
	uint32_t c = i / t->taps;

	if (n->std_count || n->mean_count)
		return x + 128 - (n->mean_count ? n->mean[c % n->mean_count] : 0);
	return (x - o->input.zero) * (double)o->input.scale;
}

/* Before the output's quantisation. */
static double real_value(const struct trial *t, const struct operands *o, uint32_t k,
			 const struct window *w)
{
	const int8_t *weights = (const int8_t *)o->weights + k * t->window;
	const struct conv_act *act = &t->p.act;
	double v = t->bias[k] * t->gain[k] + t->shift[k];

	for (uint32_t i = 0; i < t->window; i++)
		v += real_input(t, o, i, w->x[i]) * (weights[i] - o->weight_zero[k]) *
		     (double)o->weight_scale[k];
	if (act->kind == ACT_LEAKY && v < 0)
		v *= act->slope;
	if (t->p.add)
		v += (w->operand - o->operand.zero) * (double)o->operand.scale;
	if (act->kind == ACT_RELU || act->kind == ACT_CLIP)
		v = fmax(v, 0);
	if (act->kind == ACT_CLIP)
		v = fmin(v, act->high);
	return v;
}

/*
 * Output steps that the pipeline's roundings may be off: half for the last one; in
 * steps of the sum, which are `f` of the output's, half each for bias, factor, slope,
 * operand and limit; and 2^-15 of all that the multipliers multiply.
 */
static double allowance(const struct trial *t, const struct operands *o, double value)
{
	double f = ldexp(o->op.out_scale, -(int)o->op.out_shift);
	double steps = fabs(value) / (double)o->output.scale;
	double added = t->p.add ? 256.0 * (double)o->operand.scale /
				      (double)o->output.scale
				: 0;
	double factor = o->factor ? o->notes.factor_error : 0;

	return 0.5 + 2.5 * f + (fmin(steps, 512) + added) * (0x1p-14 + factor) + added * factor;
}

struct tally {
	uint32_t convs, outputs, fine, saturated, chosen;
	double worst;
};

static void check_window(const struct trial *t, const struct operands *o,
			 struct tally *tally)
{
	struct window w = { .operand = draw_in(-128, 127) };

	for (uint32_t i = 0; i < t->window; i++)
		w.x[i] = draw_in(-128, 127);
	for (uint32_t k = 0; k < t->p.out_c; k++) {
		double value = real_value(t, o, k, &w);
		double want = value / (double)o->output.scale + o->output.zero;
		double held = fmin(fmax(want, -128), 127);
		double allowed = allowance(t, o, value);
		double off = fabs(fixed_point(t, o, k, &w) - held);

		if (off > allowed)
			fail_msg("conv %u, channel %u of %u: %d for %g, %g allowed (kind %d, "
				 "flags %x, factor error %g, step %g)",
				 tally->convs, k, t->p.out_c, fixed_point(t, o, k, &w), want,
				 allowed, t->p.weight_quant.kind, o->op.flags,
				 o->notes.factor_error, (double)o->output.scale);
		if (o->op.out_shift >= 17 && o->notes.factor_error < 1e-3) /* f < 1/4 */
			tally->worst = fmax(tally->worst, off);
		tally->fine += o->op.out_shift >= 17 && o->notes.factor_error < 1e-3;
		if (o->notes.output_chosen && !t->p.add) {
			tally->chosen++;
			tally->saturated += t->p.act.kind != ACT_CLIP &&
					    (want < -129 || want > 128);
		}
		tally->outputs++;
	}
}

/* Every stored weight is the nearest to what was written, folded, or at an end. */
static void check_stored(const struct trial *t, const struct operands *o)
{
	const struct conv_pixel_norm *n = &t->p.pixel_norm;
	uint64_t saturated = 0;

	for (uint32_t k = 0; k < t->p.out_c; k++)
		for (uint32_t i = 0; i < t->window; i++) {
			double std = n->std_count ? n->std[i / t->taps % n->std_count] : 1;
			double real = t->is_stored ? (t->stored[k][i] - t->zero[k]) * t->scale[k]
						   : t->weight[k][i];
			double steps = real * t->gain[k] / std / (double)o->weight_scale[k] +
				       o->weight_zero[k];
			int32_t got = ((int8_t *)o->weights)[k * t->window + i];

			saturated += steps > 127.5 || steps < -128.5;
			steps = fmin(fmax(steps, -128), 127);
			if (fabs(got - steps) > (t->is_stored ? 1e-4 : 0.5 + 1e-4))
				fail_msg("weight %u of channel %u: %d for %g", i, k, got, steps);
		}
	/* an edge may fall either way */
	assert_in_range(o->notes.saturated_weights + 2, saturated, saturated + 4);
	assert_int_equal(o->notes.weight_count, t->p.out_c * t->window);
}

static void check_trial(struct fixture *f, struct tally *tally)
{
	struct trial t = { 0 };
	struct operands o;

	draw_shape(&t);
	draw_weight_quant(&t);
	draw_input(&t);
	draw_channels(&t);
	put_weights(&t);
	draw_output(&t, t.scale[0] * input_size(&t) * 60 * sqrt(t.window));
	if (!operands_load(&o, &t.p, f->diag)) {
		fflush(f->out);
		fail_msg("conv %u: %s", tally->convs, f->text);
	}
	check_stored(&t, &o);
	for (int i = 0; i < WINDOWS; i++)
		check_window(&t, &o, tally);
	operands_free(&o);
	remove_sources(&t.files);
	tally->convs++;
}

static void test_model(void **state)
{
	struct tally tally = { 0 };
	struct fixture f;

	(void)state;
	open_fixture(&f);
	while (tally.convs < CONVS)
		check_trial(&f, &tally);
	print_message("%u convs, %u outputs: %u with small steps, at most %.3f off; %u of %u "
		      "outside the chosen range\n",
		      tally.convs, tally.outputs, tally.fine, tally.worst, tally.saturated,
		      tally.chosen);
	close_fixture(&f);
	/* where a sum's step is less than a quarter of the output's: one step */
	assert_true(tally.fine > tally.outputs / 2 && tally.worst <= 1);
	/* four standard deviations of the worst channel: hardly any */
	assert_true(tally.chosen > 10000 && tally.saturated < tally.chosen / 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	print_message("TEST_SEED=%llu\n", start_random());
	return cmocka_run_group_tests_name("operands model", tests, NULL, NULL);
}
