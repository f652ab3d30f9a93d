#include "tool_test.h"

#include <math.h>

#include "operands/npy.h"
#include "tensor_file.h"

#define SHAPE 1, 1, 2, 4
#define ELEMS 8u

static const struct tensor_desc signed_desc = { NPU_ELEM_INT8, SHAPE, 0.5f, 3, false };
static const struct tensor_desc byte_desc = { NPU_ELEM_INT8, SHAPE, 0.5f, 131, true };
static const struct tensor_desc wide_desc = { NPU_ELEM_INT32, SHAPE, 0.25f, 0, false };
static const struct tensor_desc half_desc = { NPU_ELEM_FP16, SHAPE, 1, 0, false };

/* round(real / scale) + zero, half to even before the zero point comes in. */
static void rounding(void **state)
{
	static const struct {
		const char *name;
		const struct tensor_desc *desc;
		double real, want;
		uint64_t saturated;
	} cases[] = {
		{ "zero", &signed_desc, 0, 3, 0 },
		{ "tie to even below", &signed_desc, 0.25, 3, 0 },
		{ "tie to even above", &signed_desc, 0.75, 5, 0 },
		{ "negative tie to even", &signed_desc, -0.25, 3, 0 },
		{ "negative tie", &signed_desc, -0.75, 1, 0 },
		{ "just above a tie", &signed_desc, 0.2500001, 4, 0 },
		{ "largest", &signed_desc, 62, 127, 0 },
		{ "tie beyond the largest", &signed_desc, 62.25, 127, 0 },
		{ "beyond the largest", &signed_desc, 62.26, 127, 1 },
		{ "least", &signed_desc, -65.5, -128, 0 },
		{ "beyond the least", &signed_desc, -65.76, -128, 1 },
		{ "far beyond", &signed_desc, 1e300, 127, 1 },
		{ "bytes: zero", &byte_desc, 0, 131, 0 },
		{ "bytes: least", &byte_desc, -65.5, 0, 0 },
		{ "bytes: beyond the least", &byte_desc, -66, 0, 1 },
		{ "bytes: largest", &byte_desc, 62, 255, 0 },
		{ "bytes: beyond the largest", &byte_desc, 1000, 255, 1 },
		{ "int32", &wide_desc, 1e6, 4e6, 0 },
		{ "int32 beyond", &wide_desc, 1e9, INT32_MAX, 1 },
		{ "floats keep theirs", &half_desc, 0.3, 0.3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t saturated = 0;
		double got = tensor_stored(cases[i].desc, cases[i].real, &saturated);

		if (got != cases[i].want || saturated != cases[i].saturated)
			fail_msg("%s: stored %g, saturated %llu", cases[i].name, got,
				 (unsigned long long)saturated);
	}
}

/* Every number that a byte stores comes back from its real number. */
static void there_and_back(void **state)
{
	static const struct tensor_desc *const descs[] = { &signed_desc, &byte_desc };

	(void)state;
	for (size_t i = 0; i < COUNT(descs); i++) {
		struct tensor_range range = tensor_range(descs[i]);
		uint64_t saturated = 0;

		assert_true(range.most - range.least == 255);
		for (double q = range.least; q <= range.most; q++)
			assert_true(tensor_stored(descs[i], tensor_real(descs[i], q),
						  &saturated) == q);
		assert_true(saturated == 0);
	}
}

static bool read_array(const struct tensor_desc *desc, const char *descr,
		       const void *data, size_t elem_bytes, bool quantize,
		       struct tensor *t, struct tensor_report *report)
{
	static const uint64_t shape[] = { SHAPE };
	struct tensor_in how = TENSOR_IN_DEFAULT;
	uint8_t file[NPY_WRITE_BYTES + ELEMS * 8];
	size_t bytes = npy_format(file, NPY_WRITE_BYTES, descr, 4, shape);

	how.quantize = quantize;
	memcpy(file + bytes, data, ELEMS * elem_bytes);
	assert_true(tensor_new(t, desc));
	return tensor_read_memory(t, file, bytes + ELEMS * elem_bytes, TENSOR_FORMAT_NPY,
				  &how, report);
}

static void arrays_of_real_numbers(void **state)
{
	static const float reals[ELEMS] = { 0, 0.25f, 0.75f, -1, 62, 100, -100, 1000 };
	static const double want[] = { 3, 3, 5, 1, 127, 127, -128, 127 };
	struct tensor_report report;
	struct tensor t;

	(void)state;
	assert_false(
	    read_array(&signed_desc, "<f4", reals, sizeof(*reals), false, &t, &report));
	CHECK_TEXT("not asked for", report.why,
		   "it has real numbers, but the conv takes int8; --quantize");
	tensor_free(&t);
	assert_true(
	    read_array(&signed_desc, "<f4", reals, sizeof(*reals), true, &t, &report));
	for (size_t i = 0; i < ELEMS; i++)
		assert_true(tensor_get(&t, i) == want[i]);
	assert_int_equal(report.saturated, 3);
	CHECK_TEXT(
	    "note", report.note,
	    "3 of 8 numbers are outside what int8 holds with this scale, -65.5 to 62");
	tensor_free(&t);
	assert_true(
	    read_array(&byte_desc, "<f4", reals, sizeof(*reals), true, &t, &report));
	for (size_t i = 0; i < ELEMS; i++)
		assert_true(tensor_get(&t, i) == want[i] + 128);
	tensor_free(&t);
	/* Nothing to quantise at a conv of floats: they are what they are. */
	assert_true(
	    read_array(&half_desc, "<f4", reals, sizeof(*reals), true, &t, &report));
	assert_true(tensor_get(&t, 1) == 0.25 && report.saturated == 0);
	tensor_free(&t);
}

/* Integers are stored numbers, whatever --quantize says. */
static void arrays_of_integers(void **state)
{
	static const int8_t bytes[ELEMS] = { 0, 1, -1, 127, -128, 5, 6, 7 };
	static const uint8_t high[ELEMS] = { 0, 1, 200, 255 };
	static const int16_t numbers[ELEMS] = { 0, 1, 200, 255 };
	struct tensor_report report;
	struct tensor t;

	(void)state;
	for (int quantize = 0; quantize <= 1; quantize++) {
		assert_true(
		    read_array(&signed_desc, "|i1", bytes, 1, quantize, &t, &report));
		assert_memory_equal(t.data, bytes, ELEMS);
		assert_true(report.integers);
		tensor_free(&t);
		assert_true(
		    read_array(&byte_desc, "|u1", high, 1, quantize, &t, &report));
		assert_memory_equal(t.data, high, ELEMS);
		tensor_free(&t);
		assert_true(
		    read_array(&byte_desc, "<i2", numbers, 2, quantize, &t, &report));
		assert_memory_equal(t.data, high, ELEMS);
		tensor_free(&t);
		assert_false(
		    read_array(&signed_desc, "<i2", numbers, 2, quantize, &t, &report));
		CHECK_TEXT("200", report.why, "is 200, which int8 cannot hold");
		tensor_free(&t);
	}
	assert_false(read_array(&signed_desc, "|u1", high, 1, false, &t, &report));
	CHECK_TEXT("u1", report.why, "it has uint8 numbers, but the conv has int8");
	tensor_free(&t);
	assert_false(read_array(&byte_desc, "|i1", bytes, 1, false, &t, &report));
	CHECK_TEXT("i1", report.why, "it has int8 numbers, but the conv has bytes");
	tensor_free(&t);
}

static void what_cannot_be_quantised(void **state)
{
	static const double wrong[] = { NAN, INFINITY, -INFINITY };
	struct tensor_desc no_scale = signed_desc;
	double reals[ELEMS] = { 0 };
	struct tensor_report report;
	struct tensor t;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		reals[6] = wrong[i];
		assert_false(read_array(&signed_desc, "<f8", reals, sizeof(*reals), true,
					&t, &report));
		CHECK_TEXT("not finite", report.why, "its element [0, 0, 1, 2] is ");
		CHECK_TEXT("not finite", report.why, "which int8 cannot hold");
		tensor_free(&t);
	}
	reals[6] = 0;
	no_scale.scale = 0;
	assert_false(
	    read_array(&no_scale, "<f8", reals, sizeof(*reals), true, &t, &report));
	CHECK_TEXT("no scale", report.why, "the bundle's scale for it is 0");
	tensor_free(&t);
}

