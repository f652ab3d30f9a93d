/* The whole bundle as JSON; docs/tools.md has the schema. */
#include <string.h>

#include "dump.h"
#include "json_put.h"

static json_t *array_in(json_t *object, const char *key)
{
	json_t *array = json_array();

	put(object, key, array);
	return array;
}

static json_t *object_in(json_t *array)
{
	json_t *object = json_object();

	json_array_append_new(array, object);
	return object;
}

static void put_pair(json_t *o, const char *key, uint32_t a, uint32_t b)
{
	json_t *pair = array_in(o, key);

	append_u(pair, a);
	append_u(pair, b);
}

static void put_header(json_t *o, const struct dump *d)
{
	const struct npub_header *h = d->npub->header;
	char compiler[sizeof(h->compiler) + 1] = "";
	json_t *sections;

	memcpy(compiler, h->compiler, sizeof(h->compiler));
	put_s(o, "compiler", compiler);
	put_u(o, "version", h->version);
	put_u(o, "last_compatible_version", h->last_compatible_version);
	put_u(o, "target", h->target);
	put_u(o, "bytes", h->file_bytes);
	put_hex(o, "spec_digest", h->spec_digest, 16);
	put_bool(o, "sound", d->verdict == NPURT_OK);
	if (d->verdict != NPURT_OK) {
		put_s(o, "error", npurt_errname(d->verdict));
		put_s(o, "error_detail", d->verdict_place.detail);
	}
	sections = array_in(o, "sections");
	for (uint32_t i = 0; i < h->section_count; i++) {
		const struct npub_section *s = &d->npub->sections[i];
		json_t *x = object_in(sections);

		put_s(x, "kind", name_of_section(s->kind));
		put_u(x, "code", s->kind);
		put_bool(x, "required", s->flags & NPUB_SECTION_REQUIRED);
		put_u(x, "offset", s->offset);
		put_u(x, "bytes", s->bytes);
		put_u(x, "elem_bytes", s->elem_bytes);
		put_u(x, "elem_count", s->elem_count);
		put_hex(x, "crc32c", s->crc, 8);
	}
}

static void put_tensor(json_t *o, const char *key, const struct npub *b, uint32_t index)
{
	const struct npub_tensor *t;
	json_t *x, *shape;

	if (index == NPUB_NONE) {
		put(o, key, json_null());
		return;
	}
	t = &b->tensors[index];
	x = json_object();
	put(o, key, x);
	put_s(x, "name", npub_string(b, t->name));
	put_s(x, "type", name_of_elem(t->elem));
	put_s(x, "user_type", name_of_user_type(t));
	put_s(x, "layout", name_of_layout(t->layout));
	shape = array_in(x, "shape");
	append_u(shape, t->n);
	append_u(shape, t->c);
	append_u(shape, t->h);
	append_u(shape, t->w);
	put_s(x, "bo", npub_string(b, b->bos[t->bo].name));
	put_u(x, "bo_offset", t->bo_offset);
	put_u(x, "bytes", t->bytes);
	put_u(x, "image_bytes", t->image_bytes);
	put_u(x, "row_pixels", t->row_pixels);
	put_u(x, "plane_pixels", t->plane_pixels);
	put_u(x, "surfaces", t->surfaces);
	put_real(x, "scale", (double)t->scale);
	put_i(x, "zero_point", t->zero_point);
}

static void put_bos(json_t *o, const struct npub *b, const struct npub_conv *c)
{
	json_t *bos = array_in(o, "bos");

	for (uint32_t i = 0; i < c->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[c->first_bo + i];
		json_t *x = object_in(bos);

		put_s(x, "name", npub_string(b, bo->name));
		put_s(x, "role", name_of_bo_role(bo->role));
		put_u(x, "bytes", bo->bytes);
		put_u(x, "flags", bo->flags);
		put_u(x, "align", bo->align);
		put_u(x, "data_offset", bo->data_offset);
		put_u(x, "data_bytes", bo->data_bytes);
	}
}

