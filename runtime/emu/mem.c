/*
 * Objects: device addresses, handles, MEM_CREATE, MEM_MAP, MEM_DESTROY, MEM_SYNC.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/emu.h"

#define TOKEN_BASE UINT64_C(0xffffff8100000000) /* kernel addresses look like this */
#define TOKEN_STEP UINT64_C(0x400)
#define FAKE_BASE UINT64_C(0x100000000)
#define IOVA_BOTTOM UINT64_C(0x02000000) /* below it the emulator keeps its own words */
#define DOMAINS 16
#define CONTIGUOUS_GARBAGE 0x5a

/* ---- finding ---- */

struct emu_bo *emu_bo_by_token(uint64_t token)
{
	struct emu_bo *bo = emu.bos;

	while (bo && bo->token != token)
		bo = bo->next;
	return bo;
}

struct emu_bo *emu_bo_by_dma(uint64_t address)
{
	struct emu_bo *bo = emu.bos;

	while (bo && (bo->domain != emu.domain || address < bo->dma ||
		      address - bo->dma >= bo->bytes))
		bo = bo->next;
	return bo;
}

struct emu_bo *emu_bo_by_fake(uint64_t fake)
{
	struct emu_bo *bo = emu.bos;

	while (bo && (!bo->fake || bo->fake != fake))
		bo = bo->next;
	return bo;
}

struct emu_bo *emu_bo_by_name(uint32_t name)
{
	struct emu_bo *bo = emu.bos;

	while (bo && (!name || bo->name != name))
		bo = bo->next;
	return bo;
}

struct emu_bo *emu_file_bo(const struct emu_file *f, uint32_t handle)
{
	return handle && handle <= f->handles ? f->handle[handle - 1].bo : NULL;
}

bool emu_file_has(const struct emu_file *f, const struct emu_bo *bo)
{
	for (uint32_t i = 0; i < f->handles; i++) {
		if (f->handle[i].bo == bo)
			return true;
	}
	return false;
}

/* ---- handles ---- */

int emu_handle_add(struct emu_file *f, struct emu_bo *bo, bool imported, uint32_t *handle)
{
	uint32_t i = 0;

	while (i < f->handles && f->handle[i].bo)
		i++;
	if (i == f->handles) {
		struct emu_handle *h = realloc(f->handle, (i + 1) * sizeof *h);

		if (!h)
			return -ENOMEM;
		f->handle = h;
		f->handles++;
	}
	f->handle[i] = (struct emu_handle){ bo, imported };
	emu_bo_get(bo);
	*handle = i + 1;
	return 0;
}

int emu_handle_drop(struct emu_file *f, uint32_t handle)
{
	struct emu_bo *bo = emu_file_bo(f, handle);

	if (!bo)
		return -EINVAL;
	f->handle[handle - 1] = (struct emu_handle){ NULL, false };
	emu_check_idle(bo, "destroyed");
	emu_bo_put(bo);
	return 0;
}

/* A job holds a reference to its task buffer only; the rest goes under its feet. */
void emu_check_idle(const struct emu_bo *bo, const char *what)
{
	if (bo->busy_us > emu_now() ||
	    (emu.came_during && bo->used_submit == emu.came_during))
		emu_verdict("BO %u (dma 0x%llx) is %s while job %llu uses it", bo->id,
			    (unsigned long long)bo->dma, what,
			    (unsigned long long)bo->used_submit);
}

/* ---- addresses ---- */

/* Without the flag that limits it, a window is aligned to its size's power of two. */
static uint64_t window_align(const struct emu_bo *bo)
{
	uint64_t align = NPU_PAGE_BYTES;

	while (!(bo->flags & ABI_MEM_LIMIT_IOVA) && align < bo->bytes)
		align *= 2;
	return align;
}

/* Highest window that fits between the objects of the same domain. */
static uint64_t find_window(const struct emu_bo *want, struct emu_bo ***at)
{
	uint64_t top = emu.settings.iova_top, align = window_align(want);
	uint64_t gap = emu.settings.iova_gap, start;
	struct emu_bo **p = &emu.bos;

	if (gap && want->bytes > gap)
		return 0;
	for (;; p = &(*p)->next) {
		if (*p && (*p)->domain != want->domain)
			continue;
		start = top >= want->bytes ? (top - want->bytes) / align * align : 0;
		if (start < IOVA_BOTTOM)
			return 0;
		if (!*p || start >= (*p)->dma + (*p)->bytes)
			break;
		top = (*p)->dma;
	}
	/* the list falls by address over all domains */
	for (p = &emu.bos; *p && (*p)->dma > start; p = &(*p)->next)
		;
	*at = p;
	return start;
}

