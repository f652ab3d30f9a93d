#include "image.h"

#include <assert.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PNG_SIGNATURE_BYTES 8u

/*
 * libpng leaves by longjmp.  What must survive the jump lies in this struct, in
 * memory, where no register copy of it can go stale.
 */
struct job {
	const uint8_t *at, *end; /* input */
	uint8_t *out;		 /* output */
	size_t out_bytes, out_room;
	uint8_t *pixels; /* as libpng wants them: rows of bytes */
	png_bytep *rows;
	struct image image;
	char why[160];
};

static void on_error(png_structp png, png_const_charp message)
{
	struct job *job = png_get_error_ptr(png);

	snprintf(job->why, sizeof(job->why), "it is not a sound PNG picture: %s",
		 message);
	longjmp(png_jmpbuf(png), 1);
}

/* Warnings concern colour profiles and texts, which do not matter here. */
static void on_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void read_bytes(png_structp png, png_bytep data, size_t bytes)
{
	struct job *job = png_get_io_ptr(png);

	if ((size_t)(job->end - job->at) < bytes)
		png_error(png, "it is truncated");
	memcpy(data, job->at, bytes);
	job->at += bytes;
}

static void write_bytes(png_structp png, png_bytep data, size_t bytes)
{
	struct job *job = png_get_io_ptr(png);

	if (job->out_room - job->out_bytes < bytes) {
		size_t room = 2 * job->out_room + bytes;
		uint8_t *bigger = realloc(job->out, room);

		if (!bigger)
			png_error(png, "out of memory");
		job->out = bigger;
		job->out_room = room;
	}
	memcpy(job->out + job->out_bytes, data, bytes);
	job->out_bytes += bytes;
}

static void flush_bytes(png_structp png)
{
	(void)png;
}

/* Memory for `h` rows of `row_bytes`. */
static void make_rows(png_structp png, struct job *job, size_t row_bytes)
{
	job->pixels = malloc(row_bytes * job->image.h);
	job->rows = calloc(job->image.h, sizeof(*job->rows));
	if (!job->pixels || !job->rows)
		png_error(png, "out of memory");
	for (size_t y = 0; y < job->image.h; y++)
		job->rows[y] = job->pixels + y * row_bytes;
}

/* Ask for grey or RGB samples of 8 or 16 bits, with alpha when the file has it. */
static void set_transforms(png_structp png, png_infop info, struct job *job)
{
	int type = png_get_color_type(png, info);
	bool wide = png_get_bit_depth(png, info) == 16;
	uint32_t w = png_get_image_width(png, info), h = png_get_image_height(png, info);

	if (type == PNG_COLOR_TYPE_PALETTE)
		png_set_palette_to_rgb(png);
	if (type == PNG_COLOR_TYPE_GRAY)
		png_set_expand_gray_1_2_4_to_8(png);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
	/* A palette may have transparent colours, too. */
	if (!image_new(&job->image, w, h, png_get_channels(png, info),
		       wide ? UINT16_MAX : UINT8_MAX))
		png_error(png, "too many pixels");
}

static void take_samples(struct job *job)
{
	struct image *image = &job->image;
	size_t row_samples = (size_t)image->w * image->chans;

	for (size_t y = 0; y < image->h; y++) {
		const uint8_t *row = job->rows[y];
		uint16_t *out = image->samples + y * row_samples;

		for (size_t i = 0; i < row_samples; i++)
			out[i] = image->maxval > UINT8_MAX
				     ? (uint16_t)(row[2 * i] << 8 | row[2 * i + 1])
				     : row[i];
	}
}

static bool decode(png_structp png, png_infop info, struct job *job)
{
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_set_user_limits(png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
	png_set_read_fn(png, job, read_bytes);
	png_read_info(png, info);
	set_transforms(png, info, job);
	make_rows(png, job, png_get_rowbytes(png, info));
	png_read_image(png, job->rows);
	png_read_end(png, NULL);
	take_samples(job);
	return true;
}

bool png_parse(struct image *image, const void *file, size_t bytes, char *why,
	       size_t why_bytes)
{
	struct job job = { .at = file, .end = (const uint8_t *)file + bytes };
	png_structp png;
	png_infop info;
	bool ok;

	if (bytes < PNG_SIGNATURE_BYTES ||
	    png_sig_cmp(file, 0, PNG_SIGNATURE_BYTES) != 0) {
		snprintf(why, why_bytes, "it is not a PNG picture");
		return false;
	}
	snprintf(job.why, sizeof(job.why), "out of memory");
	png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
	info = png ? png_create_info_struct(png) : NULL;
	ok = info && decode(png, info, &job);
	png_destroy_read_struct(&png, &info, NULL);
	free(job.pixels);
	free(job.rows);
	if (!ok) {
		snprintf(why, why_bytes, "%s", job.why);
		image_free(&job.image);
		return false;
	}
	*image = job.image;
	return true;
}

static bool encode(png_structp png, png_infop info, struct job *job)
{
	const struct image *image = &job->image;
	size_t row_bytes = (size_t)image->w * image->chans;

	if (setjmp(png_jmpbuf(png)))
		return false;
	png_set_write_fn(png, job, write_bytes, flush_bytes);
	png_set_IHDR(png, info, image->w, image->h, 8,
		     image->chans == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	make_rows(png, job, row_bytes);
	for (size_t i = 0; i < row_bytes * image->h; i++)
		job->pixels[i] = (uint8_t)image->samples[i];
	png_write_info(png, info);
	png_write_image(png, job->rows);
	png_write_end(png, NULL);
	return true;
}

bool png_format(const struct image *image, void **file, size_t *bytes)
{
	struct job job = { .image = *image };
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	bool ok;

	assert(image->maxval == UINT8_MAX);
	ok = info && encode(png, info, &job);
	png_destroy_write_struct(&png, &info);
	free(job.pixels);
	free(job.rows);
	if (!ok) {
		free(job.out);
		return false;
	}
	*file = job.out;
	*bytes = job.out_bytes;
	return true;
}
