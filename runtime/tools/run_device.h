/* npurun's device: opening it, probing its health, recovering it. */
#ifndef RUN_DEVICE_H
#define RUN_DEVICE_H

#include <stdio.h>

#include "bundle_file.h"
#include "run_options.h"

/* The device of the options; *simulated says whether it is the simulator. */
enum tool_exit run_device_open(const struct run_options *o, struct npurt_device **device,
			       bool *simulated);

/*
 * Run the known conv.  `when` begins the report: "before the run".  With --recover a
 * device that fails is reset and tried once more; *was_bad (may be NULL) says that it
 * failed, whatever came of it.
 */
enum tool_exit run_device_health(const struct run_options *o, struct npurt_device *device,
				 const char *when, FILE *report, bool *was_bad);

/* After a run that failed: with --recover, reset and probe. */
void run_device_recover(const struct run_options *o, struct npurt_device *device,
			FILE *report);

/*
 * --emulate: start this program again with the emulated driver in front of the C
 * library.  EXIT_DONE when it is there already; does not return when it starts.
 */
enum tool_exit run_emulate(const struct run_options *o, char **argv);

#endif
