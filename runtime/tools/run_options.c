#include "run_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle_file.h"
#include "run_page.h"

#define MAX_THREADS 256u
#define MAX_BENCH_RUNS 1000000u

/* "a", "a,b", "a,b,c" as numbers; their count, or 0 after a complaint. */
static uint32_t take_reals(const struct options_scan *scan, double *out, uint32_t max)
{
	const char *at = scan->value;
	uint32_t count = 0;

	for (;;) {
		char *end;
		double value = strtod(at, &end);

		if (end == at || !isfinite(value) || count == max)
			break;
		out[count++] = value;
		if (*end == '\0')
			return count;
		if (*end != ',')
			break;
		at = end + 1;
	}
	options_complain(scan,
			 max == 1 ? "'%s' is not a number"
				  : "'%s' is not a list of up to %u numbers, as in 0.5,1",
			 scan->value, max);
	return 0;
}

/* One number for all channels, or one for each. */
static bool take_per_channel(const struct options_scan *scan, double *out)
{
	uint32_t count = take_reals(scan, out, IMAGE_IN_CHANS);

	if (count == 2)
		options_complain(scan, "takes one number, three for red, green and blue, "
				       "or four with alpha");
	for (uint32_t i = 1; count == 1 && i < IMAGE_IN_CHANS; i++)
		out[i] = out[0];
	return count != 0 && count != 2;
}

static bool take_channels(const struct options_scan *scan, struct image_out *map)
{
	double list[IMAGE_MAP_CHANS];
	uint32_t count = take_reals(scan, list, IMAGE_MAP_CHANS);

	for (uint32_t i = 0; i < count; i++) {
		if (list[i] < 0 || list[i] > NPU_MAX_OUT_CHANS ||
		    list[i] != floor(list[i])) {
			options_complain(scan, "'%s' is not a list of channel numbers",
					 scan->value);
			return false;
		}
		map->channels[i] = (uint32_t)list[i];
	}
	if (count == 2)
		options_complain(scan,
				 "takes one channel, or three for red, green and blue");
	map->channel_count = count;
	return count == 1 || count == IMAGE_MAP_CHANS;
}

static bool take_range(const struct options_scan *scan, struct image_out *map)
{
	double range[2];
	uint32_t count = take_reals(scan, range, 2);

	if (count == 0)
		return false;
	if (count != 2 || range[0] == range[1]) {
		options_complain(scan, "takes two different numbers, as in -1,1");
		return false;
	}
	map->mapped = true;
	map->lo = range[0];
	map->hi = range[1];
	return true;
}

static bool take_max_error(const struct options_scan *scan, struct run_options *o)
{
	o->has_max_error = take_reals(scan, &o->max_error, 1) == 1;
	if (o->has_max_error && o->max_error < 0) {
		options_complain(scan, "takes a number that is not negative");
		return false;
	}
	return o->has_max_error;
}

static bool take_format(const struct options_scan *scan, enum tensor_format *format)
{
	int choice = options_choice(scan, tensor_format_names, TENSOR_FORMAT_N);

	*format = (enum tensor_format)choice;
	return choice >= 0;
}