/* Lowest hole of the offsets that mmap takes. */
static uint64_t find_fake(const struct emu_bo *want)
{
	uint64_t fake = FAKE_BASE;

	for (bool moved = true; moved;) {
		moved = false;
		for (struct emu_bo *bo = emu.bos; bo; bo = bo->next) {
			if (bo->fake && fake < bo->fake + bo->bytes &&
			    bo->fake < fake + want->bytes) {
				fake = bo->fake + bo->bytes;
				moved = true;
			}
		}
	}
	return fake;
}

/* ---- memory ---- */

static void free_memory(struct emu_bo *bo)
{
	if (bo->cpu)
		emu_sys_munmap(bo->cpu, bo->bytes);
	if (bo->cached) {
		free(bo->dev);
		free(bo->base);
		free(bo->line);
	}
#ifdef FALLOC_FL_PUNCH_HOLE
	fallocate(emu.memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		  (off_t)bo->backing, (off_t)bo->bytes);
#endif
	free(bo);
}

static bool take_memory(struct emu_bo *bo)
{
	void *cpu;

	bo->backing = emu.memory_end;
	if (ftruncate(emu.memory_fd, (off_t)(emu.memory_end + bo->bytes)))
		return false;
	cpu = emu_sys_mmap(NULL, bo->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			   emu.memory_fd, (off_t)bo->backing);
	if (cpu == MAP_FAILED)
		return false;
	emu.memory_end += bo->bytes;
	bo->cpu = bo->dev = cpu;
	if (!bo->page_backed && !(bo->flags & ABI_MEM_ZEROING) && emu.settings.garbage)
		memset(cpu, CONTIGUOUS_GARBAGE, bo->bytes);
	if (!bo->cached)
		return true;
	bo->dev = aligned_alloc(EMU_LINE_BYTES, bo->bytes);
	bo->base = malloc(bo->bytes);
	bo->line = malloc(bo->bytes / EMU_LINE_BYTES);
	if (!bo->dev || !bo->base || !bo->line)
		return false;
	emu_cache_fresh(bo);
	return true;
}

void emu_bo_get(struct emu_bo *bo)
{
	bo->refs++;
}

void emu_bo_put(struct emu_bo *bo)
{
	struct emu_bo **p = &emu.bos;

	if (--bo->refs)
		return;
	while (*p != bo)
		p = &(*p)->next;
	*p = bo->next;
	emu_cache_end(bo);
	free_memory(bo);
}

/* ---- MEM_CREATE ---- */

/* How the pages are found, and what can fail there (driver ABI 7.2, step 5). */
static int choose_path(struct emu_bo *bo)
{
	if (emu_fault_now(EMU_NO_MEMORY, EMU_CALL_MEM_CREATE)) {
		if (bo->flags & ABI_MEM_NON_CONTIGUOUS) {
			emu_log("failed to get pages: %d", -ENOMEM);
			return -ENOMEM;
		}
		emu_log("failed to allocate %llu buffer.", (unsigned long long)bo->bytes);
		return -EINVAL;
	}
	if (!emu.settings.iommu && bo->flags & ABI_MEM_NON_CONTIGUOUS) {
		bo->flags &= ~(uint32_t)ABI_MEM_NON_CONTIGUOUS;
		emu_log("non-contiguous memory without iommu: flag dropped");
	}
	bo->page_backed = bo->flags & ABI_MEM_NON_CONTIGUOUS;
	if (!bo->page_backed && emu_fault_now(EMU_CONTIGUOUS, EMU_CALL_MEM_CREATE)) {
		emu_log("failed to allocate %llu buffer.", (unsigned long long)bo->bytes);
		if (!emu.settings.iommu)
			return -EINVAL;
		emu_log("try to fallback to allocate non-contiguous %llu buffer.",
			(unsigned long long)bo->bytes);
		bo->page_backed = bo->no_pages = true;
	}
	return 0;
}

static uint64_t bytes_alive(void)
{
	uint64_t bytes = 0;

	for (const struct emu_bo *bo = emu.bos; bo; bo = bo->next)
		bytes += bo->bytes;
	return bytes;
}

