/*
 * Bringing a device back: a plan of steps from gentle to harsh, which differ by
 * family; each has a time limit and is refused when it would make things worse.
 */
#ifndef DOCTOR_RECOVER_H
#define DOCTOR_RECOVER_H

#include <stdio.h>

#include "process.h"
#include "signature.h"

enum recover_kind {
	RECOVER_LOGS,	 /* collect what a reboot loses */
	RECOVER_PROCESS, /* end a named process */
	RECOVER_FILES,	 /* lock files that nobody holds */
	RECOVER_RESET,	 /* the driver's soft reset */
	RECOVER_MODULE,	 /* unload and load the driver */
	RECOVER_REBIND,	 /* take the device from its driver and give it back */
	RECOVER_REBOOT,	 /* by the user's own hand */
	RECOVER_CHECK,	 /* does it work again? */
	RECOVER_N
};

extern const char *const recover_names[RECOVER_N];

#define RECOVER_TERM_MS 5000u  /* a process has this long after SIGTERM */
#define RECOVER_KILL_MS 2000u  /* and this long after SIGKILL */
#define RECOVER_RESET_MS 2000u /* a reset takes about 107 ms */
#define RECOVER_MODULE_MS 20000u
#define RECOVER_REBIND_MS 5000u
#define RECOVER_LOGS_MS 10000u
#define RECOVER_CHECK_MS 30000u

#define RECOVER_TEXT_BYTES 320
#define RECOVER_FILES_MAX 16u

struct recover {
	struct sys *sys;
	struct hands *hands;
	const struct facts *facts;
	enum family family;
	const char *process; /* a number or a name; NULL: none */
	const char *logs;    /* directory for collected logs */
	uint32_t asked;	     /* bits of steps asked for; 0: the family's own choice */
};

enum recover_state {
	RECOVER_PLANNED,
	RECOVER_OPTIONAL, /* not without being asked for; `why` says what speaks against
			     it */
	RECOVER_REFUSED,  /* `why` */
	RECOVER_MANUAL	  /* only the user can do it */
};

struct recover_step {
	enum recover_kind kind;
	enum recover_state state;
	char what[RECOVER_TEXT_BYTES];
	char why[RECOVER_TEXT_BYTES];
};

struct recover_plan {
	struct recover_step steps[RECOVER_N];
	size_t count;
};

/* What would be done now, and what would be refused. */
void recover_plan(const struct recover *r, struct recover_plan *plan);
void recover_print_plan(FILE *out, const struct recover *r,
			const struct recover_plan *plan);

/*
 * Do the planned steps in order, looking again before each; stop at the first that
 * is refused, fails or needs the user.  True when all were done.
 */
bool recover_execute(const struct recover *r, FILE *out);

/* Parts. */

/* The process that `text` names; false with a sentence in `why`. */
bool recover_find_process(const struct recover *r, struct process *p,
			  char why[RECOVER_TEXT_BYTES]);
/* Ask it to end, then make it; false with a sentence in `why`. */
bool recover_end_process(const struct recover *r, char why[RECOVER_TEXT_BYTES]);
/* False with `why` when somebody uses the node, or that cannot be seen. */
bool recover_is_unused(const struct recover *r, const char *node,
		       char why[RECOVER_TEXT_BYTES]);

/* Lock files of the family's programs that nobody has open. */
struct recover_files {
	char paths[RECOVER_FILES_MAX][128];
	size_t count;
};
void recover_find_files(const struct recover *r, struct recover_files *files);

/* The driver's module, and the family's node ("" when there is none). */
const char *recover_module(enum family family);
const char *recover_node(const struct recover *r);
const char *const *recover_check_command(enum family family);

#endif
