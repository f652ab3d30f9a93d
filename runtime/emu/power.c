/*
 * The clock, the delayed power-off and the soft reset.
 *
 * Time is fake unless the user asks for the real one: it moves by what ioctls,
 * jobs and waits would have taken, and nothing is ever slept.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "emu/emu.h"
#include "emu/regs.h"
#include "sim/sim.h"

#define RESET_SLEEP_MS 100u
#define RESET_REST_MS 7u /* a reset was measured to take 107 ms */

uint64_t emu_now(void)
{
	struct timespec t;

	if (!emu.settings.real_clock)
		return emu.clock_us;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return emu.clock_us + (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void emu_sleep_ms(uint64_t ms)
{
	emu_run_until(emu_now() + ms * 1000, NULL);
}

void emu_registers_lost(void)
{
	sim_power_cycle(emu.sim);
	emu_regs_clear(emu.regs);
	emu.poisoned = false;
}

void emu_power_cut(void)
{
	if (emu.powered)
		emu.stats.power_offs++;
	emu.powered = false;
	emu.power_off_us = 0;
	emu_registers_lost();
}

/*
 * An ioctl begins.  The delay runs from the first exit after power-on and is not
 * armed anew, so that an ioctl a millisecond ago does not keep the power on.
 */
void emu_power_enter(void)
{
	uint64_t now = emu_now();

	emu_run_until(now + EMU_CALL_US, NULL);
	if (emu.powered && emu.power_off_us && now >= emu.power_off_us)
		emu_power_cut();
	if (!emu.powered && emu.settings.wake_us)
		emu_run_until(emu_now() + emu.settings.wake_us, NULL);
	emu.powered = true;
}

void emu_power_exit(void)
{
	if (emu.power_off_us)
		return;
	if (emu.settings.power_delay_ms)
		emu.power_off_us = emu_now() + emu.settings.power_delay_ms * 1000ull;
	else
		emu_power_cut();
}

/* Driver ABI section 12.  Slots and queues of the cores stay as they are. */
int emu_soft_reset(void)
{
	if (emu.resetting)
		return 0;
	emu.resetting = true;
	emu_sleep_ms(RESET_SLEEP_MS);
	emu_log("soft reset, num: %u", emu.settings.soc.reset_lines);
	emu.stats.resets++;
	for (struct emu_job *job = emu.jobs; job; job = job->next) {
		for (uint32_t c = 0; c < NPU_MAX_CORES; c++)
			job->part[c].irq_us = UINT64_MAX;
	}
	if (emu_fault_any(EMU_RESET_LINE)) {
		emu_log("failed to soft reset for rknpu: %d", -ETIMEDOUT);
		return -ETIMEDOUT;
	}
	emu_registers_lost();
	emu_sleep_ms(RESET_REST_MS);
	emu.resetting = false;
	return 0;
}
