/* Reading logs: what rows say, what is passed over, what is malformed and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "verify_fixture.h"

#define SUBMIT                                                                           \
	"=== DRM_IOCTL_RKNPU_SUBMIT #1 cmd=0xc0686441 size=104 arg=0x10 ===\n"           \
	"  flags=0x00000005 timeout=6000 task_start=0 task_number=3\n"                   \
	"  task_counter=0 priority=0 task_obj_addr=0xffffff8102fc0400\n"                 \
	"  core_mask=0x00000000 fence_fd=-1\n"
#define SUBCORE "  subcore_task[0]={task_start=0, task_number=1}\n"
#define WINDOW "QWORD_WINDOW off=0x10 count=2\n"
#define WORD0 "regcmd_qword[0] off=0x10 value=0x02010000001b1040\n"
#define WORD1 "regcmd_qword[1] off=0x18 value=0\n"
#define MEMORY                                                                           \
	"D RKNN: [1] allocated memory, name: task, virt addr: 0x1000, dma addr: "        \
	"0x2000, "                                                                       \
	"obj addr: 0x3000, size: 560, aligned size: 4096, fd: 4, handle: 1, flags: "     \
	"0x40b, "

/* clang-format off */
static const struct {
	const char *name, *text, *why;
} malformed[] = {
	{ "no value", "ACTION flags=0x1\n", "x.log:1: the row has no \"value\": \"ACTION flags=0x1\"" },
	{ "empty value", "\nACTION flags= value=0x1\n", "x.log:2: \"flags\" has no value" },
	{ "not a number", "ACTION flags=0x1 value=abc\n", "x.log:1: \"value\" is not a 32-bit number" },
	{ "trailing letters", "ACTION flags=0x1 value=12k\n", "\"value\" is not a 32-bit number" },
	{ "hex of nothing", "ACTION flags=0x value=0\n", "\"flags\" is not" },
	{ "33 bits", "ACTION flags=0x100000000 value=0\n", "\"flags\" is not a 32-bit number" },
	{ "65 bits", "MEM_SYNC flags=1 obj=0x10000000000000000 offset=0 size=1\n",
	  "\"obj\" is not a 64-bit number" },
	{ "decimal overflow", "MEM_SYNC flags=1 obj=1 offset=0 size=18446744073709551616\n",
	  "\"size\" is not a 64-bit number" },
	{ "minus", "MEM_SYNC flags=1 obj=1 offset=-1 size=8\n", "\"offset\" is not" },
	{ "signed overflow", "IOCTL_RET #1 ACTION flags=1 ret=2147483648\n", "\"ret\" is not" },
	{ "twice", "ACTION flags=1 value=2 flags=3\n", "\"flags\" is given twice" },
	{ "cut row", "ok\nMEM_CREATE #1 size=560 flags=0x40b handle=0x0 obj=0x0 dm",
	  "x.log:2: the row ends in the middle of a field" },
	{ "no number", "MEM_CREATE size=560 flags=0x40b\n", "x.log:1: the row has no number" },
	{ "bad number", "MEM_CREATE #x size=560\n", "the row's number is not 0 to 65535" },
	{ "large number", "task_like[65536] off=0x0\n", "the row's number is not 0 to 65535" },
	{ "open bracket", "task_like[1 off=0x0\n", "has no \"]\"" },
	{ "record without an address", "task_like[0] off=0 flags=0 op_idx=1 enable_mask=0xd int_mask=0x300 "
	  "int_clear=0x1ffff int_status=0 regcfg_amount=108 regcfg_offset=0\n",
	  "the row has no \"regcmd_addr\"" },
	{ "lone subcore", SUBCORE, "x.log:1: the row belongs to no SUBMIT" },
	{ "submit without ranges", SUBMIT, "x.log:1: the SUBMIT lacks its subcore_task rows" },
	{ "submit cut short", "=== DRM_IOCTL_RKNPU_SUBMIT #1 cmd=0xc0686441 size=104 ===\n"
	  "  flags=0x5 timeout=1 task_start=0 task_number=3\n" SUBCORE, "x.log:1: the SUBMIT lacks" },
	{ "sixth range", SUBMIT SUBCORE "subcore_task[5]={task_start=0, task_number=1}\n",
	  "x.log:6: a SUBMIT has subcore_task 0 to 4" },
	{ "range twice", SUBMIT SUBCORE SUBCORE, "x.log:6: the SUBMIT has this row already" },
	{ "flags twice", SUBMIT "flags=0x1 timeout=1 task_start=0 task_number=1\n",
	  "x.log:5: the SUBMIT has this row already" },
	{ "event inside", SUBMIT "ACTION flags=0x1 value=0\n", "x.log:1: the SUBMIT lacks" },
	{ "window cut short", WINDOW WORD0, "x.log:1: the QWORD_WINDOW is cut short: 1 regcmd_qword" },
	{ "window within", WINDOW WORD0 WINDOW, "x.log:1: the QWORD_WINDOW is cut short" },
	{ "word out of order", WINDOW WORD1, "x.log:2: the row is out of order" },
	{ "word too many", WINDOW WORD0 WORD1 WORD1, "x.log:4: the row is in no QWORD_WINDOW" },
	{ "empty window", "QWORD_WINDOW off=0x0 count=0\n", "a window holds 1 to 65536 words" },
	{ "huge window", "QWORD_WINDOW off=0x0 count=4294967295\n", "a window holds 1 to 65536 words" },
	{ "cut allocation", MEMORY "gem na", "the row ends in the middle of a field" },
	{ "allocation without a name", "D RKNN: [1] allocated memory, size: 5\n", "the row has no \"name\"" },
	{ "errno", "MMIO_UNAVAILABLE device=/dev/mem errno=none\n", "\"errno\" is not" },
	{ "mmio value", "MMIO_SNAPSHOT a\n0x0010: 0xzz\n", "x.log:2: \"value\" is not a 32-bit number" },
	{ "mmio offset", "MMIO_SNAPSHOT a\n0x1g = 1\n", "x.log:2: \"offset\" is not" },
	{ "pc value", "[ 1.0] RKNPU: pc commit trace: core: 0, task_con: 0x\n", "\"task_con\" is not" },
	{ "sysfs value", "cur_freq =\n", "\"cur_freq\" has no value" },
	{ "fault address", "Page fault at nowhere of type read\n", "\"address\" is not" },
	{ "nothing known", "hello\nworld\n", "x.log: no row of any known kind of log" },
	{ "nothing at all", "", "x.log: no row of any known kind" },
	{ "control characters", "ACTION flags=\x1b[31m value=0\n", "\"ACTION flags=\\x1b[31m value=0\"" },
};
/* clang-format on */

