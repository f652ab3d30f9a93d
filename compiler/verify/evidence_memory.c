/*
 * What the runtime says about its memory against what the driver gave it: allocation
 * rows, dump headers, device addresses, and the order in which it is given back.
 */
#include "verify/evidence.h"

#include <string.h>

#include "hw/npu_hw.h"

static uint64_t page_round(uint64_t bytes)
{
	return npu_round_up64(bytes, NPU_PAGE_BYTES);
}

/* One field that two rows state about one buffer. */
static void check_same(const struct evidence *ev, uint32_t row, const char *what,
		       const char *name, uint64_t found, uint64_t want,
		       struct report *report)
{
	char place[LOG_PLACE_BYTES];

	if (found != want)
		report_fail(report, "%s: %s of the %s buffer is 0x%llx, elsewhere 0x%llx",
			    evidence_place(ev, row, place), what, name,
			    (unsigned long long)found, (unsigned long long)want);
}

static void check_alloc(const struct evidence *ev, const struct evidence_bo *bo,
			struct report *report)
{
	const char *name = evidence_bo_name(ev, bo);
	uint32_t row = bo->alloc;

	check_same(ev, row, "aligned size", name, evidence_get(ev, row, LF_ALIGNED),
		   page_round(evidence_get(ev, row, LF_SIZE)), report);
	check_same(ev, row, "size", name, evidence_get(ev, row, LF_SIZE), bo->size,
		   report);
	check_same(ev, row, "flags", name, evidence_get(ev, row, LF_FLAGS), bo->flags,
		   report);
	check_same(ev, row, "dma address", name, evidence_get(ev, row, LF_DMA), bo->dma,
		   report);
	check_same(ev, row, "object", name, evidence_get(ev, row, LF_OBJ), bo->obj,
		   report);
	check_same(ev, row, "iommu domain", name, evidence_get(ev, row, LF_DOMAIN), 0,
		   report);
	if (ev->conv && evidence_conv_bo(ev, (uint32_t)(bo - ev->bos)))
		check_same(ev, row, "size", name, evidence_get(ev, row, LF_SIZE),
			   evidence_conv_bo(ev, (uint32_t)(bo - ev->bos))->bytes, report);
}

/* "subgraph0 regcmdbuffer size: 9344, taskbuffer size: 560" */
static void check_subgraph(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; ev->conv && i < ev->log->row_count; i++) {
		uint64_t words = evidence_get(ev, i, LF_SIZE);
		uint64_t tasks = evidence_get(ev, i, LF_TASK_SIZE);
		uint64_t want = (uint64_t)ev->conv->word_count * NPU_WORD_BYTES;

		if (ev->log->rows[i].form != LOG_SUBGRAPH)
			continue;
		if (words != want ||
		    tasks != (uint64_t)ev->conv->task_count * sizeof(struct npub_task))
			report_fail(report,
				    "%s: %llu bytes of commands and %llu of records, the "
				    "bundle has %llu and %llu",
				    evidence_place(ev, i, place),
				    (unsigned long long)words, (unsigned long long)tasks,
				    (unsigned long long)want,
				    (unsigned long long)ev->conv->task_count *
					sizeof(struct npub_task));
	}
}

static void check_allocations(const struct evidence *ev, struct report *report)
{
	const uint32_t *rows = ev->log->form_rows;
	char place[LOG_PLACE_BYTES];

	report_item(report, "alloc-metadata", "%u allocations agree with the calls",
		    rows[LOG_ALLOC]);
	if (!rows[LOG_ALLOC] && !rows[LOG_SUBGRAPH])
		report_skip(report, "no allocation rows");
	for (uint32_t i = 0; i < ev->bo_count; i++) {
		if (ev->bos[i].alloc != LOG_NONE)
			check_alloc(ev, &ev->bos[i], report);
		else if (rows[LOG_ALLOC])
			report_fail(report, "no allocation row for the %s buffer",
				    evidence_bo_name(ev, &ev->bos[i]));
	}
	if (rows[LOG_ALLOC] && ev->stray_count)
		report_fail(report, "%s: the row belongs to no buffer, or repeats one",
			    evidence_place(ev, ev->stray, place));
	check_subgraph(ev, report);
}

/* Dump headers name the same handles, rounded sizes and offsets as the calls. */
static void check_gems(const struct evidence *ev, struct report *report)
{
	report_item(report, "dump-buffers", "%u headers agree with the calls",
		    ev->log->form_rows[LOG_GEM]);
	if (!ev->log->form_rows[LOG_GEM])
		report_skip(report, "no GEM rows");
	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		uint32_t handle = (uint32_t)evidence_get(ev, i, LF_HANDLE);

		if (ev->log->rows[i].form != LOG_GEM)
			continue;
		for (uint32_t k = 0; k < ev->bo_count; k++) {
			const struct evidence_bo *bo = &ev->bos[k];
			const char *name = evidence_bo_name(ev, bo);

			if (bo->handle != handle)
				continue;
			check_same(ev, i, "size", name, evidence_get(ev, i, LF_SIZE),
				   page_round(bo->size), report);
			if (bo->map_ret != LOG_NONE && evidence_has(ev, i, LF_OFFSET))
				check_same(ev, i, "map offset", name,
					   evidence_get(ev, i, LF_OFFSET),
					   evidence_get(ev, bo->map_ret, LF_OFFSET),
					   report);
		}
	}
}

