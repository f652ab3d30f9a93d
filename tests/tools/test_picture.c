#include "tool_test.h"

#include "tensor_file.h"

static const struct tensor_in plain_in = TENSOR_IN_DEFAULT;

/* A picture as a tensor: HWC bytes become CHW fractions. */
static void picture_to_tensor(void **state)
{
	static const uint8_t file[] = "P6 2 1 255\n\x00\x33\x66\x99\xcc\xff";
	static const double want[] = { 0, 0.6, 0.2, 0.8, 0.4, 1 };
	const struct tensor_desc desc = { NPU_ELEM_FP32, 1, 3, 1, 2, 1, 0, false };
	struct tensor_in centred = TENSOR_IN_DEFAULT;
	struct tensor_report report;
	struct tensor t;

	(void)state;
	memcpy(centred.mean, (double[]){ 0.5, 0.5, 0 }, 3 * sizeof(double));
	memcpy(centred.scale, (double[]){ 2, 2, 10 }, 3 * sizeof(double));
	assert_true(tensor_new(&t, &desc));
	assert_true(tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
				       &plain_in, &report));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_true(tensor_get(&t, i) == (double)(float)want[i]);
	assert_true(tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
				       &centred, &report));
	assert_true(tensor_get(&t, 0) == -1); /* red, (0 - 0.5) * 2 */
	assert_true(tensor_get(&t, 5) == 10); /* blue, 1 * 10 */
	tensor_free(&t);
}

static void picture_refusals(void **state)
{
	static const struct {
		const char *name;
		uint32_t n, c, h, w;
		const char *text;
	} cases[] = {
		{ "width", 1, 3, 1, 3, "2 wide and 1 high, but the conv takes 3 by 1" },
		{ "grey wanted", 1, 1, 1, 2,
		  "an RGB picture, but the conv takes 1 channel; "
		  "convert it to grey" },
		{ "batch", 2, 3, 1, 2, "a batch of 2; stack them in an .npy array" },
		{ "channels", 1, 8, 1, 2, "8 channels" },
	};
	static const uint8_t file[] = "P6 2 1 255\nabcdef";

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct tensor_desc desc = {
			NPU_ELEM_FP16, cases[i].n, cases[i].c, cases[i].h,
			cases[i].w,    1,	   0,		false
		};
		struct tensor_report report;
		struct tensor t;

		assert_true(tensor_new(&t, &desc));
		CHECK(cases[i].name,
		      !tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
					  &plain_in, &report));
		CHECK_TEXT(cases[i].name, report.why, cases[i].text);
		tensor_free(&t);
	}
}

/* Tensor to picture: clamping, range, absolute values, chosen channels. */
static void tensor_to_picture(void **state)
{
	static const double values[] = { -1, 0.5, 2, /* channel 0 */ 0, -0.25, 1 };
	static const struct {
		const char *name;
		struct image_out map;
		uint8_t want[3];
	} cases[] = {
		{ "clamped",
		  { .channels = { 0 }, .channel_count = 1, .lo = 0, .hi = 1 },
		  { 0, 128, 255 } },
		{ "second channel",
		  { .channels = { 1 }, .channel_count = 1, .lo = 0, .hi = 1 },
		  { 0, 0, 255 } },
		{ "range",
		  { .channels = { 0 }, .channel_count = 1, .lo = -1, .hi = 2 },
		  { 0, 128, 255 } },
		{ "inverted",
		  { .channels = { 1 }, .channel_count = 1, .lo = 1, .hi = 0 },
		  { 255, 255, 0 } },
		{ "absolute",
		  { .channels = { 0 },
		    .channel_count = 1,
		    .lo = 0,
		    .hi = 1,
		    .absolute = true },
		  { 255, 128, 255 } },
	};
	const struct tensor_desc desc = { NPU_ELEM_FP16, 1, 2, 1, 3, 1, 0, false };
	const char *path = scratch_name(".pgm");
	struct tensor t;

	(void)state;
	assert_true(tensor_new(&t, &desc));
	for (size_t i = 0; i < COUNT(values); i++)
		assert_true(tensor_set(&t, i, values[i]));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tensor_report report;
		char text[64];
		FILE *f;
		size_t n;

		if (!tensor_write_file(&t, path, TENSOR_FORMAT_AUTO, &cases[i].map,
				       &report))
			fail_msg("%s: %s", cases[i].name, report.why);
		f = fopen(path, "rb");
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
		CHECK(cases[i].name,
		      n == 11 + 3 && memcmp(text, "P5\n3 1\n255\n", 11) == 0);
		CHECK(cases[i].name, memcmp(text + 11, cases[i].want, 3) == 0);
	}
	unlink(path);
	tensor_free(&t);
}

static void unshowable(void **state)
{
	static const struct {
		const char *name, *path;
		uint32_t n, c;
		struct image_out map;
		const char *text;
	} cases[] = {
		{ "two channels", "x.png", 1, 2, IMAGE_OUT_DEFAULT, "--channels" },
		{ "batch", "x.png", 3, 1, IMAGE_OUT_DEFAULT, "batch of 3" },
		{ "no such channel",
		  "x.png",
		  1,
		  2,
		  { .channels = { 2 }, .channel_count = 1, .hi = 1 },
		  "there is no channel 2; the output has 0 to 1" },
		{ "rgb as pgm", "x.pgm", 1, 3, IMAGE_OUT_DEFAULT, "call it .ppm" },
		{ "grey as ppm", "x.ppm", 1, 1, IMAGE_OUT_DEFAULT, "call it .pgm" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct tensor_desc desc = {
			NPU_ELEM_FP16, cases[i].n, cases[i].c, 3, 5, 1, 0, false
		};
		struct tensor_report report;

		CHECK(cases[i].name,
		      !tensor_can_write(&desc, cases[i].path, TENSOR_FORMAT_AUTO,
					&cases[i].map, &report));
		CHECK_TEXT(cases[i].name, report.why, cases[i].text);
		CHECK(cases[i].name, access(cases[i].path, F_OK) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picture_to_tensor),
		cmocka_unit_test(picture_refusals),
		cmocka_unit_test(tensor_to_picture),
		cmocka_unit_test(unshowable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
