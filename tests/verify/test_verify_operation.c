/*
 * Bundles of every operation are recomputed from what they say, and one whose constants
 * are not those of its registers is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile.h"
#include "spec.h"
#include "verify_fixture.h"

#define PATH "verify-operation.npub"

/* clang-format off */
static const struct {
	const char *name, *spec;
} cases[] = {
	{ "int8", "conv { type int8; input 40x14x14; output 37; kernel 3; pad 1; bias seed; input_quant scale 0.02 zero -3 }" },
	{ "int8 bytes", "conv { type int8; input 32x14x14; output 32; kernel 3; pad 1; input_quant scale 0.02 zero 100 uint8; output_quant scale 0.1 zero 128 uint8 }" },
	{ "int8, relu", "conv { type int8; input 17x9x9; output 19; kernel 3; activation relu }" },
	{ "int8, clip", "conv { type int8; input 32x20x20; output 64; kernel 1; activation relu6 }" },
	{ "int8, one scale", "conv { type int8; input 17x14x14; output 24; kernel 3; weight_quant scale 0.01 zero 3; input_quant scale 0.05 zero 30 }" },
	{ "int8, one scale chosen", "conv { type int8; input 17x14x14; output 24; kernel 3; weight_quant per_tensor }" },
	{ "int8, add", "conv { type int8; input 40x30x30; output 36; kernel 3; add scale 0.1 zero 5; activation relu }" },
	{ "int8, add to a batch", "conv { type int8; batch 2; input 40x9x7; output 36; kernel 3; add; activation relu6 }" },
	{ "int8 depthwise, leaky", "conv { type int8; input 72x15x15; output 72; groups 72; kernel 3; pad 1; activation leaky 0.1 }" },
	{ "int8 grouped", "conv { type int8; input 72x15x15; output 36; groups 12; kernel 3; pad 1; input_quant scale 0.1 zero 9 }" },
	{ "int8 to int32", "conv { type int8; output_type int32; input 48x9x9; output 40; kernel 3 }" },
	{ "int8 to int32, bias", "conv { type int8; output_type int32; input 48x9x9; output 40; kernel 3; bias seed; input_quant scale 0.1 zero 2 }" },
	{ "pixels", "conv { type int8; input 3x32x30; output 20; kernel 3; stride 2; input_mean 123.675 116.28 103.53; input_std 58.395 57.12 57.375 }" },
	{ "rows in a batch", "conv { batch 3; input 12x20x14; output 8; kernel 3; split y 2 }" },
	{ "rows of groups", "conv { type int8; batch 2; groups 2; input 64x20x14; output 64; kernel 3; split y 3 }" },
	{ "rows and channels in a batch", "conv { batch 2; input 12x20x14; output 64; kernel 3; split y 3 k 2 }" },
	{ "fp16, add", "conv { input 40x30x30; output 36; kernel 3; bias seed; add; activation relu }" },
	{ "fp16, clip", "conv { input 40x30x30; output 36; kernel 3; activation relu6; bn_scale seed; bn_shift seed }" },
	{ "fp16 pixels", "conv { input 3x32x30; output 20; kernel 3; input_mean 128; input_std 64 }" },
	{ "fp16 depthwise, add", "conv { input 40x30x30; output 40; groups 40; kernel 3; add }" },
};
/* clang-format on */

#define ALL_CORES 7u
#define TWO_CORES 2u

/* Compile a spec of one conv to PATH, with plans for the core counts of the mask. */
static void write_bundle(const char *name, const char *text, uint32_t core_mask)
{
	const struct compile_options options = { .core_mask = core_mask };
	struct diag *diag = diag_new(stderr);
	struct bundle *bundle = bundle_new(1);
	struct compiled_conv c;
	struct operands o;
	struct spec spec;
	char why[256];

	assert_true(diag && bundle);
	spec_init(&spec);
	spec_read_text(&spec, name, text, strlen(text), diag);
	spec_check(&spec, diag);
	if (diag_errors(diag) || spec.count != 1)
		fail_msg("%s: the spec is refused", name);
	if (!operands_load(&o, &spec.convs[0], diag) ||
	    !compile_conv(&c, &spec.convs[0], &o.op, &options, diag))
		fail_msg("%s: not compiled", name);
	assert_true(compile_emit(bundle, &c, &o));
	if (!bundle_write_file(bundle, PATH, why, sizeof why))
		fail_msg("%s", why);
	compiled_conv_free(&c);
	operands_free(&o);
	bundle_free(bundle);
	spec_free(&spec);
	diag_free(diag);
}

static void passes(const char *name, const char *spec, uint32_t core_mask)
{
	struct verify_subject s;
	struct report report;

	write_bundle(name, spec, core_mask);
	assert_int_equal(subject_open(&s, PATH, NPU_ELEM_FP16), 0);
	check_subject(&s, &report);
	for (uint32_t k = 0; k < report.count; k++) {
		if (report.items[k].verdict != VERDICT_PASS)
			fail_msg("%s, cores 0x%x: %s: %s", name, core_mask,
				 report.items[k].name, report.items[k].reason);
	}
	subject_close(&s);
}

static void bundles_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		passes(cases[i].name, cases[i].spec, ALL_CORES);
		passes(cases[i].name, cases[i].spec, TWO_CORES);
	}
	remove(PATH);
}

