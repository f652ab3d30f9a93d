#include "tiny_fixture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pack_feature.h"

struct tiny_fixture *tiny_setup(const struct tiny_options *o)
{
	struct tiny_fixture *f = aligned_alloc(4096, sizeof *f); /* as its arena wants */
	uint16_t want[TINY_OUT_ELEMS];

	assert(f);
	memset(f, 0, sizeof *f);
	fake_device_init(&f->device);
	tiny_make(&f->tiny, o);
	f->blob = tiny_bundle(&f->tiny, &f->bytes);
	if (!o->int8) {
		tiny_expected(&f->tiny, want);
		npurt_pack_feature(&f->tiny.tensor[TINY_T_OUTPUT], want, f->output);
	}
	f->device.output = f->output;
	f->device.output_bytes = f->tiny.tensor[TINY_T_OUTPUT].bytes;
	f->device.output_bo_index = TINY_OUTPUT;
	return f;
}

void tiny_teardown(struct tiny_fixture *f)
{
	assert(!f->device.live);
	free(f->blob);
	free(f);
}
