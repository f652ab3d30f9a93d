#include "tensor_file.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/files.h"
#include "operands/npy.h"
#include "operands/weights.h"
#include "tensor_image.h"

const char *const tensor_format_names[TENSOR_FORMAT_N] = { "auto", "npy", "raw", "pnm",
							   "png" };

bool tensor_refuse(struct tensor_report *report, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(report->why, sizeof(report->why), fmt, args);
	va_end(args);
	return false;
}

enum tensor_format tensor_format_of(const char *path)
{
	static const struct {
		const char *ending;
		enum tensor_format format;
	} endings[] = {
		{ ".npy", TENSOR_FORMAT_NPY }, { ".raw", TENSOR_FORMAT_RAW },
		{ ".bin", TENSOR_FORMAT_RAW }, { ".ppm", TENSOR_FORMAT_PNM },
		{ ".pgm", TENSOR_FORMAT_PNM }, { ".pnm", TENSOR_FORMAT_PNM },
		{ ".png", TENSOR_FORMAT_PNG },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcasecmp(dot, endings[i].ending) == 0)
			return endings[i].format;
	return TENSOR_FORMAT_AUTO;
}

static bool settle_format(enum tensor_format *format, const char *path,
			  const char *option, struct tensor_report *report)
{
	if (*format == TENSOR_FORMAT_AUTO)
		*format = tensor_format_of(path);
	return *format != TENSOR_FORMAT_AUTO ||
	       tensor_refuse(report,
			     "its name does not tell its format; end it in .npy, .raw, "
			     ".bin, .ppm, .pgm or .png, or give %s",
			     option);
}

/* Element at `p` of an array as a number. */
static double array_get(const struct npy_header *h, const uint8_t *p)
{
	uint64_t bits = 0;
	int unused = 64 - 8 * (int)h->elem_bytes;

	for (uint32_t i = 0; i < h->elem_bytes; i++)
		bits |= (uint64_t)p[i] << 8 * i;
	if (h->kind == 'f' && h->elem_bytes == 8) {
		double value;

		memcpy(&value, &bits, sizeof(value));
		return value;
	}
	if (h->kind == 'f' && h->elem_bytes == 4) {
		uint32_t half_of_it = (uint32_t)bits;
		float value;

		memcpy(&value, &half_of_it, sizeof(value));
		return (double)value;
	}
	if (h->kind == 'f')
		return (double)float_from_fp16((uint16_t)bits);
	if (h->kind == 'i') /* extend the sign */
		return (double)((int64_t)(bits << unused) >> unused);
	return (double)bits;
}

/* n c h w, or c h w when there is one image. */
static bool check_shape(const struct npy_header *h, const struct tensor_desc *d,
			const struct tensor_in *how, struct tensor_report *report)
{
	const uint64_t want[4] = { d->n, d->c, d->h, d->w };
	char have_text[160], want_text[160];
	uint32_t skip = h->ndim == 3 && d->n == 1 ? 1 : 0;

	if (h->ndim + skip == 4 &&
	    memcmp(h->shape, want + skip, h->ndim * sizeof(want[0])) == 0)
		return true;
	return tensor_refuse(
	    report, "its shape is %s, but %s %s (n, c, h, w)",
	    npy_shape_text(have_text, sizeof(have_text), h->ndim, h->shape), how->side,
	    npy_shape_text(want_text, sizeof(want_text), 4, want));
}

/* Bytes whose sign is not the tensor's: which of two meanings they have is a guess. */
static bool check_bytes(const struct npy_header *h, const struct tensor_desc *d,
			struct tensor_report *report)
{
	char wrong = d->is_uint8 ? 'i' : 'u';

	if (d->elem != NPU_ELEM_INT8 || h->elem_bytes != 1 || h->kind != wrong)
		return true;
	return d->is_uint8
		   ? tensor_refuse(
			 report, "it has int8 numbers, but the conv has bytes 0 to 255; "
				 "save them as uint8, 128 more than the int8 ones")
		   : tensor_refuse(
			 report,
			 "it has uint8 numbers, but the conv has int8; save "
			 "them as int8, or give the spec's tensor the word uint8");
}

/* Whether the file's numbers are real ones that the tensor must have quantised. */
static bool settle_quantize(bool *quantize, const struct npy_header *h,
			    const struct tensor_desc *d, const struct tensor_in *how,
			    struct tensor_report *report)
{
	*quantize = tensor_is_integer(d) && h->kind == 'f';
	if (!*quantize)
		return check_bytes(h, d, report);
	if (!how->quantize)
		return tensor_refuse(report,
				     "it has real numbers, but the conv takes %s; "
				     "--quantize turns them into it, or save integers",
				     tensor_type(d));
	if (!tensor_has_scale(d))
		return tensor_refuse(report,
				     "it cannot be quantised: the bundle's scale for it "
				     "is %g",
				     (double)d->scale);
	return true;
}

static void note_saturated(const struct tensor *t, struct tensor_report *report)
{
	struct tensor_range range = tensor_range(&t->desc);
	size_t used = strlen(report->note);

	if (report->saturated)
		snprintf(
		    report->note + used, sizeof(report->note) - used,
		    "%s%llu of %zu numbers are outside what %s holds with this scale, "
		    "%g to %g, and saturated",
		    used ? "; " : "", (unsigned long long)report->saturated, t->count,
		    tensor_type(&t->desc), tensor_real(&t->desc, range.least),
		    tensor_real(&t->desc, range.most));
}

