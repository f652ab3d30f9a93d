/*
 * The trace of calls: sizes of structures, order of calls, returns, and the submit
 * header, as the vendor's runtime 2.3.0 makes them on driver 0.9.8.
 */
#include "verify/evidence.h"

#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_word.h"
#include "rknpu/rknpu_uapi.h"

#define VENDOR_HW_PROBE 0xffffffffu /* value passed in with ACTION 0 */
#define VENDOR_NICE 0xffffffedu	    /* ACTION 19: -19 */
#define SUBMIT_FLAGS_PC 1u
#define SUBMIT_FLAGS_VENDOR 5u /* PC and ping-pong */
#define ACTION_NICE 19u
#define OLDEST_DRIVER 906u /* 0.9.6: MEM_CREATE got its 48 bytes */
#define ACTION_POWER_ON 20u
#define ACTION_POWER_OFF 21u
#define NO_FENCE UINT64_MAX /* -1 */

/* The bytes that the size field of an ioctl number announces. */
static uint32_t cmd_bytes(uint32_t cmd)
{
	return cmd >> 16 & 0x3fff;
}

static void check_submit_abi(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; i < ev->submit_count; i++) {
		uint32_t row = ev->submits[i].row;
		uint32_t cmd = (uint32_t)evidence_get(ev, row, LF_CMD);
		uint32_t size = (uint32_t)evidence_get(ev, row, LF_SIZE);

		if (cmd != RKNPU_SUBMIT)
			report_fail(report, "%s: cmd 0x%08x is not SUBMIT, 0x%08x",
				    evidence_place(ev, row, place), cmd, RKNPU_SUBMIT);
		if (size != sizeof(struct rknpu_submit) || size != cmd_bytes(cmd))
			report_fail(report,
				    "%s: size %u, the structure has %zu and cmd says %u",
				    evidence_place(ev, row, place), size,
				    sizeof(struct rknpu_submit), cmd_bytes(cmd));
	}
}

/* Dumped records and words must lie as far apart as the structures say. */
static void check_dump_abi(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES];
	uint64_t first = ev->task_count ? evidence_get(ev, ev->tasks[0], LF_OFFSET) : 0;
	uint64_t window = evidence_get(ev, ev->window, LF_OFFSET);

	for (uint32_t i = 0; i < ev->task_count; i++) {
		uint64_t off = evidence_get(ev, ev->tasks[i], LF_OFFSET);

		if (ev->log->rows[ev->tasks[i]].number != i ||
		    off != first + i * sizeof(struct npub_task))
			report_fail(
			    report, "%s: record %u at 0x%llx, expected at 0x%llx",
			    evidence_place(ev, ev->tasks[i], place), i,
			    (unsigned long long)off,
			    (unsigned long long)(first + i * sizeof(struct npub_task)));
	}
	for (uint32_t i = ev->window, n = 0; n < ev->word_count; i++) {
		uint64_t off = evidence_get(ev, i, LF_OFFSET);

		if (ev->log->rows[i].form != LOG_QWORD)
			continue;
		if (off != window + n * NPU_WORD_BYTES)
			report_fail(report, "%s: word %u at 0x%llx, expected at 0x%llx",
				    evidence_place(ev, i, place), n,
				    (unsigned long long)off,
				    (unsigned long long)(window + n * NPU_WORD_BYTES));
		n++;
	}
}

void evidence_check_abi(const struct evidence *ev, struct report *report)
{
	report_item(report, "abi-layout",
		    "%u SUBMIT of 104 bytes, %u records of 40, %u words of 8",
		    ev->submit_count, ev->task_count, ev->word_count);
	check_submit_abi(ev, report);
	check_dump_abi(ev, report);
	if (!ev->submit_count && !ev->task_count && !ev->word_count)
		report_skip(report, "no SUBMIT, task_like or regcmd_qword rows");
}

