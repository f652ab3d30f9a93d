/*
 * Every number that --explain prints is the bundle's: the JSON is compared with
 * the sections and command words of the bundle made from the same conv.
 */
#include "bundle_sections.h"
#include "explain_cases.h"

#include <math.h>

#include "hw/npu_regs.h"
#include "hw/npu_word.h"

static void same(const char *name, const json_t *json, const char *path, uint64_t want)
{
	uint64_t got = json_uint_at(name, json, path);

	if (got != want)
		fail_msg("%s: %s is %llu, the bundle has %llu", name, path,
			 (unsigned long long)got, (unsigned long long)want);
}

static void same_text(const char *name, const json_t *json, const char *path,
		      const char *want)
{
	const char *got = json_text_at(name, json, path);

	if (strcmp(got, want) != 0)
		fail_msg("%s: %s is '%s', the bundle has '%s'", name, path, got, want);
}

static void check_problem(const char *name, const json_t *j, const struct sections *s)
{
	const struct npub_conv *c = s->conv;
	static const char *const modes[] = { "dense", "depthwise", "pixel" };

	same(name, j, "problem.batch", c->batch);
	same(name, j, "problem.input.c", c->in_c);
	same(name, j, "problem.input.h", c->in_h);
	same(name, j, "problem.input.w", c->in_w);
	same(name, j, "problem.output.c", c->out_c);
	same(name, j, "problem.output.h", c->out_h);
	same(name, j, "problem.output.w", c->out_w);
	same(name, j, "problem.kernel.y", c->kernel_h);
	same(name, j, "problem.kernel.x", c->kernel_w);
	same(name, j, "problem.stride.y", c->stride_y);
	same(name, j, "problem.stride.x", c->stride_x);
	same(name, j, "problem.pad.top", c->pad_top);
	same(name, j, "problem.pad.left", c->pad_left);
	same(name, j, "problem.pad.bottom", c->pad_bottom);
	same(name, j, "problem.pad.right", c->pad_right);
	same(name, j, "problem.dilation.y", c->dilation_y);
	same(name, j, "problem.dilation.x", c->dilation_x);
	same(name, j, "problem.groups", c->groups);
	same_text(name, j, "problem.type", npu_elem_info(c->elem)->name);
	same_text(name, j, "problem.out_type", npu_elem_info(c->out_elem)->name);
	same_text(name, j, "layout.mode", modes[c->mode]);
	same(name, j, "layout.input_bytes", s->tensors[c->input].bytes);
	same(name, j, "layout.output_bytes", s->tensors[c->output].bytes);
	same(name, j, "layout.weight_bytes", s->tensors[c->weights].bytes);
	same(name, j, "layout.bias_bytes",
	     c->bias == NPUB_NONE ? 0 : s->tensors[c->bias].bytes);
}

static void check_bos(const char *name, const json_t *j, const struct sections *s)
{
	const struct npub_conv *c = s->conv;
	const struct npub_bo *weight = &s->bos[c->regcmd_bo];
	uint64_t regcmd_bytes = (uint64_t)c->word_count * NPU_WORD_BYTES;

	assert_int_equal(json_array_size(json_at(name, j, "bos")), c->bo_count);
	for (uint32_t i = 0; i < c->bo_count; i++) {
		const json_t *bo = json_array_get(json_at(name, j, "bos"), i);

		same_text(name, bo, "name", s->strings + s->bos[i].name);
		same(name, bo, "flags", s->bos[i].flags);
		same(name, bo, "bytes", s->bos[i].bytes);
		/* F-34; F-18: pages */
		assert_int_equal(s->bos[i].flags, i ? 0x403 : 0x40b);
		assert_int_equal(s->bos[i].align, 4096);
	}
	/* F-19: weights and bias, scratch, commands, room for the records */
	assert_int_equal(c->regcmd_bo_offset % NPU_BO_ALIGN_BYTES, 0);
	assert_int_equal(c->regcmd_bo_offset, weight->data_bytes + 2048);
	assert_int_equal(weight->bytes,
			 c->regcmd_bo_offset + regcmd_bytes +
			     npu_round_up64(c->task_count * sizeof *s->tasks, 64));
}

