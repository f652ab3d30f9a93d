/*
 * The plan: which steps a family has, in which order, and what speaks against each.
 */
#include <stdlib.h>
#include <string.h>

#include "recover.h"

const char *const recover_names[RECOVER_N] = { "logs",	 "process", "files",  "reset",
					       "module", "rebind",  "reboot", "check" };

/* One step of one family. */
struct step_rule {
	enum recover_kind kind;
	enum recover_state state; /* when not asked for by name */
	const char *caution;	  /* why it is optional */
};

#define RARELY                                                                           \
	"it rarely helps once the card's own system is dead, and can hang; reboot "      \
	"instead"

static const struct step_rule rknpu_steps[] = {
	{ RECOVER_PROCESS, RECOVER_PLANNED, NULL },
	{ RECOVER_FILES, RECOVER_PLANNED, NULL },
	{ RECOVER_RESET, RECOVER_PLANNED, NULL },
	{ RECOVER_MODULE, RECOVER_OPTIONAL, "only when a reset did not help" },
	{ RECOVER_REBIND, RECOVER_OPTIONAL,
	  "only when a reset did not help and the driver is built in" },
	{ RECOVER_CHECK, RECOVER_PLANNED, NULL },
};
static const struct step_rule axcl_steps[] = {
	{ RECOVER_LOGS, RECOVER_PLANNED, NULL },
	{ RECOVER_PROCESS, RECOVER_PLANNED, NULL },
	{ RECOVER_FILES, RECOVER_PLANNED, NULL },
	{ RECOVER_MODULE, RECOVER_OPTIONAL, RARELY },
	{ RECOVER_REBIND, RECOVER_OPTIONAL, RARELY },
	{ RECOVER_REBOOT, RECOVER_MANUAL, NULL },
	{ RECOVER_CHECK, RECOVER_PLANNED, NULL },
};
static const struct step_rule xdna_steps[] = {
	{ RECOVER_PROCESS, RECOVER_PLANNED, NULL },
	{ RECOVER_FILES, RECOVER_PLANNED, NULL },
	{ RECOVER_MODULE, RECOVER_PLANNED, NULL },
	{ RECOVER_REBIND, RECOVER_OPTIONAL, "only when reloading did not help" },
	{ RECOVER_CHECK, RECOVER_PLANNED, NULL },
};

static const struct {
	const struct step_rule *steps;
	size_t count;
	const char *module;
	const char *check[4];
} families[FAMILY_N] = {
#define STEPS(rules) rules, sizeof rules / sizeof rules[0]
	[FAMILY_RKNPU] = { STEPS(rknpu_steps), "rknpu", { "npurun", "--health", NULL } },
	[FAMILY_AXCL] = { STEPS(axcl_steps), "axcl_host", { "axcl-smi", NULL } },
	[FAMILY_XDNA] = { STEPS(xdna_steps), "amdxdna", { "xrt-smi", "examine", NULL } },
#undef STEPS
};

const char *recover_module(enum family family)
{
	return families[family].module;
}

const char *const *recover_check_command(enum family family)
{
	return families[family].check;
}

const char *recover_node(const struct recover *r)
{
	static const enum fact_id nodes[FAMILY_N] = { FACT_RKNPU_NODE, FACT_AXCL_NODE,
						      FACT_XDNA_NODE };

	return facts_value(r->facts, nodes[r->family]);
}

/* Whether a process has the file open. */
static bool is_open(const struct recover *r, const char *path)
{
	char why[RECOVER_TEXT_BYTES];

	return !recover_is_unused(r, path, why);
}

void recover_find_files(const struct recover *r, struct recover_files *files)
{
	static const char *const dirs[] = { "/run/lock", "/run", "/tmp" };
	static const char *const prefixes[FAMILY_N] = { "npurt", "axcl", "xrt" };
	const char *prefix = prefixes[r->family];

	files->count = 0;
	for (size_t d = 0; d < sizeof dirs / sizeof dirs[0]; d++) {
		struct sys_names names;

		if (r->sys->list_dir(r->sys, dirs[d], &names))
			continue;
		for (size_t i = 0; i < names.count; i++) {
			const char *name = names.items[i], *dot = strrchr(name, '.');
			char *path = files->paths[files->count];

			if (files->count == RECOVER_FILES_MAX || !dot ||
			    strcmp(dot, ".lock") != 0 || strlen(name) > 64 ||
			    strncmp(name, prefix, strlen(prefix)) != 0)
				continue;
			snprintf(path, 128, "%s/%s", dirs[d], name);
			files->count += !is_open(r, path);
		}
		sys_names_free(&names);
	}
}

static bool module_fits(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	const char *module = recover_module(r->family);
	char path[SYS_PATH_BYTES], line[32];

	sys_path(path, "/sys/module/%s/initstate", module);
	if (sys_read_line(r->sys, path, line, sizeof line)) {
		snprintf(why, RECOVER_TEXT_BYTES,
			 "%s is not a loaded module (built in, or absent)", module);
		return false;
	}
	sys_path(path, "/sys/module/%s/refcnt", module);
	if (!sys_read_line(r->sys, path, line, sizeof line) && strcmp(line, "0") != 0) {
		snprintf(why, RECOVER_TEXT_BYTES, "%s has %s users", module, line);
		return false;
	}
	return recover_is_unused(r, recover_node(r), why);
}

static bool rebind_fits(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	static const enum fact_id devices[FAMILY_N] = { FACT_RKNPU_DEVICE, FACT_AXCL_PCI,
							FACT_XDNA_PCI };

	if (!facts_find(r->facts, devices[r->family])) {
		snprintf(why, RECOVER_TEXT_BYTES, "no device was found to rebind");
		return false;
	}
	return recover_is_unused(r, recover_node(r), why);
}