/* One expected call. */
struct step {
	enum log_form form; /* LOG_ACTION, LOG_MEM_CREATE or LOG_SUBMIT */
	uint32_t action, value;
};

/* clang-format off */
static const struct step steps[] = {
	{ LOG_ACTION, RKNPU_GET_HW_VERSION, VENDOR_HW_PROBE },
	{ LOG_ACTION, RKNPU_GET_DRV_VERSION, 0 },
	{ LOG_ACTION, ACTION_POWER_ON, 0 },
	{ LOG_ACTION, ACTION_NICE, VENDOR_NICE },
	{ LOG_ACTION, RKNPU_GET_DRV_VERSION, 0 },
	{ LOG_ACTION, RKNPU_GET_IOMMU_EN, 0 },
	{ LOG_MEM_CREATE, 0, 0 }, /* task */
	{ LOG_ACTION, RKNPU_GET_IOMMU_EN, 0 },
	{ LOG_MEM_CREATE, 0, 0 }, /* weight */
	{ LOG_ACTION, RKNPU_GET_DRV_VERSION, 0 },
	{ LOG_ACTION, RKNPU_GET_IOMMU_EN, 0 },
	{ LOG_MEM_CREATE, 0, 0 }, /* internal */
	{ LOG_ACTION, RKNPU_GET_IOMMU_EN, 0 },
	{ LOG_MEM_CREATE, 0, 0 }, /* input */
	{ LOG_ACTION, RKNPU_GET_IOMMU_EN, 0 },
	{ LOG_MEM_CREATE, 0, 0 }, /* output */
	{ LOG_SUBMIT, 0, 0 },
	{ LOG_ACTION, ACTION_POWER_OFF, 0 },
};
/* clang-format on */
#define STEPS (sizeof steps / sizeof steps[0])

static const char *step_text(const struct step *s, char buf[48])
{
	if (s->form == LOG_ACTION)
		snprintf(buf, 48, "ACTION %u", s->action);
	else
		strcpy(buf, s->form == LOG_SUBMIT ? "SUBMIT" : "MEM_CREATE");
	return buf;
}

/* Calls of the skeleton in the order of the log, against `steps`. */
static void check_order(const struct evidence *ev, struct report *report)
{
	const struct log *log = ev->log;
	bool creates = log->form_rows[LOG_MEM_CREATE] > 0;
	char place[LOG_PLACE_BYTES], want[48], got[48];
	size_t at = 0;

	for (uint32_t i = 0; i < log->row_count; i++) {
		struct step s = { log->rows[i].form, 0, 0 };

		if (s.form != LOG_ACTION && s.form != LOG_MEM_CREATE &&
		    s.form != LOG_SUBMIT)
			continue;
		s.action = (uint32_t)evidence_get(ev, i, LF_FLAGS);
		s.value = (uint32_t)evidence_get(ev, i, LF_VALUE);
		/* some tracers leave the creates out; a conv may run more than once */
		while (at < STEPS && steps[at].form == LOG_MEM_CREATE && !creates)
			at++;
		if (s.form == LOG_SUBMIT && at && steps[at - 1].form == LOG_SUBMIT)
			continue;
		if (at == STEPS || steps[at].form != s.form ||
		    (s.form == LOG_ACTION && steps[at].action != s.action)) {
			report_fail(report, "%s: %s where %s is due in the vendor's "
				    "calls (npurun --profile vendor)",
				    evidence_place(ev, i, place), step_text(&s, got),
				    at == STEPS ? "nothing"
						: step_text(&steps[at], want));
			return;
		}
		if (s.form == LOG_ACTION && steps[at].value != s.value)
			report_fail(report, "%s: %s with value 0x%08x, not 0x%08x",
				    evidence_place(ev, i, place), step_text(&s, got),
				    s.value, steps[at].value);
		at++;
	}
	if (at < STEPS && !report_failed(report))
		report_fail(report, "the trace ends where %s is due",
			    step_text(&steps[at], want));
}

