/*
 * Buffers as the driver sees them: what was asked for, what came back, how it was
 * mapped - and that it is what the bundle asks for.
 */
#include "verify/evidence.h"

#include "hw/npu_hw.h"

#define PROT_READ_WRITE 3u
#define FLAG_SHARED 1u
#define FIRST_MAP_OFFSET 0x100000000u	/* the driver's fake offsets begin there */
#define KERNEL_HALF 0xffff000000000000u /* object tokens are kernel addresses */

static uint64_t page_round(uint64_t bytes)
{
	return npu_round_up64(bytes, NPU_PAGE_BYTES);
}

/* In-fields zero, size sane, flags one of the two that the vendor uses. */
static void check_request(const struct evidence *ev, const struct evidence_bo *bo,
			  struct report *report)
{
	bool task = bo == &ev->bos[NPUB_BO_TASK];
	uint32_t flags = task ? NPU_BO_FLAGS_TASK : NPU_BO_FLAGS_DATA;
	const char *name = evidence_bo_name(ev, bo);
	char place[LOG_PLACE_BYTES];

	evidence_place(ev, bo->create, place);
	if (!bo->size || bo->size > NPU_MAX_ADDRESS)
		report_fail(report, "%s: %s buffer of %llu bytes", place, name,
			    (unsigned long long)bo->size);
	if (bo->flags != flags)
		report_fail(report, "%s: %s buffer has flags 0x%x, not 0x%x", place, name,
			    bo->flags, flags);
	if (evidence_get(ev, bo->create, LF_HANDLE) ||
	    evidence_get(ev, bo->create, LF_OBJ) ||
	    evidence_get(ev, bo->create, LF_DMA) || evidence_get(ev, bo->create, LF_SRAM))
		report_fail(report, "%s: the request for the %s buffer is not zeroed",
			    place, name);
}

static void check_answer(const struct evidence *ev, const struct evidence_bo *bo,
			 struct report *report)
{
	uint64_t size = evidence_get(ev, bo->create_ret, LF_SIZE);
	const char *name = evidence_bo_name(ev, bo);
	char place[LOG_PLACE_BYTES];

	if (bo->create_ret == LOG_NONE) {
		if (ev->log->form_rows[LOG_MEM_CREATE_RET])
			report_fail(report, "%s: no MEM_CREATE_RET for the %s buffer",
				    evidence_place(ev, bo->create, place), name);
		return;
	}
	evidence_place(ev, bo->create_ret, place);
	/* handles count from 1, lowest free first */
	if (bo->handle != (uint32_t)(bo - ev->bos) + 1)
		report_fail(report, "%s: %s buffer has handle %u, not %u", place, name,
			    bo->handle, (uint32_t)(bo - ev->bos) + 1);
	if (bo->obj < KERNEL_HALF)
		report_fail(report,
			    "%s: obj 0x%llx of the %s buffer is no kernel address", place,
			    (unsigned long long)bo->obj, name);
	if (evidence_has(ev, bo->create_ret, LF_SIZE) && size != page_round(bo->size))
		report_fail(report, "%s: %llu bytes came back for %llu", place,
			    (unsigned long long)size, (unsigned long long)bo->size);
	if (evidence_get(ev, bo->create_ret, LF_SRAM))
		report_fail(report, "%s: the %s buffer lies in SRAM", place, name);
}

static void check_against_bundle(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];

	for (uint32_t role = 0; ev->conv && role < EVIDENCE_ROLES; role++) {
		const struct npub_bo *want = evidence_conv_bo(ev, role);
		const struct evidence_bo *bo = &ev->bos[role];

		if (role >= ev->bo_count) {
			report_fail(report, "no %s buffer is created",
				    evidence_role_names[role]);
		} else if (!want || want->bytes != bo->size) {
			report_fail(
			    report, "%s: %s buffer has %llu bytes, the bundle's %llu",
			    evidence_place(ev, bo->create, place),
			    evidence_role_names[role], (unsigned long long)bo->size,
			    (unsigned long long)(want ? want->bytes : 0));
		} else if (want->flags != bo->flags) {
			report_fail(report,
				    "%s: %s buffer has flags 0x%x, the bundle's 0x%x",
				    evidence_place(ev, bo->create, place),
				    evidence_role_names[role], bo->flags, want->flags);
		}
	}
	if (ev->bo_count > EVIDENCE_ROLES)
		report_fail(report, "%s: a buffer beyond the five",
			    evidence_place(ev, ev->bos[EVIDENCE_ROLES].create, place));
}

