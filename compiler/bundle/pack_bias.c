/*
 * The bias stream to and from the bytes that the output stage reads.
 */
#include "bundle/pack.h"

#include <string.h>

/* Eight channels of the stream with multipliers (F-81). */
struct bias_group {
	int32_t bias[NPU_BIAS_GROUP_CHANS];
	int16_t correction[NPU_BIAS_GROUP_CHANS];
	uint16_t factor[NPU_BIAS_GROUP_CHANS];
};

_Static_assert(sizeof(struct bias_group) ==
		   NPU_BIAS_GROUP_CHANS * NPU_BIAS_CHAN_BYTES_SCALED,
	       "no padding");

/* Values one after the other, the channels that do not exist zero. */
static void pack_linear(const struct conv_layout *layout, const void *values,
			uint32_t count, void *packed)
{
	size_t bytes = (size_t)count * NPU_BIAS_CHAN_BYTES;

	memset(packed, 0, layout->bias_bytes);
	if (values)
		memcpy(packed, values, bytes);
}

static void pack_grouped(const struct conv_layout *layout, const struct operands *o,
			 uint32_t count, uint8_t *packed)
{
	const uint16_t one = 1u << NPU_BIAS_FACTOR_SHIFT;

	for (uint64_t at = 0; at < layout->bias_bytes; at += sizeof(struct bias_group)) {
		struct bias_group g = { 0 };

		for (uint32_t i = 0; i < NPU_BIAS_GROUP_CHANS; i++) {
			uint64_t k = at / NPU_BIAS_CHAN_BYTES_SCALED + i;

			if (k >= count)
				break;
			g.bias[i] = o->bias_fixed ? o->bias_fixed[k] : 0;
			g.correction[i] = o->correction ? o->correction[k] : 0;
			g.factor[i] = o->factor ? o->factor[k] : one;
		}
		memcpy(packed + at, &g, sizeof g);
	}
}

void pack_bias(const struct conv_problem *p, const struct conv_layout *layout,
	       const struct operands *o, void *packed)
{
	if (layout->bias_kind == NPUB_LAYOUT_BIAS_GROUPED)
		pack_grouped(layout, o, p->out_c, packed);
	else if (layout->bias_elem == NPU_ELEM_INT32)
		pack_linear(layout, o->bias_fixed, p->out_c, packed);
	else
		pack_linear(layout, o->bias, p->out_c, packed);
}

static void unpack_grouped(uint32_t count, const uint8_t *packed, struct operands *o)
{
	for (uint32_t k = 0; k < count; k++) {
		uint32_t i = k % NPU_BIAS_GROUP_CHANS;
		struct bias_group g;

		memcpy(&g, packed + (size_t)(k - i) * NPU_BIAS_CHAN_BYTES_SCALED,
		       sizeof g);
		if (o->bias_fixed)
			o->bias_fixed[k] = g.bias[i];
		if (o->correction)
			o->correction[k] = g.correction[i];
		if (o->factor)
			o->factor[k] = g.factor[i];
	}
}

void unpack_bias(const struct conv_problem *p, const struct conv_layout *layout,
		 const void *packed, struct operands *o)
{
	void *values =
	    layout->bias_elem == NPU_ELEM_INT32 ? (void *)o->bias_fixed : o->bias;

	if (layout->bias_kind == NPUB_LAYOUT_BIAS_GROUPED)
		unpack_grouped(p->out_c, packed, o);
	else if (values)
		memcpy(values, packed, (size_t)p->out_c * NPU_BIAS_CHAN_BYTES);
}
