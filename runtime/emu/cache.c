/*
 * The processor's cache between a buffer's two images.
 *
 * The processor's image is what the program's mapping shows; the device's is
 * what DMA touches.  Nothing goes from one to the other but by a sync: the worst
 * that hardware may do.  A line is dirty when the processor's bytes differ from
 * what they were when it was last clean - or when the kernel itself zeroed the
 * page and nobody cleaned it since.
 */
#include <string.h>

#include "emu/emu.h"

#define LINE_FRESH 1u  /* the kernel's zeros, never cleaned */
#define LINE_DEVICE 2u /* the device wrote; the processor has not seen it */
#define LINE_KNOWN 4u  /* the device's bytes were put there by somebody */
#define DEVICE_GARBAGE 0xa5

static size_t line_count(const struct emu_bo *bo)
{
	return bo->bytes / EMU_LINE_BYTES;
}

void emu_cache_fresh(struct emu_bo *bo)
{
	if (!bo->cached)
		return;
	memcpy(bo->base, bo->cpu, bo->bytes);
	memset(bo->dev, DEVICE_GARBAGE, bo->bytes);
	memset(bo->line, LINE_FRESH, line_count(bo));
}

static bool is_dirty(const struct emu_bo *bo, size_t line)
{
	size_t at = line * EMU_LINE_BYTES;

	return bo->line[line] & LINE_FRESH ||
	       memcmp(bo->cpu + at, bo->base + at, EMU_LINE_BYTES);
}

/* Runs of bad lines, so that a verdict names a range and not each line. */
struct run {
	size_t first, count;
};

static bool run_add(struct run *r, size_t line)
{
	if (r->count && r->first + r->count == line) {
		r->count++;
		return true;
	}
	if (r->count)
		return false;
	*r = (struct run){ line, 1 };
	return true;
}

static void run_report(const struct emu_bo *bo, const struct run *r, const char *who,
		       const char *what)
{
	if (r->count)
		emu_verdict("cache: %s: BO %u (dma 0x%llx): offset %zu, %zu bytes: %s",
			    who, bo->id, (unsigned long long)bo->dma,
			    r->first * EMU_LINE_BYTES, r->count * EMU_LINE_BYTES, what);
}

/* Only the first run of a range is told. */
static void clean(struct emu_bo *bo, size_t first, size_t end, const char *who)
{
	struct run lost = { 0, 0 };

	for (size_t i = first; i < end; i++) {
		size_t at = i * EMU_LINE_BYTES;

		if (is_dirty(bo, i)) {
			if (bo->line[i] & LINE_DEVICE)
				run_add(&lost, i);
			memcpy(bo->dev + at, bo->cpu + at, EMU_LINE_BYTES);
			memcpy(bo->base + at, bo->cpu + at, EMU_LINE_BYTES);
			bo->line[i] &= (uint8_t) ~(LINE_FRESH | LINE_DEVICE);
		}
		bo->line[i] |= LINE_KNOWN;
	}
	run_report(bo, &lost, who,
		   "the processor's bytes replace what the device wrote and nobody read");
}

static void invalidate(struct emu_bo *bo, size_t first, size_t end)
{
	struct run lost = { 0, 0 };

	for (size_t i = first; i < end; i++) {
		size_t at = i * EMU_LINE_BYTES;

		if (is_dirty(bo, i) && !(bo->line[i] & LINE_FRESH))
			run_add(&lost, i);
		memcpy(bo->cpu + at, bo->dev + at, EMU_LINE_BYTES);
		memcpy(bo->base + at, bo->dev + at, EMU_LINE_BYTES);
		bo->line[i] &= (uint8_t) ~(LINE_FRESH | LINE_DEVICE);
	}
	run_report(bo, &lost, "MEM_SYNC from the device",
		   "bytes the processor wrote and nobody cleaned are lost");
}

/* A line that the range covers in part is cleaned before it is invalidated. */
static void invalidate_range(struct emu_bo *bo, uint64_t offset, uint64_t bytes)
{
	size_t first = offset / EMU_LINE_BYTES;
	size_t end = (offset + bytes + EMU_LINE_BYTES - 1) / EMU_LINE_BYTES;

	if (offset % EMU_LINE_BYTES)
		clean(bo, first, first + 1, "a line invalidated in part");
	if ((offset + bytes) % EMU_LINE_BYTES)
		clean(bo, end - 1, end, "a line invalidated in part");
	invalidate(bo, first, end);
}

void emu_cache_sync(struct emu_bo *bo, uint32_t flags, uint64_t offset, uint64_t bytes)
{
	/* No range check in the driver: what lies beyond is skipped. */
	if (offset >= bo->bytes || !bytes) {
		return;
	}
	if (bytes > bo->bytes - offset) {
		emu_verdict("MEM_SYNC: BO %u: offset %llu, %llu bytes run past its %llu",
			    bo->id, (unsigned long long)offset, (unsigned long long)bytes,
			    (unsigned long long)bo->bytes);
		bytes = bo->bytes - offset;
	}
	if (flags & ABI_SYNC_TO_DEVICE)
		clean(bo, offset / EMU_LINE_BYTES,
		      (offset + bytes + EMU_LINE_BYTES - 1) / EMU_LINE_BYTES,
		      "MEM_SYNC to the device");
	if (flags & ABI_SYNC_FROM_DEVICE)
		invalidate_range(bo, offset, bytes);
}

void emu_cache_read(struct emu_bo *bo, uint64_t offset, uint64_t bytes, const char *who)
{
	struct run stale = { 0, 0 }, unknown = { 0, 0 };

	if (!bo->cached || !bytes)
		return;
	for (size_t i = offset / EMU_LINE_BYTES; i * EMU_LINE_BYTES < offset + bytes;
	     i++) {
		if (is_dirty(bo, i))
			run_add(&stale, i);
		else if (!(bo->line[i] & (LINE_KNOWN | LINE_DEVICE)))
			run_add(&unknown, i);
	}
	run_report(bo, &stale, who, "read while the processor's bytes were not cleaned");
	run_report(bo, &unknown, who, "read but nobody has written it");
}

void emu_cache_write(struct emu_bo *bo, uint64_t offset, uint64_t bytes, const char *who)
{
	struct run dirty = { 0, 0 };

	if (!bo->cached || !bytes)
		return;
	for (size_t i = offset / EMU_LINE_BYTES; i * EMU_LINE_BYTES < offset + bytes;
	     i++) {
		if (is_dirty(bo, i))
			run_add(&dirty, i);
		bo->line[i] |= LINE_DEVICE | LINE_KNOWN;
	}
	run_report(
	    bo, &dirty, who,
	    "written while the processor held dirty lines there: an eviction would "
	    "overwrite it");
}

/* The object goes: what the device wrote and nobody read is worth a line in the log. */
void emu_cache_end(struct emu_bo *bo)
{
	struct run unread = { 0, 0 };

	if (!bo->cached)
		return;
	for (size_t i = 0; i < line_count(bo); i++) {
		if (bo->line[i] & LINE_DEVICE)
			run_add(&unread, i);
	}
	if (unread.count)
		emu_log("emulator: BO %u: offset %zu, %zu bytes were never read back",
			bo->id, unread.first * EMU_LINE_BYTES,
			unread.count * EMU_LINE_BYTES);
}