static int place(struct emu_bo *bo)
{
	struct emu_bo **at = NULL;
	int err = choose_path(bo);

	if (err)
		return err;
	if (emu.settings.memory_bytes &&
	    bytes_alive() + bo->bytes > emu.settings.memory_bytes)
		return bo->page_backed ? -ENOMEM : -EINVAL;
	if (!emu_fault_now(EMU_IOVA_FULL, EMU_CALL_MEM_CREATE))
		bo->dma = find_window(bo, &at);
	if (!bo->dma) {
		emu_log("rknpu_gem_get_pages: dma map %llu fail",
			(unsigned long long)bo->bytes);
		return -EFAULT;
	}
	if (!take_memory(bo))
		return -ENOMEM;
	bo->next = *at;
	*at = bo;
	return 0;
}

/* What the program is told, which faults may falsify. */
static void tell(struct emu_bo *bo, struct abi_mem_create *c)
{
	const struct emu_fault *f;

	c->size = bo->bytes;
	c->obj_addr = bo->token;
	c->dma_addr = bo->dma_told = bo->dma;
	c->sram_size = 0;
	if (emu_fault_now(EMU_DMA_HIGH, EMU_CALL_MEM_CREATE))
		c->dma_addr += UINT64_C(0x100000000);
	if (emu_fault_now(EMU_DMA_ZERO, EMU_CALL_MEM_CREATE))
		c->dma_addr = 0;
	if (emu_fault_now(EMU_OBJ_ZERO, EMU_CALL_MEM_CREATE))
		c->obj_addr = 0;
	if (emu_fault_now(EMU_HANDLE_ZERO, EMU_CALL_MEM_CREATE))
		c->handle = 0;
	if (emu_fault_now(EMU_SHORT_SIZE, EMU_CALL_MEM_CREATE))
		c->size -= NPU_PAGE_BYTES;
	f = emu_fault_now(EMU_SRAM, EMU_CALL_MEM_CREATE);
	if (f)
		c->sram_size = f->value;
}

int emu_mem_create(struct emu_file *f, struct abi_mem_create *c)
{
	struct emu_bo *bo = emu_file_bo(f, c->handle);
	int err;

	if (bo) {
		tell(bo, c);
		return 0;
	}
	if (!c->size || c->size > UINT64_MAX - NPU_PAGE_BYTES) {
		emu_log("invalid buffer size: %llu", (unsigned long long)c->size);
		return -EINVAL;
	}
	c->size = npu_round_up64(c->size, NPU_PAGE_BYTES);
	if (c->iommu_domain_id < 0 || c->iommu_domain_id >= DOMAINS)
		return -EINVAL;
	bo = calloc(1, sizeof *bo);
	if (!bo)
		return -ENOMEM;
	*bo = (struct emu_bo){ .id = ++emu.next_bo,
			       .flags = c->flags,
			       .domain = (uint32_t)c->iommu_domain_id,
			       .bytes = c->size,
			       .cached = c->flags & ABI_MEM_CACHEABLE,
			       .kernel_mapped = c->flags & ABI_MEM_KERNEL_MAPPING };
	bo->token = TOKEN_BASE + bo->id * TOKEN_STEP;
	err = place(bo);
	if (!err)
		err = emu_handle_add(f, bo, false, &c->handle);
	if (err) {
		for (struct emu_bo **p = &emu.bos; *p; p = &(*p)->next) {
			if (*p == bo) {
				*p = bo->next;
				break;
			}
		}
		free_memory(bo);
		return err;
	}
	tell(bo, c);
	return 0;
}

/* ---- the others ---- */

int emu_mem_map(struct emu_file *f, struct abi_mem_map *m)
{
	struct emu_bo *bo = emu_file_bo(f, m->handle);

	if (!bo)
		return -ENOENT;
	if (f->handle[m->handle - 1].imported)
		return -EINVAL;
	if (!bo->fake)
		bo->fake = find_fake(bo);
	m->offset = bo->fake;
	return 0;
}

int emu_mem_destroy(struct emu_file *f, struct abi_mem_destroy *d)
{
	return emu_handle_drop(f, d->handle);
}

int emu_mem_sync(struct emu_file *f, struct abi_mem_sync *s)
{
	struct emu_bo *bo;

	(void)f;
	if (!s->obj_addr)
		return -EINVAL;
	bo = emu_bo_by_token(s->obj_addr);
	if (!bo)
		return emu_fatal("MEM_SYNC of obj_addr 0x%llx, which is no object",
				 (unsigned long long)s->obj_addr);
	if (!bo->cached)
		return -EINVAL;
	emu_cache_sync(bo, s->flags, s->offset, s->size);
	return 0;
}
