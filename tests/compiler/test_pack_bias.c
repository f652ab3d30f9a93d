/*
 * The bias stream: fp32, int32, and groups of 8 channels with correction and factor.
 * Places are the definition's, worked out byte by byte here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "pack_fixture.h"

#define MAX_CHANS 200u
#define MAX_BYTES (256u * 8)

/* Values of `count` channels, all different. */
struct values {
	float bias[MAX_CHANS];
	int32_t fixed[MAX_CHANS];
	int16_t correction[MAX_CHANS];
	uint16_t factor[MAX_CHANS];
};

static void make_values(struct values *v)
{
	for (uint32_t k = 0; k < MAX_CHANS; k++) {
		v->bias[k] = (float)k - 18.5f;
		v->fixed[k] = (int32_t)(k * 2654435761u); /* over the whole range */
		v->correction[k] = (int16_t)(128 - (int)k);
		v->factor[k] = (uint16_t)(0x4000 - 3 * k);
	}
}

static struct operands operands_of(struct values *v)
{
	return (struct operands){ .bias = v->bias, .bias_fixed = v->fixed,
				  .correction = v->correction, .factor = v->factor };
}

/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem, out_elem;
	bool per_channel;
	uint32_t out_c, groups;
	uint32_t want_bytes; /* of the stream: whole kernel groups */
} cases[] = {
	{ "fp16 dense",                NPU_ELEM_FP16, NPU_ELEM_FP16, false,  37,  1,  48 * 4 },
	{ "fp16 depthwise",            NPU_ELEM_FP16, NPU_ELEM_FP16, false,  40, 40,  64 * 4 },
	{ "int8 one scale",            NPU_ELEM_INT8, NPU_ELEM_INT8, false,  37,  1,  64 * 4 },
	{ "int8 to int32",             NPU_ELEM_INT8, NPU_ELEM_INT32, false, 33,  1,  64 * 4 },
	{ "int8 one scale, depthwise", NPU_ELEM_INT8, NPU_ELEM_INT8, false,  65, 65, 128 * 4 },
	{ "int8 a scale a channel",    NPU_ELEM_INT8, NPU_ELEM_INT8, true,   37,  1,  64 * 8 },
	{ "... whole groups of eight", NPU_ELEM_INT8, NPU_ELEM_INT8, true,   64,  1,  64 * 8 },
	{ "... depthwise",             NPU_ELEM_INT8, NPU_ELEM_INT8, true,   72, 72, 128 * 8 },
	{ "... one channel",           NPU_ELEM_INT8, NPU_ELEM_INT8, true,    1,  1,  32 * 8 },
};
/* clang-format on */

static int64_t read_int(const uint8_t *at, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)at[i] << 8 * i;
	if (v >> (8 * bytes - 1))
		v |= UINT64_MAX << 8 * bytes;
	return (int64_t)v;
}

/* Channel k of eight: bias at 4, correction at 32 + 2, factor at 48 + 2 bytes each. */
static void check_grouped(const char *name, const struct values *v, uint32_t out_c,
			  const uint8_t *packed, uint32_t stored)
{
	for (uint32_t k = 0; k < stored; k++) {
		const uint8_t *group = packed + k / 8 * 64;
		bool real = k < out_c;
		int64_t bias = read_int(group + k % 8 * 4, 4);
		int64_t correction = read_int(group + 32 + k % 8 * 2, 2);
		int64_t factor = read_int(group + 48 + k % 8 * 2, 2);

		if (bias != (real ? v->fixed[k] : 0) ||
		    correction != (real ? v->correction[k] : 0) ||
		    factor != (real ? v->factor[k] : 0))
			fail_msg("%s: channel %u is %lld, %lld, %lld", name, k,
				 (long long)bias, (long long)correction,
				 (long long)factor);
	}
}

static void check_linear(const char *name, const void *values, uint32_t out_c,
			 const uint8_t *packed, uint32_t stored)
{
	static const uint8_t zeros[MAX_BYTES];

	if (memcmp(packed, values, out_c * 4) != 0)
		fail_msg("%s: not the channels' values in order", name);
	if (memcmp(packed + out_c * 4, zeros, (stored - out_c) * 4) != 0)
		fail_msg("%s: channels that do not exist are not zero", name);
}

