#include "run_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle_file.h"
#include "options.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_THREADS 256u
#define MAX_BENCH_RUNS 1000000u

enum {
	OPT_INPUT = 1,
	OPT_OUTPUT,
	OPT_INPUT_FORMAT,
	OPT_OUTPUT_FORMAT,
	OPT_MEAN,
	OPT_SCALE,
	OPT_CHANNELS,
	OPT_IMAGE_RANGE,
	OPT_IMAGE_ABS,
	OPT_SEED,
	OPT_CONV,
	OPT_CORES,
	OPT_DEVICE,
	OPT_MIN_EVIDENCE,
	OPT_ALLOW,
	OPT_TIMEOUT,
	OPT_THREADS,
	OPT_CHECK,
	OPT_BENCH,
	OPT_DUMP,
	OPT_LIST,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION
};

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Tensors:" },
	{ "i", "input", "FILE", OPT_INPUT,
	  "the input; without it a pseudo-random one is made from --seed" },
	{ "o", "output", "FILE", OPT_OUTPUT,
	  "where the output goes; it is written whole or not at all" },
	{ NULL, "input-format", "FORMAT", OPT_INPUT_FORMAT,
	  "auto (by the name's ending), npy, raw, pnm or png" },
	{ NULL, "output-format", "FORMAT", OPT_OUTPUT_FORMAT, "the same for the output" },
	{ NULL, "seed", "N", OPT_SEED, "seed of the made-up input (0)" },
	{ NULL, NULL, NULL, 0, "Pictures:" },
	{ NULL, "mean", "M[,M,M]", OPT_MEAN,
	  "samples become (sample / maximum - M) * S; one number, or one for each "
	  "channel "
	  "(0)" },
	{ NULL, "scale", "S[,S,S]", OPT_SCALE, "S of --mean (1)" },
	{ NULL, "channels", "C[,C,C]", OPT_CHANNELS,
	  "the output's channels to show, when it does not have 1 or 3" },
	{ NULL, "image-range", "LO,HI", OPT_IMAGE_RANGE,
	  "numbers that become black and white; others in between, clamped (0,1)" },
	{ NULL, "image-abs", NULL, OPT_IMAGE_ABS, "show absolute values" },
	{ NULL, NULL, NULL, 0, "What to run:" },
	{ NULL, "conv", "NAME", OPT_CONV, "the conv, by name or number (the first)" },
	{ NULL, "cores", "N", OPT_CORES, "the plan for N cores (the bundle's first)" },
	{ NULL, "device", "DEVICE", OPT_DEVICE,
	  "auto: the NPU, or the simulator when there is none, with a note (the "
	  "default). "
	  "sim: the simulator. Else the path of the driver's node" },
	{ NULL, "min-evidence", "LEVEL", OPT_MIN_EVIDENCE,
	  "refuse plans known less well: formula, captured or promoted (formula)" },
	{ NULL, "allow", "HAZARD", OPT_ALLOW,
	  "accept plans with this hazard: untested or poisons-next-job; may be repeated. "
	  "The simulator has no hazards and takes all plans" },
	{ NULL, "timeout", "MS", OPT_TIMEOUT,
	  "give up after MS ms (from the plan's cost)" },
	{ NULL, "threads", "N", OPT_THREADS,
	  "threads of the simulator and of --check (one for each processor)" },
	{ NULL, NULL, NULL, 0, "What else to do:" },
	{ NULL, "check", NULL, OPT_CHECK,
	  "compute the conv again in plain double precision loops and compare; exit with "
	  "1 "
	  "when a value is further off than |error| <= ulp + 2^-18 * sum |x * w|" },
	{ NULL, "bench", "N", OPT_BENCH, "run N times and print times and rates" },
	{ NULL, "dump", "DIR", OPT_DUMP,
	  "write every buffer before and after the run, the task table and the submit "
	  "header to DIR; run.json describes them" },
	{ NULL, "list", NULL, OPT_LIST,
	  "list the bundle's convs and plans; run nothing" },
	{ "q", "quiet", NULL, OPT_QUIET, "print errors only" },
	{ "h", "help", NULL, OPT_HELP, "print this page" },
	{ "V", "version", NULL, OPT_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "TENSOR FILES", "An .npy array is n, c, h, w, or c, h, w for one image; any "
			  "little-endian number "
			  "type in C order is rounded to the conv's type. A .raw or .bin "
			  "file is the same "
			  "array without a header, in the conv's own type. Pictures "
			  "(.pgm, .ppm, .png) are "
			  "one image of 1 or 3 channels.\n" },
	{ "EXIT STATUS",
	  "  0  done\n"
	  "  1  the bundle or the input was refused, the run failed, or --check "
	  "did\n"
	  "  2  wrong usage\n"
	  "  3  a file cannot be read or written\n"
	  "  4  internal error\n" },
	{ "ENVIRONMENT", "  NPURT_NO_DEVICE  when set to 1, no device node is touched: a "
			 "path is\n"
			 "                   refused, and auto takes the simulator\n" },
	{ "EXAMPLES",
	  "  npurun edge.npub --input photo.png --output edges.png --image-abs\n"
	  "  npurun net.npub --conv layer3 --device sim --check\n"
	  "  npurun net.npub --conv layer3 --input x.npy --output y.npy --bench 20\n" },
	{ "SEE ALSO", "npucc, npudump; docs/tools.md" },
};

