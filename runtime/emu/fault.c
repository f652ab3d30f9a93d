/*
 * Faults: which are in force, and which of them a call or a submit meets.
 */
#include <stdlib.h>

#include "emu/emu.h"

static const char *const call_names[EMU_CALLS] = {
	[EMU_ANY_CALL] = "call",
	[EMU_OPEN] = "open",
	[EMU_CLOSE] = "close",
	[EMU_MMAP] = "mmap",
	[EMU_MUNMAP] = "munmap",
	[EMU_CALL_VERSION] = "VERSION",
	[EMU_CALL_GEM] = "GEM",
	[EMU_CALL_ACTION] = "ACTION",
	[EMU_CALL_SUBMIT] = "SUBMIT",
	[EMU_CALL_MEM_CREATE] = "MEM_CREATE",
	[EMU_CALL_MEM_MAP] = "MEM_MAP",
	[EMU_CALL_MEM_DESTROY] = "MEM_DESTROY",
	[EMU_CALL_MEM_SYNC] = "MEM_SYNC",
};

const char *emu_call_name(enum emu_call call)
{
	return (unsigned)call < EMU_CALLS ? call_names[call] : NULL;
}

void emu_faults_free(void)
{
	while (emu.faults) {
		struct emu_fault *next = emu.faults->next;

		free(emu.faults);
		emu.faults = next;
	}
	for (int i = 0; i < EMU_CALLS; i++)
		emu.call_count[i] = 0;
}

static const struct emu_fault *hit(const struct emu_fault *f)
{
	if (f)
		emu.stats.faults_hit++;
	return f;
}

static bool nth_matches(const struct emu_fault *f, enum emu_call call)
{
	return f->nth == EMU_ANY || f->nth == emu.call_count[call];
}

const struct emu_fault *emu_count_call(enum emu_call call)
{
	emu.call_count[EMU_ANY_CALL]++;
	emu.call_count[call]++;
	emu.stats.calls++;
	for (const struct emu_fault *f = emu.faults; f; f = f->next) {
		if ((f->kind == EMU_FAIL || f->kind == EMU_FAIL_AFTER) &&
		    (f->call == call || f->call == EMU_ANY_CALL) &&
		    nth_matches(f, f->call))
			return hit(f);
	}
	return NULL;
}

const struct emu_fault *emu_fault_now(enum emu_fault_kind kind, enum emu_call call)
{
	for (const struct emu_fault *f = emu.faults; f; f = f->next) {
		if (f->kind == kind && f->submit == EMU_ANY && nth_matches(f, call) &&
		    (kind != EMU_POWER_OFF || f->nth != EMU_ANY))
			return hit(f);
	}
	return NULL;
}

const struct emu_fault *emu_fault_next(const struct emu_fault *f,
				       enum emu_fault_kind kind, uint64_t submit)
{
	for (; f; f = f->next) {
		if (f->kind == kind && (f->submit == EMU_ANY || f->submit == submit) &&
		    f->nth == EMU_ANY)
			return hit(f);
	}
	return NULL;
}

const struct emu_fault *emu_fault_submit(enum emu_fault_kind kind, uint64_t submit)
{
	return emu_fault_next(emu.faults, kind, submit);
}

const struct emu_fault *emu_fault_any(enum emu_fault_kind kind)
{
	return emu_fault_next(emu.faults, kind, 0);
}
