/*
 * Records of captured schedules decode and run.
 *
 * Each line of the data file: name, the expected status, body length, and the
 * values in the order of that length; *n stands for n zeros.  Addresses are
 * replaced, since the buffers they named are not here.  A record that is one
 * row tile of several leaves the rest of its planes unwritten, which must be
 * reported as a hole after everything has run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"
#include "sim/sim.h"

#define REGION_BYTES (16u << 20)
#define MAX_LINE 4096

enum { INPUT, WEIGHTS, BIAS, OPERAND, SCRATCH, COMMANDS, OUTPUT, REGIONS = OUTPUT + 3 };

struct record {
	char name[64], expect[16];
	uint32_t words;
	uint32_t value[NPU_ORDER_MAX];
	enum npu_reg reg[NPU_ORDER_MAX];
};

static uint32_t base_of(int region)
{
	return 0x10000000u * (uint32_t)(region + 1);
}

static bool in_order(const struct npu_order_row *row, uint32_t words)
{
	bool rdma = words == 126 || words == 122, prelude = words == 126 || words == 108;

	return row->when == NPU_ORDER_ALWAYS || (row->when == NPU_ORDER_RDMA && rdma) ||
	       (row->when == NPU_ORDER_PRELUDE && prelude);
}

static bool read_record(char *line, struct record *r)
{
	uint32_t n = 0, i = 0;
	char *token = strtok(line, " \n");

	if (!token || token[0] == '#')
		return false;
	snprintf(r->name, sizeof r->name, "%s", token);
	token = strtok(NULL, " \n");
	assert_non_null(token);
	snprintf(r->expect, sizeof r->expect, "%s", token);
	token = strtok(NULL, " \n");
	assert_non_null(token);
	r->words = (uint32_t)strtoul(token, NULL, 10);
	assert_true(r->words <= NPU_ORDER_MAX);
	while ((token = strtok(NULL, " \n"))) {
		uint32_t repeat =
		    token[0] == '*' ? (uint32_t)strtoul(token + 1, NULL, 10) : 1;

		for (; repeat && n < NPU_ORDER_MAX; repeat--)
			r->value[n++] =
			    token[0] == '*' ? 0 : (uint32_t)strtoul(token, NULL, 16);
	}
	if (n != r->words)
		fail_msg("%s: %u values for %u words", r->name, n, r->words);
	for (size_t o = 0; o < npu_order_count; o++) {
		if (in_order(&npu_order[o], r->words))
			r->reg[i++] = npu_order[o].reg;
	}
	assert_int_equal(i, r->words);
	return true;
}

static uint32_t get(const struct record *r, enum npu_reg reg)
{
	for (uint32_t i = r->words; i-- > 0;) {
		if (r->reg[i] == reg)
			return r->value[i];
	}
	fail_msg("%s has no %s", r->name, npu_regs[reg].name);
	return 0;
}

static void set(struct record *r, enum npu_reg reg, uint32_t value)
{
	for (uint32_t i = 0; i < r->words; i++) {
		if (r->reg[i] == reg)
			r->value[i] = value;
	}
}

/* Addresses of this test's regions; the first task of a list loads weights. */
static void relocate(struct record *r, uint32_t core)
{
	set(r, NPU_REG_CNA_FEATURE_DATA_ADDR, base_of(INPUT));
	set(r, NPU_REG_CNA_DCOMP_ADDR0, base_of(WEIGHTS));
	set(r, NPU_REG_CNA_CBUF_CON0, get(r, NPU_REG_CNA_CBUF_CON0) & ~(1u << 13));
	set(r, NPU_REG_DPU_DST_BASE_ADDR, base_of(OUTPUT + (int)core));
	set(r, NPU_REG_DPU_RDMA_BS_BASE_ADDR, base_of(BIAS));
	set(r, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, base_of(OPERAND));
	set(r, NPU_REG_DPU_RDMA_EW_BASE_ADDR,
	    base_of(OPERAND) + get(r, NPU_REG_DPU_DST_SURF_STRIDE));
}

static void put(uint8_t **at, uint16_t target, uint16_t offset, uint32_t value)
{
	uint64_t word = npu_word_pack(
	    (struct npu_word){ .target = target, .value = value, .offset = offset });

	memcpy(*at, &word, sizeof word);
	*at += sizeof word;
}

static void put_tail(uint8_t **at, uint32_t next, uint32_t amount, uint32_t mask)
{
	put(at, NPU_TARGET_PC, 0x10, next);
	put(at, NPU_TARGET_PC, 0x14, amount);
	put(at, NPU_TARGET_VERSION, 0, 0);
	put(at, NPU_TARGET_START, 8, mask);
}

