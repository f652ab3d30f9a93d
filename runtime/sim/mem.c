/*
 * Device memory: addresses to bytes, and a record of who touched what.
 *
 * One bit per 16-byte atom and region notes reads and another writes, so that
 * a second write, or a read of what the same job writes, is found whichever
 * comes first.  Maps are made when a region is first touched.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/sim_priv.h"

#define BITS 64u

/* Regions need not start at an atom's edge: atoms count from the one below. */
static uint64_t first_atom(const struct sim_region *r)
{
	return r->dma_addr / NPU_ATOM_BYTES;
}

static uint64_t atom_count(const struct sim_region *r)
{
	return r->bytes / NPU_ATOM_BYTES + 2;
}

static bool map_make(struct sim_ctx *ctx, uint32_t region, uint64_t **map)
{
	if (*map)
		return true;
	*map = calloc(atom_count(&ctx->job->regions[region]) / BITS + 1, sizeof **map);
	if (!*map)
		return sim_fail(ctx, SIM_ERR_NOMEM, NPU_REG_N, 0, "out of memory");
	return true;
}

/* Bits [i, end) that lie in the word of bit i; `*next` is the bit after them. */
static uint64_t word_mask(uint64_t i, uint64_t end, uint64_t *next)
{
	uint64_t last = i | (BITS - 1);
	uint64_t n;

	*next = last + 1 < end ? last + 1 : end;
	n = *next - i;
	return (n == BITS ? UINT64_MAX : (UINT64_C(1) << n) - 1) << i % BITS;
}

static void map_set(uint64_t *map, uint64_t first, uint64_t n)
{
	for (uint64_t i = first, end = first + n, next; i < end; i = next) {
		uint64_t mask = word_mask(i, end, &next);

		map[i / BITS] |= mask;
	}
}

/* First set bit of [first, first + n), or its end. */
static uint64_t map_find(const uint64_t *map, uint64_t first, uint64_t n)
{
	uint64_t end = first + n;

	if (!map)
		return end;
	for (uint64_t i = first, next; i < end; i = next) {
		uint64_t hit = map[i / BITS] & word_mask(i, end, &next);

		if (hit)
			return i / BITS * BITS + (uint64_t)__builtin_ctzll(hit);
	}
	return end;
}

bool sim_mem_begin(struct sim_ctx *ctx)
{
	size_t n = ctx->job->region_count ? ctx->job->region_count : 1;

	ctx->read = calloc(n, sizeof *ctx->read);
	ctx->written = calloc(n, sizeof *ctx->written);
	if (!ctx->read || !ctx->written)
		return sim_fail(ctx, SIM_ERR_NOMEM, NPU_REG_N, 0, "out of memory");
	return true;
}

void sim_mem_end(struct sim_ctx *ctx)
{
	for (uint32_t r = 0; r < ctx->job->region_count; r++) {
		if (ctx->read)
			free(ctx->read[r]);
		if (ctx->written)
			free(ctx->written[r]);
	}
	free(ctx->read);
	free(ctx->written);
	while (ctx->outsets) {
		struct sim_outset *next = ctx->outsets->next;

		free(ctx->outsets->written);
		free(ctx->outsets);
		ctx->outsets = next;
	}
}

static const char *region_name(const struct sim_region *r)
{
	return r->name ? r->name : "unnamed";
}

static bool inside(const struct sim_region *r, uint64_t addr)
{
	return addr >= r->dma_addr && addr - r->dma_addr < r->bytes;
}

bool sim_mem_find(struct sim_ctx *ctx, enum npu_reg reg, uint64_t addr, uint64_t bytes,
		  uint32_t align, struct sim_span *span)
{
	const struct sim_region *regions = ctx->job->regions;
	uint32_t n = ctx->job->region_count, i = ctx->last_region;

	if (addr % align)
		return sim_fail(ctx, SIM_ERR_DMA, reg, addr,
				"address 0x%llx is not a multiple of %u bytes",
				(unsigned long long)addr, align);
	if (i >= n || !inside(&regions[i], addr)) {
		for (i = 0; i < n && !inside(&regions[i], addr); i++)
			;
	}
	if (i == n)
		return sim_fail(ctx, SIM_ERR_DMA, reg, addr,
				"address 0x%llx (%llu bytes) lies in no region",
				(unsigned long long)addr, (unsigned long long)bytes);
	ctx->last_region = i;
	if (bytes > regions[i].bytes - (addr - regions[i].dma_addr))
		return sim_fail(
		    ctx, SIM_ERR_DMA, reg, addr,
		    "0x%llx + %llu bytes runs past region %s [0x%llx, 0x%llx)",
		    (unsigned long long)addr, (unsigned long long)bytes,
		    region_name(&regions[i]), (unsigned long long)regions[i].dma_addr,
		    (unsigned long long)(regions[i].dma_addr + regions[i].bytes));
	span->data = (uint8_t *)regions[i].data + (addr - regions[i].dma_addr);
	span->region = i;
	return true;
}

