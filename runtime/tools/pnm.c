#include "image.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PNM_MAXVAL 65535u
#define PNM_HEADER_BYTES 48u

struct cursor {
	const uint8_t *at, *end;
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

bool image_new(struct image *image, uint32_t w, uint32_t h, uint32_t chans,
	       uint32_t maxval)
{
	uint16_t *samples;

	if (w > IMAGE_MAX_SIDE || h > IMAGE_MAX_SIDE ||
	    (uint64_t)w * h > IMAGE_MAX_PIXELS)
		return false;
	samples = calloc((size_t)w * h * chans + 1, sizeof(*samples));
	if (!samples)
		return false;
	*image = (struct image){ w, h, chans, maxval, samples };
	return true;
}

void image_free(struct image *image)
{
	free(image->samples);
	memset(image, 0, sizeof(*image));
}

static bool is_space(uint8_t ch)
{
	return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

/* White space and comments, which run from # to the end of the line. */
static void skip_space(struct cursor *c)
{
	while (c->at < c->end && (is_space(*c->at) || *c->at == '#')) {
		if (*c->at == '#')
			while (c->at < c->end && *c->at != '\n')
				c->at++;
		else
			c->at++;
	}
}

/* A decimal number in [min, max]. */
static bool take_number(struct cursor *c, const char *what, uint32_t min, uint32_t max,
			uint32_t *out)
{
	uint32_t value = 0;

	skip_space(c);
	if (c->at == c->end)
		return fail(c, "it ends where the %s should be", what);
	if (*c->at < '0' || *c->at > '9')
		return fail(c, "its %s is not a number", what);
	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		value = value * 10 + (uint32_t)(*c->at - '0');
		if (value > max)
			return fail(c, "its %s is above %u", what, max);
	}
	if (value < min)
		return fail(c, "its %s is below %u", what, min);
	*out = value;
	return true;
}

static bool take_text_samples(struct cursor *c, struct image *image, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t value;

		if (!take_number(c, "sample", 0, image->maxval, &value))
			return false;
		image->samples[i] = (uint16_t)value;
	}
	return true;
}

/* One byte a sample, two (high first) when maxval is above 255. */
static bool take_raw_samples(struct cursor *c, struct image *image, size_t count)
{
	bool wide = image->maxval > UINT8_MAX;
	size_t need = wide ? 2 * count : count, have;

	if (c->at == c->end || !is_space(*c->at))
		return fail(c, "no white space separates its header from its samples");
	c->at++;
	have = (size_t)(c->end - c->at);
	if (have < need)
		return fail(c, "it is truncated: %zu of %zu sample bytes", have, need);
	for (size_t i = 0; i < count; i++) {
		uint32_t value =
		    wide ? (uint32_t)c->at[2 * i] << 8 | c->at[2 * i + 1] : c->at[i];

		if (value > image->maxval)
			return fail(c, "a sample is %u, above its maximum of %u", value,
				    image->maxval);
		image->samples[i] = (uint16_t)value;
	}
	c->at += need;
	return true;
}

static bool take_samples(struct cursor *c, struct image *image, bool text)
{
	size_t count = (size_t)image->w * image->h * image->chans;

	if (!(text ? take_text_samples(c, image, count)
		   : take_raw_samples(c, image, count)))
		return false;
	while (c->at < c->end && is_space(*c->at))
		c->at++;
	if (c->at != c->end)
		return fail(c, "%zu bytes follow its samples; it must hold one picture",
			    (size_t)(c->end - c->at));
	return true;
}

bool pnm_parse(struct image *image, const void *file, size_t bytes, char *why,
	       size_t why_bytes)
{
	const uint8_t *p = file;
	struct cursor c = { p, p + bytes, why, why_bytes };
	struct image got;
	uint32_t w, h, maxval;

	if (bytes < 2 || p[0] != 'P' || !strchr("2356", p[1]) || p[1] == '\0')
		return fail(&c, "it is not a PGM or PPM picture (P2, P3, P5 or P6)");
	c.at += 2;
	if (!take_number(&c, "width", 1, IMAGE_MAX_SIDE, &w) ||
	    !take_number(&c, "height", 1, IMAGE_MAX_SIDE, &h) ||
	    !take_number(&c, "maximum", 1, PNM_MAXVAL, &maxval))
		return false;
	/* Every sample takes at least a byte: refuse before allocating. */
	if ((uint64_t)w * h > (uint64_t)(c.end - c.at))
		return fail(&c, "it is truncated: %zu bytes for %ux%u pixels",
			    (size_t)(c.end - c.at), w, h);
	if (!image_new(&got, w, h, p[1] == '2' || p[1] == '5' ? 1 : 3, maxval))
		return fail(&c, "its %ux%u pixels are too many to hold", w, h);
	if (!take_samples(&c, &got, p[1] < '5')) {
		image_free(&got);
		return false;
	}
	*image = got;
	return true;
}

bool pnm_format(const struct image *image, void **file, size_t *bytes)
{
	size_t count = (size_t)image->w * image->h * image->chans;
	uint8_t *out = malloc(PNM_HEADER_BYTES + count);
	int n;

	assert(image->maxval == UINT8_MAX);
	if (!out)
		return false;
	n = snprintf((char *)out, PNM_HEADER_BYTES, "P%c\n%u %u\n255\n",
		     image->chans == 1 ? '5' : '6', image->w, image->h);
	for (size_t i = 0; i < count; i++)
		out[(size_t)n + i] = (uint8_t)image->samples[i];
	*file = out;
	*bytes = (size_t)n + count;
	return true;
}
