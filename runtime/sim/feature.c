/*
 * What the CNA brings in: features by address, and weights.
 *
 * Features become fp32 once per task, in the order the MAC array takes them:
 *
 *     [channel block][pixel][channel of the block], then one padding pixel
 *
 * int8 values and fp16 values are exact in fp32.
 */
#include <string.h>

#include "sim/half.h"
#include "sim/sim_priv.h"

static void chans_to_float(enum npu_elem elem, float *out, const uint8_t *in, uint32_t n)
{
	if (elem == NPU_ELEM_INT8) {
		for (uint32_t i = 0; i < n; i++)
			out[i] = (float)(int8_t)in[i];
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint16_t h;

		memcpy(&h, in + 2 * i, sizeof h);
		out[i] = sim_float_from_half(h);
	}
}

/* Four rows form a line group unless GROUP_LINE_OFF; strides count atoms. */
static int64_t row_address(const struct sim_conv *c, uint32_t s, uint32_t y)
{
	int64_t atoms;

	if (c->flat_lines)
		atoms = (int64_t)y * c->line + (int64_t)s * ((int64_t)c->w + c->surf);
	else
		atoms = (int64_t)(y / 4) * c->line +
			(int64_t)s * (4 * (int64_t)c->w + c->surf) +
			(int64_t)(y % 4) * c->w;
	return (int64_t)c->feature_addr + atoms * NPU_ATOM_BYTES;
}

static bool load_surface(struct sim_ctx *ctx, const struct sim_conv *c, float *out,
			 uint32_t s)
{
	uint32_t chan = s * c->atom_chans, cb = chan / c->block;
	uint32_t stride = sim_block_chans(c, cb);
	float *to = out + (size_t)cb * c->block * c->w * c->h + chan % c->block;

	for (uint32_t y = 0; y < c->h; y++) {
		struct sim_span row;

		if (!sim_mem_read(ctx, NPU_REG_CNA_FEATURE_DATA_ADDR,
				  (uint64_t)row_address(c, s, y),
				  (uint64_t)c->w * NPU_ATOM_BYTES, NPU_ATOM_BYTES, &row))
			return false;
		for (uint32_t x = 0; x < c->w; x++, to += stride) {
			/* a fixed count per type lets the loop become vector code */
			if (c->in == NPU_ELEM_FP16)
				chans_to_float(NPU_ELEM_FP16, to, row.data, 8);
			else
				chans_to_float(NPU_ELEM_INT8, to, row.data, 16);
			row.data += NPU_ATOM_BYTES;
		}
	}
	ctx->result->bytes_read += (uint64_t)c->w * c->h * NPU_ATOM_BYTES;
	return true;
}

/* Interleaved pixels of c_real channels; DMA_CON1 is the row pitch in pixels. */
static bool load_pixels(struct sim_ctx *ctx, const struct sim_conv *c, float *out)
{
	uint64_t pixel_bytes = (uint64_t)c->c_real * c->elem_bytes;

	if (c->feature_addr % NPU_ATOM_BYTES)
		return sim_fail(ctx, SIM_ERR_DMA, NPU_REG_CNA_FEATURE_DATA_ADDR,
				c->feature_addr,
				"address 0x%llx is not a multiple of %u bytes",
				(unsigned long long)c->feature_addr, NPU_ATOM_BYTES);
	for (uint32_t y = 0; y < c->h; y++) {
		struct sim_span row;

		if (!sim_mem_read(ctx, NPU_REG_CNA_FEATURE_DATA_ADDR,
				  c->feature_addr + (uint64_t)y * c->line * pixel_bytes,
				  c->w * pixel_bytes, 1, &row))
			return false;
		for (uint32_t x = 0; x < c->w; x++, out += c->cw) {
			chans_to_float(c->in, out, row.data + x * pixel_bytes, c->c_real);
			memset(out + c->c_real, 0, (c->cw - c->c_real) * sizeof *out);
		}
	}
	ctx->result->bytes_read += c->w * pixel_bytes * c->h;
	return true;
}

/*
 * What a zero-point correction needs of each pixel, the padding after the last one
 * included: the sum over all channels that the MAC array sees.  It stays below 2^23.
 */
static bool sum_pixels(struct sim_ctx *ctx, struct sim_conv *c)
{
	size_t pixels = (size_t)c->w * c->h;
	struct sim_buf *buf = &ctx->sim->pixel_sum;
	float *sum;

	if (!sim_buf_reserve(ctx, buf, (pixels + 1) * sizeof *sum))
		return false;
	sum = buf->data;
	c->pixel_sum = sum;
	for (size_t i = 0; i <= pixels; i++)
		sum[i] = 0;
	for (uint32_t cb = 0; cb * c->block < c->cw; cb++) {
		uint32_t chans = sim_block_chans(c, cb);
		const float *x = sim_block_feature(c, cb), *pad = sim_block_pad(c, cb);

		for (size_t i = 0; i <= pixels; i++, x += chans) {
			if (i == pixels)
				x = pad;
			for (uint32_t ch = 0; ch < chans; ch++)
				sum[i] += x[ch];
		}
	}
	return true;
}