static void other_shift(struct npub_op *op) { op->out_shift++; }
static void other_scale(struct npub_op *op) { op->out_scale ^= 1; }
static void other_zero(struct npub_op *op) { op->out_zero++; }
static void other_padding(struct npub_op *op) { op->pad_value++; }
static void other_limit(struct npub_op *op) { op->limit--; }
static void other_operand(struct npub_op *op) { op->operand_shift++; }
static void no_activation(struct npub_op *op) { op->flags &= ~(NPUB_OP_RELU | NPUB_OP_CLAMP); }
static void no_addition(struct npub_op *op) { op->flags &= ~NPUB_OP_ADD; }
static void one_scale(struct npub_op *op) { op->flags &= ~NPUB_OP_PER_CHANNEL; }

/* What a bundle says of its operation decides what its registers must hold. */
static void other_constants_are_found(void **state)
{
	static const char *const spec =
		"conv { type int8; input 40x30x30; output 36; kernel 3; add scale 0.1 "
		"zero 5; activation relu6 }";
	static const struct {
		const char *name;
		void (*damage)(struct npub_op *op);
	} damages[] = {
		{ "shift", other_shift },	{ "scale", other_scale },
		{ "zero point", other_zero },	{ "padding", other_padding },
		{ "limit", other_limit },	{ "operand", other_operand },
		{ "activation", no_activation }, { "addition", no_addition },
		{ "multipliers", one_scale },
	};

	(void)state;
	write_bundle("damaged", spec, ALL_CORES);
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		struct verify_subject s;
		struct report report;
		const char *verdict;

		assert_int_equal(subject_open(&s, PATH, NPU_ELEM_FP16), 0);
		report_init(&report);
		damages[i].damage(&((struct npub_conv *)s.npub.convs)[0].op);
		subject_check_plan(&s, 0, &report);
		verdict = verdict_of(&report, "bundle-plan");
		if (!strcmp(verdict, "PASS") || !strstr(verdict, "recomputed"))
			fail_msg("%s: %s", damages[i].name, verdict);
		subject_close(&s);
	}
	remove(PATH);
}

static struct npub_tensor *tensor(struct npub *b, uint32_t index)
{
	return (struct npub_tensor *)&b->tensors[index];
}

/* The first channels' biases, corrections and multipliers, 64 bytes. */
static uint8_t *stream(struct npub *b)
{
	const struct npub_tensor *t = &b->tensors[b->convs->bias];

	return (uint8_t *)b->data + b->bos[t->bo].data_offset + t->bo_offset;
}

static void wrong_shift(struct npub *b) { ((struct npub_conv *)b->convs)->op.out_shift++; }
static void wrong_operand(struct npub *b) { ((struct npub_conv *)b->convs)->op.operand_scale++; }
static void wrong_zero(struct npub *b) { tensor(b, b->convs->weights)->zero_point++; }
static void wrong_input(struct npub *b) { tensor(b, b->convs->input)->scale *= 1.01f; }
static void wrong_weights(struct npub *b) { tensor(b, b->convs->weights)->scale *= 2; }
static void wrong_channel(struct npub *b) { ((float *)b->scales)[0] *= 0.5f; }
static void wrong_correction(struct npub *b) { stream(b)[33] = 1; }
static void no_factor(struct npub *b) { memset(stream(b) + 48, 0, 2); }
static void large_factor(struct npub *b) { stream(b)[49] = 0x7f; }
static void other_factor(struct npub *b) { stream(b)[48] ^= 2; }
static void wrong_sums(struct npub *b) { tensor(b, b->convs->output)->scale *= 2; }

/* Constants in words and bundle alike, but not those that its scales make. */
static void other_numbers_are_found(void **state)
{
	static const char *const add =
		"conv { type int8; input 40x9x9; output 36; kernel 3; add scale 0.1 }";
	static const char *const wide =
		"conv { type int8; output_type int32; input 4x9x9; output 6; kernel 3 }";
	static const struct {
		const char *spec;
		void (*damage)(struct npub *b);
		const char *reason;
	} damages[] = {
		{ add, wrong_shift, "the output's multiplier is" },
		{ add, wrong_operand, "the operand's multiplier is" },
		{ add, wrong_zero, "zero point is 1" },
		{ add, wrong_input, "the output's multiplier is" },
		{ add, wrong_weights, "largest of the channels" },
		{ add, wrong_channel, "channel 0: the multiplier is" },
		{ add, wrong_correction, "channel 0: -256 is no zero point" },
		{ add, no_factor, "the multiplier 0 is not in" },
		{ add, large_factor, "is not in 1 to 16384" },
		{ add, other_factor, "channel 0: the multiplier is" },
		{ wide, wrong_sums, "the sums' scale" },
		{ wide, wrong_channel, "channel 0 has the scale" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		struct verify_subject s;
		struct report report;
		const char *verdict;

		write_bundle("numbers", damages[i].spec, ALL_CORES);
		assert_int_equal(subject_open(&s, PATH, NPU_ELEM_FP16), 0);
		damages[i].damage(&s.npub);
		report_init(&report);
		subject_check_numbers(&s, 0, &report);
		verdict = verdict_of(&report, "bundle-numbers");
		if (!strstr(verdict, damages[i].reason))
			fail_msg("%zu: %s", i, verdict);
		subject_close(&s);
	}
	remove(PATH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundles_pass),
		cmocka_unit_test(other_constants_are_found),
		cmocka_unit_test(other_numbers_are_found),
	};

	return cmocka_run_group_tests_name("verify_operation", tests, NULL, NULL);
}