/* Driver versions this product knows how to read a trace of. */
static void check_action_value(const struct evidence *ev, uint32_t row, uint32_t action,
			       struct report *report)
{
	uint32_t value = (uint32_t)evidence_get(ev, row, LF_VALUE);
	char place[LOG_PLACE_BYTES];

	evidence_place(ev, row, place);
	if (action == RKNPU_GET_HW_VERSION && value != RKNPU_HW_RK3588)
		report_fail(report,
			    "%s: hardware version 0x%08x is not an RK3588's 0x%08x",
			    place, value, RKNPU_HW_RK3588);
	if (action == RKNPU_GET_DRV_VERSION && value < OLDEST_DRIVER)
		report_fail(report, "%s: driver version %u is older than %u", place,
			    value, OLDEST_DRIVER);
	if (action == RKNPU_GET_IOMMU_EN && value != 1)
		report_fail(report, "%s: the IOMMU is off", place);
}

/* POWER_ON and POWER_OFF are refused since 0.9.x; everything else succeeds. */
static void check_returns(const struct evidence *ev, struct report *report)
{
	char place[LOG_PLACE_BYTES], name[16];

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		uint32_t action = (uint32_t)evidence_get(ev, i, LF_FLAGS);
		bool is_action, refused;

		if (ev->log->rows[i].form != LOG_IOCTL_RET)
			continue;
		log_text(ev->log, &ev->log->rows[i], LF_NAME, name, sizeof name);
		is_action = !strcmp(name, "ACTION");
		refused = is_action &&
			  (action == ACTION_POWER_ON || action == ACTION_POWER_OFF);
		if (refused != (evidence_get(ev, i, LF_RET) != 0))
			report_fail(report, "%s: %s %u %s", evidence_place(ev, i, place),
				    name, action,
				    refused ? "succeeds, this driver refuses it"
					    : "fails");
		else if (is_action && !refused && evidence_has(ev, i, LF_VALUE))
			check_action_value(ev, i, action, report);
	}
}

void evidence_check_sequence(const struct evidence *ev, struct report *report)
{
	const uint32_t *rows = ev->log->form_rows;

	report_item(report, "ioctl-sequence",
		    "the vendor's: %u actions, %u creates, %u submits", rows[LOG_ACTION],
		    rows[LOG_MEM_CREATE], rows[LOG_SUBMIT]);
	if (!rows[LOG_ACTION])
		report_skip(report, "no ACTION rows");
	else
		check_order(ev, report);
	report_item(report, "ioctl-returns", "%u as driver 0.9.8 returns them",
		    rows[LOG_IOCTL_RET]);
	if (!rows[LOG_IOCTL_RET])
		report_skip(report, "no IOCTL_RET rows");
	else
		check_returns(ev, report);
}

/* The list that entry `entry` of the header must name, given the cores. */
static void expected_range(const struct evidence *ev, uint32_t entry, uint32_t *start,
			   uint32_t *count)
{
	const struct npub_plan *plan = evidence_plan(ev, ev->cores);
	uint32_t cores = evidence_job_cores(ev);
	uint32_t core = cores == NPU_MAX_CORES ? entry - 2 : entry;

	*start = *count = 0;
	if (cores == 1)
		core = entry < NPU_MAX_CORES ? 0 : NPU_MAX_CORES;
	if (plan && core < cores) {
		*start = plan->list[core].first_task;
		*count = plan->list[core].task_count;
	}
}

/* Auto and single-core masks may run entry 0, 1 or 2; others entries of their own. */
static bool mask_fits(uint32_t mask, uint32_t cores)
{
	static const uint32_t masks[NPU_MAX_CORES + 1] = { 0, 0, 3, 7 };

	if (cores == 1)
		return mask == 0 || mask == 1 || mask == 2 || mask == 4;
	return mask == masks[cores];
}

static void check_ranges(const struct evidence *ev, const struct evidence_submit *s,
			 struct report *report)
{
	char place[LOG_PLACE_BYTES];
	uint32_t n = s->subcore[0].count;

