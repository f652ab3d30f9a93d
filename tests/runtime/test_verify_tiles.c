/*
 * Programs that are sound word by word and yet compute something else: tiles that
 * read the wrong part, leave out outputs, keep the wrong weights; and data, buffers
 * and syncs that do not fit the conv.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "tiny.h"

/* One-core tasks 0, 1, 2; then two cores: 3, 4 and 5, 6. */
enum { FIRST, SECOND, THIRD, CORE0, BARRIER0, CORE1, BARRIER1 };

static void make(struct tiny *t)
{
	tiny_make(t, &(struct tiny_options){ .max_cores = 2, .tiles = 3, .bias = 1 });
}

static void make_two_cores(struct tiny *t)
{
	tiny_make(t, &(struct tiny_options){ .first_cores = 2, .max_cores = 2 });
}

static void set_reg(struct tiny *t, uint32_t task, enum npu_reg reg, uint32_t value)
{
	tiny_set(tiny_word(t, task, npu_regs[reg].offset), value);
}

static void set_rows(struct tiny *t, uint32_t task, uint32_t rows)
{
	set_reg(t, task, NPU_REG_CNA_DATA_SIZE0, TINY_W << 16 | rows);
	set_reg(t, task, NPU_REG_CNA_FC_DATA_SIZE0, TINY_W << 16 | rows);
}

/* ---- changes ---- */

static void c_input_row(struct tiny *t)
{
	tiny_reloc(t, SECOND, NPU_REG_CNA_FEATURE_DATA_ADDR)->addend -= TINY_W * 16;
}

static void c_output_between_rows(struct tiny *t)
{
	tiny_reloc(t, FIRST, NPU_REG_DPU_DST_BASE_ADDR)->addend += 16;
}

static void c_output_row(struct tiny *t)
{
	tiny_reloc(t, SECOND, NPU_REG_DPU_DST_BASE_ADDR)->addend -= TINY_W * 16;
}

/* Behind the only image; there is room for it. */
static void c_output_image(struct tiny *t)
{
	for (uint32_t i = 0; i < t->sync_count; i++)
		t->sync[i].bytes *= t->sync[i].bo == TINY_OUTPUT ? 2 : 1;
	t->bo[TINY_OUTPUT].bytes *= 2;
	tiny_reloc(t, FIRST, NPU_REG_DPU_DST_BASE_ADDR)->addend +=
	    t->tensor[TINY_T_OUTPUT].image_bytes;
}

static void c_output_surface(struct tiny *t)
{
	tiny_reloc(t, FIRST, NPU_REG_DPU_DST_BASE_ADDR)->addend += TINY_PLANE_OUT * 16;
}

static void c_weights(struct tiny *t)
{
	tiny_reloc(t, FIRST, NPU_REG_CNA_DCOMP_ADDR0)->addend += 16;
}

static void c_bias(struct tiny *t)
{
	tiny_reloc(t, FIRST, NPU_REG_DPU_RDMA_BS_BASE_ADDR)->addend -= 16;
}

static void c_rows_too_few(struct tiny *t)
{
	set_rows(t, SECOND, 3);
}

static void c_rows_too_many(struct tiny *t)
{
	set_rows(t, THIRD, 4);
}

static void c_width_zero(struct tiny *t)
{
	set_reg(t, FIRST, NPU_REG_CNA_DATA_SIZE0, 3);
	set_reg(t, FIRST, NPU_REG_CNA_FC_DATA_SIZE0, 3);
}

static void c_bias_of_nothing(struct tiny *t)
{
	t->conv.bias = NPUB_NONE;
	t->conv.op.flags = 0;
}

static void c_channels_fewer(struct tiny *t)
{
	set_reg(t, FIRST, NPU_REG_DPU_DATA_CUBE_CHANNEL, 18 << 16 | 31);
}

static void c_conv_stride(struct tiny *t)
{
	set_reg(t, FIRST, NPU_REG_CNA_CONV_CON3, 1 << 3 | 2);
}

/* The second task does the first one's work again, and nobody does its own. */
static void c_tile_twice(struct tiny *t)
{
	static const enum npu_reg addresses[] = { NPU_REG_CNA_FEATURE_DATA_ADDR,
						  NPU_REG_DPU_DST_BASE_ADDR };

	memcpy(&t->word[t->task[SECOND].regcmd_addr / 8],
	       &t->word[t->task[FIRST].regcmd_addr / 8],
	       t->task[FIRST].regcfg_amount * sizeof t->word[0]);
	for (int i = 0; i < 2; i++)
		tiny_reloc(t, SECOND, addresses[i])->addend =
		    tiny_reloc(t, FIRST, addresses[i])->addend;
}

static void c_reuse_other_banks(struct tiny *t)
{
	set_reg(t, SECOND, NPU_REG_CNA_CBUF_CON0, 1 << 13 | 0xa2);
}

static void c_reuse_good(struct tiny *t)
{
	set_reg(t, SECOND, NPU_REG_CNA_CBUF_CON0, 1 << 13 | 0xb1);
}

