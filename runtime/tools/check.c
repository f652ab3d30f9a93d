#include "check.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check_load.h"

#define FP16_MANTISSA_BITS 10
#define FP16_MIN_EXPONENT (-14)
#define FP16_LARGEST 65504.0
#define FP32_MANTISSA_BITS 23
#define FP32_MIN_EXPONENT (-126)
#define ORDER_BITS (-18) /* see check.h */
#define ADDEND_BITS (-4) /* of that: -22 in all */
#define MULTIPLIER_BITS (-15) /* half the last bit of a multiplier */
#define SCALE_BITS (-22)      /* what scales lose as fp32 */
#define HALF_A_STEP 0.500001
#define MAX_THREADS 256u

double check_bound(enum npu_elem elem, double reference, double magnitude)
{
	bool half = elem == NPU_ELEM_FP16;
	int least = half ? FP16_MIN_EXPONENT : FP32_MIN_EXPONENT;
	int exponent = least;

	if (reference != 0 && ilogb(reference) > least)
		exponent = ilogb(reference);
	return ldexp(1, exponent - (half ? FP16_MANTISSA_BITS : FP32_MANTISSA_BITS)) +
	       ldexp(magnitude, ORDER_BITS);
}

/* Beyond what fp16 holds the hardware may saturate or go to infinity. */
static bool both_overflow(enum npu_elem elem, double got, double reference, double bound)
{
	return elem == NPU_ELEM_FP16 && fabs(got) >= FP16_LARGEST &&
	       fabs(reference) + bound >= FP16_LARGEST &&
	       signbit(got) == signbit(reference);
}

struct job {
	struct check_conv conv;
	const struct check_run *run;
	size_t rows;
	atomic_size_t next_row; /* rows are handed out one by one */
};

struct worker {
	struct job *job;
	struct check_result part;   /* of the rows it had */
	double *result, *magnitude; /* out_w each; floats */
	int32_t *fixed;		    /* the same for int8 */
	int64_t *sums;
	pthread_t thread;
	bool started;
	bool reports; /* this one draws the progress line */
};

static void compare_real(struct check_result *part, const struct job *job, size_t place,
			 double reference, double magnitude)
{
	const struct tensor *output = job->run->output;
	double got = tensor_get(output, place);
	double bound = check_bound(output->desc.elem, reference, magnitude);
	double ratio;

	part->outputs++;
	if (both_overflow(output->desc.elem, got, reference, bound))
		return;
	error_add(&part->error, place, got, reference);
	if (!(fabs(got - reference) <= bound)) /* also when got is not a number */
		part->failures++;
	ratio = isfinite(got) ? fabs(got - reference) / bound : (double)INFINITY;
	if (part->outputs == 1 || ratio > part->worst_ratio ||
	    (ratio == part->worst_ratio && place < part->worst)) {
		part->worst_ratio = ratio;
		part->worst = place;
		part->worst_got = got;
		part->worst_reference = reference;
		part->worst_bound = bound;
	}
}

static void check_real_row(struct worker *w, uint32_t n, uint32_t k, uint32_t y,
			   size_t place)
{
	const struct refconv *r = &w->job->conv.real;

	refconv_row(r, n, k, y, w->result, w->magnitude);
	for (uint32_t x = 0; x < r->shape.out_w; x++) {
		double addends = r->bias ? fabs((double)r->bias[k]) : 0;

		if (r->operand)
			addends += fabs((double)r->operand[place + x]);
		compare_real(&w->part, w->job, place + x, w->result[x],
			     w->magnitude[x] + ldexp(addends, ADDEND_BITS));
	}
}

/* The output in real numbers, and how far from it rounding may bring the device. */
struct model {
	double real, slack;
};

/*
 * The sum has the unit s_in * s_w[k]; the limit and what leaves the multiplier have
 * that of the channel with the largest scale.  Each stage that rounds adds half a unit,
 * and a multiplier of 15 bits, like one of 14 behind the point, its last half bit.
 */
static struct model model_sum(const struct job *job, uint32_t k, size_t place, int64_t sum)
{
	const struct check_conv *c = &job->conv;
	const struct npub_op *op = &c->fixed.op;
	const struct tensor *operand = job->run->operand;
	double in_scale = (double)job->run->input->desc.scale;
	double unit = in_scale * c->largest_scale, added = 0;
	double acc = (double)(sum + (c->fixed.bias ? c->fixed.bias[k] : 0));
	struct model m = { .real = acc * in_scale * (double)c->weight_scale[k] };

	if (c->fixed.factor)
		m.slack = unit / 2 + ldexp(fabs(acc) * unit, MULTIPLIER_BITS);
	m.slack += ldexp(fabs(m.real), SCALE_BITS);
	if ((op->flags & NPUB_OP_LEAKY) && m.real < 0) {
		m.real *= ldexp(op->leak_scale, -(int)op->leak_shift);
		m.slack += unit / 2;
	}
	if (operand) {
		added = tensor_real(&operand->desc, tensor_get(operand, place));
		m.slack += unit / 2 + ldexp(fabs(added), MULTIPLIER_BITS);
	}
	m.real += added;
	if (op->flags & NPUB_OP_RELU)
		m.real = fmax(m.real, 0);
	if (op->flags & NPUB_OP_CLAMP)
		m.real = fmin(m.real, (double)op->limit * unit);
	return m;
}

