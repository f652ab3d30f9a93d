/*
 * The runtime against the emulated driver: one conv, opened, run and closed, with
 * what is alive counted before and after.
 */
#ifndef TESTS_DRIVER_H
#define TESTS_DRIVER_H

#include "check.h"
#include "emu/npuemu.h"
#include "tiny.h"

#define IN_ELEMS (TINY_C * TINY_H * TINY_W)
#define OUT_ELEMS (TINY_K * TINY_H * TINY_W)

/* A board of default settings, changed by a script (NULL: not). */
void board(const char *script);

/* How long the runtime has slept on this board; no time really passes. */
uint32_t slept_ms(void);

/* Options with the clock replaced, else as the caller wants. */
struct npurt_rknpu_options driver_options(void);
void driver_sleep(uint32_t ms);

/* A bundle, its input and its exact output. */
struct conv {
	struct tiny tiny;
	uint8_t *bundle;
	size_t bytes;
	uint16_t in[IN_ELEMS], want[OUT_ELEMS];
};

void conv_make(struct conv *c, const struct tiny_options *options);
void conv_free(struct conv *c);

/* How far a run got, for messages and for choosing what to expect. */
enum stage { STAGE_OPEN, STAGE_LOAD, STAGE_RUN, STAGE_DONE };

/*
 * Open the device, load, run, compare, close; the first error and where it came.  An
 * output is compared only when every call succeeded, and then it must be right.
 */
enum npurt_err run_once(const char *name, const struct conv *c,
			const struct npurt_rknpu_options *device,
			const struct npurt_options *options, enum stage *stage,
			struct npurt_error *error);

/* Nothing of the device is alive: no descriptor, handle, buffer, mapping, job. */
void check_nothing_alive(const char *name);

/* The emulator found nothing that a real driver or the hardware would not forgive. */
void check_no_verdict(const char *name);

/* Forget all faults and run once more: it must succeed, with the right output. */
void check_still_works(const char *name, const struct conv *c);

#endif
