/* Which types and activations are taken: what convs that say none get, and the tables. */
#include <string.h>

#include "check.h"
#include "elem.h"
#include "operator_text.h"
#include "reading.h"
#include "support.h"

/* The type of convs that say none: slugs, texts and defaults. */
static void test_default_type(void **state)
{
	static const struct {
		const char *text;
		enum npu_elem elem, out;
	} cases[] = {
		{ "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid", NPU_ELEM_INT8,
		  NPU_ELEM_INT8 },
		{ CONV(""), NPU_ELEM_INT8, NPU_ELEM_INT8 },
		{ CONV("output_type int32"), NPU_ELEM_INT8, NPU_ELEM_INT32 },
		{ CONV("type fp16"), NPU_ELEM_FP16, NPU_ELEM_FP16 },
		{ "defaults { type fp16 }\n" CONV(""), NPU_ELEM_FP16, NPU_ELEM_FP16 },
		{ JSON("\"seed\": 1"), NPU_ELEM_INT8, NPU_ELEM_INT8 },
	};
	const char *slug = cases[0].text;

	(void)state;
	for (size_t i = 0; i <= sizeof cases / sizeof cases[0]; i++) {
		size_t n = i % (sizeof cases / sizeof cases[0]);
		struct reading r;

		reading_start(&r);
		r.spec.default_elem = NPU_ELEM_INT8;
		if (i == sizeof cases / sizeof cases[0])
			spec_read(&r.spec, slug, r.diag); /* as an argument */
		else
			spec_read_text(&r.spec, "t", cases[n].text, strlen(cases[n].text),
				       r.diag);
		reading_finish(&r);
		if (r.errors || r.spec.convs[0].elem != cases[n].elem ||
		    r.spec.convs[0].out_elem != cases[n].out)
			fail_msg("%s: %s", cases[n].text, r.messages);
		reading_free(&r);
	}
}

/* The tables of support.h say what check_conv() does. */
static void test_support(void **state)
{
	char text[160], tag[160];
	uint32_t pairs = 0;

	(void)state;
	for (uint32_t in = 0; in < ELEM_N; in++) {
		for (uint32_t out = 0; out < ELEM_N; out++) {
			const char *refusal =
			    type_pair_refusal((enum npu_elem)in, (enum npu_elem)out);
			struct reading r;

			snprintf(text, sizeof text,
				 CONV("type %s; output_type %s; weight_quant none"),
				 elem_names[in], elem_names[out]);
			reading_of(&r, text);
			if (!refusal != !r.errors ||
			    (refusal && (!strstr(r.messages, refusal) ||
					 !strstr(r.messages, "[type-support]"))))
				fail_msg("%s: %s", text, r.messages);
			pairs += !refusal;
			reading_free(&r);
		}
	}
	assert_int_equal(pairs, 4);
	for (uint32_t kind = 0; kind < ACT_N; kind++) {
		const char *refusal = act_refusal((enum act_kind)kind);
		struct reading r;

		snprintf(text, sizeof text, INT8("activation %s%s"),
			 act_name((enum act_kind)kind),
			 kind == ACT_CLIP    ? " 0 1"
			 : kind == ACT_LEAKY ? " 0.5"
					     : "");
		reading_of(&r, text);
		snprintf(tag, sizeof tag,
			 "activation %s is not supported "
			 "[activation-support]",
			 act_name((enum act_kind)kind));
		if (!refusal != !r.errors || (refusal && (!strstr(r.messages, tag) ||
							  !strstr(r.messages, refusal))))
			fail_msg("%s: %s", text, r.messages);
		reading_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_type),
		cmocka_unit_test(test_support),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