static void check_profile(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];

	report_item(report, "bo-profile", "%u buffers, %s", ev->bo_count,
		    ev->conv ? "sizes and flags as in the bundle"
			     : "sizes and flags plausible");
	if (!ev->log->form_rows[LOG_MEM_CREATE]) {
		report_skip(report, "no MEM_CREATE rows");
		return;
	}
	for (uint32_t i = 0; i < ev->bo_count; i++) {
		check_request(ev, &ev->bos[i], report);
		check_answer(ev, &ev->bos[i], report);
	}
	check_against_bundle(ev, report);
	if (ev->stray_count)
		report_fail(report, "%s: the row belongs to no buffer, or repeats one",
			    evidence_place(ev, ev->stray, place));
	if (ev->too_many)
		report_fail(report, "more than %u buffers or %u submits",
			    EVIDENCE_MAX_BOS, EVIDENCE_MAX_SUBMITS);
}

/* The offset that mmap takes must be the one MEM_MAP gave for that handle. */
static void check_mapping(const struct evidence *ev, const struct evidence_bo *bo,
			  uint64_t *next, struct report *report)
{
	uint64_t offset = evidence_get(ev, bo->map_ret, LF_OFFSET);
	uint64_t length = evidence_get(ev, bo->mmap, LF_LENGTH);
	const char *name = evidence_bo_name(ev, bo);
	char place[LOG_PLACE_BYTES];

	if (bo->map == LOG_NONE || bo->map_ret == LOG_NONE || bo->mmap == LOG_NONE) {
		report_fail(report, "the %s buffer has no %s row", name,
			    bo->map == LOG_NONE	      ? "MEM_MAP"
			    : bo->map_ret == LOG_NONE ? "MEM_MAP_RET"
						      : "MMAP");
		return;
	}
	evidence_place(ev, bo->map_ret, place);
	if (evidence_get(ev, bo->map, LF_HANDLE) != bo->handle ||
	    evidence_get(ev, bo->map_ret, LF_HANDLE) != bo->handle)
		report_fail(report,
			    "%s: MEM_MAP of another handle than the %s buffer's %u",
			    place, name, bo->handle);
	/* offsets are packed by pages in the order of the calls */
	if (offset != *next)
		report_fail(report, "%s: the %s buffer maps at 0x%llx, 0x%llx is next",
			    place, name, (unsigned long long)offset,
			    (unsigned long long)*next);
	*next = offset + page_round(bo->size);
	evidence_place(ev, bo->mmap, place);
	if (length != bo->size && length != page_round(bo->size))
		report_fail(report, "%s: %llu bytes of the %s buffer's %llu are mapped",
			    place, (unsigned long long)length, name,
			    (unsigned long long)bo->size);
	if (evidence_get(ev, bo->mmap, LF_OFFSET) != offset)
		report_fail(report, "%s: MMAP of another offset than the %s buffer's",
			    place, name);
	if (evidence_get(ev, bo->mmap, LF_PROT) != PROT_READ_WRITE ||
	    evidence_get(ev, bo->mmap, LF_FLAGS) != FLAG_SHARED)
		report_fail(report,
			    "%s: the %s buffer is not mapped shared, read and write",
			    place, name);
	if (bo->mmap_ret != LOG_NONE &&
	    (!evidence_get(ev, bo->mmap_ret, LF_ADDR) ||
	     evidence_get(ev, bo->mmap_ret, LF_ADDR) % NPU_PAGE_BYTES))
		report_fail(report, "%s: mapping the %s buffer failed",
			    evidence_place(ev, bo->mmap_ret, place), name);
}

void evidence_check_bos(const struct evidence *ev, struct report *report)
{
	uint64_t next = FIRST_MAP_OFFSET;

	check_profile(ev, report);
	report_item(report, "bo-mapping", "%u buffers, offsets packed by pages",
		    ev->bo_count);
	if (!ev->log->form_rows[LOG_MEM_MAP] && !ev->log->form_rows[LOG_MMAP]) {
		report_skip(report, "no MEM_MAP or MMAP rows");
		return;
	}
	if (ev->bo_count)
		next = evidence_get(ev, ev->bos[0].map_ret, LF_OFFSET);
	if (next < FIRST_MAP_OFFSET || next % NPU_PAGE_BYTES)
		report_fail(report,
			    "the first buffer maps at 0x%llx, no offset of the driver's",
			    (unsigned long long)next);
	for (uint32_t i = 0; i < ev->bo_count; i++)
		check_mapping(ev, &ev->bos[i], &next, report);
}
