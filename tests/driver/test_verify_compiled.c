/*
 * The verifier on what npucc makes of pixel, depthwise, grouped and large convs:
 * good as they are, refused with one register, tensor or record changed.
 *
 *     test_verify_compiled DIRECTORY
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"
#include "tiny.h"

static const char *directory;

struct file {
	uint8_t *bytes;
	size_t count;
};

static void *section(const struct file *f, uint32_t kind, uint32_t *count)
{
	const struct npub_header *h = (const struct npub_header *)f->bytes;
	const struct npub_section *s = (const struct npub_section *)(h + 1);

	for (uint32_t i = 0; i < h->section_count; i++) {
		if (s[i].kind == kind) {
			*count = s[i].elem_count;
			return f->bytes + s[i].offset;
		}
	}
	fail_msg("no section %u", kind);
	return NULL;
}

/* Every word that writes the register, with these bits of its value changed. */
static void flip_all(const struct file *f, enum npu_reg reg, uint32_t bits)
{
	uint32_t count, hits = 0;
	uint64_t *word = section(f, NPUB_SECTION_REGCMD, &count);

	for (uint32_t i = 0; i < count; i++) {
		if ((uint16_t)word[i] == npu_regs[reg].offset &&
		    word[i] >> 48 == npu_block_target(npu_regs[reg].block)) {
			word[i] ^= (uint64_t)bits << 16;
			hits++;
		}
	}
	assert_true(hits > 0);
}

static void change_nothing(const struct file *f)
{
	(void)f;
}

static void change_tested(const struct file *f, uint32_t hazards)
{
	uint32_t count;
	struct npub_plan *plan = section(f, NPUB_SECTION_PLANS, &count);

	while (count--)
		plan[count].hazards = hazards;
}

static void change_named(const struct file *f)
{
	change_tested(f, 0);
}

/* Banks for weights from many to one: what streams has no room any more. */
static void change_weight_banks(const struct file *f)
{
	uint32_t count;
	uint64_t *word = section(f, NPUB_SECTION_REGCMD, &count);

	change_tested(f, 0);
	for (uint32_t i = 0; i < count; i++) {
		if ((uint16_t)word[i] == npu_regs[NPU_REG_CNA_CBUF_CON0].offset)
			tiny_set(&word[i], 1 << 4 | 11);
	}
}

/* The same for data: the tile's rows have no room. */
static void change_data_banks(const struct file *f)
{
	uint32_t count;
	uint64_t *word = section(f, NPUB_SECTION_REGCMD, &count);

	for (uint32_t i = 0; i < count; i++) {
		if ((uint16_t)word[i] == npu_regs[NPU_REG_CNA_CBUF_CON0].offset)
			tiny_set(&word[i], 11 << 4 | 1);
	}
}

static void change_kernels(const struct file *f)
{
	flip_all(f, NPU_REG_CNA_WEIGHT_SIZE2, 2);
}

/* A tile of one group that says it computes two. */
static void change_group(const struct file *f)
{
	flip_all(f, NPU_REG_DPU_DATA_CUBE_CHANNEL, 16 << 16);
}

