/* --check of int8 convs: compiled, run in the simulator, and made wrong in one place. */
#include "tool_test.h"

#include <math.h>

#include "check.h"
#include "compile.h"
#include "spec.h"

static const char the_spec[] =
    "conv dense { type int8; input 20x9x7; output 12; kernel 3; pad 1; bias seed 1;\n"
    "             output_quant scale 0.1 zero 0; activation relu }\n"
    "conv asymmetric { type int8; input 20x9x7; output 12; kernel 3; pad 1; bias seed "
    "2;\n"
    "                  input_quant scale 0.01 zero 5; output_quant scale 0.2 zero -10;\n"
    "                  weight_quant scale 0.01 zero 3 }\n"
    "conv bytes { type int8; input 20x9x7; output 12; kernel 3; pad 1; bias seed 3;\n"
    "             input_quant scale 0.01 zero 120 uint8;\n"
    "             output_quant scale 0.05 zero 118 uint8; activation clip 0 3 }\n"
    "conv depthwise { type int8; input 40x9x7; output 40; groups 40; kernel 3; pad 1;\n"
    "                 input_quant scale 0.01 zero 5 }\n"
    "conv grouped { type int8; input 24x9x7; output 24; groups 4; kernel 3; pad 1;\n"
    "               input_quant scale 0.01 zero 5 }\n"
    "conv pixels { type int8; input 3x20x33; output 10; kernel 3; stride 2;\n"
    "              input_mean 123.675 116.28 103.53; input_std 58.395 57.12 57.375 }\n"
    "conv adds { type int8; input 20x9x7; output 12; kernel 3; pad 1;\n"
    "            add scale 0.02 zero 4; output_quant scale 0.1 zero -20; activation relu "
    "}\n"
    "conv leaks { type int8; input 20x9x7; output 12; kernel 3; pad 1;\n"
    "             activation leaky 0.1 }\n"
    "conv wide { type int8; output_type int32; input 20x9x7; output 12; kernel 3; pad "
    "1;\n"
    "            bias seed 3 }\n"
    "conv floats { input 20x9x7; output 12; kernel 3; pad 1; bias seed 3; add;\n"
    "              activation clip 0 2 }\n"
    "conv floats32 { output_type fp32; input 20x9x7; output 12; kernel 3; bias seed 3;\n"
    "                activation relu }\n";

struct fixture {
	struct bundle *bundle;
	const uint8_t *blob;
	size_t bytes;
	struct npub npub;
	struct npurt_device *device;
};

/* A conv that was run, with copies of what the tests change. */
struct ran {
	struct npub npub;
	struct npub_conv conv;
	struct tensor input, operand, output;
};

static void compile_all(struct fixture *f, const char *path)
{
	const struct compile_options options = { .core_mask = 7 };
	struct diag *diag = diag_new(stderr);
	struct spec spec;

	spec_init(&spec);
	spec_read(&spec, path, diag);
	spec_check(&spec, diag);
	assert_int_equal(diag_errors(diag), 0);
	for (size_t i = 0; i < spec.count; i++) {
		struct compiled_conv c;
		struct operands o;

		assert_true(operands_load(&o, &spec.convs[i], diag));
		assert_true(compile_conv(&c, &spec.convs[i], &o.op, &options, diag));
		assert_true(compile_emit(f->bundle, &c, &o));
		compiled_conv_free(&c);
		operands_free(&o);
	}
	spec_free(&spec);
	diag_free(diag);
}

static int open_fixture(void **state)
{
	static struct fixture f;
	const char *path = scratch_name(".conv");
	FILE *file = fopen(path, "w");
	struct npurt_error error;

	assert_non_null(file);
	fputs(the_spec, file);
	assert_int_equal(fclose(file), 0);
	f.bundle = bundle_new(1);
	compile_all(&f, path);
	unlink(path);
	f.blob = bundle_finish(f.bundle, &f.bytes);
	assert_non_null(f.blob);
	assert_int_equal(npub_open(&f.npub, f.blob, f.bytes, &error), NPURT_OK);
	assert_int_equal(npurt_device_open_sim(&f.device, 1, &error), NPURT_OK);
	*state = &f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	npurt_device_close(f->device);
	bundle_free(f->bundle);
	return 0;
}