static bool read_kind(struct log *log, const char *text, size_t bytes, enum log_kind kind,
		      char *why)
{
	log_init(log);
	why[0] = 0;
	return log_read_text(log, "x.log", text, bytes, kind, why);
}

static void malformed_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
		char why[LOG_WHY_BYTES];
		struct log log;

		if (read_kind(&log, malformed[i].text, strlen(malformed[i].text),
			      LOG_KIND_AUTO, why))
			fail_msg("%s: is read", malformed[i].name);
		if (!strstr(why, malformed[i].why))
			fail_msg("%s: %s", malformed[i].name, why);
		log_free(&log);
	}
}

static void nul_and_long_lines(void **state)
{
	static const char nul[] = "ACTION flags=0x1 value=0x2\nAC\0TION\n";
	char *wide = calloc(1, LOG_MAX_LINE + 64), why[LOG_WHY_BYTES];
	struct log log;

	(void)state;
	assert_non_null(wide);
	assert_false(read_kind(&log, nul, sizeof nul - 1, LOG_KIND_AUTO, why));
	assert_string_equal(why, "x.log:2: the line holds a NUL byte: \"AC\\x00TION\"");
	log_free(&log);
	memset(wide, 'x', LOG_MAX_LINE + 1);
	strcat(wide, "\nACTION flags=0x1 value=0x2\n");
	assert_false(read_kind(&log, wide, strlen(wide), LOG_KIND_AUTO, why));
	assert_non_null(
	    strstr(why, "x.log:1: the line is longer than 4095 bytes: \"xxx"));
	log_free(&log);
	/* one byte less is chatter */
	assert_true(read_kind(&log, wide + 1, strlen(wide + 1), LOG_KIND_AUTO, why));
	assert_int_equal(log.unknown_rows, 1);
	log_free(&log);
	free(wide);
}

