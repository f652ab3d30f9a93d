/* The reference's two models of the int8 pipeline, the exact one and the real one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref_fixed.h"

#define MAX_KERNELS 4u

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static double draw_scale(uint32_t *seed)
{
	return (1 + draw(seed, 1000)) / 30000.0;
}

static int8_t draw_int8(uint32_t *seed)
{
	return (int8_t)draw(seed, 256);
}

static struct ref_quant draw_quant(uint32_t *seed)
{
	return (struct ref_quant){ draw_scale(seed), draw_int8(seed) };
}

static struct ref_conv draw_conv(uint32_t *seed)
{
	return (struct ref_conv){ .n = 1,
				  .c = 1 + draw(seed, 12),
				  .h = 3 + draw(seed, 4),
				  .w = 3 + draw(seed, 4),
				  .k = 1 + draw(seed, MAX_KERNELS),
				  .kh = 1 + draw(seed, 3),
				  .kw = 1 + draw(seed, 3),
				  .sy = 1 + draw(seed, 2),
				  .sx = 1,
				  .pt = draw(seed, 2),
				  .pr = draw(seed, 2),
				  .dy = 1,
				  .dx = 1,
				  .g = 1 };
}

struct channels {
	double scale[MAX_KERNELS], bias[MAX_KERNELS];
	int32_t zero[MAX_KERNELS];
};

static struct ref_operator draw_operator(uint32_t *seed, const struct ref_conv *r,
					 struct channels *c)
{
	struct ref_operator o = {
		.input = draw_quant(seed),
		.output = draw_quant(seed),
		.operand = draw_quant(seed),
		.per_channel = draw(seed, 2),
		.weight_scale = c->scale,
		.weight_zero = c->zero,
		.bias = c->bias,
		.act = (enum ref_act)draw(seed, 4),
		.high = 6,
		.slope = 0.1,
	};

	o.add = o.act != REF_ACT_LEAKY && draw(seed, 2);
	for (uint32_t k = 0; k < r->k; k++) {
		c->scale[k] = k && !o.per_channel ? c->scale[0] : draw_scale(seed);
		c->zero[k] = (int32_t)draw(seed, 20) - 10;
		c->bias[k] = draw(seed, 100) / 25.0 - 2;
	}
	return o;
}

/* How far off the outputs of one case are, at most; fails beyond what is allowed. */
static double compare_models(const struct ref_conv *r, const struct ref_operator *o,
			     const struct ref_fixed *f, const int32_t *fixed,
			     const double *real)
{
	size_t plane = (size_t)ref_out_h(r) * ref_out_w(r);
	double worst = 0;

	for (size_t j = 0; j < ref_output_count(r); j++) {
		double off = fabs(fixed[j] - real[j]);

		if (off > ref_fixed_slack(r, o, f, (uint32_t)(j / plane)))
			fail_msg("output %zu is %d, not %g", j, fixed[j], real[j]);
		worst = fmax(worst, off);
	}
	return worst;
}

/* The two models agree to within what ref_fixed_slack() allows, which is not much. */
static void test_models_agree(void **state)
{
	static int8_t x[4096], w[4096], operand[4096];
	static int32_t fixed[4096];
	static double real[4096];
	uint32_t seed = 3, used = 0;
	double worst = 0;

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		struct ref_conv r = draw_conv(&seed);
		struct channels channels;
		struct ref_operator o = draw_operator(&seed, &r, &channels);
		struct ref_fixed f;
		const char *why;

		for (size_t j = 0; j < sizeof x; j++) {
			x[j] = draw_int8(&seed);
			w[j] = draw_int8(&seed);
			operand[j] = draw_int8(&seed);
		}
		if (ref_fixed_derive(&f, &r, w, &o, &why)) {
			ref_fixed_run(&r, x, w, operand, &f, fixed);
			ref_real_run(&r, x, w, operand, &o, real);
			worst = fmax(worst, compare_models(&r, &o, &f, fixed, real));
			used++;
		}
		ref_fixed_free(&f);
	}
	assert_true(used > 400);
	assert_true(worst > 0.4); /* something was rounded */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
