#include "npy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES 128u

static const struct spec_files names = {
	.weights = "w.npy",
	.bias = "b.npy",
	.scales = "scales.npy",
	.zeros = "zeros.npy",
	.bn_scale = "bn_scale.npy",
	.bn_shift = "bn_shift.npy",
};

void npy_path(char path[PATH_BYTES], const char *dir, const char *name)
{
	snprintf(path, PATH_BYTES, "%s/%s", dir, name);
}

static bool write_array(const char *dir, const char *name, const char *descr,
			uint32_t ndim, const uint32_t *shape, const void *data,
			size_t bytes)
{
	char header[HEADER_BYTES], dims[64] = "", text[HEADER_BYTES], path[PATH_BYTES];
	FILE *file;
	bool ok;

	npy_path(path, dir, name);
	file = fopen(path, "wb");
	if (!file)
		return false;
	for (uint32_t i = 0; i < ndim; i++)
		snprintf(dims + strlen(dims), sizeof dims - strlen(dims), "%u, ",
			 shape[i]);
	snprintf(text, sizeof text,
		 "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, dims);
	memset(header, ' ', sizeof header);
	memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
	memcpy(header + 10, text, strlen(text) < 117 ? strlen(text) : 117);
	header[HEADER_BYTES - 1] = '\n';
	ok = fwrite(header, 1, HEADER_BYTES, file) == HEADER_BYTES &&
	     fwrite(data, 1, bytes, file) == bytes;
	return fclose(file) == 0 && ok;
}

static bool write_channels(const char *dir, const char *name, const struct problem *p,
			   const float *values)
{
	return !values ||
	       write_array(dir, name, "<f4", 1, &p->r.k, values, p->r.k * sizeof *values);
}

bool npy_write_weights(const char *dir, const struct problem *p, const struct data *d,
		       struct spec_files *files)
{
	const uint32_t w[] = { p->r.k, p->r.c / p->r.g, p->r.kh, p->r.kw };

	*files = names;
	return write_array(dir, names.weights, p->stored_weights ? "|i1" : "<f2", 4, w,
			   d->w, d->w_count * data_weight_bytes(p)) &&
	       write_channels(dir, names.bias, p, d->bias) &&
	       write_channels(dir, names.scales, p, d->weight_scales) &&
	       write_channels(dir, names.bn_scale, p, d->bn_scale) &&
	       write_channels(dir, names.bn_shift, p, d->bn_shift) &&
	       (!d->weight_zeros || write_array(dir, names.zeros, "|i1", 1, &p->r.k,
						d->weight_zeros, p->r.k));
}

static const char *type_of(const struct problem *p, const struct user_quant *q)
{
	return !p->int8 ? "<f2" : q->uint8 ? "|u1" : "|i1";
}

bool npy_write_inputs(const char *dir, const struct problem *p, const struct data *d)
{
	const uint32_t x[] = { p->r.n, p->r.c, p->r.h, p->r.w };
	const uint32_t y[] = { p->r.n, p->r.k, ref_out_h(&p->r), ref_out_w(&p->r) };
	const struct user_quant pixels = { .uint8 = true };
	size_t bytes = data_elem_bytes(p);

	return write_array(dir, "x.npy",
			   type_of(p, p->means || p->stds ? &pixels : &p->input), 4, x,
			   d->x, d->x_count * bytes) &&
	       (!p->add ||
		write_array(dir, "operand.npy",
			    type_of(p, p->operand.given ? &p->operand : &p->output), 4, y,
			    d->operand, d->y_count * bytes));
}

void *npy_read_output(const char *dir, const struct problem *p)
{
	const char *descr = p->wide   ? (p->int8 ? "<i4" : "<f4")
			    : p->int8 ? (p->output.uint8 ? "|u1" : "|i1")
				      : "<f2";
	size_t bytes = ref_output_count(&p->r) * data_output_bytes(p);
	char header[HEADER_BYTES + 1] = "", want[96], path[PATH_BYTES];
	uint8_t *data = malloc(bytes + 1);
	FILE *file;
	bool ok;

	npy_path(path, dir, "y.npy");
	file = fopen(path, "rb");
	ok = file && data && fread(header, 1, HEADER_BYTES, file) == HEADER_BYTES;
	snprintf(want, sizeof want, "(%u, %u, %u, %u)", p->r.n, p->r.k, ref_out_h(&p->r),
		 ref_out_w(&p->r));
	ok = ok && memcmp(header, "\x93NUMPY\x01\x00\x76\x00", 10) == 0 &&
	     strstr(header + 10, want);
	snprintf(want, sizeof want, "'descr': '%s'", descr);
	ok = ok && strstr(header + 10, want) &&
	     strstr(header + 10, "'fortran_order': False") &&
	     fread(data, 1, bytes + 1, file) == bytes;
	if (file)
		fclose(file);
	if (ok)
		return data;
	free(data);
	return NULL;
}

void npy_remove(const char *dir)
{
	const char *const all[] = { names.weights, names.bias,	   names.scales,
				    names.zeros,   names.bn_scale, names.bn_shift,
				    "x.npy",	   "operand.npy",  "y.npy" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char path[PATH_BYTES];

		npy_path(path, dir, all[i]);
		unlink(path);
	}
}
