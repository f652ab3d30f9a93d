/* Weights and bias from .npy files and seeds. */
#include "weights_fixture.h"

/* An .npy file of the values i + 0.25, as it would come from NumPy. */
static size_t make_npy(uint8_t *file, const char *descr, uint32_t ndim,
		       const uint64_t *shape, size_t count)
{
	size_t at = npy_format(file, FILE_BYTES, descr, ndim, shape);

	assert_true(at > 0 && at % 64 == 0);
	for (size_t i = 0; i < count; i++) {
		double d = (double)i + 0.25;
		float s = (float)d;
		uint16_t h = fp16_from_double(d);

		memcpy(file + at,
		       descr[2] == '2'	 ? (void *)&h
		       : descr[2] == '4' ? (void *)&s
					 : (void *)&d,
		       (size_t)(descr[2] - '0'));
		at += (size_t)(descr[2] - '0');
	}
	return at;
}

static const uint64_t weight_shape[] = { 6, 2, 2, 1 };

static void test_npy_types(void **state)
{
	static const char *const descrs[] = { "<f2", "<f4", "<f8" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint8_t file[FILE_BYTES];
		struct fixture f;
		uint16_t *weights;

		open_fixture(&f);
		f.p.weights.kind = SOURCE_NPY;
		write_file(file,
			   make_npy(file, descrs[i], 4, weight_shape, WEIGHT_COUNT));
		weights = weights_load(&f.p, f.diag);
		assert_non_null(weights);
		check_values(descrs[i], weights);
		free(weights);
		close_fixture(&f);
	}
}

#define NPY_HEAD(dict) "\x93NUMPY\x01\x00\x46\x00" dict
/* clang-format off */
static const struct {
	const char *name, *dict; /* padded to 70 characters */
	const char *words, *remedy;
} npy_headers[] = {
	{ "big-endian", "{'descr': '>f4', 'fortran_order': False, 'shape': (6, 2, 2, 1), }",
	  "big-endian", "astype" },
	{ "booleans", "{'descr': '|b1', 'fortran_order': False, 'shape': (6, 2, 2, 1), }",
	  "not numbers", "astype('<f4')" },
	{ "integers", "{'descr': '<i4', 'fortran_order': False, 'shape': (6, 2, 2, 1), }",
	  "[weights-type]", "astype('<f2')" },
	{ "bytes", "{'descr': '|S8', 'fortran_order': False, 'shape': (6, 2, 2, 1), }",
	  "not a plain number", NULL },
	{ "structure", "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (6,)}",
	  "not a plain number", NULL },
	{ "fortran", "{'descr': '<f4', 'fortran_order': True, 'shape': (6, 2, 2, 1), }",
	  "Fortran", "ascontiguousarray" },
	{ "no shape", "{'descr': '<f4', 'fortran_order': True, }", "lacks", NULL },
	{ "no dictionary", "['descr']", "dictionary", NULL },
	{ "huge size", "{'descr':'<f4','fortran_order':False,'shape':(99999999999999999999,)}",
	  "64 bits", NULL },
	{ "huge product", "{'descr':'<f4','fortran_order':False,'shape':(4294967296,4294967296)}",
	  "64 bits", NULL },
	{ "nine dimensions", "{'descr':'<f4','fortran_order':False,'shape':(1,1,1,1,1,1,1,1,1)}",
	  "dimensions", NULL },
	{ "negative size", "{'descr': '<f4', 'fortran_order': False, 'shape': (-6, 2, 2, 1)}",
	  "malformed", NULL },
	{ "no truth value", "{'descr': '<f4', 'fortran_order': 0, 'shape': (6, 2, 2, 1), }",
	  "no truth value", NULL },
	{ "a shape that is none", "{'descr': '<f4', 'fortran_order': False, 'shape': 24, }",
	  "has no shape", NULL },
	{ "sizes without a comma", "{'descr': '<f4', 'fortran_order': False, 'shape': (6 2), }",
	  "malformed shape", NULL },
	{ "entries without a comma", "{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}",
	  "header is malformed", NULL },
	{ "many bytes", "{'descr':'<f8','fortran_order':False,'shape':(4611686018427387904,)}",
	  "more bytes than 64 bits", NULL },
	{ "two shapes", "{'descr':'<f4','fortran_order':False,'shape':(6,),'shape':(6,)}",
	  "unexpected key", NULL },
};
/* clang-format on */

