/*
 * Templates: captured schedules in schedules/, as evidence for the formula's plans.
 *
 * A template holds a conv problem and, for each number of cores, every record of
 * the captured task lists with all register writes in order (docs/templates.md).
 * It is data only: nothing in the compiler depends on what a template says, but
 * the plan of a problem that a template describes is compared with it, and rests
 * on that evidence when nothing differs.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdio.h>

#include "hw/npu_regs.h"
#include "plan/plan.h"

struct capture;
struct compiled_conv;
struct evidence;

#define TEMPLATE_FORMAT "npucc-template/1"
#define TEMPLATE_MAX_BYTES (4u << 20) /* of one file */
#define TEMPLATE_MAX_RECORDS 4096u
#define TEMPLATE_MAX_WRITES 160u /* of one record */
#define TEMPLATE_MAX_SYNCS 64u
#define TEMPLATE_MAX_NOTES 16u
#define TEMPLATE_MAX_HAZARDS 4u
#define TEMPLATE_MAX_TEXT 600u /* bytes of a note */
#define TEMPLATE_BOS 5u	       /* enum npub_bo_role, in order of creation */
#define TEMPLATE_SUBCORES 5u

/* What the value of an address register is counted from. */
enum template_buffer {
	TEMPLATE_NO_BUFFER, /* the register holds a plain value */
	TEMPLATE_INPUT,
	TEMPLATE_OUTPUT,
	TEMPLATE_WEIGHT,
	TEMPLATE_BIAS,
	TEMPLATE_SCRATCH, /* the two lines of barrier tasks */
	TEMPLATE_BUFFER_N
};

struct template_write {
	enum npu_reg reg;
	enum template_buffer buffer;
	uint32_t value; /* with a buffer: bytes from its start */
};

/* One task: its tile in plain units, and the words that say the same. */
struct template_record {
	struct tile tile;	       /* of a conv record; zero for a barrier */
	uint32_t mask, int_mask;       /* blocks started, interrupts awaited */
	uint32_t offset;	       /* bytes in the command window */
	struct template_write *writes; /* in order, prelude included */
	uint32_t write_count;
	uint32_t tail[4][3]; /* target, register, value; links count from the window */
};

struct template_list {
	uint32_t first, count; /* records */
};

/* Proof that a plan ran on a board with a health check on either side. */
struct template_board {
	char *driver, *date, *note; /* NULL: none given */
};

struct template_plan {
	uint32_t cores, list_count; /* one list: the conv is not split */
	struct template_list list[NPU_MAX_CORES];
	enum npub_evidence evidence;
	struct template_board board; /* promoted plans only */
};

struct template_hazard {
	uint32_t bit;	/* NPUB_HAZARD_* */
	bool inherited; /* set in plans that equal the template */
	char *note;
};

struct template_sync {
	enum npub_bo_role bo;
	uint32_t flags;
	uint64_t offset, bytes;
};

struct template_submit {
	uint32_t flags, timeout_ms, task_start, task_number, core_mask;
	uint32_t subcore[TEMPLATE_SUBCORES][2]; /* first task, tasks */
};

struct template
{
	char *name; /* "schedules/x.json" or the path given */
	struct conv_problem problem;
	struct {
		char *capture, *kind;			  /* always */
		char *compiler, *runtime, *driver, *date; /* NULL: not known */
	} provenance;
	char *notes[TEMPLATE_MAX_NOTES];
	uint32_t note_count;
	struct template_hazard hazards[TEMPLATE_MAX_HAZARDS];
	uint32_t hazard_count;
	uint64_t bo_bytes[TEMPLATE_BOS]; /* 0: not captured */
	uint64_t regcmd_offset,
	    regcmd_bytes; /* in the weight BO; 0 bytes: not captured */
	struct template_sync syncs[TEMPLATE_MAX_SYNCS];
	uint32_t sync_count;
	bool dumps; /* the traced run dumped tensors, which adds syncs */
	bool has_submit;
	struct template_submit submit;
	struct template_plan plans[NPU_MAX_CORES];
	uint32_t plan_count;
	struct template_record *records;
	uint32_t record_count;
};

/* Zeroed and empty; free what a template owns with template_clear(). */
void template_init(struct template *t);
void template_clear(struct template *t);

/*
 * Read a template's text; `name` is what messages and reports call it.  False
 * after errors in `diag`, each at its place; the template is then empty.
 */
