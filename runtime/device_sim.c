/*
 * The simulator behind the device seam: buffers with made-up device addresses,
 * and the part of the driver that turns a submit into lists for the cores.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "error.h"
#include "hw/npu_hw.h"
#include "sim/sim.h"

/* The vendor's first buffer ends near here; any page below 4 GiB would do. */
#define IOVA_TOP UINT64_C(0xfffff000)
#define IOVA_BOTTOM UINT64_C(0x00100000)
#define POISON 0xff /* a NaN in every float type */
#define DESCRIBE_BYTES 48

/* The driver's record as it lies in the task BO (driver ABI section 3). */
struct record {
	uint32_t flags, op_idx, enable_mask, int_mask, int_clear, int_status;
	uint32_t regcfg_amount, regcfg_offset;
	uint64_t regcmd_addr;
};

_Static_assert(sizeof(struct record) == 40, "task record layout");

struct sim_device {
	struct npurt_device device; /* first */
	pthread_mutex_t lock;	    /* handles of several threads share the device */
	struct sim *sim;
	struct sim_region *regions; /* live buffers, falling by address */
	uint32_t region_count, region_room;
	uint32_t threads;
	char describe[DESCRIBE_BYTES];
};

static uint64_t mapped_bytes(uint64_t bytes)
{
	return npu_round_up64(bytes, NPU_PAGE_BYTES);
}

/* Highest free window, with an unmapped page on each side to catch overruns. */
static uint32_t find_window(const struct sim_device *s, uint64_t bytes, uint64_t *addr)
{
	uint64_t top = IOVA_TOP, need = mapped_bytes(bytes) + NPU_PAGE_BYTES;
	uint32_t i;

	for (i = 0; i < s->region_count; i++) {
		const struct sim_region *r = &s->regions[i];

		if (top >= r->dma_addr + mapped_bytes(r->bytes) + need)
			break;
		top = r->dma_addr;
	}
	*addr = top >= IOVA_BOTTOM + need ? top - need : 0;
	return i;
}

static bool grow_regions(struct sim_device *s)
{
	uint32_t room = s->region_room ? s->region_room * 2 : 8;
	struct sim_region *regions;

	if (s->region_count < s->region_room)
		return true;
	regions = realloc(s->regions, room * sizeof *regions);
	if (!regions)
		return false;
	s->regions = regions;
	s->region_room = room;
	return true;
}

static enum npurt_err sim_bo_create(struct npurt_device *dev, struct npurt_device_bo *bo,
				    struct npurt_error *error)
{
	struct sim_device *s = (struct sim_device *)dev;
	enum npurt_err err = NPURT_ERR_DEVICE_MEMORY;
	void *data = MAP_FAILED;
	uint64_t addr = 0;
	uint32_t at;

	pthread_mutex_lock(&s->lock);
	if (bo->bytes && grow_regions(s)) {
		at = find_window(s, bo->bytes, &addr);
		if (addr)
			data = mmap(NULL, mapped_bytes(bo->bytes), PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (data != MAP_FAILED) {
			memset(data, POISON, mapped_bytes(bo->bytes));
			memmove(&s->regions[at + 1], &s->regions[at],
				(s->region_count - at) * sizeof s->regions[0]);
			s->region_count++;
			s->regions[at] = (struct sim_region){ .dma_addr = addr,
							      .bytes = bo->bytes,
							      .data = data };
			bo->data = data;
			bo->dma_addr = bo->token = addr;
			bo->handle = (uint32_t)(addr / NPU_PAGE_BYTES);
			err = NPURT_OK;
		}
	}
	pthread_mutex_unlock(&s->lock);
	return err ? npurt_failf(error, err, "no room for %U bytes", bo->bytes)
		   : NPURT_OK;
}

static void sim_bo_destroy(struct npurt_device *dev, struct npurt_device_bo *bo)
{
	struct sim_device *s = (struct sim_device *)dev;

	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < s->region_count; i++) {
		if (s->regions[i].dma_addr != bo->dma_addr)
			continue;
		munmap(bo->data, mapped_bytes(bo->bytes));
		s->region_count--;
		memmove(&s->regions[i], &s->regions[i + 1],
			(s->region_count - i) * sizeof s->regions[0]);
		break;
	}
	pthread_mutex_unlock(&s->lock);
	bo->handle = 0;
	bo->data = NULL;
}

/* Memory is coherent here; the range is checked all the same. */
static enum npurt_err sim_bo_sync(struct npurt_device *dev,
				  const struct npurt_device_bo *bo, uint32_t flags,
				  uint64_t offset, uint64_t bytes,
				  struct npurt_error *error)
{
	(void)dev;
	if (!flags || flags > 3 || offset > bo->bytes || bytes > bo->bytes - offset)
		return npurt_failf(error, NPURT_ERR_DEVICE_SYNC, "[%U, +%U) of %U bytes",
				   offset, bytes, bo->bytes);
	return NPURT_OK;
}

/* What one core of the job runs: entry c, or c + 2 when there are three (8.3). */
static enum npurt_err make_list(const struct npurt_job *job, uint32_t core,
				uint32_t entry, struct sim_list *list,
				struct npurt_error *error)
{
	uint32_t start = job->subcore[entry].task_start;
	uint32_t count = job->subcore[entry].task_number;
	const struct record *records = job->task_bo->data;
	uint64_t room = job->task_bo->bytes / sizeof *records;

