/*
 * Reading and writing templates: what is shipped comes back byte for byte, and every
 * fault is told at its place.
 */
#include "template_fixture.h"

static void written_is_what_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHIPPED; i++) {
		struct template t;
		char *text, *again = NULL;
		size_t bytes, again_bytes = 0;
		FILE *out = open_memstream(&again, &again_bytes);

		text = shipped_text(shipped[i], &bytes);
		read_shipped(&t, shipped[i]);
		if (!template_write(&t, out))
			fail_msg("%s: does not write", shipped[i]);
		fclose(out);
		if (bytes != again_bytes || memcmp(text, again, bytes))
			fail_msg("%s: %zu bytes read, %zu other bytes written",
				 shipped[i], bytes, again_bytes);
		template_clear(&t);
		free(again);
		free(text);
	}
}

/*
 * One fault in the template of the 64 x 56 x 56 conv: the first `find` after the
 * first `after` becomes `put`.
 */
static const struct {
	const char *name, *after, *find, *put;
	const char *want; /* the first line of the messages */
} faults[] = {
	/* JSON itself */
	{ "no JSON", "", "{", "x", "t:1:1: error: not valid JSON: '[' or '{' expected" },
	{ "key twice", "\"conv\": {", "\"kernel\"", "\"input\"",
	  "t:6:3: error: not valid JSON: duplicate object key" },
	{ "number too large", "\"groups\"", "1", "99999999999999999999",
	  "t:10:13: error: the number is too large" },
	/* keys */
	{ "unknown key", "", "\"format\"", "\"formt\"",
	  "t:2:2: error: a template has no key 'formt'" },
	{ "unknown key in conv", "", "\"stride\"", "\"strid\"",
	  "t:7:3: error: conv has no key 'strid'" },
	{ "unknown key in a tile", "", "\"entries\"", "\"entrys\"",
	  "t:56:39: error: a tile has no key 'entrys'" },
	{ "missing key", "\"conv\"", "\"batch\": 1,", "",
	  "t:3:10: error: conv lacks 'batch'" },
	{ "other version", "", "npucc-template/1", "npucc-template/2",
	  "t:2:12: error: the format is \"npucc-template/2\", not \"npucc-template/1\" "
	  "[format]" },
	/* the conv */
	{ "size is text", "\"conv\"", "[64,", "[\"64\",",
	  "t:4:13: error: conv.input is a string, not a whole number" },
	{ "too few sizes", "\"conv\"", "[64, 56, 56]", "[64, 56]",
	  "t:4:12: error: conv.input has 2 elements, not 3" },
	{ "size out of range", "\"conv\"", "[64,", "[0,",
	  "t:4:13: error: input channels 0 is out of range" },
	{ "negative size", "\"conv\"", "[64,", "[-64,",
	  "t:4:13: error: conv.input -64 is not in 0..4294967295 [range]" },
	{ "output contradicts", "", "\"output\": [128, 56", "\"output\": [128, 55",
	  "t:5:13: error: conv.output is 128x55x56, but input, kernel, stride and pad "
	  "give 128x56x56 [output-size]" },
	{ "unknown type", "", "\"type\": \"fp16\"", "\"type\": \"fp17\"",
	  "t:12:11: error: conv.type cannot be 'fp17'" },
	{ "source", "", "\"graph\"", "\"grap\"",
	  "t:14:13: error: conv.source cannot be 'grap'" },
	{ "bias", "", "\"bias\": false", "\"bias\": 0",
	  "t:15:11: error: conv.bias is a whole number, not true or false" },
	/* provenance, notes, hazards */
	{ "no provenance", "", "\"kind\": \"gdb-submit-dump\",", "",
	  "t:17:16: error: provenance lacks 'kind'" },
	{ "empty text", "\"kind\": ", "\"gdb-submit-dump\"", "\"\"",
	  "t:19:11: error: provenance.kind of 0 bytes; it has 1 to 120 [text]" },
	{ "unknown hazard", "", "poisons-next-job", "poisons-next-jop",
	  "t:28:13: error: hazard.name cannot be 'poisons-next-jop'" },
	/* sizes, syncs, submit */
	{ "unknown buffer", "\"buffers\"", "\"internal\"", "\"internl\"",
	  "t:31:45: error: buffers has no key 'internl'" },
	{ "sync past its buffer", "\"syncs\"", "0, 560]", "0, 561]",
	  "t:36:4: error: the sync ends at byte 561 of the task buffer's 560 "
	  "[sync-range]" },
	{ "sync flags", "\"syncs\"", "3, 0, 560", "4, 0, 560",
	  "t:36:13: error: a sync's flags 4 is not in 1..3 [range]" },
	{ "submit mixes plans", "\"subcore\"", "[0, 2]", "[0, 3]",
	  "t:42:13: error: subcore range 0, [0, 3], is no core's list of any plan (14 "
	  "records) [mixed-plans]" },
	/* plans */
	{ "cores twice", "\"cores\": 1", "\"cores\": 2", "\"cores\": 1",
	  "error: cores 1 is not in 2..3 [range]" },
	{ "evidence", "", "\"evidence\": \"captured\"", "\"evidence\": \"capturd\"",
	  "t:51:16: error: evidence cannot be 'capturd'" },
	{ "promoted without a board", "", "\"evidence\": \"captured\"",
	  "\"evidence\": \"promoted\"",
	  "error: a promoted plan lacks 'board', which says where it ran [promotion]" },
	{ "board without promotion", "", "\"evidence\": \"captured\",",
	  "\"evidence\": \"captured\", \"board\": {},",
	  "error: 'board' belongs to a promoted plan only [promotion]" },
	/* writes */
	{ "unknown register", "\"writes\"", "CNA.DATA_SIZE0", "CNA.DATA_SIZ0",
	  "error: no register 'CNA.DATA_SIZ0' [register]" },
	{ "address without a buffer of its own", "\"writes\"", "[\"CNA.CBUF_CON0\", 27]",
	  "[\"CNA.CBUF_CON0\", \"input\", 27]",
	  "error: CNA.CBUF_CON0 holds no address [register]" },
	{ "unknown place", "\"writes\"", "\"input\"", "\"imput\"",
	  "error: an address's buffer cannot be 'imput'" },
	{ "two values", "\"DPU.S_POINTER\"", "[\"CNA.CONV_CON1\", 288]",
	  "[\"CNA.CONV_CON1\", 289]",
	  "error: CNA.CONV_CON1 is written before with another value [two-values]" },
	{ "like a later record", "", "\"like\": 0", "\"like\": 1",
	  "error: like 1 is not in 0..0 [range]" },
	{ "like without the register", "\"like\": 0", "[\"CNA.CBUF_CON0\"",
	  "[\"PPU.S_POINTER\"",
	  "error: the record it is like does not write PPU.S_POINTER [like]" },
	{ "address outside", "\"like\": 0", "\"input\", 44800", "\"input\", 544800",
	  "error: CNA.FEATURE_DATA_ADDR: 544800 is outside the input buffer of 401408 "
	  "bytes [bounds]" },
	/* what must never be produced */
	{ "half an interrupt pair", "", "\"int_mask\": 768", "\"int_mask\": 256",
	  "error: int_mask 256 is not 768, both interrupts of the record's last block "
	  "[half-interrupt-pair]" },
	{ "chain past its end", "\"like\": 0", "[[0, 0, 0], [257, 20, 0]",
	  "[[257, 16, 1792], [257, 20, 55]",
	  "error: the chain goes on after the list's last record [chain]" },
	{ "chain too short", "\"tail\"", "[257, 16, 896], [257, 20, 55]",
	  "[0, 0, 0], [257, 20, 0]",
	  "error: words 0 and 1 do not lead to the next record" },
	{ "barrier count", "\"cores\": 2", "[257, 20, 65589]", "[257, 20, 131125]",
	  "error: words 0 and 1 do not lead to the next record" },
	{ "wrong start", "\"tail\"", "[129, 8, 13]", "[129, 8, 29]",
	  "error: words 2 and 3 do not start the record's blocks [tail]" },
	/* parts that contradict one another */
	{ "tile", "", "\"y\": [0, 50]", "\"y\": [0, 49]",
	  "error: the tile is not the one that the record's registers describe [tile]" },
	{ "no tile", "", "\"tile\": {", "\"tille\": {",
	  "error: a record has no key 'tille'" },
	{ "stride", "\"writes\"", "[\"CNA.CONV_CON3\", 9]", "[\"CNA.CONV_CON3\", 10]",
	  "error: CNA.CONV_CON3.CONV_X_STRIDE is 2, but the conv says 1 [conv]" },
};

