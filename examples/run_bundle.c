/*
 * A program with a bundle inside: no file is opened, as in firmware.  The build
 * compiles edges.conv, and edges.int8.conv for a second program, and defines BUNDLE, the
 * bundle's path.
 *
 * The picture is black on the left and white on the right; the program prints in
 * which columns the first filter found the edge.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "npurt.h"

/* The assembler puts the bundle in read-only data, aligned as npurt_open() wants it. */
__asm__(".pushsection .rodata\n.balign 64\nbundle: .incbin \"" BUNDLE "\"\n"
	"bundle_end: .popsection");
extern const uint8_t bundle[], bundle_end[];

#define FP16_ONE 0x3c00
#define FP16_MAGNITUDE 0x7fff

/* Black or white as the conv takes it: 0 or 1 in fp16, 0 or 255 in bytes. */
static void put_pixel(void *image, const struct npurt_tensor_info *t, size_t i, int white)
{
	if (t->is_uint8)
		((uint8_t *)image)[i] = white ? UINT8_MAX : 0;
	else
		((uint16_t *)image)[i] = white ? FP16_ONE : 0;
}

/* Whether element i is not 0; integers say with their zero point what 0 is. */
static int is_edge(const void *edges, const struct npurt_tensor_info *t, size_t i)
{
	if (t->elem_bytes == 1)
		return ((const int8_t *)edges)[i] != t->zero_point;
	return (((const uint16_t *)edges)[i] & FP16_MAGNITUDE) != 0;
}

static void check(enum npurt_err err, const struct npurt_error *error)
{
	if (err == NPURT_OK)
		return;
	fprintf(stderr, "run_bundle: %s: %s\n", npurt_strerror(err), error->detail);
	exit(1);
}

int main(void)
{
	struct npurt_tensor_info in, out;
	struct npurt_error error = { 0 };
	struct npurt_device *device;
	void *image, *edges;
	struct npurt *conv;

	/* On the board: npurt_device_open_rknpu(&device, NULL, &error). */
	check(npurt_device_open_sim(&device, 0, &error), &error);
	check(npurt_open(&conv, bundle, (size_t)(bundle_end - bundle), device, NULL,
			 &error),
	      &error);
	check(npurt_tensor(conv, NPURT_INPUT, &in), &error);
	check(npurt_tensor(conv, NPURT_OUTPUT, &out), &error);
	image = calloc(1, in.nchw_bytes);
	edges = calloc(1, out.nchw_bytes);
	if (!image || !edges)
		return 1;
	for (size_t i = 0; i < in.nchw_bytes / in.elem_bytes; i++)
		put_pixel(image, &in, i, i % in.w >= in.w / 2);

	check(npurt_write_input(conv, image, in.nchw_bytes), &error);
	check(npurt_run(conv, &error), &error);
	check(npurt_read_output(conv, edges, out.nchw_bytes), &error);

	printf("%ux%u picture, edge in columns", in.w, in.h);
	for (uint32_t x = 1; x < out.w - 1; x++) /* of a row in the middle */
		if (is_edge(edges, &out, (size_t)(out.h / 2) * out.w + x))
			printf(" %u", x);
	printf("\n");
	free(image);
	free(edges);
	npurt_close(conv);
	npurt_device_close(device);
	return 0;
}
