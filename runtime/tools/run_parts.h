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

/* Times of a loaded conv; `runs` > 0.  The code of the run that failed. */
enum npurt_err bench_conv(struct npurt *rt, const struct tensor *input,
			  struct tensor *output, uint64_t macs, uint32_t runs, FILE *out,
			  struct npurt_error *error);

/* Seconds of a steady clock. */
double now_seconds(void);

/* A dump directory being filled. */
struct run_dump {
	const char *dir;
	json_t *document;
};

/*
 * Make `dir` if need be, write each BO's image and note the table of
 * `task_count` records and the submit header as they go to the device.  False with `why`
 * filled.
 */
bool run_dump_before(struct run_dump *dump, const char *dir, const struct npurt *rt,
		     uint32_t task_count, char *why, size_t why_bytes);

/* Write the images again, and run.json, which says how the run went. */
bool run_dump_after(struct run_dump *dump, const struct npurt *rt, enum npurt_err result,
		    const struct npurt_error *error, char *why, size_t why_bytes);

#endif
