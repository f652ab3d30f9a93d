/*
 * Each bit of good bundles changed, with checksums made right again: a mutant is
 * refused by npurt_verify(), or runs in the simulator, which takes nothing it cannot
 * explain, with the same output, or differs in data alone.
 *
 *     test_mutants              hand-made bundles
 *     test_mutants BUNDLE...    files of npucc; of their data every 61st byte,
 *                               of small ones every 7th
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tiny.h"

#define SMALL_BYTES 8192u
#define KINDS (NPUB_SECTION_SCALES + 1) /* 0: header and section table */

static const char *const kind_names[KINDS] = {
	"header, table", "STRINGS", "TENSORS", "BOS",	"CONVS", "PLANS",
	"TASKS",	 "REGCMD",  "RELOCS",  "SYNCS", "DATA",	 "DEBUG", "SCALES",
};

enum verdict { REFUSED, HARMLESS, DATA_DIFFERS, WRONG, VERDICTS };

struct tally {
	uint32_t count[KINDS][VERDICTS];
};

static const struct {
	const char *name;
	struct tiny_options options;
} sets[] = {
	{ "one core, one tile", { .tiles = 1 } },
	{ "one core, bias, two tiles", { .tiles = 2, .bias = 1 } },
	{ "one core, deltas", { .tiles = 4, .bias = 1, .delta = 1 } },
	{ "two cores", { .first_cores = 2, .max_cores = 2 } },
	{ "three cores, bias", { .max_cores = 3, .tiles = 2, .bias = 1 } },
	{ "int8", { .int8 = 1 } },
	{ "int8, addition and limit",
	  { .tiles = 2,
	    .int8 = 1,
	    .op = NPUB_OP_ADD | NPUB_OP_RELU | NPUB_OP_CLAMP } },
	{ "int8, leaky, two cores",
	  { .first_cores = 2, .max_cores = 2, .int8 = 1, .op = NPUB_OP_LEAKY } },
	{ "addition and ReLU", { .op = NPUB_OP_ADD | NPUB_OP_RELU } },
};

/* A good bundle, and how much of its data is changed. */
struct subject {
	const char *name;
	const uint8_t *bytes;
	size_t count;
	size_t data_step;
};

/* What one process works on. */
struct bench {
	const struct subject *subject;
	struct npurt_device *device;
	uint8_t *bytes; /* the mutant */
	void *in, *out, *want[NPUB_MAX_CORES];
	size_t in_bytes, out_bytes; /* the operand has the output's */
};

/* A caller who is told that elements are bytes 0..255 has such, and gets such. */
static void to_user(struct npurt *rt, enum npurt_tensor_id id, void *data, size_t bytes)
{
	struct npurt_tensor_info info;
	uint8_t *p = data;

	if (!npurt_tensor(rt, id, &info) && info.is_uint8) {
		while (bytes--)
			*p++ ^= 0x80;
	}
}

static enum npurt_err write_tensor(struct bench *b, struct npurt *rt,
				   enum npurt_tensor_id id, size_t bytes)
{
	enum npurt_err err;

	to_user(rt, id, b->in, bytes);
	err = npurt_write(rt, id, b->in, bytes);
	to_user(rt, id, b->in, bytes);
	return err;
}

/* The plan of so many cores; *out is filled when it ran. */
static enum npurt_err run_plan(struct bench *b, uint32_t cores, void *out)
{
	const struct npurt_options options = { .cores = cores,
					       .allow_hazards = 3,
					       .trust_zeros = true };
	enum npurt_err err;
	struct npurt *rt;

	err = npurt_open(&rt, b->bytes, b->subject->count, b->device, &options, NULL);
	if (err)
		return NPURT_ERR_NOPLAN; /* refused before anything ran */
	err = write_tensor(b, rt, NPURT_OPERAND, b->out_bytes);
	if (!err || err == NPURT_ERR_NOTENSOR)
		err = write_tensor(b, rt, NPURT_INPUT, b->in_bytes);
	if (!err)
		err = npurt_run(rt, NULL);
	if (!err)
		err = npurt_read_output(rt, out, b->out_bytes);
	to_user(rt, NPURT_OUTPUT, out, b->out_bytes);
	npurt_close(rt);
	return err == NPURT_ERR_NOPLAN ? NPURT_ERR_STATE : err;
}