/* clang-format off */
static const struct {
	const char *name, *text;
	enum log_form form;
	enum log_field field;
	uint64_t value;
	uint32_t number;
} rows[] = {
	{ "hex", "ACTION flags=0x00000013 value=0xffffffed\n", LOG_ACTION, LF_VALUE, 0xffffffed, LOG_NONE },
	{ "decimal", "ACTION flags=19 value=7\r\n", LOG_ACTION, LF_FLAGS, 19, LOG_NONE },
	{ "negative", "IOCTL_RET #7 ACTION flags=0x14 ret=-1 errno=22\n", LOG_IOCTL_RET, LF_RET,
	  UINT64_MAX, 7 },
	{ "negative as hex", "IOCTL_RET #7 ret=0xffffffff\n", LOG_IOCTL_RET, LF_RET, UINT64_MAX, 7 },
	{ "64 bits", "MEM_CREATE_RET #1 handle=0x1 obj=0xffffff8102fc0400 dma=0xfff9f000 sram=0\n",
	  LOG_MEM_CREATE_RET, LF_OBJ, 0xffffff8102fc0400, 1 },
	{ "unknown key", "MEM_SYNC flags=1 obj=2 offset=3 size=4 colour=red\n", LOG_MEM_SYNC, LF_SIZE, 4,
	  LOG_NONE },
	{ "dump header", "GEM 3: handle=3 size=4096\n", LOG_GEM, LF_SIZE, 4096, 3 },
	{ "phrases", MEMORY "gem name: 1, iommu domain id: 0\n", LOG_ALLOC, LF_ALIGNED, 4096, LOG_NONE },
	{ "subgraph", "D RKNN: [1] subgraph0 regcmdbuffer size: 9344, taskbuffer size: 560\n",
	  LOG_SUBGRAPH, LF_TASK_SIZE, 560, LOG_NONE },
	{ "bare zero", "[1.0] RKNPU: pc commit regs: raw status: 0 require mask: 0x300\n", LOG_PC_REGS,
	  LF_INT_MASK, 0x300, LOG_NONE },
	{ "equals signs", "pc commit armed core=2 op_en=1\n", LOG_PC_ARMED, LF_CORE, 2, LOG_NONE },
	{ "first value in the marker", "RKNPU: invalid irq status: 0xc00, raw status: 0xc00, "
	  "require mask: 0x300, task counter: 0x1\n", LOG_KERNEL_IRQ_INVALID, LF_STATUS, 0xc00, LOG_NONE },
	{ "core of a timeout", "RKNPU: \tcore 2 irq status: 0x0, raw status: 0x5, require mask: 0x300\n",
	  LOG_KERNEL_CORE, LF_RAW, 5, 2 },
	{ "fault", "rk_iommu f.iommu: Page fault at 0x0000000000001040 of type write\n",
	  LOG_KERNEL_FAULT, LF_ADDR, 0x1040, LOG_NONE },
};
/* clang-format on */

static void rows_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char why[LOG_WHY_BYTES];
		struct log log;

		if (!read_kind(&log, rows[i].text, strlen(rows[i].text), LOG_KIND_AUTO,
			       why))
			fail_msg("%s: %s", rows[i].name, why);
		if (log.row_count != 1 || log.rows[0].form != rows[i].form ||
		    log.rows[0].number != rows[i].number)
			fail_msg("%s: %u rows, form %d, number %u", rows[i].name,
				 log.row_count, (int)log.rows[0].form,
				 log.rows[0].number);
		if (!log_has(&log, &log.rows[0], rows[i].field) ||
		    log_get(&log, &log.rows[0], rows[i].field) != rows[i].value)
			fail_msg("%s: value %llx", rows[i].name,
				 (unsigned long long)log_get(&log, &log.rows[0],
							     rows[i].field));
		log_free(&log);
	}
}

