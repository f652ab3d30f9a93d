/*
 * Families of random problems: each draws sizes where its own difficulties lie.
 */
#include <string.h>

#include "families.h"

#define CBUF_ENTRIES 6144u /* 12 banks of 512: what the edge families aim at */
#define CBUF_BANK_BYTES 32768u

static uint32_t pick(uint64_t *s, const uint32_t *values, size_t count)
{
	return values[draw64(s) % count];
}
#define PICK(s, ...)                                                                     \
	pick(s, (const uint32_t[]){ __VA_ARGS__ },                                       \
	     sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* Small often, large now and then. */
static uint32_t skewed(uint64_t *s, uint32_t most)
{
	return draw_range(s, 1, draw_range(s, 1, most));
}

static void kernels(struct problem *p, uint64_t *s, uint32_t most)
{
	p->r.kh = draw_range(s, 1, most);
	p->r.kw = draw_chance(s, 60) ? p->r.kh : draw_range(s, 1, most);
}

static void pads(struct problem *p, uint64_t *s)
{
	p->r.pt = draw_range(s, 0, p->r.kh - 1);
	p->r.pl = draw_range(s, 0, p->r.kw - 1);
	p->r.pb = draw_range(s, 0, p->r.kh - 1);
	p->r.pr = draw_range(s, 0, p->r.kw - 1);
}

static void plane(struct problem *p, uint64_t *s, uint32_t most)
{
	p->r.h = draw_range(s, 1, most);
	p->r.w = draw_range(s, 1, most);
}

static void dense(struct problem *p, uint64_t *s)
{
	kernels(p, s, 7);
	plane(p, s, 60);
	p->r.c = draw_range(s, 5, 300);
	p->r.k = skewed(s, 300);
	if (draw_chance(s, 40))
		pads(p, s);
}

static void pointwise(struct problem *p, uint64_t *s)
{
	p->r.kh = p->r.kw = 1;
	plane(p, s, draw_chance(s, 30) ? 4 : 60);
	p->r.c = draw_chance(s, 20) ? PICK(s, 960, 1024, 1280, 2048, 4095)
				    : draw_range(s, 5, 700);
	p->r.k = draw_chance(s, 20) ? PICK(s, 273, 546, 1001) : skewed(s, 700);
}

static void grouped(struct problem *p, uint64_t *s)
{
	kernels(p, s, 5);
	plane(p, s, 40);
	p->r.g = draw_range(s, 2, 20);
	p->r.c = p->r.g * skewed(s, 48);
	p->r.k = p->r.g * skewed(s, 48);
	if (draw_chance(s, 30))
		pads(p, s);
}

static void depthwise(struct problem *p, uint64_t *s)
{
	kernels(p, s, 7);
	plane(p, s, 90);
	p->r.g = p->r.c = p->r.k =
	    draw_chance(s, 20) ? draw_range(s, 2, 4) : skewed(s, 700) + 4;
	if (draw_chance(s, 60))
		pads(p, s);
	if (draw_chance(s, 30))
		p->r.sy = p->r.sx = 2;
}

static void pixel(struct problem *p, uint64_t *s)
{
	kernels(p, s, 7);
	plane(p, s, 260);
	p->r.c = draw_range(s, 1, 4);
	p->r.k = skewed(s, 80);
	p->r.sy = p->r.sx = draw_range(s, 1, 3);
	if (draw_chance(s, 50))
		pads(p, s);
}

static void strided(struct problem *p, uint64_t *s)
{
	kernels(p, s, 7);
	plane(p, s, 90);
	p->r.c = skewed(s, 200);
	p->r.k = skewed(s, 200);
	p->r.sy = draw_range(s, 1, 7);
	p->r.sx = draw_range(s, 1, 7);
	if (draw_chance(s, 40))
		pads(p, s);
}

static void padded(struct problem *p, uint64_t *s)
{
	kernels(p, s, draw_chance(s, 30) ? 16 : 7);
	plane(p, s, 40);
	p->r.c = skewed(s, 120);
	p->r.k = skewed(s, 120);
	p->r.sy = draw_range(s, 1, 3);
	p->r.sx = draw_range(s, 1, 3);
	pads(p, s);
}

static void dilated(struct problem *p, uint64_t *s)
{
	kernels(p, s, 4);
	plane(p, s, 60);
	p->r.c = skewed(s, 150);
	p->r.k = skewed(s, 150);
	p->r.dy = draw_range(s, 1, 5);
	p->r.dx = draw_range(s, 1, 5);
	if (draw_chance(s, 50))
		pads(p, s);
	if (draw_chance(s, 30))
		p->r.g = p->r.k = p->r.c;
}

static void batched(struct problem *p, uint64_t *s)
{
	void (*const inner[])(struct problem *, uint64_t *) = { dense, pointwise, grouped,
								depthwise, pixel };

	inner[draw64(s) % 5](p, s);
	p->r.n = draw_range(s, 2, 5);
}

/* Rows of input that just fill the CBUF, or one row or channel more. */
static void cbuf_edge(struct problem *p, uint64_t *s)
{
	uint32_t entries, banks = draw_range(s, 9, 12);

	p->r.kh = p->r.kw = PICK(s, 1, 3, 5);
	p->r.c = draw_range(s, 1, 24) * 8 + draw_range(s, 0, 1);
	p->r.w = draw_range(s, p->r.kw, 200);
	p->r.k = skewed(s, 96);
	entries = (p->r.c + 31) / 32 * p->r.w;
	p->r.h = CBUF_ENTRIES / 12 * banks / entries + draw_range(s, 0, 2);
	if (draw_chance(s, 30))
		p->r.pt = p->r.pl = p->r.pb = p->r.pr = p->r.kh / 2;
}

/* One window hardly fits, or does not. */
static void wide(struct problem *p, uint64_t *s)
{
	p->r.kh = PICK(s, 1, 2, 3, 5, 7);
	p->r.kw = PICK(s, 1, 3);
	p->r.w = draw_range(s, 500, MAX_WIDTH);
	p->r.c = skewed(s, CBUF_ENTRIES * 24 / (p->r.w * p->r.kh));
	p->r.h = p->r.kh + draw_range(s, 0, 6);
	p->r.k = skewed(s, 24);
	if (draw_chance(s, 30))
		p->r.g = p->r.k = p->r.c;
}

static void tall(struct problem *p, uint64_t *s)
{
	kernels(p, s, 3);
	p->r.h = draw_range(s, 200, 2047);
	p->r.w = draw_range(s, 1, 12);
	p->r.c = skewed(s, 100);
	p->r.k = skewed(s, 40);
	p->r.sy = draw_range(s, 1, 2);
}

static void tiny(struct problem *p, uint64_t *s)
{
	kernels(p, s, 3);
	plane(p, s, 5);
	p->r.g = draw_chance(s, 30) ? draw_range(s, 1, 4) : 1;
	p->r.c = p->r.g * draw_range(s, 1, 9);
	p->r.k = p->r.g * draw_range(s, 1, 9);
	if (draw_chance(s, 50))
		pads(p, s);
}

static void big_kernel(struct problem *p, uint64_t *s)
{
	p->r.kh = draw_range(s, 8, 31);
	p->r.kw = draw_chance(s, 50) ? p->r.kh : draw_range(s, 1, 31);
	plane(p, s, 70);
	p->r.c = skewed(s, 40);
	p->r.k = skewed(s, 40);
	p->r.pt = draw_range(s, 0, 15) % p->r.kh;
	p->r.pl = draw_range(s, 0, 15) % p->r.kw;
	p->r.sy = draw_range(s, 1, 4);
	p->r.sx = draw_range(s, 1, 4);
	if (draw_chance(s, 30))
		p->r.g = p->r.k = p->r.c;
}

static void primes(struct problem *p, uint64_t *s)
{
	p->r.kh = PICK(s, 1, 2, 3, 5, 7);
	p->r.kw = PICK(s, 1, 2, 3, 5, 7);
	p->r.h = PICK(s, 7, 11, 13, 17, 29, 31, 53, 61);
	p->r.w = PICK(s, 7, 11, 13, 17, 29, 31, 53, 61);
	p->r.c = PICK(s, 7, 17, 31, 37, 97, 127, 257, 509);
	p->r.k = PICK(s, 2, 3, 13, 17, 47, 113, 251, 401);
}

/* Weights that do not fit the CBUF beside the input. */
static void heavy_weights(struct problem *p, uint64_t *s)
{
	p->r.kh = p->r.kw = PICK(s, 1, 3);
	p->r.c = draw_range(s, 128, 700);
	p->r.k = draw_range(s, 128, 700);
	plane(p, s, 16);
	if (draw_chance(s, 50))
		p->r.pt = p->r.pl = p->r.pb = p->r.pr = p->r.kh / 2;
}

/* Weights that just fill the banks beside the input, or one kernel more or less. */
static void weight_edge(struct problem *p, uint64_t *s)
{
	uint32_t banks = draw_range(s, 1, 12), kernel_bytes;

	p->r.kh = p->r.kw = PICK(s, 1, 1, 3);
	p->r.c = draw_range(s, 4, 90) * 8 + draw_range(s, 0, 1);
	kernel_bytes = (p->r.c + 31) / 32 * 64 * p->r.kh * p->r.kw;
	p->r.k = banks * CBUF_BANK_BYTES / kernel_bytes + draw_range(s, 0, 2);
	p->r.h = draw_range(s, p->r.kh, 14);
	p->r.w = draw_range(s, p->r.kw, 14);
}

/* Neither input nor weights fit, or both by a hair. */
static void both_edge(struct problem *p, uint64_t *s)
{
	uint32_t input = draw_range(s, 9, 14), weights = draw_range(s, 9, 14);

	p->r.c = draw_range(s, 16, 40) * 32;
	p->r.w = draw_range(s, 3, 9);
	p->r.h = input * CBUF_ENTRIES / 12 / (p->r.c / 32 * p->r.w) + draw_range(s, 0, 1);
	p->r.k = weights * CBUF_BANK_BYTES / (p->r.c * 2) + draw_range(s, 0, 1);
}

static void pinned(struct problem *p, uint64_t *s)
{
	void (*const inner[])(struct problem *, uint64_t *) = { dense, pointwise, pixel,
								strided };

	inner[draw64(s) % 4](p, s);
	if (draw_chance(s, 60))
		p->split_y = draw_range(s, 1, 6);
	if (!p->split_y || draw_chance(s, 40))
		p->split_k = draw_range(s, 1, 4);
}

static const struct family families[] = {
	{ "dense", dense, 14 },	       { "pointwise", pointwise, 8 },
	{ "grouped", grouped, 10 },    { "depthwise", depthwise, 12 },
	{ "pixel", pixel, 10 },	       { "strided", strided, 8 },
	{ "padded", padded, 6 },       { "dilated", dilated, 4 },
	{ "batched", batched, 6 },     { "cbuf-edge", cbuf_edge, 8 },
	{ "wide", wide, 4 },	       { "tall", tall, 4 },
	{ "tiny", tiny, 6 },	       { "big-kernel", big_kernel, 4 },
	{ "primes", primes, 5 },       { "heavy-weights", heavy_weights, 5 },
	{ "pinned", pinned, 6 },       { "weight-edge", weight_edge, 3 },
	{ "both-edge", both_edge, 1 },
};

#define FAMILIES (sizeof families / sizeof *families)

/* What aims at the edges of the CBUF: where planners go wrong. */
static void (*const edges[])(struct problem *, uint64_t *) = { cbuf_edge, weight_edge,
							       both_edge, wide,
							       big_kernel };

/* The family of a problem at the edges of the CBUF. */
static size_t draw_edge(uint64_t *s)
{
	void (*draw)(struct problem *, uint64_t *) =
	    edges[draw64(s) % (sizeof edges / sizeof *edges)];
	size_t i = 0;

	while (families[i].draw != draw)
		i++;
	return i;
}

static size_t draw_any(uint64_t *s)
{
	uint32_t total = 0, at;
	size_t i = 0;

	for (size_t j = 0; j < FAMILIES; j++)
		total += families[j].share;
	for (at = draw_range(s, 0, total - 1); at >= families[i].share; i++)
		at -= families[i].share;
	return i;
}

const struct family *family_draw(uint64_t *s, bool at_edges)
{
	return &families[at_edges ? draw_edge(s) : draw_any(s)];
}

const struct family *family_named(const char *name)
{
	size_t i = 0;

	while (strcmp(families[i].name, name) != 0)
		i++;
	return &families[i];
}
