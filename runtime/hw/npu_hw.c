#include "hw/npu_hw.h"

/* F-50.  int32 and fp32 appear as outputs only. */
static const struct npu_elem_info infos[] = {
	[NPU_ELEM_INT8] = { "int8", 1, 16, 32, 64, 1024 },
	[NPU_ELEM_FP16] = { "fp16", 2, 8, 16, 32, 512 },
	[NPU_ELEM_INT32] = { "int32", 4, 4, 0, 0, 0 },
	[NPU_ELEM_FP32] = { "fp32", 4, 4, 0, 0, 0 },
};

const struct npu_elem_info *npu_elem_info(enum npu_elem elem)
{
	if ((size_t)elem >= sizeof infos / sizeof infos[0] || !infos[elem].bytes)
		return NULL;
	return &infos[elem];
}