static void put_plans(json_t *o, const struct dump *d, const struct npub_conv *c)
{
	json_t *plans = array_in(o, "plans");

	for (uint32_t i = 0; i < c->plan_count; i++) {
		const struct npub_plan *p = &d->npub->plans[c->first_plan + i];
		char hazards[HAZARD_TEXT_BYTES];
		json_t *x, *lists;

		if (!dump_wants_plan(d, p))
			continue;
		x = object_in(plans);
		put_u(x, "cores", p->cores);
		put_s(x, "split", name_of_split(p->split));
		put_s(x, "evidence", name_of_evidence(p->evidence));
		put_s(x, "hazards", hazard_text(hazards, p->hazards));
		lists = array_in(x, "lists");
		for (uint32_t k = 0; k < p->cores; k++) {
			json_t *list = object_in(lists);

			put_u(list, "core", k);
			put_u(list, "first_task", p->list[k].first_task);
			put_u(list, "task_count", p->list[k].task_count);
		}
		put_u(x, "macs", p->macs);
		put_u(x, "dram_bytes", p->dram_bytes);
		put_u(x, "cost_ns", p->cost_ns);
	}
}

static json_t *word_object(const struct npub *b, const struct npub_conv *c,
			   uint32_t index)
{
	uint64_t raw = b->words[c->first_word + index];
	struct npu_word word = npu_word_unpack(raw);
	const struct npub_reloc *reloc = record_reloc(b, c, index);
	enum npu_reg reg = reg_of_word(word);
	char name[REG_TEXT_BYTES];
	json_t *x = json_object(), *fields;
	enum npu_field first;
	uint32_t count;

	put_u(x, "word", index);
	put_hex(x, "command", raw, 16);
	put_s(x, "register", reg_text(name, word));
	put_u(x, "value", word.value);
	if (reloc) {
		json_t *r = json_object();

		put_s(r, "bo", npub_string(b, b->bos[reloc->bo].name));
		put_u(r, "offset", reloc->addend);
		put(x, "address", r);
	}
	if (reg == NPU_REG_N)
		return x;
	fields = json_object();
	npu_reg_fields(reg, &first, &count);
	for (uint32_t i = 0; i < count; i++)
		put_u(fields, npu_fields[first + i].name,
		      npu_field_unpack(word.value, (enum npu_field)(first + i)));
	put(x, "fields", fields);
	return x;
}

static void put_task(json_t *x, const struct npub *b, const struct npub_conv *c,
		     uint32_t i)
{
	struct task_owner owner;
	struct record r;
	json_t *body, *tail;

	record_find(&r, b, c, i);
	put_u(x, "task", i);
	if (task_owner(&owner, b, c, i)) {
		put_u(x, "cores", owner.cores);
		put_u(x, "core", owner.core);
	}
	put_u(x, "flags", r.task->flags);
	put_u(x, "op_idx", r.task->op_idx);
	put_u(x, "enable_mask", r.task->enable_mask);
	put_u(x, "int_mask", r.task->int_mask);
	put_u(x, "int_clear", r.task->int_clear);
	put_u(x, "int_status", r.task->int_status);
	put_u(x, "regcfg_amount", r.task->regcfg_amount);
	put_u(x, "regcfg_offset", r.task->regcfg_offset);
	put_u(x, "regcmd_offset", r.task->regcmd_addr);
	body = array_in(x, "body");
	for (uint32_t k = 0; k < r.body_words; k++)
		json_array_append_new(body, word_object(b, c, r.first_word + k));
	tail = array_in(x, "tail");
	for (uint32_t k = r.body_words; k < r.body_words + r.tail_words; k++)
		json_array_append_new(tail, word_object(b, c, r.first_word + k));
}

static void put_syncs(json_t *o, const struct npub *b, const struct npub_conv *c)
{
	json_t *syncs = array_in(o, "syncs");

	for (uint32_t i = 0; i < c->sync_count; i++) {
		const struct npub_sync *s = &b->syncs[c->first_sync + i];
		json_t *x = object_in(syncs);

		put_s(x, "phase", name_of_phase(s->phase));
		put_s(x, "bo", npub_string(b, b->bos[s->bo].name));
		put_u(x, "flags", s->flags);
		put_u(x, "offset", s->offset);
		put_u(x, "bytes", s->bytes);
	}
}

