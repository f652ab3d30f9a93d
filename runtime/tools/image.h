/*
 * Pictures: netpbm and PNG files to samples and back.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAX_SIDE 65535u
#define IMAGE_MAX_PIXELS (64u << 20) /* what one file may make us allocate */

struct image {
	uint32_t w, h;
	uint32_t chans;	   /* 1 grey, 3 red green blue; 2, 4: alpha behind them */
	uint32_t maxval;   /* a full sample, 1..65535 */
	uint16_t *samples; /* h x w x chans, malloc'd */
};

static inline bool image_has_alpha(const struct image *image)
{
	return image->chans % 2 == 0;
}

/* Zero samples; false when too large or out of memory. */
bool image_new(struct image *image, uint32_t w, uint32_t h, uint32_t chans,
	       uint32_t maxval);
void image_free(struct image *image);

/*
 * Read a file that is in memory.  P2, P3, P5 and P6 with one picture in it; any
 * PNG, without colour management: samples come as they are stored.  False with
 * `why` filled, `image` untouched.
 */
bool pnm_parse(struct image *image, const void *file, size_t bytes, char *why,
	       size_t why_bytes);
bool png_parse(struct image *image, const void *file, size_t bytes, char *why,
	       size_t why_bytes);

/*
 * The file as malloc'd bytes: P5 or P6, or an 8-bit PNG.  The picture's maxval is
 * 255, and it has no alpha.  False when out of memory.
 */
bool pnm_format(const struct image *image, void **file, size_t *bytes);
bool png_format(const struct image *image, void **file, size_t *bytes);

#endif
