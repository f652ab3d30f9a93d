#include "check.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pack.h"
#include "refconv.h"

#define FP16_MANTISSA_BITS 10
#define FP16_MIN_EXPONENT (-14)
#define FP16_LARGEST 65504.0
#define FP32_MANTISSA_BITS 23
#define FP32_MIN_EXPONENT (-126)
#define ORDER_BITS (-18) /* see check.h */
#define MAX_THREADS 256u

/* The number of fp16 bits, by the format's definition. */
static float number_of_half(uint16_t bits)
{
	int exponent = bits >> FP16_MANTISSA_BITS & 0x1f, fraction = bits & 0x3ff;
	float sign = bits & 0x8000 ? -1.0f : 1.0f;

	if (exponent == 0x1f)
		return fraction ? NAN : sign * INFINITY;
	if (exponent == 0)
		return sign *
		       ldexpf((float)fraction, FP16_MIN_EXPONENT - FP16_MANTISSA_BITS);
	return sign *
	       ldexpf((float)(fraction + 0x400), exponent - 15 - FP16_MANTISSA_BITS);
}

static float number_at(enum npu_elem elem, const void *data, size_t i)
{
	switch (elem) {
	case NPU_ELEM_FP16:
		return number_of_half(((const uint16_t *)data)[i]);
	case NPU_ELEM_FP32:
		return ((const float *)data)[i];
	default:
		return ((const int8_t *)data)[i];
	}
}

static float *numbers(enum npu_elem elem, const void *data, size_t count)
{
	float *out = malloc((count ? count : 1) * sizeof(*out));

	for (size_t i = 0; out && i < count; i++)
		out[i] = number_at(elem, data, i);
	return out;
}

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

/* What one worker adds up; merged in the order of rows, so that ties are stable. */
struct tally {
	uint64_t outputs, failures;
	double max_error, worst_ratio;
	size_t worst;
	double worst_got, worst_reference, worst_bound;
	double dot, got_squares, reference_squares;
};

struct job {
	struct refconv reference;
	enum npu_elem out_elem;
	const void *output;
	size_t rows;
	atomic_size_t next_row; /* rows are handed out one by one */
	bool progress;
};

struct worker {
	struct job *job;
	struct tally tally;
	double *result, *magnitude; /* out_w each */
	pthread_t thread;
	bool started;
	bool reports; /* this one draws the progress line */
};

static void compare(struct tally *t, const struct job *job, size_t place,
		    double reference, double magnitude)
{
	double got = (double)number_at(job->out_elem, job->output, place);
	double bound = check_bound(job->out_elem, reference, magnitude);
	double error = fabs(got - reference), ratio;

	t->outputs++;
	if (both_overflow(job->out_elem, got, reference, bound))
		return;
	if (!(error <= bound)) /* also when got is not a number */
		t->failures++;
	ratio = isfinite(got) ? error / bound : (double)INFINITY;
	if (t->outputs == 1 || ratio > t->worst_ratio ||
	    (ratio == t->worst_ratio && place < t->worst)) {
		t->worst_ratio = ratio;
		t->worst = place;
		t->worst_got = got;
		t->worst_reference = reference;
		t->worst_bound = bound;
	}
	if (!isfinite(got)) {
		t->max_error = (double)INFINITY;
		return;
	}
	t->max_error = fmax(t->max_error, error);
	t->dot += got * reference;
	t->got_squares += got * got;
	t->reference_squares += reference * reference;
}

static void draw_progress(const struct job *job, size_t row)
{
	static const size_t steps = 200;
	size_t step = job->rows / steps + 1;

	if (job->progress && row % step == 0)
		fprintf(stderr, "\rchecking: %zu %%", 100 * row / job->rows);
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct job *job = w->job;
	const struct refconv *r = &job->reference;
	size_t row;

	while ((row = atomic_fetch_add(&job->next_row, 1)) < job->rows) {
		size_t plane = row / r->out_h;

		refconv_row(r, (uint32_t)(plane / r->out_c), (uint32_t)(plane % r->out_c),
			    (uint32_t)(row % r->out_h), w->result, w->magnitude);
		for (uint32_t x = 0; x < r->out_w; x++)
			compare(&w->tally, job, row * r->out_w + x, w->result[x],
				w->magnitude[x]);
		if (w->reports)
			draw_progress(job, row);
	}
	return NULL;
}