static void check_range(const struct evidence *ev, uint32_t index, struct report *report)
{
	const struct evidence_bo *bo = &ev->bos[index];
	uint64_t end = bo->dma + page_round(bo->size);
	const char *name = evidence_bo_name(ev, bo);

	if (!bo->dma || bo->dma % NPU_PAGE_BYTES || bo->dma > NPU_MAX_ADDRESS ||
	    end > (uint64_t)NPU_MAX_ADDRESS + 1) {
		report_fail(report,
			    "the %s buffer at 0x%llx is not on a page below 4 GiB", name,
			    (unsigned long long)bo->dma);
		return;
	}
	for (uint32_t i = 0; i < index; i++) {
		const struct evidence_bo *other = &ev->bos[i];

		if (bo->dma < other->dma + page_round(other->size) && other->dma < end)
			report_fail(report, "the %s and %s buffers overlap at 0x%llx",
				    evidence_bo_name(ev, other), name,
				    (unsigned long long)(bo->dma > other->dma
							     ? bo->dma
							     : other->dma));
	}
}

/* Device addresses: of the buffers, and of the records that lie in them. */
static void check_bindings(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];
	uint32_t known = 0;

	report_item(report, "dma-bindings", "%u ranges apart and below 4 GiB",
		    ev->bo_count);
	for (uint32_t i = 0; i < ev->bo_count; i++) {
		/* a trace of syncs alone knows no addresses */
		if (ev->bos[i].create_ret == LOG_NONE && ev->bos[i].alloc == LOG_NONE)
			continue;
		known++;
		check_range(ev, i, report);
	}
	if (!known) {
		report_skip(report, "no rows with device addresses");
		return;
	}
	for (uint32_t i = 0; i < ev->task_count; i++) {
		uint64_t addr = evidence_get(ev, ev->tasks[i], LF_REGCMD_ADDR);
		const struct evidence_bo *bo = evidence_bo_at(ev, addr);

		if (bo != &ev->bos[NPUB_BO_WEIGHT])
			report_fail(report,
				    "%s: record %u has its commands at 0x%llx, in %s%s",
				    evidence_place(ev, ev->tasks[i], place), i,
				    (unsigned long long)addr,
				    bo ? "the buffer " : "no buffer of this run",
				    bo ? evidence_bo_name(ev, bo) : "");
	}
}

/* The vendor's order (driver notes): internal, weight, task, input, output. */
static const uint32_t teardown[EVIDENCE_ROLES] = { NPUB_BO_INTERNAL, NPUB_BO_WEIGHT,
						   NPUB_BO_TASK, NPUB_BO_INPUT,
						   NPUB_BO_OUTPUT };

static void check_order(const struct evidence *ev, struct report *report)
{
	uint32_t last = 0;
	char place[LOG_PLACE_BYTES];

	for (uint32_t k = 0; k < EVIDENCE_ROLES; k++) {
		uint32_t row =
		    teardown[k] < ev->bo_count ? ev->bos[teardown[k]].freed : LOG_NONE;

		if (row == LOG_NONE) {
			report_fail(report, "the %s buffer is never freed",
				    evidence_role_names[teardown[k]]);
			return;
		}
		if (k && row < last) {
			report_fail(report,
				    "%s: the %s buffer is freed before the %s buffer",
				    evidence_place(ev, row, place),
				    evidence_role_names[teardown[k]],
				    evidence_role_names[teardown[k - 1]]);
			return;
		}
		last = row;
	}
}

static void check_free(const struct evidence *ev, const struct evidence_bo *bo,
		       struct report *report)
{
	static const struct {
		enum log_field field;
		const char *what;
	} same[] = { { LF_SIZE, "size" },	{ LF_ALIGNED, "aligned size" },
		     { LF_DMA, "dma address" }, { LF_OBJ, "object" },
		     { LF_FLAGS, "flags" },	{ LF_GEM_NAME, "gem name" },
		     { LF_VALUE, "fd" },	{ LF_DOMAIN, "iommu domain" } };
	const char *name = evidence_bo_name(ev, bo);
	char a[64], b[64], place[LOG_PLACE_BYTES];

	if (bo->alloc == LOG_NONE) {
		report_fail(report, "%s: the %s buffer was not allocated by a row",
			    evidence_place(ev, bo->freed, place), name);
		return;
	}
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		check_same(ev, bo->freed, same[i].what, name,
			   evidence_get(ev, bo->freed, same[i].field),
			   evidence_get(ev, bo->alloc, same[i].field), report);
	log_text(ev->log, &ev->log->rows[bo->alloc], LF_NAME, a, sizeof a);
	log_text(ev->log, &ev->log->rows[bo->freed], LF_NAME, b, sizeof b);
	if (strcmp(a, b) != 0 || bo->freed < bo->alloc)
		report_fail(report,
			    "%s: free of \"%s\" does not follow the allocation of \"%s\"",
			    evidence_place(ev, bo->freed, place), b, a);
}

static void check_teardown(const struct evidence *ev, struct report *report)
{
	uint32_t frees = ev->log->form_rows[LOG_FREE];
	char place[LOG_PLACE_BYTES];

	report_item(report, "teardown-order", "internal, weight, task, input, output");
	if (frees)
		check_order(ev, report);
	else
		report_skip(report, "no free rows");
	report_item(report, "teardown-match", "%u free rows match their allocations",
		    frees);
	if (!frees)
		report_skip(report, "no free rows");
	if (ev->stray_free_count)
		report_fail(report,
			    "%s: the row frees no buffer, or one that was freed before",
			    evidence_place(ev, ev->stray_free, place));
	for (uint32_t i = 0; i < ev->bo_count; i++) {
		if (ev->bos[i].freed != LOG_NONE)
			check_free(ev, &ev->bos[i], report);
	}
}

void evidence_check_memory(const struct evidence *ev, struct report *report)
{
	check_allocations(ev, report);
	check_gems(ev, report);
	check_bindings(ev, report);
	check_teardown(ev, report);
}