static void compare_model(struct check_result *part, const struct job *job, uint32_t k,
			  size_t place, int64_t sum)
{
	const struct tensor *output = job->run->output;
	struct tensor_range range = tensor_range(&output->desc);
	double least = tensor_real(&output->desc, range.least);
	double most = tensor_real(&output->desc, range.most);
	double got = tensor_real(&output->desc, tensor_get(output, place));
	struct model m = model_sum(job, k, place, sum);
	double cut = fmin(fmax(m.real, least), most);
	double rounded = ldexp(fabs(m.real) + m.slack, MULTIPLIER_BITS) +
			 (double)output->desc.scale * HALF_A_STEP;

	part->clipped += cut != m.real;
	part->beyond += !(fabs(got - cut) <= m.slack + rounded);
	error_add(&part->model, place, got, cut);
}

static void check_fixed_row(struct worker *w, uint32_t n, uint32_t k, uint32_t y,
			    size_t place)
{
	const struct check_conv *c = &w->job->conv;
	const struct tensor *output = w->job->run->output;
	int32_t user = output->desc.is_uint8 ? -INT8_MIN : 0;

	fixed_row(&c->fixed, n, k, y, w->fixed, w->sums);
	for (uint32_t x = 0; x < c->fixed.shape.out_w; x++) {
		double got = tensor_get(output, place + x);
		double want = (double)w->fixed[x] + user;

		w->part.outputs++;
		w->part.failures += got != want;
		error_add(&w->part.error, place + x, got, want);
		if (c->weight_scale)
			compare_model(&w->part, w->job, k, place + x, w->sums[x]);
	}
}

static void draw_progress(const struct job *job, size_t row)
{
	static const size_t steps = 200;
	size_t step = job->rows / steps + 1;

	if (job->run->progress && row % step == 0)
		fprintf(stderr, "\rchecking: %zu %%", 100 * row / job->rows);
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct job *job = w->job;
	const struct npub_conv *c = job->run->conv;
	size_t row;

	while ((row = atomic_fetch_add(&job->next_row, 1)) < job->rows) {
		size_t plane = row / c->out_h;
		uint32_t n = (uint32_t)(plane / c->out_c),
			 k = (uint32_t)(plane % c->out_c);
		uint32_t y = (uint32_t)(row % c->out_h);

		(job->conv.is_fixed ? check_fixed_row : check_real_row)(w, n, k, y,
									row * c->out_w);
		if (w->reports)
			draw_progress(job, row);
	}
	return NULL;
}

static void merge(struct check_result *result, const struct check_result *part)
{
	bool first = result->outputs == 0;

	if (part->outputs == 0)
		return;
	result->outputs += part->outputs;
	result->failures += part->failures;
	result->clipped += part->clipped;
	result->beyond += part->beyond;
	error_merge(&result->error, &part->error);
	error_merge(&result->model, &part->model);
	if (!first &&
	    (part->worst_ratio < result->worst_ratio ||
	     (part->worst_ratio == result->worst_ratio && part->worst > result->worst)))
		return;
	result->worst_ratio = part->worst_ratio;
	result->worst = part->worst;
	result->worst_got = part->worst_got;
	result->worst_reference = part->worst_reference;
	result->worst_bound = part->worst_bound;
}

/* Memory for a row each; all of it is freed with workers[0].result. */
static struct worker *make_workers(struct job *job, uint32_t count)
{
	size_t width = job->run->conv->out_w;
	struct worker *workers = calloc(count, sizeof(*workers));
	/* doubles and int64_t are of one size; the int32_t come last */
	double *rows = malloc(4 * width * count * sizeof(*rows));

	if (!workers || !rows) {
		free(workers);
		free(rows);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		workers[i].job = job;
		workers[i].result = rows + 4 * width * i;
		workers[i].magnitude = workers[i].result + width;
		workers[i].sums = (int64_t *)(workers[i].result + 2 * width);
		workers[i].fixed = (int32_t *)(workers[i].result + 3 * width);
		workers[i].reports = i == 0;
	}
	return workers;
}

/* All rows on `count` workers; this thread is the first of them. */
static enum check_status run_workers(struct job *job, struct check_result *result,
				     uint32_t count)
{
	struct worker *workers = make_workers(job, count);

	if (!workers)
		return CHECK_NOMEM;
	/* A thread that cannot be had leaves its rows to the others. */
	for (uint32_t i = 1; i < count; i++)
		workers[i].started =
		    pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
	work(&workers[0]);
	for (uint32_t i = 1; i < count; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	if (job->run->progress)
		fprintf(stderr, "\r%20s\r", "");
	for (uint32_t i = 0; i < count; i++)
		merge(result, &workers[i].part);
	free(workers[0].result);
	free(workers);
	return CHECK_DONE;
}

enum check_status check_output(struct check_result *result, const struct check_run *run,
			       char *why, size_t why_bytes)
{
	const struct npub_conv *c = run->conv;
	uint32_t threads = run->threads < 1		? 1
			   : run->threads > MAX_THREADS ? MAX_THREADS
							: run->threads;
	struct job job = { .run = run, .rows = (size_t)c->batch * c->out_c * c->out_h };
	struct timespec begin, end;
	enum check_status status = check_load(&job.conv, run, why, why_bytes);

	memset(result, 0, sizeof(*result));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (status == CHECK_DONE)
		status = run_workers(&job, result, threads);
	clock_gettime(CLOCK_MONOTONIC, &end);
	result->is_fixed = job.conv.is_fixed;
	result->has_model = job.conv.weight_scale != NULL;
	result->seconds = (double)(end.tv_sec - begin.tv_sec) +
			  (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	check_unload(&job.conv);
	return status;
}
