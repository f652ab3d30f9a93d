/*
 * The plans of a template: lists of records with their tiles and register writes.
 */
#include <stdlib.h>
#include <string.h>

#include "template/template_priv.h"

#define MEMBERS(m) m, sizeof(m) / sizeof(m)[0]

static bool read_range(struct template_reading *r, struct tjson_node node,
		       const char *what, uint32_t *first, uint32_t *count)
{
	uint32_t *const to[] = { first, count };

	return tjson_numbers(&r->json, node, what, 2, UINT32_MAX, to);
}

static void read_tile(struct template_reading *r, struct tjson_node node, struct tile *t)
{
	enum { IMAGE, Y, K, C, IN, PAD_TOP, BANKS, ENTRIES, GRAINS, REUSE, N };
	struct tjson_member m[N] = {
		[IMAGE] = { "image", false, { 0 } },
		[Y] = { "y", true, { 0 } },
		[K] = { "k", true, { 0 } },
		[C] = { "c", true, { 0 } },
		[IN] = { "in", true, { 0 } },
		[PAD_TOP] = { "pad_top", true, { 0 } },
		[BANKS] = { "banks", true, { 0 } },
		[ENTRIES] = { "entries", true, { 0 } },
		[GRAINS] = { "grains", true, { 0 } },
		[REUSE] = { "reuse", true, { 0 } },
	};

	if (!tjson_members(&r->json, node, "a tile", MEMBERS(m)))
		return;
	if (m[IMAGE].node.json)
		tjson_u32(&r->json, m[IMAGE].node, "tile.image", 0, UINT32_MAX,
			  &t->image);
	read_range(r, m[Y].node, "tile.y", &t->y, &t->y_count);
	read_range(r, m[K].node, "tile.k", &t->k, &t->k_count);
	read_range(r, m[C].node, "tile.c", &t->c, &t->c_count);
	read_range(r, m[IN].node, "tile.in", &t->in_y, &t->in_rows);
	tjson_u32(&r->json, m[PAD_TOP].node, "tile.pad_top", 0, UINT32_MAX, &t->pad_top);
	read_range(r, m[BANKS].node, "tile.banks", &t->data_banks, &t->weight_banks);
	tjson_u32(&r->json, m[ENTRIES].node, "tile.entries", 0, UINT32_MAX,
		  &t->row_entries);
	tjson_u32(&r->json, m[GRAINS].node, "tile.grains", 0, UINT32_MAX, &t->grains);
	tjson_bool(&r->json, m[REUSE].node, "tile.reuse", &t->weight_reuse);
}

/* "CNA.CBUF_CON0" to a register; reports an unknown one with the nearest name. */
static bool read_reg(struct template_reading *r, struct tjson_node node,
		     enum npu_reg *reg)
{
	const char *name = json_string_value(node.json),
		   *dot = name ? strchr(name, '.') : NULL;
	const char *known[NPU_REG_N], *near;
	char full[NPU_REG_N][48], block[16];

	if (!name) {
		tjson_wrong(&r->json, node, "a register", "a string");
		return false;
	}
	if (dot && (size_t)(dot - name) < sizeof block) {
		memcpy(block, name, (size_t)(dot - name));
		block[dot - name] = 0;
		*reg = npu_reg_from_name(block, dot + 1);
		if (*reg != NPU_REG_N)
			return true;
	}
	diag_error(r->json.diag, tjson_loc(&r->json, node), "register",
		   "no register '%s'", name);
	for (int i = 0; i < NPU_REG_N; i++) {
		snprintf(full[i], sizeof full[i], "%s.%s",
			 npu_block_name(npu_regs[i].block), npu_regs[i].name);
		known[i] = full[i];
	}
	near = diag_nearest(name, known, NPU_REG_N);
	if (near)
		diag_note(r->json.diag, tjson_loc(&r->json, node), "did you mean '%s'?",
			  near);
	return false;
}

