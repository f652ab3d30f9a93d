/* npudump's tables. */
#include <string.h>

#include "dump.h"
#include "table.h"

static unsigned long long llu(uint64_t value)
{
	return value;
}

static void dump_header(const struct dump *d)
{
	const struct npub_header *h = d->npub->header;
	struct table *t = table_new("kind|>offset|>bytes|>elements|>each|>crc32c|need");

	fprintf(d->out, "bundle %s\n", d->file->path);
	fprintf(d->out, "  %llu bytes, format %u (readers from %u on), target RK%u\n",
		llu(h->file_bytes), h->version, h->last_compatible_version, h->target);
	fprintf(d->out, "  compiler %.*s, spec digest %016llx\n",
		(int)sizeof(h->compiler), h->compiler, llu(h->spec_digest));
	if (d->verdict != NPURT_OK)
		fprintf(d->out, "  NOT SOUND: %s\n", npurt_strerror(d->verdict));
	fprintf(d->out, "\nsections\n");
	for (uint32_t i = 0; i < h->section_count; i++) {
		const struct npub_section *s = &d->npub->sections[i];

		table_cell(t, "%s", name_of_section(s->kind));
		table_cell(t, "%llu", llu(s->offset));
		table_cell(t, "%llu", llu(s->bytes));
		table_cell(t, "%u", s->elem_count);
		table_cell(t, "%u", s->elem_bytes);
		table_cell(t, "%08x", s->crc);
		table_cell(t, "%s",
			   s->flags & NPUB_SECTION_REQUIRED ? "required" : "optional");
	}
	table_end(t, d->out, 2);
}

static const char *bo_name(const struct npub *b, uint32_t bo)
{
	return npub_string(b, b->bos[bo].name);
}

