/* An fp16 conv's numbers: folded weights rounded once, an fp32 bias. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "conv_attr.h"
#include "operands/fp16.h"
#include "operands/operands_priv.h"
#include "operands/seed.h"

#define FP16_INFINITY 0x7c00u

struct half_load {
	const struct conv_problem *p;
	struct operands *o;
	struct diag *diag;
	struct fold fold;
	struct weights_file file;
};

/*
 * Round to fp16; what becomes infinite is refused.  The means are taken off with the
 * weights as they are stored, so that an image of means gives the bias alone.
 */
static bool take_run(void *context, const struct weight_run *run)
{
	struct half_load *load = context;
	uint16_t *out = (uint16_t *)load->o->weights + run->at;
	double sum = 0;

	for (size_t i = 0; i < run->count; i++) {
		out[i] = fp16_from_double(run->values[i]);
		if ((out[i] & FP16_INFINITY) == FP16_INFINITY)
			return weights_refuse(
			    &load->file, run->at + i, "range",
			    "scale the weights, and the output back afterwards",
			    "%g, beyond fp16's 65504%s", run->values[i],
			    fold_is_plain(&load->fold) ? "" : " after batch norm");
	}
	if (!load->fold.pixels)
		return true;
	for (size_t i = 0; i < run->count; i++)
		sum += float_from_fp16(out[i]);
	load->fold.bias[run->k] -= sum * load->fold.mean[run->c];
	return true;
}

static bool load_weights(struct half_load *load)
{
	const struct conv_problem *p = load->p;
	size_t count = (size_t)p->out_c * conv_group_in_c(p) * p->kernel_h * p->kernel_w;
	bool ok;

	load->o->weights = malloc(count * sizeof(uint16_t));
	load->o->notes.weight_count = count;
	if (!load->o->weights) {
		diag_error(load->diag, conv_attr_loc(p, CONV_WEIGHTS), "weights-memory",
			   "out of memory for %zu weights", count);
		return false;
	}
	if (!weights_open(&load->file, p, load->diag))
		return false;
	if (load->file.file.fd < 0 && fold_is_plain(&load->fold) && !load->fold.pixels) {
		/* several times faster */
		seed_fill_fp16(load->o->weights, count, p->seed, SEED_WEIGHTS);
		return true;
	}
	ok = fold_read(&load->fold, &load->file, take_run, load);
	weights_close(&load->file);
	return ok;
}

static bool set_bias(struct half_load *load)
{
	const struct conv_problem *p = load->p;
	struct loc loc = conv_attr_loc(p, operands_bias_attr(p));

	for (uint32_t k = 0; load->o->bias && k < p->out_c; k++) {
		if (!(fabs(load->fold.bias[k]) <= FLT_MAX)) {
			diag_error(load->diag, loc, "bias-range",
				   "the bias of output channel %u is %g, beyond fp32", k,
				   load->fold.bias[k]);
			diag_note(
			    load->diag, loc,
			    "batch norm and means are part of it; scale weights and "
			    "bias, and the output back afterwards");
			return false;
		}
		load->o->bias[k] = (float)load->fold.bias[k];
	}
	return true;
}

bool operands_load_fp16(struct operands *o, const struct conv_problem *p,
			struct diag *diag)
{
	struct half_load load = { .p = p, .o = o, .diag = diag };
	bool ok = operands_allocate(o, p, diag) && fold_load(&load.fold, p, diag);

	if (ok) {
		operands_note_gain(o, &load.fold);
		ok = load_weights(&load) && set_bias(&load);
	}
	if (o->op.flags & NPUB_OP_CLAMP)
		o->notes.limit = p->act.high;
	fold_free(&load.fold);
	return ok;
}
