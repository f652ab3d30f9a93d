#include "operands/npy.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NPY_MAGIC "\x93NUMPY"
#define NPY_MAGIC_BYTES 6u
#define NPY_ALIGN_BYTES 64u

/* The dictionary as text, and where we are in it. */
struct cursor {
	const char *at, *end;
	char *why;
	size_t why_bytes;
};

static bool fail(struct cursor *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(struct cursor *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->why, c->why_bytes, fmt, args);
	va_end(args);
	return false;
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && isspace((unsigned char)*c->at))
		c->at++;
}

/* Take `ch` if it is next. */
static bool accept(struct cursor *c, char ch)
{
	skip_space(c);
	if (c->at == c->end || *c->at != ch)
		return false;
	c->at++;
	return true;
}

/* A quoted Python string without escapes. */
static bool parse_string(struct cursor *c, char *text, size_t room)
{
	size_t n = 0;
	char quote;

	skip_space(c);
	if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
		return false;
	quote = *c->at++;
	while (c->at < c->end && *c->at != quote) {
		if (n + 1 == room || *c->at == '\\')
			return false;
		text[n++] = *c->at++;
	}
	text[n] = '\0';
	return accept(c, quote);
}

/* '<f4', '|i1' ...: byte order, kind, bytes. */
static bool parse_descr(struct cursor *c, struct npy_header *h)
{
	char descr[16] = "";
	uint32_t n;

	if (!parse_string(c, descr, sizeof descr))
		return fail(c, "its element type is not a plain number");
	n = (uint32_t)(descr[2] - '0');
	if (strlen(descr) != 3 || !strchr("<>|=", descr[0]) ||
	    !strchr("fiub", descr[1]) || (n != 1 && n != 2 && n != 4 && n != 8))
		return fail(c, "its element type '%s' is not a plain number", descr);
	if (descr[0] == '>' && n > 1)
		return fail(c, "it is big-endian; save it with astype('<%s')", descr + 1);
	h->kind = descr[1];
	h->elem_bytes = n;
	return true;
}

static bool parse_bool(struct cursor *c, bool *value)
{
	static const char *const words[] = { "False", "True" };

	skip_space(c);
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(c->end - c->at) >= n && memcmp(c->at, words[i], n) == 0) {
			c->at += n;
			*value = i;
			return true;
		}
	}
	return fail(c, "its header has no truth value for fortran_order");
}

/* (), (5,), (2, 3) ... */
static bool parse_shape(struct cursor *c, struct npy_header *h)
{
	if (!accept(c, '('))
		return fail(c, "its header has no shape");
	while (!accept(c, ')')) {
		uint64_t size = 0;

		skip_space(c);
		if (c->at == c->end || !isdigit((unsigned char)*c->at))
			return fail(c, "its header has a malformed shape");
		for (; c->at < c->end && isdigit((unsigned char)*c->at); c->at++) {
			if (size > (UINT64_MAX - 9) / 10)
				return fail(c, "its header has a size beyond 64 bits");
			size = size * 10 + (uint64_t)(*c->at - '0');
		}
		if (h->ndim == NPY_MAX_DIMS)
			return fail(c, "it has more than %u dimensions", NPY_MAX_DIMS);
		h->shape[h->ndim++] = size;
		if (!accept(c, ',') && (c->at == c->end || *c->at != ')'))
			return fail(c, "its header has a malformed shape");
	}
	return true;
}

static bool parse_dict(struct cursor *c, struct npy_header *h)
{
	bool descr = false, fortran = false, shape = false;

	if (!accept(c, '{'))
		return fail(c, "its header is not a dictionary");
	while (!accept(c, '}')) {
		char key[24];

		if (!parse_string(c, key, sizeof key) || !accept(c, ':'))
			return fail(c, "its header is malformed");
		if (strcmp(key, "descr") == 0 && !descr) {
			if (!parse_descr(c, h))
				return false;
			descr = true;
		} else if (strcmp(key, "fortran_order") == 0 && !fortran) {
			if (!parse_bool(c, &h->fortran))
				return false;
			fortran = true;
		} else if (strcmp(key, "shape") == 0 && !shape) {
			if (!parse_shape(c, h))
				return false;
			shape = true;
		} else {
			return fail(c, "its header has an unexpected key '%s'", key);
		}
		if (!accept(c, ',')) {
			skip_space(c);
			if (c->at == c->end || *c->at != '}')
				return fail(c, "its header is malformed");
		}
	}
	if (!descr || !fortran || !shape)
		return fail(c, "its header lacks descr, fortran_order or shape");
	return true;
}

