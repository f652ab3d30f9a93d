#include "common/options.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define PAGE_COLUMNS 79u
#define PAGE_INDENT 7u
#define PAGE_HELP_INDENT 15u
#define MAX_ROWS 64u

static bool takes_arg(const struct option_row *row)
{
	return row->arg && row->arg[0] != '[';
}

static bool may_take_arg(const struct option_row *row)
{
	return row->arg && row->arg[0] == '[';
}

static void complain(const struct options *options, FILE *err, const char *where,
		     const char *fmt, va_list args)
{
	fprintf(err, "%s: ", options->program);
	if (where)
		fprintf(err, "%s: ", where);
	vfprintf(err, fmt, args);
	fprintf(err, "\n");
}

void options_complain(const struct options_scan *scan, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(scan->options, scan->err, scan->shown, fmt, args);
	va_end(args);
}

void options_usage(const struct options *options, FILE *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(options, err, NULL, fmt, args);
	va_end(args);
	fprintf(err, "%s: '%s --help' lists the options\n", options->program,
		options->program);
}

void options_begin(struct options_scan *scan, const struct options *options, int argc,
		   char **argv, FILE *err)
{
	assert(options->row_count <= MAX_ROWS);
	memset(scan, 0, sizeof(*scan));
	scan->options = options;
	scan->argc = argc;
	scan->argv = argv;
	scan->err = err;
	scan->at = 1;
}

/* The word after the option, for options whose argument must follow. */
static bool take_next_word(struct options_scan *scan)
{
	if (scan->at >= scan->argc) {
		options_complain(scan, "needs an argument: %s", scan->row->arg);
		return false;
	}
	scan->value = scan->argv[scan->at++];
	return true;
}

static int unknown_long(struct options_scan *scan, const char *name, size_t length)
{
	const struct options *o = scan->options;
	const char *names[MAX_ROWS];
	char word[64];
	size_t count = 0;
	const char *near;

	snprintf(word, sizeof(word), "%.*s", (int)length, name);
	for (size_t i = 0; i < o->row_count; i++)
		if (o->rows[i].long_name)
			names[count++] = o->rows[i].long_name;
	near = diag_nearest(word, names, count);
	if (near)
		options_usage(o, scan->err, "unknown option '--%s'; did you mean '--%s'?",
			      word, near);
	else
		options_usage(o, scan->err, "unknown option '--%s'", word);
	return OPTIONS_ERROR;
}

static int next_long(struct options_scan *scan, const char *name)
{
	const struct options *o = scan->options;
	const char *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);

	for (size_t i = 0; i < o->row_count; i++) {
		const char *row_name = o->rows[i].long_name;

		if (!row_name || strlen(row_name) != length ||
		    memcmp(row_name, name, length) != 0)
			continue;
		scan->row = &o->rows[i];
		snprintf(scan->shown, sizeof(scan->shown), "--%s", row_name);
		scan->value = equals ? equals + 1 : NULL;
		if (equals && !scan->row->arg) {
			options_complain(scan, "takes no argument");
			return OPTIONS_ERROR;
		}
		if (!equals && takes_arg(scan->row) && !take_next_word(scan))
			return OPTIONS_ERROR;
		return scan->row->id;
	}
	return unknown_long(scan, name, length);
}

/* The longest short name that `letters` starts with: -MF before -M. */
static const struct option_row *find_short(const struct options *o, const char *letters)
{
	const struct option_row *best = NULL;
	size_t best_length = 0;

	for (size_t i = 0; i < o->row_count; i++) {
		const char *name = o->rows[i].short_name;
		size_t length = name ? strlen(name) : 0;

		if (length > best_length && strncmp(name, letters, length) == 0) {
			best = &o->rows[i];
			best_length = length;
		}
	}
	return best;
}

static int next_short(struct options_scan *scan, const char *letters)
{
	const struct option_row *row = find_short(scan->options, letters);

	scan->rest = NULL;
	if (!row) {
		options_usage(scan->options, scan->err, "unknown option '-%s'", letters);
		return OPTIONS_ERROR;
	}
	scan->row = row;
	scan->value = NULL;
	snprintf(scan->shown, sizeof(scan->shown), "-%s", row->short_name);
	letters += strlen(row->short_name);
	if (takes_arg(row)) {
		if (letters[0])
			scan->value = letters;
		else if (!take_next_word(scan))
			return OPTIONS_ERROR;
	} else if (letters[0]) {
		scan->rest = letters;
	}
	return row->id;
}

/* No option takes an empty word: it is mostly a variable that was never set. */
static int filled(const struct options_scan *scan, int id)
{
	if (id == OPTIONS_ERROR || !scan->value || scan->value[0])
		return id;
	options_complain(scan, "its argument is empty: %s", scan->row->arg);
	return OPTIONS_ERROR;
}

int options_next(struct options_scan *scan)
{
	const char *word;

	if (scan->rest)
		return filled(scan, next_short(scan, scan->rest));
	if (scan->at >= scan->argc)
		return OPTIONS_END;
	word = scan->argv[scan->at++];
	if (!scan->only_words && strcmp(word, "--") == 0) {
		scan->only_words = true;
		return options_next(scan);
	}
	if (scan->only_words || word[0] != '-' || word[1] == '\0') {
		scan->row = NULL;
		scan->value = word;
		return OPTIONS_WORD;
	}
	return filled(scan, word[1] == '-' ? next_long(scan, word + 2)
					   : next_short(scan, word + 1));
}