static void check_syncs(const char *name, const json_t *j, const struct sections *s)
{
	static const char *const phases[] = { "load", "before", "after" };
	static const char *const ways[] = { "", "to-device", "from-device", "both" };

	assert_int_equal(json_array_size(json_at(name, j, "syncs")), s->conv->sync_count);
	for (uint32_t i = 0; i < s->conv->sync_count; i++) {
		const json_t *sync = json_array_get(json_at(name, j, "syncs"), i);
		const struct npub_sync *want = &s->syncs[i];

		same_text(name, sync, "phase", phases[want->phase]);
		same_text(name, sync, "bo", s->strings + s->bos[want->bo].name);
		same_text(name, sync, "direction", ways[want->flags]);
		same(name, sync, "offset", want->offset);
		same(name, sync, "bytes", want->bytes);
	}
}

/*
 * The value of a register when record `task` runs: the last one written in its own
 * register group, which is every other record's (F-63).  `task` is in a list that
 * starts at `first`.
 */
static uint32_t register_of(const struct sections *s, uint32_t first, uint32_t task,
			    enum npu_reg reg)
{
	uint64_t word = s->tasks[task].regcmd_addr / NPU_WORD_BYTES;

	for (uint32_t i = s->tasks[task].regcfg_amount; i > 0; i--) {
		struct npu_word w = npu_word_unpack(s->words[word + i - 1]);

		if (w.offset == npu_regs[reg].offset)
			return w.value;
	}
	if (task < first + 2)
		fail_msg("record %u does not write %s", task, npu_regs[reg].name);
	return register_of(s, first, task - 2, reg);
}

struct record {
	const struct sections *s;
	uint32_t first, task; /* of its list, its own */
};

static uint32_t field_of(const struct record *r, enum npu_field field)
{
	return npu_field_unpack(
	    register_of(r->s, r->first, r->task, npu_fields[field].reg), field);
}

/* A tile against the registers of its record. */
static void check_tile(const char *name, const json_t *tile, const struct record *r)
{
	const struct sections *s = r->s;
	const struct npub_debug_tile *d = &s->debug[r->task];
	uint32_t atom = npu_elem_info(s->conv->elem)->atom_chans;

	same(name, tile, "core", d->core);
	same(name, tile, "image", d->image);
	same(name, tile, "y", d->y);
	same(name, tile, "k", d->k);
	same(name, tile, "c", d->c);
	same(name, tile, "in_y", d->in_y);
	same(name, tile, "y_count", field_of(r, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT));
	same(name, tile, "k_count", field_of(r, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL));
	same(name, tile, "in_rows", field_of(r, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT));
	same(name, tile, "pad_top", field_of(r, NPU_CNA_PAD_CON0_PAD_TOP));
	same(name, tile, "data_banks", field_of(r, NPU_CNA_CBUF_CON0_DATA_BANK));
	same(name, tile, "weight_banks", field_of(r, NPU_CNA_CBUF_CON0_WEIGHT_BANK));
	same(name, tile, "grains", field_of(r, NPU_CNA_CONV_CON2_FEATURE_GRAINS));
	if (s->conv->mode != NPUB_MODE_PIXEL)
		same(name, tile, "row_entries",
		     field_of(r, NPU_CNA_CBUF_CON1_DATA_ENTRIES));
	if (npu_round_up((uint32_t)json_uint_at(name, tile, "c_count"), atom) !=
	    field_of(r, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL))
		fail_msg("%s: c_count is not the record's", name);
	if (json_is_true(json_at(name, tile, "weight_reuse")) !=
	    (field_of(r, NPU_CNA_CBUF_CON0_WEIGHT_REUSE) != 0))
		fail_msg("%s: weight_reuse is not the record's", name);
}

