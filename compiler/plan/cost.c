/*
 * The cost model: the vendor compiler's own cycle and byte figures (F-40, F-41),
 * which its per-layer tables confirm; overheads are guesses (F-42).
 */
#include "plan/plan.h"

#include <string.h>

#include "plan/chan.h"

static uint64_t kernel_bytes_of(const struct conv_problem *p, const struct conv_layout *l,
				const struct tile *t)
{
	if (l->mode == NPUB_MODE_DEPTHWISE)
		return (uint64_t)p->kernel_h * p->kernel_w *
		       calc_depthwise_chans(l->elem, t->c_count) * l->elem->bytes;
	return (uint64_t)l->slices[t->slice].kernel_bytes *
	       calc_stored_kernels(p->elem, t->k_count);
}

static uint64_t input_bytes_of(const struct conv_problem *p, const struct conv_layout *l,
			       const struct tile *t)
{
	uint64_t pixels = (uint64_t)t->in_rows * p->in_w;

	if (l->mode == NPUB_MODE_PIXEL)
		return pixels * p->in_c * l->elem->bytes;
	return pixels * npu_ceil_div(t->c_count, l->elem->atom_chans) * NPU_ATOM_BYTES;
}

/*
 *     mac_cycles = up(ow*oh, 16) * ceil(K/G) * kh * kw * ceil(C/32)
 *
 * A depthwise task computes each channel block once, with one kernel a channel.
 */
static uint64_t mac_cycles_of(const struct conv_problem *p, const struct conv_layout *l,
			      const struct tile *t)
{
	uint64_t pixels = npu_round_up(p->out_w * t->y_count, NPU_MODEL_PIXEL_ROUND);
	uint64_t taps = (uint64_t)p->kernel_h * p->kernel_w;
	uint64_t groups = npu_ceil_div(t->k_count, l->elem->kernel_group);
	uint64_t blocks = l->mode == NPUB_MODE_DEPTHWISE
				  ? 1 : npu_ceil_div(t->c_count, NPU_WEIGHT_BLOCK_CHANS);

	return pixels * taps * groups * blocks;
}

static uint64_t ddr_cycles_of(uint64_t bytes)
{
	return npu_ceil_div64(bytes * 1000, NPU_MODEL_DDR_BYTES_PER_KCYCLE);
}

static const char *bound_of(const struct plan_cost *c)
{
	if (c->ddr_cycles >= c->mac_cycles && c->ddr_cycles >= c->out_cycles)
		return "dram";
	return c->mac_cycles >= c->out_cycles ? "mac" : "write";
}

static uint64_t max3(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t m = a > b ? a : b;

	return m > c ? m : c;
}

void cost_of_tile(struct plan_cost *c, const struct conv_problem *p,
		  const struct conv_layout *l, const struct tile *t)
{
	uint64_t pixels = (uint64_t)p->out_w * t->y_count;
	uint32_t chans = l->mode == NPUB_MODE_DEPTHWISE ? 1
			 : npu_min(t->c_count, conv_group_in_c(p));

	memset(c, 0, sizeof *c);
	c->macs = pixels * t->k_count * chans * p->kernel_h * p->kernel_w;
	c->mac_cycles = mac_cycles_of(p, l, t);
	/* 8 fp16 or 16 int8 outputs a cycle: one atom */
	c->out_cycles = npu_ceil_div64((uint64_t)t->k_count * pixels, l->elem->atom_chans);
	c->input_bytes = input_bytes_of(p, l, t);
	c->weight_bytes = t->weight_reuse ? 0 : kernel_bytes_of(p, l, t);
	c->output_bytes = pixels * npu_round_up(t->k_count, calc_chan_group(l)) *
			  l->out_elem->bytes;
	c->operand_bytes = p->fusion.add ? c->output_bytes : 0;
	c->ddr_cycles = ddr_cycles_of(cost_bytes(c));
	c->cycles = max3(c->mac_cycles, c->out_cycles, c->ddr_cycles);
	c->ns = c->cycles * 1000000000u / NPU_MODEL_CLOCK_HZ + NPU_MODEL_TASK_NS;
	c->bound = bound_of(c);
}

static void add_cost(struct plan_cost *sum, const struct plan_cost *c)
{
	sum->macs += c->macs;
	sum->mac_cycles += c->mac_cycles;
	sum->out_cycles += c->out_cycles;
	sum->ddr_cycles += c->ddr_cycles;
	sum->input_bytes += c->input_bytes;
	sum->weight_bytes += c->weight_bytes;
	sum->output_bytes += c->output_bytes;
	sum->operand_bytes += c->operand_bytes;
	sum->cycles += c->cycles;
}

void cost_of_plan(struct plan_cost *sum, const struct conv_problem *p,
		  const struct conv_layout *l, const struct plan *plan)
{
	uint64_t list_ns[NPU_MAX_CORES] = { 0 };

	memset(sum, 0, sizeof *sum);
	for (uint32_t i = 0; i < plan->tile_count; i++) {
		struct plan_cost c;

		cost_of_tile(&c, p, l, &plan->tiles[i]);
		add_cost(sum, &c);
		list_ns[plan->tiles[i].core] += c.ns;
	}
	sum->ns = max3(list_ns[0], list_ns[1], list_ns[2]) + NPU_MODEL_SUBMIT_NS;
	sum->bound = bound_of(sum);
}

/*
 * Input rows that some window covers.  Windows that touch or overlap cover all from
 * the first to the last; others leave stride - extent rows between two of them.
 */
static uint32_t used_rows(const struct conv_problem *p)
{
	uint32_t extent = conv_extent(p->kernel_h, p->dilation_y);
	uint32_t last = (p->out_h - 1) * p->stride_y; /* counted from the padding on */
	uint32_t end = npu_min(last + extent, p->pad_top + p->in_h);
	uint32_t skipped = p->stride_y > extent ? p->stride_y - extent : 0;

	return end - p->pad_top - skipped * (p->out_h - 1);
}

void cost_least(struct plan_cost *c, const struct conv_problem *p, const struct conv_layout *l)
{
	memset(c, 0, sizeof *c);
	c->input_bytes =
		(uint64_t)p->batch * p->in_c * used_rows(p) * p->in_w * l->elem->bytes;
	c->weight_bytes = (uint64_t)p->out_c * conv_group_in_c(p) * p->kernel_h *
			  p->kernel_w * l->elem->bytes;
	c->output_bytes = (uint64_t)p->batch * p->out_c * p->out_h * p->out_w *
			  l->out_elem->bytes;
	c->operand_bytes = p->fusion.add ? c->output_bytes : 0;
	c->macs = conv_macs(p);
	c->mac_cycles = npu_ceil_div64(c->macs, l->elem->macs_per_cycle);
	c->ddr_cycles = ddr_cycles_of(cost_bytes(c));
	c->cycles = max3(c->mac_cycles, c->ddr_cycles, 0);
	c->bound = bound_of(c);
}