static void make(struct tensor *t, const struct npurt *rt, enum npurt_tensor_id id)
{
	struct npurt_tensor_info i;

	assert_int_equal(npurt_tensor(rt, id, &i), NPURT_OK);
	assert_true(tensor_new(t, &(struct tensor_desc){ (enum npu_elem)i.elem, i.n, i.c,
							 i.h, i.w, i.scale, i.zero_point,
							 i.is_uint8 }));
}

static void run(const struct fixture *f, uint32_t index, struct ran *r)
{
	const struct npurt_options options = { .conv_index = index,
					       .allow_hazards = UINT32_MAX };
	struct npurt_error error;
	struct npurt *rt;

	memset(r, 0, sizeof(*r));
	r->npub = f->npub;
	r->conv = f->npub.convs[index];
	if (npurt_open(&rt, f->blob, f->bytes, f->device, &options, &error) != NPURT_OK)
		fail_msg("conv %u: %s", index, error.detail);
	make(&r->input, rt, NPURT_INPUT);
	make(&r->output, rt, NPURT_OUTPUT);
	assert_true(tensor_fill_random(&r->input, 5, SEED_INPUT));
	assert_int_equal(npurt_write_input(rt, r->input.data, r->input.bytes), NPURT_OK);
	if (r->conv.operand != NPUB_NONE) {
		make(&r->operand, rt, NPURT_OPERAND);
		assert_true(tensor_fill_random(&r->operand, 5, SEED_OPERAND));
		assert_int_equal(
		    npurt_write(rt, NPURT_OPERAND, r->operand.data, r->operand.bytes),
		    NPURT_OK);
	}
	assert_int_equal(npurt_run(rt, &error), NPURT_OK);
	assert_int_equal(npurt_read_output(rt, r->output.data, r->output.bytes),
			 NPURT_OK);
	npurt_close(rt);
}

static void ran_free(struct ran *r)
{
	tensor_free(&r->input);
	tensor_free(&r->operand);
	tensor_free(&r->output);
}

static struct check_result check(const struct ran *r, uint32_t threads)
{
	const struct check_run run = {
		.npub = &r->npub,
		.conv = &r->conv,
		.input = &r->input,
		.output = &r->output,
		.operand = r->operand.data ? &r->operand : NULL,
		.threads = threads,
	};
	struct check_result result;
	char why[200];

	assert_int_equal(check_output(&result, &run, why, sizeof(why)), CHECK_DONE);
	return result;
}

static const char *name_of(const struct ran *r)
{
	return npub_string(&r->npub, r->conv.name);
}

/* What the simulator gives passes, with any number of threads, and nothing saturates
 * so much that the comparison says nothing. */
static void right_outputs_pass(void **state)
{
	const struct fixture *f = *state;

	for (uint32_t i = 0; i < f->npub.conv_count; i++) {
		struct ran r;

		run(f, i, &r);
		for (uint32_t threads = 1; threads <= 3; threads++) {
			struct check_result result = check(&r, threads);

			CHECK(name_of(&r), result.failures == 0);
			CHECK(name_of(&r), result.beyond == 0);
			CHECK(name_of(&r), result.outputs == r.output.count);
			CHECK(name_of(&r),
			      result.is_fixed == (r.conv.elem == NPU_ELEM_INT8));
			CHECK(name_of(&r), result.has_model == result.is_fixed);
		}
		ran_free(&r);
	}
}

/*
 * The conv in real numbers is half a step away, and what the rounded multipliers add:
 * 2^-14 of the accumulator, which the output's range bounds.
 */
static void real_numbers_are_near(void **state)
{
	const struct fixture *f = *state;

	for (uint32_t i = 0; i < f->npub.conv_count; i++) {
		struct check_result result;
		struct ran r;

		run(f, i, &r);
		result = check(&r, 2);
		if (result.has_model) {
			double steps =
			    result.model.max_error / (double)r.output.desc.scale;

			CHECK(name_of(&r), result.model.count == r.output.count);
			CHECK(name_of(&r), steps < 0.6);
			CHECK(name_of(&r), error_snr(&result.model) > 30);
			CHECK(name_of(&r), result.clipped < result.outputs);
		}
		ran_free(&r);
	}
}

/* Outputs that are bit by bit those of constants made for other scales. */
static void other_scales_are_found(void **state)
{
	const struct fixture *f = *state;

	for (uint32_t i = 0; i < f->npub.conv_count; i++) {
		struct check_result result;
		float *changed[3];
		struct ran r;

		run(f, i, &r);
		changed[0] = &r.input.desc.scale;
		changed[1] = &r.output.desc.scale;
		changed[2] = &r.operand.desc.scale;
		for (size_t k = 0; k < (r.operand.data ? 3 : 2); k++) {
			if (r.conv.elem != NPU_ELEM_INT8)
				break;
			*changed[k] *= 1.25f;
			result = check(&r, 2);
			CHECK(name_of(&r), result.failures == 0 && result.beyond > 0);
			*changed[k] /= 1.25f;
		}
		ran_free(&r);
	}
}