/* Records of a list, its tiles in order, a barrier at the end of a joint list. */
static void check_list(const char *name, const json_t *plan, uint32_t core,
		       const struct npub_list *want, const struct sections *s)
{
	const json_t *list = json_array_get(json_at(name, plan, "lists"), core);
	uint32_t tiles = (uint32_t)json_uint_at(name, list, "tiles");
	uint32_t first = (uint32_t)json_uint_at(name, list, "first_tile");
	bool joint = json_uint_at(name, plan, "run_cores") > 1;
	uint64_t cycles = 0;

	same(name, list, "core", core);
	same(name, list, "first_record", want->first_task);
	same(name, list, "records", want->task_count);
	assert_int_equal(tiles + joint, want->task_count);
	for (uint32_t i = 0; i < tiles; i++) {
		const json_t *tile =
		    json_array_get(json_at(name, plan, "tiles"), first + i);

		same(name, tile, "core", core);
		check_tile(name, tile,
			   &(struct record){ s, want->first_task, want->first_task + i });
		cycles += json_uint_at(name, tile, "cycles");
	}
	same(name, list, "cycles", cycles);
	if (joint)
		assert_int_equal(s->tasks[want->first_task + tiles].enable_mask,
				 NPU_MASK_BARRIER);
}

/* Words and relocations of the records of a plan, counted in the bundle. */
static void check_program(const char *name, const json_t *plan,
			  const struct npub_plan *want, const struct sections *s)
{
	uint32_t first = want->list[0].first_task, records = 0, barriers = 0, relocs = 0;
	uint32_t deltas = 0;
	uint64_t begin, end;

	for (uint32_t core = 0; core < want->cores; core++)
		records += want->list[core].task_count;
	begin = s->tasks[first].regcmd_addr / NPU_WORD_BYTES;
	end = first + records < s->conv->task_count
		  ? s->tasks[first + records].regcmd_addr / NPU_WORD_BYTES
		  : s->conv->word_count;
	for (uint32_t i = first; i < first + records; i++) {
		barriers += s->tasks[i].enable_mask == NPU_MASK_BARRIER;
		/* F-30: a complete record has 104 registers or more */
		deltas += s->tasks[i].enable_mask != NPU_MASK_BARRIER &&
			  s->tasks[i].regcfg_amount < 104;
		/* F-31 */
		assert_int_equal(s->tasks[i].regcmd_addr % 64, 0);
	}
	for (uint32_t i = 0; i < s->conv->reloc_count; i++)
		relocs += s->relocs[i].word >= begin && s->relocs[i].word < end;
	same(name, plan, "records", records);
	same(name, plan, "barriers", barriers);
	same(name, plan, "deltas", deltas);
	same(name, plan, "command_words", end - begin);
	same(name, plan, "relocations", relocs);
}

static void check_plan(const char *name, const json_t *plan, const struct npub_plan *want,
		       const struct sections *s)
{
	static const char *const splits[] = { "whole", "y", "k", "yk", "c", "yc" };
	static const char *const evidence[] = { "formula", "captured", "promoted" };
	const json_t *hazards = json_at(name, plan, "hazards");
	bool untested = json_array_size(hazards) > 0;

	same(name, plan, "cores", want->cores);
	same_text(name, plan, "split", splits[want->split]);
	same_text(name, plan, "evidence", evidence[want->evidence]);
	assert_int_equal(untested, (want->hazards & NPUB_HAZARD_UNTESTED) != 0);
	if (untested)
		same_text(name, hazards, "0", "untested");
	same(name, plan, "cost.macs", want->macs);
	same(name, plan, "cost.estimated_ns", want->cost_ns);
	same(name, plan, "dram.total.bytes", want->dram_bytes);
	same(name, plan, "run_cores", json_array_size(json_at(name, plan, "lists")));
	for (uint32_t core = 0; core < want->cores; core++) {
		/* a plan that is not split has one list only */
		if (core < json_array_size(json_at(name, plan, "lists")))
			check_list(name, plan, core, &want->list[core], s);
		else
			assert_int_equal(want->list[core].task_count, 0);
	}
	check_program(name, plan, want, s);
}

