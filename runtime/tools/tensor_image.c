#include "tensor_image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "image.h"

/* Real number to the number that the tensor's type stores. */
static double stored_from_real(const struct tensor_desc *d, double real)
{
	double q;

	if (d->elem != NPU_ELEM_INT8)
		return real;
	q = nearbyint(real / (double)d->scale) + d->zero_point;
	return fmin(fmax(q, INT8_MIN), INT8_MAX);
}

static double real_from_stored(const struct tensor_desc *d, double stored)
{
	return d->elem == NPU_ELEM_INT8 ? (stored - d->zero_point) * (double)d->scale
					: stored;
}

static bool check_picture(const struct image *image, const struct tensor_desc *d,
			  struct tensor_report *report)
{
	if (d->n != 1)
		return tensor_refuse(
		    report,
		    "it is one picture, but the conv takes a batch of %u; "
		    "stack them in an .npy array",
		    d->n);
	if (image->w != d->w || image->h != d->h)
		return tensor_refuse(
		    report,
		    "it is %u wide and %u high, but the conv takes %u by "
		    "%u; resize it",
		    image->w, image->h, d->w, d->h);
	if (image->chans == d->c)
		return true;
	if (d->c != 1 && d->c != 3)
		return tensor_refuse(
		    report,
		    "the conv takes %u channels, and pictures have 1 or 3; "
		    "give an .npy array",
		    d->c);
	return tensor_refuse(report,
			     "it is %s picture, but the conv takes %u channel%s; "
			     "convert it to %s",
			     image->chans == 1 ? "a grey" : "an RGB", d->c,
			     d->c == 1 ? "" : "s", d->c == 1 ? "grey" : "RGB");
}

/* HWC samples to a CHW tensor. */
static bool store_samples(struct tensor *t, const struct image *image,
			  const struct image_in *map, struct tensor_report *report)
{
	size_t pixels = (size_t)image->w * image->h;

	for (uint32_t c = 0; c < image->chans; c++)
		for (size_t i = 0; i < pixels; i++) {
			double level =
			    (double)image->samples[i * image->chans + c] / image->maxval;
			double real = (level - map->mean[c]) * map->scale[c];

			if (!tensor_set(t, c * pixels + i,
					stored_from_real(&t->desc, real)))
				return tensor_refuse(report,
						     "a sample becomes %g, which the "
						     "conv's input cannot hold; check "
						     "--mean and --scale",
						     real);
		}
	return true;
}

bool tensor_from_image_file(struct tensor *t, const void *file, size_t bytes, bool png,
			    const struct image_in *map, struct tensor_report *report)
{
	struct image image;
	bool ok = png ? png_parse(&image, file, bytes, report->why, sizeof(report->why))
		      : pnm_parse(&image, file, bytes, report->why, sizeof(report->why));

	if (!ok)
		return false;
	ok = check_picture(&image, &t->desc, report) &&
	     store_samples(t, &image, map, report);
	if (ok && image.alpha_dropped)
		snprintf(report->note, sizeof(report->note),
			 "its alpha channel is ignored");
	image_free(&image);
	return ok;
}

/* How many channels the picture has: 1, 3, or another number that is no good. */
static uint32_t picked_channels(const struct tensor_desc *d, const struct image_out *map)
{
	return map->channel_count ? map->channel_count : d->c;
}

bool tensor_fits_image(const struct tensor_desc *d, const char *path,
		       const struct image_out *map, struct tensor_report *report)
{
	const char *dot = strrchr(path, '.');
	uint32_t chans = picked_channels(d, map);

	if (d->n != 1)
		return tensor_refuse(
		    report, "a batch of %u images is not one picture; write .npy", d->n);
	if (chans != 1 && chans != 3)
		return tensor_refuse(
		    report,
		    "the output has %u channels, and a picture 1 or 3; pick "
		    "some with --channels, or write .npy",
		    chans);
	for (uint32_t i = 0; i < map->channel_count; i++)
		if (map->channels[i] >= d->c)
			return tensor_refuse(
			    report, "there is no channel %u; the output has 0 to %u",
			    map->channels[i], d->c - 1);
	if (dot && strcasecmp(dot, chans == 1 ? ".ppm" : ".pgm") == 0)
		return tensor_refuse(report, "%u channel%s not make a %s; call it %s",
				     chans, chans == 1 ? " does" : "s do", dot + 1,
				     chans == 1 ? ".pgm" : ".ppm");
	return true;
}

static uint16_t sample_from_real(double real, const struct image_out *map)
{
	double level =
	    ((map->absolute ? fabs(real) : real) - map->lo) / (map->hi - map->lo);

	if (!(level > 0)) /* and what is not a number */
		return 0;
	return (uint16_t)nearbyint(fmin(level, 1) * UINT8_MAX);
}

bool tensor_to_image_file(const struct tensor *t, bool png, const struct image_out *map,
			  void **file, size_t *bytes)
{
	const struct tensor_desc *d = &t->desc;
	uint32_t chans = picked_channels(d, map);
	size_t pixels = (size_t)d->w * d->h;
	struct image image;
	bool ok;

	if (!image_new(&image, d->w, d->h, chans, UINT8_MAX))
		return false;
	for (uint32_t i = 0; i < chans; i++) {
		size_t c = map->channel_count ? map->channels[i] : i;

		for (size_t p = 0; p < pixels; p++)
			image.samples[p * chans + i] = sample_from_real(
			    real_from_stored(d, tensor_get(t, c * pixels + p)), map);
	}
	ok = png ? png_format(&image, file, bytes) : pnm_format(&image, file, bytes);
	image_free(&image);
	return ok;
}