static void dump_tensors(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	const uint32_t tensors[] = { c->input, c->operand, c->output, c->weights,
				     c->bias };
	struct table *t =
	    table_new("tensor|role|type|user|>scale|>zero|>n|>c|>h|>w|layout|bo|>offset|"
		      ">bytes|>row|>plane|>surfaces");

	for (size_t i = 0; i < sizeof(tensors) / sizeof(tensors[0]); i++) {
		const struct npub_tensor *x;

		if (tensors[i] == NPUB_NONE)
			continue;
		x = &b->tensors[tensors[i]];
		table_cell(t, "%s", npub_string(b, x->name));
		table_cell(t, "%s", name_of_tensor_role(x->role));
		table_cell(t, "%s", name_of_elem(x->elem));
		table_cell(t, "%s", name_of_user_type(x));
		table_cell(t, "%.6g", (double)x->scale);
		table_cell(t, "%d", x->zero_point);
		table_cell(t, "%u", x->n);
		table_cell(t, "%u", x->c);
		table_cell(t, "%u", x->h);
		table_cell(t, "%u", x->w);
		table_cell(t, "%s", name_of_layout(x->layout));
		table_cell(t, "%s", bo_name(b, x->bo));
		table_cell(t, "%llu", llu(x->bo_offset));
		table_cell(t, "%llu", llu(x->bytes));
		table_cell(t, "%u", x->row_pixels);
		table_cell(t, "%u", x->plane_pixels);
		table_cell(t, "%u", x->surfaces);
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

static void dump_bos(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	struct table *t =
	    table_new("bo|role|>bytes|>flags|>align|>data bytes|>data offset");

	for (uint32_t i = 0; i < c->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[c->first_bo + i];

		table_cell(t, "%s", npub_string(b, bo->name));
		table_cell(t, "%s", name_of_bo_role(bo->role));
		table_cell(t, "%llu", llu(bo->bytes));
		table_cell(t, "0x%x", bo->flags);
		table_cell(t, "%u", bo->align);
		table_cell(t, "%llu", llu(bo->data_bytes));
		table_cell(t, "%llu", llu(bo->data_offset));
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

static void dump_plans(const struct dump *d, const struct npub_conv *c)
{
	struct table *t =
	    table_new(">cores|split|evidence|hazards|tasks of each core|>macs|"
		      ">dram bytes|>estimate us");

	for (uint32_t i = 0; i < c->plan_count; i++) {
		const struct npub_plan *p = &d->npub->plans[c->first_plan + i];
		char hazards[HAZARD_TEXT_BYTES], lists[96];
		size_t used = 0;

		if (!dump_wants_plan(d, p))
			continue;
		for (uint32_t k = 0; k < p->cores; k++)
			used += (size_t)snprintf(
			    lists + used, sizeof(lists) - used, "%s[%u, +%u)",
			    k ? " " : "", p->list[k].first_task, p->list[k].task_count);
		table_cell(t, "%u", p->cores);
		table_cell(t, "%s", name_of_split(p->split));
		table_cell(t, "%s", name_of_evidence(p->evidence));
		table_cell(t, "%s", hazard_text(hazards, p->hazards));
		table_cell(t, "%s", lists);
		table_cell(t, "%llu", llu(p->macs));
		table_cell(t, "%llu", llu(p->dram_bytes));
		table_cell(t, "%.1f", (double)p->cost_ns / 1e3);
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

static void dump_conv_line(const struct dump *d, const struct npub_conv *c,
			   uint32_t index)
{
	fprintf(
	    d->out,
	    "\nconv %u %s: %s %s, batch %u, %u x %u x %u -> %u x %u x %u, kernel %u x "
	    "%u,\n"
	    "  stride %u x %u, padding top %u left %u bottom %u right %u, dilation %u x "
	    "%u, groups %u\n",
	    index, npub_string(d->npub, c->name), name_of_mode(c->mode),
	    name_of_elem(c->elem), c->batch, c->in_c, c->in_h, c->in_w, c->out_c,
	    c->out_h, c->out_w, c->kernel_h, c->kernel_w, c->stride_y, c->stride_x,
	    c->pad_top, c->pad_left, c->pad_bottom, c->pad_right, c->dilation_y,
	    c->dilation_x, c->groups);
	fprintf(d->out, "  %u command words at %u of BO %s\n", c->word_count,
		c->regcmd_bo_offset, bo_name(d->npub, c->regcmd_bo));
}

static void dump_tasks(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	struct table *t = table_new(">task|>cores|>core|>flags|>op|>enable|>int mask|"
				    ">int clear|>amount|>offset|>regcmd");

	for (uint32_t i = 0; i < c->task_count; i++) {
		const struct npub_task *task = &b->tasks[c->first_task + i];
		struct task_owner owner = { 0, 0 };

		if (!dump_wants_task(d, c, i))
			continue;
		table_cell(t, "%u", i);
		if (task_owner(&owner, b, c, i)) {
			table_cell(t, "%u", owner.cores);
			table_cell(t, "%u", owner.core);
		} else {
			table_cell(t, "-");
			table_cell(t, "-");
		}
		table_cell(t, "0x%x", task->flags);
		table_cell(t, "%u", task->op_idx);
		table_cell(t, "0x%02x", task->enable_mask);
		table_cell(t, "0x%03x", task->int_mask);
		table_cell(t, "0x%05x", task->int_clear);
		table_cell(t, "%u", task->regcfg_amount);
		table_cell(t, "%u", task->regcfg_offset);
		table_cell(t, "0x%llx", llu(task->regcmd_addr));
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

static void dump_syncs(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	struct table *t = table_new("sync|bo|direction|>offset|>bytes");

	for (uint32_t i = 0; i < c->sync_count; i++) {
		const struct npub_sync *s = &b->syncs[c->first_sync + i];

		table_cell(t, "%s", name_of_phase(s->phase));
		table_cell(t, "%s", bo_name(b, s->bo));
		table_cell(t, "%s%s%s", s->flags & NPUB_SYNC_TO_DEVICE ? "to" : "",
			   s->flags == 3 ? "+" : "",
			   s->flags & NPUB_SYNC_FROM_DEVICE ? "from" : "");
		table_cell(t, "%llu", llu(s->offset));
		table_cell(t, "%llu", llu(s->bytes));
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

static void dump_relocs(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	struct table *t = table_new(">word|register|bo|>offset");

	for (uint32_t i = 0; i < c->reloc_count; i++) {
		const struct npub_reloc *r = &b->relocs[c->first_reloc + i];
		char text[REG_TEXT_BYTES];

		table_cell(t, "%u", r->word);
		table_cell(
		    t, "%s",
		    reg_text(text, npu_word_unpack(b->words[c->first_word + r->word])));
		table_cell(t, "%s", bo_name(b, r->bo));
		table_cell(t, "0x%llx", llu(r->addend));
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

static void dump_tiles(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	struct table *t =
	    table_new(">task|>core|>image|>y|>rows|>k|>kernels|>c|>chans|>in y|"
		      ">in rows|>pad top|>data banks|>weight banks|>entries|"
		      ">grains");

	for (uint32_t i = 0; i < b->debug_count; i++) {
		const struct npub_debug_tile *x = &b->debug[i];
		uint32_t task = x->task - c->first_task;
		const uint32_t cells[] = { task,
					   x->core,
					   x->image,
					   x->y,
					   x->y_count,
					   x->k,
					   x->k_count,
					   x->c,
					   x->c_count,
					   x->in_y,
					   x->in_rows,
					   x->pad_top,
					   x->data_banks,
					   x->weight_banks,
					   x->entries_per_row,
					   x->grains };

		if (task >= c->task_count || !dump_wants_task(d, c, task))
			continue;
		for (size_t k = 0; k < sizeof(cells) / sizeof(cells[0]); k++)
			table_cell(t, "%u", cells[k]);
	}
	fprintf(d->out, "\n");
	table_end(t, d->out, 2);
}

void dump_text(const struct dump *d)
{
	static const struct {
		uint32_t part;
		void (*print)(const struct dump *d, const struct npub_conv *c);
	} printers[] = {
		{ DUMP_TENSORS, dump_tensors },	  { DUMP_OP, dump_op },
		{ DUMP_CHANNELS, dump_channels }, { DUMP_BOS, dump_bos },
		{ DUMP_TASKS, dump_plans },	  { DUMP_TASKS, dump_tasks },
		{ DUMP_DEBUG, dump_tiles },	  { DUMP_SYNCS, dump_syncs },
		{ DUMP_RELOCS, dump_relocs },	  { DUMP_REGS, dump_regs },
	};

	if (d->parts & DUMP_HEADER)
		dump_header(d);
	for (uint32_t i = 0; i < d->npub->conv_count; i++) {
		const struct npub_conv *c = &d->npub->convs[i];

		if (!dump_wants_conv(d, i))
			continue;
		if (d->parts & ~DUMP_HEADER)
			dump_conv_line(d, c, i);
		for (size_t k = 0; k < sizeof(printers) / sizeof(printers[0]); k++)
			if (d->parts & printers[k].part)
				printers[k].print(d, c);
	}
}
