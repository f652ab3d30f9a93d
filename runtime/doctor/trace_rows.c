#include "trace_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rknpu/rknpu_uapi.h"

static const char *const call_names[TRACE_CALLS] = {
	[TRACE_ACTION] = "ACTION",	     [TRACE_SUBMIT] = "SUBMIT",
	[TRACE_MEM_CREATE] = "MEM_CREATE",   [TRACE_MEM_MAP] = "MEM_MAP",
	[TRACE_MEM_DESTROY] = "MEM_DESTROY", [TRACE_MEM_SYNC] = "MEM_SYNC",
};

/* The caller's structure may be shorter than ours: an older MEM_CREATE. */
static void take(void *out, size_t bytes, unsigned long request, const void *arg)
{
	size_t given = request >> 16 & 0x3fff;

	memset(out, 0, bytes);
	memcpy(out, arg, given < bytes ? given : bytes);
}

static void submit_rows(char *rows, unsigned number, unsigned long request,
			const void *arg)
{
	struct rknpu_submit s;
	size_t used;

	take(&s, sizeof s, request, arg);
	used = (size_t)snprintf(
	    rows, TRACE_ROWS_BYTES,
	    "=== DRM_IOCTL_RKNPU_SUBMIT #%u cmd=0x%08lx size=%lu arg=%p ===\n"
	    "  flags=0x%08" PRIx32 " timeout=%" PRIu32 " task_start=%" PRIu32
	    " task_number=%" PRIu32 "\n"
	    "  task_counter=%" PRIu32 " priority=%" PRId32 " task_obj_addr=0x%" PRIx64
	    "\n"
	    "  core_mask=0x%08" PRIx32 " fence_fd=%" PRId32 "\n",
	    number, request, request >> 16 & 0x3fff, arg, s.flags, s.timeout,
	    s.task_start, s.task_number, s.task_counter, s.priority, s.task_obj_addr,
	    s.core_mask, s.fence_fd);
	for (unsigned i = 0; i < 5 && used < TRACE_ROWS_BYTES; i++)
		used += (size_t)snprintf(rows + used, TRACE_ROWS_BYTES - used,
					 "  subcore_task[%u]={task_start=%" PRIu32
					 ", task_number=%" PRIu32 "}\n",
					 i, s.subcore_task[i].task_start,
					 s.subcore_task[i].task_number);
}

static void create_rows(char *rows, unsigned number, unsigned long request,
			const void *arg)
{
	struct rknpu_mem_create c;

	take(&c, sizeof c, request, arg);
	snprintf(rows, TRACE_ROWS_BYTES,
		 "MEM_CREATE #%u size=%" PRIu64 " flags=0x%08" PRIx32 " handle=0x%" PRIx32
		 " obj=0x%" PRIx64 " dma=0x%" PRIx64 " sram=%" PRIu64 "\n",
		 number, c.size, c.flags, c.handle, c.obj_addr, c.dma_addr, c.sram_size);
}

void trace_rows_in(char rows[TRACE_ROWS_BYTES], struct trace_counts *counts,
		   enum trace_call call, unsigned long request, const void *arg)
{
	const struct rknpu_action_arg *action = arg;
	const struct rknpu_mem_map *map = arg;
	const struct rknpu_mem_sync *sync = arg;
	const struct rknpu_mem_destroy *destroy = arg;

