#include "tensor_image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "image.h"

#define MAX_PICTURE_CHANS 4u /* red, green, blue and alpha */

/* Channels that a conv may take of the picture: all, or all but alpha. */
static bool check_channels(const struct image *image, const struct tensor_desc *d,
			   struct tensor_report *report)
{
	static const char *const kinds[] = { "a grey picture",
					     "a grey picture with alpha",
					     "an RGB picture",
					     "an RGB picture with alpha" };
	static const char *const wanted[] = { "grey", "grey with alpha", "RGB",
					      "RGB with alpha" };

	if (image->chans == d->c || (image_has_alpha(image) && image->chans - 1 == d->c))
		return true;
	if (d->c > MAX_PICTURE_CHANS)
		return tensor_refuse(report,
				     "the conv takes %u channels, and pictures have 1 to "
				     "4; give an .npy array",
				     d->c);
	return tensor_refuse(
	    report, "it is %s, but the conv takes %u channel%s; convert it to %s",
	    kinds[image->chans - 1], d->c, d->c == 1 ? "" : "s", wanted[d->c - 1]);
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
	return check_channels(image, d, report);
}

/* The number stored for a sample; *real is what a message can show. */
static double number_of_sample(const struct tensor_desc *d, const struct tensor_in *how,
			       uint32_t c, double level, double *real,
			       uint64_t *saturated)
{
	if (d->is_uint8 && !how->mapped) {
		*real = nearbyint(level * UINT8_MAX);
		return *real;
	}
	*real = (level - how->mean[c]) * how->scale[c];
	return tensor_stored(d, *real, saturated);
}

/* HWC samples to a CHW tensor. */
static bool store_samples(struct tensor *t, const struct image *image,
			  const struct tensor_in *how, struct tensor_report *report)
{
	size_t pixels = (size_t)image->w * image->h;

	if (!tensor_has_scale(&t->desc))
		return tensor_refuse(report,
				     "it cannot be quantised: the bundle's scale for it "
				     "is %g",
				     (double)t->desc.scale);
	for (uint32_t c = 0; c < t->desc.c; c++)
		for (size_t i = 0; i < pixels; i++) {
			double level =
			    (double)image->samples[i * image->chans + c] / image->maxval;
			double real, stored = number_of_sample(&t->desc, how, c, level,
							       &real, &report->saturated);

			if (!tensor_set(t, c * pixels + i, stored))
				return tensor_refuse(report,
						     "a sample becomes %g, which the "
						     "conv's input cannot hold; check "
						     "--mean and --scale",
						     real);
		}
	return true;
}

bool tensor_from_image_file(struct tensor *t, const void *file, size_t bytes, bool png,
			    const struct tensor_in *how, struct tensor_report *report)
{
	struct image image;
	bool ok = png ? png_parse(&image, file, bytes, report->why, sizeof(report->why))
		      : pnm_parse(&image, file, bytes, report->why, sizeof(report->why));

	if (!ok)
		return false;
	ok = check_picture(&image, &t->desc, report) &&
	     store_samples(t, &image, how, report);
	if (ok && image.chans != t->desc.c)
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

/* The bytes of a uint8 tensor are samples; other numbers go through the map. */
static uint16_t sample_of(const struct tensor_desc *d, double stored,
			  const struct image_out *map)
{
	double real = tensor_real(d, stored), level;

	if (d->is_uint8 && !map->mapped)
		return (uint16_t)stored;
	level = ((map->absolute ? fabs(real) : real) - map->lo) / (map->hi - map->lo);

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
			image.samples[p * chans + i] =
			    sample_of(d, tensor_get(t, c * pixels + p), map);
	}
	ok = png ? png_format(&image, file, bytes) : pnm_format(&image, file, bytes);
	image_free(&image);
	return ok;
}
