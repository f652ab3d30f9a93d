/*
 * What --explain says about the operation is the bundle's: tensors, the constants of
 * the output stage, the registers that hold them, and the bias stream.
 */
#include "bundle_sections.h"
#include "explain_cases.h"

#include <math.h>

#include "hw/npu_regs.h"
#include "hw/npu_word.h"

/* The first record's register; every record of a list starts complete. */
static uint32_t register_of(const struct sections *s, enum npu_reg reg)
{
	const struct npub_task *t = &s->tasks[s->plans[0].list[0].first_task];
	uint64_t word = t->regcmd_addr / NPU_WORD_BYTES;

	for (uint32_t i = 0; i < t->regcfg_amount; i++) {
		struct npu_word w = npu_word_unpack(s->words[word + i]);

		if (w.offset == npu_regs[reg].offset)
			return w.value;
	}
	fail_msg("the record does not write %s", npu_regs[reg].name);
	return 0;
}

static double real_at(const char *name, const json_t *json, const char *path)
{
	const json_t *value = json_at(name, json, path);

	if (!json_is_number(value))
		fail_msg("%s: %s is no number", name, path);
	return json_number_value(value);
}

static int64_t int_at(const char *name, const json_t *json, const char *path)
{
	const json_t *value = json_at(name, json, path);

	if (!json_is_integer(value))
		fail_msg("%s: %s is no integer", name, path);
	return json_integer_value(value);
}

static void same(const char *name, const json_t *json, const char *path, int64_t want)
{
	int64_t got = int_at(name, json, path);

	if (got != want)
		fail_msg("%s: %s is %lld, the bundle has %lld", name, path,
			 (long long)got, (long long)want);
}

static bool is_null(const char *name, const json_t *json, const char *path)
{
	return json_is_null(json_at(name, json, path));
}

static void check_tensor(const char *name, const json_t *j, const struct npub_tensor *t)
{
	if (strcmp(json_text_at(name, j, "type"), npu_elem_info(t->elem)->name) != 0)
		fail_msg("%s: a tensor's type is not the bundle's", name);
	if ((float)real_at(name, j, "scale") != t->scale)
		fail_msg("%s: a tensor's scale is not the bundle's", name);
	same(name, j, "zero_point", t->zero_point);
	assert_int_equal(json_is_true(json_at(name, j, "uint8")),
			 t->user_form == NPUB_USER_UINT8);
}

static void check_tensors(const char *name, const json_t *j, const struct sections *s)
{
	const struct npub_conv *c = s->conv;

	check_tensor(name, json_at(name, j, "input"), &s->tensors[c->input]);
	check_tensor(name, json_at(name, j, "output"), &s->tensors[c->output]);
	assert_int_equal(is_null(name, j, "operand"), c->operand == NPUB_NONE);
	if (c->operand != NPUB_NONE)
		check_tensor(name, json_at(name, j, "operand"), &s->tensors[c->operand]);
	assert_int_equal(is_null(name, j, "weights"), c->elem != NPU_ELEM_INT8);
	if (c->elem == NPU_ELEM_INT8 && (float)real_at(name, j, "weights.scale_max") !=
					    s->tensors[c->weights].scale)
		fail_msg("%s: the weights' scale is not the bundle's", name);
}

/* The ratio, its stand-in and the error agree; scale and shift are `scale`, `shift`. */
static void check_multiplier(const char *name, const json_t *j, const char *key, bool on,
			     uint32_t scale, uint32_t shift, double ratio)
{
	const json_t *m = json_at(name, j, key);
	double value, error;

	if (json_is_null(m) == on)
		fail_msg("%s: %s is %s", name, key, on ? "null" : "there");
	if (!on)
		return;
	same(name, m, "scale", scale);
	same(name, m, "shift", shift);
	value = real_at(name, m, "value");
	error = real_at(name, m, "relative_error");
	assert_true(value == scale / pow(2, shift));
	if (fabs(real_at(name, m, "ratio") / ratio - 1) > 1e-6)
		fail_msg("%s: %s is for %g, not %g", name, key, real_at(name, m, "ratio"),
			 ratio);
	/* 15 bits */
	assert_true(fabs(error) < 1.0 / 32768 + 1e-6);
	assert_true(fabs(value / real_at(name, m, "ratio") - 1 - error) < 1e-9);
}