/* One output one step off is found, where it is. */
static void one_wrong_output(void **state)
{
	const struct fixture *f = *state;

	for (uint32_t i = 0; i < f->npub.conv_count; i++) {
		struct check_result result;
		size_t place;
		struct ran r;
		double good;

		run(f, i, &r);
		place = r.output.count * 2 / 3;
		good = tensor_get(&r.output, place);
		/* Floats may be off a little: make it much. */
		CHECK(name_of(&r), tensor_set(&r.output, place,
					      tensor_is_integer(&r.output.desc)
						  ? good + (good > 0 ? -1 : 1)
						  : good + 1));
		result = check(&r, 2);
		CHECK(name_of(&r), result.failures == 1);
		CHECK(name_of(&r), result.error.worst == place);
		CHECK(name_of(&r),
		      result.error.max_error == 1 || !tensor_is_integer(&r.output.desc));
		ran_free(&r);
	}
}

/* Another input, another operand, another constant: the outputs no longer fit. */
static void everything_matters(void **state)
{
	const struct fixture *f = *state;

	for (uint32_t i = 0; i < f->npub.conv_count; i++) {
		uint32_t flags;
		size_t middle;
		struct ran r;

		run(f, i, &r);
		flags = r.conv.op.flags;
		/* Some outputs hide behind an activation: change many inputs, and much.
		 */
		middle = r.input.count / 2;
		for (size_t k = middle; k < middle + 9; k++) {
			double real = tensor_real(&r.input.desc, tensor_get(&r.input, k));
			uint64_t saturated = 0;

			tensor_set(&r.input, k,
				   tensor_stored(&r.input.desc,
						 real > 0 ? -real : real + 1,
						 &saturated));
		}
		CHECK(name_of(&r), check(&r, 2).failures > 0);
		ran_free(&r);
		run(f, i, &r);
		if (r.operand.data) {
			memset(r.operand.data, 0x11, r.operand.bytes);
			CHECK(name_of(&r), check(&r, 2).failures > 0);
		}
		ran_free(&r);
		run(f, i, &r);
		r.conv.op.out_zero++;
		CHECK(name_of(&r),
		      check(&r, 2).failures > 0 || r.conv.out_elem != NPU_ELEM_INT8);
		r.conv.op.out_zero--;
		r.conv.op.flags = flags & ~(NPUB_OP_RELU | NPUB_OP_LEAKY | NPUB_OP_CLAMP);
		CHECK(name_of(&r), check(&r, 2).failures > 0 || r.conv.op.flags == flags);
		ran_free(&r);
	}
}

static void without_scales(void **state)
{
	struct check_result result;
	struct ran r;

	run(*state, 0, &r);
	r.conv.scale_count = 0;
	result = check(&r, 1);
	assert_int_equal(result.failures, 0);
	assert_false(result.has_model);
	ran_free(&r);
}

static void unknown_types(void **state)
{
	struct check_result result;
	struct ran r;
	char why[200];

	run(*state, 0, &r);
	r.conv.out_elem = NPU_ELEM_FP16;
	const struct check_run run_of = {
		.npub = &r.npub, .conv = &r.conv, .input = &r.input, .output = &r.output
	};

	assert_int_equal(check_output(&result, &run_of, why, sizeof(why)),
			 CHECK_IMPOSSIBLE);
	CHECK_TEXT("types", why, "does not know int8 convs with fp16 outputs");
	r.conv.out_elem = NPU_ELEM_INT8;
	r.conv.bias = NPUB_NONE;
	assert_int_equal(check_output(&result, &run_of, why, sizeof(why)),
			 CHECK_IMPOSSIBLE);
	CHECK_TEXT("stream", why, "does not hold the conv's multipliers");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_outputs_pass),
		cmocka_unit_test(real_numbers_are_near),
		cmocka_unit_test(other_scales_are_found),
		cmocka_unit_test(one_wrong_output),
		cmocka_unit_test(everything_matters),
		cmocka_unit_test(without_scales),
		cmocka_unit_test(unknown_types),
	};

	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
