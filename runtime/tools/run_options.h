/*
 * npurun's command line.
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include <stdbool.h>

#include "npurt.h"
#include "tensor_file.h"

#define PROGRAM "npurun"

struct run_options {
	const char *bundle, *input, *operand, *output, *compare, *device, *dump_dir;
	const char *conv; /* name or number; NULL: the first */
	enum tensor_format input_format, output_format;
	struct tensor_in tensor_in;
	struct image_out image_out;
	uint32_t cores, threads, min_evidence, allow_hazards, timeout_ms;
	uint32_t bench_runs; /* 0: no benchmark */
	uint64_t seed;
	bool check, list, quiet, dequantize;
	bool has_max_error, has_min_snr;
	double max_error; /* in real numbers */
	double min_snr;	  /* in dB */
	enum npurt_profile profile;
	uint32_t device_cores; /* 0: ask the system */
	bool old_driver, health, bracket, recover, emulate;
	const char *emulate_script; /* NULL: a healthy board */
};

/* The exit code to end with (--help and --version were printed), or -1 to go on. */
int run_options_parse(struct run_options *o, int argc, char **argv);

#endif