static void c_grains_few(struct tiny *t)
{
	set_reg(t, FIRST, NPU_REG_CNA_CONV_CON2, 2 << 4);
}

static void c_grains_many(struct tiny *t)
{
	set_reg(t, FIRST, NPU_REG_CNA_CONV_CON2, 8 << 4);
}

static void c_value_too_large(struct tiny *t)
{
	/* 33 steps between taps: the window still fits, with padding at the right. */
	t->conv.dilation_x = 33;
	t->conv.pad_right = 2 * 33 - 1;
}

static void c_relu(struct tiny *t)
{
	uint64_t *w = tiny_word(t, FIRST, npu_regs[NPU_REG_DPU_BS_CFG].offset);

	tiny_set(w, tiny_get(w) & ~0x40u);
}

static void c_barrier_apart(struct tiny *t)
{
	tiny_reloc(t, BARRIER0, NPU_REG_PPU_RDMA_SRC_BASE_ADDR)->addend += 16;
}

static void c_barrier_value(struct tiny *t)
{
	set_reg(t, BARRIER0, NPU_REG_PPU_MISC_CTRL, 1);
}

static void c_bo_large(struct tiny *t)
{
	t->bo[TINY_INTERNAL].bytes += 2 * NPU_PAGE_BYTES;
}

static void c_data_short(struct tiny *t)
{
	t->bo[TINY_WEIGHT].data_bytes -= 64;
	t->data_bytes -= 64;
}

static void c_data_left_over(struct tiny *t)
{
	t->data_bytes += 64;
}

static void c_data_offset(struct tiny *t)
{
	t->bo[TINY_INPUT].data_offset = 64;
}

static void sync_flags(struct tiny *t, uint32_t phase, uint32_t bo, uint32_t flags)
{
	for (uint32_t i = 0; i < t->sync_count; i++) {
		if (t->sync[i].phase == phase && t->sync[i].bo == bo)
			t->sync[i].flags = flags;
	}
}

static void c_sync_records_back(struct tiny *t)
{
	t->sync[t->sync_count++] = (struct npub_sync){
		.phase = NPUB_SYNC_AFTER, .bo = TINY_TASK, .flags = 2, .bytes = 40
	};
	t->conv.sync_count = t->sync_count;
}

static void c_sync_input_both(struct tiny *t)
{
	sync_flags(t, NPUB_SYNC_BEFORE, TINY_INPUT, 3);
}

static void c_sync_output_both(struct tiny *t)
{
	sync_flags(t, NPUB_SYNC_AFTER, TINY_OUTPUT, 3);
}

static void c_sync_fresh_part(struct tiny *t)
{
	t->sync[0].bytes -= 8;
}

static void c_sync_commands_at_load(struct tiny *t)
{
	for (uint32_t i = 0; i < t->sync_count; i++) {
		if (t->sync[i].phase == NPUB_SYNC_BEFORE && t->sync[i].bo == TINY_WEIGHT)
			t->sync[i].phase = NPUB_SYNC_LOAD;
	}
}

/* ---- of two cores ---- */

/* Both lists of two cores as one of one core, made fit as far as words go. */
static void c_barrier_in_one_core(struct tiny *t)
{
	uint64_t *amount = &tiny_tail(t, 0)[1];

	tiny_set(amount, tiny_get(amount) & 0xffff);
	set_reg(t, 0, NPU_REG_CNA_CONV_CON2,
		tiny_get(tiny_word(t, 0, npu_regs[NPU_REG_CNA_CONV_CON2].offset)) &
		    0xffff);
	t->plan[0].cores = 1;
	t->plan[0].list[0].task_count = 4;
	t->plan[0].list[1] = (struct npub_list){ 0, 0 };
}

static void c_list_ends_in_conv(struct tiny *t)
{
	t->plan[0].list[0].task_count = 1;
	t->plan[0].list[1] = (struct npub_list){ 1, 3 };
}

/* The last core ends before its barrier. */
static void c_task_in_no_list(struct tiny *t)
{
	t->plan[1].list[1].task_count--;
}

static void c_too_many_tasks(struct tiny *t)
{
	t->task_count = NPU_MAX_TASKS_PER_SUBMIT + 1;
	t->conv.task_count = t->task_count;
	t->plan[0].list[0].task_count = t->task_count;
	t->bo[TINY_TASK].bytes = t->task_count * sizeof(struct npub_task);
	t->bo[TINY_WEIGHT].bytes += 1 << 20;
	for (uint32_t i = 0; i < t->sync_count; i++) {
		if (t->sync[i].bo == TINY_TASK)
			t->sync[i].bytes = t->bo[TINY_TASK].bytes;
		if (t->sync[i].bo == TINY_WEIGHT && t->sync[i].flags == 3)
			t->sync[i].bytes = t->bo[TINY_WEIGHT].bytes;
	}
	t->bo[TINY_WEIGHT].bytes -= (1 << 20) - t->task_count * sizeof(struct npub_task);
	for (uint32_t i = 0; i < t->sync_count; i++) {
		if (t->sync[i].bo == TINY_WEIGHT && t->sync[i].phase == NPUB_SYNC_LOAD)
			t->sync[i].bytes = t->bo[TINY_WEIGHT].bytes;
	}
}