static void test_npy_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof npy_headers / sizeof *npy_headers; i++) {
		char file[80 + 96] = NPY_HEAD("");

		snprintf(file + 10, 71, "%-70s", npy_headers[i].dict);
		refuse(npy_headers[i].name, SOURCE_NPY, NULL, file, sizeof file,
		       npy_headers[i].words, npy_headers[i].remedy);
	}
}

static void test_npy_versions(void **state)
{
	char file[176] = "\x93NUMPY\x04\x00";

	(void)state;
	refuse("another version", SOURCE_NPY, NULL, file, sizeof file,
	       ".npy version 4 is not 1, 2 or 3", NULL);
	memcpy(file + 6, "\x02\x00\xff\xff\xff\x7f", 6);
	refuse("a long header", SOURCE_NPY, NULL, file, sizeof file, "is too long", NULL);
}

static void test_npy_shapes(void **state)
{
	static const struct {
		const char *name;
		uint32_t ndim;
		uint64_t shape[5];
		size_t count;
	} cases[] = {
		{ "transposed", 4, { 2, 6, 2, 1 }, 24 },
		{ "not grouped", 4, { 6, 4, 2, 1 }, 48 },
		{ "flat", 1, { 24 }, 24 },
		{ "matrix for a 2x1 kernel", 2, { 6, 2 }, 12 },
		{ "five dimensions", 5, { 6, 2, 2, 1, 1 }, 24 },
		{ "empty", 4, { 6, 2, 0, 1 }, 0 },
		{ "scalar", 0, { 0 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t file[FILE_BYTES];
		size_t n =
		    make_npy(file, "<f4", cases[i].ndim, cases[i].shape, cases[i].count);
		char has[64];

		npy_shape_text(has, sizeof has, cases[i].ndim, cases[i].shape);
		refuse(cases[i].name, SOURCE_NPY, NULL, file, n,
		       "conv 'c1' needs (6, 2, 2, 1) [weights-shape]", has);
	}
}

/* Every prefix and a byte too many: never loaded, never out of bounds. */
static void test_npy_lengths(void **state)
{
	uint8_t file[FILE_BYTES];
	size_t n = make_npy(file, "<f4", 4, weight_shape, WEIGHT_COUNT);

	(void)state;
	for (size_t i = 0; i <= n + 1; i++) {
		char name[64];

		file[n] = 0;
		snprintf(name, sizeof name, "%zu of %zu bytes", i, n);
		if (i != n)
			refuse(name, SOURCE_NPY, NULL, file, i, "weights file", NULL);
	}
}

static void test_values(void **state)
{
	static const struct {
		const char *name;
		double value;
		const char *words;
	} cases[] = {
		{ "nan", NAN, "element [4, 1, 0, 0] is not a number [weights-finite]" },
		{ "infinite", -INFINITY,
		  "element [4, 1, 0, 0] is infinite [weights-finite]" },
		{ "too large", 65520,
		  "element [4, 1, 0, 0] is 65520, beyond fp16's 65504 [weights-range]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t file[FILE_BYTES];
		size_t n = make_npy(file, "<f8", 4, weight_shape, WEIGHT_COUNT);

		/* [4, 1, 0, 0] = 4 * 4 + 1 * 2 */
		memcpy(file + n - (WEIGHT_COUNT - 18) * 8, &cases[i].value, 8);
		refuse(cases[i].name, SOURCE_NPY, NULL, file, n, cases[i].words, NULL);
	}
}

static void test_pointwise_matrix(void **state)
{
	const uint64_t shape[] = { 6, 4 };
	uint8_t file[FILE_BYTES];
	struct fixture f;
	uint16_t *weights;

	(void)state;
	open_fixture(&f);
	f.p.kernel_h = f.p.groups = 1;
	f.p.weights.kind = SOURCE_NPY;
	write_file(file, make_npy(file, "<f2", 2, shape, 24));
	weights = weights_load(&f.p, f.diag);
	assert_non_null(weights);
	check_values("matrix", weights);
	free(weights);
	close_fixture(&f);
}

static void test_no_file(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	f.p.weights.kind = SOURCE_NPY;
	f.p.weights.path = (char *)"no-such-file.npy";
	assert_null(weights_load(&f.p, f.diag));
	f.p.weights.path = (char *)".";
	assert_null(weights_load(&f.p, f.diag));
	fflush(f.out);
	assert_non_null(
	    strstr(f.text, "'no-such-file.npy': it cannot be opened: No such file"));
	assert_non_null(strstr(f.text, "'.': it is not a regular file [weights-file]"));
	assert_int_equal(diag_errors(f.diag), 2);
	close_fixture(&f);
}

/* splitmix64 as its author gives it: a state that advances. */
static uint64_t next_splitmix64(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void test_seed(void **state)
{
	struct fixture f;
	uint16_t *weights, *other;
	uint64_t stream = 7, key;
	double least = 1, most = -1, sum = 0;

	(void)state;
	open_fixture(&f);
	f.p.out_c = 61;
	f.p.in_c = 31;
	f.p.groups = 1;
	f.p.kernel_h = f.p.kernel_w = 3;
	weights = weights_load(&f.p, f.diag);
	assert_non_null(weights);
	key = next_splitmix64(&stream); /* the first stream of seed 7 */
	for (uint32_t i = 0, n = 61 * 31 * 9; i < n; i++) {
		static uint64_t word;
		double value = value_of_half(weights[i]), want;

		if (i % 4 == 0)
			word = next_splitmix64(&key);
		want = ((double)(word >> (16 * (i % 4) + 5) & 2047) - 1024) / 1024;
		if (value != want)
			fail_msg("weight %u is %g, not %g", i, value, want);
		least = fmin(least, value);
		most = fmax(most, value);
		sum += value;
	}
	/* 17019 uniform draws: the mean is within 5 of its standard deviations. */
	assert_true(least == -1 && most > 0.99 &&
		    fabs(sum / (61 * 31 * 9)) < 5 * 0.58 / 130);
	f.p.seed = 8;
	other = weights_load(&f.p, f.diag);
	assert_non_null(other);
	assert_memory_not_equal(weights, other, 64);
	free(weights);
	free(other);
	close_fixture(&f);
}

/* The bias of a conv whose weights come from a seed. */
static float *bias_load(const struct conv_problem *p, struct diag *diag)
{
	struct operands o;
	float *bias = operands_load(&o, p, diag) ? o.bias : NULL;

	if (bias)
		o.bias = NULL;
	operands_free(&o);
	return bias;
}

static void test_bias(void **state)
{
	const uint64_t shape[] = { 6 }, wrong[] = { 1, 6 };
	uint8_t file[FILE_BYTES];
	struct fixture f;
	float *bias;

	(void)state;
	open_fixture(&f);
	assert_null(bias_load(&f.p, f.diag));
	assert_int_equal(diag_errors(f.diag), 0);

	f.p.bias.kind = SOURCE_SEED;
	bias = bias_load(&f.p, f.diag);
	assert_non_null(bias);
	for (int i = 0; i < 6; i++)
		assert_true(fabsf(bias[i]) <= 16 && bias[i] * 64 == floorf(bias[i] * 64));
	assert_true(bias[0] != bias[1]);
	free(bias);

	f.p.bias.kind = SOURCE_NPY;
	write_file(file, make_npy(file, "<f8", 1, shape, 6));
	bias = bias_load(&f.p, f.diag);
	assert_non_null(bias);
	for (int i = 0; i < 6; i++)
		assert_true(bias[i] == (float)i + 0.25f);
	free(bias);

	write_file(file, make_npy(file, "<f8", 2, wrong, 6));
	assert_null(bias_load(&f.p, f.diag));
	fflush(f.out);
	assert_non_null(
	    strstr(f.text, "shape (1, 6), conv 'c1' needs (6,) [bias-shape]"));
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_npy_types),
		cmocka_unit_test(test_npy_headers),
		cmocka_unit_test(test_npy_versions),
		cmocka_unit_test(test_npy_shapes),
		cmocka_unit_test(test_npy_lengths),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_pointwise_matrix),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_bias),
	};

	return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