/* Constants against the registers of a record, ratios against the tensors' scales. */
static void check_stages(const char *name, const json_t *j, const struct sections *s,
			 double slope)
{
	const struct npub_conv *c = s->conv;
	bool requantised = c->out_elem == NPU_ELEM_INT8;
	double step = (double)s->tensors[c->input].scale *
		      (double)s->tensors[c->weights].scale;
	uint32_t out = register_of(s, NPU_REG_DPU_OUT_CVT_SCALE);
	uint32_t ew = register_of(s, NPU_REG_DPU_EW_CVT_SCALE_VALUE);
	uint32_t leak = register_of(s, NPU_REG_DPU_BN_MUL_CFG);
	bool add = c->operand != NPUB_NONE;
	bool clip = !is_null(name, j, "activation.limit");

	check_multiplier(name, j, "requantisation", requantised, out & 0xffff,
			 register_of(s, NPU_REG_DPU_OUT_CVT_SHIFT),
			 step / (double)s->tensors[c->output].scale);
	check_multiplier(name, j, "addition", requantised && add, ew & 0xffff,
			 ew >> 16 & 63,
			 add ? (double)s->tensors[c->operand].scale / step : 1);
	check_multiplier(name, j, "activation.slope", leak != 0, leak >> 16,
			 leak >> 8 & 63, slope);
	assert_int_equal(clip, (c->op.flags & NPUB_OP_CLAMP) != 0);
	if (clip)
		same(name, j, "activation.limit",
		     register_of(s, add ? NPU_REG_DPU_EW_RELUX_CMP_VALUE
					: NPU_REG_DPU_BN_RELUX_CMP_VALUE));
	if (c->elem == NPU_ELEM_INT8)
		same(name, j, "padding",
		     (int8_t)register_of(s, NPU_REG_CNA_PAD_CON1));
}

static int32_t read_le(const uint8_t *at, int bytes)
{
	uint32_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint32_t)at[i] << 8 * i;
	return (int32_t)v;
}

/* Channel 0 is at the start of the stream, whatever its form. */
static void check_stream(const char *name, const json_t *j, const struct sections *s)
{
	const struct npub_conv *c = s->conv;
	const struct npub_tensor *t = c->bias == NPUB_NONE ? NULL : &s->tensors[c->bias];
	const char *stream = json_text_at(name, j, "bias.stream");
	const uint8_t *data;

	assert_int_equal(!strcmp(stream, "none"), t == NULL);
	assert_int_equal(is_null(name, j, "channel_0"), c->elem != NPU_ELEM_INT8);
	if (!t || c->elem != NPU_ELEM_INT8)
		return;
	data = s->data + s->bos[t->bo].data_offset + t->bo_offset;
	same(name, j, "channel_0.bias", read_le(data, 4));
	assert_int_equal(!strcmp(stream, "grouped"),
			 t->layout == NPUB_LAYOUT_BIAS_GROUPED);
	if (t->layout == NPUB_LAYOUT_BIAS_GROUPED) {
		same(name, j, "channel_0.correction", (int16_t)read_le(data + 32, 2));
		same(name, j, "channel_0.factor", read_le(data + 48, 2));
	} else {
		same(name, j, "channel_0.correction",
		     (int16_t)register_of(s, NPU_REG_DPU_BS_OW_OP));
	}
}

static void operation_equals_bundle(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPLAIN_CASES; i++) {
		const char *name = explain_cases[i].name;
		struct explained e;
		struct bundle *bundle;
		struct sections s;
		const json_t *j;

		explained_open(&e, name, explain_cases[i].spec,
			       strlen(explain_cases[i].spec), explain_cases[i].core_mask);
		bundle = make_bundle(&e.convs[0], &e.operands[0], &s);
		j = json_at(name, json_array_get(e.json, 0), "operation");
		check_tensors(name, j, &s);
		check_stages(name, j, &s, e.spec.convs[0].act.slope);
		check_stream(name, j, &s);
		bundle_free(bundle);
		explained_close(&e);
	}
}