static const struct options page = {
	PROGRAM,
	rows,
	ROWS(rows),
	"run a conv of a bundle",
	"[OPTION...] BUNDLE\n--list BUNDLE\n",
	"Loads one conv of a bundle made by npucc, feeds it an input tensor, runs it on "
	"an "
	"RK3588 NPU or in the simulator, and writes the output tensor.\n",
	sections,
	ROWS(sections),
};

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
	options_complain(scan, "'%s' is not a list of up to %u numbers, as in 0.5,1",
			 scan->value, max);
	return 0;
}

/* One number for all channels, or one for each. */
static bool take_per_channel(const struct options_scan *scan, double *out)
{
	uint32_t count = take_reals(scan, out, IMAGE_MAP_CHANS);

	if (count == 2)
		options_complain(scan,
				 "takes one number, or three for red, green and blue");
	if (count == 1)
		out[1] = out[2] = out[0];
	return count == 1 || count == IMAGE_MAP_CHANS;
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
	map->lo = range[0];
	map->hi = range[1];
	return true;
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
		options_usage(&page, stderr, "one bundle at a time, not '%s' and '%s'",
			      o->bundle, word);
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
	case OPT_CONV:
		o->conv = scan->value;
		return true;
	case OPT_DEVICE:
		o->device = scan->value;
		return true;
	case OPT_DUMP:
		o->dump_dir = scan->value;
		return true;
	case OPT_IMAGE_ABS:
		o->image_out.absolute = true;
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
	default:
		return false;
	}
}

static bool take_option(struct run_options *o, const struct options_scan *scan, int id)
{
	switch (id) {
	case OPTIONS_WORD:
		return take_bundle(o, scan->value);
	case OPTIONS_ERROR:
		return false;
	case OPT_INPUT_FORMAT:
		return take_format(scan, &o->input_format);
	case OPT_OUTPUT_FORMAT:
		return take_format(scan, &o->output_format);
	case OPT_MEAN:
		return take_per_channel(scan, o->image_in.mean);
	case OPT_SCALE:
		return take_per_channel(scan, o->image_in.scale);
	case OPT_CHANNELS:
		return take_channels(scan, &o->image_out);
	case OPT_IMAGE_RANGE:
		return take_range(scan, &o->image_out);
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
	case OPT_THREADS:
		return take_u32(scan, 1, MAX_THREADS, &o->threads);
	case OPT_BENCH:
		return take_u32(scan, 1, MAX_BENCH_RUNS, &o->bench_runs);
	default:
		return take_plain(o, scan, id);
	}
}

static uint32_t processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : count > (long)MAX_THREADS ? MAX_THREADS : (uint32_t)count;
}

enum run_options_result run_options_parse(struct run_options *o, int argc, char **argv)
{
	struct options_scan scan;
	int id;

	*o = (struct run_options){ .device = "auto",
				   .image_in = IMAGE_IN_DEFAULT,
				   .image_out = IMAGE_OUT_DEFAULT };
	options_begin(&scan, &page, argc, argv, stderr);
	while ((id = options_next(&scan)) != OPTIONS_END) {
		if (id == OPT_HELP) {
			options_help(&page, stdout);
			return RUN_OPTIONS_DONE;
		}
		if (id == OPT_VERSION) {
			puts(PROGRAM " " NPUCC_VERSION);
			return RUN_OPTIONS_DONE;
		}
		if (!take_option(o, &scan, id))
			return RUN_OPTIONS_BAD;
	}
	if (!o->bundle) {
		options_usage(&page, stderr, "which bundle?");
		return RUN_OPTIONS_BAD;
	}
	if (!o->threads)
		o->threads = processors();
	return RUN_OPTIONS_GO;
}
