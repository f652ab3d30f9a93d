/*
 * What a bundle holds for each output channel: the stream that the output stage reads,
 * and the scale of the weights.
 */
#ifndef BUNDLE_CHANNEL_H
#define BUNDLE_CHANNEL_H

#include "bundle.h"

struct bundle_channel {
	bool has_bias, has_factor, has_scale;
	float bias_real;    /* fp16 convs */
	int32_t bias;	    /* int8 convs, everything folded in */
	int16_t correction; /* with a factor: minus the weights' zero point */
	uint16_t factor;    /* 2^14 is one */
	float scale;	    /* of the weights */
};

/* Channel `k` < out_c.  False when the bundle lacks the bytes of the stream. */
bool bundle_channel(struct bundle_channel *channel, const struct npub *b,
		    const struct npub_conv *c, uint32_t k);

#endif
