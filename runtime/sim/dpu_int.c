/*
 * The DPU's integer path: accumulators -> OW -> BS -> BN -> EW -> OUT_CVT -> memory.
 *
 * Every stage saturates to 32 bits and every shift rounds half to even.  Values are
 * kept in doubles, a pixel's channels side by side, so that the loops become vector
 * code.  Nothing is lost by that: the largest value is a 32-bit one times a 16-bit
 * one, below 2^48; a shift is a multiplication by a power of two, which is exact; and
 * the one rounding is the addition of ROUNDER.
 */
#include <math.h>
#include <string.h>

#include "sim/sim_priv.h"

/* Above it a double has no fraction: adding it rounds to an integer, half to even. */
#define ROUNDER 0x1.8p52

#define INLINE static inline __attribute__((always_inline))

/* A stage's operands and those of the pixel's output conversion, by channel. */
struct stage_chans {
	double alu[SIM_MAX_GROUP], mul[SIM_MAX_GROUP];
	double unshift; /* 2^-shift */
};

struct int_chans {
	struct stage_chans bs, bn;
	double correction[SIM_MAX_GROUP];
	double ew_unshift, out_unshift;
};

static void read_grouped(const uint8_t *bias, uint32_t k, struct int_chans *o, uint32_t j)
{
	const uint8_t *group = bias + (size_t)(k / SIM_BIAS_GROUP_CHANS) *
					  SIM_BIAS_GROUP_CHANS *
					  SIM_BIAS_GROUP_CHAN_BYTES;
	uint32_t i = k % SIM_BIAS_GROUP_CHANS;
	int32_t value;
	int16_t correction;
	uint16_t factor;

	memcpy(&value, group + 4 * i, sizeof value);
	memcpy(&correction, group + 4 * SIM_BIAS_GROUP_CHANS + 2 * i, sizeof correction);
	memcpy(&factor, group + 6 * SIM_BIAS_GROUP_CHANS + 2 * i, sizeof factor);
	o->bs.alu[j] = value;
	o->correction[j] = correction;
	o->bs.mul[j] = factor;
}

static void read_operands(const struct sim_conv *c, uint32_t k0, struct int_chans *o)
{
	const struct sim_dpu *d = &c->dpu;

	o->bs.unshift = ldexp(1, -(int)d->bs.mul_shift);
	o->bn.unshift = ldexp(1, -(int)d->bn.mul_shift);
	o->ew_unshift = ldexp(1, -(int)d->ew.shift);
	o->out_unshift = ldexp(1, -(int)d->cvt_shift);
	for (uint32_t j = 0; j < c->group; j++) {
		int32_t bias = (int32_t)d->bs.alu_operand;

		o->bn.alu[j] = (int32_t)d->bn.alu_operand;
		o->bn.mul[j] = d->bn.mul_operand;
		o->correction[j] = d->ow_operand;
		o->bs.mul[j] = d->bs.mul_operand;
		if (d->bias && d->bias_grouped) {
			read_grouped(d->bias, k0 + j, o, j);
			continue;
		}
		if (d->bias)
			memcpy(&bias, d->bias + (size_t)(k0 + j) * SIM_BIAS_CHAN_BYTES,
			       sizeof bias);
		o->bs.alu[j] = bias;
	}
}

INLINE double to_int32(double v)
{
	v = v < INT32_MIN ? INT32_MIN : v;
	return v > INT32_MAX ? INT32_MAX : v;
}

/* v * factor / 2^shift, half to even. */
INLINE double scale_shift(double v, double factor, double unshift)
{
	return (v * factor * unshift + ROUNDER) - ROUNDER;
}

INLINE void relu(double *v, uint32_t n, bool clamp, uint32_t limit_bits)
{
	double limit = clamp ? (int32_t)limit_bits : INFINITY;

	for (uint32_t j = 0; j < n; j++) {
		double positive = v[j] < 0 ? 0 : v[j];

		v[j] = positive > limit ? limit : positive;
	}
}

INLINE void run_stage(const struct sim_stage *st, double *v, uint32_t n,
		      const struct stage_chans *o)
{
	for (uint32_t j = 0; st->alu && j < n; j++)
		v[j] = to_int32(v[j] + o->alu[j]);
	for (uint32_t j = 0; st->mul && j < n; j++) {
		double scaled = to_int32(scale_shift(v[j], o->mul[j], o->unshift));

		v[j] = st->prelu && v[j] >= 0 ? v[j] : scaled;
	}
	if (st->relu)
		relu(v, n, st->clamp, st->clamp_value);
}