	for (uint32_t k = 0; k < LOG_SUBCORES; k++) {
		uint32_t start = 0, count = k < NPU_MAX_CORES ? n : 0;

		if (evidence_plan(ev, ev->cores))
			expected_range(ev, k, &start, &count);
		else if (ev->cores != 1)
			return;
		if (s->subcore_row[k] == LOG_NONE && !count)
			continue; /* tracers stop at the last used entry */
		if (s->subcore[k].start != start || s->subcore[k].count != count)
			report_fail(
			    report, "%s: subcore_task[%u] is {%u, %u}, not {%u, %u}",
			    evidence_place(ev,
					   s->subcore_row[k] == LOG_NONE
					       ? s->row
					       : s->subcore_row[k],
					   place),
			    k, s->subcore[k].start, s->subcore[k].count, start, count);
	}
}

static void check_header(const struct evidence *ev, const struct evidence_submit *s,
			 struct report *report)
{
	uint32_t flags = (uint32_t)evidence_get(ev, s->flags_row, LF_FLAGS);
	uint32_t timeout = (uint32_t)evidence_get(ev, s->flags_row, LF_TIMEOUT);
	uint64_t number = evidence_get(ev, s->flags_row, LF_TASK_NUMBER);
	uint64_t sum = 0;
	char place[LOG_PLACE_BYTES];

	evidence_place(ev, s->flags_row, place);
	for (uint32_t k = 0; k < LOG_SUBCORES; k++)
		sum += s->subcore[k].count;
	if (flags != SUBMIT_FLAGS_VENDOR && !(flags == SUBMIT_FLAGS_PC && sum == number))
		report_fail(report, "%s: flags 0x%x, not 0x%x", place, flags,
			    SUBMIT_FLAGS_VENDOR);
	if (!timeout || timeout > INT32_MAX)
		report_fail(report, "%s: timeout %u ms %s", place, timeout,
			    timeout ? "waits forever" : "gives up at once");
	if (evidence_get(ev, s->flags_row, LF_TASK_START))
		report_fail(report, "%s: task_start is not 0", place);
	if (!number || number != sum)
		report_fail(report, "%s: task_number %llu, the ranges hold %llu", place,
			    (unsigned long long)number, (unsigned long long)sum);
	evidence_place(ev, s->counter_row, place);
	if (evidence_get(ev, s->counter_row, LF_TASK_COUNTER) ||
	    evidence_get(ev, s->counter_row, LF_PRIORITY))
		report_fail(report, "%s: task_counter and priority are not 0", place);
	if (ev->bo_count &&
	    ev->bos[NPUB_BO_TASK].obj != evidence_get(ev, s->counter_row, LF_TASK_OBJ))
		report_fail(report, "%s: task_obj_addr is not the task buffer's 0x%llx",
			    place, (unsigned long long)ev->bos[NPUB_BO_TASK].obj);
	evidence_place(ev, s->mask_row, place);
	if (!mask_fits(s->core_mask, evidence_job_cores(ev)))
		report_fail(report, "%s: core_mask %u does not run a plan of %u cores",
			    place, s->core_mask, ev->cores);
	if (evidence_get(ev, s->mask_row, LF_FENCE) != NO_FENCE)
		report_fail(report, "%s: fence_fd is not -1", place);
	check_ranges(ev, s, report);
}

void evidence_check_submit(const struct evidence *ev, struct report *report)
{
	report_item(report, "submit-header", "%u of the %u-core plan", ev->submit_count,
		    ev->cores);
	if (!ev->submit_count) {
		report_skip(report, "no SUBMIT rows");
		return;
	}
	if (ev->conv && !evidence_plan(ev, ev->cores))
		report_fail(report, "the bundle has no plan for %u cores", ev->cores);
	for (uint32_t i = 0; i < ev->submit_count; i++)
		check_header(ev, &ev->submits[i], report);
}