/* Sums, ratios and maxima within a plan. */
static void check_sums(const char *name, const json_t *plan, uint32_t macs_per_cycle)
{
	static const char *const streams[] = { "dram.input", "dram.weights",
					       "dram.output", "dram.operand" };
	uint64_t bytes = 0, least = 0, tile_bytes = 0, macs = 0, cycles = 0, slowest = 0;
	uint64_t total = json_uint_at(name, plan, "dram.total.bytes");
	double ratio, use;

	for (int i = 0; i < 4; i++) {
		const json_t *stream = json_at(name, plan, streams[i]);

		bytes += json_uint_at(name, stream, "bytes");
		least += json_uint_at(name, stream, "least_bytes");
	}
	assert_int_equal(bytes, total);
	same(name, plan, "dram.total.least_bytes", least);
	ratio = json_real_value(json_at(name, plan, "dram.total.ratio"));
	assert_true(ratio >= 1 && fabs(ratio - (double)total / (double)least) < 1e-9);
	for (size_t i = 0; i < json_array_size(json_at(name, plan, "tiles")); i++) {
		const json_t *tile = json_array_get(json_at(name, plan, "tiles"), i);

		macs += json_uint_at(name, tile, "macs");
		tile_bytes += json_uint_at(name, tile, "dram_bytes");
		cycles += json_uint_at(name, tile, "cycles");
	}
	same(name, plan, "cost.macs", macs);
	same(name, plan, "cost.cycles", cycles);
	assert_int_equal(tile_bytes, total);
	for (size_t i = 0; i < json_array_size(json_at(name, plan, "lists")); i++) {
		const json_t *list = json_array_get(json_at(name, plan, "lists"), i);

		if (json_uint_at(name, list, "cycles") > slowest)
			slowest = json_uint_at(name, list, "cycles");
	}
	same(name, plan, "cost.critical_cycles", slowest);
	use = json_real_value(json_at(name, plan, "cost.utilisation"));
	assert_true(use > 0 && use <= 1);
	assert_true(fabs(use * (double)slowest * macs_per_cycle *
			     (double)json_uint_at(name, plan, "run_cores") -
			 (double)macs) < 1e-6 * (double)macs);
}

/* A plan that repeats another has its lists and adds no records. */
static void check_repeated(const char *name, const json_t *plans, size_t i)
{
	const json_t *plan = json_array_get(plans, i), *before;
	size_t index = json_uint_at(name, plan, "repeats_plan");

	assert_true(index < i);
	before = json_array_get(plans, index);
	if (!json_equal(json_at(name, plan, "lists"), json_at(name, before, "lists")))
		fail_msg("%s: plan %zu repeats plan %zu, with other lists", name, i,
			 index);
}

static void check_plans(const char *name, const json_t *j, const struct sections *s)
{
	const json_t *plans = json_at(name, j, "plans");
	uint32_t records = 0;

	assert_int_equal(json_array_size(plans), s->conv->plan_count);
	for (size_t i = 0; i < json_array_size(plans); i++) {
		const json_t *plan = json_array_get(plans, i);

		check_sums(name, plan, npu_elem_info(s->conv->elem)->macs_per_cycle);
		check_plan(name, plan, &s->plans[i], s);
		if (json_is_null(json_at(name, plan, "repeats_plan")))
			records += (uint32_t)json_uint_at(name, plan, "records");
		else
			check_repeated(name, plans, i);
	}
	same(name, j, "records", records);
	same(name, j, "records", s->conv->task_count);
	same(name, j, "command_words", s->conv->word_count);
	same(name, j, "relocations", s->conv->reloc_count);
}

static void json_equals_bundle(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPLAIN_CASES; i++) {
		const char *name = explain_cases[i].name;
		struct explained e;
		struct bundle *bundle;
		struct sections s;
		const json_t *j;

		explained_open(&e, name, explain_cases[i].spec,
			       strlen(explain_cases[i].spec), explain_cases[i].core_mask);
		bundle = make_bundle(&e.convs[0], &e.operands[0], &s);
		j = json_array_get(e.json, 0);
		same_text(name, j, "schema", "npucc-explain/1");
		same_text(name, j, "name", s.strings + s.conv->name);
		check_problem(name, j, &s);
		check_bos(name, j, &s);
		check_syncs(name, j, &s);
		check_plans(name, j, &s);
		bundle_free(bundle);
		explained_close(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_equals_bundle),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
