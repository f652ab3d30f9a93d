/*
 * Weight order.  The expectation is the definition, walked: position after
 * position, group of kernels, block of channels, tap, kernel, channel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pack_fixture.h"

/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem;
	uint32_t out_c, in_c, kernel_h, kernel_w;
	uint32_t want_chans, want_kernels; /* stored */
} dense_cases[] = {
	/* name                       elem        K    C  kh kw  Cw   Kw */
	{ "worked example",       NPU_ELEM_FP16, 40,  72,  3, 3,  72,  40 },
	{ "one of everything",    NPU_ELEM_FP16,  1,   8,  1, 1,   8,   1 },
	{ "part of an atom",      NPU_ELEM_FP16,  5,   6,  2, 3,   8,   5 },
	{ "two atoms",            NPU_ELEM_FP16, 17,  13,  3, 2,  16,  17 },
	{ "three atoms are four", NPU_ELEM_FP16, 16,  24,  3, 3,  32,  16 },
	{ "17 channels are 32",   NPU_ELEM_FP16,  3,  17,  3, 3,  32,   3 },
	{ "56 channels are 64",   NPU_ELEM_FP16, 33,  56,  1, 5,  64,  33 },
	{ "152 channels are 160", NPU_ELEM_FP16, 31, 152,  1, 1, 160,  31 },
	{ "144 stay 144",         NPU_ELEM_FP16, 24, 144,  1, 1, 144,  24 },
	{ "pixel input",          NPU_ELEM_FP16, 32,   3,  3, 3,   8,  32 },
	{ "five by five",         NPU_ELEM_FP16, 19,  40,  5, 5,  40,  19 },
	{ "seven by seven",       NPU_ELEM_FP16, 18,  64,  7, 7,  64,  18 },
	{ "largest kernel",       NPU_ELEM_FP16,  2,  16, 31, 31, 16,   2 },
	{ "eleven by one",        NPU_ELEM_FP16, 16,  48, 11, 1,  48,  16 },
	{ "int8 keeps 48",        NPU_ELEM_INT8, 64,  48,  3, 3,  48,  64 },
	{ "int8 kernels in pairs", NPU_ELEM_INT8, 37, 40,  3, 3,  48,  38 },
	{ "int8 one kernel",      NPU_ELEM_INT8,  1,  80,  1, 1,  80,   2 },
};
/* clang-format on */

static void test_dense_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof dense_cases / sizeof *dense_cases; i++) {
		const char *name = dense_cases[i].name;
		struct both b;
		size_t end;

		open_both(&b,
			  make_problem(dense_cases[i].elem, dense_cases[i].out_c,
				       dense_cases[i].in_c, 1, dense_cases[i].kernel_h,
				       dense_cases[i].kernel_w));
		if (b.layout.slice_count != 1)
			fail_msg("%s: %u slices", name, b.layout.slice_count);
		end = walk_dense(&b, name, &b.layout.slices[0], dense_cases[i].want_chans,
				 dense_cases[i].want_kernels);
		if (end != b.layout.slices[0].weight_bytes)
			fail_msg("%s: %zu bytes walked, the layout has %llu", name, end,
				 (unsigned long long)b.layout.slices[0].weight_bytes);
		close_both(&b, name);
	}
}

/* Addresses worked out by hand from the formulas. */
/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem;
	uint32_t out_c, in_c, groups, k, c, y, x;
	uint32_t want_byte, want_total;
} worked[] = {
	{ "fp16 dense", NPU_ELEM_FP16, 40, 72, 1, 37, 66, 1, 2, 51412, 51840 },
	{ "int8 depthwise", NPU_ELEM_INT8, 80, 80, 80, 70, 70, 2, 1, 694, 720 },
};
/* clang-format on */

static void test_worked_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof worked / sizeof *worked; i++) {
		struct both b;
		size_t user;

		open_both(&b, make_problem(worked[i].elem, worked[i].out_c,
					   worked[i].in_c, worked[i].groups, 3, 3));
		user = user_index(&b.p, worked[i].k, worked[i].c,
				  worked[i].y * 3 + worked[i].x);
		check_position(&b, worked[i].name,
			       worked[i].want_byte / b.layout.elem->bytes, user, 0);
		if (b.layout.slices[0].weight_bytes != worked[i].want_total)
			fail_msg("%s: %llu bytes in all", worked[i].name,
				 (unsigned long long)b.layout.slices[0].weight_bytes);
		close_both(&b, worked[i].name);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem;
	uint32_t chans, kernel_h, kernel_w, want_chans; /* stored */
} depthwise_cases[] = {
	/* name                      elem          C  kh kw   Cw */
	{ "one block",           NPU_ELEM_FP16,   32, 3, 3,   32 },
	{ "three channels",      NPU_ELEM_FP16,    3, 3, 3,    8 },
	{ "two atoms stay two",  NPU_ELEM_FP16,   48, 5, 1,   48 },
	{ "24 channels are 32",  NPU_ELEM_FP16,   24, 3, 3,   32 },
	{ "a tail of one",       NPU_ELEM_FP16,  129, 2, 2,  136 },
	{ "144 stay 144",        NPU_ELEM_FP16,  144, 3, 3,  144 },
	{ "seven by seven",      NPU_ELEM_FP16,   96, 7, 7,   96 },
	{ "int8 48 are 64",      NPU_ELEM_INT8,   48, 3, 3,   64 },
	{ "int8 32 stay 32",     NPU_ELEM_INT8,   32, 3, 1,   32 },
};
/* clang-format on */

