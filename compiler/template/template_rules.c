/*
 * What must hold inside a template.  Structures that must never reach a board are
 * refused here by the names that planner and verifier use for them.
 */
#include <string.h>

#include "hw/npu_word.h"
#include "template/template_priv.h"

#define OFFSET_BASE_ADDRESS npu_regs[NPU_REG_PC_BASE_ADDRESS].offset
#define OFFSET_AMOUNTS npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset
#define OFFSET_ENABLE npu_regs[NPU_REG_PC_OPERATION_ENABLE].offset

static bool is_barrier(const struct template_record *rec)
{
	return rec->mask == NPU_MASK_BARRIER;
}

static void breach(struct template_reading *r, struct tjson_node at, const char *rule,
		   const char *sentence)
{
	diag_error(r->json.diag, tjson_loc(&r->json, at), rule, "%s", sentence);
}

/* Blocks and the pair of interrupts of the last of them (F-33). */
static void check_masks(struct template_reading *r, uint32_t index)
{
	const struct template_record *rec = &r->t->records[index];
	uint32_t want = is_barrier(rec) ? NPU_INT_MASK_PPU : NPU_INT_MASK_DPU;

	if (rec->mask != NPU_MASK_CONV && rec->mask != NPU_MASK_CONV_RDMA &&
	    !is_barrier(rec))
		diag_error(
		    r->json.diag, tjson_loc(&r->json, r->places[index].record), "mask",
		    "mask %u starts no blocks that make a conv (%u, %u) or a barrier "
		    "(%u)",
		    rec->mask, NPU_MASK_CONV, NPU_MASK_CONV_RDMA, NPU_MASK_BARRIER);
	else if (rec->int_mask != want)
		diag_error(
		    r->json.diag, tjson_loc(&r->json, r->places[index].int_mask),
		    "half-interrupt-pair",
		    "int_mask %u is not %u, both interrupts of the record's last block",
		    rec->int_mask, want);
}

/* Words 2 and 3 are the same for every record but for the blocks (F-30). */
static bool is_start(const struct template_record *rec)
{
	return rec->tail[2][0] == NPU_TARGET_VERSION && !rec->tail[2][1] &&
	       !rec->tail[2][2] && rec->tail[3][0] == NPU_TARGET_START &&
	       rec->tail[3][1] == OFFSET_ENABLE && rec->tail[3][2] == rec->mask;
}

static bool links_to(const struct template_record *rec,
		     const struct template_record *next, uint32_t cores)
{
	uint32_t amount = rec->tail[1][2];

	return rec->tail[0][0] == NPU_TARGET_PC &&
	       rec->tail[0][1] == OFFSET_BASE_ADDRESS &&
	       rec->tail[0][2] == next->offset && rec->tail[1][0] == NPU_TARGET_PC &&
	       rec->tail[1][1] == OFFSET_AMOUNTS &&
	       npu_field_unpack(amount, NPU_PC_REGISTER_AMOUNTS_PC_DATA_AMOUNT) ==
		   npu_amount_from_body(next->write_count) &&
	       npu_field_unpack(amount, NPU_PC_REGISTER_AMOUNTS_BARRIER) == cores - 1;
}

/* An old compiler sets bits above the amount; they name no record. */
static bool ends_chain(const struct template_record *rec)
{
	static const uint32_t zero[3];
	uint32_t amount = rec->tail[1][2];

	return !memcmp(rec->tail[0], zero, sizeof zero) && rec->tail[1][0] == NPU_TARGET_PC &&
	       rec->tail[1][1] == OFFSET_AMOUNTS &&
	       !npu_field_unpack(amount, NPU_PC_REGISTER_AMOUNTS_PC_DATA_AMOUNT) &&
	       !npu_field_unpack(amount, NPU_PC_REGISTER_AMOUNTS_BARRIER);
}

/* A chain as long as its list: no other length can complete (F-36). */
static void check_chain(struct template_reading *r, const struct template_list *list,
			uint32_t cores)
{
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t index = list->first + i;
		const struct template_record *rec = &r->t->records[index];
		struct tjson_node tail = r->places[index].tail;

		if (!is_start(rec))
			breach(r, tail, "tail",
			       "words 2 and 3 do not start the record's blocks");
		if (i + 1 < list->count && !links_to(rec, rec + 1, cores))
			breach(r, tail, "chain",
			       "words 0 and 1 do not lead to the next record with its "
			       "length and "
			       "the plan's cores");
		if (i + 1 == list->count && !ends_chain(rec))
			breach(r, tail, "chain",
			       "the chain goes on after the list's last record");
		if (i && rec->offset <= rec[-1].offset)
			breach(r, r->places[index].record, "chain",
			       "the record lies before the one it follows");
	}
}

