/*
 * Tensors in files: NumPy arrays, raw bytes and pictures.
 */
#ifndef TENSOR_FILE_H
#define TENSOR_FILE_H

#include "tensor.h"

enum tensor_format {
	TENSOR_FORMAT_AUTO, /* by the name's ending */
	TENSOR_FORMAT_NPY,
	TENSOR_FORMAT_RAW, /* n c h w in the tensor's own type, little-endian */
	TENSOR_FORMAT_PNM, /* .ppm .pgm .pnm */
	TENSOR_FORMAT_PNG,
	TENSOR_FORMAT_N
};

/* "auto", "npy" ...: what options call the formats. */
extern const char *const tensor_format_names[TENSOR_FORMAT_N];

/* The format of a name's ending; AUTO when it is none of ours. */
enum tensor_format tensor_format_of(const char *path);

#define IMAGE_IN_CHANS 4u  /* red, green, blue, alpha */
#define IMAGE_MAP_CHANS 3u /* shown */

/*
 * Numbers of a file to a tensor's.  Pictures: real = (sample / maxval - mean[c]) *
 * scale[c], quantised for integers; a uint8 tensor takes the samples themselves unless
 * `mapped`.  Arrays of integers have stored numbers; arrays of real numbers are
 * quantised on demand.
 */
struct tensor_in {
	double mean[IMAGE_IN_CHANS], scale[IMAGE_IN_CHANS];
	bool mapped; /* mean or scale were asked for */
	bool quantize;
	/* For messages: the option that says what a file is, and "the conv takes". */
	const char *format_option, *side;
};

/*
 * Tensors to pictures: sample = 255 * clamp((real - lo) / (hi - lo)); of a uint8 tensor
 * the bytes themselves unless `mapped`.
 */
struct image_out {
	uint32_t channels[IMAGE_MAP_CHANS];
	uint32_t channel_count; /* 0: all the tensor's, which must be 1 or 3 */
	double lo, hi;
	bool absolute; /* of |real| */
	bool mapped;   /* lo, hi or absolute were asked for */
};

#define TENSOR_IN_DEFAULT                                                                \
	{                                                                                \
		.scale = { 1, 1, 1, 1 }, .format_option = "--input-format",              \
		.side = "the conv takes"                                                 \
	}
#define IMAGE_OUT_DEFAULT                                                                \
	{                                                                                \
		.lo = 0, .hi = 1                                                         \
	}

/* How it went, in words: a clause about the file, and the way out. */
#define TENSOR_WHY_BYTES 320
struct tensor_report {
	bool file_trouble;	     /* the file system's fault, not the contents' */
	char why[TENSOR_WHY_BYTES];  /* after a failure */
	char note[TENSOR_WHY_BYTES]; /* what the user should know; "" for nothing */
	bool integers;		     /* the array has integers */
	uint64_t saturated; /* numbers beyond what the type holds, put at its end */
};

/*
 * Read `path` into `t`, which tensor_new() made: its sizes and type are what is
 * wanted.  Arrays may have another number type: numbers are rounded to nearest even and
 * must be finite and in range, or are quantised.  Bytes of the other sign than the
 * tensor's are refused, as nobody can tell what they mean.  On failure t->data is
 * undefined.
 */
bool tensor_read_file(struct tensor *t, const char *path, enum tensor_format format,
		      const struct tensor_in *how, struct tensor_report *report);

/* The same from a file that is in memory; format is not AUTO. */
bool tensor_read_memory(struct tensor *t, const void *file, size_t bytes,
			enum tensor_format format, const struct tensor_in *how,
			struct tensor_report *report);

/* Write `t`, whole or not at all. */
bool tensor_write_file(const struct tensor *t, const char *path,
		       enum tensor_format format, const struct image_out *map,
		       struct tensor_report *report);

/*
 * Whether tensor_write_file() could write such a tensor: to refuse before the
 * work, not after it.
 */
bool tensor_can_write(const struct tensor_desc *desc, const char *path,
		      enum tensor_format format, const struct image_out *map,
		      struct tensor_report *report);

#endif
