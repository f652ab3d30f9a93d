#include "error.h"

#include <stdarg.h>
#include <string.h>

#include "device.h"

const char *npurt_strerror(enum npurt_err err)
{
	static const char *const sentences[] = { "no error",
#define X(name, text) text,
						 NPURT_ERRORS(X)
#undef X
	};

	return (unsigned)err < NPURT_ERR_N ? sentences[err] : "unknown error";
}

const char *npurt_errname(enum npurt_err err)
{
	static const char *const names[] = { "NPURT_OK",
#define X(name, text) #name,
					     NPURT_ERRORS(X)
#undef X
	};

	return (unsigned)err < NPURT_ERR_N ? names[err] : "NPURT_ERR_?";
}

void npurt_error_reset(struct npurt_error *error)
{
	memset(error, 0, sizeof *error);
	error->code = NPURT_OK;
	error->section = error->index = error->task = error->reg = NPURT_NOWHERE;
	error->found = error->allowed = NPURT_NOWHERE;
}

struct text {
	char *buf;
	size_t used, room;
};

static void put_char(struct text *t, char c)
{
	if (t->used + 1 < t->room)
		t->buf[t->used++] = c;
}

static void put_string(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

static void put_number(struct text *t, uint64_t v, unsigned base)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (base == 16)
		put_string(t, "0x");
	while (n)
		put_char(t, digits[--n]);
}

static void put_format(struct text *t, const char *f, va_list args)
{
	for (; *f; f++) {
		if (*f != '%') {
			put_char(t, *f);
			continue;
		}
		switch (*++f) {
		case 's':
			put_string(t, va_arg(args, const char *));
			break;
		case 'u':
			put_number(t, va_arg(args, uint32_t), 10);
			break;
		case 'U':
			put_number(t, va_arg(args, uint64_t), 10);
			break;
		case 'x':
			put_number(t, va_arg(args, uint32_t), 16);
			break;
		case 'X':
			put_number(t, va_arg(args, uint64_t), 16);
			break;
		}
	}
	t->buf[t->used] = 0;
}

enum npurt_err npurt_failf(struct npurt_error *error, enum npurt_err code,
			   const char *format, ...)
{
	if (error && error->code == NPURT_OK) {
		struct text t = { error->detail, strlen(error->detail),
				  sizeof error->detail };
		va_list args;

		error->code = code;
		va_start(args, format);
		put_format(&t, format, args);
		va_end(args);
	}
	return code;
}

void npurt_detailf(struct npurt_error *error, const char *format, ...)
{
	struct text t;
	va_list args;

	if (!error || error->code != NPURT_OK)
		return;
	t = (struct text){ error->detail, strlen(error->detail), sizeof error->detail };
	va_start(args, format);
	put_format(&t, format, args);
	va_end(args);
}

enum npurt_err npurt_fail(struct npurt_error *error, enum npurt_err code,
			  const char *detail)
{
	return npurt_failf(error, code, "%s", detail);
}
