/*
 * The task buffer's dump and the live command window against the bundle.
 *
 * A running job has device addresses where the bundle has offsets.  They are taken
 * out before comparing: a record's address and a chain word count from the window,
 * a data register from the start of its buffer.
 */
#include "verify/evidence.h"

#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"

#define VENDOR_OP_IDX 1u

static void check_field(const struct evidence *ev, uint32_t index, const char *what,
			enum log_field field, uint64_t want, struct report *report)
{
	uint64_t found = evidence_get(ev, ev->tasks[index], field);
	char place[LOG_PLACE_BYTES];

	if (found != want)
		report_fail(report, "%s: record %u has %s 0x%llx, not 0x%llx",
			    evidence_place(ev, ev->tasks[index], place), index, what,
			    (unsigned long long)found, (unsigned long long)want);
}

static bool known_mask(uint32_t mask)
{
	return mask == NPU_MASK_CONV || mask == NPU_MASK_CONV_RDMA ||
	       mask == NPU_MASK_BARRIER;
}

/* What every record of the vendor's has, whatever the conv. */
static void check_plausible(const struct evidence *ev, uint32_t index,
			    struct report *report)
{
	uint32_t row = ev->tasks[index];
	uint32_t mask = (uint32_t)evidence_get(ev, row, LF_ENABLE_MASK);
	uint32_t status = (uint32_t)evidence_get(ev, row, LF_INT_STATUS);
	uint32_t int_mask = (uint32_t)evidence_get(ev, row, LF_INT_MASK);
	char place[LOG_PLACE_BYTES];

	evidence_place(ev, row, place);
	check_field(ev, index, "flags", LF_FLAGS, 0, report);
	check_field(ev, index, "op_idx", LF_OP_IDX, VENDOR_OP_IDX, report);
	check_field(ev, index, "int_clear", LF_INT_CLEAR, NPU_INT_CLEAR_ALL, report);
	check_field(ev, index, "regcfg_offset", LF_REGCFG_OFFSET, 0, report);
	if (!known_mask(mask))
		report_fail(report, "%s: record %u enables blocks 0x%x", place, index,
			    mask);
	/* the driver writes the status of a finished list into its last record */
	if (status && !evidence_irq_completes(status, int_mask))
		report_fail(report, "%s: record %u ended with status 0x%x, awaited 0x%x",
			    place, index, status, int_mask);
	if (evidence_get(ev, row, LF_REGCMD_ADDR) % NPU_RECORD_ALIGN_BYTES ||
	    evidence_get(ev, row, LF_REGCMD_ADDR) > NPU_MAX_ADDRESS)
		report_fail(report, "%s: record %u has its commands at 0x%llx", place,
			    index,
			    (unsigned long long)evidence_get(ev, row, LF_REGCMD_ADDR));
}

static void check_record(const struct evidence *ev, uint32_t index, struct report *report)
{
	const struct npub_task *t = &ev->bundle->tasks[ev->conv->first_task + index];

	check_field(ev, index, "flags", LF_FLAGS, t->flags, report);
	check_field(ev, index, "op_idx", LF_OP_IDX, t->op_idx, report);
	check_field(ev, index, "enable_mask", LF_ENABLE_MASK, t->enable_mask, report);
	check_field(ev, index, "int_mask", LF_INT_MASK, t->int_mask, report);
	check_field(ev, index, "int_clear", LF_INT_CLEAR, t->int_clear, report);
	check_field(ev, index, "regcfg_amount", LF_AMOUNT, t->regcfg_amount, report);
	check_field(ev, index, "regcfg_offset", LF_REGCFG_OFFSET, t->regcfg_offset,
		    report);
	check_field(ev, index, "regcmd_addr", LF_REGCMD_ADDR,
		    ev->window_dma + t->regcmd_addr, report);
}

void evidence_check_tasks(const struct evidence *ev, struct report *report)
{
	uint32_t noise = ev->log->form_rows[LOG_TASK_LIKE] - ev->task_count;

	report_item(report, "task-object", "%u records%s; %u look-alikes passed over",
		    ev->task_count, ev->conv ? " as in the bundle" : " plausible", noise);
	if (!ev->task_count) {
		report_skip(report, "no task_like rows of the task buffer");
		return;
	}
	if (ev->conv && ev->task_count != ev->conv->task_count)
		report_fail(report, "the task buffer holds %u records, the bundle's %u",
			    ev->task_count, ev->conv->task_count);
	for (uint32_t i = 0; i < ev->task_count; i++) {
		check_plausible(ev, i, report);
		if (ev->conv && i < ev->conv->task_count)
			check_record(ev, i, report);
	}
}

/* Where each buffer's address registers count from, as the window itself shows. */
struct bases {
	bool known[EVIDENCE_ROLES];
	uint64_t base[EVIDENCE_ROLES];
};

/* The record that holds word `word` of the bundle's window, for messages. */
static uint32_t record_of_word(const struct evidence *ev, uint32_t word)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < ev->conv->task_count; i++) {
		const struct npub_task *t = &ev->bundle->tasks[ev->conv->first_task + i];

		if (t->regcmd_addr / NPU_WORD_BYTES <= word)
			best = i;
	}
	return best;
}

