/*
 * Log lines as the kernel prints them, verdicts, statistics.
 *
 * Text goes to stderr only at the end, or when the program is about to be
 * stopped: a program's own output stays as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/emu.h"

#define TEXT_LIMIT (4u << 20) /* a run that says more has long failed */
#define LINE_BYTES 512u

static void append(struct emu_text *t, const char *line, size_t bytes)
{
	if (t->bytes + bytes + 1 > TEXT_LIMIT)
		return;
	if (t->bytes + bytes + 1 > t->room) {
		size_t room = t->room ? t->room * 2 : 4096;
		char *text;

		while (room < t->bytes + bytes + 1)
			room *= 2;
		text = realloc(t->text, room);
		if (!text)
			return;
		t->text = text;
		t->room = room;
	}
	memcpy(t->text + t->bytes, line, bytes);
	t->bytes += bytes;
	t->text[t->bytes] = 0;
}

static void put_line(const char *line, size_t bytes)
{
	while (emu.log_fd >= 0 && bytes) {
		ssize_t n = write(emu.log_fd, line, bytes);

		if (n <= 0)
			return;
		line += n;
		bytes -= (size_t)n;
	}
}

static void add_line(struct emu_text *t, const char *prefix, const char *format,
		     va_list args)
{
	char line[LINE_BYTES];
	size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix);
	int n = vsnprintf(line + used, sizeof line - used - 1, format, args);

	used += n < 0 ? 0 : (size_t)n;
	if (used > sizeof line - 2)
		used = sizeof line - 2;
	line[used++] = '\n';
	line[used] = 0;
	append(t, line, used);
	put_line(line, used);
}

void emu_log(const char *format, ...)
{
	char stamp[48];
	uint64_t now = emu_now();
	va_list args;

	snprintf(stamp, sizeof stamp,
		 "[%5" PRIu64 ".%06" PRIu64 "] RKNPU: ", now / 1000000, now % 1000000);
	va_start(args, format);
	add_line(&emu.log, stamp, format, args);
	va_end(args);
	emu.stats.log_lines++;
}

static _Noreturn void stop(void)
{
	fflush(NULL);
	if (emu.verdict.text)
		fputs(emu.verdict.text, stderr);
	fprintf(stderr, "npuemu: stopping the program here\n");
	abort();
}

/* The same sentence again says nothing new; it is counted. */
static bool is_new(const char *line)
{
	return !emu.verdict.text || !strstr(emu.verdict.text, line);
}

void emu_verdict(const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args, again;

	if (emu.settings.strict == EMU_STRICT_OFF)
		return;
	va_start(args, format);
	va_copy(again, args);
	vsnprintf(line, sizeof line, format, args);
	emu.stats.verdicts++;
	emu.stats.failed = true;
	if (is_new(line))
		add_line(&emu.verdict, "npuemu verdict: ", format, again);
	va_end(again);
	va_end(args);
	if (emu.settings.strict == EMU_STRICT_ABORT)
		stop();
}

int emu_fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_line(&emu.verdict, "npuemu verdict: kernel crash: ", format, args);
	va_end(args);
	emu.stats.verdicts++;
	emu.stats.fatal_verdicts++;
	emu.stats.failed = true;
	if (!emu.settings.crash_returns)
		stop();
	return -EINVAL;
}

/* ---- what others may ask ---- */

static size_t copy_text(const struct emu_text *t, char *text, size_t bytes)
{
	if (bytes) {
		size_t n = t->bytes < bytes ? t->bytes : bytes - 1;

		if (n)
			memcpy(text, t->text, n);
		text[n] = 0;
	}
	return t->bytes;
}

__attribute__((visibility("default"))) size_t npuemu_verdicts(char *text, size_t bytes)
{
	size_t n;

	emu_enter();
	n = copy_text(&emu.verdict, text, bytes);
	emu_leave();
	return n;
}

__attribute__((visibility("default"))) size_t npuemu_log(char *text, size_t bytes)
{
	size_t n;

	emu_enter();
	n = copy_text(&emu.log, text, bytes);
	emu_leave();
	return n;
}