/*
 * Run a plan of the mutant; data that differs is the file's own affair.  Sizes that
 * the caller would be told have not changed if the bundle was accepted.
 */
static enum verdict judge_plan(struct bench *b, uint32_t cores)
{
	enum npurt_err err = run_plan(b, cores, b->out);

	if (err == NPURT_ERR_NOPLAN)
		return REFUSED;
	if (err)
		return WRONG;
	return memcmp(b->out, b->want[cores - 1], b->out_bytes) ? DATA_DIFFERS : HARMLESS;
}

static enum verdict judge(struct bench *b)
{
	enum verdict worst = REFUSED;

	if (npurt_verify(b->bytes, b->subject->count, NULL))
		return REFUSED;
	for (uint32_t cores = 1; cores <= NPUB_MAX_CORES; cores++) {
		enum verdict v = b->want[cores - 1] ? judge_plan(b, cores) : REFUSED;

		worst = v > worst ? v : worst;
	}
	return worst;
}

/* The section that byte `at` belongs to; 0 for the header, the table and gaps. */
static uint32_t kind_at(const uint8_t *bundle, size_t at)
{
	const struct npub_header *h = (const struct npub_header *)bundle;
	const struct npub_section *s = (const struct npub_section *)(h + 1);

	for (uint32_t i = 0; i < h->section_count; i++) {
		if (at >= s[i].offset && at < s[i].offset + s[i].bytes)
			return s[i].kind;
	}
	return 0;
}

static void judge_byte(struct bench *b, size_t at, uint32_t kind, struct tally *t)
{
	const struct subject *subject = b->subject;

	for (int bit = 0; bit < 8; bit++) {
		enum verdict v;

		memcpy(b->bytes, subject->bytes, subject->count);
		b->bytes[at] ^= (uint8_t)(1u << bit);
		tiny_fix_crcs(b->bytes, subject->count);
		v = judge(b);
		t->count[kind][v]++;
		if (v == WRONG || (v == DATA_DIFFERS && kind != NPUB_SECTION_DATA))
			print_message("%s: byte %zu (%s) bit %d: %s\n", subject->name, at,
				      kind_names[kind], bit,
				      v == WRONG ? "accepted, fails when run"
						 : "accepted, other output");
	}
}

/* Any input will do: small whole numbers, as fp16 they are not special values. */
static void bench_open(struct bench *b, const struct subject *subject)
{
	struct npurt_tensor_info in, out;
	struct npurt *rt;
	size_t most;
	int plans = 0;

	*b = (struct bench){ .subject = subject };
	b->bytes = aligned_alloc(64, (subject->count + 63) / 64 * 64);
	assert_non_null(b->bytes);
	memcpy(b->bytes, subject->bytes, subject->count);
	assert_int_equal(npurt_device_open_sim(&b->device, 1, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, b->bytes, subject->count, b->device,
				    &(struct npurt_options){ .allow_hazards = 3 }, NULL),
			 NPURT_OK);
	npurt_tensor(rt, NPURT_INPUT, &in);
	npurt_tensor(rt, NPURT_OUTPUT, &out);
	npurt_close(rt);
	b->in_bytes = in.nchw_bytes;
	b->out_bytes = out.nchw_bytes;
	most = b->in_bytes > b->out_bytes ? b->in_bytes : b->out_bytes;
	b->in = calloc(1, most + 1); /* of the operand, too */
	b->out = malloc(b->out_bytes);
	assert_true(b->in && b->out);
	for (size_t i = 0; i < most / 2; i++)
		((uint16_t *)b->in)[i] = (uint16_t)(0x3c00 + i * 0x4f1 % 0x700);
	for (uint32_t cores = 1; cores <= NPUB_MAX_CORES; cores++) {
		void *want = malloc(b->out_bytes);

		assert_non_null(want);
		if (!run_plan(b, cores, want)) {
			b->want[cores - 1] = want;
			plans++;
		} else {
			free(want);
		}
	}
	CHECK(subject->name, plans && judge(b) == HARMLESS, "it is not good itself");
}

