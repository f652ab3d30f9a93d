/*
 * Carrying the plan out, one step at a time.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "recover.h"

#define NOT_FOUND 127 /* exit code of a program that is not there */

static bool fail(char why[RECOVER_TEXT_BYTES], const char *what, int error)
{
	snprintf(why, RECOVER_TEXT_BYTES, "%.200s: %s", what,
		 error == ETIMEDOUT ? "no answer within its limit; it was given up"
				    : strerror(error));
	return false;
}

/* Run a helper; false with a sentence when it fails, hangs or is not there. */
static bool run(const struct recover *r, const char *const argv[], const char *output,
		uint32_t limit_ms, char why[RECOVER_TEXT_BYTES])
{
	struct sys_command command = { .argv = argv,
				       .output = output,
				       .limit_ms = limit_ms };
	struct sys_outcome outcome;
	int error = r->hands->run(r->hands, &command, &outcome);

	if (error)
		return fail(why, argv[0], error);
	if (outcome.timed_out) {
		snprintf(why, RECOVER_TEXT_BYTES, "%s did not end within %u s and was %s",
			 argv[0], limit_ms / 1000,
			 outcome.left_behind ? "left behind: it cannot be killed"
					     : "killed");
		return false;
	}
	if (outcome.exit_code)
		snprintf(why, RECOVER_TEXT_BYTES,
			 outcome.exit_code == NOT_FOUND ? "%s is not installed (exit %d)"
							: "%s failed with exit code %d",
			 argv[0], outcome.exit_code);
	return !outcome.exit_code;
}

static bool do_logs(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	static const struct {
		const char *argv[3], *file;
	} commands[] = { { { "dmesg", NULL, NULL }, "dmesg.txt" },
			 { { "lspci", "-vv", NULL }, "lspci.txt" } };
	char path[SYS_PATH_BYTES];

	bool any = false;

	if (mkdir(r->logs, 0755) && errno != EEXIST)
		return fail(why, r->logs, errno);
	/* one tool that is missing must not cost the logs of the others */
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		sys_path(path, "%.400s/%s", r->logs, commands[i].file);
		any = run(r, commands[i].argv, path, RECOVER_LOGS_MS, why) || any;
	}
	return any;
}

static bool do_files(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	struct recover_files files;

	recover_find_files(r, &files);
	for (size_t i = 0; i < files.count; i++) {
		int error = r->hands->remove_stale(r->hands, files.paths[i]);

		if (error && error != ENOENT)
			return fail(why, files.paths[i], error);
	}
	return true;
}

static bool do_module(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	const char *unload[] = { "modprobe", "-r", recover_module(r->family), NULL };
	const char *load[] = { "modprobe", recover_module(r->family), NULL };

	return run(r, unload, NULL, RECOVER_MODULE_MS, why) &&
	       run(r, load, NULL, RECOVER_MODULE_MS, why);
}

static bool write_one(const struct recover *r, const char *path, const char *text,
		      char why[RECOVER_TEXT_BYTES])
{
	int error = r->hands->write_file(r->hands, path, text, RECOVER_REBIND_MS);

	return !error || fail(why, path, error);
}

static bool do_rebind(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	static const char *const drivers[FAMILY_N] = {
		[FAMILY_RKNPU] = "/sys/bus/platform/drivers/RKNPU",
		[FAMILY_XDNA] = "/sys/bus/pci/drivers/amdxdna",
	};
	static const enum fact_id devices[FAMILY_N] = { FACT_RKNPU_DEVICE, FACT_AXCL_PCI,
							FACT_XDNA_PCI };
	const char *device = facts_value(r->facts, devices[r->family]);
	char out[SYS_PATH_BYTES], in[SYS_PATH_BYTES];

	if (r->family == FAMILY_AXCL) {
		sys_path(out, "/sys/bus/pci/devices/%s/remove", device);
		return write_one(r, out, "1", why) &&
		       write_one(r, "/sys/bus/pci/rescan", "1", why);
	}
	sys_path(out, "%s/unbind", drivers[r->family]);
	sys_path(in, "%s/bind", drivers[r->family]);
	return write_one(r, out, device, why) && write_one(r, in, device, why);
}

static bool do_check(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	const char *node = recover_node(r);
	struct sys_node answer;
	int error;

	if (node[0]) {
		error = r->sys->ask_node(r->sys, node, &answer);
		error = error ? error : answer.open_error;
		if (error)
			return fail(why, node, error);
	}
	return run(r, recover_check_command(r->family), NULL, RECOVER_CHECK_MS, why);
}

static bool do_step(const struct recover *r, enum recover_kind kind,
		    char why[RECOVER_TEXT_BYTES])
{
	int error;

	switch (kind) {
	case RECOVER_LOGS:
		return do_logs(r, why);
	case RECOVER_PROCESS:
		return recover_end_process(r, why);
	case RECOVER_FILES:
		return do_files(r, why);
	case RECOVER_RESET:
		error = r->hands->reset_node(r->hands, recover_node(r), RECOVER_RESET_MS);
		return !error || fail(why, "reset", error);
	case RECOVER_MODULE:
		return do_module(r, why);
	case RECOVER_REBIND:
		return do_rebind(r, why);
	default:
		return do_check(r, why);
	}
}

/* The step as it stands now: what was planned may have become wrong. */
static bool look_again(const struct recover *r, enum recover_kind kind,
		       struct recover_step *step)
{
	struct recover_plan now;

	recover_plan(r, &now);
	for (size_t i = 0; i < now.count; i++) {
		if (now.steps[i].kind == kind) {
			*step = now.steps[i];
			return true;
		}
	}
	return false;
}

bool recover_execute(const struct recover *r, FILE *out)
{
	struct recover_plan plan;
	unsigned number = 0;

	recover_plan(r, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		struct recover_step step;
		char why[RECOVER_TEXT_BYTES] = "";

		if (plan.steps[i].state == RECOVER_OPTIONAL ||
		    !look_again(r, plan.steps[i].kind, &step))
			continue;
		fprintf(out, "%u. %s: %s\n", ++number, recover_names[step.kind],
			step.what);
		fflush(out);
		if (step.state == RECOVER_REFUSED) {
			fprintf(out, "   refused: %s\n", step.why);
			return false;
		}
		if (step.state == RECOVER_MANUAL) {
			fprintf(out,
				"   yours to do; then verify with 'npudoctor recover "
				"--family %s --step check --execute'\n",
				family_names[r->family]);
			return false;
		}
		if (!do_step(r, step.kind, why)) {
			fprintf(out, "   failed: %s; later steps were not tried\n", why);
			return false;
		}
		fprintf(out, "   done\n");
	}
	return true;
}
