#include "collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mmio.h"
#include "process.h"
#include "verify/log.h"

void collect_sysfs(struct sys *sys, const char *device, FILE *out)
{
	static const struct {
		const char *key, *dir;
	} rows[] = {
		{ "runtime_status", "/sys/devices/platform/%s/power" },
		{ "runtime_usage", "/sys/devices/platform/%s/power" },
		{ "cur_freq", "/sys/class/devfreq/%s" },
		{ "target_freq", "/sys/class/devfreq/%s" },
		{ "governor", "/sys/class/devfreq/%s" },
		{ "available_frequencies", "/sys/class/devfreq/%s" },
		{ "load", "/sys/class/devfreq/%s" },
	};

	for (size_t i = 0; device[0] && i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strcspn(rows[i].dir, "%");
		char path[SYS_PATH_BYTES], line[256];

		sys_path(path, "%.*s%.64s%s/%s", (int)n, rows[i].dir, device,
			 rows[i].dir + n + 2, rows[i].key);
		if (!sys_read_line(sys, path, line, sizeof line) && line[0])
			fprintf(out, "%s = %s\n", rows[i].key, line);
	}
}

const char *collect_new_text(const char *before, const char *after)
{
	size_t n = strlen(before);
	const char *start, *found;
	char *line;

	if (!strncmp(after, before, n))
		return after + n;
	/* the ring has moved on: look for the last whole line */
	while (n && before[n - 1] == '\n')
		n--;
	start = before + n;
	while (start > before && start[-1] != '\n')
		start--;
	line = strndup(start, (size_t)(before + n - start));
	found = line && *line ? strstr(after, line) : NULL;
	n = line ? strlen(line) : 0;
	free(line);
	if (!found)
		return after;
	found += n;
	return found + (*found == '\n');
}

/* Open DIR/NAME for writing. */
static FILE *create(const struct collect *c, const char *name)
{
	char path[SYS_PATH_BYTES];

	sys_path(path, "%.440s/%s", c->dir, name);
	return fopen(path, "w");
}

static bool finish(FILE *file)
{
	bool bad = !file || ferror(file);

	return file && !fclose(file) && !bad;
}

static bool put_text(const struct collect *c, const char *name, const char *text)
{
	FILE *file = create(c, name);

	if (file)
		fputs(text, file);
	return finish(file);
}

/* Sysfs rows and registers as they are now. */
static bool put_state(const struct collect *c, const char *when)
{
	const char *device = facts_value(c->facts, FACT_RKNPU_DEVICE);
	char name[32], rows[MMIO_ROWS_BYTES];
	FILE *file;
	bool ok;

	snprintf(name, sizeof name, "sysfs-%s.log", when);
	file = create(c, name);
	if (file)
		collect_sysfs(c->sys, device, file);
	ok = finish(file);
	mmio_rows(rows, when, c->sys, device, c->allowed & 1u << COLLECT_MMIO);
	snprintf(name, sizeof name, "mmio-%s.log", when);
	return put_text(c, name, rows) && ok;
}

/* A new directory, or an empty one: an old record must not mix with a new one. */
static bool make_directory(const struct collect *c, FILE *out)
{
	struct sys_names names;
	struct sys sys;
	bool empty;

	if (!mkdir(c->dir, 0755))
		return true;
	if (errno != EEXIST) {
		fprintf(out, "npudoctor: %s: %s\n", c->dir, strerror(errno));
		return false;
	}
	sys_host_init(&sys, "");
	if (sys.list_dir(&sys, c->dir, &names)) {
		fprintf(out, "npudoctor: %s: %s\n", c->dir, strerror(errno));
		return false;
	}
	empty = !names.count;
	sys_names_free(&names);
	if (!empty)
		fprintf(out, "npudoctor: %s: is not empty; name a new directory\n",
			c->dir);
	return empty;
}

/* A command inside a job is left alone: killing it can crash the board. */
static bool may_kill(pid_t group)
{
	struct process p = { 0 };
	struct sys sys;

	sys_host_init(&sys, "");
	if (!process_find(&sys, group, &p))
		return true;
	process_look(&sys, &p, "");
	return !p.uninterruptible;
}

static int run_command(const struct collect *c, struct sys_outcome *outcome)
{
	char preload[SYS_PATH_BYTES], file[SYS_PATH_BYTES], cwd[200] = ".";
	const char *old = getenv("LD_PRELOAD");
	const char *env[] = { preload, file, NULL };
	const struct sys_command command = { .argv = c->command,
					     .env = c->tracer ? env : NULL,
					     .limit_ms = c->limit_ms,
					     .may_kill = may_kill };

	if (c->dir[0] != '/' && !getcwd(cwd, sizeof cwd))
		return errno;
	/* first in the list: what follows may be an emulated driver */
	sys_path(preload, "LD_PRELOAD=%.200s%s%.250s", c->tracer ? c->tracer : "",
		 old && *old ? ":" : "", old ? old : "");
	sys_path(file, "NPUTRACE_FILE=%s%s%.250s/ioctl.log", c->dir[0] == '/' ? "" : cwd,
		 c->dir[0] == '/' ? "" : "/", c->dir);
	return c->hands->run(c->hands, &command, outcome);
}

