/*
 * npudump's parts: what to show, records of a conv, and the four printers.
 */
#ifndef DUMP_H
#define DUMP_H

#include <jansson.h>
#include <stdio.h>

#include "bundle_file.h"
#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"

/* Parts of the text form; none chosen means DUMP_DEFAULT. */
#define DUMP_HEADER 1u
#define DUMP_TENSORS 2u
#define DUMP_BOS 4u
#define DUMP_TASKS 8u
#define DUMP_REGS 16u
#define DUMP_SYNCS 32u
#define DUMP_RELOCS 64u
#define DUMP_DEBUG 128u
#define DUMP_OP 256u
#define DUMP_CHANNELS 512u
#define DUMP_DEFAULT                                                                     \
	(DUMP_HEADER | DUMP_TENSORS | DUMP_OP | DUMP_BOS | DUMP_TASKS | DUMP_SYNCS)

struct dump {
	const struct bundle_file *file;
	const struct npub *npub;
	uint32_t parts;
	uint32_t conv;		/* NPUB_NONE: all */
	uint32_t cores;		/* only this plan's tasks; 0: all */
	uint32_t task;		/* only this record of a conv; NPUB_NONE: all */
	enum npurt_err verdict; /* of npurt_verify() */
	struct npurt_error verdict_place;
	FILE *out;
};

/* One record's words, as far as they lie inside the conv's commands. */
struct record {
	const struct npub_task *task;
	uint32_t first_word; /* counted from the conv's first word */
	const uint64_t *words;
	uint32_t body_words, tail_words; /* 0 when the task points elsewhere */
};

void record_find(struct record *r, const struct npub *b, const struct npub_conv *c,
		 uint32_t task);

/* The relocation of a word of the conv, or NULL. */
const struct npub_reloc *record_reloc(const struct npub *b, const struct npub_conv *c,
				      uint32_t word);

/* Where a task belongs: the first plan and list that have it.  False: none. */
struct task_owner {
	uint32_t cores, core;
};
bool task_owner(struct task_owner *owner, const struct npub *b, const struct npub_conv *c,
		uint32_t task);

/* Whether the filters let a conv or a task through. */
bool dump_wants_conv(const struct dump *d, uint32_t conv);
bool dump_wants_plan(const struct dump *d, const struct npub_plan *plan);
bool dump_wants_task(const struct dump *d, const struct npub_conv *c, uint32_t task);

/* "CNA.CBUF_CON0", or "CNA.R1234" for an offset without a name; returns `text`. */
#define REG_TEXT_BYTES 48
char *reg_text(char text[REG_TEXT_BYTES], struct npu_word word);
/* The register a word writes; NPU_REG_N when the table has none. */
enum npu_reg reg_of_word(struct npu_word word);

void dump_text(const struct dump *d);
void dump_regs(const struct dump *d, const struct npub_conv *c);
/* The output stage as formulas with this conv's constants; its values by channel. */
void dump_op(const struct dump *d, const struct npub_conv *c);
void dump_channels(const struct dump *d, const struct npub_conv *c);

/* "bias,per-channel,relu", or "none"; returns `text`. */
#define OP_TEXT_BYTES 64
char *op_text(char text[OP_TEXT_BYTES], const struct npub_op *op);

/* Everything; the caller frees.  NULL when out of memory. */
json_t *dump_json(const struct dump *d);

/* Parts of it: the constants, and what there is for each channel. */
json_t *op_object(const struct npub_conv *c);
json_t *channel_array(const struct npub *b, const struct npub_conv *c);

/* The capture form of the chosen convs: an object, or an array of several. */
json_t *dump_capture(const struct dump *d);
/* Its part about runs: an array with one for each plan that is wanted. */
json_t *dump_capture_runs(const struct dump *d, const struct npub_conv *c);

#endif
