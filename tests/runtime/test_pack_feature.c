#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "pack_feature.h"

/* Where element (n, c, y, x) lies, from the layout's definition. */
static uint64_t place(const struct npub_tensor *t, uint32_t n, uint32_t c, uint32_t y,
		      uint32_t x)
{
	uint64_t eb = npub_elem_bytes(t->elem), chans = npub_atom_chans(t->elem);

	if (t->layout == NPUB_LAYOUT_PIXEL)
		return n * t->image_bytes +
		       (((uint64_t)y * t->row_pixels + x) * t->c + c) * eb;
	return n * t->image_bytes +
	       ((c / chans) * t->plane_pixels + (uint64_t)y * t->row_pixels + x) * 16 +
	       c % chans * eb;
}

struct shape {
	const char *name;
	uint32_t elem, layout, n, c, h, w, row_gap, plane_gap;
	uint32_t form; /* enum npub_user_form */
};

static struct npub_tensor tensor_from_shape(const struct shape *s)
{
	struct npub_tensor t = { .elem = s->elem,
				 .layout = s->layout,
				 .n = s->n,
				 .c = s->c,
				 .h = s->h,
				 .w = s->w,
				 .row_pixels = s->w + s->row_gap,
				 .user_form = s->form };
	uint32_t chans = npub_atom_chans(s->elem);

	if (s->layout == NPUB_LAYOUT_PIXEL) {
		t.image_bytes =
		    (uint64_t)t.row_pixels * s->h * s->c * npub_elem_bytes(s->elem);
	} else {
		t.plane_pixels = t.row_pixels * s->h + s->plane_gap;
		t.surfaces = (s->c + chans - 1) / chans;
		t.image_bytes = (uint64_t)t.plane_pixels * t.surfaces * 16;
	}
	t.image_bytes = (t.image_bytes + 15) / 16 * 16;
	t.bytes = t.image_bytes * s->n;
	return t;
}

/* Bytes that no element and no lane of a last atom touches must keep their value. */
static void expect_image(const struct npub_tensor *t, const uint8_t *nchw, uint8_t *want)
{
	uint32_t eb = npub_elem_bytes(t->elem), chans = npub_atom_chans(t->elem);
	uint32_t less = t->user_form == NPUB_USER_UINT8 ? 128 : 0;
	uint32_t stored =
	    t->layout == NPUB_LAYOUT_PIXEL ? t->c : (t->c + chans - 1) / chans * chans;

	for (uint32_t n = 0; n < t->n; n++)
		for (uint32_t c = 0; c < stored; c++)
			for (uint32_t y = 0; y < t->h; y++)
				for (uint32_t x = 0; x < t->w; x++) {
					uint64_t from =
					    (((uint64_t)n * t->c + c) * t->h + y) * t->w +
					    x;

					if (c < t->c && less)
						want[place(t, n, c, y, x)] =
						    (uint8_t)(nchw[from] - less);
					else if (c < t->c)
						memcpy(want + place(t, n, c, y, x),
						       nchw + from * eb, eb);
					else
						memset(want + place(t, n, c, y, x), 0,
						       eb);
				}
}

static void check_shape(const struct shape *s)
{
	struct npub_tensor t = tensor_from_shape(s);
	size_t nchw_bytes = (size_t)s->n * s->c * s->h * s->w * npub_elem_bytes(s->elem);
	uint8_t *nchw = malloc(nchw_bytes), *back = malloc(nchw_bytes);
	uint8_t *device = malloc(t.bytes), *want = malloc(t.bytes);

	assert_non_null(nchw && back && device && want ? nchw : NULL);
	for (size_t i = 0; i < nchw_bytes; i++)
		nchw[i] = (uint8_t)(rand() >> 7);
	memset(device, 0xee, t.bytes);
	memset(want, 0xee, t.bytes);
	expect_image(&t, nchw, want);
	npurt_pack_feature(&t, nchw, device);
	CHECK(s->name, !memcmp(device, want, t.bytes), "packed wrongly (%u %ux%ux%ux%u)",
	      s->elem, s->n, s->c, s->h, s->w);
	npurt_unpack_feature(&t, device, back);
	CHECK(s->name, !memcmp(back, nchw, nchw_bytes),
	      "unpacked wrongly (%u %ux%ux%ux%u)", s->elem, s->n, s->c, s->h, s->w);
	free(nchw);
	free(back);
	free(device);
	free(want);
}

static void test_shapes(void **state)
{
	static const struct shape shapes[] = {
		/* clang-format off */
		/* name               elem layout                n  c   h   w   gaps, form */
		{ "one element", 2, NPUB_LAYOUT_NC1HWC2, 1, 1, 1, 1, 0, 0, 0 },
		{ "whole atoms", 2, NPUB_LAYOUT_NC1HWC2, 1, 16, 5, 8, 0, 0, 0 },
		{ "lanes left over", 2, NPUB_LAYOUT_NC1HWC2, 1, 13, 7, 9, 0, 3, 0 },
		{ "row gap", 2, NPUB_LAYOUT_NC1HWC2, 1, 9, 3, 17, 2, 1, 0 },
		{ "batch", 2, NPUB_LAYOUT_NC1HWC2, 3, 11, 4, 5, 0, 2, 0 },
		{ "int8", 0, NPUB_LAYOUT_NC1HWC2, 2, 37, 6, 19, 1, 0, 0 },
		{ "fp32", 5, NPUB_LAYOUT_NC1HWC2, 1, 7, 5, 6, 0, 2, 0 },
		{ "int32", 4, NPUB_LAYOUT_NC1HWC2, 1, 4, 1, 3, 0, 0, 0 },
		{ "rgb", 2, NPUB_LAYOUT_PIXEL, 1, 3, 5, 7, 9, 0, 0 },
		{ "grey int8", 0, NPUB_LAYOUT_PIXEL, 2, 1, 4, 31, 1, 0, 0 },
		{ "uint8", 0, NPUB_LAYOUT_NC1HWC2, 2, 37, 6, 19, 1, 0, NPUB_USER_UINT8 },
		{ "uint8, whole", 0, NPUB_LAYOUT_NC1HWC2, 1, 32, 8, 8, 0, 0, NPUB_USER_UINT8 },
		{ "rgb uint8", 0, NPUB_LAYOUT_PIXEL, 1, 3, 5, 7, 9, 0, NPUB_USER_UINT8 },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		check_shape(&shapes[i]);
}

static void test_random_shapes(void **state)
{
	static const uint32_t elems[] = { 0, 2, 4, 5 };
	const char *env = getenv("NPUCC_TEST_SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : 20240828;
	char name[32];

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 300; i++) {
		struct shape s = { name,
				   elems[rand() % 4],
				   rand() % 4 ? NPUB_LAYOUT_NC1HWC2 : NPUB_LAYOUT_PIXEL,
				   1 + rand() % 3,
				   1 + rand() % 40,
				   1 + rand() % 12,
				   1 + rand() % 40,
				   rand() % 3 ? 0 : rand() % 9,
				   rand() % 5,
				   rand() % 2 };

		if (s.elem)
			s.form = NPUB_USER_SAME;

		if (s.layout == NPUB_LAYOUT_PIXEL) {
			s.c = 1 + s.c % 4;
			s.plane_gap = 0;
		}
		snprintf(name, sizeof name, "random %d", i);
		check_shape(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_random_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