static void check_barriers(struct template_reading *r, const struct template_plan *plan,
			   const struct template_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t index = list->first + i;
		bool last = i + 1 == list->count,
		     barrier = is_barrier(&r->t->records[index]);

		if (barrier && plan->list_count == 1)
			breach(r, r->places[index].record, "barrier-in-one-core-range",
			       "a barrier record in a list that no other core shares");
		else if (barrier && !last)
			breach(r, r->places[index].record, "barrier",
			       "a barrier record before the end of its list");
		else if (!barrier && last && plan->list_count > 1)
			breach(
			    r, r->places[index].record, "barrier",
			    "a core's list in a plan for several ends without a barrier");
	}
}

static bool same_tile(const struct tile *a, const struct tile *b)
{
	return a->image == b->image && a->y == b->y && a->y_count == b->y_count &&
	       a->k == b->k && a->k_count == b->k_count && a->c == b->c &&
	       a->c_count == b->c_count && a->in_y == b->in_y &&
	       a->in_rows == b->in_rows && a->pad_top == b->pad_top &&
	       a->data_banks == b->data_banks && a->weight_banks == b->weight_banks &&
	       a->row_entries == b->row_entries && a->grains == b->grains &&
	       a->weight_reuse == b->weight_reuse;
}

static void report_tile(struct template_reading *r, struct tjson_node at,
			const struct tile *want)
{
	breach(r, at, "tile",
	       "the tile is not the one that the record's registers describe");
	diag_note(r->json.diag, tjson_loc(&r->json, at),
		  "they say y [%u, %u], k [%u, %u], c [%u, %u], in [%u, %u], pad_top %u, "
		  "banks [%u, %u], entries %u, grains %u, reuse %s",
		  want->y, want->y_count, want->k, want->k_count, want->c, want->c_count,
		  want->in_y, want->in_rows, want->pad_top, want->data_banks,
		  want->weight_banks, want->row_entries, want->grains,
		  want->weight_reuse ? "true" : "false");
}

static void check_tile(struct template_reading *r, const struct conv_layout *l,
		       const struct template_list *list, uint32_t i)
{
	uint32_t index = list->first + i, value[NPU_REG_N];
	const struct record_place *place = &r->places[index];
	struct tile want;

	if (is_barrier(&r->t->records[index])) {
		if (place->tile.json)
			breach(r, place->tile, "tile",
			       "a barrier record computes no tile");
		return;
	}
	if (!place->tile.json) {
		breach(r, place->record, "tile", "a conv record lacks 'tile'");
		return;
	}
	template_values(r->t, list, i, value);
	tile_from_registers(&want, &r->t->problem, l, value);
	if (!same_tile(&r->t->records[index].tile, &want))
		report_tile(r, place->tile, &want);
}

/* Registers that state the problem itself. */
static void check_problem(struct template_reading *r, const struct template_list *list,
			  uint32_t i)
{
	const struct conv_problem *p = &r->t->problem;
	const struct {
		enum npu_field field;
		uint32_t want;
	} stated[] = {
		{ NPU_CNA_DATA_SIZE0_DATAIN_WIDTH, p->in_w },
		{ NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH, p->out_w },
		{ NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH, p->kernel_w },
		{ NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT, p->kernel_h },
		{ NPU_CNA_CONV_CON3_CONV_Y_STRIDE, p->stride_y },
		{ NPU_CNA_CONV_CON3_CONV_X_STRIDE, p->stride_x },
		{ NPU_CNA_CONV_CON3_ATROUS_Y_DILATION, p->dilation_y },
		{ NPU_CNA_CONV_CON3_ATROUS_X_DILATION, p->dilation_x },
		{ NPU_CNA_PAD_CON0_PAD_LEFT, p->pad_left },
		{ NPU_CNA_CONV_CON1_IN_PRECISION, p->elem },
		{ NPU_DPU_DATA_FORMAT_OUT_PRECISION, p->out_elem },
	};
	uint32_t index = list->first + i, value[NPU_REG_N];

	if (is_barrier(&r->t->records[index]))
		return;
	template_values(r->t, list, i, value);
	for (size_t k = 0; k < sizeof stated / sizeof stated[0]; k++) {
		const struct npu_field_desc *f = &npu_fields[stated[k].field];
		uint32_t found = npu_field_unpack(value[f->reg], stated[k].field);

		if (found != stated[k].want)
			diag_error(r->json.diag,
				   tjson_loc(&r->json, r->places[index].writes), "conv",
				   "%s.%s.%s is %u, but the conv says %u",
				   npu_block_name(npu_regs[f->reg].block),
				   npu_regs[f->reg].name, f->name, found, stated[k].want);
	}
}

/*
 * Tiles of a plan make every output once: none leaves the output, and together they
 * have its area.  (Two that overlap leave a hole of the same size.)
 */