static bool holds_address(enum npu_reg reg)
{
	enum npu_field field;
	uint32_t count;

	npu_reg_fields(reg, &field, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (npu_fields[field + i].kind == NPU_FIELD_ADDR)
			return true;
	}
	return false;
}

/* ["CNA.CBUF_CON0", 57] or ["CNA.FEATURE_DATA_ADDR", "input", 44800] */
static bool read_write(struct template_reading *r, struct tjson_node node,
		       struct template_write *w)
{
	const char *names[TEMPLATE_BUFFER_N];
	struct tjson_node item = tjson_first(node);
	size_t n, index;

	if (!tjson_array(&r->json, node, "a write", 2, 3, &n) ||
	    !read_reg(r, item, &w->reg))
		return false;
	item = tjson_next(&r->json, node, item, 0);
	w->buffer = TEMPLATE_NO_BUFFER;
	if (n == 3) {
		for (int i = 1; i < TEMPLATE_BUFFER_N; i++)
			names[i - 1] = template_buffer_name(i);
		if (!holds_address(w->reg)) {
			diag_error(r->json.diag, tjson_loc(&r->json, node), "register",
				   "%s.%s holds no address",
				   npu_block_name(npu_regs[w->reg].block),
				   npu_regs[w->reg].name);
			return false;
		}
		if (!tjson_choice(&r->json, item, "an address's buffer", names,
				  TEMPLATE_BUFFER_N - 1, &index))
			return false;
		w->buffer = (enum template_buffer)(index + 1);
		item = tjson_next(&r->json, node, item, 1);
	}
	return tjson_u32(&r->json, item, "a register's value", 0, UINT32_MAX, &w->value);
}

/* A register written twice in a record has one value. */
static bool check_twice(struct template_reading *r, struct tjson_node node,
			const struct template_record *rec, const struct template_write *w)
{
	for (uint32_t i = 0; i < rec->write_count; i++) {
		const struct template_write *before = &rec->writes[i];

		if (before->reg == w->reg &&
		    (before->value != w->value || before->buffer != w->buffer)) {
			diag_error(r->json.diag, tjson_loc(&r->json, node), "two-values",
				   "%s.%s is written before with another value",
				   npu_block_name(npu_regs[w->reg].block),
				   npu_regs[w->reg].name);
			return false;
		}
	}
	return true;
}

/* Change every write of a register that the record took over; false: it has none. */
static bool change_writes(struct template_record *rec, const struct template_write *w)
{
	bool found = false;

	for (uint32_t i = 0; i < rec->write_count; i++) {
		if (rec->writes[i].reg == w->reg) {
			rec->writes[i] = *w;
			found = true;
		}
	}
	return found;
}

static void take_over(struct template_record *rec, const struct template_record *from)
{
	rec->write_count = from->write_count;
	if (rec->write_count)
		memcpy(rec->writes, from->writes,
		       from->write_count * sizeof *from->writes);
}

static void read_writes(struct template_reading *r, struct tjson_node node, bool like,
			struct template_record *rec)
{
	struct tjson_node item = tjson_first(node);
	bool changed[NPU_REG_N] = { false };
	size_t n;

	if (!tjson_array(&r->json, node, "writes", like ? 0 : 1, TEMPLATE_MAX_WRITES, &n))
		return;
	for (size_t i = 0; i < n; i++, item = tjson_next(&r->json, node, item, i - 1)) {
		struct template_write w;

		if (!read_write(r, item, &w))
			continue;
		if (!like) {
			if (check_twice(r, item, rec, &w))
				rec->writes[rec->write_count++] = w;
		} else if (changed[w.reg]) {
			diag_error(r->json.diag, tjson_loc(&r->json, item), "two-values",
				   "%s.%s is given twice",
				   npu_block_name(npu_regs[w.reg].block),
				   npu_regs[w.reg].name);
		} else if (!change_writes(rec, &w)) {
			diag_error(r->json.diag, tjson_loc(&r->json, item), "like",
				   "the record it is like does not write %s.%s",
				   npu_block_name(npu_regs[w.reg].block),
				   npu_regs[w.reg].name);
		}
		changed[w.reg] = true;
	}
}

