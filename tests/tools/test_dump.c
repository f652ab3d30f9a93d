#include "tool_test.h"

#include "compile.h"
#include "crc32c.h"
#include "dump.h"
#include "json_put.h"
#include "spec.h"

struct fixture {
	struct bundle *bundle;
	uint8_t *blob; /* our own copy, to be broken */
	size_t bytes;
	struct bundle_file file;
	struct dump dump;
};

static void compile_all(struct bundle *bundle, const char *const *slugs, size_t count)
{
	const struct compile_options options = { .core_mask = 7 };
	struct diag *diag = diag_new(stderr);
	struct spec spec;

	spec_init(&spec);
	for (size_t i = 0; i < count; i++)
		spec_read(&spec, slugs[i], diag);
	spec_check(&spec, diag);
	assert_int_equal(diag_errors(diag), 0);
	for (size_t i = 0; i < spec.count; i++) {
		struct compiled_conv c;
		struct operands o;

		assert_true(operands_load(&o, &spec.convs[i], diag));
		assert_true(compile_conv(&c, &spec.convs[i], &o.op, &options, diag));
		assert_true(compile_emit(bundle, &c, &o));
		compiled_conv_free(&c);
		operands_free(&o);
	}
	spec_free(&spec);
	diag_free(diag);
}

/* Take the blob as it is now; false when it is not a sound structure. */
static bool reopen(struct fixture *f)
{
	struct npurt_error error;

	memset(&f->dump, 0, sizeof(f->dump));
	f->file.path = "test.npub";
	f->dump.file = &f->file;
	f->dump.npub = &f->file.npub;
	f->dump.parts = DUMP_DEFAULT;
	f->dump.conv = f->dump.task = NPUB_NONE;
	if (npub_open(&f->file.npub, f->blob, f->bytes, &error) != NPURT_OK)
		return false;
	f->dump.verdict = npurt_verify(f->blob, f->bytes, &f->dump.verdict_place);
	return true;
}

static int open_fixture(void **state)
{
	static const char *const slugs[] = {
		"b1_c160_h40_w37_oc320_wic160_k3x3_g1_s1_pvalid",
		"b2_c72_h31_w45_oc72_wic1_k3x3_g72_s2_psame",
	};
	static struct fixture f;
	const uint8_t *image;

	memset(&f, 0, sizeof(f));
	json_put_init();
	f.bundle = bundle_new(0x123456789abcdef0u);
	compile_all(f.bundle, slugs, COUNT(slugs));
	image = bundle_finish(f.bundle, &f.bytes);
	assert_non_null(image);
	f.blob = malloc(f.bytes);
	memcpy(f.blob, image, f.bytes);
	assert_true(reopen(&f));
	assert_int_equal(f.dump.verdict, NPURT_OK);
	*state = &f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	bundle_free(f->bundle);
	free(f->blob);
	return 0;
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s: not an integer", key);
	return json_integer_value(value);
}

/* Fields put together again give the register's value. */
static void check_word(const json_t *x, uint64_t raw)
{
	struct npu_word word = npu_word_unpack(raw);
	const json_t *fields = json_object_get(x, "fields");
	const char *name = json_string_value(json_object_get(x, "register"));
	enum npu_reg reg = reg_of_word(word);
	uint32_t value = 0;
	enum npu_field first;
	uint32_t count;

	if (number(x, "value") != word.value)
		fail_msg("%s: value %lld, want %u", name, (long long)number(x, "value"),
			 word.value);
	if (!fields) {
		CHECK(name, reg == NPU_REG_N);
		return;
	}
	npu_reg_fields(reg, &first, &count);
	CHECK(name, json_object_size(fields) == count);
	for (uint32_t i = 0; i < count; i++)
		value =
		    npu_field_pack(value, (enum npu_field)(first + i),
				   (uint64_t)number(fields, npu_fields[first + i].name));
	if (value != word.value)
		fail_msg("%s: fields give 0x%x, want 0x%x", name, value, word.value);
}

