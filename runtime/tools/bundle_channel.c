#include "bundle_channel.h"

#include <string.h>

#include "hw/npu_hw.h"

#define GROUP_CHANS 8u /* NPUB_LAYOUT_BIAS_GROUPED */
#define BIAS_BYTES 4u
#define CORRECTION_BYTES 2u
#define FACTOR_BYTES 2u
#define GROUP_BYTES (GROUP_CHANS * (BIAS_BYTES + CORRECTION_BYTES + FACTOR_BYTES))

static uint32_t load_le(const uint8_t *p, uint32_t bytes)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < bytes; i++)
		value |= (uint32_t)p[i] << 8 * i;
	return value;
}

/* A group: 8 int32 bias, 8 int16 correction, 8 uint16 factor. */
static void read_grouped(struct bundle_channel *channel, const uint8_t *stream,
			 uint32_t k)
{
	const uint8_t *group = stream + (uint64_t)(k / GROUP_CHANS) * GROUP_BYTES;
	const uint8_t *corrections = group + GROUP_CHANS * BIAS_BYTES;
	const uint8_t *factors = corrections + GROUP_CHANS * CORRECTION_BYTES;
	uint32_t i = k % GROUP_CHANS;

	channel->bias = (int32_t)load_le(group + BIAS_BYTES * i, BIAS_BYTES);
	channel->correction =
	    (int16_t)load_le(corrections + CORRECTION_BYTES * i, CORRECTION_BYTES);
	channel->factor = (uint16_t)load_le(factors + FACTOR_BYTES * i, FACTOR_BYTES);
	channel->has_factor = true;
}

bool bundle_channel(struct bundle_channel *channel, const struct npub *b,
		    const struct npub_conv *c, uint32_t k)
{
	bool grouped = c->op.flags & NPUB_OP_PER_CHANNEL;
	const uint8_t *stream;

	memset(channel, 0, sizeof(*channel));
	channel->has_scale = k < c->scale_count;
	if (channel->has_scale)
		channel->scale = b->scales[c->first_scale + k];
	if (c->bias == NPUB_NONE)
		return !grouped;
	stream =
	    npub_tensor_data(b, c->bias,
			       grouped ? ((uint64_t)k / GROUP_CHANS + 1) * GROUP_BYTES
				       : ((uint64_t)k + 1) * BIAS_BYTES);
	if (!stream)
		return false;
	channel->has_bias = true;
	if (grouped) {
		read_grouped(channel, stream, k);
		return true;
	}
	channel->bias = (int32_t)load_le(stream + (uint64_t)k * BIAS_BYTES, BIAS_BYTES);
	memcpy(&channel->bias_real, &channel->bias, sizeof(channel->bias_real));
	return true;
}
