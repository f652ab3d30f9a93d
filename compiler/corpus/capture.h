/*
 * A captured vendor schedule: the JSON form, as `npudump --as=capture` writes it.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "bundle_format.h"
#include "conv_problem.h"
#include "hw/npu_regs.h"

struct capture_task {
	uint32_t plan, core; /* cores of the plan, core of the list */
	uint32_t amount, mask, int_mask;
	bool has_offset;
	uint32_t regcmd_offset; /* bytes */
	bool full;                    /* written as a whole, not as a delta */
	uint32_t value[NPU_REG_N];    /* deltas completed from two tasks before */
	bool has[NPU_REG_N];          /* value known */
	bool written[NPU_REG_N];      /* in this record itself */
	bool is_addr[NPU_REG_N];      /* value is an offset in its own part ... */
	bool in_weight_bo[NPU_REG_N]; /* ... or in the whole weight BO */
	bool unplaced[NPU_REG_N];     /* an address in no buffer that was recorded: no value */
	char unknown[24];	      /* a register it writes that has no name here; "": none */
	const enum npu_reg *order;    /* of the writes, amount of them; NULL: not known */
	bool order_missing;	      /* it has a number that the list of orders ends before */
	bool has_tail;
	uint32_t tail[4][3]; /* target, register, value */
};

/* Buffer sizes in bytes; 0: not known. */
struct capture_bos {
	uint64_t task, weight, internal, input, output;
	uint64_t regcmd, regcmd_offset; /* commands, and where in the weight buffer */
	bool has_page_offset;
	uint32_t regcmd_page_offset; /* the same within its page */
};

/* A cache sync of a traced run. */
struct capture_sync {
	enum npub_bo_role bo;
	uint32_t flags;
	uint64_t offset, bytes;
};

/* The submit of a traced run. */
struct capture_submit {
	uint32_t flags, timeout, task_start, task_number, core_mask;
	uint32_t subcore[5][2]; /* first task, tasks */
};

/* What the container calls the operator. */
struct capture_operator {
	bool known; /* the name is one of those it gives to convs */
	bool add;   /* it adds a second tensor */
	enum act_kind act;
};

/* Orders of register writes that captures of a directory refer to by number. */
struct capture_orders {
	uint32_t count;
	enum npu_reg **order;
	uint32_t *length;
};

struct capture {
	char *slug;
	char *op_type;
	struct capture_operator operator; /* what op_type says */
	char *source_kind; /* "rknn-container" ...; "" when not said */
	char *compiler;    /* that made the schedule; "" when not said */
	struct conv_problem problem; /* no weights, no name */
	bool full_window;            /* every register of every task is known */
	bool topology_only;
	bool single_op; /* captured alone, not inside a network */
	struct capture_bos bos;
	struct capture_sync *syncs; /* of the first traced run, in order */
	uint32_t sync_count;
	bool has_submit;
	struct capture_submit submit;
	struct capture_task *tasks;
	uint32_t task_count;
	bool has_counts;
	uint32_t counts[6]; /* 1 core; 2 cores: c0, c1; 3 cores: c0, c1, c2 */
	struct capture_orders own_orders; /* where the file has "orders" itself */
};

/* Why a file could not be read: a sentence with the place. */
#define CAPTURE_WHY_BYTES 240

/*
 * Read the orders beside the captures of a directory (_orders.json); a missing
 * file leaves `o` empty.  False with `why` filled.  Free with ..._free().
 */
bool capture_orders_read(struct capture_orders *o, const char *dir, char *why);
void capture_orders_free(struct capture_orders *o);

/*
 * Read a capture; false with `why` filled.  `orders` may be NULL and must
 * outlive the capture; a file that has "orders" itself goes by those.  Free with
 * capture_free().
 */
bool capture_read(struct capture *c, const char *path, const struct capture_orders *orders,
		  char *why);
/* The same for bytes in memory, called `name` in messages. */
bool capture_read_text(struct capture *c, const char *name, const char *text, size_t bytes,
		       const struct capture_orders *orders, char *why);
void capture_free(struct capture *c);

/* Whether the record runs CNA, CORE and DPU: neither barrier nor table load. */
bool capture_is_conv(const struct capture_task *t);

#endif
