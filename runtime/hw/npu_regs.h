/*
 * Registers and fields as data, expanded from npu_regs.def.
 *
 * Encoder, decoder, explain, verifier and simulator all use these tables, so
 * that a register has one truth.
 */
#ifndef NPU_REGS_H
#define NPU_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum npu_block {
	NPU_BLOCK_PC,
	NPU_BLOCK_CNA,
	NPU_BLOCK_CORE,
	NPU_BLOCK_DPU,
	NPU_BLOCK_DPU_RDMA,
	NPU_BLOCK_PPU,
	NPU_BLOCK_PPU_RDMA,
	NPU_BLOCK_N
};

enum npu_field_kind {
	NPU_FIELD_COUNT,
	NPU_FIELD_MINUS1,
	NPU_FIELD_FLAG,
	NPU_FIELD_ENUM,
	NPU_FIELD_ADDR,
	NPU_FIELD_BYTES16
};

/* Registers: NPU_REG_<block>_<reg>. */
enum npu_reg {
#define REG(b, r, off) NPU_REG_##b##_##r,
#define FIELD(b, r, f, hi, lo, k)
#include "hw/npu_regs.def"
	NPU_REG_N
};

/* Fields: NPU_<block>_<reg>_<field>. */
enum npu_field {
#define REG(b, r, off)
#define FIELD(b, r, f, hi, lo, k) NPU_##b##_##r##_##f,
#include "hw/npu_regs.def"
	NPU_FIELD_N
};

struct npu_reg_desc {
	const char *name; /* without the block */
	enum npu_block block;
	uint16_t offset;
};

struct npu_field_desc {
	const char *name;
	enum npu_reg reg;
	uint8_t hi, lo;
	enum npu_field_kind kind;
};

extern const struct npu_reg_desc npu_regs[NPU_REG_N];
extern const struct npu_field_desc npu_fields[NPU_FIELD_N];

/* Order of writes in a conv record (npu_order.def). */
enum npu_order_when { NPU_ORDER_PRELUDE, NPU_ORDER_ALWAYS, NPU_ORDER_RDMA };

struct npu_order_row {
	enum npu_reg reg;
	enum npu_order_when when;
};

extern const struct npu_order_row npu_order[];
extern const size_t npu_order_count;

/* "CNA", "DPU_RDMA" ... */
const char *npu_block_name(enum npu_block block);

/* Target half-word of the block's command words. */
uint16_t npu_block_target(enum npu_block block);

/* Block whose words carry `target`; false when no block does. */
bool npu_block_from_target(uint16_t target, enum npu_block *block);

/* Register at `offset` of the core's window; NPU_REG_N when there is none. */
enum npu_reg npu_reg_from_offset(uint16_t offset);

/* Register of "CNA" and "CBUF_CON0"; NPU_REG_N when there is none. */
enum npu_reg npu_reg_from_name(const char *block, const char *name);

/* First field of a register and how many follow it in npu_fields. */
void npu_reg_fields(enum npu_reg reg, enum npu_field *first, uint32_t *count);

/* Bits of a register that some field covers. */
uint32_t npu_reg_known_bits(enum npu_reg reg);

/* Whether `value`, in the field's plain unit, can be stored. */
bool npu_field_fits(enum npu_field field, uint64_t value);

/*
 * `reg_value` with the field set to `value` in its plain unit.
 * The value must fit: asserted, since checks come first.
 */
uint32_t npu_field_pack(uint32_t reg_value, enum npu_field field, uint64_t value);

/* The field's value in its plain unit. */
uint32_t npu_field_unpack(uint32_t reg_value, enum npu_field field);

#endif
