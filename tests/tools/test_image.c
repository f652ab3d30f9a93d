#include "tool_test.h"

#include <png.h>

#include "image.h"

static bool parse_exact(bool png, const void *file, size_t bytes, struct image *image,
			char *why)
{
	uint8_t *exact = malloc(bytes ? bytes : 1);
	bool ok;

	memcpy(exact, file, bytes);
	ok = (png ? png_parse : pnm_parse)(image, exact, bytes, why, 200);
	free(exact);
	return ok;
}

static void pnm_good(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *file;
		size_t bytes;
		uint32_t w, h, chans, maxval;
		uint16_t samples[6];
	} cases[] = {
#define FILE_OF(text) text, sizeof(text) - 1
		{ "P2", FILE_OF("P2 3 2 9\n0 1 2\n3 4 9"), 3, 2, 1, 9, { 0, 1, 2, 3, 4, 9 } },
		{ "P2 comments", FILE_OF("P2#c\n# 7 7\n 2 #w\n1\n#max\n65535 65535 256\n"), 2, 1, 1, 65535, { 65535, 256 } },
		{ "P3", FILE_OF("P3\n1 2\n255\n255 0 1\n2 3 4\n"), 1, 2, 3, 255, { 255, 0, 1, 2, 3, 4 } },
		{ "P5", FILE_OF("P5 3 1 255\n\x00\x7f\xff"), 3, 1, 1, 255, { 0, 127, 255 } },
		{ "P5 sample like white space", FILE_OF("P5 2 1 255\n\n "), 2, 1, 1, 255, { 10, 32 } },
		{ "P5 wide", FILE_OF("P5 2 1 256\n\x01\x00\x00\xff"), 2, 1, 1, 256, { 256, 255 } },
		{ "P6", FILE_OF("P6 1 1 255\n\x01\x02\x03\n"), 1, 1, 3, 255, { 1, 2, 3 } },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image image;
		char why[200];

		if (!parse_exact(false, cases[i].file, cases[i].bytes, &image, why))
			fail_msg("%s: %s", cases[i].name, why);
		CHECK(cases[i].name, image.w == cases[i].w && image.h == cases[i].h);
		CHECK(cases[i].name, image.chans == cases[i].chans);
		CHECK(cases[i].name, image.maxval == cases[i].maxval);
		CHECK(cases[i].name,
		      memcmp(image.samples, cases[i].samples,
			     sizeof(uint16_t) * image.w * image.h * image.chans) == 0);
		image_free(&image);
	}
}