static const char *word_name(struct npu_word w, char buf[64])
{
	enum npu_reg reg = npu_reg_from_offset(w.offset);

	if (reg == NPU_REG_N)
		snprintf(buf, 64, "target 0x%04x offset 0x%04x", w.target, w.offset);
	else
		snprintf(buf, 64, "%s.%s", npu_block_name(npu_regs[reg].block),
			 npu_regs[reg].name);
	return buf;
}

static void fail_word(const struct evidence *ev, uint32_t word, uint64_t found,
		      uint64_t want, struct report *report)
{
	struct npu_word a = npu_word_unpack(found), b = npu_word_unpack(want);
	char name[64], wanted[64];

	if (a.target != b.target || a.offset != b.offset)
		report_fail(report, "word %u, record %u: writes %s, the bundle %s", word,
			    record_of_word(ev, word), word_name(a, name),
			    word_name(b, wanted));
	else
		report_fail(report, "word %u, record %u: %s is 0x%x, the bundle's 0x%x",
			    word, record_of_word(ev, word), word_name(b, name), a.value,
			    b.value);
}

/* A word that the runtime has made an address. */
static void check_address(const struct evidence *ev, uint32_t word, uint64_t want_word,
			  const struct npub_reloc *reloc, struct bases *bases,
			  struct report *report)
{
	struct npu_word live = npu_word_unpack(ev->words[word]);
	struct npu_word want = npu_word_unpack(want_word);
	uint32_t role = ev->bundle->bos[reloc->bo].role;
	uint64_t offset = reloc->addend;

	/* the first address of a buffer settles the base, all others must agree */
	if (live.target == want.target && live.offset == want.offset &&
	    role < EVIDENCE_ROLES) {
		if (!bases->known[role]) {
			bases->known[role] = true;
			bases->base[role] = live.value - offset;
		}
		want.value = (uint32_t)(bases->base[role] + offset);
	}
	if (npu_word_pack(live) != npu_word_pack(want))
		fail_word(ev, word, npu_word_pack(live), npu_word_pack(want), report);
}

static void compare_words(const struct evidence *ev, struct bases *bases,
			  struct report *report)
{
	const struct npub_conv *conv = ev->conv;
	const struct npub_reloc *reloc = ev->bundle->relocs + conv->first_reloc;
	const struct npub_reloc *end = reloc + conv->reloc_count;

	for (uint32_t i = 0; i < ev->word_count; i++) {
		uint64_t want = ev->bundle->words[conv->first_word + i];

		while (reloc < end && reloc->word < i)
			reloc++;
		if (reloc < end && reloc->word == i)
			check_address(ev, i, want, reloc, bases, report);
		else if (ev->words[i] != want)
			fail_word(ev, i, ev->words[i], want, report);
	}
}

/*
 * Whether a buffer's addresses lie where the run put it.  The runtime binds the
 * tensors to their own buffers, or to the internal arena: input, then output.
 */
static bool base_fits(const struct evidence *ev, uint32_t role, uint64_t base)
{
	const struct evidence_bo *internal = &ev->bos[NPUB_BO_INTERNAL];

	if (role >= ev->bo_count || !ev->bos[role].dma || base == ev->bos[role].dma)
		return true;
	if (role == NPUB_BO_INPUT)
		return base == internal->dma;
	return role == NPUB_BO_OUTPUT &&
	       base == internal->dma + ev->bos[NPUB_BO_INPUT].size;
}

static void check_bases(const struct evidence *ev, const struct bases *bases,
			struct report *report)
{
	for (uint32_t role = 0; role < EVIDENCE_ROLES; role++) {
		if (bases->known[role] && !base_fits(ev, role, bases->base[role]))
			report_fail(
			    report,
			    "%s addresses count from 0x%llx, the buffer is at 0x%llx",
			    evidence_role_names[role],
			    (unsigned long long)bases->base[role],
			    (unsigned long long)ev->bos[role].dma);
	}
	if (bases->known[NPUB_BO_WEIGHT] && ev->window_dma &&
	    bases->base[NPUB_BO_WEIGHT] + ev->conv->regcmd_bo_offset != ev->window_dma)
		report_fail(report,
			    "chain words count from 0x%llx, the window is at 0x%llx",
			    (unsigned long long)(bases->base[NPUB_BO_WEIGHT] +
						 ev->conv->regcmd_bo_offset),
			    (unsigned long long)ev->window_dma);
}

void evidence_check_window(const struct evidence *ev, struct report *report)
{
	struct bases bases = { 0 };

	report_item(report, "regcmd-window", "%u words as in the bundle", ev->word_count);
	if (!ev->word_count) {
		report_skip(report, "no QWORD_WINDOW");
		return;
	}
	if (!ev->conv) {
		report_skip(report, "%u words, no bundle to compare with",
			    ev->word_count);
		return;
	}
	if (ev->word_count != ev->conv->word_count) {
		report_fail(report, "the window holds %u words, the bundle's %u",
			    ev->word_count, ev->conv->word_count);
		return;
	}
	if (evidence_get(ev, ev->window, LF_OFFSET) != ev->conv->regcmd_bo_offset)
		report_fail(report,
			    "the window is at %llu of its buffer, the bundle's at %u",
			    (unsigned long long)evidence_get(ev, ev->window, LF_OFFSET),
			    ev->conv->regcmd_bo_offset);
	compare_words(ev, &bases, report);
	check_bases(ev, &bases, report);
}
