/*
 * The functional simulator: what the NPU does with memory and a job.
 *
 * It sees what the hardware sees - buffers with device addresses, the registers
 * the driver programs, command words - and nothing else: no bundle, no plan, no
 * packer.  It is stricter than hardware; what the hardware would do silently
 * wrong is an error here that names task, register and address.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_MESSAGE_BYTES 256

/* A buffer the device may reach. */
struct sim_region {
	uint64_t dma_addr;
	uint64_t bytes;
	void *data;
	const char *name; /* for messages; may be NULL */
};

/* What the driver programs to start one core's list, and where it ends. */
struct sim_list {
	uint32_t core;          /* 0..2 */
	uint32_t regcmd_addr;   /* of the first record */
	uint32_t regcfg_amount; /* of the first record, body words */
	uint32_t task_count;    /* length of the list */
	uint32_t int_mask;      /* of its last record */
};

struct sim_job {
	const struct sim_region *regions;
	uint32_t region_count;
	const struct sim_list *lists; /* one per core used */
	uint32_t list_count;
	uint32_t threads; /* worker threads; 0 or 1: none */
	/*
	 * Told of every read and write of memory before it is made, command words
	 * included and a barrier's scratch excepted; may be NULL.
	 */
	void (*touch)(void *touch_arg, uint32_t region, uint64_t offset, uint64_t bytes,
		      bool write);
	void *touch_arg;
};

enum sim_status {
	SIM_OK,
	SIM_ERR_WORD,       /* unknown target, register or bits; bad tail */
	SIM_ERR_UNSET,      /* register of an enabled block never written */
	SIM_ERR_UNSUPPORTED, /* mode or precision the simulator does not know */
	SIM_ERR_SIZES,      /* blocks disagree about sizes */
	SIM_ERR_CBUF,       /* more than the banks hold */
	SIM_ERR_DMA,        /* outside every region, or misaligned */
	SIM_ERR_OUTPUT,     /* written twice, or left with holes */
	SIM_ERR_ORDER,      /* read of what this job has yet to write */
	SIM_ERR_BARRIER,    /* cores that never meet */
	SIM_ERR_CHAIN,      /* chain shorter or longer than the task count */
	SIM_ERR_NOMEM
};

struct sim_result {
	enum sim_status status;
	uint32_t core, task; /* where; task counted in its list */
	uint32_t reg;        /* register offset or 0 */
	uint64_t address;    /* device address or 0 */
	char message[SIM_MESSAGE_BYTES];
	/* also filled on success */
	uint32_t tasks_done;
	uint32_t int_status;   /* of the last record */
	uint64_t macs;         /* useful multiply-accumulates */
	uint64_t bytes_read, bytes_written; /* data only, no command words */
};

/* Persistent state: register groups survive jobs, as in the hardware. */
struct sim;

/* NULL when out of memory.  All registers are poisoned. */
struct sim *sim_new(void);
void sim_free(struct sim *sim);

/* Forget all register values, as a power cycle does. */
void sim_power_cycle(struct sim *sim);

/* Run a job to its end.  True on success; `result` is always filled. */
bool sim_run(struct sim *sim, const struct sim_job *job, struct sim_result *result);

/* "cbuf", "dma" ...: the status as one word. */
const char *sim_status_name(enum sim_status status);

#endif
