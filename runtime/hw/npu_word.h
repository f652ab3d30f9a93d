/*
 * One 64-bit register command:  target << 48 | value << 16 | offset  (F-35).
 */
#ifndef NPU_WORD_H
#define NPU_WORD_H

#include <stdint.h>

#define NPU_TARGET_CNA 0x0201u
#define NPU_TARGET_CORE 0x0801u
#define NPU_TARGET_DPU 0x1001u
#define NPU_TARGET_DPU_RDMA 0x2001u
#define NPU_TARGET_PPU 0x4001u
#define NPU_TARGET_PPU_RDMA 0x8001u
#define NPU_TARGET_PC 0x0101u      /* tail words 0 and 1 */
#define NPU_TARGET_VERSION 0x0041u /* tail word 2: must precede the start */
#define NPU_TARGET_START 0x0081u   /* tail word 3: value is the block mask */
#define NPU_TARGET_NOP 0x0001u

struct npu_word {
	uint16_t target;
	uint32_t value;
	uint16_t offset;
};

static inline uint64_t npu_word_pack(struct npu_word w)
{
	return (uint64_t)w.target << 48 | (uint64_t)w.value << 16 | w.offset;
}

static inline struct npu_word npu_word_unpack(uint64_t word)
{
	struct npu_word w = {
		.target = (uint16_t)(word >> 48),
		.value = (uint32_t)(word >> 16),
		.offset = (uint16_t)word,
	};
	return w;
}

/*
 * REGISTER_AMOUNTS of a record whose body has `body_words` words (F-36):
 *
 *     amount = ceil((body_words + 4) / 2) - 1        16-byte units minus one
 */
static inline uint32_t npu_amount_from_body(uint32_t body_words)
{
	return (body_words + 4 + 1) / 2 - 1;
}

#endif
