/*
 * The DPU at work: accumulators -> BS -> BN -> EW -> OUT_CVT -> memory, for fp16.
 *
 * Values stay fp32 from stage to stage and are rounded once, at the end, to nearest
 * even; too large becomes infinity.  int8 is in dpu_int.c.
 */
#include <string.h>

#include "sim/half.h"
#include "sim/sim_priv.h"

/* Bias of one kernel group's channels. */
static void read_bias(const struct sim_conv *c, uint32_t k0, float *bias)
{
	const struct sim_dpu *d = &c->dpu;

	for (uint32_t j = 0; j < c->group; j++) {
		uint32_t bits = d->bs.alu_operand;

		if (d->bias)
			memcpy(&bits, d->bias + (size_t)(k0 + j) * SIM_BIAS_CHAN_BYTES,
			       sizeof bits);
		bias[j] = sim_float_from_bits(bits);
	}
}

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
		memcpy(d->out_data + sim_surface_offset(c, group, s) + at,
		       bytes + (size_t)s * NPU_ATOM_BYTES, NPU_ATOM_BYTES);
}

static void write_float(const struct sim_conv *c, struct sim_acc *acc)
{
	const struct sim_dpu *d = &c->dpu;
	float bn = sim_float_from_bits(d->bn.alu_operand), bias[SIM_MAX_GROUP];

	read_bias(c, acc->group * c->group, bias);
	for (uint32_t i = 0; i < acc->n; i++) {
		float *v = acc->f + (size_t)i * acc->width;

		for (uint32_t j = 0; d->bs.alu && j < acc->width; j++)
			v[j] += bias[j];
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
		write_pixel_float(c, acc->group, sim_pixel_offset(c, acc->px + i), v);
	}
}

void sim_dpu_write(const struct sim_conv *c, struct sim_acc *acc)
{
	if (c->in == NPU_ELEM_FP16)
		write_float(c, acc);
	else
		sim_dpu_write_int(c, acc);
}