static void read_tail(struct template_reading *r, struct tjson_node node,
		      struct template_record *rec)
{
	struct tjson_node item = tjson_first(node);
	size_t n;

	if (!tjson_array(&r->json, node, "tail", NPU_TAIL_WORDS, NPU_TAIL_WORDS, &n))
		return;
	for (size_t i = 0; i < n; i++, item = tjson_next(&r->json, node, item, i - 1)) {
		uint32_t *const to[] = { &rec->tail[i][0], &rec->tail[i][1],
					 &rec->tail[i][2] };

		tjson_numbers(&r->json, item, "a tail word", 3, UINT32_MAX, to);
	}
}

static void read_record(struct template_reading *r, struct tjson_node node)
{
	enum { TILE, MASK, INT_MASK, OFFSET, LIKE, WRITES, TAIL, N };
	struct tjson_member m[N] = {
		[TILE] = { "tile", false, { 0 } },
		[MASK] = { "mask", true, { 0 } },
		[INT_MASK] = { "int_mask", true, { 0 } },
		[OFFSET] = { "offset", true, { 0 } },
		[LIKE] = { "like", false, { 0 } },
		[WRITES] = { "writes", true, { 0 } },
		[TAIL] = { "tail", true, { 0 } },
	};
	struct template *t = r->t;
	struct template_record *rec;
	uint32_t like;

	t->records = mem_grow(t->records, t->record_count, sizeof *t->records);
	r->places = mem_grow(r->places, t->record_count, sizeof *r->places);
	rec = &t->records[t->record_count];
	memset(rec, 0, sizeof *rec);
	rec->writes = mem_new(TEMPLATE_MAX_WRITES * sizeof *rec->writes);
	t->record_count++;
	if (!tjson_members(&r->json, node, "a record", MEMBERS(m)))
		return;
	r->places[t->record_count - 1] =
	    (struct record_place){ node, m[TILE].node, m[INT_MASK].node, m[WRITES].node,
				   m[TAIL].node };
	tjson_u32(&r->json, m[MASK].node, "mask", 1, UINT32_MAX, &rec->mask);
	tjson_u32(&r->json, m[INT_MASK].node, "int_mask", 1, UINT32_MAX, &rec->int_mask);
	tjson_u32(&r->json, m[OFFSET].node, "offset", 0, UINT32_MAX, &rec->offset);
	if (m[TILE].node.json)
		read_tile(r, m[TILE].node, &rec->tile);
	if (m[LIKE].node.json) {
		if (t->record_count == 1)
			diag_error(r->json.diag, tjson_loc(&r->json, m[LIKE].node),
				   "like",
				   "the first record has none before it to be like");
		else if (tjson_u32(&r->json, m[LIKE].node, "like", 0, t->record_count - 2,
				   &like))
			take_over(rec, &t->records[like]);
	}
	read_writes(r, m[WRITES].node, m[LIKE].node.json != NULL, rec);
	read_tail(r, m[TAIL].node, rec);
}

static void read_list(struct template_reading *r, struct tjson_node node,
		      struct template_list *list, uint32_t core)
{
	struct tjson_node item = tjson_first(node);
	size_t n;

	list->first = r->t->record_count;
	if (!tjson_array(&r->json, node, "a core's list", 1,
			 TEMPLATE_MAX_RECORDS - r->t->record_count, &n))
		return;
	list->count = (uint32_t)n;
	for (size_t i = 0; i < n && !diag_full(r->json.diag); i++) {
		read_record(r, item);
		r->t->records[r->t->record_count - 1].tile.core = core;
		item = tjson_next(&r->json, node, item, i);
	}
}

