/*
 * Any command words and any memory: the simulator may answer anything, but it
 * never reads or writes outside the regions it was given.
 *
 * Input: a header of eight bytes (lists, body words / 2, tasks, threads, where
 * three lists start in units of 16 bytes, kind of the last record), then command
 * words, in a region exactly as long as they are.  A second region holds data.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

#define HEADER_BYTES 8u
#define MAX_COMMAND_BYTES 8192u
#define DATA_BYTES 65536u
#define COMMANDS_DMA 0x10000000u
#define DATA_DMA 0x20000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_region regions[2];
	struct sim_list lists[3];
	struct sim_result result;
	struct sim_job job = { regions, 2, lists, 1, 1, NULL, NULL };
	size_t commands;
	struct sim *sim;

	if (size < HEADER_BYTES)
		return 0;
	commands = size - HEADER_BYTES < MAX_COMMAND_BYTES ? size - HEADER_BYTES
							   : MAX_COMMAND_BYTES;
	job.list_count = 1 + data[0] % 3u;
	job.threads = data[3] % 4u;
	for (uint32_t i = 0; i < job.list_count; i++)
		lists[i] = (struct sim_list){
			.core = i,
			.regcmd_addr = COMMANDS_DMA + 16u * data[4 + i],
			.regcfg_amount = 2u * data[1],
			.task_count = data[2],
			.int_mask = data[7] & 1 ? 0xc00 : 0x300,
		};
	regions[0] =
	    (struct sim_region){ COMMANDS_DMA, commands, malloc(commands + 1), "words" };
	regions[1] =
	    (struct sim_region){ DATA_DMA, DATA_BYTES, calloc(1, DATA_BYTES), NULL };
	sim = sim_new();
	if (sim && regions[0].data && regions[1].data) {
		memcpy(regions[0].data, data + HEADER_BYTES, commands);
		memcpy(regions[1].data, data + HEADER_BYTES,
		       commands < DATA_BYTES ? commands : DATA_BYTES);
		/* twice: the second job finds both register groups used */
		sim_run(sim, &job, &result);
		sim_run(sim, &job, &result);
	}
	sim_free(sim);
	free(regions[0].data);
	free(regions[1].data);
	return 0;
}
