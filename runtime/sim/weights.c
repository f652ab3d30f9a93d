/*
 * Weights of one kernel group or depthwise block, from the stream in memory or in the
 * CBUF to floats in the order the MAC array takes them.
 */
#include <string.h>

#include "sim/half.h"
#include "sim/sim_priv.h"

uint32_t sim_group_kernels(const struct sim_conv *c, uint32_t g)
{
	return npu_min(c->group, c->kernels - g * c->group);
}

static float weight_to_float(const struct sim_conv *c, const uint8_t *p)
{
	uint16_t h;

	if (c->in == NPU_ELEM_INT8)
		return (float)(int8_t)*p;
	memcpy(&h, p, sizeof h);
	return sim_float_from_half(h);
}

/*
 * A kernel group's weights as [block][tap][lane vector][channel][lane]; memory
 * has [block][tap][kernel][channel] (F-13).
 */
static void load_dense_weights(const struct sim_conv *c, uint32_t g, float *out)
{
	const uint8_t *in = c->weights + (size_t)g * c->group * c->kernel_bytes;
	uint32_t kernels = sim_group_kernels(c, g), taps = c->kh * c->kw;
	uint32_t vectors = npu_ceil_div(kernels, SIM_LANES);

	for (uint32_t cb = 0; cb * c->block < c->cw; cb++) {
		uint32_t chans = sim_block_chans(c, cb);

		for (uint32_t tap = 0; tap < taps; tap++) {
			if (kernels % SIM_LANES)
				memset(out, 0,
				       (size_t)vectors * chans * SIM_LANES * sizeof *out);
			for (uint32_t k = 0; k < kernels; k++) {
				float *to = out +
					    (size_t)(k / SIM_LANES) * chans * SIM_LANES +
					    k % SIM_LANES;

				for (uint32_t ch = 0; ch < chans;
				     ch++, in += c->elem_bytes)
					to[(size_t)ch * SIM_LANES] =
					    weight_to_float(c, in);
			}
			out += (size_t)vectors * chans * SIM_LANES;
		}
	}
}

/* A depthwise block's weights as [tap][channel], as in memory. */
static void load_depthwise_weights(const struct sim_conv *c, uint32_t cb, float *out)
{
	uint32_t taps = c->kh * c->kw, chans;
	const uint8_t *in = c->weights + (size_t)cb * taps * c->block * c->elem_bytes;

	if (cb * c->block >= c->cw)
		return;
	chans = sim_block_chans(c, cb);
	for (size_t i = 0; i < (size_t)taps * chans; i++, in += c->elem_bytes)
		out[i] = weight_to_float(c, in);
}

size_t sim_weight_floats(const struct sim_conv *c)
{
	size_t taps = (size_t)c->kh * c->kw;

	if (c->depthwise)
		return taps * c->block;
	return taps * c->cw * npu_round_up(npu_min(c->group, c->kernels), SIM_LANES);
}

void sim_group_weights(const struct sim_conv *c, uint32_t g, float *out)
{
	if (c->depthwise)
		load_depthwise_weights(c, g, out);
	else
		load_dense_weights(c, g, out);
}