static const struct {
	uint16_t offset;
	uint32_t value;
} barrier[] = {
	{ 0x6004, 0xe },  { 0x7004, 0xe },  { 0x600c, 0 },     { 0x6010, 0 },
	{ 0x6014, 0x1f }, { 0x6018, 0 },    { 0x601c, 0 },     { 0x6020, 0x1f },
	{ 0x6024, 0x11 }, { 0x6034, 0 },    { 0x6038, 0 },     { 0x603c, 0 },
	{ 0x6040, 0 },	  { 0x6044, 0 },    { 0x6048, 0 },     { 0x6070, 0 },
	{ 0x607c, 0x10 }, { 0x6084, 0x10 }, { 0x60dc, 3 },     { 0x700c, 0 },
	{ 0x7010, 0 },	  { 0x7014, 0x1f }, { 0x701c, 0x400 }, { 0x7024, 0x10 },
	{ 0x7028, 0x10 }, { 0x7030, 1 },
};
#define BARRIER_WORDS (sizeof barrier / sizeof barrier[0])

static uint32_t place(struct record *r, uint8_t *commands, uint32_t core, uint32_t cores)
{
	uint8_t *at = commands + core * 2048;
	uint32_t dma = base_of(COMMANDS) + core * 2048;
	uint32_t amount = (cores - 1) << 16;
	bool rdma = r->words == 126 || r->words == 122;

	relocate(r, core);
	for (uint32_t i = 0; i < r->words; i++)
		put(&at, npu_block_target(npu_regs[r->reg[i]].block),
		    npu_regs[r->reg[i]].offset, r->value[i]);
	if (cores > 1)
		amount |= npu_amount_from_body(BARRIER_WORDS);
	put_tail(&at, cores > 1 ? dma + 1024 : 0, amount, rdma ? 0x1d : 0xd);
	at = commands + core * 2048 + 1024;
	for (size_t i = 0; cores > 1 && i < BARRIER_WORDS; i++) {
		bool address = barrier[i].offset == 0x6070 || barrier[i].offset == 0x701c;

		put(&at, barrier[i].offset < 0x7000 ? 0x4001 : 0x8001, barrier[i].offset,
		    barrier[i].value + (address ? base_of(SCRATCH) : 0));
	}
	if (cores > 1)
		put_tail(&at, 0, 0, 0x60);
	return dma;
}

/* "ok", "hole", or the status of the failure. */
static const char *run(struct record *r, struct sim_region *regions,
		       struct sim_result *result)
{
	static const uint32_t cores_of_mode[8] = { 1, 2, 3, 0, 2, 3, 0, 0 };
	uint32_t cores = cores_of_mode[get(r, NPU_REG_CNA_CONV_CON2) >> 28 & 7];
	struct sim_list lists[NPU_MAX_CORES];
	struct sim_job job = { regions, REGIONS, lists, cores, 1, NULL, NULL };
	struct sim *sim = sim_new();

	assert_non_null(sim);
	assert_true(cores > 0);
	memset(regions[COMMANDS].data, 0, 3 * 2048);
	for (uint32_t i = 0; i < cores; i++) {
		lists[i] = (struct sim_list){ .core = i,
					      .regcfg_amount = r->words,
					      .task_count = cores > 1 ? 2 : 1,
					      .int_mask = cores > 1 ? 0xc00 : 0x300 };
		lists[i].regcmd_addr = place(r, regions[COMMANDS].data, i, cores);
	}
	sim_run(sim, &job, result);
	sim_free(sim);
	if (result->status == SIM_ERR_OUTPUT && strstr(result->message, "hole"))
		return "hole";
	return sim_status_name(result->status);
}

/* Whether the record writes less than its planes hold. */
static bool is_part(const struct record *r)
{
	uint32_t size = get(r, NPU_REG_DPU_WDMA_SIZE_1);
	uint32_t pixels = ((size >> 16) + 1) * ((size & 0xffff) + 1);

	return get(r, NPU_REG_DPU_DST_SURF_STRIDE) / 16 - pixels >= 4;
}

static void vendor_records(void **state)
{
	FILE *f = fopen(TEST_DATA "/vendor_records.txt", "r");
	struct sim_region regions[REGIONS];
	static char line[MAX_LINE];
	uint32_t count = 0;

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < REGIONS; i++) {
		regions[i] = (struct sim_region){ base_of(i), REGION_BYTES, NULL, NULL };
		regions[i].data = calloc(1, REGION_BYTES);
		assert_non_null(regions[i].data);
	}
	while (fgets(line, sizeof line, f)) {
		struct record r;
		struct sim_result result;
		const char *got, *want;

		if (!read_record(line, &r))
			continue;
		count++;
		want = strcmp(r.expect, "ok") ? r.expect : is_part(&r) ? "hole" : "ok";
		got = run(&r, regions, &result);
		if (strcmp(got, want))
			fail_msg("%s: %s, expected %s: %s", r.name, got, want,
				 result.message);
	}
	for (int i = 0; i < REGIONS; i++)
		free(regions[i].data);
	fclose(f);
	assert_true(count >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vendor_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
