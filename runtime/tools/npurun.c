/* npurun: run a conv of a bundle on a device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/files.h"
#include "error.h"
#include "json_put.h"
#include "run_device.h"
#include "run_session.h"

static void session_close(struct session *s)
{
	npurt_close(s->rt);
	npurt_device_close(s->device);
	tensor_free(&s->input);
	tensor_free(&s->operand);
	tensor_free(&s->reference);
	tensor_free(&s->output);
	run_dump_close(&s->dump);
	bundle_file_close(&s->bundle);
}

void session_note(const struct session *s, const char *file, const char *text)
{
	if (!s->options.quiet)
		tool_complain(PROGRAM ": note", file, "%s", text);
}

enum tool_exit session_trouble(const struct session *s, enum npurt_err err,
			       const struct npurt_error *error)
{
	tool_complain_npurt(PROGRAM, s->bundle.path, err, error);
	return err == NPURT_OK	       ? EXIT_DONE
	       : err == NPURT_ERR_FILE ? EXIT_FILE
				       : EXIT_REFUSED;
}

enum tool_exit session_no_memory(void)
{
	tool_complain(PROGRAM, NULL, "out of memory");
	return EXIT_INTERNAL;
}

static enum tool_exit choose_conv(struct session *s)
{
	const struct npub *b = &s->bundle.npub;
	const char *which = s->options.conv;
	char text[200];

	if (b->conv_count == 0) {
		tool_complain(PROGRAM, s->bundle.path, "the bundle has no conv");
		return EXIT_REFUSED;
	}
	s->conv_index = which ? bundle_file_conv(&s->bundle, PROGRAM, which) : 0;
	if (s->conv_index == NPUB_NONE)
		return EXIT_REFUSED;
	s->conv = &b->convs[s->conv_index];
	if (!which && b->conv_count > 1) {
		snprintf(text, sizeof(text),
			 "running the first of %u convs, '%s'; --conv "
			 "names another",
			 b->conv_count, npub_string(b, s->conv->name));
		session_note(s, s->bundle.path, text);
	}
	return EXIT_DONE;
}

static enum tool_exit open_device(struct session *s)
{
	return run_device_open(&s->options, &s->device, &s->simulated);
}

/* The device must be known good, or a failure after the run says nothing. */
static enum tool_exit probe_before(struct session *s)
{
	if (!s->options.bracket)
		return EXIT_DONE;
	return run_device_health(&s->options, s->device, "before the run", s->report,
				 NULL);
}

static void note_hazards(const struct session *s)
{
	char hazards[HAZARD_TEXT_BYTES], text[200];
	struct npurt_submit_info info;

	npurt_submit_info(s->rt, &info);
	if (!s->simulated || !(info.hazards & ~s->options.allow_hazards))
		return;
	snprintf(text, sizeof(text),
		 "the plan's hazards: %s; on a board it needs --allow",
		 hazard_text(hazards, info.hazards));
	session_note(s, s->bundle.path, text);
}

static enum tool_exit load_conv(struct session *s)
{
	/* Hazards are a board's: the simulator starts each run as a fresh machine. */
	const struct npurt_options options = {
		.conv_index = s->conv_index,
		.cores = s->options.cores,
		.min_evidence = s->options.min_evidence,
		.allow_hazards = s->simulated ? UINT32_MAX : s->options.allow_hazards,
		.timeout_ms = s->options.timeout_ms,
	};
	struct npurt_error error;
	enum npurt_err err = npurt_open(&s->rt, s->bundle.blob, s->bundle.bytes,
					s->device, &options, &error);

	if (err != NPURT_OK)
		return session_trouble(s, err, &error);
	note_hazards(s);
	return EXIT_DONE;
}

static enum tool_exit dump_trouble(const struct session *s, const char *why)
{
	tool_complain(PROGRAM, s->options.dump_dir, "%s", why);
	return EXIT_FILE;
}

static enum tool_exit begin_dump(struct session *s)
{
	char why[300];
	json_t *x = json_object();

	s->dump.document = x;
	put_s(x, "bundle", s->bundle.path);
	put_s(x, "conv", npub_string(&s->bundle.npub, s->conv->name));
	put_u(x, "conv_index", s->conv_index);
	put_s(x, "device", npurt_device_describe(s->device));
	put_bool(x, "simulated", s->simulated);
	if (!run_dump_before(&s->dump, s->options.dump_dir, s->rt, s->conv->task_count,
			     why, sizeof(why)))
		return dump_trouble(s, why);
	return EXIT_DONE;
}

