/*
 * The figures as JSON, keys in the order of docs/explain.schema.json.
 */
#include "explain/explain.h"

#include "explain/explain_object.h"
#include "explain/explain_operation.h"

static json_t *yx_of(uint32_t y, uint32_t x)
{
	struct object o = object_new();

	put_uint(&o, "y", y);
	put_uint(&o, "x", x);
	return object_end(&o);
}

static json_t *chw_of(uint32_t c, uint32_t h, uint32_t w)
{
	struct object o = object_new();

	put_uint(&o, "c", c);
	put_uint(&o, "h", h);
	put_uint(&o, "w", w);
	return object_end(&o);
}

static json_t *pad_of(const struct conv_problem *p)
{
	struct object o = object_new();

	put_uint(&o, "top", p->pad_top);
	put_uint(&o, "left", p->pad_left);
	put_uint(&o, "bottom", p->pad_bottom);
	put_uint(&o, "right", p->pad_right);
	return object_end(&o);
}

static json_t *problem_of(const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;
	struct object o = object_new();

	put_uint(&o, "batch", p->batch);
	put(&o, "input", chw_of(p->in_c, p->in_h, p->in_w));
	put(&o, "output", chw_of(p->out_c, p->out_h, p->out_w));
	put(&o, "kernel", yx_of(p->kernel_h, p->kernel_w));
	put(&o, "stride", yx_of(p->stride_y, p->stride_x));
	put(&o, "pad", pad_of(p));
	put(&o, "dilation", yx_of(p->dilation_y, p->dilation_x));
	put_uint(&o, "groups", p->groups);
	put_text(&o, "type", l->elem->name);
	put_text(&o, "out_type", l->out_elem->name);
	put_text(&o, "weights", explain_source_name(p->weights.kind));
	put_text(&o, "bias", explain_source_name(p->bias.kind));
	put_text(&o, "input_kind", p->input_kind == INPUT_GRAPH ? "graph" : "inner");
	put_uint(&o, "macs", f->macs);
	return object_end(&o);
}

static json_t *layout_of(const struct conv_layout *l)
{
	struct object o = object_new();

	put_text(&o, "mode", explain_mode_name(l->mode));
	put_uint(&o, "slices", l->slice_count);
	put_uint(&o, "groups_per_slice", l->groups_per_slice);
	put_uint(&o, "input_bytes", l->input.bytes);
	put_uint(&o, "output_bytes", l->output.bytes);
	put_uint(&o, "weight_bytes", l->weight_bytes);
	put_uint(&o, "bias_bytes", l->bias_bytes);
	return object_end(&o);
}

static json_t *choices_of(const struct plan *plan)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < plan->choice_count; i++) {
		struct object o = object_new();

		put_text(&o, "rule", plan->choices[i].rule);
		put_text(&o, "verdict", plan_verdict_name(plan->choices[i].verdict));
		put_text(&o, "why", plan->choices[i].sentence);
		push(&array, object_end(&o));
	}
	return array;
}

static json_t *hazards_of(uint32_t hazards)
{
	json_t *array = json_array();
	const char *name;

	for (uint32_t i = 0; (name = explain_hazard_name(hazards, i)); i++)
		push(&array, json_string(name));
	return array;
}

/* Why a plan has the hazard "untested", unless a captured schedule hands it down. */
static json_t *doubts_of(const struct compiled_conv *c)
{
	json_t *array = json_array();
	char sentence[PLAN_SENTENCE_BYTES];

	for (uint32_t i = 0; plan_doubt(c->problem, &c->layout, i, sentence); i++)
		push(&array, json_string(sentence));
	return array;
}

static json_t *streams_of(const struct explain_plan *e)
{
	struct object all = object_new();

	for (uint32_t i = 0; i <= EXPLAIN_STREAM_N; i++) {
		bool total = i == EXPLAIN_STREAM_N;
		uint64_t bytes = total ? e->dram_bytes : e->streams[i].bytes;
		uint64_t least = total ? e->least_dram_bytes : e->streams[i].least_bytes;
		struct object o = object_new();

		put_uint(&o, "bytes", bytes);
		put_uint(&o, "least_bytes", least);
		put_real(&o, "ratio", explain_ratio(bytes, least));
		put(&all, total ? "total" : e->streams[i].name, object_end(&o));
	}
	return object_end(&all);
}

static json_t *cost_of(const struct explain_figures *f, const struct explain_plan *e)
{
	struct object o = object_new();

	put_uint(&o, "macs", e->cost.macs);
	put_uint(&o, "mac_cycles", e->cost.mac_cycles);
	put_uint(&o, "write_cycles", e->cost.out_cycles);
	put_uint(&o, "dram_cycles", e->cost.ddr_cycles);
	put_uint(&o, "cycles", e->cost.cycles);
	put_uint(&o, "critical_cycles", e->critical_cycles);
	put_uint(&o, "least_cycles", f->least.cycles);
	put_text(&o, "bound", e->cost.bound);
	put_real(&o, "utilisation", e->utilisation);
	put_uint(&o, "estimated_ns", e->cost.ns);
	return object_end(&o);
}

static json_t *lists_of(const struct explain_plan *e)
{
	json_t *array = json_array();

	for (uint32_t core = 0; core < e->run_cores; core++) {
		const struct explain_list *list = &e->lists[core];
		struct object o = object_new();

		put_uint(&o, "core", core);
		put_uint(&o, "first_tile", list->first_tile);
		put_uint(&o, "tiles", list->tile_count);
		put_uint(&o, "first_record", list->first_task);
		put_uint(&o, "records", list->task_count);
		put_uint(&o, "cycles", list->cycles);
		push(&array, object_end(&o));
	}
	return array;
}