/* `text` with one fault; free() it. */
static char *make_fault(const char *text, size_t i)
{
	const char *after = strstr(text, faults[i].after), *at = NULL;
	size_t head, room = strlen(text) + strlen(faults[i].put) + 1;
	char *out;

	if (!after || !(at = strstr(after + strlen(faults[i].after), faults[i].find)))
		fail_msg("%s: '%s' is not in the template", faults[i].name,
			 faults[i].find);
	head = (size_t)(at - text);
	out = malloc(room);
	assert_non_null(out);
	snprintf(out, room, "%.*s%s%s", (int)head, text, faults[i].put,
		 at + strlen(faults[i].find));
	return out;
}

static void faults_are_told_at_their_place(void **state)
{
	size_t bytes;
	char *text = shipped_text("c64_h56_w56_oc128_k1.json", &bytes);
	uint32_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		char *said = NULL, *faulty = make_fault(text, i), *end;
		size_t said_bytes = 0;
		FILE *out = open_memstream(&said, &said_bytes);
		struct diag *diag = diag_new(out);
		struct template t;
		bool ok = template_read_text(&t, "t", faulty, strlen(faulty), diag);

		fclose(out);
		end = strchr(said, '\n');
		if (end)
			*end = 0;
		if (ok || !strstr(said, faults[i].want) || strncmp(said, "t:", 2) ||
		    t.record_count || t.name) {
			print_error("%s: %s '%s', want '%s'\n", faults[i].name,
				    ok ? "read;" : "says", said, faults[i].want);
			wrong++;
		}
		template_clear(&t);
		diag_free(diag);
		free(said);
		free(faulty);
	}
	free(text);
	assert_int_equal(wrong, 0);
}

