/*
 * Between tensors and pictures; the inner side of tensor_file.h.
 */
#ifndef TENSOR_IMAGE_H
#define TENSOR_IMAGE_H

#include "tensor_file.h"

/* Decode a picture and store it in the tensor, which has its sizes. */
bool tensor_from_image_file(struct tensor *t, const void *file, size_t bytes, bool png,
			    const struct tensor_in *how, struct tensor_report *report);

/* Whether the tensor can be shown as a picture named `path`. */
bool tensor_fits_image(const struct tensor_desc *desc, const char *path,
		       const struct image_out *map, struct tensor_report *report);

/* Encode one; tensor_fits_image() said yes.  False when out of memory. */
bool tensor_to_image_file(const struct tensor *t, bool png, const struct image_out *map,
			  void **file, size_t *bytes);

/* Fill report->why; returns false. */
bool tensor_refuse(struct tensor_report *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