static json_t *tile_of(const struct compiled_conv *c, const struct tile *t)
{
	struct object o = object_new();
	struct plan_cost cost;

	cost_of_tile(&cost, c->problem, &c->layout, t);
	put_uint(&o, "core", t->core);
	put_uint(&o, "image", t->image);
	put_uint(&o, "slice", t->slice);
	put_uint(&o, "y", t->y);
	put_uint(&o, "y_count", t->y_count);
	put_uint(&o, "k", t->k);
	put_uint(&o, "k_count", t->k_count);
	put_uint(&o, "in_y", t->in_y);
	put_uint(&o, "in_rows", t->in_rows);
	put_uint(&o, "pad_top", t->pad_top);
	put_uint(&o, "c", t->c);
	put_uint(&o, "c_count", t->c_count);
	put_uint(&o, "data_banks", t->data_banks);
	put_uint(&o, "weight_banks", t->weight_banks);
	put_uint(&o, "row_entries", t->row_entries);
	put_uint(&o, "grains", t->grains);
	put_bool(&o, "weight_reuse", t->weight_reuse);
	put_uint(&o, "macs", cost.macs);
	put_uint(&o, "dram_bytes", cost_bytes(&cost));
	put_uint(&o, "cycles", cost.cycles);
	put_text(&o, "bound", cost.bound);
	return object_end(&o);
}

static json_t *tiles_of(const struct compiled_conv *c, const struct plan *plan)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < plan->tile_count; i++)
		push(&array, tile_of(c, &plan->tiles[i]));
	return array;
}

static json_t *plan_of(const struct explain_figures *f, const struct explain_plan *e)
{
	const struct plan *plan = e->plan;
	struct object o = object_new();

	put_uint(&o, "cores", plan->cores);
	put_uint(&o, "run_cores", e->run_cores);
	put(&o, "repeats_plan", e->repeats < 0 ? json_null() : json_integer(e->repeats));
	put_text(&o, "split", plan_split_name(plan->split));
	put_bool(&o, "weights_resident", plan->weights_resident);
	put(&o, "choices", choices_of(plan));
	put_text(&o, "evidence", explain_evidence_name(plan->evidence));
	put_text(&o, "basis", plan_basis_name(plan->basis));
	put_text(&o, "basis_note", plan->basis_note);
	put(&o, "hazards", hazards_of(plan->hazards));
	put(&o, "untested", doubts_of(f->c));
	put(&o, "dram", streams_of(e));
	put(&o, "cost", cost_of(f, e));
	put_uint(&o, "records", e->records);
	put_uint(&o, "barriers", e->barriers);
	put_uint(&o, "deltas", e->deltas);
	put_uint(&o, "command_words", e->words);
	put_uint(&o, "relocations", e->relocs);
	put(&o, "lists", lists_of(e));
	put(&o, "tiles", tiles_of(f->c, plan));
	return object_end(&o);
}

static json_t *bos_of(const struct explain_figures *f)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < EXPLAIN_BO_N; i++) {
		struct object o = object_new();

		put_text(&o, "name", f->bos[i].name);
		put_uint(&o, "flags", f->bos[i].flags);
		put_uint(&o, "bytes", f->bos[i].bytes);
		push(&array, object_end(&o));
	}
	return array;
}

static json_t *syncs_of(const struct explain_figures *f)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < f->sync_count; i++) {
		const struct npub_sync *s = &f->syncs[i];
		struct object o = object_new();

		put_text(&o, "phase", explain_phase_name(s->phase));
		put_text(&o, "bo", f->bos[s->bo].name);
		put_text(&o, "direction", explain_direction_name(s->flags));
		put_uint(&o, "offset", s->offset);
		put_uint(&o, "bytes", s->bytes);
		push(&array, object_end(&o));
	}
	return array;
}

static json_t *plans_of(const struct explain_figures *f)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < f->plan_count; i++)
		push(&array, plan_of(f, &f->plans[i]));
	return array;
}

/* What a captured schedule of the same problem says; null: there is none. */
static json_t *template_of(const struct template_verdict *v)
{
	struct object o;

	if (!v->template)
		return json_null();
	o = object_new();
	put_text(&o, "name", v->template->name);
	put_uint(&o, "differences", v->differences);
	put_text(&o, "note", v->note);
	return object_end(&o);
}

json_t *explain_json(const struct compiled_conv *c, const struct operands *operands)
{
	struct object o = object_new();
	struct explain_operation operation;
	struct explain_figures f;

	explain_figures_of(&f, c);
	explain_operation_of(&operation, c, operands);
	put_text(&o, "schema", EXPLAIN_SCHEMA);
	put_text(&o, "name", c->problem->name);
	put_text(&o, "slug", f.slug);
	put(&o, "problem", problem_of(&f));
	put(&o, "layout", layout_of(&c->layout));
	put(&o, "operation", explain_operation_json(&operation));
	put(&o, "template", template_of(&c->verdict));
	put(&o, "plans", plans_of(&f));
	put(&o, "bos", bos_of(&f));
	put_uint(&o, "records", c->regcmds.task_count);
	put_uint(&o, "command_words", c->regcmds.word_count);
	put_uint(&o, "relocations", c->regcmds.reloc_count);
	put(&o, "syncs", syncs_of(&f));
	return object_end(&o);
}
