/* Operands of int8 and fp16 convs: flags, constants, what is chosen, what is refused. */
#include "weights_fixture.h"

#include "random_number.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
	};

	print_message("TEST_SEED=%llu\n", start_random());
	return cmocka_run_group_tests_name("operands", tests, NULL, NULL);
}