static void test_depthwise_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof depthwise_cases / sizeof *depthwise_cases; i++) {
		const char *name = depthwise_cases[i].name;
		const uint32_t chans = depthwise_cases[i].chans;
		const uint32_t taps =
		    depthwise_cases[i].kernel_h * depthwise_cases[i].kernel_w;
		const uint32_t block = depthwise_cases[i].elem == NPU_ELEM_INT8 ? 64 : 32;
		const uint32_t stored = depthwise_cases[i].want_chans;
		struct both b;
		size_t at = 0;

		open_both(&b, make_problem(depthwise_cases[i].elem, chans, chans, chans,
					   depthwise_cases[i].kernel_h,
					   depthwise_cases[i].kernel_w));
		for (uint32_t c0 = 0; c0 < stored; c0 += block)
			for (uint32_t tap = 0; tap < taps; tap++)
				for (uint32_t c = c0; c < c0 + block && c < stored; c++)
					check_position(&b, name, at++,
						       c < chans ? (size_t)c * taps + tap
								 : SIZE_MAX, 0);
		if (at * b.layout.elem->bytes != b.layout.slices[0].weight_bytes)
			fail_msg("%s: wrong size", name);
		close_both(&b, name);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	uint32_t out_c, in_c, groups, kernel;
} grouped_cases[] = {
	{ "whole kernel groups", 64, 64, 2, 3 },
	{ "three channels, seven kernels", 35, 15, 5, 3 },
	{ "two channels, one kernel", 2, 4, 2, 1 },
	{ "block of channels straddled", 96, 120, 6, 1 },
	{ "channel multiplier", 64, 32, 32, 3 },
	{ "fewer kernels than channels", 12, 60, 12, 3 },
	{ "more than one slice", 320, 160, 10, 3 },
};
/* clang-format on */

/* Every channel is in one slice, and a slice is a dense walk with zeros. */
static void test_grouped_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof grouped_cases / sizeof *grouped_cases; i++) {
		const char *name = grouped_cases[i].name;
		struct both b;
		uint32_t c = 0, k = 0;

		open_both(&b,
			  make_problem(NPU_ELEM_FP16, grouped_cases[i].out_c,
				       grouped_cases[i].in_c, grouped_cases[i].groups,
				       grouped_cases[i].kernel, grouped_cases[i].kernel));
		for (uint32_t j = 0; j < b.layout.slice_count; j++) {
			const struct conv_slice *s = &b.layout.slices[j];

			if (s->c != c || s->k != k || s->weight_offset % 64 != 0)
				fail_msg("%s: slice %u starts at c %u, k %u, byte %llu",
					 name, j, s->c, s->k,
					 (unsigned long long)s->weight_offset);
			walk_dense(&b, name, s, s->kernel_chans, s->stored_kernels);
			c += s->c_count;
			k += s->k_count;
		}
		if (c != b.p.in_c || k != b.p.out_c)
			fail_msg("%s: slices cover %u channels and %u kernels", name, c,
				 k);
		close_both(&b, name);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	uint32_t out_c, in_c, groups, kernel_h, kernel_w;
} zero_cases[] = {
	/* name                            K    C   g  kh kw */
	{ "nothing to fill",              64,  64,  1, 3, 3 },
	{ "part of an atom",               5,   6,  1, 2, 3 },
	{ "last block part filled",       32,  41,  1, 1, 1 },
	{ "odd kernels, the pair empty",  33,  17,  1, 3, 3 },
	{ "one kernel of one channel",     1,   5,  1, 1, 1 },
	{ "three-channel image",           8,   3,  1, 3, 3 },
	{ "two groups in a slice",        64,  64,  2, 3, 3 },
	{ "groups that share an atom",    35,  15,  5, 3, 3 },
	{ "more than one slice",         320, 160, 10, 1, 1 },
};
/* clang-format on */

/* Lanes that hold no weight hold their kernel's zero point. */
static void test_padding_is_the_zero_point(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof zero_cases / sizeof *zero_cases; i++) {
		const char *name = zero_cases[i].name;
		struct both b;

		open_both_with(&b,
			       make_problem(NPU_ELEM_INT8, zero_cases[i].out_c,
					    zero_cases[i].in_c, zero_cases[i].groups,
					    zero_cases[i].kernel_h,
					    zero_cases[i].kernel_w),
			       make_zeros(zero_cases[i].out_c));
		for (uint32_t j = 0; j < b.layout.slice_count; j++)
			walk_dense(&b, name, &b.layout.slices[j],
				   b.layout.slices[j].kernel_chans,
				   b.layout.slices[j].stored_kernels);
		close_both(&b, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense_order),
		cmocka_unit_test(test_worked_examples),
		cmocka_unit_test(test_depthwise_order),
		cmocka_unit_test(test_grouped_order),
		cmocka_unit_test(test_padding_is_the_zero_point),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
