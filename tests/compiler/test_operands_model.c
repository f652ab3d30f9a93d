/*
 * The numbers of thousands of random small convs against real arithmetic: a window of
 * random inputs goes through the fixed-point pipeline of the output stage, written here
 * as plain loops, and must come out within the roundings of what the same inputs, the
 * stored weights and the real bias make in doubles.
 */
#include "operands_trial.h"

#define CONVS 6000
#define WINDOWS 12

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
		v = between(v +
			    between(round_shift((int64_t)(w->operand - op->operand_zero) *
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
	double added =
	    t->p.add ? 256.0 * (double)o->operand.scale / (double)o->output.scale : 0;
	double factor = o->factor ? o->notes.factor_error : 0;

	return 0.5 + 2.5 * f + (fmin(steps, 512) + added) * (0x1p-14 + factor) +
	       added * factor;
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
			fail_msg(
			    "conv %u, channel %u of %u: %d for %g, %g allowed (kind %d, "
			    "flags %x, factor error %g, step %g)",
			    tally->convs, k, t->p.out_c, fixed_point(t, o, k, &w), want,
			    allowed, t->p.weight_quant.kind, o->op.flags,
			    o->notes.factor_error, (double)o->output.scale);
		if (o->op.out_shift >= 17 && o->notes.factor_error < 1e-3) /* f < 1/4 */
			tally->worst = fmax(tally->worst, off);
		tally->fine += o->op.out_shift >= 17 && o->notes.factor_error < 1e-3;
		if (o->notes.output_chosen && !t->p.add) {
			tally->chosen++;
			tally->saturated +=
			    t->p.act.kind != ACT_CLIP && (want < -129 || want > 128);
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
			double std =
			    n->std_count ? n->std[i / t->taps % n->std_count] : 1;
			double real = t->is_stored
					  ? (t->stored[k][i] - t->zero[k]) * t->scale[k]
					  : t->weight[k][i];
			double steps =
			    real * t->gain[k] / std / (double)o->weight_scale[k] +
			    o->weight_zero[k];
			int32_t got = ((int8_t *)o->weights)[k * t->window + i];

			saturated += steps > 127.5 || steps < -128.5;
			steps = fmin(fmax(steps, -128), 127);
			if (fabs(got - steps) > (t->is_stored ? 1e-4 : 0.5 + 1e-4))
				fail_msg("weight %u of channel %u: %d for %g", i, k, got,
					 steps);
		}
	/* an edge may fall either way */
	assert_in_range(o->notes.saturated_weights + 2, saturated, saturated + 4);
	assert_int_equal(o->notes.weight_count, t->p.out_c * t->window);
}

static void check_trial(struct fixture *f, struct tally *tally)
{
	struct trial t = { 0 };
	struct operands o;

	draw_trial(&t);
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
	print_message(
	    "%u convs, %u outputs: %u with small steps, at most %.3f off; %u of %u "
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