static void read_board(struct template_reading *r, struct tjson_node node,
		       struct template_board *b)
{
	struct tjson_member m[] = { { "driver", true, { 0 } },
				    { "date", true, { 0 } },
				    { "note", true, { 0 } } };

	if (!tjson_members(&r->json, node, "board", MEMBERS(m)))
		return;
	tjson_text(&r->json, m[0].node, "board.driver", TEMPLATE_MAX_TEXT, &b->driver);
	tjson_text(&r->json, m[1].node, "board.date", TEMPLATE_MAX_TEXT, &b->date);
	tjson_text(&r->json, m[2].node, "board.note", TEMPLATE_MAX_TEXT, &b->note);
}

static void read_evidence(struct template_reading *r, struct tjson_node evidence,
			  struct tjson_node board, struct template_plan *plan)
{
	static const enum npub_evidence levels[] = { NPUB_EVIDENCE_CAPTURED,
						     NPUB_EVIDENCE_PROMOTED };
	const char *const names[] = { template_evidence_name(levels[0]),
				      template_evidence_name(levels[1]) };
	size_t index;

	if (!tjson_choice(&r->json, evidence, "evidence", names, 2, &index))
		return;
	plan->evidence = levels[index];
	if (plan->evidence == NPUB_EVIDENCE_PROMOTED && !board.json)
		diag_error(r->json.diag, tjson_loc(&r->json, evidence), "promotion",
			   "a promoted plan lacks 'board', which says where it ran");
	if (plan->evidence != NPUB_EVIDENCE_PROMOTED && board.json)
		diag_error(r->json.diag, tjson_loc(&r->json, board), "promotion",
			   "'board' belongs to a promoted plan only");
	if (board.json)
		read_board(r, board, &plan->board);
}

static void read_plan(struct template_reading *r, struct tjson_node node)
{
	struct tjson_member m[] = { { "cores", true, { 0 } },
				    { "evidence", true, { 0 } },
				    { "board", false, { 0 } },
				    { "lists", true, { 0 } } };
	struct template_plan *plan = &r->t->plans[r->t->plan_count];
	uint32_t least = r->t->plan_count ? plan[-1].cores + 1 : 1;
	struct tjson_node item;
	size_t n;

	if (!tjson_members(&r->json, node, "a plan", MEMBERS(m)))
		return;
	if (least > NPU_MAX_CORES) {
		diag_error(r->json.diag, tjson_loc(&r->json, node), "cores",
			   "no plan can follow that for %u cores", NPU_MAX_CORES);
		return;
	}
	if (!tjson_u32(&r->json, m[0].node, "cores", least, NPU_MAX_CORES, &plan->cores))
		return;
	r->t->plan_count++;
	read_evidence(r, m[1].node, m[2].node, plan);
	if (!tjson_array(&r->json, m[3].node, "lists", 1, plan->cores, &n))
		return;
	if (n != 1 && n != plan->cores) {
		diag_error(
		    r->json.diag, tjson_loc(&r->json, m[3].node), "lists",
		    "a plan for %u cores has %zu lists; it has %u, or 1 when the conv is "
		    "not split",
		    plan->cores, n, plan->cores);
		return;
	}
	plan->list_count = (uint32_t)n;
	item = tjson_first(m[3].node);
	for (uint32_t i = 0; i < n;
	     i++, item = tjson_next(&r->json, m[3].node, item, i - 1))
		read_list(r, item, &plan->list[i], i);
}

void read_plans(struct template_reading *r, struct tjson_node node)
{
	struct tjson_node item = tjson_first(node);
	size_t n;

	if (!tjson_array(&r->json, node, "plans", 1, NPU_MAX_CORES, &n))
		return;
	for (size_t i = 0; i < n; i++, item = tjson_next(&r->json, node, item, i - 1))
		read_plan(r, item);
}
