/*
 * What npurun does besides running: list, benchmark, dump.
 */
#ifndef RUN_PARTS_H
#define RUN_PARTS_H

#include <jansson.h>
#include <stdio.h>

#include "bundle_file.h"
#include "tensor.h"

/* A table of the bundle's convs and their plans. */
void list_convs(const struct npub *b, FILE *out);

/*
 * Times of a loaded conv; `runs` > 0.  With `progress` they are counted on standard
 * error.  The code of the run that failed.
 */
enum npurt_err bench_conv(struct npurt *rt, const struct tensor *input,
			  struct tensor *output, uint64_t macs, uint32_t runs, bool progress,
			  FILE *out, struct npurt_error *error);

/* Seconds of a steady clock. */
double now_seconds(void);

/* A dump directory being filled: under a name of its own until all is written. */
#define RUN_DUMP_PATH_BYTES 4000
struct run_dump {
	const char *dir;
	char temp[RUN_DUMP_PATH_BYTES]; /* "": none */
	bool created;			/* `dir` was not there before */
	json_t *document;
};

/*
 * Make `dir` if need be, write each BO's image and note the table of
 * `task_count` records and the submit header as they go to the device.  False with `why`
 * filled.
 */
bool run_dump_before(struct run_dump *dump, const char *dir, const struct npurt *rt,
		     uint32_t task_count, char *why, size_t why_bytes);

/*
 * Write the images again, and run.json, which says how the run went; then all of them
 * take their places.
 */
bool run_dump_after(struct run_dump *dump, const struct npurt *rt, enum npurt_err result,
		    const struct npurt_error *error, char *why, size_t why_bytes);

/* Free, and remove what was not finished; a signal that ends the program does so, too. */
void run_dump_close(struct run_dump *dump);

#endif