	counts->ioctls++;
	switch (call) {
	case TRACE_ACTION:
		snprintf(rows, TRACE_ROWS_BYTES,
			 "ACTION flags=0x%08" PRIx32 " value=0x%08" PRIx32 "\n",
			 action->flags, action->value);
		break;
	case TRACE_SUBMIT:
		submit_rows(rows, ++counts->submits, request, arg);
		break;
	case TRACE_MEM_CREATE:
		create_rows(rows, ++counts->creates, request, arg);
		break;
	case TRACE_MEM_MAP:
		snprintf(rows, TRACE_ROWS_BYTES,
			 "MEM_MAP #%u handle=0x%" PRIx32 " reserved=0x%" PRIx32
			 " offset=0x%" PRIx64 "\n",
			 ++counts->maps, map->handle, map->reserved, map->offset);
		break;
	case TRACE_MEM_SYNC:
		snprintf(rows, TRACE_ROWS_BYTES,
			 "MEM_SYNC flags=0x%08" PRIx32 " obj=0x%" PRIx64
			 " offset=%" PRIu64 " size=%" PRIu64 "\n",
			 sync->flags, sync->obj_addr, sync->offset, sync->size);
		break;
	default:
		snprintf(rows, TRACE_ROWS_BYTES, "MEM_DESTROY handle=0x%" PRIx32 "\n",
			 destroy->handle);
		break;
	}
}

void trace_rows_out(char rows[TRACE_ROWS_BYTES], const struct trace_counts *counts,
		    enum trace_call call, const void *arg, int ret, int error)
{
	const struct rknpu_action_arg *action = arg;
	const struct rknpu_mem_create *create = arg;
	const struct rknpu_mem_map *map = arg;
	size_t used = 0;

	if (ret >= 0 && call == TRACE_MEM_CREATE)
		used = (size_t)snprintf(rows, TRACE_ROWS_BYTES,
					"MEM_CREATE_RET #%u handle=0x%" PRIx32
					" obj=0x%" PRIx64 " dma=0x%" PRIx64 " sram=0\n",
					counts->creates, create->handle, create->obj_addr,
					create->dma_addr);
	if (ret >= 0 && call == TRACE_MEM_MAP)
		used = (size_t)snprintf(rows, TRACE_ROWS_BYTES,
					"MEM_MAP_RET #%u handle=0x%" PRIx32
					" reserved=0x%" PRIx32 " offset=0x%" PRIx64 "\n",
					counts->maps, map->handle, map->reserved,
					map->offset);
	used += (size_t)snprintf(rows + used, TRACE_ROWS_BYTES - used, "IOCTL_RET #%u %s",
				 counts->ioctls, call_names[call]);
	if (call == TRACE_ACTION)
		used += (size_t)snprintf(rows + used, TRACE_ROWS_BYTES - used,
					 " flags=0x%08" PRIx32 " value=0x%08" PRIx32,
					 action->flags, action->value);
	used += (size_t)snprintf(rows + used, TRACE_ROWS_BYTES - used, " ret=%d", ret);
	if (ret < 0)
		used += (size_t)snprintf(rows + used, TRACE_ROWS_BYTES - used,
					 " errno=%d", error);
	snprintf(rows + used, TRACE_ROWS_BYTES - used, "\n");
}

void trace_rows_mmap(char rows[TRACE_ROWS_BYTES], struct trace_counts *counts,
		     const void *addr, size_t length, int prot, int flags, int fd,
		     uint64_t offset)
{
	counts->mmaps++;
	snprintf(rows, TRACE_ROWS_BYTES,
		 "MMAP #%u maps=%u addr=0x%" PRIxPTR " length=%zu prot=0x%x flags=0x%x "
		 "fd=%d offset=0x%" PRIx64 "\n",
		 counts->mmaps, counts->mmaps, (uintptr_t)addr, length, (unsigned)prot,
		 (unsigned)flags, fd, offset);
}

void trace_rows_mmap_ret(char rows[TRACE_ROWS_BYTES], const struct trace_counts *counts,
			 const void *addr, int error)
{
	if (error)
		snprintf(rows, TRACE_ROWS_BYTES, "MMAP_FAILED #%u errno=%d\n",
			 counts->mmaps, error);
	else
		snprintf(rows, TRACE_ROWS_BYTES, "MMAP_RET #%u addr=0x%" PRIxPTR "\n",
			 counts->mmaps, (uintptr_t)addr);
}
