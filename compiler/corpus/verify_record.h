/*
 * Our own command words read back: what each record writes, in order.
 */
#ifndef VERIFY_RECORD_H
#define VERIFY_RECORD_H

#include "compile.h"
#include "hw/npu_word.h"

struct record_view {
	uint32_t body_words, enable_mask, int_mask;
	uint32_t regcmd_offset;        /* bytes from the first word */
	enum npu_reg order[NPU_ORDER_MAX];
	uint32_t value[NPU_REG_N];     /* addresses: offset in their own part */
	bool has[NPU_REG_N];
	struct npu_word tail[NPU_TAIL_WORDS]; /* next address: from the first word */
};

/*
 * Where the part of its BO that a register points into starts: weights, bias and
 * scratch lines of the weight BO, the operand behind the input; else 0.
 */
uint64_t record_part_start(enum npu_reg reg, const struct compiled_conv *c);

/*
 * Decode every record.  Addresses are counted from the start of the part they belong
 * to, as captures do.  NULL when out of memory.
 */
struct record_view *record_views(const struct compiled_conv *c);
void record_views_free(struct record_view *views, const struct regcmds *r);

#endif