/* clang-format off */
static const struct {
	const char *name, *spec, *path, *want;
} texts[] = {
	{ "default input", "conv { type int8; input 8x5x5; output 8; kernel 1 }", "input.source", "default" },
	{ "pixels", "conv { type int8; input 3x5x5; output 8; kernel 1; input_mean 127.5; input_std 128 }", "input.source", "pixels" },
	{ "chosen output", "conv { type int8; input 8x5x5; output 8; kernel 1 }", "output.source", "range" },
	{ "given output", "conv { type int8; input 8x5x5; output 8; kernel 1; output_quant scale 0.1 zero 0 }", "output.source", "given" },
	{ "int32 output", "conv { type int8; output_type int32; input 8x5x5; output 8; kernel 1 }", "output.source", "sum" },
	{ "and its weights", "conv { type int8; output_type int32; input 8x5x5; output 8; kernel 1 }", "weights.granularity", "per-tensor" },
	{ "operand as output", "conv { type int8; input 8x5x5; output 8; kernel 1; add }", "operand.source", "output" },
	{ "operand given", "conv { type int8; input 8x5x5; output 8; kernel 1; add scale 0.1 zero 0 }", "operand.source", "given" },
	{ "float operand", "conv { input 8x5x5; output 8; kernel 1; add }", "operand.source", "none" },
	{ "relu in BN", "conv { input 8x5x5; output 8; kernel 1; activation relu }", "activation.stage", "BN" },
	{ "relu in EW", "conv { input 8x5x5; output 8; kernel 1; activation relu; add }", "activation.stage", "EW" },
	{ "no activation", "conv { input 8x5x5; output 8; kernel 1; add }", "activation.stage", "none" },
	{ "clip", "conv { input 8x5x5; output 8; kernel 1; activation relu6 }", "activation.kind", "clip" },
	{ "float stream", "conv { input 8x5x5; output 8; kernel 1; activation relu }", "bias.stream", "fp32" },
};
/* clang-format on */

static void words_for_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct explained e;
		const json_t *j;

		explained_open(&e, texts[i].name, texts[i].spec, strlen(texts[i].spec), 1);
		j = json_at(texts[i].name, json_array_get(e.json, 0), "operation");
		if (strcmp(json_text_at(texts[i].name, j, texts[i].path), texts[i].want))
			fail_msg("%s: '%s'", texts[i].name,
				 json_text_at(texts[i].name, j, texts[i].path));
		explained_close(&e);
	}
}

/* clang-format off */
static const struct {
	const char *name, *spec, *part; /* of a sentence; NULL: no hazard */
} doubts[] = {
	{ "fp16 relu", "conv { input 8x5x5; output 8; kernel 1; activation relu }", NULL },
	{ "fp16 add", "conv { input 8x5x5; output 8; kernel 1; add }", NULL },
	{ "fp16 clip", "conv { input 8x5x5; output 8; kernel 1; activation relu6 }", "a clip in fp16" },
	{ "int8 clip", "conv { type int8; input 8x5x5; output 8; kernel 1; activation relu6 }", NULL },
	{ "int8 clip and add", "conv { type int8; input 8x5x5; output 8; kernel 1; activation relu6; add }", "a clip after an addition" },
	{ "leaky", "conv { type int8; input 8x5x5; output 8; kernel 1; activation leaky 0.1 }", "a leaky activation" },
	{ "depthwise add", "conv { input 8x5x5; output 8; groups 8; kernel 1; add }", "an addition to a depthwise" },
	{ "depthwise", "conv { type int8; input 8x5x5; output 8; groups 8; kernel 1 }", NULL },
	{ "int32", "conv { type int8; output_type int32; input 8x5x5; output 8; kernel 1 }", NULL },
	{ "int32, bias", "conv { type int8; output_type int32; input 8x5x5; output 8; kernel 1; bias seed }", "an int32 output with a bias" },
	{ "int32, zero point", "conv { type int8; output_type int32; input 8x5x5; output 8; kernel 1; input_quant scale 1 zero 3 }", "an int32 output with a bias" },
	{ "dilation", "conv { input 8x5x5; output 8; kernel 3; dilation 2 }", "dilation has no capture" },
};
/* clang-format on */

/* What was never tried is a hazard of every plan, with its reason. */
static void hazards_have_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
		const char *name = doubts[i].name;
		struct explained e;

		explained_open(&e, name, doubts[i].spec, strlen(doubts[i].spec),
			       ALL_CORES);
		for (uint32_t k = 0; k < e.convs[0].plan_count; k++) {
			const json_t *plan = json_array_get(
			    json_at(name, json_array_get(e.json, 0), "plans"), k);
			bool hazard = e.convs[0].plans[k].hazards & NPUB_HAZARD_UNTESTED;

			if (hazard != (doubts[i].part != NULL))
				fail_msg("%s: plan %u is %sa hazard", name, k,
					 hazard ? "" : "not ");
			assert_int_equal(json_array_size(json_at(name, plan, "untested")),
					 hazard);
			if (hazard && !strstr(json_text_at(name, plan, "untested.0"),
					      doubts[i].part))
				fail_msg("%s: '%s'", name,
					 json_text_at(name, plan, "untested.0"));
		}
		explained_close(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operation_equals_bundle),
		cmocka_unit_test(words_for_choices),
		cmocka_unit_test(hazards_have_reasons),
	};

	return cmocka_run_group_tests_name("explain_operation", tests, NULL, NULL);
}