static bool reset_fits(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	const char *access = facts_value(r->facts, FACT_RKNPU_ACCESS);

	if (strcmp(access, "ok") != 0) {
		snprintf(why, RECOVER_TEXT_BYTES, "the node cannot be used: %s",
			 access[0] ? access : "there is none");
		return false;
	}
	return recover_is_unused(r, recover_node(r), why);
}

/* What the step does, with its limits; false when it has nothing to do. */
static bool describe(const struct recover *r, struct recover_step *step)
{
	const char *const *check = recover_check_command(r->family);
	const char *module = recover_module(r->family);
	struct recover_files files;
	size_t used;

	switch (step->kind) {
	case RECOVER_LOGS:
		snprintf(step->what, sizeof step->what,
			 "collect dmesg and lspci -vv in %.128s, %u s each", r->logs,
			 RECOVER_LOGS_MS / 1000);
		return true;
	case RECOVER_PROCESS:
		snprintf(step->what, sizeof step->what,
			 "end %.64s: ask, SIGTERM to its group, %u s, SIGKILL, %u s",
			 r->process ? r->process : "", RECOVER_TERM_MS / 1000,
			 RECOVER_KILL_MS / 1000);
		return r->process != NULL;
	case RECOVER_FILES:
		recover_find_files(r, &files);
		used = (size_t)snprintf(step->what, sizeof step->what,
					"remove lock files that nobody holds:");
		for (size_t i = 0; i < files.count && used < sizeof step->what; i++)
			used +=
			    (size_t)snprintf(step->what + used, sizeof step->what - used,
					     " %s", files.paths[i]);
		return files.count > 0;
	case RECOVER_RESET:
		snprintf(step->what, sizeof step->what,
			 "soft reset through %s (ACTION 6), limit %u s",
			 recover_node(r)[0] ? recover_node(r) : "the node",
			 RECOVER_RESET_MS / 1000);
		return true;
	case RECOVER_MODULE:
		snprintf(step->what, sizeof step->what,
			 "modprobe -r %s, modprobe %s, limit %u s each", module, module,
			 RECOVER_MODULE_MS / 1000);
		return true;
	case RECOVER_REBIND:
		snprintf(step->what, sizeof step->what,
			 "%s through sysfs, limit %u s each",
			 r->family == FAMILY_AXCL
			     ? "remove the card from the PCI bus and scan again"
			     : "take the device from its driver and give it back",
			 RECOVER_REBIND_MS / 1000);
		return true;
	case RECOVER_REBOOT:
		snprintf(step->what, sizeof step->what,
			 "reboot the host (npudoctor never does it for you)");
		return true;
	default:
		used = (size_t)snprintf(step->what, sizeof step->what, "run");
		for (size_t i = 0; check[i]; i++)
			used += (size_t)snprintf(
			    step->what + used, sizeof step->what - used, " %s", check[i]);
		snprintf(step->what + used, sizeof step->what - used, ", limit %u s",
			 RECOVER_CHECK_MS / 1000);
		return true;
	}
}

static bool process_fits(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	const char *objection;
	struct process p;

	if (!recover_find_process(r, &p, why))
		return false;
	process_look(r->sys, &p, recover_node(r));
	objection = process_objection(&p);
	if (objection)
		snprintf(why, RECOVER_TEXT_BYTES, "%ld (%s): %s", (long)p.pid, p.name,
			 objection);
	return !objection;
}

static bool fits(const struct recover *r, struct recover_step *step)
{
	switch (step->kind) {
	case RECOVER_PROCESS:
		return process_fits(r, step->why);
	case RECOVER_RESET:
		return reset_fits(r, step->why);
	case RECOVER_MODULE:
		return module_fits(r, step->why);
	case RECOVER_REBIND:
		return rebind_fits(r, step->why);
	default:
		return true;
	}
}

void recover_plan(const struct recover *r, struct recover_plan *plan)
{
	plan->count = 0;
	for (size_t i = 0; i < families[r->family].count; i++) {
		const struct step_rule *rule = &families[r->family].steps[i];
		struct recover_step *step = &plan->steps[plan->count];

		*step = (struct recover_step){ .kind = rule->kind, .state = rule->state };
		if ((r->asked && !(r->asked & 1u << rule->kind)) || !describe(r, step))
			continue;
		if (r->asked && step->state == RECOVER_OPTIONAL)
			step->state = RECOVER_PLANNED;
		if (step->state == RECOVER_PLANNED && !fits(r, step))
			step->state = RECOVER_REFUSED;
		else if (step->state == RECOVER_OPTIONAL)
			snprintf(step->why, sizeof step->why, "%s; ask with --step %s",
				 rule->caution, recover_names[rule->kind]);
		plan->count++;
	}
}

void recover_print_plan(FILE *out, const struct recover *r,
			const struct recover_plan *plan)
{
	unsigned number = 0;

	fprintf(out, "plan for %s; nothing is done without --execute\n",
		family_names[r->family]);
	for (size_t i = 0; i < plan->count; i++) {
		const struct recover_step *s = &plan->steps[i];

		if (s->state == RECOVER_OPTIONAL)
			fprintf(out, "   -  %-8s %s\n               not now: %s\n",
				recover_names[s->kind], s->what, s->why);
		else
			fprintf(out, "  %2u. %-8s %s\n", ++number, recover_names[s->kind],
				s->what);
		if (s->state == RECOVER_REFUSED)
			fprintf(out, "               refused: %s\n", s->why);
	}
}
