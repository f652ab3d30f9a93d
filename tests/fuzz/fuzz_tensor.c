/*
 * Tensor files of any bytes: the answer may be any refusal, never a stray access.
 * The first byte picks the format, the next two the sizes that are wanted.
 */
#include <stddef.h>
#include <stdint.h>

#include "tensor_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum npu_elem elems[] = { NPU_ELEM_INT8, NPU_ELEM_FP16,
					       NPU_ELEM_INT32, NPU_ELEM_FP32 };
	const struct tensor_in how = TENSOR_IN_DEFAULT;
	struct tensor_report report;
	struct tensor t;

	if (size < 3)
		return 0;
	if (tensor_new(&t, &(struct tensor_desc){ .elem = elems[data[0] >> 4 & 3],
						  .n = 1,
						  .c = data[1] % 4 + 1u,
						  .h = data[2] % 16 + 1u,
						  .w = data[2] / 16 + 1u,
						  .scale = 0.5f })) {
		tensor_read_memory(
		    &t, data + 3, size - 3,
		    (enum tensor_format)(data[0] % (TENSOR_FORMAT_N - 1) + 1), &how,
		    &report);
		tensor_free(&t);
	}
	return 0;
}
