/*
 * What a recorded run would do, and what could go wrong on a board.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "collect.h"
#include "file.h"

const char *const collect_hazard_names[COLLECT_HAZARDS] = {
	[COLLECT_POISONS] = "poisons-next-job",
	[COLLECT_UNTESTED] = "untested",
	[COLLECT_UNVERIFIED] = "unverified-program",
	[COLLECT_MMIO] = "mmio-read",
};

#define BUNDLE_BYTES ((size_t)1 << 30)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *ending)
{
	size_t m = strlen(text), n = strlen(ending);

	return m >= n && !strcmp(text + m - n, ending);
}

bool collect_is_bundle(const char *word)
{
	return ends_with(word, ".npub");
}

/* Hazards of the bundle's plans; one that cannot be read is unverified. */
static uint32_t bundle_hazards(const char *path)
{
	struct npurt_error error = { 0 };
	struct file_text text;
	struct npub npub;
	uint32_t hazards = 0;

	if (file_read(&text, path, BUNDLE_BYTES, false) != FILE_OK)
		return 1u << COLLECT_UNVERIFIED;
	if (npub_open(&npub, text.bytes, text.count, &error) != NPURT_OK)
		hazards = 1u << COLLECT_UNVERIFIED;
	for (uint32_t i = 0; !hazards && i < npub.plan_count; i++) {
		if (npub.plans[i].hazards & NPUB_HAZARD_POISONS_NEXT_JOB)
			hazards |= 1u << COLLECT_POISONS;
		if (npub.plans[i].hazards & NPUB_HAZARD_UNTESTED)
			hazards |= 1u << COLLECT_UNTESTED;
	}
	free(text.bytes);
	return hazards;
}

/* npurun on the simulator, or on an emulated driver. */
static bool is_simulated(const char *const *command)
{
	for (size_t i = 1; command[i]; i++) {
		const char *word = command[i];

		if (!strcmp(word, "--device=sim") || !strncmp(word, "--emulate", 9) ||
		    (!strcmp(word, "--device") && command[i + 1] &&
		     !strcmp(command[i + 1], "sim")))
			return true;
	}
	return false;
}

/* Whether the command could reach a real NPU at all. */
static bool reaches_npu(const struct collect *c)
{
	static const enum fact_id nodes[] = { FACT_RKNPU_NODE, FACT_AXCL_NODE,
					      FACT_XDNA_NODE };
	const char *forbidden = getenv("NPURT_NO_DEVICE");
	bool any = false;

	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
		any = any || facts_find(c->facts, nodes[i]);
	/* only our own tool heeds the variable and has these options */
	if (!strcmp(base_name(c->command[0]), "npurun") &&
	    ((forbidden && !strcmp(forbidden, "1")) || is_simulated(c->command)))
		return false;
	return any;
}

uint32_t collect_hazards(const struct collect *c)
{
	bool npurun = !strcmp(base_name(c->command[0]), "npurun");
	uint32_t hazards = npurun ? 0 : 1u << COLLECT_UNVERIFIED;

	if (!reaches_npu(c))
		return 0;
	for (size_t i = 1; c->command[i]; i++) {
		if (collect_is_bundle(c->command[i]))
			hazards |= bundle_hazards(c->command[i]);
	}
	return hazards;
}

static void print_hazards(FILE *out, const char *first, uint32_t hazards)
{
	for (int i = 0; i < COLLECT_HAZARDS; i++) {
		if (hazards & 1u << i) {
			fprintf(out, "%s--allow=%s", first, collect_hazard_names[i]);
			first = " ";
		}
	}
}

void collect_print_plan(const struct collect *c, FILE *out)
{
	const char *device = facts_value(c->facts, FACT_RKNPU_DEVICE);
	uint32_t missing = collect_hazards(c) & ~c->allowed;

	fprintf(out, "would record one run into %s:\n", c->dir);
	fprintf(out, "  sysfs-before.log   power and clock of %s\n",
		device[0] ? device : "the NPU: none is bound, so nothing");
	fprintf(out, "  mmio-before.log    %s\n",
		c->allowed & 1u << COLLECT_MMIO ? "registers through /dev/mem"
						: "one row that says why there are none "
						  "(needs --allow=mmio-read)");
	fprintf(out, "  run               ");
	for (size_t i = 0; c->command[i]; i++)
		fprintf(out, " %s", c->command[i]);
	fprintf(out, "   (limit %u s)\n", c->limit_ms / 1000);
	fprintf(out, "  ioctl.log          calls on NPU nodes%s%s\n",
		c->tracer ? ", by LD_PRELOAD of " : ": no tracer, so none",
		c->tracer ? c->tracer : "");
	fprintf(out, "  sysfs-after.log, mmio-after.log, kernel.log (new lines only), "
		     "run.txt\n");
	if (missing) {
		print_hazards(out, "this run is risky here; it needs ", missing);
		fprintf(out, "\n");
	}
	fprintf(out, "nothing was done; add --execute to do it\n");
}