/* The kernel that makes a pair whole is left out, with its bytes. */
static void change_odd_kernels(const struct file *f)
{
	uint32_t count;
	uint64_t *word = section(f, NPUB_SECTION_REGCMD, &count), one = 0;

	for (uint32_t i = 0; i < count; i++) {
		if ((uint16_t)word[i] == npu_regs[NPU_REG_CNA_WEIGHT_SIZE1].offset)
			one = tiny_get(&word[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = tiny_get(&word[i]);

		if ((uint16_t)word[i] == npu_regs[NPU_REG_CNA_WEIGHT_SIZE2].offset)
			tiny_set(&word[i], value - 1);
		if ((uint16_t)word[i] == npu_regs[NPU_REG_CNA_WEIGHT_SIZE0].offset)
			tiny_set(&word[i], value - (uint32_t)one);
	}
}

static void change_padding(const struct file *f)
{
	flip_all(f, NPU_REG_CNA_PAD_CON1, 0xff00); /* right in one byte of two */
}

static void change_weight_zero(const struct file *f)
{
	flip_all(f, NPU_REG_DPU_BS_OW_OP, 1);
}

static void change_surfaces(const struct file *f)
{
	flip_all(f, NPU_REG_DPU_BS_OW_CFG, 1 << 2);
}

static void change_notch(const struct file *f)
{
	flip_all(f, NPU_REG_DPU_RDMA_SURF_NOTCH, 0x100000);
}

static void change_odd_notch(const struct file *f)
{
	flip_all(f, NPU_REG_DPU_RDMA_EW_SURF_NOTCH, 0x100000);
}

static void change_operand_base(const struct file *f)
{
	uint32_t count, convs;
	const struct npub_conv *c = section(f, NPUB_SECTION_CONVS, &convs);
	const uint64_t *word = section(f, NPUB_SECTION_REGCMD, &count);
	struct npub_reloc *r = section(f, NPUB_SECTION_RELOCS, &count);

	for (uint32_t i = 0; i < c->reloc_count; i++) {
		if ((uint16_t)word[r[i].word] ==
		    npu_regs[NPU_REG_DPU_RDMA_SRC_BASE_ADDR].offset)
			r[i].addend += 16;
	}
}

static void change_pixel_line(const struct file *f)
{
	flip_all(f, NPU_REG_CNA_DMA_CON1, 1);
}

static void change_debug(const struct file *f)
{
	uint32_t count;
	struct npub_debug_tile *tile = section(f, NPUB_SECTION_DEBUG, &count);

	tile[0].task = count;
}

static void change_tensor_sizes(const struct file *f)
{
	uint32_t count;
	struct npub_tensor *t = section(f, NPUB_SECTION_TENSORS, &count);

	t[0].n = t[0].c = t[0].h = t[0].w = UINT32_MAX;
}

static void change_pixel_tensor(const struct file *f)
{
	uint32_t count;
	struct npub_tensor *t = section(f, NPUB_SECTION_TENSORS, &count);

	t[0].image_bytes = 1; /* less than a row of the picture */
}

static const struct {
	const char *name, *bundle;
	void (*change)(const struct file *f);
	enum npurt_err want;
	const char *says;
} cases[] = {
	/* clang-format off */
	{ "pixel", "pixel", change_nothing, NPURT_OK, "" },
	{ "depthwise", "depthwise", change_nothing, NPURT_OK, "" },
	{ "grouped", "grouped", change_nothing, NPURT_OK, "" },
	{ "grouped by one", "narrow_groups", change_nothing, NPURT_OK, "" },
	{ "large", "large", change_nothing, NPURT_OK, "" },
	{ "24 channels, fp32", "wide", change_nothing, NPURT_OK, "" },
	{ "int8, addition", "int8_add", change_nothing, NPURT_OK, "" },
	{ "int8 depthwise", "int8_depthwise", change_nothing, NPURT_OK, "" },
	{ "int8 picture", "int8_pixel", change_nothing, NPURT_OK, "" },
	{ "int8 groups", "int8_grouped", change_nothing, NPURT_OK, "" },
	{ "int32 sums", "int8_sums", change_nothing, NPURT_OK, "" },
	{ "grey int8", "int8_grey", change_nothing, NPURT_OK, "" },
	{ "depthwise addition", "add_depthwise", change_nothing, NPURT_OK, "" },
	{ "half a pair of kernels", "int8_pixel", change_odd_kernels, NPURT_ERR_FORBIDDEN, "WEIGHT_SIZE" },
	{ "half of the padding", "int8_depthwise", change_padding, NPURT_ERR_FORBIDDEN, "PAD_CON1" },
	{ "another weight zero", "int8_depthwise", change_weight_zero, NPURT_ERR_FORBIDDEN, "BS_OW_OP" },
	{ "surfaces of int32", "int8_sums", change_surfaces, NPURT_ERR_FORBIDDEN, "BS_OW_CFG" },
	{ "operand read too far", "add_depthwise", change_notch, NPURT_ERR_DMA, "SRC_BASE_ADDR" },
	{ "odd surfaces too far", "add_depthwise", change_odd_notch, NPURT_ERR_DMA, "EW_BASE_ADDR" },
	{ "operand of other pixels", "int8_add", change_operand_base, NPURT_ERR_FORBIDDEN, "SRC_BASE_ADDR" },
	{ "guess not named", "int8_add", change_named, NPURT_ERR_FORBIDDEN, "never tried" },
	{ "no room for grey pixels", "int8_grey", change_data_banks, NPURT_ERR_FORBIDDEN, "entries of the tile" },
	{ "no room for weights", "large", change_weight_banks, NPURT_ERR_FORBIDDEN, "kernels that stream" },
	{ "no room for rows", "large", change_data_banks, NPURT_ERR_FORBIDDEN, "entries of the tile" },
	{ "no room for pixels", "picture", change_data_banks, NPURT_ERR_FORBIDDEN, "entries of the tile" },
	{ "depthwise kernels", "depthwise", change_kernels, NPURT_ERR_FORBIDDEN, "WEIGHT_SIZE" },
	{ "into the next group", "grouped", change_group, NPURT_ERR_FORBIDDEN, "not read" },
	{ "pixel rows", "pixel", change_pixel_line, NPURT_ERR_FORBIDDEN, "DMA_CON1" },
	{ "note on a task that is not", "pixel", change_debug, NPURT_ERR_INDEX, "task" },
	{ "tensor beyond counting", "pixel", change_tensor_sizes, NPURT_ERR_SECTION, "too large" },
	{ "picture short", "pixel", change_pixel_tensor, NPURT_ERR_TENSOR, "pitches" },
	/* clang-format on */
};

static struct file read_file(const char *name)
{
	struct file f = { NULL, 0 };
	char path[512];
	FILE *in;

	snprintf(path, sizeof path, "%s/%s.npub", directory, name);
	in = fopen(path, "rb");
	CHECK(path, in && !fseek(in, 0, SEEK_END), "cannot be read");
	f.count = (size_t)ftell(in);
	rewind(in);
	f.bytes = aligned_alloc(64, (f.count + 63) / 64 * 64);
	assert_non_null(f.bytes);
	assert_int_equal(fread(f.bytes, 1, f.count, in), f.count);
	fclose(in);
	return f;
}

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct file f = read_file(cases[i].bundle);
		struct npurt_error error;
		enum npurt_err err;

		cases[i].change(&f);
		tiny_fix_crcs(f.bytes, f.count);
		err = npurt_verify(f.bytes, f.count, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, !err || strstr(error.detail, cases[i].says),
		      "'%s' does not say '%s'", error.detail, cases[i].says);
		free(f.bytes);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_changes) };

	if (argc != 2) {
		fprintf(stderr, "usage: test_verify_compiled DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