/* Other people's lines are counted and left alone, however like ours they look. */
static void chatter_is_passed_over(void **state)
{
	static const char *const lines[] = {
		"ACTION item list",   "GEM allocation failed", "$1 = 5",
		"cur_frequency = 7",  "flags=0x5 timeout=1",   "MEMORY flags=1",
		"xMEM_SYNC flags=zz", "0x7fff10: 0x1",	       "core dumped",
		"invalid irq",	      "subcore_task list",
	};
	char text[1024], why[LOG_WHY_BYTES];
	struct log log;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		snprintf(text, sizeof text, "%s\nACTION flags=0x1 value=0\n", lines[i]);
		if (!read_kind(&log, text, strlen(text), LOG_KIND_AUTO, why))
			fail_msg("%s: %s", lines[i], why);
		if (log.row_count != 1 || log.unknown_rows != 1)
			fail_msg("%s: is read as form %d", lines[i],
				 (int)log.rows[0].form);
		log_free(&log);
	}
}

static void one_kind_alone(void **state)
{
	static const char text[] = "ACTION flags=0x1 value=0\nGEM 1: handle=1 size=zero\n"
				   "runtime_status = active\n";
	char why[LOG_WHY_BYTES];
	struct log log;

	(void)state;
	assert_false(read_kind(&log, text, sizeof text - 1, LOG_KIND_AUTO, why));
	log_free(&log);
	assert_true(read_kind(&log, text, sizeof text - 1, LOG_KIND_IOCTL, why));
	assert_int_equal(log.row_count, 1);
	assert_int_equal(log.unknown_rows, 2);
	log_free(&log);
	assert_true(read_kind(&log, text, sizeof text - 1, LOG_KIND_SYSFS, why));
	assert_int_equal(log.rows[0].form, LOG_SYSFS);
	log_free(&log);
	assert_false(read_kind(&log, text, sizeof text - 1, LOG_KIND_MMIO, why));
	assert_string_equal(why, "x.log: no row of the kind mmio log");
	log_free(&log);
}

static void files_that_cannot_be_read(void **state)
{
	char why[LOG_WHY_BYTES];
	struct log log;

	(void)state;
	log_init(&log);
	assert_false(log_read(&log, "no-such.log", LOG_KIND_AUTO, why));
	assert_string_equal(why, "no-such.log: No such file or directory");
	assert_false(log_read(&log, TEST_DATA, LOG_KIND_AUTO, why));
	assert_non_null(strstr(why, "is a directory"));
	log_free(&log);
}

/* A read that ends, whichever way, and checks that look at whatever was understood. */
static void survive(const char *text, const struct verify_subject *subject)
{
	struct report report;
	char why[LOG_WHY_BYTES];

	if (!check_text("x.log", text, subject, 1, &report, why) && !strstr(why, "x.log"))
		fail_msg("no place in \"%s\"", why);
}

static void every_prefix(void **state)
{
	static const char *const names[] = { "c32-h14-trace.log", "timeout-kernel.log",
					     "mmio.log" };
	struct verify_subject s;

	(void)state;
	assert_int_equal(subject_open(&s, "b1_c32_h14_w14_oc128_wic32_k3x3_g1_s1_pvalid",
				      NPU_ELEM_FP16),
			 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *text = sample_text(TEST_DATA "/logs", names[i]);

		for (size_t end = strlen(text); end-- > 0;) {
			text[end] = 0;
			survive(text, &s);
		}
		free(text);
	}
	subject_close(&s);
}

/* Bytes changed at random places; the seed is printed. */
static void random_changes(void **state)
{
	static const char bytes[] = "0123456789abcdefx=:,[]{}# \n\t-";
	char *text = sample_text(TEST_DATA "/logs", "c64-h56-run.log");
	uint64_t seed = (uint64_t)time(NULL), x = seed | 1;
	struct verify_subject s;
	const size_t length = strlen(text);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	assert_int_equal(subject_open(&s, "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid",
				      NPU_ELEM_FP16),
			 0);
	for (int round = 0; round < 300; round++) {
		char *copy = strdup(text);

		assert_non_null(copy);
		for (int change = 0; change <= round % 4; change++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			copy[(size_t)(x >> 20) % length] =
			    bytes[(x >> 8) % (sizeof bytes - 1)];
		}
		survive(copy, &s);
		free(copy);
	}
	subject_close(&s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_rows),
		cmocka_unit_test(nul_and_long_lines),
		cmocka_unit_test(rows_are_understood),
		cmocka_unit_test(chatter_is_passed_over),
		cmocka_unit_test(one_kind_alone),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