/* The atoms of a span, counted from its region's first. */
static void atoms_of(const struct sim_ctx *ctx, uint32_t region, uint64_t addr,
		     uint64_t bytes, uint64_t *first, uint64_t *n)
{
	uint64_t last = (addr + bytes - 1) / NPU_ATOM_BYTES;

	*first = addr / NPU_ATOM_BYTES;
	*n = last - *first + 1;
	*first -= first_atom(&ctx->job->regions[region]);
}

static uint64_t atom_address(const struct sim_ctx *ctx, uint32_t region, uint64_t atom)
{
	return (first_atom(&ctx->job->regions[region]) + atom) * NPU_ATOM_BYTES;
}

static void touch(const struct sim_ctx *ctx, uint32_t region, uint64_t addr,
		  uint64_t bytes, bool write)
{
	const struct sim_job *job = ctx->job;

	if (job->touch)
		job->touch(job->touch_arg, region, addr - job->regions[region].dma_addr,
			   bytes, write);
}

bool sim_mem_read(struct sim_ctx *ctx, enum npu_reg reg, uint64_t addr, uint64_t bytes,
		  uint32_t align, struct sim_span *span)
{
	uint64_t first, n, hit;

	if (!sim_mem_find(ctx, reg, addr, bytes, align, span))
		return false;
	if (!bytes)
		return true;
	atoms_of(ctx, span->region, addr, bytes, &first, &n);
	hit = map_find(ctx->written[span->region], first, n);
	if (hit < first + n)
		return sim_fail(ctx, SIM_ERR_ORDER, reg,
				atom_address(ctx, span->region, hit),
				"reads 0x%llx in region %s, which this job writes",
				(unsigned long long)atom_address(ctx, span->region, hit),
				region_name(&ctx->job->regions[span->region]));
	if (!map_make(ctx, span->region, &ctx->read[span->region]))
		return false;
	map_set(ctx->read[span->region], first, n);
	touch(ctx, span->region, addr, bytes, false);
	return true;
}

/* The set of outputs with this pitch in this region. */
static struct sim_outset *outset_get(struct sim_ctx *ctx, uint32_t region,
				     uint32_t pitch_bytes)
{
	uint32_t pitch = pitch_bytes / NPU_ATOM_BYTES;
	struct sim_outset *set;

	for (set = ctx->outsets; set; set = set->next) {
		if (set->region == region && set->pitch_atoms == pitch)
			return set;
	}
	set = calloc(1, sizeof *set);
	if (!set || !map_make(ctx, region, &set->written)) {
		free(set);
		return NULL;
	}
	set->region = region;
	set->pitch_atoms = pitch;
	set->next = ctx->outsets;
	ctx->outsets = set;
	return set;
}

bool sim_mem_write(struct sim_ctx *ctx, enum npu_reg reg, uint64_t addr, uint64_t bytes,
		   uint32_t pitch_bytes, struct sim_span *span)
{
	uint64_t first, n, hit;
	struct sim_outset *set;

	if (!sim_mem_find(ctx, reg, addr, bytes, NPU_ATOM_BYTES, span))
		return false;
	if (!bytes)
		return true;
	atoms_of(ctx, span->region, addr, bytes, &first, &n);
	hit = map_find(ctx->written[span->region], first, n);
	if (hit < first + n)
		return sim_fail(ctx, SIM_ERR_OUTPUT, reg,
				atom_address(ctx, span->region, hit),
				"0x%llx in region %s is written a second time",
				(unsigned long long)atom_address(ctx, span->region, hit),
				region_name(&ctx->job->regions[span->region]));
	hit = map_find(ctx->read[span->region], first, n);
	if (hit < first + n)
		return sim_fail(ctx, SIM_ERR_ORDER, reg,
				atom_address(ctx, span->region, hit),
				"writes 0x%llx in region %s, which this job reads",
				(unsigned long long)atom_address(ctx, span->region, hit),
				region_name(&ctx->job->regions[span->region]));
	set = outset_get(ctx, span->region, pitch_bytes);
	if (!set || !map_make(ctx, span->region, &ctx->written[span->region]))
		return sim_fail(ctx, SIM_ERR_NOMEM, NPU_REG_N, 0, "out of memory");
	map_set(ctx->written[span->region], first, n);
	map_set(set->written, first, n);
	touch(ctx, span->region, addr, bytes, true);
	return true;
}