/* Run once, with the dump around it, and fetch the output. */
static enum tool_exit run_once(struct session *s)
{
	struct npurt_error error;
	struct npurt_submit_info info;
	enum npurt_err err;
	double seconds;
	char why[300];

	if (s->options.dump_dir && begin_dump(s) != EXIT_DONE)
		return EXIT_FILE;
	seconds = now_seconds();
	err = npurt_run(s->rt, &error);
	seconds = now_seconds() - seconds;
	if (s->options.dump_dir &&
	    !run_dump_after(&s->dump, s->rt, err, &error, why, sizeof(why)))
		return dump_trouble(s, why);
	if (err == NPURT_OK)
		err = npurt_read_output(s->rt, s->output.data, s->output.bytes);
	if (err != NPURT_OK) {
		enum tool_exit code = session_trouble(s, err, &error);

		run_device_recover(&s->options, s->device, s->report);
		return code;
	}
	npurt_submit_info(s->rt, &info);
	if (!s->options.quiet)
		fprintf(s->report, "%s: ran on %s, plan of %u core%s, %.3f ms\n",
			npub_string(&s->bundle.npub, s->conv->name),
			npurt_device_describe(s->device), info.cores,
			info.cores == 1 ? "" : "s", seconds * 1e3);
	return EXIT_DONE;
}

/* A device that was good before and is not now was poisoned by this very job. */
static enum tool_exit probe_after(struct session *s)
{
	enum tool_exit code;
	bool poisoned;

	if (!s->options.bracket)
		return EXIT_DONE;
	code = run_device_health(&s->options, s->device, "after the run", s->report,
				 &poisoned);
	if (!poisoned)
		return code;
	tool_complain(
	    PROGRAM, s->bundle.path,
	    "the job poisoned the device: it was good before the run and is not "
	    "after it; %s",
	    !s->options.recover ? "--recover resets it"
	    : code == EXIT_DONE ? "a reset helped"
				: "a reset did not help");
	return EXIT_REFUSED;
}

static enum tool_exit bench(struct session *s)
{
	const struct npub_conv *c = s->conv;
	uint64_t macs = (uint64_t)c->batch * c->out_c * c->out_h * c->out_w *
			(c->in_c / c->groups) * c->kernel_h * c->kernel_w;
	struct npurt_error error;
	enum npurt_err err;

	npurt_error_reset(&error);
	err = bench_conv(s->rt, &s->input, &s->output, macs, s->options.bench_runs,
			 !s->options.quiet && isatty(STDERR_FILENO), s->report, &error);
	return err == NPURT_OK ? EXIT_DONE : session_trouble(s, err, &error);
}

static enum tool_exit run(struct session *s)
{
	static enum tool_exit (*const stages[])(struct session * s) = {
		choose_conv,	 open_device, probe_before, load_conv,
		tensors_prepare, run_once,    probe_after,
	};
	const struct run_options *o = &s->options;
	enum tool_exit code, verdict, compared;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		code = stages[i](s);
		if (code != EXIT_DONE)
			return code;
	}
	verdict = verdict_check(s);
	compared = verdict_compare(s);
	/* A wrong output is still worth looking at. */
	code = tensors_write(s);
	if (code != EXIT_DONE)
		return code;
	if (verdict != EXIT_DONE || compared != EXIT_DONE)
		return verdict != EXIT_DONE ? verdict : compared;
	return o->bench_runs ? bench(s) : EXIT_DONE;
}

static enum tool_exit probe_only(struct session *s)
{
	enum tool_exit code = open_device(s);

	return code == EXIT_DONE
		   ? run_device_health(&s->options, s->device, "probe", s->report, NULL)
		   : code;
}

static int run_session(struct session *s, int argc, char **argv)
{
	int code = run_options_parse(&s->options, argc, argv);

	if (code >= 0)
		return code;
	if (s->options.output && strcmp(s->options.output, "-") == 0)
		s->report = stderr;
	code = run_emulate(&s->options, argv);
	if (code == EXIT_DONE && !s->options.health)
		code = bundle_file_open(&s->bundle, PROGRAM, s->options.bundle);
	if (code != EXIT_DONE)
		return code;
	if (s->options.health)
		return probe_only(s);
	if (!s->options.list)
		return run(s);
	list_convs(&s->bundle.npub, stdout);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct session s = { .report = stdout };
	int code;

	files_expect_full();
	json_put_init();
	code = run_session(&s, argc, argv);
	session_close(&s);
	return tool_flush_stdout(PROGRAM, code);
}
