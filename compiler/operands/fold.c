#include "operands/fold.h"

#include <stdlib.h>
#include <string.h>

#include "conv_attr.h"

bool fold_load(struct fold *f, const struct conv_problem *p, struct diag *diag)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;
	double *shift = calloc(p->out_c, sizeof *shift);
	bool ok;

	memset(f, 0, sizeof *f);
	f->p = p;
	f->gain = malloc(p->out_c * sizeof *f->gain);
	f->bias = calloc(p->out_c, sizeof *f->bias);
	if (!shift || !f->gain || !f->bias) {
		diag_error(diag, conv_attr_loc(p, CONV_OUT_C), "memory",
			   "out of memory for %u output channels", p->out_c);
		free(shift);
		return false;
	}
	for (uint32_t k = 0; k < p->out_c; k++)
		f->gain[k] = 1;
	ok = channel_values_load(f->bias, p, CHANNEL_BIAS, diag);
	ok = channel_values_load(f->gain, p, CHANNEL_BN_SCALE, diag) && ok;
	ok = channel_values_load(shift, p, CHANNEL_BN_SHIFT, diag) && ok;
	for (uint32_t k = 0; k < p->out_c; k++)
		f->bias[k] = f->bias[k] * f->gain[k] + shift[k];
	free(shift);

	f->pixels = n->mean_count || n->std_count;
	for (uint32_t c = 0; c < CONV_MAX_PIXEL_CHANS; c++) {
		f->mean[c] = n->mean_count ? n->mean[c % n->mean_count] : 0;
		f->std[c] = n->std_count ? n->std[c % n->std_count] : 1;
	}
	return ok;
}

void fold_free(struct fold *f)
{
	free(f->gain);
	free(f->bias);
	f->gain = f->bias = NULL;
}

bool fold_is_plain(const struct fold *f)
{
	return f->p->bn_scale.kind == SOURCE_NONE && !f->p->pixel_norm.std_count &&
	       !f->stored_scale;
}

struct fold_reading {
	const struct fold *fold;
	weight_run_take *take;
	void *context;
};

static void convert_run(const struct fold *f, const struct weight_run *run,
			double *values)
{
	double scale = f->stored_scale ? f->stored_scale[run->k] : 1;
	double zero = f->stored_zero ? f->stored_zero[run->k] : 0;
	double gain = f->gain[run->k], std = f->std[run->c];

	for (size_t i = 0; i < run->count; i++)
		values[i] = (values[i] - zero) * scale * gain / std;
}

static bool take_block(void *context, uint64_t first, double *values, size_t count)
{
	const struct fold_reading *r = context;
	const struct conv_problem *p = r->fold->p;
	const uint64_t taps = (uint64_t)p->kernel_h * p->kernel_w;
	const uint32_t in_c = conv_group_in_c(p), group_out_c = p->out_c / p->groups;
	const uint64_t length = r->fold->pixels ? taps : taps * in_c;
	const bool plain = fold_is_plain(r->fold);

	while (count) {
		uint64_t rest = length - first % length;
		struct weight_run run = { .at = first,
					  .values = values,
					  .k = (uint32_t)(first / (taps * in_c)),
					  .count = rest < count ? (size_t)rest : count };

		if (r->fold->pixels)
			run.c =
			    run.k / group_out_c * in_c + (uint32_t)(first / taps % in_c);
		if (!plain)
			convert_run(r->fold, &run, values);
		if (!r->take(r->context, &run))
			return false;
		first += run.count;
		values += run.count;
		count -= run.count;
	}
	return true;
}

bool fold_read(const struct fold *f, struct weights_file *w, weight_run_take *take,
	       void *context)
{
	struct fold_reading r = { f, take, context };

	return weights_read(w, take_block, &r);
}