bool template_read_text(struct template *t, const char *name, const char *text,
			size_t bytes, struct diag *diag);
/* The same of a "conv" object alone: name and problem. */
bool template_read_conv(struct template *t, const char *name, const char *text,
			size_t bytes, struct diag *diag);
bool template_read_file(struct template *t, const char *path, struct diag *diag);

/* Write it in the form that template_read_text() reads.  False: write error. */
bool template_write(const struct template *t, FILE *out);

/*
 * Make a template of a capture.  False with `why` filled when the capture does not
 * hold a complete schedule of a plain conv.
 */
#define TEMPLATE_WHY_BYTES 300
bool template_from_capture(struct template *t, const struct capture *c, char *why);

/*
 * Make a template of a run's logs: the task table, the command window and the
 * allocations of its five buffers.  A log does not say which conv ran: `p` does.
 */
bool template_from_evidence(struct template *t, const struct evidence *ev,
			    const struct conv_problem *p, char *why);

/* The same form of what the compiler made; no provenance. */
void template_from_compiled(struct template *t, const struct compiled_conv *c);

/*
 * Registers as a record leaves them: its own writes over those of the records two,
 * four ... before in its list, which share its register group.
 */
void template_values(const struct template *t, const struct template_list *list,
		     uint32_t index, uint32_t value[NPU_REG_N]);

/* The tile that a conv record's registers describe. */
void tile_from_registers(struct tile *tile, const struct conv_problem *p,
			 const struct conv_layout *l, const uint32_t value[NPU_REG_N]);

/* --- comparing ------------------------------------------------------------- */

struct template_difference {
	uint32_t cores; /* of the plan; 0: the conv as a whole */
	char text[200]; /* one sentence */
};

struct template_differences {
	struct template_difference *items; /* at most TEMPLATE_MAX_DIFFERENCES */
	uint32_t count;
	uint32_t dropped; /* found beyond the room */
	uint32_t plans;	  /* compared */
};

#define TEMPLATE_MAX_DIFFERENCES 1000u

/*
 * What differs between a template and what the compiler made of its problem, field
 * by field.  Plans that only one side has are passed over; sizes that depend on
 * which plans exist are compared only when both sides have the same.
 */
void template_compare(struct template_differences *d, const struct template *t,
		      const struct compiled_conv *c);
void template_differences_free(struct template_differences *d);

/* --- finding --------------------------------------------------------------- */

/*
 * Templates of a directory first, then those built in.  Of the latter only the
 * problem is read until one is asked for: a run that needs none shall not wait.
 */
struct template_set {
	struct template *items; /* built in: name and problem, the rest when found */
	size_t count;
	size_t from_dir; /* the first ones: files of a directory */
};

/* Load those of `dir` (NULL: none), and what is built in.  False after errors. */
bool template_set_load(struct template_set *set, const char *dir, struct diag *diag);
/* Read the rest of all that is built in.  False after errors. */
bool template_set_complete(struct template_set *set, struct diag *diag);
void template_set_free(struct template_set *set);

/* The directory that option and environment name (NPUCC_SCHEDULES); NULL: none. */
const char *template_dir(const char *option);

/*
 * The first template of the same conv problem, names aside, complete; NULL: none.
 * `set` may be NULL.
 */
const struct template *template_find(struct template_set *set,
				     const struct conv_problem *p);
bool template_matches(const struct template *t, const struct conv_problem *p);

/* --- evidence -------------------------------------------------------------- */

/* What a template has to say about a compiled conv. */
struct template_verdict {
	const struct template *template; /* NULL: none matches */
	uint32_t equal_plans;		 /* bit n-1: the n-core plan equals it */
	uint32_t compared_plans;
	uint32_t differences;
	char note[PLAN_SENTENCE_BYTES]; /* one line for --explain; "": none matches */
};

/*
 * Compare the conv with the template of its problem, if `set` (NULL: none) has
 * one.  Plans that equal it take its evidence and the hazards it hands down;
 * others stay as they are.  Fills c->verdict.
 */
void template_apply_evidence(struct compiled_conv *c, struct template_set *set);

/* "captured", "poisons-next-job", "weight" ... */
const char *template_evidence_name(enum npub_evidence evidence);
const char *template_hazard_name(uint32_t bit);
const char *template_bo_name(enum npub_bo_role role);
const char *template_buffer_name(enum template_buffer buffer);

#endif