static void merge(struct check_result *result, const struct worker *workers,
		  uint32_t count)
{
	double dot = 0, got = 0, reference = 0;
	bool first = true;

	for (uint32_t i = 0; i < count; i++) {
		const struct tally *t = &workers[i].tally;

		if (t->outputs == 0)
			continue;
		result->outputs += t->outputs;
		result->failures += t->failures;
		result->max_error = fmax(result->max_error, t->max_error);
		dot += t->dot;
		got += t->got_squares;
		reference += t->reference_squares;
		if (!first &&
		    (t->worst_ratio < result->worst_ratio ||
		     (t->worst_ratio == result->worst_ratio && t->worst > result->worst)))
			continue;
		first = false;
		result->worst_ratio = t->worst_ratio;
		result->worst = t->worst;
		result->worst_got = t->worst_got;
		result->worst_reference = t->worst_reference;
		result->worst_bound = t->worst_bound;
	}
	result->cosine = got == 0 && reference == 0 ? 1 : dot / sqrt(got * reference);
}

/* All rows on `count` workers; this thread is the first of them. */
static enum check_status run_workers(struct job *job, struct check_result *result,
				     uint32_t count)
{
	size_t width = job->reference.out_w;
	struct worker *workers = calloc(count, sizeof(*workers));
	double *rows = malloc(2 * width * count * sizeof(*rows));

	if (!workers || !rows) {
		free(workers);
		free(rows);
		return CHECK_NOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		workers[i].job = job;
		workers[i].result = rows + 2 * width * i;
		workers[i].magnitude = workers[i].result + width;
		workers[i].reports = i == 0;
		/* A thread that cannot be had leaves its rows to the others. */
		workers[i].started = i > 0 && pthread_create(&workers[i].thread, NULL,
							     work, &workers[i]) == 0;
	}
	work(&workers[0]);
	for (uint32_t i = 1; i < count; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	if (job->progress)
		fprintf(stderr, "\r%20s\r", "");
	merge(result, workers, count);
	free(workers);
	free(rows);
	return CHECK_DONE;
}

/* The problem behind a bundle's conv, as far as layouts of weights need it. */
static struct conv_problem problem_of(const struct npub_conv *c)
{
	return (struct conv_problem){
		.batch = c->batch,
		.in_c = c->in_c,
		.in_h = c->in_h,
		.in_w = c->in_w,
		.out_c = c->out_c,
		.out_h = c->out_h,
		.out_w = c->out_w,
		.kernel_h = c->kernel_h,
		.kernel_w = c->kernel_w,
		.stride_y = c->stride_y,
		.stride_x = c->stride_x,
		.pad_top = c->pad_top,
		.pad_left = c->pad_left,
		.pad_bottom = c->pad_bottom,
		.pad_right = c->pad_right,
		.dilation_y = c->dilation_y,
		.dilation_x = c->dilation_x,
		.groups = c->groups,
		.elem = (enum npu_elem)c->elem,
		.out_elem = (enum npu_elem)c->out_elem,
		.bias.kind = c->bias == NPUB_NONE ? SOURCE_NONE : SOURCE_SEED,
	};
}

/* The tensor's bytes in DATA; NULL when the bundle does not have all of them. */
static const uint8_t *tensor_data(const struct npub *b, uint32_t tensor, uint64_t bytes)
{
	const struct npub_tensor *t = &b->tensors[tensor];
	const struct npub_bo *bo = &b->bos[t->bo];

	if (t->bytes < bytes || t->bo_offset > bo->data_bytes ||
	    bytes > bo->data_bytes - t->bo_offset)
		return NULL;
	return b->data + bo->data_offset + t->bo_offset;
}

struct check_operands {
	float *input, *weights, *bias;
};

static void free_operands(struct check_operands *o)
{
	free(o->input);
	free(o->weights);
	free(o->bias);
}

static enum check_status unpack_operands(struct check_operands *o, const struct npub *b,
					 const struct npub_conv *c,
					 const struct conv_problem *p,
					 const struct conv_layout *layout, char *why,
					 size_t why_bytes)
{
	size_t count =
	    (size_t)c->out_c * (c->in_c / c->groups) * c->kernel_h * c->kernel_w;
	const uint8_t *weights = tensor_data(b, c->weights, layout->weight_bytes), *bias;
	void *oihw;

	if (!weights) {
		snprintf(why, why_bytes, "the bundle does not hold the conv's weights");
		return CHECK_IMPOSSIBLE;
	}
	oihw = malloc(count * tensor_elem_bytes(p->elem));
	if (!oihw)
		return CHECK_NOMEM;
	unpack_weights(p, layout, weights, oihw);
	o->weights = numbers(p->elem, oihw, count);
	free(oihw);
	if (c->bias == NPUB_NONE)
		return o->weights ? CHECK_DONE : CHECK_NOMEM;
	bias = tensor_data(b, c->bias, layout->bias_bytes);
	if (!bias) {
		snprintf(why, why_bytes, "the bundle does not hold the conv's bias");
		return CHECK_IMPOSSIBLE;
	}
	o->bias = malloc(c->out_c * sizeof(*o->bias));
	if (!o->weights || !o->bias)
		return CHECK_NOMEM;
	unpack_bias(p, layout, bias, &(struct operands){ .bias = o->bias });
	return CHECK_DONE;
}

static enum check_status load_operands(struct check_operands *o, const struct npub *b,
				       const struct npub_conv *c,
				       const struct tensor *input, char *why,
				       size_t why_bytes)
{
	struct conv_problem p = problem_of(c);
	struct conv_layout layout;
	enum check_status status;

	if (c->elem != NPU_ELEM_FP16 ||
	    (c->out_elem != NPU_ELEM_FP16 && c->out_elem != NPU_ELEM_FP32)) {
		snprintf(why, why_bytes,
			 "--check knows fp16 convs only, and this is %s to %s",
			 name_of_elem(c->elem), name_of_elem(c->out_elem));
		return CHECK_IMPOSSIBLE;
	}
	if (!layout_from_problem(&layout, &p))
		return CHECK_NOMEM;
	status = unpack_operands(o, b, c, &p, &layout, why, why_bytes);
	layout_free(&layout);
	if (status != CHECK_DONE)
		return status;
	o->input = numbers(input->desc.elem, input->data, input->count);
	return o->input ? CHECK_DONE : CHECK_NOMEM;
}

enum check_status check_output(struct check_result *result, const struct npub *b,
			       const struct npub_conv *c, const struct tensor *input,
			       const struct tensor *output, uint32_t threads,
			       bool progress, char *why, size_t why_bytes)
{
	struct check_operands o = { NULL, NULL, NULL };
	struct job job = { .out_elem = output->desc.elem,
			   .output = output->data,
			   .rows = (size_t)c->batch * c->out_c * c->out_h,
			   .progress = progress };
	struct timespec begin, end;
	enum check_status status = load_operands(&o, b, c, input, why, why_bytes);

	memset(result, 0, sizeof(*result));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (status == CHECK_DONE) {
		job.reference = (struct refconv){
			c->batch,    c->in_c,	    c->in_h,	   c->in_w,
			c->out_c,    c->out_h,	    c->out_w,	   c->kernel_h,
			c->kernel_w, c->stride_y,   c->stride_x,   c->pad_top,
			c->pad_left, c->dilation_y, c->dilation_x, c->groups,
			o.input,     o.weights,	    o.bias
		};
		threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
		status = run_workers(&job, result, threads);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	result->seconds = (double)(end.tv_sec - begin.tv_sec) +
			  (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	free_operands(&o);
	return status;
}
