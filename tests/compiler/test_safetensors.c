/* Weights from safetensors files. */
#include "weights_fixture.h"

/* Length, header and `data` bytes of data. */
static size_t make_safetensors(uint8_t *file, const char *header, const void *data,
			       size_t bytes)
{
	uint64_t n = strlen(header);

	memcpy(file, &n, sizeof n);
	memcpy(file + 8, header, n);
	memcpy(file + 8 + n, data, bytes);
	return 8 + n + bytes;
}

static void test_safetensors_types(void **state)
{
	static const struct {
		const char *dtype;
		uint32_t bytes;
	} types[] = { { "F16", 2 }, { "BF16", 2 }, { "F32", 4 }, { "F64", 8 } };

	(void)state;
	for (int t = 0; t < 4; t++) {
		uint8_t file[FILE_BYTES], data[3 + WEIGHT_COUNT * 8] = { 0 };
		char header[512];
		struct fixture f;
		uint16_t *weights;

		for (uint32_t i = 0; i < WEIGHT_COUNT; i++) {
			double d = i + 0.25;
			float s = (float)d;
			uint16_t h = fp16_from_double(d);
			uint8_t *at = data + 3 + i * types[t].bytes;

			if (t == 0)
				memcpy(at, &h, 2);
			else if (t == 1) /* i + 0.25 has 8 bits or fewer */
				memcpy(at, (uint8_t *)&s + 2, 2);
			else
				memcpy(at, t == 2 ? (void *)&s : (void *)&d,
				       types[t].bytes);
		}
		snprintf(
		    header, sizeof header,
		    "{\"__metadata__\":{\"format\":\"pt\"},"
		    "\"first\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
		    "\"layer.weight\":{\"dtype\":\"%s\",\"shape\":[6,2,2,1],"
		    "\"data_offsets\":[3,%u]}}",
		    types[t].dtype, 3 + WEIGHT_COUNT * types[t].bytes);
		open_fixture(&f);
		f.p.weights.kind = SOURCE_SAFETENSORS;
		f.p.weights.tensor = (char *)"layer.weight";
		write_file(file, make_safetensors(file, header, data,
						  3 + WEIGHT_COUNT * types[t].bytes));
		weights = weights_load(&f.p, f.diag);
		fflush(f.out);
		if (!weights)
			fail_msg("%s: %s", types[t].dtype, f.text);
		check_values(types[t].dtype, weights);
		free(weights);
		close_fixture(&f);
	}
}

#define ENTRY(dtype, shape, offsets)                                                     \
	"{\"w\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

/* clang-format off */
static const struct {
	const char *name, *tensor, *header, *words, *remedy;
} safetensors_cases[] = {
	{ "misspelt", "layr.weight", "{\"layer.weight\":{},\"other\":{}}",
	  "no tensor 'layr.weight' [weights-tensor]", "did you mean 'layer.weight'?" },
	{ "unlike any", "zzzzzzzz", "{\"layer.weight\":{}}", "[weights-tensor]",
	  "the first is 'layer.weight'" },
	{ "metadata", "__metadata__", "{\"__metadata__\":{}}", "[weights-tensor]", NULL },
	{ "no JSON", "w", "{\"w\":", "not JSON", NULL },
	{ "no object", "w", "[]", "not a JSON object", NULL },
	{ "twice", "w", "{\"w\":{},\"w\":{}}", "not JSON", NULL },
	{ "no dtype", "w", "{\"w\":{}}", "no dtype", NULL },
	{ "integers", "w", ENTRY("\"I16\"", "[6,2,2,1]", "[0,48]"), "elements are int16", "F16" },
	{ "unknown type", "w", ENTRY("\"F8_E4M3\"", "[6,2,2,1]", "[0,24]"),
	  "elements are F8_E4M3", "F16" },
	{ "shape", "w", ENTRY("\"F16\"", "[6,4]", "[0,48]"),
	  "shape (6, 4), conv 'c1' needs (6, 2, 2, 1) [weights-shape]", "out_c, in_c / groups" },
	{ "negative size", "w", ENTRY("\"F16\"", "[-6,2,2,1]", "[0,48]"), "malformed", NULL },
	{ "overflow", "w", ENTRY("\"F16\"", "[4294967296,4294967296]", "[0,48]"), "malformed", NULL },
	{ "beyond the file", "w", ENTRY("\"F16\"", "[6,2,2,1]", "[10,58]"),
	  "ends at byte 58 of its data, it has 48 [weights-length]", NULL },
	{ "backwards", "w", ENTRY("\"F16\"", "[6,2,2,1]", "[48,0]"), "malformed", NULL },
	{ "too few bytes", "w", ENTRY("\"F16\"", "[6,2,2,1]", "[0,46]"),
	  "has 46 bytes, its shape and type need 48", NULL },
	{ "one offset", "w", ENTRY("\"F16\"", "[6,2,2,1]", "[0]"), "malformed", NULL },
	{ "huge offset", "w", ENTRY("\"F16\"", "[6,2,2,1]", "[9223372036854775000,9223372036854775048]"),
	  "[weights-length]", NULL },
};
/* clang-format on */

static void test_safetensors_refused(void **state)
{
	static const uint8_t data[48] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof safetensors_cases / sizeof *safetensors_cases;
	     i++) {
		uint8_t file[FILE_BYTES];
		size_t n = make_safetensors(file, safetensors_cases[i].header, data,
					    sizeof data);

		refuse(safetensors_cases[i].name, SOURCE_SAFETENSORS,
		       safetensors_cases[i].tensor, file, n, safetensors_cases[i].words,
		       safetensors_cases[i].remedy);
	}
}

static void test_safetensors_lengths(void **state)
{
	static const uint8_t data[48] = { 0 };
	const char *header = ENTRY("\"F16\"", "[6,2,2,1]", "[0,48]");
	uint8_t file[FILE_BYTES], longer[FILE_BYTES] = { 0 };
	size_t n = make_safetensors(file, header, data, sizeof data);
	uint64_t huge = UINT64_MAX - 4;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char name[64];

		snprintf(name, sizeof name, "%zu of %zu bytes", i, n);
		refuse(name, SOURCE_SAFETENSORS, "w", file, i, "weights file", NULL);
	}
	memcpy(longer, file, n);
	refuse("a byte too many", SOURCE_SAFETENSORS, "w", longer, n + 1,
	       "its tensors end at byte 48 of its data, it has 49 [weights-length]",
	       NULL);
	memcpy(file, &huge, sizeof huge);
	refuse("huge header", SOURCE_SAFETENSORS, "w", file, n, "announces a header",
	       NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safetensors_types),
		cmocka_unit_test(test_safetensors_refused),
		cmocka_unit_test(test_safetensors_lengths),
	};

	return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
