/*
 * The DPU at work: accumulators -> OW -> BS -> BN -> EW -> OUT_CVT -> memory.
 *
 * fp16 stays fp32 from stage to stage and is rounded once, at the end, to
 * nearest even; too large becomes infinity.  int8 goes through 64-bit integers;
 * every shift rounds half to even, and OUT_CVT saturates.
 */
#include <string.h>

#include "sim/half.h"
#include "sim/sim_priv.h"

/* Operands of one kernel group's channels. */
struct operands {
	float bias_f[SIM_MAX_GROUP];
	int32_t bias_i[SIM_MAX_GROUP];
	int32_t correction[SIM_MAX_GROUP];
	int32_t factor[SIM_MAX_GROUP];
};

static void read_grouped(const uint8_t *bias, uint32_t k, struct operands *o, uint32_t j)
{
	const uint8_t *group = bias + (size_t)(k / SIM_BIAS_GROUP_CHANS) *
					  SIM_BIAS_GROUP_CHANS *
					  SIM_BIAS_GROUP_CHAN_BYTES;
	uint32_t i = k % SIM_BIAS_GROUP_CHANS;
	int16_t correction;
	uint16_t factor;

	memcpy(&o->bias_i[j], group + 4 * i, sizeof o->bias_i[j]);
	memcpy(&correction, group + 4 * SIM_BIAS_GROUP_CHANS + 2 * i, sizeof correction);
	memcpy(&factor, group + 6 * SIM_BIAS_GROUP_CHANS + 2 * i, sizeof factor);
	o->correction[j] = correction;
	o->factor[j] = factor;
}

static void read_operands(const struct sim_conv *c, uint32_t k0, struct operands *o)
{
	const struct sim_dpu *d = &c->dpu;

	for (uint32_t j = 0; j < c->group; j++) {
		uint32_t bits = d->bs.alu_operand;

		o->correction[j] = d->ow_operand;
		o->factor[j] = d->bs.mul_operand;
		if (d->bias && d->bias_grouped) {
			read_grouped(d->bias, k0 + j, o, j);
			continue;
		}
		if (d->bias)
			memcpy(&bits, d->bias + (size_t)(k0 + j) * SIM_BIAS_CHAN_BYTES,
			       sizeof bits);
		o->bias_f[j] = sim_float_from_bits(bits);
		o->bias_i[j] = (int32_t)bits;
	}
}

/* First byte of an output atom's pixel row: pixels of a tile in its surface. */
static uint64_t pixel_offset(const struct sim_conv *c, uint32_t px)
{
	return ((uint64_t)(px / c->ow) * c->dpu.row_atoms + px % c->ow) * NPU_ATOM_BYTES;
}

static uint64_t surface_offset(const struct sim_conv *c, uint32_t group, uint32_t s)
{
	return (uint64_t)group * c->dpu.surf_add + (uint64_t)s * c->dpu.surf_stride;
}

/* ---- fp16 */

static void relu_float(float *v, uint32_t n, bool clamp, uint32_t clamp_bits)
{
	float limit = sim_float_from_bits(clamp_bits);

	for (uint32_t j = 0; j < n; j++)
		v[j] = v[j] < 0 ? 0 : v[j];
	for (uint32_t j = 0; clamp && j < n; j++)
		v[j] = v[j] > limit ? limit : v[j];
}

/* The operand's channels of one output pixel. */
static void add_operand_float(const struct sim_conv *c, uint32_t group, uint32_t px,
			      float *v)
{
	const struct sim_dpu *d = &c->dpu;

	for (uint32_t s = 0; s < d->surfaces; s++) {
		const uint8_t *atom =
		    d->ew.surface[group * d->surfaces + s] + (size_t)px * NPU_ATOM_BYTES;

		for (uint32_t j = 0; j < d->out_chans; j++) {
			uint16_t h;

			memcpy(&h, atom + 2 * j, sizeof h);
			v[s * d->out_chans + j] += sim_float_from_half(h);
		}
	}
}

static void write_pixel_float(const struct sim_conv *c, uint32_t group, uint64_t at,
			      const float *v)
{
	const struct sim_dpu *d = &c->dpu;
	uint16_t halves[SIM_MAX_GROUP];
	const uint8_t *bytes = (const uint8_t *)v;

	if (d->out == NPU_ELEM_FP16) {
		for (uint32_t j = 0; j < c->group; j++)
			halves[j] = sim_half_from_float(v[j]);
		bytes = (const uint8_t *)halves;
	}
	for (uint32_t s = 0; s < d->surfaces; s++)
		memcpy(d->out_data + surface_offset(c, group, s) + at,
		       bytes + (size_t)s * NPU_ATOM_BYTES, NPU_ATOM_BYTES);
}

