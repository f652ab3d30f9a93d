/* The disassembly: every word of every record. */
#include "dump.h"
#include "table.h"

/* "DATA_BANK=11 WEIGHT_BANK=1": the fields that are not zero, "" when all are. */
static void field_text(char *text, size_t room, enum npu_reg reg, uint32_t value)
{
	enum npu_field first;
	uint32_t count;
	size_t used = 0;

	text[0] = '\0';
	npu_reg_fields(reg, &first, &count);
	for (uint32_t i = 0; i < count && used < room; i++) {
		enum npu_field field = (enum npu_field)(first + i);
		uint32_t plain = npu_field_unpack(value, field);
		bool shown =
		    value >> npu_fields[field].lo &
		    (UINT32_MAX >> (31 - npu_fields[field].hi + npu_fields[field].lo));

		/* A stored 0 that means 1 says something; other zeros do not. */
		if (!shown && npu_fields[field].kind != NPU_FIELD_MINUS1)
			continue;
		used += (size_t)snprintf(
		    text + used, room - used,
		    npu_fields[field].kind == NPU_FIELD_ADDR ? "%s%s=0x%x" : "%s%s=%u",
		    used ? " " : "", npu_fields[field].name, plain);
	}
}

/* "task 3" when the address is that of a record: where a tail goes on. */
static void target_text(char *text, size_t room, const struct npub *b,
			const struct npub_conv *c, const struct npub_reloc *reloc)
{
	text[0] = '\0';
	for (uint32_t i = 0; i < c->task_count; i++)
		if (reloc->bo == c->regcmd_bo &&
		    b->tasks[c->first_task + i].regcmd_addr + c->regcmd_bo_offset ==
			reloc->addend)
			snprintf(text, room, "task %u", i);
}

static void word_row(struct table *t, const struct dump *d, const struct npub_conv *c,
		     uint32_t index)
{
	const struct npub *b = d->npub;
	uint64_t raw = b->words[c->first_word + index];
	struct npu_word word = npu_word_unpack(raw);
	const struct npub_reloc *reloc = record_reloc(b, c, index);
	enum npu_reg reg = reg_of_word(word);
	char name[REG_TEXT_BYTES], fields[512];
	uint32_t stray = 0;

	table_cell(t, "%u", index);
	table_cell(t, "%016llx", (unsigned long long)raw);
	table_cell(t, "%s", reg_text(name, word));
	if (reloc) {
		table_cell(t, "%s+0x%llx", npub_string(b, b->bos[reloc->bo].name),
			   (unsigned long long)reloc->addend);
		target_text(fields, sizeof(fields), b, c, reloc);
		table_cell(t, "%s", fields);
		return;
	}
	table_cell(t, "0x%08x", word.value);
	if (reg == NPU_REG_N) {
		table_cell(t, "%s", "");
		return;
	}
	field_text(fields, sizeof(fields), reg, word.value);
	stray = word.value & ~npu_reg_known_bits(reg);
	if (stray)
		table_cell(t, "%s%sUNKNOWN_BITS=0x%x", fields, fields[0] ? " " : "",
			   stray);
	else
		table_cell(t, "%s", fields);
}

static void dump_record(const struct dump *d, const struct npub_conv *c, uint32_t task)
{
	struct task_owner owner;
	struct record r;
	struct table *t;

	record_find(&r, d->npub, c, task);
	fprintf(d->out, "\n  task %u", task);
	if (task_owner(&owner, d->npub, c, task))
		fprintf(d->out, " (plan of %u core%s, core %u)", owner.cores,
			owner.cores == 1 ? "" : "s", owner.core);
	if (r.body_words < r.task->regcfg_amount || r.tail_words < NPU_TAIL_WORDS)
		fprintf(d->out,
			" does not lie inside the conv's commands: %u words at 0x%llx",
			r.task->regcfg_amount, (unsigned long long)r.task->regcmd_addr);
	fprintf(d->out, "\n");
	if (!r.words)
		return;
	t = table_new(">word|command|register|value|fields");
	for (uint32_t i = 0; i < r.body_words + r.tail_words; i++)
		word_row(t, d, c, r.first_word + i);
	table_end(t, d->out, 4);
}

void dump_regs(const struct dump *d, const struct npub_conv *c)
{
	for (uint32_t i = 0; i < c->task_count; i++)
		if (dump_wants_task(d, c, i))
			dump_record(d, c, i);
}