static void bench_close(struct bench *b)
{
	npurt_device_close(b->device);
	for (int i = 0; i < NPUB_MAX_CORES; i++)
		free(b->want[i]);
	free(b->bytes);
	free(b->in);
	free(b->out);
}

/* Every second byte, from `first` on: two processes share the work. */
static void judge_half(const struct subject *subject, size_t first, struct tally *t)
{
	struct bench b;

	bench_open(&b, subject);
	for (size_t at = first; at < subject->count; at += 2) {
		uint32_t kind = kind_at(subject->bytes, at);

		if (kind != NPUB_SECTION_DATA || at / 2 % subject->data_step == 0)
			judge_byte(&b, at, kind, t);
	}
	bench_close(&b);
}

/* The other half in a child, its counts through a pipe. */
static void judge_all(const struct subject *subject, struct tally *total)
{
	struct tally mine = { 0 }, other;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		judge_half(subject, 1, &mine);
		_exit(write(ends[1], &mine, sizeof mine) != sizeof mine);
	}
	judge_half(subject, 0, &mine);
	assert_int_equal(read(ends[0], &other, sizeof other), sizeof other);
	assert_int_equal(waitpid(child, &status, 0), child);
	CHECK(subject->name, status == 0, "the child ended with %d", status);
	close(ends[0]);
	close(ends[1]);
	for (int k = 0; k < KINDS; k++)
		for (int v = 0; v < VERDICTS; v++)
			total->count[k][v] += mine.count[k][v] + other.count[k][v];
}

static void print_tally(const struct tally *t)
{
	print_message("%-14s %8s %8s %8s %8s\n", "section", "refused", "harmless", "data",
		      "wrong");
	for (int k = 0; k < KINDS; k++)
		print_message("%-14s %8u %8u %8u %8u\n", kind_names[k],
			      t->count[k][REFUSED], t->count[k][HARMLESS],
			      t->count[k][DATA_DIFFERS], t->count[k][WRONG]);
}

static void check_tally(const struct tally *t)
{
	print_tally(t);
	for (int k = 0; k < KINDS; k++) {
		CHECK(kind_names[k], !t->count[k][WRONG], "%u accepted and wrong",
		      t->count[k][WRONG]);
		CHECK(kind_names[k], k == NPUB_SECTION_DATA || !t->count[k][DATA_DIFFERS],
		      "%u accepted with another output", t->count[k][DATA_DIFFERS]);
	}
	/* A verifier that refuses nothing, or a test that changes nothing, shows here. */
	assert_true(t->count[NPUB_SECTION_REGCMD][REFUSED] > 10000);
	assert_true(t->count[NPUB_SECTION_DATA][DATA_DIFFERS] > 30);
}

static void test_hand_made(void **state)
{
	struct tally t = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		struct subject subject = { .name = sets[i].name, .data_step = 7 };
		struct tiny tiny;
		uint8_t *bytes;

		tiny_make(&tiny, &sets[i].options);
		subject.bytes = bytes = tiny_bundle(&tiny, &subject.count);
		judge_all(&subject, &t);
		free(bytes);
	}
	check_tally(&t);
}

static char **files; /* of the command line */

static void test_files(void **state)
{
	struct tally t = { 0 };

	(void)state;
	for (char **name = files; *name; name++) {
		struct subject subject = { .name = *name, .data_step = 61 };
		FILE *f = fopen(*name, "rb");
		uint8_t *bytes;

		CHECK(*name, f && !fseek(f, 0, SEEK_END), "cannot be read");
		subject.count = (size_t)ftell(f);
		rewind(f);
		if (subject.count < SMALL_BYTES)
			subject.data_step = 7;
		subject.bytes = bytes = malloc(subject.count);
		assert_non_null(bytes);
		assert_int_equal(fread(bytes, 1, subject.count, f), subject.count);
		fclose(f);
		judge_all(&subject, &t);
		free(bytes);
	}
	check_tally(&t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest made[] = { cmocka_unit_test(test_hand_made) };
	const struct CMUnitTest given[] = { cmocka_unit_test(test_files) };

	files = argv + 1;
	return argc > 1 ? cmocka_run_group_tests(given, NULL, NULL)
			: cmocka_run_group_tests(made, NULL, NULL);
}