bool sim_feature_load(struct sim_ctx *ctx, struct sim_conv *c)
{
	size_t pixels = (size_t)c->w * c->h;
	uint32_t last = (c->cw - 1) / c->block; /* block whose tail may be padding */
	float *out, *tail;

	/* check_banks() has held this against the CBUF, so it is small */
	if (!sim_buf_reserve(ctx, &ctx->sim->feature, (pixels + 1) * c->cw * sizeof *out))
		return false;
	out = ctx->sim->feature.data;
	c->feature = out;
	if (c->pixel) {
		if (!load_pixels(ctx, c, out))
			return false;
	} else {
		for (uint32_t s = 0; s < c->c / c->atom_chans; s++) {
			if (!load_surface(ctx, c, out, s))
				return false;
		}
		tail = out + (size_t)last * c->block * pixels;
		for (size_t i = 0; c->cw > c->c && i < pixels; i++) {
			uint32_t stride = sim_block_chans(c, last);

			memset(tail + (i + 1) * stride - (c->cw - c->c), 0,
			       (c->cw - c->c) * sizeof *tail);
		}
	}
	for (uint32_t i = 0; i < c->cw; i++)
		out[pixels * c->cw + i] = i < c->c ? (float)c->pad_value : 0;
	return !c->dpu.ow || c->depthwise || sum_pixels(ctx, c);
}

/*
 * The reuse bit takes the weights that the task before left in the CBUF, so
 * they must be there, whole, in the same banks and of the same shape.
 */
static bool reuse_weights(struct sim_ctx *ctx, struct sim_conv *c)
{
	const struct sim_cbuf *cbuf = &ctx->sim->cbuf;

	if (!cbuf->resident)
		return sim_fail(
		    ctx, SIM_ERR_CBUF, NPU_REG_CNA_CBUF_CON0, 0,
		    "WEIGHT_REUSE, but the task before left no whole weights");
	if (cbuf->data_banks != c->data_banks || cbuf->weight_banks != c->weight_banks)
		return sim_fail(
		    ctx, SIM_ERR_CBUF, NPU_REG_CNA_CBUF_CON0, 0,
		    "WEIGHT_REUSE with %u + %u banks, but they lie in %u + %u",
		    c->data_banks, c->weight_banks, cbuf->data_banks, cbuf->weight_banks);
	if (cbuf->size0 != sim_reg(ctx, NPU_REG_CNA_WEIGHT_SIZE0) ||
	    cbuf->size1 != sim_reg(ctx, NPU_REG_CNA_WEIGHT_SIZE1) ||
	    cbuf->size2 != sim_reg(ctx, NPU_REG_CNA_WEIGHT_SIZE2))
		return sim_fail(ctx, SIM_ERR_CBUF, NPU_REG_CNA_WEIGHT_SIZE0, 0,
				"WEIGHT_REUSE of %u bytes, but the task before loaded %u",
				c->weight_bytes, cbuf->size0);
	c->weights = cbuf->bytes.data;
	return true;
}

bool sim_weights_load(struct sim_ctx *ctx, struct sim_conv *c)
{
	struct sim_cbuf *cbuf = &ctx->sim->cbuf;
	struct sim_span span;

	if (c->reuse)
		return reuse_weights(ctx, c);
	cbuf->resident = false;
	if (!sim_mem_read(ctx, NPU_REG_CNA_DCOMP_ADDR0, c->weight_addr, c->weight_bytes,
			  NPU_ATOM_BYTES, &span))
		return false;
	ctx->result->bytes_read += c->weight_bytes;
	c->weights = span.data;
	if (c->weight_bytes > (uint64_t)c->weight_banks * NPU_CBUF_BANK_BYTES)
		return true;
	if (!sim_buf_reserve(ctx, &cbuf->bytes, c->weight_bytes))
		return false;
	memcpy(cbuf->bytes.data, span.data, c->weight_bytes);
	cbuf->resident = true;
	cbuf->data_banks = c->data_banks;
	cbuf->weight_banks = c->weight_banks;
	cbuf->size0 = sim_reg(ctx, NPU_REG_CNA_WEIGHT_SIZE0);
	cbuf->size1 = sim_reg(ctx, NPU_REG_CNA_WEIGHT_SIZE1);
	cbuf->size2 = sim_reg(ctx, NPU_REG_CNA_WEIGHT_SIZE2);
	return true;
}