static void json_has_every_word(void **state)
{
	const struct fixture *f = *state;
	const struct npub *b = &f->file.npub;
	json_t *document = dump_json(&f->dump);
	const json_t *convs = json_object_get(document, "convs");
	size_t relocs = 0, words = 0;

	assert_true(json_is_true(json_object_get(document, "sound")));
	assert_string_equal(json_string_value(json_object_get(document, "spec_digest")),
			    "0x123456789abcdef0");
	assert_int_equal(json_array_size(convs), 2);
	for (uint32_t i = 0; i < b->conv_count; i++) {
		const struct npub_conv *c = &b->convs[i];
		const json_t *tasks = json_object_get(json_array_get(convs, i), "tasks");

		assert_int_equal(json_array_size(tasks), c->task_count);
		for (uint32_t k = 0; k < c->task_count; k++) {
			const struct npub_task *t = &b->tasks[c->first_task + k];
			const json_t *x = json_array_get(tasks, k);
			const json_t *body = json_object_get(x, "body");
			const json_t *tail = json_object_get(x, "tail");
			size_t first = c->first_word + t->regcmd_addr / 8;

			assert_int_equal(json_array_size(body), t->regcfg_amount);
			assert_int_equal(json_array_size(tail), NPU_TAIL_WORDS);
			for (size_t n = 0; n < t->regcfg_amount + NPU_TAIL_WORDS; n++) {
				const json_t *w =
				    n < t->regcfg_amount
					? json_array_get(body, n)
					: json_array_get(tail, n - t->regcfg_amount);

				check_word(w, b->words[first + n]);
				relocs += json_object_get(w, "address") != NULL;
				words++;
			}
		}
	}
	assert_int_equal(relocs, b->reloc_count);
	assert_true(words <= b->word_count && words > b->task_count * 30u);
	json_decref(document);
}

/* Plans in the order 1, 2, 3 cores, cores in order, and a register's value as is. */
static void capture_form(void **state)
{
	struct fixture *f = *state;
	const struct npub *b = &f->file.npub;
	json_t *all = dump_capture(&f->dump), *one;
	const json_t *tasks, *orders, *task;
	size_t last_plan = 0, index;
	const struct npub_conv *c = &b->convs[0];

	assert_true(json_is_array(all));
	assert_int_equal(json_array_size(all), 2);
	json_decref(all);
	f->dump.conv = 0;
	one = dump_capture(&f->dump);
	assert_true(json_is_object(one));
	assert_string_equal(json_string_value(json_object_get(one, "slug")),
			    "f16_c160_40x37_oc320_k3x3_s1_p0_g1");
	tasks = json_object_get(one, "tasks");
	orders = json_object_get(one, "orders");
	assert_int_equal(json_array_size(tasks), c->task_count);
	json_array_foreach(tasks, index, task)
	{
		const json_t *regs = json_object_get(task, "regs"), *addr, *value;
		const json_t *order =
		    json_array_get(orders, (size_t)number(task, "order"));
		const json_t *tail = json_object_get(task, "tail");
		size_t plan = (size_t)number(task, "plan");
		const char *name;

		assert_true(plan >= last_plan);
		last_plan = plan;
		assert_int_equal(json_array_size(order), number(task, "amount"));
		assert_int_equal(number(task, "slot") % 64, 0);
		/* The start word's value is the record's mask. */
		assert_int_equal(json_integer_value(json_array_get(
				     json_array_get(tail, NPU_TAIL_WORDS - 1), 2)),
				 number(task, "mask"));
		addr = json_object_get(task, "addr");
		assert_true(json_object_size(addr) >= 2);
		json_object_foreach((json_t *)addr, name, value) assert_int_equal(
		    number(regs, name), json_integer_value(json_array_get(value, 1)));
	}
	assert_int_equal(last_plan, 3);
	assert_int_equal(
	    json_integer_value(json_array_get(json_object_get(one, "task_counts"), 0)),
	    b->plans[c->first_plan].list[0].task_count);
	json_decref(one);
}

static char *text_of(struct dump *d)
{
	char *text = NULL;
	size_t bytes;

	d->out = open_memstream(&text, &bytes);
	dump_text(d);
	fclose(d->out);
	return text;
}