/* Walks runs of written atoms and splits them at plane edges. */
struct plane_walk {
	uint64_t origin; /* first atom of the tensor */
	uint64_t end;	 /* after the last run */
	uint64_t length; /* written atoms of each plane; 0: not known yet */
};

static bool hole(struct sim_ctx *ctx, const struct sim_outset *set, uint64_t atom,
		 uint64_t plane)
{
	return sim_fail(
	    ctx, SIM_ERR_OUTPUT, NPU_REG_DPU_DST_BASE_ADDR,
	    atom_address(ctx, set->region, atom),
	    "hole in the output: 0x%llx in region %s (plane %llu of %u atoms) was "
	    "not written",
	    (unsigned long long)atom_address(ctx, set->region, atom),
	    region_name(&ctx->job->regions[set->region]), (unsigned long long)plane,
	    set->pitch_atoms);
}

/*
 * Atoms [a, b) are written.  In each plane they must be a prefix, as long as in
 * every other plane; fewer than NPU_PLANE_ALIGN_PIXELS atoms may be left (F-15).
 * A whole pitch without a write separates tensors.
 */
static bool walk_run(struct sim_ctx *ctx, const struct sim_outset *set,
		     struct plane_walk *walk, uint64_t a, uint64_t b)
{
	if (a - walk->end >= set->pitch_atoms || walk->end == 0) {
		walk->origin = a;
		walk->length = 0;
	}
	walk->end = b;
	while (a < b) {
		uint64_t plane = (a - walk->origin) / set->pitch_atoms;
		uint64_t start = walk->origin + plane * set->pitch_atoms;
		uint64_t stop =
		    start + set->pitch_atoms < b ? start + set->pitch_atoms : b;
		uint64_t length = stop - a;

		if (a != start)
			return hole(ctx, set, a - 1, plane);
		if (!walk->length)
			walk->length = length;
		if (length < walk->length)
			return hole(ctx, set, a + length, plane);
		if (length > walk->length)
			return hole(ctx, set, walk->origin + walk->length, 0);
		if (set->pitch_atoms - length >= NPU_PLANE_ALIGN_PIXELS)
			return hole(ctx, set, a + length, plane);
		a = stop;
	}
	return true;
}

static bool check_holes(struct sim_ctx *ctx, const struct sim_outset *set)
{
	uint64_t end = atom_count(&ctx->job->regions[set->region]);
	struct plane_walk walk = { 0, 0, 0 };
	uint64_t i = 0;

	while (i < end) {
		uint64_t a = map_find(set->written, i, end - i), b = a;

		if (a == end)
			break;
		/* a run's end, a word at a time where all its bits are set */
		while (b < end && set->written[b / BITS] >> b % BITS & 1)
			b += b % BITS == 0 && set->written[b / BITS] == UINT64_MAX ? BITS
										   : 1;
		if (!walk_run(ctx, set, &walk, a, b))
			return false;
		i = b;
	}
	return true;
}

bool sim_mem_check_outputs(struct sim_ctx *ctx)
{
	for (uint32_t i = 0; i < ctx->scratch_count; i++) {
		struct sim_span span;
		uint64_t first, n;

		if (!sim_mem_find(ctx, NPU_REG_PPU_DST_BASE_ADDR, ctx->scratch[i],
				  NPU_ATOM_BYTES, NPU_ATOM_BYTES, &span))
			return false;
		atoms_of(ctx, span.region, ctx->scratch[i], SIM_BARRIER_BYTES, &first,
			 &n);
		if (map_find(ctx->written[span.region], first, n) < first + n ||
		    map_find(ctx->read[span.region], first, n) < first + n)
			return sim_fail(
			    ctx, SIM_ERR_OUTPUT, NPU_REG_PPU_DST_BASE_ADDR,
			    ctx->scratch[i],
			    "the barrier's scratch at 0x%llx is used by a convolution",
			    (unsigned long long)ctx->scratch[i]);
	}
	for (const struct sim_outset *set = ctx->outsets; set; set = set->next) {
		if (!check_holes(ctx, set))
			return false;
	}
	return true;
}
