#include "sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim_priv.h"

/* Command words, features and weights are taken from memory as they lie. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "needs a little-endian machine");

static const char *const status_names[] = {
	[SIM_OK] = "ok",	   [SIM_ERR_WORD] = "word",
	[SIM_ERR_UNSET] = "unset", [SIM_ERR_UNSUPPORTED] = "unsupported",
	[SIM_ERR_SIZES] = "sizes", [SIM_ERR_CBUF] = "cbuf",
	[SIM_ERR_DMA] = "dma",	   [SIM_ERR_OUTPUT] = "output",
	[SIM_ERR_ORDER] = "order", [SIM_ERR_BARRIER] = "barrier",
	[SIM_ERR_CHAIN] = "chain", [SIM_ERR_NOMEM] = "nomem",
};

const char *sim_status_name(enum sim_status status)
{
	if ((size_t)status >= sizeof status_names / sizeof status_names[0])
		return "unknown";
	return status_names[status];
}

struct sim *sim_new(void)
{
	struct sim *sim = calloc(1, sizeof *sim);

	if (sim)
		sim_regs_init(sim);
	return sim;
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	for (uint32_t i = 0; i < SIM_MAX_THREADS; i++)
		free(sim->worker[i].data);
	free(sim->feature.data);
	free(sim->pixel_sum.data);
	free(sim->cbuf.bytes.data);
	free(sim);
}

void sim_power_cycle(struct sim *sim)
{
	memset(sim->core, 0, sizeof sim->core);
	sim->cbuf.resident = false;
}

bool sim_fail(struct sim_ctx *ctx, enum sim_status status, enum npu_reg reg,
	      uint64_t address, const char *format, ...)
{
	struct sim_result *r = ctx->result;
	size_t used = 0;
	va_list args;

	if (r->status != SIM_OK)
		return false;
	r->status = status;
	r->core = ctx->core;
	r->task = ctx->task;
	r->reg = reg < NPU_REG_N ? npu_regs[reg].offset : 0;
	r->address = address;
	used = (size_t)snprintf(r->message, sizeof r->message,
				"core %u task %u: ", ctx->core, ctx->task);
	if (reg < NPU_REG_N)
		used += (size_t)snprintf(
		    r->message + used, sizeof r->message - used,
		    "%s.%s (0x%04x): ", npu_block_name(npu_regs[reg].block),
		    npu_regs[reg].name, npu_regs[reg].offset);
	va_start(args, format);
	vsnprintf(r->message + used, sizeof r->message - used, format, args);
	va_end(args);
	return false;
}

bool sim_buf_reserve(struct sim_ctx *ctx, struct sim_buf *buf, size_t bytes)
{
	const size_t align = 64;

	if (bytes <= buf->bytes)
		return true;
	bytes = (bytes + align - 1) / align * align;
	free(buf->data);
	buf->bytes = 0;
	buf->data = aligned_alloc(align, bytes);
	if (!buf->data)
		return sim_fail(ctx, SIM_ERR_NOMEM, NPU_REG_N, 0,
				"out of memory (%zu bytes)", bytes);
	buf->bytes = bytes;
	return true;
}

/* What the driver itself would refuse or never do. */
static bool check_lists(struct sim_ctx *ctx)
{
	const struct sim_job *job = ctx->job;

	if (!job->list_count || job->list_count > NPU_MAX_CORES)
		return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_N, 0, "a job of %u lists",
				job->list_count);
	for (uint32_t i = 0; i < job->list_count; i++) {
		const struct sim_list *list = &job->lists[i];

		ctx->core = list->core;
		if (list->core >= NPU_MAX_CORES)
			return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_N, 0,
					"there is no core %u", list->core);
		for (uint32_t j = 0; j < i; j++) {
			if (job->lists[j].core == list->core)
				return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_N, 0,
						"core %u has two lists", list->core);
		}
		if (!list->task_count || list->task_count > NPU_MAX_TASKS_PER_SUBMIT)
			return sim_fail(ctx, SIM_ERR_CHAIN, NPU_REG_N, 0,
					"%u tasks; the task counter takes 1 to %u",
					list->task_count, NPU_MAX_TASKS_PER_SUBMIT);
		if (!list->regcfg_amount || list->regcfg_amount > UINT16_MAX)
			return sim_fail(ctx, SIM_ERR_CHAIN, NPU_REG_PC_REGISTER_AMOUNTS,
					0, "the first record has %u body words",
					list->regcfg_amount);
	}
	return true;
}

/*
 * Lists run one after the other: in a joint plan each core computes its own
 * slice from its own registers, and that the slices are disjoint is checked.
 */
static bool run_job(struct sim_ctx *ctx)
{
	if (!check_lists(ctx) || !sim_mem_begin(ctx))
		return false;
	for (ctx->list = 0; ctx->list < ctx->job->list_count; ctx->list++) {
		const struct sim_list *list = &ctx->job->lists[ctx->list];

		ctx->core = list->core;
		ctx->task = 0;
		ctx->state = &ctx->sim->core[list->core];
		if (!sim_pc_run_list(ctx, list))
			return false;
	}
	return sim_mem_check_outputs(ctx);
}

bool sim_run(struct sim *sim, const struct sim_job *job, struct sim_result *result)
{
	struct sim_ctx ctx = { .sim = sim, .job = job, .result = result };
	bool ok;

	memset(result, 0, sizeof *result);
	sim->epoch++;
	ok = run_job(&ctx);
	sim_mem_end(&ctx);
	return ok;
}