static void filters(void **state)
{
	struct fixture *f = *state;
	const struct npub_conv *c = &f->file.npub.convs[1];
	char *text;

	f->dump.parts = DUMP_REGS;
	f->dump.conv = 1;
	f->dump.task = 0;
	text = text_of(&f->dump);
	CHECK_TEXT("regs", text, npub_string(&f->file.npub, c->name));
	CHECK_TEXT("regs", text, "task 0 (plan of 1 core, core 0)");
	CHECK_TEXT("regs", text, "CNA.FEATURE_DATA_ADDR");
	CHECK_TEXT("regs", text, "input+0x0");
	assert_null(strstr(text, "task 1 ("));
	assert_null(strstr(text, "conv 0"));
	free(text);
	f->dump.task = NPUB_NONE;
	f->dump.conv = 0;
	f->dump.cores = 3;
	text = text_of(&f->dump);
	assert_null(strstr(text, "plan of 1 core,"));
	CHECK_TEXT("cores", text, "plan of 3 cores, core 2");
	free(text);
}

/* Set section checksums, the table's and the header's after a change. */
static void seal(struct fixture *f)
{
	struct npub_header *h = (struct npub_header *)f->blob;
	struct npub_section *s = (struct npub_section *)(h + 1);
	static struct crc32c_table table;

	crc32c_init(&table);
	for (uint32_t i = 0; i < h->section_count; i++)
		s[i].crc = crc32c(&table, 0, f->blob + s[i].offset, s[i].bytes);
	h->table_crc = crc32c(&table, 0, s, h->section_count * sizeof(*s));
	h->header_crc = crc32c(&table, 0, h, offsetof(struct npub_header, header_crc));
}

static void unsound_is_dumped(void **state)
{
	struct fixture *f = *state;
	uint64_t *word = (uint64_t *)&f->file.npub.words[5];
	char *text;
	json_t *document;

	*word = UINT64_C(0x0201000000019999); /* no such register */
	seal(f);
	assert_true(reopen(f));
	assert_int_not_equal(f->dump.verdict, NPURT_OK);
	f->dump.parts = DUMP_HEADER | DUMP_REGS;
	text = text_of(&f->dump);
	CHECK_TEXT("text", text, "NOT SOUND");
	CHECK_TEXT("text", text, "CNA.R9999");
	free(text);
	document = dump_json(&f->dump);
	assert_true(json_is_false(json_object_get(document, "sound")));
	json_decref(document);
}

/* Records that point anywhere: shown as far as they lie inside the commands. */
static void stray_records(void **state)
{
	struct fixture *f = *state;
	const struct npub *b = &f->file.npub;
	struct npub_task *task = (struct npub_task *)&b->tasks[0];
	const struct {
		uint64_t addr;
		uint32_t amount;
	} cases[] = {
		{ UINT64_MAX, 108 },
		{ UINT64_MAX - 7, 108 },
		{ 4, 108 },
		{ 0, UINT32_MAX },
		{ (uint64_t)b->convs[0].word_count * 8, 1 },
		{ (uint64_t)b->convs[0].word_count * 8 - 8, 108 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *document;
		char *text;

		task->regcmd_addr = cases[i].addr;
		task->regcfg_amount = cases[i].amount;
		seal(f);
		assert_true(reopen(f));
		assert_int_not_equal(f->dump.verdict, NPURT_OK);
		f->dump.parts = DUMP_REGS;
		text = text_of(&f->dump);
		CHECK_TEXT("text", text, "does not lie inside the conv's commands");
		free(text);
		document = dump_json(&f->dump);
		assert_true(json_is_false(json_object_get(document, "sound")));
		json_decref(document);
		document = dump_capture(&f->dump);
		assert_int_equal(json_array_size(document), 2);
		json_decref(document);
	}
}

int main(void)
{
#define WITH_FIXTURE(test)                                                               \
	cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(json_has_every_word),
		WITH_FIXTURE(capture_form),
		WITH_FIXTURE(filters),
		WITH_FIXTURE(unsound_is_dumped),
		WITH_FIXTURE(stray_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