	if (!count || count > NPU_MAX_TASKS_PER_SUBMIT || start > room ||
	    count > room - start)
		return npurt_failf(error, NPURT_ERR_SUBMIT,
				   "core %u: tasks [%u, +%u) of %U records", core, start,
				   count, room);
	*list = (struct sim_list){
		.core = core,
		.regcmd_addr = (uint32_t)records[start].regcmd_addr,
		.regcfg_amount = records[start].regcfg_amount,
		.task_count = count,
		.int_mask = records[start + count - 1].int_mask,
	};
	return NPURT_OK;
}

static enum npurt_err make_lists(const struct npurt_job *job, struct sim_list *lists,
				 uint32_t *entries, uint32_t *count,
				 struct npurt_error *error)
{
	uint32_t cores = 0;

	/* 5, 6 and more than the chip's mask only ever time out. */
	if (!job->task_number || job->core_mask == 5 || job->core_mask == 6 ||
	    job->core_mask > 7)
		return npurt_failf(error, NPURT_ERR_SUBMIT, "core mask %x, %u tasks",
				   job->core_mask, job->task_number);
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		uint32_t mask = job->core_mask ? job->core_mask : 1;
		enum npurt_err err;

		if (!(mask >> c & 1))
			continue;
		entries[cores] = c + (mask == 7 ? NPURT_SUBCORE_OF_ALL : 0);
		err = make_list(job, c, entries[cores], &lists[cores], error);
		if (err)
			return err;
		cores++;
	}
	*count = cores;
	return NPURT_OK;
}

static enum npurt_err report(const struct npurt_job *job, const uint32_t *entries,
			     const struct sim_list *lists, uint32_t count,
			     const struct sim_result *result, struct npurt_error *error)
{
	if (error && error->code == NPURT_OK) {
		for (uint32_t i = 0; i < count; i++) {
			if (lists[i].core == result->core)
				error->task = job->subcore[entries[i]].task_start +
					      (uint64_t)result->task;
		}
		error->reg = result->reg;
		error->found = result->address;
	}
	return npurt_failf(error, NPURT_ERR_EXECUTION, "%s", result->message);
}

static enum npurt_err sim_submit(struct npurt_device *dev, struct npurt_job *job,
				 struct npurt_error *error)
{
	struct sim_device *s = (struct sim_device *)dev;
	struct sim_list lists[NPU_MAX_CORES];
	uint32_t entries[NPU_MAX_CORES], count = 0, last;
	struct sim_result result;
	struct sim_job run;
	enum npurt_err err = make_lists(job, lists, entries, &count, error);
	bool ok;

	if (err)
		return err;
	pthread_mutex_lock(&s->lock);
	run = (struct sim_job){ .regions = s->regions,
				.region_count = s->region_count,
				.lists = lists,
				.list_count = count,
				.threads = s->threads };
	ok = sim_run(s->sim, &run, &result);
	pthread_mutex_unlock(&s->lock);
	job->task_counter = ok ? job->task_number : result.tasks_done;
	if (!ok)
		return report(job, entries, lists, count, &result, error);
	last = entries[count - 1];
	((struct record *)job->task_bo
	     ->data)[job->subcore[last].task_start + job->subcore[last].task_number - 1]
	    .int_status = result.int_status;
	return NPURT_OK;
}

static const char *sim_describe(const struct npurt_device *dev)
{
	return ((const struct sim_device *)dev)->describe;
}

static void sim_close(struct npurt_device *dev)
{
	struct sim_device *s = (struct sim_device *)dev;

	for (uint32_t i = 0; i < s->region_count; i++)
		munmap(s->regions[i].data, mapped_bytes(s->regions[i].bytes));
	sim_free(s->sim);
	free(s->regions);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static const struct npurt_device_ops sim_ops = {
	.bo_create = sim_bo_create,
	.bo_destroy = sim_bo_destroy,
	.bo_sync = sim_bo_sync,
	.submit = sim_submit,
	.describe = sim_describe,
	.close = sim_close,
};

static void write_description(struct sim_device *s)
{
	struct npurt_error text;

	npurt_error_reset(&text);
	npurt_failf(&text, NPURT_ERR_STATE, "simulator, %u thread%s", s->threads,
		    s->threads == 1 ? "" : "s");
	memcpy(s->describe, text.detail, sizeof s->describe - 1);
}

enum npurt_err npurt_device_open_sim(struct npurt_device **out, uint32_t threads,
				     struct npurt_error *error)
{
	struct sim_device *s;
	long processors;

	if (error)
		npurt_error_reset(error);
	if (!out)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "out is NULL");
	s = calloc(1, sizeof *s);
	if (s)
		s->sim = sim_new();
	if (!s || !s->sim) {
		free(s);
		return npurt_fail(error, NPURT_ERR_NOMEM, "simulator");
	}
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	s->device.ops = &sim_ops;
	s->device.cores = NPU_MAX_CORES;
	s->device.exact = true;
	s->threads = threads ? threads : processors > 0 ? (uint32_t)processors : 1;
	pthread_mutex_init(&s->lock, NULL);
	write_description(s);
	*out = &s->device;
	return NPURT_OK;
}