static void put_tiles(json_t *o, const struct dump *d, const struct npub_conv *c)
{
	json_t *tiles = array_in(o, "tiles");

	for (uint32_t i = 0; i < d->npub->debug_count; i++) {
		const struct npub_debug_tile *t = &d->npub->debug[i];
		json_t *x;

		if (t->task - c->first_task >= c->task_count ||
		    !dump_wants_task(d, c, t->task - c->first_task))
			continue;
		x = object_in(tiles);
		put_u(x, "task", t->task - c->first_task);
		put_u(x, "core", t->core);
		put_u(x, "image", t->image);
		put_u(x, "y", t->y);
		put_u(x, "y_count", t->y_count);
		put_u(x, "k", t->k);
		put_u(x, "k_count", t->k_count);
		put_u(x, "c", t->c);
		put_u(x, "c_count", t->c_count);
		put_u(x, "in_y", t->in_y);
		put_u(x, "in_rows", t->in_rows);
		put_u(x, "pad_top", t->pad_top);
		put_u(x, "data_banks", t->data_banks);
		put_u(x, "weight_banks", t->weight_banks);
		put_u(x, "entries_per_row", t->entries_per_row);
		put_u(x, "grains", t->grains);
	}
}

static void put_geometry(json_t *x, const struct npub_conv *c)
{
	json_t *pad;

	put_s(x, "mode", name_of_mode(c->mode));
	put_u(x, "batch", c->batch);
	put_u(x, "in_c", c->in_c);
	put_pair(x, "in_hw", c->in_h, c->in_w);
	put_u(x, "out_c", c->out_c);
	put_pair(x, "out_hw", c->out_h, c->out_w);
	put_pair(x, "kernel", c->kernel_h, c->kernel_w);
	put_pair(x, "stride", c->stride_y, c->stride_x);
	pad = array_in(x, "pad");
	append_u(pad, c->pad_top);
	append_u(pad, c->pad_left);
	append_u(pad, c->pad_bottom);
	append_u(pad, c->pad_right);
	put_pair(x, "dilation", c->dilation_y, c->dilation_x);
	put_u(x, "groups", c->groups);
}

static void put_conv(json_t *x, const struct dump *d, uint32_t index)
{
	const struct npub *b = d->npub;
	const struct npub_conv *c = &b->convs[index];
	json_t *tasks;

	put_u(x, "index", index);
	put_s(x, "name", npub_string(b, c->name));
	put_geometry(x, c);
	put_tensor(x, "input", b, c->input);
	put_tensor(x, "output", b, c->output);
	put_tensor(x, "weights", b, c->weights);
	put_tensor(x, "bias", b, c->bias);
	put_tensor(x, "operand", b, c->operand);
	put(x, "op", op_object(c));
	put(x, "channels", channel_array(b, c));
	put_bos(x, b, c);
	put_s(x, "task_bo", npub_string(b, b->bos[c->task_bo].name));
	put_s(x, "regcmd_bo", npub_string(b, b->bos[c->regcmd_bo].name));
	put_u(x, "regcmd_bo_offset", c->regcmd_bo_offset);
	put_u(x, "word_count", c->word_count);
	put_plans(x, d, c);
	put_syncs(x, b, c);
	put_tiles(x, d, c);
	tasks = array_in(x, "tasks");
	for (uint32_t i = 0; i < c->task_count; i++)
		if (dump_wants_task(d, c, i))
			put_task(object_in(tasks), b, c, i);
}

json_t *dump_json(const struct dump *d)
{
	json_t *document = json_object(), *convs;

	put_header(document, d);
	convs = array_in(document, "convs");
	for (uint32_t i = 0; i < d->npub->conv_count; i++)
		if (dump_wants_conv(d, i))
			put_conv(object_in(convs), d, i);
	return document;
}
