#include "tool_test.h"

#include <png.h>

#include "tensor_file.h"

static const struct tensor_in plain_in = TENSOR_IN_DEFAULT;

/* A PNG file of one RGBA pixel, by libpng's simple interface. */
static size_t make_png(uint8_t *file, size_t room, const uint16_t *rgba)
{
	const uint8_t pixel[] = { (uint8_t)rgba[0], (uint8_t)rgba[1], (uint8_t)rgba[2],
				  (uint8_t)rgba[3] };
	png_image image = { .version = PNG_IMAGE_VERSION,
			    .width = 1,
			    .height = 1,
			    .format = PNG_FORMAT_RGBA };
	png_alloc_size_t bytes = room;

	assert_true(png_image_write_to_memory(&image, file, &bytes, 0, pixel, 0, NULL));
	return bytes;
}

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

/* Bytes of a uint8 tensor are samples, unless a mean or a scale is asked for. */
static void pictures_of_bytes(void **state)
{
	static const uint8_t file[] = "P5 4 1 255\n\x00\x33\x80\xff";
	static const uint8_t narrow[] = "P5 4 1 15\n\x00\x05\x08\x0f";
	static const double samples[] = { 0, 0x33, 0x80, 0xff };
	/* scale 1/127, zero 128: black to white is 128 to 255 */
	const struct tensor_desc desc = {
		NPU_ELEM_INT8, 1, 1, 1, 4, 1.0f / 127, 128, true
	};
	static const struct tensor_desc signed_desc = { NPU_ELEM_INT8, 1, 1,	1, 4,
							1.0f / 127,    0, false };
	struct tensor_in mapped = TENSOR_IN_DEFAULT;
	struct tensor_report report;
	struct tensor t;

	(void)state;
	mapped.mapped = true;
	assert_true(tensor_new(&t, &desc));
	assert_true(tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
				       &plain_in, &report));
	for (size_t i = 0; i < COUNT(samples); i++)
		assert_true(tensor_get(&t, i) == samples[i]);
	assert_true(tensor_read_memory(&t, narrow, sizeof(narrow) - 1, TENSOR_FORMAT_PNM,
				       &plain_in, &report));
	assert_true(tensor_get(&t, 1) == 85 && tensor_get(&t, 2) == 136);
	assert_true(tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
				       &mapped, &report));
	assert_true(tensor_get(&t, 0) == 128 && tensor_get(&t, 3) == 255);
	assert_true(tensor_get(&t, 1) == 128 + 25);
	tensor_free(&t);
	assert_true(tensor_new(&t, &signed_desc));
	assert_true(tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
				       &plain_in, &report));
	assert_true(tensor_get(&t, 0) == 0 && tensor_get(&t, 3) == 127);
	mapped.scale[0] = 2;
	assert_true(tensor_read_memory(&t, file, sizeof(file) - 1, TENSOR_FORMAT_PNM,
				       &mapped, &report));
	assert_int_equal(report.saturated, 1);
	CHECK_TEXT("note", report.note, "1 of 4 numbers");
	tensor_free(&t);
}

/* Bytes of a uint8 output are samples, unless a range or magnitudes are asked for. */
static void bytes_to_picture(void **state)
{
	static const uint8_t bytes[] = { 0, 100, 255 };
	static const struct {
		const char *name;
		struct image_out map;
		uint8_t want[3];
	} cases[] = {
		{ "as they are", { .lo = 0, .hi = 1 }, { 0, 100, 255 } },
		{ "range",
		  { .lo = -0.78125, .hi = 155.0 / 128, .mapped = true },
		  { 0, 100, 255 } },
		{ "narrow range", { .lo = 0, .hi = 1, .mapped = true }, { 0, 0, 255 } },
		{ "absolute",
		  { .lo = 0, .hi = 2, .mapped = true, .absolute = true },
		  { 100, 0, 154 } },
	};
	const struct tensor_desc desc = {
		NPU_ELEM_INT8, 1, 1, 1, 3, 1.0f / 128, 100, true
	};
	const char *path = scratch_name(".pgm");
	struct tensor t;

	(void)state;
	assert_true(tensor_new(&t, &desc));
	memcpy(t.data, bytes, sizeof(bytes));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tensor_report report;
		char text[64];
		FILE *f;
		size_t n;

		CHECK(cases[i].name, tensor_write_file(&t, path, TENSOR_FORMAT_AUTO,
						       &cases[i].map, &report));
		f = fopen(path, "rb");
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
		CHECK(cases[i].name, n == 11 + 3);
		CHECK(cases[i].name, memcmp(text + 11, cases[i].want, 3) == 0);
	}
	unlink(path);
	tensor_free(&t);
}

/* Two and four channels take alpha; one and three leave it. */
static void alpha(void **state)
{
	/* One pixel, red green blue alpha. */
	static const uint16_t samples[] = { 10, 20, 30, 40 };
	uint8_t png[200];
	size_t bytes = make_png(png, sizeof(png), samples);
	struct tensor_report report;

	(void)state;
	for (uint32_t c = 1; c <= 5; c++) {
		const struct tensor_desc desc = { NPU_ELEM_INT8, 1, c, 1, 1, 1, 0, true };
		struct tensor t;
		bool ok;

		assert_true(tensor_new(&t, &desc));
		ok = tensor_read_memory(&t, png, bytes, TENSOR_FORMAT_PNG, &plain_in,
					&report);
		assert_int_equal(ok, c == 3 || c == 4);
		for (uint32_t i = 0; ok && i < c; i++)
			assert_true(tensor_get(&t, i) == samples[i]);
		if (c == 3)
			CHECK_TEXT("alpha", report.note, "its alpha channel is ignored");
		if (c == 4)
			assert_string_equal(report.note, "");
		if (c == 2)
			CHECK_TEXT(
			    "two", report.why,
			    "it is an RGB picture with alpha, but the conv takes 2 "
			    "channels; convert it to grey with alpha");
		tensor_free(&t);
	}
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
			cases[i].w,    1,	   0,	       false
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
		cmocka_unit_test(picture_to_tensor), cmocka_unit_test(pictures_of_bytes),
		cmocka_unit_test(bytes_to_picture),  cmocka_unit_test(alpha),
		cmocka_unit_test(picture_refusals),  cmocka_unit_test(tensor_to_picture),
		cmocka_unit_test(unshowable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