static void make_one_tile(struct tiny *t)
{
	tiny_make(t, &(struct tiny_options){ .tiles = 1 });
}

static const struct {
	const char *name;
	enum npurt_err want;
	void (*make)(struct tiny *t);
	void (*change)(struct tiny *t);
	const char *says;
} cases[] = {
	/* clang-format off */
	{ "input one row up", NPURT_ERR_FORBIDDEN, make, c_input_row, "FEATURE_DATA_ADDR" },
	{ "output between rows", NPURT_ERR_FORBIDDEN, make, c_output_between_rows, "tile of the output" },
	{ "output behind the last image", NPURT_ERR_FORBIDDEN, make, c_output_image, "tile of the output" },
	{ "output over its neighbour", NPURT_ERR_FORBIDDEN, make, c_output_row, "" },
	{ "output in another surface", NPURT_ERR_DMA, make, c_output_surface, "DST_BASE_ADDR" },
	{ "weights one channel on", NPURT_ERR_FORBIDDEN, make, c_weights, "DCOMP_ADDR0" },
	{ "bias of other channels", NPURT_ERR_FORBIDDEN, make, c_bias, "BS_BASE_ADDR" },
	{ "rows too few", NPURT_ERR_FORBIDDEN, make, c_rows_too_few, "rows read is 3" },
	{ "rows past the input", NPURT_ERR_DMA, make, c_rows_too_many, "FEATURE_DATA_ADDR" },
	{ "no width", NPURT_ERR_FORBIDDEN, make, c_width_zero, "size is zero" },
	{ "bias the conv has not", NPURT_ERR_FORBIDDEN, make, c_bias_of_nothing, "bias" },
	{ "fewer channels than the conv", NPURT_ERR_FORBIDDEN, make, c_channels_fewer, "" },
	{ "another stride than the conv", NPURT_ERR_FORBIDDEN, make, c_conv_stride, "CONV_CON3" },
	{ "tile computed twice", NPURT_ERR_FORBIDDEN, make, c_tile_twice, "cover the output once" },
	{ "weights kept in other banks", NPURT_ERR_FORBIDDEN, make, c_reuse_other_banks, "keeps weights" },
	{ "weights kept", NPURT_OK, make, c_reuse_good, "" },
	{ "start too early", NPURT_ERR_FORBIDDEN, make, c_grains_few, "rows before the start is 2, must be 3" },
	{ "start too late", NPURT_ERR_FORBIDDEN, make, c_grains_many, "rows before the start" },
	{ "value that no field holds", NPURT_ERR_FORBIDDEN, make, c_value_too_large, "no register holds" },
	{ "activation the conv has not", NPURT_ERR_FORBIDDEN, make, c_relu, "BS_CFG" },
	{ "barrier lines apart", NPURT_ERR_DMA, make, c_barrier_apart, "scratch" },
	{ "barrier of another kind", NPURT_ERR_FORBIDDEN, make, c_barrier_value, "PPU.MISC_CTRL" },
	{ "buffer far too large", NPURT_ERR_SECTION, make, c_bo_large, "'internal'" },
	{ "bias not in the file", NPURT_ERR_TENSOR, make, c_data_short, "'bias'" },
	{ "data nobody uses", NPURT_ERR_INDEX, make, c_data_left_over, "are used" },
	{ "data of no bytes", NPURT_ERR_INDEX, make, c_data_offset, "data at 64" },
	{ "driver's note thrown away", NPURT_ERR_FORBIDDEN, make, c_sync_records_back, "'task'" },
	{ "input fetched back", NPURT_ERR_FORBIDDEN, make, c_sync_input_both, "'input'" },
	{ "output pushed over the result", NPURT_ERR_FORBIDDEN, make, c_sync_output_both, "'output'" },
	{ "fresh buffer in part", NPURT_ERR_FORBIDDEN, make, c_sync_fresh_part, "'task'" },
	{ "commands synced at load alone", NPURT_ERR_SECTION, make, c_sync_commands_at_load, "commands" },
	{ "barrier in a one-core list", NPURT_ERR_FORBIDDEN, make_two_cores, c_barrier_in_one_core, "barrier in a one-core" },
	{ "list ends in a conv", NPURT_ERR_FORBIDDEN, make_two_cores, c_list_ends_in_conv, "does not end in a barrier" },
	{ "a task in no list", NPURT_ERR_PLAN, make, c_task_in_no_list, "is in no list" },
	{ "4,096 tasks", NPURT_ERR_PLAN, make_one_tile, c_too_many_tasks, "4095 fit" },
	/* clang-format on */
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error;
		enum npurt_err err;
		struct tiny t;
		uint8_t *blob;
		size_t bytes;

		cases[i].make(&t);
		cases[i].change(&t);
		blob = tiny_bundle(&t, &bytes);
		err = npurt_verify(blob, bytes, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, !err || strstr(error.detail, cases[i].says),
		      "'%s' does not say '%s'", error.detail, cases[i].says);
		free(blob);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_changes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
