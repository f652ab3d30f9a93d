/* Each call the runtime makes of a device fails once; nothing leaks, all is told. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fake_device.h"
#include "pack_feature.h"
#include "tiny.h"

/* Open, run and close with the n-th fallible call failing; true when none was left. */
static int run_with_fault(const uint8_t *blob, size_t bytes, const struct tiny *t,
			  const void *output, uint32_t n)
{
	struct fake_device *d = aligned_alloc(4096, sizeof *d); /* as its arena wants */
	struct npurt *rt = NULL;
	struct npurt_error error;
	enum npurt_err err;
	int unused;

	assert_non_null(d);
	fake_device_init(d);
	d->fail_at = n;
	d->output = output;
	d->output_bytes = t->tensor[TINY_T_OUTPUT].bytes;
	d->output_bo_index = TINY_OUTPUT;
	err = npurt_open(&rt, blob, bytes, &d->device, NULL, &error);
	if (!err)
		err = npurt_run(rt, &error);
	unused = d->fallible < n;
	if (unused) {
		assert_int_equal(err, NPURT_OK);
	} else {
		assert_true(err == NPURT_ERR_DEVICE_MEMORY ||
			    err == NPURT_ERR_DEVICE_SYNC || err == NPURT_ERR_TIMEOUT);
		assert_int_equal(error.code, err);
		assert_non_null(strstr(error.detail, "injected"));
		if (rt) { /* a handle whose run failed can run again */
			d->fail_at = 0;
			assert_int_equal(npurt_run(rt, &error), NPURT_OK);
		}
	}
	npurt_close(rt);
	assert_int_equal(d->live, 0);
	free(d);
	return unused;
}

static void test_every_call_fails(void **state)
{
	uint16_t want[TINY_K * TINY_H * TINY_W];
	uint8_t output[4096];
	struct tiny t;
	uint32_t n = 1;
	uint8_t *blob;
	size_t bytes;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 2 });
	memset(output, 0, sizeof output);
	tiny_expected(&t, want);
	npurt_pack_feature(&t.tensor[TINY_T_OUTPUT], want, output);
	blob = tiny_bundle(&t, &bytes);
	while (!run_with_fault(blob, bytes, &t, output, n))
		n++;
	/* five creates, seven syncs at load, two before, one submit, one after */
	assert_int_equal(n - 1, 16);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
