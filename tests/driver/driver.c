#include "driver.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 4096

static uint32_t slept;

void board(const char *script)
{
	char error[256] = "";

	slept = 0;
	npuemu_reset();
	if (script && !npuemu_script(script, "test", error, sizeof error))
		fail_msg("%s", error);
}

uint32_t slept_ms(void)
{
	return slept;
}

void driver_sleep(uint32_t ms)
{
	slept += ms;
	npuemu_advance_us((uint64_t)ms * 1000);
}

struct npurt_rknpu_options driver_options(void)
{
	return (struct npurt_rknpu_options){ .sleep_ms = driver_sleep };
}

void conv_make(struct conv *c, const struct tiny_options *options)
{
	tiny_make(&c->tiny, options);
	c->bundle = tiny_bundle(&c->tiny, &c->bytes);
	tiny_input(c->in);
	tiny_expected(&c->tiny, c->want);
}

void conv_free(struct conv *c)
{
	free(c->bundle);
}

static enum npurt_err run_and_compare(const char *name, const struct conv *c,
				      struct npurt *rt, struct npurt_error *error)
{
	uint16_t got[OUT_ELEMS] = { 0 };
	enum npurt_err err = npurt_write_input(rt, c->in, sizeof c->in);

	assert_int_equal(err, NPURT_OK);
	err = npurt_run(rt, error);
	if (err) {
		/* A failed run leaves nothing that could be taken for a result. */
		CHECK(name, npurt_read_output(rt, got, sizeof got) == NPURT_ERR_STATE,
		      "output of a failed run can be read");
		return err;
	}
	assert_int_equal(npurt_read_output(rt, got, sizeof got), NPURT_OK);
	CHECK(name, !memcmp(got, c->want, sizeof got), "success with a wrong output");
	return NPURT_OK;
}

enum npurt_err run_once(const char *name, const struct conv *c,
			const struct npurt_rknpu_options *device_options,
			const struct npurt_options *options, enum stage *stage,
			struct npurt_error *error)
{
	void *const untouched = (void *)(uintptr_t)1;
	struct npurt_device *device = untouched;
	struct npurt *rt = untouched;
	enum npurt_err err;

	*stage = STAGE_OPEN;
	err = npurt_device_open_rknpu_with(&device, device_options, error);
	if (err) {
		CHECK(name, device == untouched, "out parameter touched");
		return err;
	}
	*stage = STAGE_LOAD;
	err = npurt_open(&rt, c->bundle, c->bytes, device, options, error);
	if (err) {
		CHECK(name, rt == untouched, "out parameter touched");
	} else {
		*stage = STAGE_RUN;
		err = run_and_compare(name, c, rt, error);
		npurt_close(rt);
		if (!err)
			*stage = STAGE_DONE;
	}
	npurt_device_close(device);
	return err;
}

void check_nothing_alive(const char *name)
{
	struct npuemu_stats s;

	npuemu_stats(&s);
	CHECK(name, !s.fds && !s.files && !s.handles && !s.bos && !s.mmaps && !s.jobs,
	      "%u fds, %u files, %u handles, %u BOs, %u mappings, %u jobs", s.fds,
	      s.files, s.handles, s.bos, s.mmaps, s.jobs);
	CHECK(name, !s.iova_bytes, "%llu bytes of device addresses",
	      (unsigned long long)s.iova_bytes);
}

void check_no_verdict(const char *name)
{
	static char text[TEXT_BYTES];
	struct npuemu_stats s;

	npuemu_stats(&s);
	npuemu_verdicts(text, sizeof text);
	CHECK(name, !s.verdicts && !s.failed, "%s", text);
}

void check_still_works(const char *name, const struct conv *c)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_error error;
	enum stage stage;
	enum npurt_err err;

	board(NULL);
	err = run_once(name, c, &options, NULL, &stage, &error);
	CHECK(name, !err, "afterwards: %s (%s)", npurt_errname(err), error.detail);
	check_nothing_alive(name);
	check_no_verdict(name);
}
