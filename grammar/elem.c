#include "elem.h"

const char *const elem_names[ELEM_N] = {
	[NPU_ELEM_INT8] = "int8", [NPU_ELEM_INT16] = "int16", [NPU_ELEM_FP16] = "fp16",
	[NPU_ELEM_BF16] = "bf16", [NPU_ELEM_INT32] = "int32", [NPU_ELEM_FP32] = "fp32",
	[NPU_ELEM_INT4] = "int4", [NPU_ELEM_TF32] = "tf32",
};

const char *elem_name(enum npu_elem elem)
{
	return (size_t)elem < ELEM_N ? elem_names[elem] : "?";
}

bool elem_from_name(enum npu_elem *elem, struct str name)
{
	for (uint32_t i = 0; i < ELEM_N; i++) {
		if (str_is(name, elem_names[i])) {
			*elem = (enum npu_elem)i;
			return true;
		}
	}
	return false;
}
