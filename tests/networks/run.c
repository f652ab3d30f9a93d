/* Compile, verify, simulate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "network.h"

#define ALL_HAZARDS 0xffffffffu

struct runner {
	struct layer layer;
	uint64_t seed;
	struct tally *tally;
	void *first; /* the first plan's output */
	char *why;
	size_t why_bytes;
};

static bool fail(struct runner *r, const char *call, enum npurt_err code,
		 const struct npurt_error *e)
{
	snprintf(r->why, r->why_bytes, "%s: %s: %s", call, npurt_errname(code), e->detail);
	return false;
}

/* uint8 elements are what is stored with the sign bit turned. */
static void turn_bytes(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] ^= 0x80;
}

static enum npurt_err write_tensor(struct npurt *rt, enum npurt_tensor_id id, void *data,
				   const struct npurt_tensor_info *info)
{
	enum npurt_err code;

	if (info->is_uint8)
		turn_bytes(data, info->nchw_bytes);
	code = npurt_write(rt, id, data, info->nchw_bytes);
	if (info->is_uint8)
		turn_bytes(data, info->nchw_bytes);
	return code;
}

/* The first output against the reference, the others against the first. */
static bool judge(struct runner *r, void *y, const struct npurt_tensor_info tensor[3])
{
	struct layer *l = &r->layer;
	bool good;

	if (r->first) {
		good = !memcmp(r->first, y, tensor[NPURT_OUTPUT].nchw_bytes);
		if (!good)
			snprintf(r->why, r->why_bytes, "plans differ in their output");
		free(y);
		return good;
	}
	r->first = y;
	return (!l->int8 || layer_derive(l, &tensor[NPURT_INPUT], &tensor[NPURT_OUTPUT],
					 &tensor[NPURT_OPERAND], r->why, r->why_bytes)) &&
	       layer_compare(l, y, r->seed, r->tally, r->why, r->why_bytes);
}

static bool run_loaded(struct runner *r, struct npurt *rt)
{
	struct npurt_tensor_info tensor[3] = { 0 };
	struct npurt_error e = { 0 };
	bool adds = r->layer.operand;
	enum npurt_err code = npurt_tensor(rt, NPURT_INPUT, &tensor[NPURT_INPUT]);
	void *y = NULL;

	if (code == NPURT_OK)
		code = npurt_tensor(rt, NPURT_OUTPUT, &tensor[NPURT_OUTPUT]);
	if (code == NPURT_OK && adds)
		code = npurt_tensor(rt, NPURT_OPERAND, &tensor[NPURT_OPERAND]);
	if (code == NPURT_OK)
		code = write_tensor(rt, NPURT_INPUT, r->layer.x, &tensor[NPURT_INPUT]);
	if (code == NPURT_OK && adds)
		code = write_tensor(rt, NPURT_OPERAND, r->layer.operand,
				    &tensor[NPURT_OPERAND]);
	if (code == NPURT_OK)
		code = npurt_run(rt, &e);
	if (code == NPURT_OK)
		y = malloc(tensor[NPURT_OUTPUT].nchw_bytes);
	if (y)
		code = npurt_read_output(rt, y, tensor[NPURT_OUTPUT].nchw_bytes);
	if (y && code == NPURT_OK)
		return judge(r, y, tensor);
	free(y);
	return fail(r, "run", code, &e);
}

static bool run_plan(struct runner *r, const void *blob, size_t bytes, uint32_t cores)
{
	struct npurt_options options = { .cores = cores, .allow_hazards = ALL_HAZARDS };
	struct npurt_device *device;
	struct npurt_error e = { 0 };
	struct npurt *rt;
	bool good;
	enum npurt_err code = npurt_device_open_sim(&device, 1, &e);

	if (code != NPURT_OK)
		return fail(r, "open the simulator", code, &e);
	code = npurt_open(&rt, blob, bytes, device, &options, &e);
	good = code == NPURT_OK ? run_loaded(r, rt) : fail(r, "open", code, &e);
	if (code == NPURT_OK)
		npurt_close(rt);
	npurt_device_close(device);
	return good;
}

static bool run_compiled(struct runner *r, const struct compiled_conv *c,
			 const struct operands *o)
{
	struct bundle *b = bundle_new(0);
	struct npurt_error e = { 0 };
	enum npurt_err code;
	size_t bytes = 0;
	const uint8_t *blob = b && compile_emit(b, c, o) ? bundle_finish(b, &bytes) : NULL;
	bool good = blob;

	snprintf(r->why, r->why_bytes, "no bundle was made");
	if (good) {
		code = npurt_verify(blob, bytes, &e);
		good = code == NPURT_OK || fail(r, "verify", code, &e);
	}
	for (uint32_t i = 0; good && i < c->plan_count; i++)
		if (!c->plans[i].shared)
			good = run_plan(r, blob, bytes, c->plans[i].cores);
	bundle_free(b);
	return good;
}

bool layer_run(const struct conv_problem *p, uint64_t seed, struct tally *tally, char *why,
	       size_t why_bytes)
{
	const struct compile_options options = { .core_mask = 7 };
	struct runner r = { .seed = seed, .tally = tally, .why = why, .why_bytes = why_bytes };
	struct diag *diag = diag_new(stderr);
	struct compiled_conv c;
	struct operands o;
	bool good = operands_load(&o, p, diag);

	snprintf(why, why_bytes, "refused");
	good = good && compile_conv(&c, p, &o.op, &options, diag);
	if (good) {
		good = layer_make(&r.layer, p, &o, seed, why, why_bytes) &&
		       run_compiled(&r, &c, &o);
		compiled_conv_free(&c);
		layer_free(&r.layer);
	}
	tally->convs++;
	tally->macs += conv_macs(p);
	operands_free(&o);
	free(r.first);
	diag_free(diag);
	return good;
}