static void write_float(const struct sim_conv *c, struct sim_acc *acc,
			const struct operands *o)
{
	const struct sim_dpu *d = &c->dpu;
	float bn = sim_float_from_bits(d->bn.alu_operand);

	for (uint32_t i = 0; i < acc->n; i++) {
		float *v = acc->f + (size_t)i * acc->width;

		for (uint32_t j = 0; d->bs.alu && j < acc->width; j++)
			v[j] += o->bias_f[j];
		if (d->bs.relu)
			relu_float(v, acc->width, d->bs.clamp, d->bs.clamp_value);
		for (uint32_t j = 0; d->bn.alu && j < acc->width; j++)
			v[j] += bn;
		if (d->bn.relu)
			relu_float(v, acc->width, d->bn.clamp, d->bn.clamp_value);
		if (d->ew.on)
			add_operand_float(c, acc->group, acc->px + i, v);
		if (d->ew.on && d->ew.relu)
			relu_float(v, acc->width, d->ew.clamp, d->ew.clamp_value);
		write_pixel_float(c, acc->group, pixel_offset(c, acc->px + i), v);
	}
}

/* ---- int8 */

/* v / 2^shift, half to even; `shift` is at most 62 and v far from the limits. */
static int64_t round_shift(int64_t v, uint32_t shift)
{
	if (!shift)
		return v;
	return (v + (INT64_C(1) << (shift - 1)) - 1 + (v >> shift & 1)) >> shift;
}

static int64_t clamp_to(int64_t v, int64_t lo, int64_t hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

/* Values between stages are 32 bits wide. */
static int64_t to_int32(int64_t v)
{
	return clamp_to(v, INT32_MIN, INT32_MAX);
}

static int64_t relu_int(int64_t v, bool clamp, uint32_t limit)
{
	v = v < 0 ? 0 : v;
	return clamp && v > (int32_t)limit ? (int32_t)limit : v;
}

static int64_t stage_int(const struct sim_stage *st, int64_t v, int32_t operand,
			 int32_t factor)
{
	if (st->alu)
		v = to_int32(v + operand);
	if (st->mul)
		v = to_int32(round_shift(v * factor, st->mul_shift));
	return st->relu ? relu_int(v, st->clamp, st->clamp_value) : v;
}

static int64_t operand_int(const struct sim_conv *c, uint32_t group, uint32_t px,
			   uint32_t j)
{
	const struct sim_ew *ew = &c->dpu.ew;
	uint32_t s = group * c->dpu.surfaces + j / c->dpu.out_chans;
	int8_t x =
	    (int8_t)ew->surface[s][(size_t)px * NPU_ATOM_BYTES + j % c->dpu.out_chans];

	return to_int32(round_shift(((int64_t)x + ew->offset) * ew->scale, ew->shift));
}

static int32_t channel_int(const struct sim_conv *c, const struct sim_acc *acc,
			   const struct operands *o, uint32_t i, uint32_t j)
{
	const struct sim_dpu *d = &c->dpu;
	int64_t v = acc->i[(size_t)i * acc->width + j];

	if (acc->sum)
		v += (int64_t)o->correction[j] *
		     acc->sum[(size_t)i * acc->sum_width + (acc->sum_width > 1 ? j : 0)];
	v = stage_int(&d->bs, to_int32(v), o->bias_i[j], o->factor[j]);
	v = stage_int(&d->bn, v, (int32_t)d->bn.alu_operand, d->bn.mul_operand);
	if (d->ew.on)
		v = to_int32(v + operand_int(c, acc->group, acc->px + i, j));
	if (d->ew.on && d->ew.relu)
		v = relu_int(v, d->ew.clamp, d->ew.clamp_value);
	v = round_shift(v * d->cvt_scale, d->cvt_shift) + d->cvt_offset;
	return (int32_t)(d->out == NPU_ELEM_INT8 ? clamp_to(v, INT8_MIN, INT8_MAX)
						 : to_int32(v));
}

static void write_int(const struct sim_conv *c, const struct sim_acc *acc,
		      const struct operands *o)
{
	const struct sim_dpu *d = &c->dpu;

	for (uint32_t i = 0; i < acc->n; i++) {
		uint8_t bytes[SIM_MAX_GROUP * sizeof(int32_t)];
		uint64_t at = pixel_offset(c, acc->px + i);

		for (uint32_t j = 0; j < acc->width; j++) {
			int32_t v = channel_int(c, acc, o, i, j);

			if (d->out == NPU_ELEM_INT8)
				bytes[j] = (uint8_t)v;
			else
				memcpy(bytes + sizeof v * j, &v, sizeof v);
		}
		for (uint32_t s = 0; s < d->surfaces; s++)
			memcpy(d->out_data + surface_offset(c, acc->group, s) + at,
			       bytes + (size_t)s * NPU_ATOM_BYTES, NPU_ATOM_BYTES);
	}
}

void sim_dpu_write(const struct sim_conv *c, struct sim_acc *acc)
{
	struct operands o;

	read_operands(c, acc->group * c->group, &o);
	if (c->in == NPU_ELEM_FP16)
		write_float(c, acc, &o);
	else
		write_int(c, acc, &o);
}
