#include "tool_test.h"

#include <math.h>

#include "operands/npy.h"
#include "operands/weights.h"
#include "tensor_file.h"

#define SHAPE 1, 2, 3, 5
#define ELEMS 30u
#define FILE_BYTES 512u

static const struct tensor_in plain_in = TENSOR_IN_DEFAULT;
static const struct image_out plain_out = IMAGE_OUT_DEFAULT;

static const struct tensor_desc fp16_desc = { NPU_ELEM_FP16, SHAPE, 1, 0, false };
static const struct tensor_desc int8_desc = { NPU_ELEM_INT8, SHAPE, 1, 0, false };

/* An .npy file of version `version` with that dictionary and data. */
static size_t make_npy(uint8_t *file, unsigned version, const char *dict,
		       const void *data, size_t bytes)
{
	size_t prefix = version == 1 ? 10 : 12, length = strlen(dict);

	memset(file, 0, prefix);
	memcpy(file, "\x93NUMPY", 6);
	file[6] = (uint8_t)version;
	file[8] = (uint8_t)length;
	file[9] = (uint8_t)(length >> 8);
	memcpy(file + prefix, dict, length);
	memcpy(file + prefix + length, data, bytes);
	return prefix + length + bytes;
}

static bool read_bytes(const struct tensor_desc *desc, enum tensor_format format,
		       const uint8_t *file, size_t bytes, struct tensor *t,
		       struct tensor_report *report)
{
	uint8_t *exact = malloc(bytes ? bytes : 1); /* so that a stray read is seen */
	bool ok;

	assert_true(tensor_new(t, desc));
	memcpy(exact, file, bytes);
	ok = tensor_read_memory(t, exact, bytes, format, &plain_in, report);
	free(exact);
	return ok;
}

/* Every number type, as a value of 0, 1 .. 29 or of its own. */
static void npy_types(void **state)
{
	static const struct {
		const char *descr;
		unsigned bytes;
	} cases[] = {
		{ "|b1", 1 }, { "|u1", 1 }, { "|i1", 1 }, { "<u2", 2 },
		{ "<i2", 2 }, { "<f2", 2 }, { "<u4", 4 }, { "<i4", 4 },
		{ "<f4", 4 }, { "<u8", 8 }, { "<i8", 8 }, { "<f8", 8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (unsigned version = 1; version <= 3; version++) {
			uint8_t file[FILE_BYTES], data[ELEMS * 8];
			char dict[120];
			struct tensor_report report;
			struct tensor t;
			size_t bytes;
			bool is_signed =
			    cases[i].descr[1] == 'i' || cases[i].descr[1] == 'f';
			const char *name = cases[i].descr;

			for (uint32_t k = 0; k < ELEMS; k++) {
				int64_t n = name[1] == 'b' ? k % 2
					    : is_signed	   ? (int64_t)k - 15
							   : k;
				double d = (double)n;
				float f = (float)n;
				uint16_t h = fp16_from_float(f);
				const void *from =
				    name[1] != 'f'	  ? (const void *)&n
				    : cases[i].bytes == 8 ? (const void *)&d
				    : cases[i].bytes == 4 ? (const void *)&f
							  : (const void *)&h;

				memcpy(data + k * cases[i].bytes, from, cases[i].bytes);
			}
			snprintf(dict, sizeof(dict),
				 "{'descr': '%s', 'fortran_order': False, "
				 "'shape': (1, 2, 3, 5), }\n",
				 name);
			bytes =
			    make_npy(file, version, dict, data, ELEMS * cases[i].bytes);
			if (!read_bytes(&fp16_desc, TENSOR_FORMAT_NPY, file, bytes, &t,
					&report))
				fail_msg("%s: %s", name, report.why);
			for (uint32_t k = 0; k < ELEMS; k++)
				CHECK(name, tensor_get(&t, k) ==
						(name[1] == 'b' ? (double)(k % 2)
						 : is_signed	? (double)k - 15
								: (double)k));
			tensor_free(&t);
		}
}

static void npy_refusals(void **state)
{
	static const struct {
		const char *name, *dict;
		size_t data_bytes;
		const char *text;
	} cases[] = {
		{ "other shape",
		  "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2, 5, 3), }", 60,
		  "its shape is (1, 2, 5, 3), but the conv takes (1, 2, 3, 5)" },
		{ "two dimensions",
		  "{'descr': '<f2', 'fortran_order': False, 'shape': (6, 5), }", 60,
		  "its shape is (6, 5), but the conv takes (1, 2, 3, 5)" },
		{ "five dimensions",
		  "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 1, 2, 3, 5), }",
		  60, "its shape is (1, 1, 2, 3, 5)" },
		{ "scalar", "{'descr': '<f2', 'fortran_order': False, 'shape': (), }", 2,
		  "its shape is ()" },
		{ "enormous",
		  "{'descr': '<f2', 'fortran_order': False, "
		  "'shape': (4294967296, 4294967296, 4294967296, 4294967296), }",
		  60, "64 bits" },
		{ "fortran order",
		  "{'descr': '<f2', 'fortran_order': True, 'shape': (1, 2, 3, 5), }", 60,
		  "numpy.ascontiguousarray()" },
		{ "big-endian",
		  "{'descr': '>f2', 'fortran_order': False, 'shape': (1, 2, 3, 5), }", 60,
		  "big-endian" },
		{ "complex",
		  "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 2, 3, 5), }",
		  240, "not a plain number" },
		{ "short data",
		  "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2, 3, 5), }", 59,
		  "59 bytes of data, its header says 60" },
		{ "long data",
		  "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2, 3, 5), }", 61,
		  "61 bytes of data, its header says 60" },
		{ "no dictionary", "hello", 60, "not a dictionary" },
	};
	static const uint8_t zeros[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t file[FILE_BYTES];
		struct tensor_report report;
		struct tensor t;
		size_t bytes =
		    make_npy(file, 1, cases[i].dict, zeros, cases[i].data_bytes);

		CHECK(cases[i].name, !read_bytes(&fp16_desc, TENSOR_FORMAT_NPY, file,
						 bytes, &t, &report));
		CHECK_TEXT(cases[i].name, report.why, cases[i].text);
		CHECK(cases[i].name, !report.file_trouble);
		tensor_free(&t);
	}
}

/* No prefix of a good file is taken for one. */
static void npy_prefixes(void **state)
{
	static const uint8_t zeros[ELEMS * 2];
	uint8_t file[FILE_BYTES];
	struct tensor_report report;
	struct tensor t;
	size_t bytes = make_npy(
	    file, 2, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3, 5), }\n",
	    zeros, sizeof(zeros));

	(void)state;
	assert_true(read_bytes(&fp16_desc, TENSOR_FORMAT_NPY, file, bytes, &t, &report));
	tensor_free(&t);
	for (size_t i = 0; i < bytes; i++) {
		if (read_bytes(&fp16_desc, TENSOR_FORMAT_NPY, file, i, &t, &report))
			fail_msg("a prefix of %zu of %zu bytes was accepted", i, bytes);
		if (!report.why[0])
			fail_msg("a prefix of %zu bytes was refused without a reason", i);
		tensor_free(&t);
	}
}