/* The bundle that the command names, for npucc verify; "" when it is not one. */
static const char *only_bundle(const struct collect *c)
{
	const char *bundle = "";

	for (size_t i = 1; c->command[i]; i++) {
		if (!collect_is_bundle(c->command[i]))
			continue;
		if (*bundle)
			return "";
		bundle = c->command[i];
	}
	return bundle;
}

/* Which of the files hold rows, as npucc verify would read them. */
static void print_summary(const struct collect *c, FILE *out)
{
	static const char *const names[] = { "ioctl.log",	"sysfs-before.log",
					     "sysfs-after.log", "mmio-before.log",
					     "mmio-after.log",	"kernel.log" };
	char path[SYS_PATH_BYTES], why[LOG_WHY_BYTES];
	struct log *log = calloc(1, sizeof *log);
	const char *bundle = only_bundle(c);
	bool any = false;

	for (size_t i = 0; log && i < sizeof names / sizeof names[0]; i++) {
		sys_path(path, "%.440s/%s", c->dir, names[i]);
		log_init(log);
		if (log_read(log, path, LOG_KIND_AUTO, why)) {
			if (!any)
				fprintf(out, "check it with: npucc verify%s%s",
					*bundle ? " " : "", bundle);
			fprintf(out, " --log %s", path);
			any = true;
		}
		log_free(log);
	}
	free(log);
	fprintf(out, "%s\n", any ? "" : "no file holds rows that npucc verify reads");
}

static void describe_end(const struct sys_outcome *outcome, uint32_t limit_ms,
			 char text[COLLECT_TEXT_BYTES])
{
	if (outcome->left_behind)
		snprintf(
		    text, COLLECT_TEXT_BYTES,
		    "did not end within %u s and is inside a job; it was left alone as "
		    "process %ld",
		    limit_ms / 1000, (long)outcome->left_behind);
	else if (outcome->timed_out)
		snprintf(text, COLLECT_TEXT_BYTES,
			 "did not end within %u s and was ended", limit_ms / 1000);
	else
		snprintf(text, COLLECT_TEXT_BYTES, "ended with exit code %d",
			 outcome->exit_code);
}

static bool put_run(const struct collect *c, const char *end, uint64_t ms)
{
	uint32_t hazards = collect_hazards(c);
	FILE *file = create(c, "run.txt");

	if (!file)
		return false;
	fprintf(file, "command:");
	for (size_t i = 0; c->command[i]; i++)
		fprintf(file, " %s", c->command[i]);
	fprintf(file, "\nend: %s\nmilliseconds: %llu\nhazards:", end,
		(unsigned long long)ms);
	for (int i = 0; i < COLLECT_HAZARDS; i++) {
		if (hazards & 1u << i)
			fprintf(file, " %s", collect_hazard_names[i]);
	}
	fprintf(file, "\n");
	for (size_t i = 0; i < c->facts->count; i++)
		fprintf(file, "%s: %s (%s)\n", fact_names[c->facts->items[i].id],
			c->facts->items[i].value, c->facts->items[i].source);
	return finish(file);
}

/* The kernel's new lines, or the reason why there are none. */
static bool put_kernel_log(const struct collect *c, const struct sys_text *before,
			   int before_error, FILE *out)
{
	struct sys_text after;
	const char *name;
	int error = c->sys->kernel_log(c->sys, &after, &name);
	bool ok;

	if (before_error || error) {
		fprintf(out, "npudoctor: note: no kernel.log: %s\n",
			strerror(before_error ? before_error : error));
		if (!error)
			sys_text_free(&after);
		return true;
	}
	ok = put_text(c, "kernel.log", collect_new_text(before->bytes, after.bytes));
	sys_text_free(&after);
	return ok;
}

enum collect_result collect_run(const struct collect *c, FILE *out)
{
	uint32_t missing = collect_hazards(c) & ~c->allowed;
	char end[COLLECT_TEXT_BYTES];
	struct sys_outcome outcome = { 0 };
	struct sys_text before;
	const char *name;
	uint64_t start;
	int log_error, error;
	bool ok;

	for (int i = 0; i < COLLECT_HAZARDS; i++) {
		if (missing & 1u << i)
			fprintf(out, "npudoctor: refused: this run needs --allow=%s\n",
				collect_hazard_names[i]);
	}
	if (missing)
		return COLLECT_REFUSED;
	if (!make_directory(c, out))
		return COLLECT_FILE;
	ok = put_state(c, "before");
	log_error = c->sys->kernel_log(c->sys, &before, &name);
	start = c->sys->now_ms(c->sys);
	error = run_command(c, &outcome);
	start = c->sys->now_ms(c->sys) - start;
	if (error)
		snprintf(end, sizeof end, "could not be started: %s", strerror(error));
	else
		describe_end(&outcome, c->limit_ms, end);
	fprintf(out, "%s %s\n", c->command[0], end);
	ok = put_state(c, "after") && ok;
	ok = put_kernel_log(c, &before, log_error, out) && ok;
	ok = put_run(c, end, start) && ok;
	if (!log_error)
		sys_text_free(&before);
	if (!ok) {
		fprintf(out, "npudoctor: %s: a file could not be written\n", c->dir);
		return COLLECT_FILE;
	}
	print_summary(c, out);
	return error || outcome.timed_out || outcome.exit_code ? COLLECT_FAILED
							       : COLLECT_DONE;
}