static void check_coverage(struct template_reading *r, const struct template_plan *plan)
{
	const struct conv_problem *p = &r->t->problem;
	uint64_t area = 0, want = (uint64_t)p->batch * p->out_h * p->out_c;

	for (uint32_t core = 0; core < plan->list_count; core++) {
		for (uint32_t i = 0; i < plan->list[core].count; i++) {
			uint32_t index = plan->list[core].first + i;
			const struct tile *t = &r->t->records[index].tile;

			area += (uint64_t)t->y_count * t->k_count;
			if (t->image >= p->batch ||
			    (uint64_t)t->y + t->y_count > p->out_h ||
			    (uint64_t)t->k + t->k_count > p->out_c)
				breach(r, r->places[index].tile, "coverage",
				       "the tile leaves the conv's output");
		}
	}
	if (area != want)
		diag_error(r->json.diag,
			   tjson_loc(&r->json, r->places[plan->list[0].first].record),
			   "coverage",
			   "the plan for %u core%s makes %llu rows of channels, the "
			   "output has %llu",
			   plan->cores, plan->cores == 1 ? "" : "s",
			   (unsigned long long)area, (unsigned long long)want);
}

/* Addresses lie in what is known of their buffers, records in the window. */
static void check_bounds(struct template_reading *r, uint32_t index)
{
	const struct template *t = r->t;
	const struct template_record *rec = &t->records[index];
	const uint64_t limit[TEMPLATE_BUFFER_N] = {
		[TEMPLATE_INPUT] = t->bo_bytes[NPUB_BO_INPUT],
		[TEMPLATE_OUTPUT] = t->bo_bytes[NPUB_BO_OUTPUT],
		[TEMPLATE_WEIGHT] = t->regcmd_offset,
		[TEMPLATE_BIAS] = t->regcmd_offset,
		[TEMPLATE_SCRATCH] = NPU_WEIGHT_SCRATCH_BYTES,
	};
	uint64_t end =
	    rec->offset + (uint64_t)(rec->write_count + NPU_TAIL_WORDS) * NPU_WORD_BYTES;

	for (uint32_t i = 0; i < rec->write_count; i++) {
		const struct template_write *w = &rec->writes[i];

		if (limit[w->buffer] && w->value >= limit[w->buffer])
			diag_error(
			    r->json.diag, tjson_loc(&r->json, r->places[index].writes),
			    "bounds", "%s.%s: %u is outside the %s buffer of %llu bytes",
			    npu_block_name(npu_regs[w->reg].block), npu_regs[w->reg].name,
			    w->value, template_buffer_name(w->buffer),
			    (unsigned long long)limit[w->buffer]);
	}
	if (rec->offset % NPU_RECORD_ALIGN_BYTES)
		breach(r, r->places[index].record, "bounds",
		       "the record does not start on 64 bytes");
	if (t->regcmd_bytes && end > t->regcmd_bytes)
		breach(r, r->places[index].record, "bounds",
		       "the record ends outside the command window");
}

/* A submit names whole one-plan ranges of the task buffer, or it mixes plans. */
static void check_submit(struct template_reading *r)
{
	const struct template_submit *s = &r->t->submit;
	uint64_t records = 0;

	for (uint32_t i = 0; i < r->t->plan_count; i++) {
		for (uint32_t k = 0; k < r->t->plans[i].list_count; k++)
			records += r->t->plans[i].list[k].count;
	}
	for (uint32_t i = 0; i < TEMPLATE_SUBCORES; i++) {
		bool found = !s->subcore[i][1];

		for (uint32_t p = 0; p < r->t->plan_count; p++) {
			for (uint32_t k = 0; k < r->t->plans[p].list_count; k++)
				found |=
				    r->t->plans[p].list[k].first == s->subcore[i][0] &&
				    r->t->plans[p].list[k].count == s->subcore[i][1];
		}
		if (!found)
			diag_error(r->json.diag, tjson_loc(&r->json, r->submit),
				   "mixed-plans",
				   "subcore range %u, [%u, %u], is no core's list of any "
				   "plan (%llu "
				   "records)",
				   i, s->subcore[i][0], s->subcore[i][1],
				   (unsigned long long)records);
	}
}

/* The rules of one plan. */
static void check_plan(struct template_reading *r, const struct conv_layout *layout,
		       const struct template_plan *plan)
{
	for (uint32_t core = 0; core < plan->list_count; core++) {
		const struct template_list *list = &plan->list[core];

		check_chain(r, list, plan->list_count);
		check_barriers(r, plan, list);
		for (uint32_t i = 0; i < list->count; i++) {
			check_problem(r, list, i);
			check_tile(r, layout, list, i);
		}
	}
	check_coverage(r, plan);
}

void check_rules(struct template_reading *r)
{
	struct template *t = r->t;
	struct conv_layout layout;

	if (!layout_from_problem(&layout, &t->problem)) {
		diag_error(r->json.diag, t->problem.loc[CONV_NAME], NULL,
			   "out of memory");
		return;
	}
	for (uint32_t i = 0; i < t->record_count; i++) {
		check_masks(r, i);
		check_bounds(r, i);
	}
	for (uint32_t i = 0; i < t->plan_count; i++)
		check_plan(r, &layout, &t->plans[i]);
	if (t->has_submit)
		check_submit(r);
	layout_free(&layout);
}
