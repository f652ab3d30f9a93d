/*
 * What the parts of a conv record are made from.
 */
#ifndef LOWER_PRIV_H
#define LOWER_PRIV_H

#include <assert.h>

#include "tasks/lower.h"

/* What one tile's registers are made from. */
struct lowering {
	struct task_desc *task;
	const struct conv_problem *p;
	const struct npub_op *op;
	const struct conv_layout *l;
	const struct plan *plan;
	const struct tile *t;
	const struct weight_bo_layout *wbo;
	bool depthwise, pixel, rdma;
	uint32_t padded_k;        /* Kp: channels the DPU writes */
	uint32_t group_surfaces;  /* ns: surfaces of one kernel group */
	uint32_t surf_bytes;      /* DST_SURF_STRIDE */
	uint32_t kernel_bytes;    /* WEIGHT_SIZE1 of this tile */
	uint32_t kernels;         /* stored */
};

static inline void set(struct lowering *w, enum npu_field field, uint64_t value)
{
	enum npu_reg reg = npu_fields[field].reg;

	w->task->value[reg] = npu_field_pack(w->task->value[reg], field, value);
}

static inline void set_addr(struct lowering *w, enum npu_reg reg, enum npub_bo_role bo,
			    uint64_t offset)
{
	struct task_desc *t = w->task;

	assert(t->addr_count < TASK_MAX_ADDRS);
	t->addr[t->addr_count++] = (struct task_addr){ reg, bo, offset };
}

/* The look-up table exists once, not once a register group: no ping-pong. */
static inline uint32_t s_pointer(const struct lowering *w)
{
	return w->p->fusion.table ? NPU_S_POINTER_CLEAR : NPU_S_POINTER_PINGPONG;
}

/* Bytes from the start of the output, or of a tensor that lies as it does. */
static inline uint64_t output_offset(const struct lowering *w)
{
	const struct feature_layout *out = &w->l->output;
	const struct tile *t = w->t;

	return t->image * out->image_bytes +
	       (uint64_t)(t->k / w->l->out_elem->atom_chans) * w->surf_bytes +
	       (uint64_t)t->y * out->row_pixels * NPU_ATOM_BYTES;
}

/* What the padding holds, and everything between the sum and the store. */
void lower_stages(struct lowering *w);

/* The engines that read the bias stream and the operand of an addition. */
void lower_rdma(struct lowering *w);

#endif
