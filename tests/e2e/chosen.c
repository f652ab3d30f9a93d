/* A bundle's scales, read by the format's description alone. */
#include <string.h>

#include "bundle_format.h"
#include "expect.h"

static const void *find_section(const uint8_t *blob, size_t bytes, uint32_t kind,
				uint32_t *count)
{
	const struct npub_header *h = (const void *)blob;

	if (bytes < sizeof *h)
		return NULL;
	for (uint32_t i = 0; i < h->section_count; i++) {
		const struct npub_section *s =
		    (const void *)(blob + h->header_bytes + i * h->section_entry_bytes);

		if (s->kind == kind && s->offset + s->bytes <= bytes) {
			*count = s->elem_count;
			return blob + s->offset;
		}
	}
	return NULL;
}

static void take_tensor(const struct npub_tensor *tensors, uint32_t index,
			struct ref_quant *q, bool *uint8)
{
	if (index == NPUB_NONE)
		return;
	q->scale = (double)tensors[index].scale;
	q->zero = tensors[index].zero_point;
	*uint8 = tensors[index].user_form == NPUB_USER_UINT8;
}

bool chosen_read(struct chosen *c, const void *blob, size_t bytes)
{
	uint32_t convs = 0, tensors = 0, scales = 0;
	const struct npub_conv *conv =
	    find_section(blob, bytes, NPUB_SECTION_CONVS, &convs);
	const struct npub_tensor *tensor =
	    find_section(blob, bytes, NPUB_SECTION_TENSORS, &tensors);
	const float *scale = find_section(blob, bytes, NPUB_SECTION_SCALES, &scales);

	memset(c, 0, sizeof *c);
	if (!conv || !convs || !tensor)
		return false;
	take_tensor(tensor, conv->input, &c->input, &c->input_uint8);
	take_tensor(tensor, conv->output, &c->output, &c->output_uint8);
	take_tensor(tensor, conv->operand, &c->operand, &c->operand_uint8);
	if (conv->scale_count && scale &&
	    conv->first_scale + conv->scale_count <= scales) {
		c->weight_scales = scale + conv->first_scale;
		c->weight_scale_count = conv->scale_count;
	}
	return true;
}
