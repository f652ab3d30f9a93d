/*
 * Snapshots of the board: registers through MMIO, clocks and power through sysfs,
 * page faults in the kernel log.
 */
#include "verify/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "hw/npu_regs.h"
#include "rknpu/rknpu_uapi.h"

#define VERSION_NUM_MASK 0xffffu
#define MMIO_BYTES 0x10000u /* window of one core */
#define PC_REGS 64u	    /* its first words belong to the PC */

/* Values of one MMIO_SNAPSHOT block that the rules look at. */
struct snapshot {
	uint32_t rows, nonzero;
	uint32_t value[PC_REGS]; /* by offset / 4 */
	bool has[PC_REGS];
	uint32_t row; /* first */
};

static bool has_reg(const struct snapshot *s, enum npu_reg reg)
{
	return s->has[npu_regs[reg].offset / 4];
}

static uint32_t get_reg(const struct snapshot *s, enum npu_reg reg)
{
	return s->value[npu_regs[reg].offset / 4];
}

static void check_snapshot(const struct evidence *ev, const struct snapshot *s,
			   struct report *report)
{
	char place[LOG_PLACE_BYTES];
	uint32_t version = get_reg(s, NPU_REG_PC_VERSION) +
			   (get_reg(s, NPU_REG_PC_VERSION_NUM) & VERSION_NUM_MASK);
	uint32_t status = get_reg(s, NPU_REG_PC_INTERRUPT_STATUS);
	uint32_t raw = get_reg(s, NPU_REG_PC_INTERRUPT_RAW_STATUS);
	uint32_t mask = get_reg(s, NPU_REG_PC_INTERRUPT_MASK);

	evidence_place(ev, s->row, place);
	if (has_reg(s, NPU_REG_PC_VERSION) && has_reg(s, NPU_REG_PC_VERSION_NUM) &&
	    version != RKNPU_HW_RK3588)
		report_fail(report, "%s: version registers give 0x%08x, an RK3588 0x%08x",
			    place, version, RKNPU_HW_RK3588);
	if (has_reg(s, NPU_REG_PC_INTERRUPT_STATUS) &&
	    has_reg(s, NPU_REG_PC_INTERRUPT_RAW_STATUS) &&
	    has_reg(s, NPU_REG_PC_INTERRUPT_MASK) && status & ~(raw & mask))
		report_fail(report,
			    "%s: interrupt status 0x%x is not raw 0x%x and mask 0x%x",
			    place, status, raw, mask);
}

static void end_snapshot(const struct evidence *ev, struct snapshot *s, uint32_t *judged,
			 struct report *report)
{
	/* a block without power reads as zeros, which says nothing about it */
	if (s->rows && s->nonzero) {
		(*judged)++;
		check_snapshot(ev, s, report);
	}
	memset(s, 0, sizeof *s);
}

static void add_register(const struct evidence *ev, struct snapshot *s, uint32_t row,
			 struct report *report)
{
	uint64_t offset = evidence_get(ev, row, LF_OFFSET);
	uint64_t value = evidence_get(ev, row, LF_VALUE);
	char place[LOG_PLACE_BYTES];

	if (!s->rows++)
		s->row = row;
	s->nonzero += value != 0;
	if (offset >= MMIO_BYTES || offset % 4)
		report_fail(report, "%s: no register at 0x%llx",
			    evidence_place(ev, row, place), (unsigned long long)offset);
	else if (offset / 4 < PC_REGS) {
		s->has[offset / 4] = true;
		s->value[offset / 4] = (uint32_t)value;
	}
}

static void check_mmio(const struct evidence *ev, struct report *report)
{
	struct snapshot s = { 0 };
	char device[64], error[80];
	uint32_t judged = 0, missing = LOG_NONE;

	report_item(report, "mmio-snapshot", "%u registers consistent",
		    ev->log->form_rows[LOG_MMIO_ROW]);
	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		enum log_form form = ev->log->rows[i].form;

		if (form == LOG_MMIO_UNAVAILABLE)
			missing = i;
		else if (form == LOG_MMIO_SNAPSHOT)
			end_snapshot(ev, &s, &judged, report);
		else if (form == LOG_MMIO_ROW)
			add_register(ev, &s, i, report);
	}
	end_snapshot(ev, &s, &judged, report);
	if (judged)
		return;
	if (missing != LOG_NONE)
		report_skip(report, "device %s: %s (errno %d)",
			    log_text(ev->log, &ev->log->rows[missing], LF_DEVICE, device,
				     sizeof device),
			    log_text(ev->log, &ev->log->rows[missing], LF_ERROR, error,
				     sizeof error),
			    (int)evidence_get(ev, missing, LF_ERRNO));
	else if (ev->log->form_rows[LOG_MMIO_ROW])
		report_skip(report, "all registers read 0: the block had no power");
	else
		report_skip(report, "no MMIO rows");
}

static bool one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(word, list[i]))
			return true;
	}
	return false;
}

