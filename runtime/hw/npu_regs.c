#include "hw/npu_regs.h"

#include <assert.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_word.h"

const struct npu_reg_desc npu_regs[NPU_REG_N] = {
#define REG(b, r, off) [NPU_REG_##b##_##r] = { #r, NPU_BLOCK_##b, off },
#define FIELD(b, r, f, hi, lo, k)
#include "hw/npu_regs.def"
};

const struct npu_field_desc npu_fields[NPU_FIELD_N] = {
#define REG(b, r, off)
#define FIELD(b, r, f, hi, lo, k) \
	[NPU_##b##_##r##_##f] = { #f, NPU_REG_##b##_##r, hi, lo, NPU_FIELD_##k },
#include "hw/npu_regs.def"
};

const struct npu_order_row npu_order[] = {
#define ORDER(b, r, when) { NPU_REG_##b##_##r, NPU_ORDER_##when },
#include "hw/npu_order.def"
};
const size_t npu_order_count = sizeof npu_order / sizeof npu_order[0];

static const struct {
	const char *name;
	uint16_t target;
} blocks[NPU_BLOCK_N] = {
	[NPU_BLOCK_PC] = { "PC", NPU_TARGET_PC },
	[NPU_BLOCK_CNA] = { "CNA", NPU_TARGET_CNA },
	[NPU_BLOCK_CORE] = { "CORE", NPU_TARGET_CORE },
	[NPU_BLOCK_DPU] = { "DPU", NPU_TARGET_DPU },
	[NPU_BLOCK_DPU_RDMA] = { "DPU_RDMA", NPU_TARGET_DPU_RDMA },
	[NPU_BLOCK_PPU] = { "PPU", NPU_TARGET_PPU },
	[NPU_BLOCK_PPU_RDMA] = { "PPU_RDMA", NPU_TARGET_PPU_RDMA },
};

const char *npu_block_name(enum npu_block block)
{
	return blocks[block].name;
}

uint16_t npu_block_target(enum npu_block block)
{
	return blocks[block].target;
}

bool npu_block_from_target(uint16_t target, enum npu_block *block)
{
	for (int b = 0; b < NPU_BLOCK_N; b++) {
		if (blocks[b].target == target) {
			*block = (enum npu_block)b;
			return true;
		}
	}
	return false;
}

/* The table rises with the offset: a binary search. */
enum npu_reg npu_reg_from_offset(uint16_t offset)
{
	uint32_t lo = 0, hi = NPU_REG_N;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (npu_regs[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < NPU_REG_N && npu_regs[lo].offset == offset)
		return (enum npu_reg)lo;
	return NPU_REG_N;
}

enum npu_reg npu_reg_from_name(const char *block, const char *name)
{
	for (int r = 0; r < NPU_REG_N; r++) {
		if (!strcmp(npu_regs[r].name, name) &&
		    !strcmp(blocks[npu_regs[r].block].name, block))
			return (enum npu_reg)r;
	}
	return NPU_REG_N;
}

/* Fields follow their register in the table, so a register's are adjacent. */
void npu_reg_fields(enum npu_reg reg, enum npu_field *first, uint32_t *count)
{
	uint32_t lo = 0, hi = NPU_FIELD_N;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (npu_fields[mid].reg < reg)
			lo = mid + 1;
		else
			hi = mid;
	}
	*first = (enum npu_field)lo;
	*count = 0;
	while (lo + *count < NPU_FIELD_N && npu_fields[lo + *count].reg == reg)
		++*count;
}

static uint32_t field_mask(const struct npu_field_desc *d)
{
	uint32_t width = (uint32_t)d->hi - d->lo + 1;

	return width == 32 ? UINT32_MAX : (1u << width) - 1;
}

uint32_t npu_reg_known_bits(enum npu_reg reg)
{
	enum npu_field first;
	uint32_t count, bits = 0;

	npu_reg_fields(reg, &first, &count);
	for (uint32_t i = 0; i < count; i++)
		bits |= field_mask(&npu_fields[first + i]) << npu_fields[first + i].lo;
	return bits;
}

bool npu_field_fits(enum npu_field field, uint64_t value)
{
	const struct npu_field_desc *d = &npu_fields[field];

	switch (d->kind) {
	case NPU_FIELD_MINUS1:
		return value >= 1 && value - 1 <= field_mask(d);
	case NPU_FIELD_BYTES16:
		return value % NPU_ATOM_BYTES == 0 && value / NPU_ATOM_BYTES <= field_mask(d);
	default:
		return value <= field_mask(d);
	}
}

uint32_t npu_field_pack(uint32_t reg_value, enum npu_field field, uint64_t value)
{
	const struct npu_field_desc *d = &npu_fields[field];
	uint32_t mask = field_mask(d), raw;

	assert(npu_field_fits(field, value));
	switch (d->kind) {
	case NPU_FIELD_MINUS1:
		raw = (uint32_t)(value - 1);
		break;
	case NPU_FIELD_BYTES16:
		raw = (uint32_t)(value / NPU_ATOM_BYTES);
		break;
	default:
		raw = (uint32_t)value;
		break;
	}
	return (reg_value & ~(mask << d->lo)) | (raw & mask) << d->lo;
}

uint32_t npu_field_unpack(uint32_t reg_value, enum npu_field field)
{
	const struct npu_field_desc *d = &npu_fields[field];
	uint32_t raw = reg_value >> d->lo & field_mask(d);

	switch (d->kind) {
	case NPU_FIELD_MINUS1:
		return raw + 1;
	case NPU_FIELD_BYTES16:
		return raw * NPU_ATOM_BYTES;
	default:
		return raw;
	}
}
