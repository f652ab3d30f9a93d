/* npurun's manual page, which is also its table of options. */
#include "run_page.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Tensors" },
	{ "i", "input", "FILE", OPT_INPUT,
	  "the input; without it a pseudo-random one is made from --seed" },
	{ NULL, "operand", "FILE", OPT_OPERAND,
	  "the second tensor of a conv that adds one; it has the output's shape" },
	{ NULL, "quantize", NULL, OPT_QUANTIZE,
	  "arrays of real numbers (f2, f4, f8) become the integers that an int8 conv "
	  "takes: round(real / scale) + zero point, half to even, saturated; without it "
	  "they are refused. Arrays of integers are always taken as stored" },
	{ "o", "output", "FILE", OPT_OUTPUT,
	  "where the output goes; it is written whole or not at all" },
	{ NULL, "dequantize", NULL, OPT_DEQUANTIZE,
	  "write the output as fp32 real numbers; without it as stored: int8, uint8, "
	  "int32, fp16 or fp32" },
	{ NULL, "input-format", "FORMAT", OPT_INPUT_FORMAT,
	  "of --input and --operand: auto (by the name's ending), npy, raw, pnm or png" },
	{ NULL, "output-format", "FORMAT", OPT_OUTPUT_FORMAT, "the same for the output" },
	{ NULL, "seed", "N", OPT_SEED, "seed of the made-up input and operand (0)" },
	{ NULL, NULL, NULL, 0, "Pictures" },
	{ NULL, "mean", "M[,M,M]", OPT_MEAN,
	  "samples become (sample / maximum - M) * S; one number, or one for each "
	  "channel (0). A uint8 conv takes 8-bit samples as they are when neither M nor "
	  "S is given" },
	{ NULL, "scale", "S[,S,S]", OPT_SCALE, "S of --mean (1)" },
	{ NULL, "channels", "C[,C,C]", OPT_CHANNELS,
	  "the output's channels to show, when it does not have 1 or 3" },
	{ NULL, "image-range", "LO,HI", OPT_IMAGE_RANGE,
	  "numbers that become black and white; others in between, clamped (0,1; bytes "
	  "of a uint8 output as they are)" },
	{ NULL, "image-abs", NULL, OPT_IMAGE_ABS, "show absolute values" },
	{ NULL, NULL, NULL, 0, "What to run" },
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
	  "The simulator takes all plans, and says so" },
	{ NULL, "timeout", "MS", OPT_TIMEOUT,
	  "give up after MS ms (from the plan's cost)" },
	{ NULL, NULL, NULL, 0, "Device" },
	{ NULL, "emulate", "[SCRIPT]", OPT_EMULATE,
	  "run against the emulated driver in place of a device; SCRIPT says which board "
	  "it is and what goes wrong (docs/emulator.md)" },
	{ NULL, "profile", "NAME", OPT_PROFILE,
	  "lean: the driver calls that a run needs (the default). vendor: those of the "
	  "vendor's own runtime, call by call" },
	{ NULL, "device-cores", "N", OPT_DEVICE_CORES,
	  "cores of the chip, where the system does not tell" },
	{ NULL, "old-driver", NULL, OPT_OLD_DRIVER,
	  "accept drivers 0.8.2 to 0.9.5, which were not tried" },
	{ NULL, "health", NULL, OPT_HEALTH,
	  "run a small known conv on the device and compare; needs no bundle" },
	{ NULL, "bracket", NULL, OPT_BRACKET,
	  "do so before and after the run, and say when the run poisoned the device" },
	{ NULL, "recover", NULL, OPT_RECOVER,
	  "reset the NPU when the known conv or the run fails; it ends every program's "
	  "jobs" },
	{ NULL, "threads", "N", OPT_THREADS,
	  "threads of the simulator and of --check (one for each processor)" },
	{ NULL, NULL, NULL, 0, "Checking the output" },
	{ NULL, "check", NULL, OPT_CHECK,
	  "compute the conv again in plain loops and compare; exit with 1 when it fails. "
	  "int8: every output must be that of the fixed-point reference, and the errors "
	  "from the same conv in real numbers are told. Floats: |error| <= ulp + 2^-18 * "
	  "sum |x * w| + 2^-22 * (|bias| + |operand|)" },
	{ NULL, "compare", "FILE", OPT_COMPARE,
	  "tell the output's errors from this .npy array of real numbers, as a float "
	  "model gives it: largest, mean, cosine, signal to noise ratio" },
	{ NULL, "max-error", "X", OPT_MAX_ERROR,
	  "exit with 1 when an error that --compare finds (without it: --check) is "
	  "larger "
	  "than X, a real number" },
	{ NULL, "min-snr", "DB", OPT_MIN_SNR,
	  "the same when the signal to noise ratio is less than DB decibels" },
	{ NULL, NULL, NULL, 0, "Other" },
	{ NULL, "bench", "N", OPT_BENCH, "run N times and print times and rates" },
	{ NULL, "dump", "DIR", OPT_DUMP,
	  "write every buffer before and after the run, the task table and the submit "
	  "header to DIR; run.json describes them" },
	{ NULL, "list", NULL, OPT_LIST,
	  "list the bundle's convs and plans; run nothing" },
	{ "q", "quiet", NULL, OPT_QUIET, "print errors only, and what --bench and --list find" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "TENSOR FILES",
	  "An .npy array is n, c, h, w, or c, h, w for one image; any "
	  "little-endian number "
	  "type in C order is rounded to the conv's type. A .raw or .bin "
	  "file is the same "
	  "array without a header, in the conv's own type. Pictures "
	  "(.pgm, .ppm, .png) are "
	  "one image of 1 or 3 channels, PNG also with alpha: 2 or 4.\n" },
	{ "EXIT STATUS",
	  " 0  done\n"
	  " 1  the bundle or the input was refused, the run failed, or --check "
	  "did,\n"
	  "    or errors are beyond --max-error or --min-snr\n"
	  " 2  wrong usage\n"
	  " 3  a file cannot be read or written\n"
	  " 4  internal error, or out of memory\n" },
	{ "ENVIRONMENT", " NPURT_NO_DEVICE  when set to 1, no device node is touched: a "
			 "path is\n"
			 "                  refused, and auto takes the simulator\n"
			 " NPUEMU_LIB       libnpuemu.so for --emulate, when it lies "
			 "neither next\n"
			 "                  to npurun nor in ../lib\n" },
	{ "EXAMPLES",
	  " npurun edge.npub --input photo.png --output edges.png --image-abs\n"
	  " npurun net.npub --conv layer3 --device sim --check\n"
	  " npurun net.npub --conv layer3 --input x.npy --output y.npy --bench 20\n"
	  " npurun int8.npub --input x.npy --quantize --compare float.npy --min-snr 30\n"
	  " npurun risky.npub --bracket --allow untested --recover\n"
	  " npurun net.npub --emulate=faults.txt\n" },
	{ "SEE ALSO", "npucc, npudump, npudoctor; docs/tools.md" },
};

const struct options run_page = {
	PROGRAM,
	rows,
	ROWS(rows),
	"run a conv of a bundle",
	"[OPTION...] BUNDLE\n--list BUNDLE\n--health [OPTION...]\n",
	"Loads one conv of a bundle made by npucc, feeds it an input tensor, runs it on "
	"an "
	"RK3588 NPU or in the simulator, and writes the output tensor.\n",
	sections,
	ROWS(sections),
};