static void values(void **state)
{
	static const struct {
		const char *name;
		const struct tensor_desc *desc;
		double value;
		bool good;
		double stored;
	} cases[] = {
		{ "fp16 largest", &fp16_desc, 65504, true, 65504 },
		{ "fp16 rounds down", &fp16_desc, 65519.99, true, 65504 },
		{ "fp16 overflow", &fp16_desc, 65520, false, 0 },
		{ "fp16 nan", &fp16_desc, NAN, false, 0 },
		{ "fp16 infinity", &fp16_desc, INFINITY, false, 0 },
		{ "fp16 tie to even", &fp16_desc, 2049, true, 2048 },
		{ "fp16 one rounding, not two", &fp16_desc, 2049.0000000001, true, 2050 },
		{ "fp16 subnormal", &fp16_desc, 0x1p-24, true, 0x1p-24 },
		{ "fp16 underflow", &fp16_desc, 0x1p-26, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t file[FILE_BYTES];
		double data[ELEMS] = { 0 };
		struct tensor_report report;
		struct tensor t;
		size_t bytes;
		bool ok;

		data[17] = cases[i].value; /* [0, 1, 0, 2] */
		bytes = make_npy(file, 1,
				 "{'descr': '<f8', 'fortran_order': False, "
				 "'shape': (1, 2, 3, 5), }",
				 data, sizeof(data));
		ok = read_bytes(cases[i].desc, TENSOR_FORMAT_NPY, file, bytes, &t,
				&report);
		CHECK(cases[i].name, ok == cases[i].good);
		if (ok)
			CHECK(cases[i].name, tensor_get(&t, 17) == cases[i].stored);
		else
			CHECK_TEXT(cases[i].name, report.why,
				   "its element [0, 1, 0, 2] is ");
		tensor_free(&t);
	}
}

static void integers(void **state)
{
	uint8_t file[FILE_BYTES];
	int32_t data[ELEMS] = { 0 };
	struct tensor_report report;
	struct tensor t;
	static const char dict[] =
	    "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2, 3, 5), }";
	size_t bytes;

	(void)state;
	data[3] = -128;
	bytes = make_npy(file, 1, dict, data, sizeof(data));
	assert_true(read_bytes(&int8_desc, TENSOR_FORMAT_NPY, file, bytes, &t, &report));
	assert_true(tensor_get(&t, 3) == -128);
	tensor_free(&t);
	data[3] = 128;
	bytes = make_npy(file, 1, dict, data, sizeof(data));
	assert_false(read_bytes(&int8_desc, TENSOR_FORMAT_NPY, file, bytes, &t, &report));
	CHECK_TEXT("128", report.why, "[0, 0, 0, 3] is 128, which int8 cannot hold");
	tensor_free(&t);
	memcpy(memchr(file, 'i', sizeof(file)), "f", 1); /* <f4 */
	assert_false(read_bytes(&int8_desc, TENSOR_FORMAT_NPY, file, bytes, &t, &report));
	tensor_free(&t);
}

static void raw_sizes(void **state)
{
	static const uint8_t zeros[64];
	static const uint16_t infinite[ELEMS] = { [7] = 0x7c00 };
	struct tensor_report report;
	struct tensor t;

	(void)state;
	for (size_t bytes = 58; bytes <= 62; bytes++) {
		bool ok =
		    read_bytes(&fp16_desc, TENSOR_FORMAT_RAW, zeros, bytes, &t, &report);

		assert_int_equal(ok, bytes == 60);
		if (!ok)
			CHECK_TEXT("raw", report.why, "1x2x3x5 fp16 takes 60");
		tensor_free(&t);
	}
	assert_false(read_bytes(&fp16_desc, TENSOR_FORMAT_RAW, (const uint8_t *)infinite,
				sizeof(infinite), &t, &report));
	CHECK_TEXT("raw", report.why, "[0, 0, 1, 2] is not finite");
	tensor_free(&t);
}

/* What is written is read back, in each type and format. */
static void round_trips(void **state)
{
	static const enum npu_elem elems[] = { NPU_ELEM_INT8, NPU_ELEM_FP16,
					       NPU_ELEM_INT32, NPU_ELEM_FP32 };
	static const char *const endings[] = { ".npy", ".raw", ".bin" };

	(void)state;
	for (size_t e = 0; e < COUNT(elems); e++)
		for (size_t f = 0; f < COUNT(endings); f++) {
			struct tensor_desc desc = { elems[e], 2, 3, 1, 7, 1, 0, false };
			const char *path = scratch_name(endings[f]);
			struct tensor_report report;
			struct tensor t, back;

			assert_true(tensor_new(&t, &desc) && tensor_new(&back, &desc));
			assert_true(tensor_fill_random(&t, 11, SEED_INPUT));
			CHECK(path, tensor_write_file(&t, path, TENSOR_FORMAT_AUTO,
						      &plain_out, &report));
			CHECK(path, tensor_read_file(&back, path, TENSOR_FORMAT_AUTO,
						     &plain_in, &report));
			CHECK(path, memcmp(t.data, back.data, t.bytes) == 0);
			tensor_free(&t);
			tensor_free(&back);
			unlink(path);
		}
}

static void random_input(void **state)
{
	struct tensor a, b, c;
	double least = 1, most = -1;

	(void)state;
	assert_true(tensor_new(&a, &fp16_desc) && tensor_new(&b, &fp16_desc) &&
		    tensor_new(&c, &fp16_desc));
	assert_true(tensor_fill_random(&a, 1, SEED_INPUT) &&
		    tensor_fill_random(&b, 1, SEED_INPUT) &&
		    tensor_fill_random(&c, 2, SEED_INPUT));
	assert_memory_equal(a.data, b.data, a.bytes);
	assert_memory_not_equal(a.data, c.data, a.bytes);
	for (size_t i = 0; i < a.count; i++) {
		least = fmin(least, tensor_get(&a, i));
		most = fmax(most, tensor_get(&a, i));
	}
	assert_true(least >= -1 && least < -0.5 && most > 0.5 && most < 1);
	tensor_free(&a);
	tensor_free(&b);
	tensor_free(&c);
}

static void file_trouble(void **state)
{
	struct tensor_report report;
	struct tensor t;

	(void)state;
	assert_true(tensor_new(&t, &fp16_desc));
	assert_false(
	    tensor_read_file(&t, "no-such.npy", TENSOR_FORMAT_AUTO, &plain_in, &report));
	assert_true(report.file_trouble);
	assert_false(
	    tensor_read_file(&t, "name.txt", TENSOR_FORMAT_AUTO, &plain_in, &report));
	assert_false(report.file_trouble);
	CHECK_TEXT("unknown ending", report.why, "--input-format");
	assert_false(tensor_write_file(&t, "nowhere/x.npy", TENSOR_FORMAT_AUTO,
				       &plain_out, &report));
	assert_true(report.file_trouble);
	assert_false(
	    tensor_write_file(&t, "/dev/full", TENSOR_FORMAT_NPY, &plain_out, &report));
	CHECK_TEXT("disk full", report.why, "No space left on device");
	tensor_free(&t);
}

/* Sizes whose product is beyond any memory. */
static void huge_tensor(void **state)
{
	const struct tensor_desc desc = {
		NPU_ELEM_FP16, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 1, 0, false
	};
	struct tensor t;

	(void)state;
	assert_false(tensor_new(&t, &desc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(npy_types),	cmocka_unit_test(npy_refusals),
		cmocka_unit_test(npy_prefixes), cmocka_unit_test(values),
		cmocka_unit_test(integers),	cmocka_unit_test(raw_sizes),
		cmocka_unit_test(round_trips),	cmocka_unit_test(random_input),
		cmocka_unit_test(file_trouble), cmocka_unit_test(huge_tensor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
