/* No heap between npurt_open() and npurt_close(), and one allocation in the first. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"
#include "pack_feature.h"
#include "tiny.h"

static int armed;
static unsigned allocations;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *p, size_t bytes);
void __real_free(void *p);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *p, size_t bytes);
void __wrap_free(void *p);

static void note(void)
{
	static const char message[] = "heap used while a handle was open\n";

	allocations++;
	if (armed) {
		if (write(2, message, sizeof message - 1) < 0)
			_exit(3);
		abort();
	}
}

void *__wrap_malloc(size_t bytes)
{
	note();
	return __real_malloc(bytes);
}

void *__wrap_calloc(size_t n, size_t bytes)
{
	note();
	return __real_calloc(n, bytes);
}

void *__wrap_realloc(void *p, size_t bytes)
{
	note();
	return __real_realloc(p, bytes);
}

void __wrap_free(void *p)
{
	if (armed)
		note();
	__real_free(p);
}

static struct fake_device device;

static void test_no_heap_after_open(void **state)
{
	static uint16_t in[TINY_C * TINY_H * TINY_W], out[TINY_K * TINY_H * TINY_W];
	static uint16_t want[TINY_K * TINY_H * TINY_W];
	static uint8_t output[4096];
	struct npurt_tensor_info info;
	enum npurt_err err[7];
	struct npurt_error error;
	unsigned before;
	struct npurt *rt;
	struct tiny t;
	uint8_t *blob;
	size_t bytes;
	void *p;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 2, .bias = 1 });
	blob = tiny_bundle(&t, &bytes);
	tiny_expected(&t, want);
	npurt_pack_feature(&t.tensor[TINY_T_OUTPUT], want, output);
	fake_device_init(&device);
	device.output = output;
	device.output_bytes = t.tensor[TINY_T_OUTPUT].bytes;
	device.output_bo_index = TINY_OUTPUT;
	assert_true(allocations > 0); /* the wrapper is in place */
	before = allocations;
	assert_int_equal(npurt_open(&rt, blob, bytes, &device.device, NULL, &error),
			 NPURT_OK);
	assert_int_equal(allocations - before, 1);
	armed = 1;
	err[0] = npurt_write_input(rt, in, sizeof in);
	err[1] = npurt_run(rt, &error);
	err[2] = npurt_read_output(rt, out, sizeof out);
	err[3] = npurt_tensor(rt, NPURT_INPUT, &info);
	err[4] = npurt_map(rt, NPURT_INPUT, &p, &bytes);
	device.output = NULL; /* the failing path too */
	err[5] = npurt_run(rt, &error);
	err[6] = npurt_wait(rt, &error);
	armed = 0;
	for (int i = 0; i < 5; i++)
		assert_int_equal(err[i], NPURT_OK);
	assert_int_equal(err[5], NPURT_ERR_NOT_EXECUTED);
	assert_int_equal(err[6], NPURT_ERR_STATE);
	assert_memory_equal(out, want, sizeof out);
	npurt_close(rt);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_no_heap_after_open) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