static void clear(void)
{
	emu.log.bytes = emu.verdict.bytes = 0;
	if (emu.log.text)
		emu.log.text[0] = 0;
	if (emu.verdict.text)
		emu.verdict.text[0] = 0;
	emu.stats.log_lines = emu.stats.verdicts = emu.stats.fatal_verdicts = 0;
	emu.stats.failed = false;
}

__attribute__((visibility("default"))) void npuemu_clear(void)
{
	emu_enter();
	clear();
	emu_leave();
}

static struct npuemu_stats take_stats(void)
{
	struct npuemu_stats s = emu.stats;

	s.fds = emu.fds;
	s.mmaps = emu.mappings;
	s.files = s.handles = s.bos = s.jobs = 0;
	s.iova_bytes = 0;
	for (uint32_t i = 0; i < emu.fds; i++) {
		const struct emu_file *f = emu.fd[i].file;
		bool seen = !f;

		for (uint32_t j = 0; j < i && !seen; j++)
			seen = emu.fd[j].file == f;
		if (seen)
			continue;
		s.files++;
		for (uint32_t h = 0; h < f->handles; h++)
			s.handles += f->handle[h].bo != NULL;
	}
	for (const struct emu_bo *bo = emu.bos; bo; bo = bo->next) {
		s.bos++;
		s.iova_bytes += bo->bytes;
	}
	for (const struct emu_job *job = emu.jobs; job; job = job->next)
		s.jobs++;
	s.now_us = emu_now();
	return s;
}

__attribute__((visibility("default"))) void npuemu_stats(struct npuemu_stats *stats)
{
	emu_enter();
	*stats = take_stats();
	emu_leave();
}

static void put_json_text(FILE *f, const struct emu_text *t)
{
	bool open = false;

	fputs("[", f);
	for (size_t i = 0; i < t->bytes; i++) {
		unsigned char c = (unsigned char)t->text[i];

		if (!open)
			fputs(i ? ",\n    \"" : "\n    \"", f);
		open = c != '\n';
		if (c == '\n')
			fputs("\"", f);
		else if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < ' ')
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputs(t->bytes ? "\n  ]" : "]", f);
}

static bool write_stats(const char *path)
{
	struct npuemu_stats s = take_stats();
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fprintf(f, "{\n  \"fds\": %u,\n  \"files\": %u,\n  \"handles\": %u,\n", s.fds,
		s.files, s.handles);
	fprintf(f, "  \"bos\": %u,\n  \"mmaps\": %u,\n  \"jobs\": %u,\n", s.bos, s.mmaps,
		s.jobs);
#define COUNT(name) fprintf(f, "  \"" #name "\": %" PRIu64 ",\n", s.name)
	COUNT(iova_bytes);
	COUNT(calls);
	COUNT(ioctls);
	COUNT(submits);
	COUNT(submits_ok);
	COUNT(tasks);
	COUNT(macs);
	COUNT(faults_hit);
	COUNT(resets);
	COUNT(power_offs);
	COUNT(log_lines);
	COUNT(now_us);
	COUNT(verdicts);
	COUNT(fatal_verdicts);
#undef COUNT
	fprintf(f,
		"  \"failed\": %s,\n  \"verdict_lines\": ", s.failed ? "true" : "false");
	put_json_text(f, &emu.verdict);
	fputs("\n}\n", f);
	return fclose(f) == 0;
}

__attribute__((visibility("default"))) bool npuemu_write_stats(const char *path)
{
	bool ok;

	emu_enter();
	ok = write_stats(path);
	emu_leave();
	return ok;
}

void emu_report_end(void)
{
	const char *path = getenv("NPUEMU_STATS");

	if (path && *path && !write_stats(path))
		fprintf(stderr, "npuemu: cannot write %s: %s\n", path, strerror(errno));
	if (emu.verdict.bytes)
		fputs(emu.verdict.text, stderr);
}