/* Hz as a whole number; 0 when it is none. */
static uint64_t hertz(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	return *end || *text == '-' ? 0 : v;
}

/* The row with the board's own table; LOG_NONE: the log has none. */
static uint32_t find_table(const struct evidence *ev)
{
	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		if (ev->log->rows[i].form == LOG_SYSFS &&
		    !strcmp(log_sysfs_key(ev->log->rows[i].number),
			    "available_frequencies"))
			return i;
	}
	return LOG_NONE;
}

/* The board's table when the log has it, else the RK3588's operating points. */
static bool in_table(const struct evidence *ev, uint32_t table_row, uint64_t hz)
{
	static const uint64_t step = 100000000, lowest = 200000000, highest = 1000000000;
	char table[256], *at = table, *end;

	if (table_row == LOG_NONE)
		return hz >= lowest && hz <= highest && hz % step == 0;
	log_text(ev->log, &ev->log->rows[table_row], LF_NAME, table, sizeof table);
	for (uint64_t v = strtoull(at, &end, 10); end != at; v = strtoull(at, &end, 10)) {
		if (v == hz)
			return true;
		at = end;
	}
	/* the rate for power-down is in no table */
	return hz == lowest;
}

static void check_sysfs_row(const struct evidence *ev, uint32_t row, uint32_t table,
			    struct report *report)
{
	static const char *const statuses[] = { "active", "suspended", "suspending",
						"resuming", "unsupported" };
	static const char *const governors[] = { "rknpu_ondemand", "simple_ondemand",
						 "performance",	   "powersave",
						 "userspace",	   "passive" };
	const char *key = log_sysfs_key(ev->log->rows[row].number);
	char value[64], place[LOG_PLACE_BYTES];
	bool ok = true;

	log_text(ev->log, &ev->log->rows[row], LF_NAME, value, sizeof value);
	if (!strcmp(key, "runtime_status"))
		ok = one_of(value, statuses, sizeof statuses / sizeof statuses[0]);
	else if (!strcmp(key, "governor"))
		ok = one_of(value, governors, sizeof governors / sizeof governors[0]);
	else if (!strcmp(key, "runtime_usage"))
		ok = !strcmp(value, "0") || hertz(value) != 0;
	else if (!strcmp(key, "cur_freq") || !strcmp(key, "target_freq"))
		ok = in_table(ev, table, hertz(value));
	if (!ok)
		report_fail(report, "%s: %s cannot be \"%s\"",
			    evidence_place(ev, row, place), key, value);
}

/* A device that sleeps has no users. */
static void check_power(const struct evidence *ev, struct report *report)
{
	char status[32] = "", usage[32] = "", place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		const struct log_row *row = &ev->log->rows[i];

		if (row->form != LOG_SYSFS)
			continue;
		if (!strcmp(log_sysfs_key(row->number), "runtime_status"))
			log_text(ev->log, row, LF_NAME, status, sizeof status);
		if (strcmp(log_sysfs_key(row->number), "runtime_usage") != 0)
			continue;
		log_text(ev->log, row, LF_NAME, usage, sizeof usage);
		if (!strcmp(status, "suspended") && hertz(usage) != 0)
			report_fail(report, "%s: suspended with %s users",
				    evidence_place(ev, i, place), usage);
	}
}

static void check_sysfs(const struct evidence *ev, struct report *report)
{
	uint32_t table;

	report_item(report, "sysfs-snapshot", "%u values plausible",
		    ev->log->form_rows[LOG_SYSFS]);
	if (!ev->log->form_rows[LOG_SYSFS]) {
		report_skip(report, "no sysfs rows");
		return;
	}
	table = find_table(ev);
	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		if (ev->log->rows[i].form == LOG_SYSFS)
			check_sysfs_row(ev, i, table, report);
	}
	check_power(ev, report);
}

static void check_faults(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];
	uint32_t kernel = 0;

	for (int f = 0; f < LOG_FORM_N; f++)
		kernel += log_form_kind((enum log_form)f) == LOG_KIND_KERNEL
			      ? ev->log->form_rows[f]
			      : 0;
	report_item(report, "page-faults", "none in the kernel log");
	if (!kernel)
		report_skip(report, "no kernel log rows");
	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		uint64_t at = evidence_get(ev, i, LF_ADDR);
		const struct evidence_bo *bo = evidence_bo_at(ev, at);

		if (ev->log->rows[i].form == LOG_KERNEL_FAULT)
			report_fail(report, "%s: the NPU touched 0x%llx, %s%s",
				    evidence_place(ev, i, place), (unsigned long long)at,
				    bo ? "in the buffer " : "in no buffer",
				    bo ? evidence_bo_name(ev, bo) : "");
	}
}

void evidence_check_board(const struct evidence *ev, struct report *report)
{
	check_mmio(ev, report);
	check_sysfs(ev, report);
	check_faults(ev, report);
}