static void dequantize(void **state)
{
	struct tensor t, real;

	(void)state;
	assert_true(tensor_new(&t, &byte_desc));
	for (size_t i = 0; i < ELEMS; i++)
		assert_true(tensor_set(&t, i, (double)(30 * i)));
	assert_true(tensor_dequantize(&real, &t));
	assert_int_equal(real.desc.elem, NPU_ELEM_FP32);
	assert_false(real.desc.is_uint8);
	for (size_t i = 0; i < ELEMS; i++)
		assert_true(tensor_get(&real, i) == (30 * (double)i - 131) * 0.5);
	tensor_free(&t);
	tensor_free(&real);
	/* fp16's infinity is no less infinite in fp32. */
	assert_true(tensor_new(&t, &half_desc));
	((uint16_t *)t.data)[2] = 0x7c00;
	assert_true(tensor_dequantize(&real, &t));
	assert_true(isinf(tensor_get(&real, 2)) && tensor_get(&real, 0) == 0);
	tensor_free(&t);
	tensor_free(&real);
}

/* Every byte value turns up in made-up tensors, and each stream has its own. */
static void made_up(void **state)
{
	const struct tensor_desc descs[] = {
		{ NPU_ELEM_INT8, 1, 1, 64, 64, 1, 0, false },
		{ NPU_ELEM_INT8, 1, 1, 64, 64, 1, 128, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(descs); i++) {
		bool seen[256] = { false };
		struct tensor t, other;
		size_t count = 0;

		assert_true(tensor_new(&t, &descs[i]) && tensor_new(&other, &descs[i]));
		assert_true(tensor_fill_random(&t, 9, SEED_INPUT));
		assert_true(tensor_fill_random(&other, 9, SEED_OPERAND));
		assert_memory_not_equal(t.data, other.data, t.bytes);
		for (size_t k = 0; k < t.count; k++)
			seen[((uint8_t *)t.data)[k]] = true;
		for (size_t k = 0; k < 256; k++)
			count += seen[k];
		assert_int_equal(count, 256);
		tensor_free(&t);
		tensor_free(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounding),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(arrays_of_real_numbers),
		cmocka_unit_test(arrays_of_integers),
		cmocka_unit_test(what_cannot_be_quantised),
		cmocka_unit_test(dequantize),
		cmocka_unit_test(made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