/* Sizes from the shape; a zero size is an empty array. */
static bool derive_sizes(struct cursor *c, struct npy_header *h)
{
	h->count = 1;
	for (uint32_t i = 0; i < h->ndim; i++)
		if (__builtin_mul_overflow(h->count, h->shape[i], &h->count))
			return fail(c, "its shape has more elements than 64 bits count");
	if (__builtin_mul_overflow(h->count, (uint64_t)h->elem_bytes, &h->data_bytes))
		return fail(c, "its shape has more bytes than 64 bits count");
	if (h->ndim < 2)
		h->fortran = false;
	return true;
}

bool npy_parse(struct npy_header *h, const void *file, size_t bytes, char *why,
	       size_t why_bytes)
{
	struct cursor c = { .why = why, .why_bytes = why_bytes };
	const uint8_t *p = file;
	uint32_t prefix, text_bytes;

	memset(h, 0, sizeof *h);
	if (bytes < NPY_MAGIC_BYTES || memcmp(p, NPY_MAGIC, NPY_MAGIC_BYTES) != 0)
		return fail(&c, "it is not an .npy file");
	if (bytes < NPY_MAGIC_BYTES + 6)
		return fail(&c, "it ends inside its header");
	if (p[6] < 1 || p[6] > 3)
		return fail(&c, ".npy version %u is not 1, 2 or 3", p[6]);
	prefix = p[6] == 1 ? 10 : 12;
	text_bytes = (uint32_t)p[8] | (uint32_t)p[9] << 8;
	if (p[6] > 1)
		text_bytes |= (uint32_t)p[10] << 16 | (uint32_t)p[11] << 24;
	if (text_bytes > NPY_MAX_HEADER_BYTES - 12)
		return fail(&c, "its header of %u bytes is too long", text_bytes);
	if (bytes < prefix + text_bytes)
		return fail(&c, "it ends inside its header");
	c.at = (const char *)p + prefix;
	c.end = c.at + text_bytes;
	h->data_offset = prefix + text_bytes;
	return parse_dict(&c, h) && derive_sizes(&c, h);
}

char *npy_shape_text(char *text, size_t room, uint32_t ndim, const uint64_t *shape)
{
	size_t n = (size_t)snprintf(text, room, "(");

	for (uint32_t i = 0; i < ndim && n < room; i++)
		n += (size_t)snprintf(text + n, room - n, "%s%llu%s", i ? ", " : "",
				      (unsigned long long)shape[i], ndim == 1 ? "," : "");
	if (n < room)
		snprintf(text + n, room - n, ")");
	return text;
}

size_t npy_format(void *header, size_t room, const char *descr, uint32_t ndim,
		  const uint64_t *shape)
{
	const size_t prefix = NPY_MAGIC_BYTES + 4;
	char dims[NPY_WRITE_BYTES], text[NPY_WRITE_BYTES + 64], *out = header;
	size_t total, text_bytes;
	int n;

	npy_shape_text(dims, sizeof dims, ndim, shape);
	n = snprintf(text, sizeof text,
		     "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr,
		     dims);
	/* Padded with spaces, a newline last, so that the data is aligned. */
	total = (prefix + (size_t)n + 1 + NPY_ALIGN_BYTES - 1) / NPY_ALIGN_BYTES *
		NPY_ALIGN_BYTES;
	if (total > room)
		return 0;
	text_bytes = total - prefix;
	memcpy(out, NPY_MAGIC "\x01\x00", NPY_MAGIC_BYTES + 2);
	out[8] = (char)(text_bytes & 0xff);
	out[9] = (char)(text_bytes >> 8);
	memset(out + prefix, ' ', text_bytes);
	memcpy(out + prefix, text, (size_t)n);
	out[total - 1] = '\n';
	return total;
}
