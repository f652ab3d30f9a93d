#include "run_device.h"

#include <stdio.h>
#include <string.h>

static enum tool_exit exit_from(enum npurt_err err)
{
	return err == NPURT_ERR_FILE ? EXIT_FILE : EXIT_REFUSED;
}

static enum npurt_err open_rknpu(const struct run_options *o, const char *path,
				 struct npurt_device **device, struct npurt_error *error)
{
	const struct npurt_rknpu_options options = {
		.path = path,
		.profile = o->profile,
		.cores = o->device_cores,
		.old_driver = o->old_driver,
	};

	return npurt_device_open_rknpu_with(device, &options, error);
}

/* `auto` falls back to the simulator, and says so even when it is to be quiet. */
enum tool_exit run_device_open(const struct run_options *o, struct npurt_device **device,
			       bool *simulated)
{
	bool automatic = strcmp(o->device, "auto") == 0;
	enum npurt_err err = NPURT_ERR_NODEVICE;
	struct npurt_error error;

	*simulated = strcmp(o->device, "sim") == 0;
	if (!*simulated)
		err = open_rknpu(o, automatic ? NULL : o->device, device, &error);
	/* Who asks for the driver, a probe or a bracket means a device. */
	if (err != NPURT_OK && automatic && !o->emulate && !o->health && !o->bracket) {
		fprintf(stderr, "%s: note: running in the simulator, because %s%s%s%s\n",
			PROGRAM, npurt_strerror(err), error.detail[0] ? " (" : "",
			error.detail, error.detail[0] ? ")" : "");
		*simulated = true;
	}
	if (*simulated)
		err = npurt_device_open_sim(device, o->threads, &error);
	if (err == NPURT_OK)
		return EXIT_DONE;
	tool_complain_npurt(PROGRAM, o->device, err, &error);
	return exit_from(err);
}

static bool reset(struct npurt_device *device, FILE *report)
{
	struct npurt_error error;
	enum npurt_err err = npurt_device_reset(device, &error);

	if (err) {
		tool_complain_npurt(PROGRAM, "reset", err, &error);
		return false;
	}
	fprintf(report, "reset: done\n");
	return true;
}

enum tool_exit run_device_health(const struct run_options *o, struct npurt_device *device,
				 const char *when, FILE *report, bool *was_bad)
{
	struct npurt_error error;
	enum npurt_err err = npurt_health(device, &error);

	if (was_bad)
		*was_bad = err != NPURT_OK;
	if (err && o->recover) {
		tool_complain_npurt(PROGRAM, when, err, &error);
		if (!reset(device, report))
			return EXIT_REFUSED;
		err = npurt_health(device, &error);
	}
	if (err) {
		tool_complain_npurt(PROGRAM, when, err, &error);
		return EXIT_REFUSED;
	}
	if (!o->quiet)
		fprintf(report, "health %s: good on %s\n", when,
			npurt_device_describe(device));
	return EXIT_DONE;
}

void run_device_recover(const struct run_options *o, struct npurt_device *device,
			FILE *report)
{
	if (o->recover && reset(device, report))
		run_device_health(o, device, "after the reset", report, NULL);
}
