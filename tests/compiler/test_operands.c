/* Constants that follow from the problem alone, and examples worked by hand. */
#include "source_fixture.h"

/* op_from_problem() and the loaded operands agree on all that weights do not decide. */
static void check_same_op(const char *name, const struct npub_op *a, const struct npub_op *b)
{
	if (a->flags != b->flags || a->pad_value != b->pad_value ||
	    a->weight_zero != b->weight_zero || a->leak_scale != b->leak_scale ||
	    a->leak_shift != b->leak_shift)
		fail_msg("%s: flags %x %x, padding %d %d, weights' zero %d %d", name,
			 a->flags, b->flags, a->pad_value, b->pad_value, a->weight_zero,
			 b->weight_zero);
}

static void test_flags(void **state)
{
	static const struct {
		const char *name;
		enum npu_elem elem, out_elem;
		struct conv_act act;
		bool add, bias;
		int32_t zero;
		uint32_t flags;
	} cases[] = {
		{ "fp16", NPU_ELEM_FP16, NPU_ELEM_FP16, { 0 }, false, false, 0, 0 },
		{ "fp16 bias", NPU_ELEM_FP16, NPU_ELEM_FP16, { 0 }, false, true, 0, 1 },
		{ "fp16 relu", NPU_ELEM_FP16, NPU_ELEM_FP16, { ACT_RELU, 0, 0, 0 }, false,
		  false, 0, 5 },
		{ "fp16 add clip", NPU_ELEM_FP16, NPU_ELEM_FP16, { ACT_CLIP, 0, 6, 0 },
		  true, false, 0, 29 },
		{ "int8", NPU_ELEM_INT8, NPU_ELEM_INT8, { 0 }, false, false, 0, 3 },
		{ "int8 leaky", NPU_ELEM_INT8, NPU_ELEM_INT8, { ACT_LEAKY, 0, 0, 0.1 },
		  false, false, 5, 35 },
		{ "int8 relu 0 inf", NPU_ELEM_INT8, NPU_ELEM_INT8,
		  { ACT_CLIP, 0, INFINITY, 0 }, false, false, 5, 7 },
		{ "int32", NPU_ELEM_INT8, NPU_ELEM_INT32, { 0 }, false, false, 0, 0 },
		{ "int32 zero", NPU_ELEM_INT8, NPU_ELEM_INT32, { 0 }, false, false, 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct operands loaded, zero;
		struct npub_op op;
		struct fixture f;

		open_fixture(&f);
		f.p.elem = cases[i].elem;
		f.p.out_elem = cases[i].out_elem;
		f.p.act = cases[i].act;
		f.p.fusion.add = f.p.add = cases[i].add;
		f.p.fusion.per_channel = cases[i].out_elem == NPU_ELEM_INT8;
		f.p.bias.kind = cases[i].bias ? SOURCE_SEED : SOURCE_NONE;
		f.p.input_quant = (struct conv_quant){ .scale = 0.0078125,
						       .zero = cases[i].zero };
		op = op_from_problem(&f.p);
		assert_true(operands_load(&loaded, &f.p, f.diag));
		assert_true(operands_zero(&zero, &f.p));
		if (op.flags != cases[i].flags)
			fail_msg("%s: flags %x", cases[i].name, op.flags);
		check_same_op(cases[i].name, &op, &loaded.op);
		check_same_op(cases[i].name, &op, &zero.op);
		assert_true(!loaded.bias == !zero.bias &&
			    !loaded.bias_fixed == !zero.bias_fixed &&
			    !loaded.factor == !zero.factor &&
			    !loaded.correction == !zero.correction &&
			    !loaded.weight_scale == !zero.weight_scale);
		assert_int_equal(!!loaded.bias || !!loaded.bias_fixed, op.flags & 1);
		operands_free(&loaded);
		operands_free(&zero);
		close_fixture(&f);
	}
}

/* A pointwise int8 conv of 2 kernels over 2 channels. */
static struct conv_problem small_problem(void)
{
	return (struct conv_problem){
		.name = (char *)"c1", .batch = 1, .in_c = 2, .in_h = 5, .in_w = 7,
		.out_c = 2, .out_h = 5, .out_w = 7, .kernel_h = 1, .kernel_w = 1,
		.stride_y = 1, .stride_x = 1, .dilation_y = 1, .dilation_x = 1,
		.groups = 1, .seed = 7, .weights.kind = SOURCE_SEED,
		.input_quant = { .scale = 1 / 128.0 }, .fusion.per_channel = true,
	};
}

static void test_unit_constants(void **state)
{
	struct conv_problem p = small_problem();
	struct npub_op op;

	(void)state;
	p.input_quant = (struct conv_quant){ true, true, 0.5, 100 };
	p.output_quant = (struct conv_quant){ true, true, 0.5, 3 };
	p.add_quant = (struct conv_quant){ true, false, 0.5, 4 };
	p.add = p.fusion.add = true;
	p.act = (struct conv_act){ .kind = ACT_CLIP, .high = 6 };
	op = op_from_problem(&p);
	assert_int_equal(op.pad_value, -28); /* bytes are stored 128 lower */
	assert_int_equal(op.out_zero, -125);
	assert_int_equal(op.operand_zero, 4);
	assert_int_equal(op.limit, 6);
	assert_true(op.out_scale == 0x4000 && op.out_shift == 14);
	assert_true(op.operand_scale == 0x4000 && op.operand_shift == 14);
	assert_int_equal(op.weight_zero, 0);

	p.add_quant.given = false; /* the output's */
	p.fusion.per_channel = false;
	p.weight_quant.kind = WEIGHT_QUANT_GIVEN;
	p.weight_quant.zero = -9;
	op = op_from_problem(&p);
	assert_true(op.operand_zero == -125 && op.weight_zero == -9);

	p.elem = p.out_elem = NPU_ELEM_FP16;
	op = op_from_problem(&p);
	assert_true(op.out_scale == 1 && op.out_shift == 0 && op.operand_scale == 1 &&
		    op.operand_shift == 0 && op.pad_value == 0 && op.out_zero == 0);
	assert_int_equal(op.limit, 0x40c00000); /* 6.0f */
}

/* 0.1 = 1.6 * 2^-4; a slope of 0 is relu by other means; 1 changes nothing. */
static void test_slopes(void **state)
{
	static const struct {
		double slope;
		uint32_t scale, shift;
	} cases[] = { { 0.1, 26214, 18 }, { 0, 0, 0 }, { 1, 0x4000, 14 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conv_problem p = small_problem();
		struct diag *diag = diag_new(stderr);
		struct operands o;

		p.act = (struct conv_act){ .kind = ACT_LEAKY, .slope = cases[i].slope };
		assert_true(operands_load(&o, &p, diag));
		assert_int_equal(o.op.leak_scale, cases[i].scale);
		assert_int_equal(o.op.leak_shift, cases[i].shift);
		assert_true(fabs(o.notes.leak - cases[i].slope) <= cases[i].slope * 0x1p-15);
		operands_free(&o);
		diag_free(diag);
	}
}

/*
 * By hand: sx = 1/4, zx = 3, weights { 10, -20 } and { 5, 7 } stored with scales 1/2 and
 * 1/8 and zero points 0 and 2, bias { 1, -1 }.
 *
 *     factor = 2^14 and 2^12               correction = 0 and -2
 *     bias[0] = 1 / (1/4 * 1/2) - 3 * (10 - 20)      = 8 + 30    = 38
 *     bias[1] = -1 / (1/4 * 1/8) - 3 * (3 + 5)       = -32 - 24  = -56
 *     unit = 1/4 * 1/2 = 1/8, sy = 3/32:  4/3 = 21845 / 2^14
 *     operand of scale 1/2: 4 = 0x4000 / 2^12        limit = 6 * 8 = 48
 */
static void test_by_hand(void **state)
{
	const uint64_t shape[] = { 2, 2 };
	const int8_t weights[] = { 10, -20, 5, 7 };
	const double scales[] = { 0.5, 0.125 }, bias[] = { 1, -1 };
	const uint64_t channels[] = { 2 };
	const int64_t zeros[] = { 0, 2 }; /* whole numbers may be stored as such */
	struct source_files files = { .count = 0 };
	struct conv_problem p = small_problem();
	struct diag *diag = diag_new(stderr);
	struct operands o;

	(void)state;
	p.input_quant = (struct conv_quant){ true, false, 0.25, 3 };
	p.output_quant = (struct conv_quant){ true, false, 0.09375, -5 };
	p.add_quant = (struct conv_quant){ true, true, 0.5, 140 };
	p.add = p.fusion.add = true;
	p.act = (struct conv_act){ .kind = ACT_CLIP, .high = 6 };
	p.weight_quant.kind = WEIGHT_QUANT_FILE;
	put_array(&files, &p.weights, "|i1", 2, shape, weights, sizeof weights);
	put_channels(&files, &p.weight_quant.scales, 2, scales);
	put_array(&files, &p.weight_quant.zeros, "<i8", 1, channels, zeros, sizeof zeros);
	put_channels(&files, &p.bias, 2, bias);
	assert_true(operands_load(&o, &p, diag));

	assert_memory_equal(o.weights, weights, sizeof weights);
	assert_true(o.factor[0] == 0x4000 && o.factor[1] == 0x1000);
	assert_true(o.correction[0] == 0 && o.correction[1] == -2);
	assert_true(o.weight_zero[0] == 0 && o.weight_zero[1] == 2);
	assert_true(o.bias_fixed[0] == 38 && o.bias_fixed[1] == -56);
	assert_true(o.op.out_scale == 21845 && o.op.out_shift == 14 && o.op.out_zero == -5);
	assert_true(o.op.operand_scale == 0x4000 && o.op.operand_shift == 12 &&
		    o.op.operand_zero == 12);
	assert_int_equal(o.op.limit, 48);
	assert_int_equal(o.op.pad_value, 3);
	assert_true(o.input.scale == 0.25f && o.input.zero == 3 && !o.input.uint8);
	assert_true(o.operand.scale == 0.5f && o.operand.zero == 12 && o.operand.uint8);
	assert_true(o.notes.factor_error == 0 && o.notes.saturated_weights == 0 &&
		    o.notes.weight_count == 4 && o.notes.limit == 6 &&
		    !o.notes.output_chosen && !o.notes.operand_chosen);
	assert_true(o.notes.bias_min == -56 && o.notes.bias_max == 38);
	operands_free(&o);
	remove_sources(&files);
	diag_free(diag);
}

/* One scale and zero point for all: the register has it, the stream has int32 alone. */
static void test_one_zero_by_hand(void **state)
{
	const uint64_t shape[] = { 2, 2, 1, 1 };
	const float weights[] = { 1, -1, 0.5f, 100 };
	struct source_files files = { .count = 0 };
	struct conv_problem p = small_problem();
	struct diag *diag = diag_new(stderr);
	static const int8_t want[] = { 12, -4, 8, 127 };
	struct operands o;

	(void)state;
	p.fusion.per_channel = false;
	p.input_quant = (struct conv_quant){ true, false, 0.25, -2 };
	p.weight_quant = (struct conv_weight_quant){ .kind = WEIGHT_QUANT_GIVEN,
						     .scale = 0.125, .zero = 4 };
	put_array(&files, &p.weights, "<f4", 4, shape, weights, sizeof weights);
	assert_true(operands_load(&o, &p, diag));
	assert_memory_equal(o.weights, want, sizeof want);
	assert_true(!o.factor && !o.correction && o.op.weight_zero == 4);
	assert_true(o.bias_fixed[0] == 2 * (8 - 8) && o.bias_fixed[1] == 2 * (4 + 123));
	assert_int_equal(o.notes.saturated_weights, 1);
	operands_free(&o);

	p.out_elem = NPU_ELEM_INT32;
	p.weight_quant.zero = 0;
	assert_true(operands_load(&o, &p, diag));
	assert_true(o.op.out_scale == 1 && o.op.out_shift == 0 && o.op.out_zero == 0 &&
		    o.output.scale == 0.03125f && o.output.zero == 0);
	assert_int_equal(o.bias_fixed[1], 2 * (4 + 127));
	operands_free(&o);
	remove_sources(&files);
	diag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_unit_constants),
		cmocka_unit_test(test_slopes),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_one_zero_by_hand),
	};

	return cmocka_run_group_tests_name("operands", tests, NULL, NULL);
}
