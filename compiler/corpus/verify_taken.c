#include "corpus/verify_taken.h"

#include <stdio.h>

#include "hw/npu_hw.h"

/*
 * All of them belong to activations by table.  The registers that load a table are not
 * here: a conv record leaves them zero.
 */
static const struct {
	enum npu_reg reg;
	enum verify_taken why;
} taken[] = {
	{ NPU_REG_DPU_LUT_CFG, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_INFO, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LE_START, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LE_END, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LO_START, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LO_END, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LE_SLOPE_SCALE, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LE_SLOPE_SHIFT, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LO_SLOPE_SCALE, TAKEN_TABLE },
	{ NPU_REG_DPU_LUT_LO_SLOPE_SHIFT, TAKEN_TABLE },
	{ NPU_REG_DPU_OUT_CVT_OFFSET, TAKEN_TABLE_OUTPUT },
	{ NPU_REG_DPU_OUT_CVT_SHIFT, TAKEN_TABLE_OUTPUT },
};

#define TAKEN_REGS (sizeof taken / sizeof taken[0])

static const char *const names[TAKEN_N] = {
	[TAKEN_TABLE] = "of look-up tables",
	[TAKEN_TABLE_OUTPUT] = "of the conversion after a table of floats",
};

enum verify_taken verify_taken(const struct conv_problem *p, enum npu_reg reg)
{
	for (size_t i = 0; p->fusion.table && i < TAKEN_REGS; i++) {
		if (taken[i].reg == reg &&
		    (taken[i].why == TAKEN_TABLE || p->elem != NPU_ELEM_INT8))
			return taken[i].why;
	}
	return TAKEN_NOT;
}

const char *verify_taken_name(enum verify_taken why)
{
	return names[why];
}

int verify_taken_regs(enum verify_taken why, char *buf, size_t bytes)
{
	int n = 0;

	for (size_t i = 0; i < TAKEN_REGS; i++) {
		size_t at = (size_t)n < bytes ? (size_t)n : bytes;

		if (taken[i].why == why)
			n += snprintf(buf + at, bytes - at, "%s%s", n ? ", " : "",
				      npu_regs[taken[i].reg].name);
	}
	return n;
}