int options_each(const struct options *options, int argc, char **argv, options_take *take,
		 void *request)
{
	struct options_scan scan;
	int id, code = -1;

	options_begin(&scan, options, argc, argv, stderr);
	while (code < 0 && (id = options_next(&scan)) != OPTIONS_END) {
		switch (id) {
		case OPTIONS_ERROR:
			code = OPTIONS_EXIT_USAGE;
			break;
		case OPTIONS_HELP:
			options_help(options, stdout);
			code = 0;
			break;
		case OPTIONS_VERSION:
			printf("%s " NPUCC_VERSION "\n", options->program);
			code = 0;
			break;
		default:
			code = take(request, &scan, id);
		}
	}
	return code;
}

bool options_number(const struct options_scan *scan, uint64_t min, uint64_t max,
		    uint64_t *out)
{
	const char *text = scan->value ? scan->value : "";
	unsigned long long number = 0;
	char *end = NULL;
	bool digits = text[0] >= '0' && text[0] <= '9'; /* strtoull takes signs too */
	/* No octal: 010 is ten. */
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;

	errno = 0;
	if (digits)
		number = strtoull(text, &end, base);
	if (!digits || *end || errno || number < min || number > max) {
		options_complain(scan, "'%s' is not a whole number from %llu to %llu",
				 text, (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*out = number;
	return true;
}

int options_choice(const struct options_scan *scan, const char *const *words,
		   size_t count)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (scan->value && strcmp(scan->value, words[i]) == 0)
			return (int)i;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 i ? ", " : "", words[i]);
	}
	options_complain(scan, "'%s' is not one of: %s", scan->value ? scan->value : "",
			 list);
	return -1;
}

/* One paragraph, wrapped at blanks; `column` is where the pen stands already. */
static void print_wrapped(FILE *out, const char *text, size_t length, unsigned indent,
			  unsigned column)
{
	size_t i = 0;

	while (i < length) {
		size_t end = i;

		while (end < length && text[end] != ' ')
			end++;
		if (column > indent && column + 1 + (end - i) > PAGE_COLUMNS) {
			fprintf(out, "\n");
			column = 0;
		}
		if (column < indent) {
			fprintf(out, "%*s", (int)(indent - column), "");
			column = indent;
		} else if (column > indent) {
			fprintf(out, " ");
			column++;
		}
		fprintf(out, "%.*s", (int)(end - i), text + i);
		column += (unsigned)(end - i);
		while (end < length && text[end] == ' ')
			end++;
		i = end;
	}
	fprintf(out, "\n");
}

/* Text of several lines; those that begin with a blank stay as they are. */
static void print_text(FILE *out, const char *text, unsigned indent, unsigned column)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length == 0)
			fprintf(out, "\n");
		else if (text[0] == ' ')
			fprintf(out, "%*s%.*s\n", (int)indent, "", (int)length, text);
		else
			print_wrapped(out, text, length, indent, column);
		column = 0;
		text += length + (text[length] == '\n');
	}
}

/* "-o, --output FILE": returns the column after it. */
static unsigned print_names(FILE *out, const struct option_row *row)
{
	const char *blank = may_take_arg(row) ? "" : " ";
	int n = fprintf(out, "%*s", (int)PAGE_INDENT, "");

	if (row->short_name)
		n += fprintf(out, "-%s%s", row->short_name, row->long_name ? ", " : "");
	if (row->long_name)
		n += fprintf(out, "--%s", row->long_name);
	if (row->arg && blank[0])
		n += fprintf(out, " %s", row->arg);
	else if (row->arg) /* "[FORMAT]" shows as [=FORMAT] */
		n += fprintf(out, "[=%s", row->arg + 1);
	return (unsigned)n;
}

static void print_section(FILE *out, const char *title, const char *text)
{
	fprintf(out, "\n%s\n", title);
	print_text(out, text, PAGE_INDENT, 0);
}

void options_help(const struct options *options, FILE *out)
{
	const char *line = options->synopsis;

	fprintf(out, "NAME\n%*s%s - %s\n\nSYNOPSIS\n", (int)PAGE_INDENT, "",
		options->program, options->summary);
	while (*line) {
		size_t length = strcspn(line, "\n");

		fprintf(out, "%*s%s %.*s\n", (int)PAGE_INDENT, "", options->program,
			(int)length, line);
		line += length + (line[length] == '\n');
	}
	print_section(out, "DESCRIPTION", options->description);
	fprintf(out, "\nOPTIONS\n");
	for (size_t i = 0; i < options->row_count; i++) {
		const struct option_row *row = &options->rows[i];
		unsigned column;

		if (!row->short_name && !row->long_name) {
			fprintf(out, "%s   %s\n", i ? "\n" : "", row->help);
			continue;
		}
		column = print_names(out, row);
		if (column + 1 >= PAGE_HELP_INDENT) {
			fprintf(out, "\n");
			column = 0;
		}
		print_text(out, row->help, PAGE_HELP_INDENT, column);
	}
	for (size_t i = 0; i < options->section_count; i++)
		print_section(out, options->sections[i].title, options->sections[i].text);
}