static bool convert_array(struct tensor *t, const struct npy_header *h,
			  const uint8_t *data, bool quantize,
			  struct tensor_report *report)
{
	char place[TENSOR_TEXT_BYTES];

	for (size_t i = 0; i < t->count; i++) {
		double value = array_get(h, data + i * h->elem_bytes), stored = value;

		if (quantize && isfinite(value))
			stored = tensor_stored(&t->desc, value, &report->saturated);
		if (!tensor_set(t, i, stored))
			return tensor_refuse(report,
					     "its element %s is %g, which %s cannot hold",
					     tensor_place(place, &t->desc, i), value,
					     tensor_type(&t->desc));
	}
	return true;
}

static bool read_npy(struct tensor *t, const uint8_t *file, size_t bytes,
		     const struct tensor_in *how, struct tensor_report *report)
{
	struct npy_header h;
	bool quantize;

	if (!npy_parse(&h, file, bytes, report->why, sizeof(report->why)))
		return false;
	report->integers = h.kind != 'f';
	if (!check_shape(&h, &t->desc, how, report))
		return false;
	if (h.fortran)
		return tensor_refuse(report, "it is in Fortran order; save it with "
					     "numpy.ascontiguousarray()");
	if (!settle_quantize(&quantize, &h, &t->desc, how, report))
		return false;
	if (bytes - h.data_offset != h.data_bytes)
		return tensor_refuse(
		    report, "it has %zu bytes of data, its header says %llu",
		    bytes - h.data_offset, (unsigned long long)h.data_bytes);
	return convert_array(t, &h, file + h.data_offset, quantize, report);
}

static bool read_raw(struct tensor *t, const uint8_t *file, size_t bytes,
		     struct tensor_report *report)
{
	char text[TENSOR_TEXT_BYTES], place[TENSOR_TEXT_BYTES];

	if (bytes != t->bytes)
		return tensor_refuse(report, "it has %zu bytes, but %s takes %zu", bytes,
				     tensor_text(text, &t->desc), t->bytes);
	memcpy(t->data, file, bytes);
	for (size_t i = 0; i < t->count; i++)
		if (!isfinite(tensor_get(t, i)))
			return tensor_refuse(report, "its element %s is not finite",
					     tensor_place(place, &t->desc, i));
	return true;
}

bool tensor_read_memory(struct tensor *t, const void *file, size_t bytes,
			enum tensor_format format, const struct tensor_in *how,
			struct tensor_report *report)
{
	bool ok;

	memset(report, 0, sizeof(*report));
	switch (format) {
	case TENSOR_FORMAT_NPY:
		ok = read_npy(t, file, bytes, how, report);
		break;
	case TENSOR_FORMAT_RAW:
		ok = read_raw(t, file, bytes, report);
		break;
	default:
		ok = tensor_from_image_file(t, file, bytes, format == TENSOR_FORMAT_PNG,
					    how, report);
	}
	if (ok)
		note_saturated(t, report);
	return ok;
}

bool tensor_read_file(struct tensor *t, const char *path, enum tensor_format format,
		      const struct tensor_in *how, struct tensor_report *report)
{
	void *file;
	size_t bytes;
	bool ok;

	memset(report, 0, sizeof(*report));
	if (!settle_format(&format, path, how->format_option, report))
		return false;
	if (!files_read(path, &file, &bytes, report->why, sizeof(report->why))) {
		report->file_trouble = true;
		return false;
	}
	ok = tensor_read_memory(t, file, bytes, format, how, report);
	free(file);
	return ok;
}

bool tensor_can_write(const struct tensor_desc *desc, const char *path,
		      enum tensor_format format, const struct image_out *map,
		      struct tensor_report *report)
{
	memset(report, 0, sizeof(*report));
	if (!settle_format(&format, path, "--output-format", report))
		return false;
	if (format == TENSOR_FORMAT_PNM || format == TENSOR_FORMAT_PNG)
		return tensor_fits_image(desc, path, map, report);
	return true;
}

/* NumPy's code of an element type. */
static const char *npy_descr(const struct tensor_desc *d)
{
	return d->is_uint8		   ? "|u1"
	       : d->elem == NPU_ELEM_INT8  ? "|i1"
	       : d->elem == NPU_ELEM_FP16  ? "<f2"
	       : d->elem == NPU_ELEM_INT32 ? "<i4"
					   : "<f4";
}

bool tensor_write_file(const struct tensor *t, const char *path,
		       enum tensor_format format, const struct image_out *map,
		       struct tensor_report *report)
{
	const struct tensor_desc *d = &t->desc;
	const uint64_t shape[4] = { d->n, d->c, d->h, d->w };
	char header[NPY_WRITE_BYTES];
	struct file_part parts[2] = { { header, 0 }, { t->data, t->bytes } };
	void *picture = NULL;
	bool ok;

	if (!tensor_can_write(d, path, format, map, report) ||
	    !settle_format(&format, path, "--output-format", report))
		return false;
	if (format == TENSOR_FORMAT_NPY) {
		parts[0].bytes =
		    npy_format(header, sizeof(header), npy_descr(d), 4, shape);
		assert(parts[0].bytes > 0);
	} else if (format != TENSOR_FORMAT_RAW) {
		if (!tensor_to_image_file(t, format == TENSOR_FORMAT_PNG, map, &picture,
					  &parts[1].bytes))
			return tensor_refuse(report, "out of memory");
		parts[1].data = picture;
	}
	ok = files_write(path, parts, 2, report->why, sizeof(report->why));
	report->file_trouble = !ok;
	free(picture);
	return ok;
}