static void near_words_are_offered(void **state)
{
	static const struct {
		const char *name, *find, *put, *want;
	} cases[] = {
		{ "key", "\"stride\"", "\"strid\"", "did you mean 'stride'?" },
		{ "register", "CNA.DATA_SIZE0", "CNA.DATA_SIZ0",
		  "did you mean 'CNA.DATA_SIZE0'?" },
		{ "hazard", "poisons-next-job", "poison-next-job",
		  "did you mean 'poisons-next-job'?" },
		{ "buffer", "[\"weight\", 3", "[\"wieght\", 3",
		  "did you mean 'weight'?" },
	};
	size_t bytes;
	char *text = shipped_text("c64_h56_w56_oc128_k1.json", &bytes);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *said = NULL, *at = strstr(text, cases[i].find), *faulty;
		size_t said_bytes = 0, room = bytes + 64;
		FILE *out = open_memstream(&said, &said_bytes);
		struct diag *diag = diag_new(out);
		struct template t;

		assert_non_null(at);
		faulty = malloc(room);
		snprintf(faulty, room, "%.*s%s%s", (int)(at - text), text, cases[i].put,
			 at + strlen(cases[i].find));
		assert_false(template_read_text(&t, "t", faulty, strlen(faulty), diag));
		fclose(out);
		if (!strstr(said, cases[i].want))
			fail_msg("%s: '%s' is not in:\n%s", cases[i].name, cases[i].want,
				 said);
		diag_free(diag);
		free(said);
		free(faulty);
	}
	free(text);
}

/* No prefix of a template is a template. */
static void prefixes_are_refused(void **state)
{
	size_t bytes;
	char *text = shipped_text("c64_h56_w56_oc128_k1.json", &bytes);
	size_t whole = bytes;

	(void)state;
	while (whole && text[whole - 1] != '}')
		whole--;
	for (size_t n = 0; n < whole; n += 37) {
		struct diag *diag = diag_new(NULL);
		struct template t;

		if (template_read_text(&t, "t", text, n, diag) || !diag_errors(diag))
			fail_msg("the first %zu bytes were read", n);
		diag_free(diag);
	}
	free(text);
}

static void files_that_are_none(void **state)
{
	static const char *const paths[] = { SCHEDULES "absent.json", SCHEDULES };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct diag *diag = diag_new(NULL);
		struct template t;

		if (template_read_file(&t, paths[i], diag) || diag_errors(diag) != 1)
			fail_msg("%s: no single error", paths[i]);
		diag_free(diag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_is_what_was_read),
		cmocka_unit_test(faults_are_told_at_their_place),
		cmocka_unit_test(near_words_are_offered),
		cmocka_unit_test(prefixes_are_refused),
		cmocka_unit_test(files_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
