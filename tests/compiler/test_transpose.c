/*
 * Every number of taps and channels that has a way of its own, against the definition
 * in transpose.h.  Arrays end where the last element does: sanitizers see a step too far.
 */
#include "random_number.h"
#include "weights_fixture.h"

#include "bundle/transpose.h"

#define MAX_TAPS 27u
#define MAX_CHANS 70u
#define GAP 0xa5 /* what lies between the elements */

struct arrays {
	uint8_t *chan_major, *tap_major, *was;
	size_t chan_major_bytes, tap_major_bytes;
};

static void *take(size_t bytes)
{
	uint8_t *p = malloc(bytes);

	assert_non_null(p);
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)draw();
	return p;
}

/* What each element is in both, and that nothing else of `changed` is touched. */
static void check(const struct kernels *k, const struct arrays *a, uint8_t *changed,
		  size_t bytes)
{
	bool to_taps = changed == a->tap_major;

	for (size_t i = 0; i < k->count; i++)
		for (size_t c = 0; c < k->chans; c++)
			for (size_t t = 0; t < k->taps; t++) {
				size_t user =
				    (i * k->chan_major_pitch + c * k->taps + t) *
				    k->elem_bytes;
				size_t packed =
				    (i * k->tap_major_pitch + t * k->tap_pitch + c) *
				    k->elem_bytes;
				size_t at = to_taps ? packed : user;

				if (memcmp(a->chan_major + user, a->tap_major + packed,
					   k->elem_bytes) != 0)
					fail_msg(
					    "%s: kernel %zu, channel %zu of %zu, tap "
					    "%zu of %zu, %u bytes",
					    to_taps ? "to taps" : "to channels", i, c,
					    k->chans, t, k->taps, k->elem_bytes);
				memcpy(a->was + at, changed + at, k->elem_bytes);
			}
	assert_memory_equal(changed, a->was, bytes);
}

static void try_kernels(const struct kernels *k)
{
	struct arrays a = {
		.chan_major_bytes =
		    ((k->count - 1) * k->chan_major_pitch + k->chans * k->taps) *
		    k->elem_bytes,
		.tap_major_bytes = ((k->count - 1) * k->tap_major_pitch +
				    (k->taps - 1) * k->tap_pitch + k->chans) *
				   k->elem_bytes,
	};

	a.chan_major = take(a.chan_major_bytes);
	a.tap_major = take(a.tap_major_bytes);
	a.was = take(a.chan_major_bytes + a.tap_major_bytes);
	memcpy(a.was, a.tap_major, a.tap_major_bytes);
	taps_from_chans(k, a.tap_major, a.chan_major);
	check(k, &a, a.tap_major, a.tap_major_bytes);

	memset(a.chan_major, GAP, a.chan_major_bytes);
	memset(a.was, GAP, a.chan_major_bytes);
	chans_from_taps(k, a.chan_major, a.tap_major);
	check(k, &a, a.chan_major, a.chan_major_bytes);
	free(a.chan_major);
	free(a.tap_major);
	free(a.was);
}

static void test_all(void **state)
{
	(void)state;
	for (uint32_t bytes = 1; bytes <= 2; bytes++)
		for (size_t taps = 2; taps <= MAX_TAPS; taps++)
			for (size_t chans = 1; chans <= MAX_CHANS; chans++) {
				struct kernels k = {
					.count = (size_t)draw_in(1, 4),
					.chans = chans,
					.taps = taps,
					.elem_bytes = bytes,
				};

				k.chan_major_pitch =
				    chans * taps + (size_t)(draw() % 2 * draw_in(1, 40));
				k.tap_major_pitch = chans + (size_t)draw_in(0, 2);
				k.tap_pitch = k.count * k.tap_major_pitch;
				try_kernels(&k);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };

	print_message("TEST_SEED=%llu\n", start_random());
	return cmocka_run_group_tests_name("transpose", tests, NULL, NULL);
}
