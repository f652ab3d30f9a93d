/*
 * The health probe: a conv whose every result is known, built in as a bundle.
 *
 * Its two tasks are complete records, so that it programs both register groups of
 * every block it uses and depends on nothing that an earlier job left behind.
 */
#include <string.h>

#include "error.h"
#include "handle.h"

/* health/health.conv, restated. */
enum {
	CHANS = 8,
	IN_H = 5,
	IN_W = 7,
	KERNELS = 16,
	KERNEL_H = 3,
	KERNEL_W = 2,
	PAD = 1, /* top and left */
	OUT_H = IN_H + PAD - KERNEL_H + 1,
	OUT_W = IN_W + PAD - KERNEL_W + 1
};

static const uint64_t program[] = {
#include "health/program.h"
};

static int weight(int k, int c, int y, int x)
{
	return (3 * k + 5 * c + 2 * y + x) % 7 - 3;
}

static int bias(int k)
{
	return k % 5 - 2;
}

static int input(int c, int y, int x)
{
	if (y < 0 || x < 0)
		return 0;
	return (c + 3 * y + 2 * x) % 5 + 1; /* never zero */
}

static int output(int k, int y, int x)
{
	int sum = bias(k);

	for (int c = 0; c < CHANS; c++)
		for (int i = 0; i < KERNEL_H * KERNEL_W; i++)
			sum += weight(k, c, i / KERNEL_W, i % KERNEL_W) *
			       input(c, y + i / KERNEL_W - PAD, x + i % KERNEL_W - PAD);
	return sum;
}

/* A whole number of at most 11 bits; exact. */
static uint16_t fp16_from_int(int value)
{
	uint32_t magnitude = (uint32_t)(value < 0 ? -value : value);
	uint32_t sign = value < 0 ? 0x8000 : 0, top = 0;

	if (!magnitude)
		return 0;
	while (magnitude >> (top + 1))
		top++;
	return (uint16_t)(sign | (15 + top) << 10 | (magnitude << (10 - top) & 0x3ff));
}

static enum npurt_err compare(const uint16_t *found, struct npurt_error *error)
{
	for (int i = 0; i < KERNELS * OUT_H * OUT_W; i++) {
		uint16_t want = fp16_from_int(
		    output(i / (OUT_H * OUT_W), i / OUT_W % OUT_H, i % OUT_W));

		if (found[i] == want)
			continue;
		error->found = found[i];
		error->allowed = want;
		return npurt_failf(error, NPURT_ERR_HEALTH,
				   "output %u of the probe is fp16 %x, must be %x",
				   (uint32_t)i, (uint32_t)found[i], (uint32_t)want);
	}
	return NPURT_OK;
}

static enum npurt_err run_probe(struct npurt *rt, struct npurt_error *error)
{
	uint16_t in[CHANS * IN_H * IN_W], out[KERNELS * OUT_H * OUT_W];
	enum npurt_err err;

	for (int i = 0; i < CHANS * IN_H * IN_W; i++)
		in[i] =
		    fp16_from_int(input(i / (IN_H * IN_W), i / IN_W % IN_H, i % IN_W));
	memset(out, 0, sizeof out);
	err = npurt_write_input(rt, in, sizeof in);
	if (!err)
		err = npurt_run(rt, error);
	if (!err)
		err = npurt_read_output(rt, out, sizeof out);
	return err ? err : compare(out, error);
}

enum npurt_err npurt_health_run(struct npurt_device *device, struct npurt_error *error)
{
	const struct npurt_options options = { .trust_zeros = true };
	struct npurt *rt;
	enum npurt_err err =
	    npurt_open(&rt, program, sizeof program, device, &options, error);

	if (err)
		return err;
	err = run_probe(rt, error);
	npurt_close(rt);
	return err;
}

enum npurt_err npurt_health(struct npurt_device *device, struct npurt_error *error)
{
	struct npurt_error local;

	error = error ? error : &local;
	npurt_error_reset(error);
	if (!device)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "device is NULL");
	return npurt_health_run(device, error);
}
