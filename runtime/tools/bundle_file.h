/*
 * What npurun and npudump share: exit codes, a bundle in memory, its words in
 * English, and complaints about it.
 */
#ifndef BUNDLE_FILE_H
#define BUNDLE_FILE_H

#include <stdbool.h>

#include "bundle.h"

enum tool_exit {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1, /* the input, or a check failed */
	EXIT_USAGE = 2,
	EXIT_FILE = 3,
	EXIT_INTERNAL = 4
};

struct bundle_file {
	const char *path;
	void *blob; /* malloc'd */
	size_t bytes;
	struct npub npub;
};

/*
 * Read the file and check its structure.  Complains as `program`.  EXIT_DONE,
 * EXIT_REFUSED or EXIT_FILE; free after EXIT_DONE.
 */
enum tool_exit bundle_file_open(struct bundle_file *f, const char *program,
				const char *path);
void bundle_file_close(struct bundle_file *f);

/* The conv of that name, else of that index; NPUB_NONE after a complaint. */
uint32_t bundle_file_conv(const struct bundle_file *f, const char *program,
			  const char *which);

/* One line on stderr: "PROGRAM: FILE: SENTENCE". */
void tool_complain(const char *program, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a runtime error: its sentence, the place, and the way out. */
void tool_complain_npurt(const char *program, const char *file, enum npurt_err err,
			 const struct npurt_error *error);

/*
 * Standard output carries what was asked for: a full disk behind it must show.
 * `code`, or EXIT_FILE after a complaint.  To be called last.
 */
int tool_flush_stdout(const char *program, int code);

/* Whether both names lead to one regular file; NULL and "-" lead to none. */
bool tool_same_file(const char *a, const char *b);

/* Names of the format's codes; "?" for others. */
const char *name_of_section(uint32_t kind);
const char *name_of_tensor_role(uint32_t role);
const char *name_of_layout(uint32_t layout);
const char *name_of_bo_role(uint32_t role);
const char *name_of_mode(uint32_t mode);
const char *name_of_split(uint32_t split);
const char *name_of_evidence(uint32_t evidence);
const char *name_of_phase(uint32_t phase);
const char *name_of_elem(uint32_t elem);
/* The element type as the user has it: "uint8" for bytes that are stored as int8. */
const char *name_of_user_type(const struct npub_tensor *t);

/* Evidence levels and hazards as words that options take. */
extern const char *const evidence_names[];
#define EVIDENCE_COUNT 3u

/* Hazards as "poisons-next-job, untested", or "none". */
#define HAZARD_TEXT_BYTES 64
char *hazard_text(char text[HAZARD_TEXT_BYTES], uint32_t hazards);
/* The bit of a hazard's name; 0 when there is no such hazard. */
uint32_t hazard_from_name(const char *name);

#endif
