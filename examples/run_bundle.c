/*
 * A program with a bundle inside: no file is opened, as in firmware.  The build
 * compiles edges.conv and defines BUNDLE, the bundle's path.
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
	uint16_t *image, *edges;
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
	for (size_t i = 0; i < in.nchw_bytes / sizeof *image; i++)
		image[i] = i % in.w >= in.w / 2 ? FP16_ONE : 0;

	check(npurt_write_input(conv, image, in.nchw_bytes), &error);
	check(npurt_run(conv, &error), &error);
	check(npurt_read_output(conv, edges, out.nchw_bytes), &error);

	printf("%ux%u picture, edge in columns", in.w, in.h);
	for (uint32_t x = 1; x < out.w - 1; x++) /* of a row in the middle */
		if (edges[(out.h / 2) * out.w + x] & 0x7fff)
			printf(" %u", x);
	printf("\n");
	free(image);
	free(edges);
	npurt_close(conv);
	npurt_device_close(device);
	return 0;
}