static bool take_u32(const struct options_scan *scan, uint32_t min, uint32_t max,
		     uint32_t *out)
{
	uint64_t number;

	if (!options_number(scan, min, max, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool take_evidence(const struct options_scan *scan, uint32_t *level)
{
	int choice = options_choice(scan, evidence_names, EVIDENCE_COUNT);

	*level = (uint32_t)choice;
	return choice >= 0;
}

static bool take_profile(const struct options_scan *scan, enum npurt_profile *profile)
{
	static const char *const names[] = {
		[NPURT_PROFILE_LEAN] = "lean", [NPURT_PROFILE_VENDOR] = "vendor"
	};
	int choice = options_choice(scan, names, 2);

	*profile = (enum npurt_profile)choice;
	return choice >= 0;
}

static bool take_hazard(const struct options_scan *scan, uint32_t *hazards)
{
	uint32_t bit = hazard_from_name(scan->value);

	if (!bit)
		options_complain(scan,
				 "'%s' is not a hazard; they are untested and "
				 "poisons-next-job",
				 scan->value);
	*hazards |= bit;
	return bit != 0;
}

static bool take_bundle(struct run_options *o, const char *word)
{
	if (o->bundle) {
		options_usage(&run_page, stderr,
			      "one bundle at a time, not '%s' and '%s'", o->bundle, word);
		return false;
	}
	o->bundle = word;
	return true;
}

/* Options that only note a word or a wish. */
static bool take_plain(struct run_options *o, const struct options_scan *scan, int id)
{
	switch (id) {
	case OPT_INPUT:
		o->input = scan->value;
		return true;
	case OPT_OUTPUT:
		o->output = scan->value;
		return true;
	case OPT_OPERAND:
		o->operand = scan->value;
		return true;
	case OPT_COMPARE:
		o->compare = scan->value;
		return true;
	case OPT_QUANTIZE:
		o->tensor_in.quantize = true;
		return true;
	case OPT_DEQUANTIZE:
		o->dequantize = true;
		return true;
	case OPT_CONV:
		o->conv = scan->value;
		return true;
	case OPT_DEVICE:
		o->device = scan->value;
		return true;
	case OPT_DUMP:
		o->dump_dir = scan->value;
		return true;
	case OPT_CHECK:
		o->check = true;
		return true;
	case OPT_LIST:
		o->list = true;
		return true;
	case OPT_QUIET:
		o->quiet = true;
		return true;
	case OPT_OLD_DRIVER:
		o->old_driver = true;
		return true;
	case OPT_EMULATE:
		o->emulate = true;
		o->emulate_script = scan->value;
		return true;
	case OPT_HEALTH:
		o->health = true;
		return true;
	case OPT_BRACKET:
		o->bracket = true;
		return true;
	case OPT_RECOVER:
		o->recover = true;
		return true;
	default:
		return false;
	}
}

static bool apply_option(struct run_options *o, const struct options_scan *scan, int id)
{
	switch (id) {
	case OPTIONS_WORD:
		return take_bundle(o, scan->value);
	case OPT_INPUT_FORMAT:
		return take_format(scan, &o->input_format);
	case OPT_OUTPUT_FORMAT:
		return take_format(scan, &o->output_format);
	case OPT_MEAN:
		o->tensor_in.mapped = true;
		return take_per_channel(scan, o->tensor_in.mean);
	case OPT_SCALE:
		o->tensor_in.mapped = true;
		return take_per_channel(scan, o->tensor_in.scale);
	case OPT_MAX_ERROR:
		return take_max_error(scan, o);
	case OPT_MIN_SNR:
		o->has_min_snr = true;
		return take_reals(scan, &o->min_snr, 1) == 1;
	case OPT_CHANNELS:
		return take_channels(scan, &o->image_out);
	case OPT_IMAGE_RANGE:
		return take_range(scan, &o->image_out);
	case OPT_IMAGE_ABS:
		o->image_out.absolute = o->image_out.mapped = true;
		return true;
	case OPT_SEED:
		return options_number(scan, 0, UINT64_MAX, &o->seed);
	case OPT_CORES:
		return take_u32(scan, 1, NPU_MAX_CORES, &o->cores);
	case OPT_MIN_EVIDENCE:
		return take_evidence(scan, &o->min_evidence);
	case OPT_ALLOW:
		return take_hazard(scan, &o->allow_hazards);
	case OPT_TIMEOUT:
		return take_u32(scan, 1, INT32_MAX, &o->timeout_ms);
	case OPT_PROFILE:
		return take_profile(scan, &o->profile);
	case OPT_DEVICE_CORES:
		return take_u32(scan, 1, NPU_MAX_CORES, &o->device_cores);
	case OPT_THREADS:
		return take_u32(scan, 1, MAX_THREADS, &o->threads);
	case OPT_BENCH:
		return take_u32(scan, 1, MAX_BENCH_RUNS, &o->bench_runs);
	default:
		return take_plain(o, scan, id);
	}
}

static int take_option(void *options, const struct options_scan *scan, int id)
{
	return apply_option(options, scan, id) ? -1 : EXIT_USAGE;
}

static uint32_t processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : count > (long)MAX_THREADS ? MAX_THREADS : (uint32_t)count;
}

/* Options that exclude or need each other; false after a complaint. */
static bool check_together(const struct run_options *o)
{
	const struct {
		const char *option, *path;
	} inputs[] = { { "BUNDLE", o->bundle },
		       { "--input", o->input },
		       { "--operand", o->operand },
		       { "--compare", o->compare } };

	if (o->health ? o->bundle != NULL : !o->bundle) {
		options_usage(&run_page, stderr,
			      o->health ? "--health takes no bundle; --bracket runs one"
					: "which bundle?");
		return false;
	}
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (tool_same_file(o->output, inputs[i].path)) {
			options_usage(&run_page, stderr,
				      "--output: '%s' is also what %s is read from",
				      o->output, inputs[i].option);
			return false;
		}
	if ((o->has_max_error || o->has_min_snr) && !o->compare && !o->check) {
		options_usage(&run_page, stderr,
			      "%s needs --compare or --check to find errors",
			      o->has_max_error ? "--max-error" : "--min-snr");
		return false;
	}
	return true;
}

int run_options_parse(struct run_options *o, int argc, char **argv)
{
	int code;

	*o = (struct run_options){ .device = "auto",
				   .tensor_in = TENSOR_IN_DEFAULT,
				   .image_out = IMAGE_OUT_DEFAULT };
	code = options_each(&run_page, argc, argv, take_option, o);
	if (code >= 0)
		return code;
	if (!check_together(o))
		return EXIT_USAGE;
	if (!o->threads)
		o->threads = processors();
	return -1;
}
