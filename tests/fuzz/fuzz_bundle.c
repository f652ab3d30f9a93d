/*
 * Any bytes as a bundle: the answer may be any error, never a stray access.
 *
 * Checksums stop nearly every mutant at the door, so each input is tried twice:
 * as it is, and with its checksums made right so that the checks behind are
 * reached.  What is accepted is then loaded and run on a device of plain memory that
 * claims to have done everything, or gives nothing but zeros: nothing outside its
 * buffers may be touched either.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle_format.h"
#include "crc32c.h"
#include "device.h"

#define MAX_BO_BYTES (1u << 20)
#define MAX_BOS 16u

/* Memory as a device; `fill` is what a job leaves in all of it but its records. */
struct memory {
	struct npurt_device base;
	struct npurt_device_bo bo[MAX_BOS];
	uint32_t bos;
	int fill;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum npurt_err memory_create(struct npurt_device *dev, struct npurt_device_bo *bo,
				    struct npurt_error *error)
{
	static const uint64_t dma_addr = 0x10000000;

	struct memory *m = (struct memory *)dev;

	if (bo->bytes > MAX_BO_BYTES || m->bos == MAX_BOS)
		return npurt_fail(error, NPURT_ERR_DEVICE_MEMORY, "large");
	bo->data = malloc(bo->bytes);
	if (!bo->data)
		abort();
	bo->dma_addr = dma_addr;
	bo->handle = ++m->bos;
	m->bo[bo->handle - 1] = *bo;
	return NPURT_OK;
}

static void memory_destroy(struct npurt_device *dev, struct npurt_device_bo *bo)
{
	(void)dev;
	free(bo->data);
}

static enum npurt_err memory_sync(struct npurt_device *dev,
				  const struct npurt_device_bo *bo, uint32_t flags,
				  uint64_t offset, uint64_t bytes,
				  struct npurt_error *error)
{
	(void)dev;
	(void)error;
	if (!flags || flags > 3 || offset > bo->bytes || bytes > bo->bytes - offset)
		abort(); /* the bundle's check let it through */
	return NPURT_OK;
}

static enum npurt_err memory_hint(struct npurt_device *dev, enum npurt_device_hint hint,
				  struct npurt_error *error)
{
	(void)dev;
	(void)hint;
	(void)error;
	return NPURT_OK;
}

/* Records of every range the job names are inside the task BO. */
static enum npurt_err memory_submit(struct npurt_device *dev, struct npurt_job *job,
				    struct npurt_error *error)
{
	uint64_t room = job->task_bo->bytes / sizeof(struct npub_task);
	const struct memory *m = (const struct memory *)dev;
	struct npub_task *tasks = job->task_bo->data;

	(void)error;
	for (int i = 0; i < 5; i++) {
		uint64_t end =
		    (uint64_t)job->subcore[i].task_start + job->subcore[i].task_number;

		if (end > room)
			abort();
	}
	for (uint64_t i = 0; i < room; i++)
		tasks[i].int_status = tasks[i].int_mask;
	for (uint32_t i = 0; i < m->bos; i++) {
		if (m->bo[i].handle != job->task_bo->handle)
			memset(m->bo[i].data, m->fill, m->bo[i].bytes);
	}
	job->task_counter = job->task_number;
	return NPURT_OK;
}

static const struct npurt_device_ops memory_ops = {
	.bo_create = memory_create,
	.bo_destroy = memory_destroy,
	.bo_sync = memory_sync,
	.submit = memory_submit,
	.hint = memory_hint,
};

/* What a caller does with one conv and plan. */
static void try_run(const uint8_t *bytes, size_t size, struct memory *m,
		    const struct npurt_options *options)
{
	struct npurt_tensor_info in, out;
	struct npurt *rt;
	void *memory, *mapped;
	size_t mapped_bytes;

	if (npurt_open(&rt, bytes, size, &m->base, options, NULL))
		return;
	if (npurt_tensor(rt, NPURT_INPUT, &in) || npurt_tensor(rt, NPURT_OUTPUT, &out))
		abort();
	memory =
	    calloc(1, in.nchw_bytes > out.nchw_bytes ? in.nchw_bytes : out.nchw_bytes);
	if (!memory)
		abort();
	npurt_write_input(rt, memory, in.nchw_bytes);
	npurt_write(rt, NPURT_OPERAND, memory, out.nchw_bytes);
	npurt_run(rt, NULL);
	npurt_read_output(rt, memory, out.nchw_bytes);
	if (!npurt_map(rt, NPURT_OUTPUT, &mapped, &mapped_bytes))
		memset(mapped, 1, mapped_bytes);
	free(memory);
	npurt_close(rt);
}

static void try_bundle(const uint8_t *bytes, size_t size)
{
	struct npurt_error error;
	enum npurt_err err = npurt_verify(bytes, size, &error);

	if (error.code != err || memchr(error.detail, 0, sizeof error.detail) == NULL)
		abort();
	if (err)
		return;
	for (uint32_t i = 0; i < 8; i++) {
		struct memory m = { .base = { .ops = &memory_ops, .cores = 3 },
				    .fill = i % 2 ? 0x5a : 0 };
		const struct npurt_options options = { .conv_index = i / 4,
						       .cores = i % 4,
						       .allow_hazards = 3 };

		m.base.profile = i % 4 == 3 ? NPURT_PROFILE_VENDOR : NPURT_PROFILE_LEAN;
		try_run(bytes, size, &m, &options);
	}
}

static void fix_checksums(uint8_t *bytes, size_t size)
{
	struct npub_header *h = (struct npub_header *)bytes;
	struct npub_section *s = (struct npub_section *)(h + 1);
	size_t room = (size - sizeof *h) / sizeof *s;
	struct crc32c_table table;

	crc32c_init(&table);
	memcpy(h->magic, NPUB_MAGIC, NPUB_MAGIC_BYTES);
	for (uint32_t i = 0; i < h->section_count && i < room; i++) {
		if (s[i].offset <= size && s[i].bytes <= size - s[i].offset)
			s[i].crc = crc32c(&table, 0, bytes + s[i].offset, s[i].bytes);
	}
	if (h->section_count <= room)
		h->table_crc = crc32c(&table, 0, s, h->section_count * sizeof *s);
	h->header_crc = crc32c(&table, 0, h, offsetof(struct npub_header, header_crc));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* aligned, and its end is watched */

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	try_bundle(copy, size);
	if (size >= sizeof(struct npub_header)) {
		fix_checksums(copy, size);
		try_bundle(copy, size);
	}
	free(copy);
	return 0;
}