static void pnm_bad(void **state)
{
	static const struct {
		const char *name, *file;
		size_t bytes;
		const char *text;
	} cases[] = {
		{ "empty", FILE_OF(""), "not a PGM or PPM" },
		{ "bitmap", FILE_OF("P1 1 1 0"), "not a PGM or PPM" },
		{ "zero byte", FILE_OF("P\0"), "not a PGM or PPM" },
		{ "no width", FILE_OF("P5"), "ends where the width should be" },
		{ "zero width", FILE_OF("P5 0 1 255\n"), "width is below 1" },
		{ "negative height", FILE_OF("P5 1 -1 255\n"), "height is not a number" },
		{ "enormous width", FILE_OF("P5 99999999999999999999 1 255\n"),
		  "width is above 65535" },
		{ "enormous picture", FILE_OF("P5 65535 65535 255\nx"), "truncated" },
		{ "zero maximum", FILE_OF("P5 1 1 0\nx"), "maximum is below 1" },
		{ "maximum too large", FILE_OF("P5 1 1 65536\nxx"), "above 65535" },
		{ "sample above maximum", FILE_OF("P5 1 1 9\n\x0a"), "sample is 10" },
		{ "text sample above maximum", FILE_OF("P2 1 1 9\n10"), "above 9" },
		{ "no samples", FILE_OF("P5 2 1 255\n"), "truncated" },
		{ "short samples", FILE_OF("P6 1 1 255\nab"), "truncated" },
		{ "short wide samples", FILE_OF("P5 1 1 256\n\x01"), "truncated" },
		{ "no white space", FILE_OF("P5 1 1 255x"), "no white space" },
		{ "text instead of sample", FILE_OF("P2 2 1 9 1 x"), "not a number" },
		{ "two pictures", FILE_OF("P5 1 1 255\nxP5 1 1 255\nx"), "one picture" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image image;
		char why[200] = "";

		CHECK(cases[i].name,
		      !parse_exact(false, cases[i].file, cases[i].bytes, &image, why));
		CHECK_TEXT(cases[i].name, why, cases[i].text);
	}
}

struct bytes {
	uint8_t data[4096];
	size_t count;
};

static void collect(png_structp png, png_bytep data, size_t count)
{
	struct bytes *b = png_get_io_ptr(png);

	assert_true(b->count + count <= sizeof(b->data));
	memcpy(b->data + b->count, data, count);
	b->count += count;
}

static void no_flush(png_structp png)
{
	(void)png;
}

/* A PNG of 2 x 3 pixels of a kind that png_format() never writes. */
static void make_png(struct bytes *b, int type, int depth, int interlace, png_bytep *rows)
{
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	static const png_color palette[] = { { 1, 2, 3 }, { 250, 251, 252 } };

	b->count = 0;
	png_set_write_fn(png, b, collect, no_flush);
	png_set_IHDR(png, info, 2, 3, depth, type, interlace,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (type == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, info, palette, 2);
	png_write_info(png, info);
	png_write_image(png, rows);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
}

static void png_kinds(void **state)
{
	static uint8_t rgba[3][8] = { { 1, 2, 3, 9, 4, 5, 6, 9 },
				      { 7, 8, 9, 0 },
				      { 255 } };
	static uint8_t grey_alpha[3][4] = { { 1, 9, 2, 9 },
					    { 3, 0, 4, 0 },
					    { 255, 255, 6 } };
	static uint8_t grey16[3][4] = { { 1, 2, 3, 4 },
					{ 0, 255, 255, 0 },
					{ 255, 255 } };
	static uint8_t bits[3][1] = { { 0x40 }, { 0x80 }, { 0xc0 } };
	/* clang-format off */
	static const struct {
		const char *name;
		int type, depth, interlace;
		uint8_t *rows[3];
		uint32_t chans, maxval;
		bool alpha;
		uint16_t first[4];
	} cases[] = {
		{ "rgba", PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_NONE, { rgba[0], rgba[1], rgba[2] }, 4, 255, true, { 1, 2, 3, 9 } },
		{ "rgba interlaced", PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_ADAM7, { rgba[0], rgba[1], rgba[2] }, 4, 255, true, { 1, 2, 3, 9 } },
		{ "grey and alpha", PNG_COLOR_TYPE_GRAY_ALPHA, 8, PNG_INTERLACE_NONE, { grey_alpha[0], grey_alpha[1], grey_alpha[2] }, 2, 255, true, { 1, 9, 2, 9 } },
		{ "16 bits", PNG_COLOR_TYPE_GRAY, 16, PNG_INTERLACE_NONE, { grey16[0], grey16[1], grey16[2] }, 1, 65535, false, { 258, 772, 255, 65280 } },
		{ "1 bit", PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE, { bits[0], bits[1], bits[2] }, 1, 255, false, { 0, 255, 255, 0 } },
		{ "palette", PNG_COLOR_TYPE_PALETTE, 1, PNG_INTERLACE_NONE, { bits[0], bits[1], bits[2] }, 3, 255, false, { 1, 2, 3, 250 } },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes b;
		struct image image;
		char why[200];
		png_bytep rows[3] = { cases[i].rows[0], cases[i].rows[1],
				      cases[i].rows[2] };

		make_png(&b, cases[i].type, cases[i].depth, cases[i].interlace, rows);
		if (!parse_exact(true, b.data, b.count, &image, why))
			fail_msg("%s: %s", cases[i].name, why);
		CHECK(cases[i].name, image.w == 2 && image.h == 3);
		CHECK(cases[i].name, image.chans == cases[i].chans);
		CHECK(cases[i].name, image.maxval == cases[i].maxval);
		CHECK(cases[i].name, image_has_alpha(&image) == cases[i].alpha);
		CHECK(cases[i].name,
		      memcmp(image.samples, cases[i].first, sizeof(cases[i].first)) == 0);
		image_free(&image);
	}
}

/* Both writers, grey and RGB, and every prefix of what they write. */
static void written_pictures(void **state)
{
	(void)state;
	for (uint32_t chans = 1; chans <= 3; chans += 2)
		for (int png = 0; png <= 1; png++) {
			struct image image, back;
			char why[200];
			void *file;
			size_t bytes;

			assert_true(image_new(&image, 5, 3, chans, 255));
			for (size_t i = 0; i < 15 * chans; i++)
				image.samples[i] = (uint16_t)(255 - 5 * i);
			assert_true(
			    (png ? png_format : pnm_format)(&image, &file, &bytes));
			assert_true(parse_exact(png, file, bytes, &back, why));
			assert_int_equal(back.w, 5);
			assert_int_equal(back.h, 3);
			assert_int_equal(back.chans, chans);
			assert_memory_equal(back.samples, image.samples,
					    15 * chans * sizeof(uint16_t));
			image_free(&back);
			for (size_t i = 0; i < bytes; i++)
				if (parse_exact(png, file, i, &back, why))
					fail_msg(
					    "%s of %u channels: prefix of %zu of %zu "
					    "bytes was accepted",
					    png ? "png" : "pnm", chans, i, bytes);
			image_free(&image);
			free(file);
		}
}

static void bit_flips(void **state)
{
	struct image image, back;
	uint8_t *file;
	size_t bytes;
	char why[200];

	(void)state;
	assert_true(image_new(&image, 4, 2, 3, 255));
	assert_true(png_format(&image, (void **)&file, &bytes));
	/* A PNG's chunks have checksums: a change is seen, or in the signature. */
	for (size_t i = 0; i < bytes; i++) {
		file[i] ^= 0x10;
		if (parse_exact(true, file, bytes, &back, why))
			fail_msg("a change of byte %zu was not noticed", i);
		file[i] ^= 0x10;
	}
	free(file);
	image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pnm_good),  cmocka_unit_test(pnm_bad),
		cmocka_unit_test(png_kinds), cmocka_unit_test(written_pictures),
		cmocka_unit_test(bit_flips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