static struct conv_problem problem_of(size_t i)
{
	struct conv_problem p = make_problem(cases[i].elem, cases[i].out_c,
					     cases[i].groups > 1 ? cases[i].out_c : 16,
					     cases[i].groups, 1, 1);

	p.out_elem = cases[i].out_elem;
	p.bias.kind = SOURCE_SEED;
	p.fusion.per_channel = cases[i].per_channel;
	return p;
}

static void test_streams(void **state)
{
	uint8_t packed[MAX_BYTES + RED_ZONE];
	struct values v, back;
	struct operands o = operands_of(&v), b = operands_of(&back);

	(void)state;
	make_values(&v);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *name = cases[i].name;
		uint32_t chan_bytes = cases[i].per_channel ? 8 : 4;
		uint32_t stored = cases[i].want_bytes / chan_bytes, n = cases[i].out_c;
		struct conv_problem p = problem_of(i);
		struct conv_layout l;

		assert_true(layout_from_problem(&l, &p));
		if (l.bias_bytes != cases[i].want_bytes)
			fail_msg("%s: %llu bytes", name, (unsigned long long)l.bias_bytes);
		memset(packed, POISON, sizeof packed);
		memset(&back, POISON, sizeof back);
		pack_bias(&p, &l, &o, packed);
		check_zone(name, packed, l.bias_bytes);
		unpack_bias(&p, &l, packed, &b);
		if (cases[i].per_channel) {
			check_grouped(name, &v, n, packed, stored);
			assert_memory_equal(back.fixed, v.fixed, n * sizeof *v.fixed);
			assert_memory_equal(back.correction, v.correction, n * 2);
			assert_memory_equal(back.factor, v.factor, n * 2);
		} else if (cases[i].elem == NPU_ELEM_INT8) {
			check_linear(name, v.fixed, n, packed, stored);
			assert_memory_equal(back.fixed, v.fixed, n * sizeof *v.fixed);
		} else {
			check_linear(name, v.bias, n, packed, stored);
			assert_memory_equal(back.bias, v.bias, n * sizeof *v.bias);
		}
		layout_free(&l);
	}
}

/* Channel 21 of the specification: bias at 148, correction at 170, factor at 186. */
static void test_worked_example(void **state)
{
	struct conv_problem p = make_problem(NPU_ELEM_INT8, 24, 16, 1, 1, 1);
	int32_t fixed[24] = { [21] = 0x01020304 };
	int16_t correction[24] = { [21] = -2 };
	uint16_t factor[24] = { [21] = 0x3abc };
	struct operands o = { .bias_fixed = fixed, .correction = correction,
			      .factor = factor };
	struct conv_layout l;
	uint8_t packed[256];

	(void)state;
	p.fusion.per_channel = true;
	assert_true(layout_from_problem(&l, &p));
	assert_int_equal(l.bias_bytes, sizeof packed);
	pack_bias(&p, &l, &o, packed);
	assert_int_equal(read_int(packed + 148, 4), 0x01020304);
	assert_int_equal(read_int(packed + 170, 2), -2);
	assert_int_equal(read_int(packed + 186, 2), 0x3abc);
	layout_free(&l);
}

/* A stream that exists for an activation alone: zeros, multiplied by one. */
static void test_nothing_given(void **state)
{
	struct conv_problem p = make_problem(NPU_ELEM_INT8, 9, 16, 1, 1, 1);
	const struct operands none = { 0 };
	uint8_t packed[32 * 8];
	struct conv_layout l;

	(void)state;
	p.fusion.per_channel = true;
	assert_true(layout_from_problem(&l, &p));
	assert_int_equal(l.bias_bytes, sizeof packed);
	memset(packed, POISON, sizeof packed);
	pack_bias(&p, &l, &none, packed);
	for (uint32_t k = 0; k < 32; k++) {
		const uint8_t *group = packed + k / 8 * 64;

		assert_int_equal(read_int(group + k % 8 * 4, 4), 0);
		assert_int_equal(read_int(group + 32 + k % 8 * 2, 2), 0);
		assert_int_equal(read_int(group + 48 + k % 8 * 2, 2), k < 9 ? 0x4000 : 0);
	}
	layout_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_worked_example),
		cmocka_unit_test(test_nothing_given),
	};

	return cmocka_run_group_tests_name("pack-bias", tests, NULL, NULL);
}