INLINE void add_operand(const struct sim_conv *c, const struct int_chans *o,
			uint32_t group, uint32_t px, double *v)
{
	const struct sim_dpu *d = &c->dpu;
	double offset = d->ew.offset, scale = d->ew.scale;

	for (uint32_t s = 0; s < d->surfaces; s++) {
		const int8_t *atom =
		    (const int8_t *)d->ew.surface[group * d->surfaces + s] +
		    (size_t)px * NPU_ATOM_BYTES;
		double *to = v + (size_t)s * NPU_ATOM_BYTES;

		for (uint32_t j = 0; j < NPU_ATOM_BYTES; j++)
			to[j] =
			    to_int32(to[j] + to_int32(scale_shift(atom[j] + offset, scale,
								  o->ew_unshift)));
	}
}

/* Sums of one pixel, corrected by their windows' sums. */
INLINE void load_pixel(const struct sim_acc *acc, const struct int_chans *o, uint32_t i,
		       uint32_t n, double *v)
{
	const int32_t *sums = acc->i + (size_t)i * acc->width;

	if (!acc->sum) {
		for (uint32_t j = 0; j < n; j++)
			v[j] = sums[j];
	} else if (acc->sum_width == 1) {
		double x = acc->sum[i];

		for (uint32_t j = 0; j < n; j++)
			v[j] = to_int32(sums[j] + o->correction[j] * x);
	} else {
		const int32_t *x = acc->sum + (size_t)i * acc->sum_width;

		for (uint32_t j = 0; j < n; j++)
			v[j] = to_int32(sums[j] + o->correction[j] * x[j]);
	}
}

INLINE void store_pixel(const struct sim_conv *c, const struct int_chans *o,
			uint32_t group, uint64_t at, uint32_t n, const double *v)
{
	const struct sim_dpu *d = &c->dpu;
	double scale = d->cvt_scale, offset = d->cvt_offset;
	uint8_t bytes[SIM_MAX_GROUP * sizeof(int32_t)];
	int32_t wide[SIM_MAX_GROUP];
	double least = d->out == NPU_ELEM_INT8 ? INT8_MIN : INT32_MIN;
	double most = d->out == NPU_ELEM_INT8 ? INT8_MAX : INT32_MAX;

	for (uint32_t j = 0; j < n; j++) {
		double q = scale_shift(v[j], scale, o->out_unshift) + offset;

		q = q < least ? least : q;
		wide[j] = (int32_t)(q > most ? most : q);
	}
	if (d->out == NPU_ELEM_INT8) {
		for (uint32_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)wide[j];
	} else {
		memcpy(bytes, wide, n * sizeof *wide);
	}
	for (uint32_t s = 0; s < d->surfaces; s++)
		memcpy(d->out_data + sim_surface_offset(c, group, s) + at,
		       bytes + (size_t)s * NPU_ATOM_BYTES, NPU_ATOM_BYTES);
}

INLINE void write_pixels(const struct sim_conv *c, const struct sim_acc *acc,
			 const struct int_chans *o)
{
	const struct sim_dpu *d = &c->dpu;
	uint32_t n = acc->width;
	double v[SIM_MAX_GROUP];

	for (uint32_t i = 0; i < acc->n; i++) {
		load_pixel(acc, o, i, n, v);
		run_stage(&d->bs, v, n, &o->bs);
		run_stage(&d->bn, v, n, &o->bn);
		if (d->ew.on)
			add_operand(c, o, acc->group, acc->px + i, v);
		if (d->ew.on && d->ew.relu)
			relu(v, n, d->ew.clamp, d->ew.clamp_value);
		store_pixel(c, o, acc->group, sim_pixel_offset(c, acc->px + i), n, v);
	}
}

static void write_plain(const struct sim_conv *c, const struct sim_acc *acc,
			const struct int_chans *o)
{
	write_pixels(c, acc, o);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
write_avx2(const struct sim_conv *c, const struct sim_acc *acc, const struct int_chans *o)
{
	write_pixels(c, acc, o);
}
#endif

void sim_dpu_write_int(const struct sim_conv *c, const struct sim_acc *acc)
{
	struct int_chans o;

	read_operands(c, acc->group * c->group, &o);
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		write_avx2(c, acc, &o);
		return;
	}
#endif
	write_plain(c, acc, &o);
}
