#include "reading.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void reading_start(struct reading *r)
{
	memset(r, 0, sizeof *r);
	r->out = open_memstream(&r->messages, &r->message_bytes);
	assert_non_null(r->out);
	r->diag = diag_new(r->out);
	spec_init(&r->spec);
}

void reading_finish(struct reading *r)
{
	spec_check(&r->spec, r->diag);
	fclose(r->out);
	r->errors = diag_errors(r->diag);
}

void reading_free(struct reading *r)
{
	spec_free(&r->spec);
	diag_free(r->diag);
	free(r->messages);
}

void reading_of(struct reading *r, const char *text)
{
	reading_start(r);
	spec_read_text(&r->spec, "t.conv", text, strlen(text), r->diag);
	reading_finish(r);
}

void reading_of_arg(struct reading *r, const char *arg)
{
	reading_start(r);
	spec_read(&r->spec, arg, r->diag);
	reading_finish(r);
}

void digests_of(uint64_t *digests, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct reading r;

		reading_of(&r, texts[i]);
		if (r.errors)
			fail_msg("%s: %s", texts[i], r.messages);
		digests[i] = spec_digest(&r.spec);
		reading_free(&r);
		for (size_t j = 0; j < i; j++)
			if (digests[i] == digests[j])
				fail_msg("%s: digest of %s", texts[i], texts[j]);
	}
}

char *read_whole(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t room = 0, n;

	*bytes = 0;
	if (!file)
		return NULL;
	do {
		room += 65536;
		text = realloc(text, room + 1);
		assert_non_null(text);
		n = fread(text + *bytes, 1, room - *bytes, file);
		*bytes += n;
	} while (n);
	fclose(file);
	text[*bytes] = 0;
	return text;
}

uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t random_between(uint64_t *state, uint32_t low, uint32_t high)
{
	return low + (uint32_t)(next_random(state) % ((uint64_t)high - low + 1));
}

uint64_t test_seed(const char *test)
{
	const char *given = getenv("TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	printf("%s: TEST_SEED=%llu\n", test, (unsigned long long)seed);
	return seed;
}

/* A side's padding: often none, always less than the window. */
static uint32_t random_pad(uint64_t *state, uint32_t extent, uint32_t most)
{
	uint32_t limit = extent - 1 < most ? extent - 1 : most;

	return random_between(state, 0, 2) ? random_between(state, 0, limit) : 0;
}

static uint32_t random_in(uint64_t *state, uint32_t extent, uint32_t pads, uint32_t most)
{
	uint32_t least = extent > pads ? extent - pads : 1;

	return random_between(state, least, least > most ? least : most);
}

void random_problem(struct conv_problem *p, uint64_t *state)
{
	uint32_t rows, cols;

	memset(p, 0, sizeof *p);
	p->batch = random_between(state, 1, 3);
	p->groups = random_between(state, 0, 2) ? 1 : random_between(state, 1, 12);
	p->in_c = p->groups * random_between(state, 1, 40);
	p->out_c = p->groups * random_between(state, 1, 40);
	p->kernel_h = random_between(state, 1, 9);
	p->kernel_w = random_between(state, 1, 9);
	p->dilation_y = random_between(state, 0, 3) ? 1 : random_between(state, 1, 32);
	p->dilation_x = random_between(state, 0, 3) ? 1 : random_between(state, 1, 32);
	p->stride_y = random_between(state, 1, 7);
	p->stride_x = random_between(state, 1, 7);
	rows = conv_extent(p->kernel_h, p->dilation_y);
	cols = conv_extent(p->kernel_w, p->dilation_x);
	p->pad_top = random_pad(state, rows, 15);
	p->pad_left = random_pad(state, cols, 15);
	p->pad_bottom = random_pad(state, rows, 300);
	p->pad_right = random_pad(state, cols, 300);
	p->in_h = random_in(state, rows, p->pad_top + p->pad_bottom, 300);
	p->in_w = random_in(state, cols, p->pad_left + p->pad_right, 300);
	p->out_h = (p->in_h + p->pad_top + p->pad_bottom - rows) / p->stride_y + 1;
	p->out_w = (p->in_w + p->pad_left + p->pad_right - cols) / p->stride_x + 1;
	p->elem = NPU_ELEM_FP16;
	p->out_elem = random_between(state, 0, 3) ? NPU_ELEM_FP16 : NPU_ELEM_FP32;
	p->weights.kind = SOURCE_SEED;
	p->bias.kind = random_between(state, 0, 1) ? SOURCE_SEED : SOURCE_NONE;
	p->seed = next_random(state) >> 1;
	p->split_y = random_between(state, 0, 2) ? 0 : random_between(state, 1, p->out_h);
	p->split_k = random_between(state, 0, 2) ? 0 : random_between(state, 1, p->out_c);
	p->input_kind = random_between(state, 0, 3) ? INPUT_GRAPH : INPUT_INNER;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_source(const struct tensor_source *a, const struct tensor_source *b)
{
	return a->kind == b->kind && same_text(a->path, b->path) &&
	       same_text(a->tensor, b->tensor);
}

static bool same_quant(const struct conv_quant *a, const struct conv_quant *b)
{
	return a->given == b->given &&
	       (!a->given ||
		(a->uint8 == b->uint8 && a->scale == b->scale && a->zero == b->zero));
}

static bool same_values(const double *a, uint32_t a_count, const double *b,
			uint32_t b_count)
{
	return a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
}

static bool same_operator(const struct conv_problem *a, const struct conv_problem *b)
{
	const struct conv_weight_quant *v = &a->weight_quant, *w = &b->weight_quant;
	const struct conv_pixel_norm *m = &a->pixel_norm, *n = &b->pixel_norm;

	return same_quant(&a->input_quant, &b->input_quant) &&
	       same_quant(&a->output_quant, &b->output_quant) &&
	       same_quant(&a->add_quant, &b->add_quant) && a->add == b->add &&
	       v->kind == w->kind && v->scale == w->scale && v->zero == w->zero &&
	       same_source(&v->scales, &w->scales) && same_source(&v->zeros, &w->zeros) &&
	       a->act.kind == b->act.kind && a->act.low == b->act.low &&
	       a->act.high == b->act.high && a->act.slope == b->act.slope &&
	       same_source(&a->bn_scale, &b->bn_scale) &&
	       same_source(&a->bn_shift, &b->bn_shift) &&
	       same_values(m->mean, m->mean_count, n->mean, n->mean_count) &&
	       same_values(m->std, m->std_count, n->std, n->std_count);
}

bool same_problem(const struct conv_problem *a, const struct conv_problem *b)
{
	return a->batch == b->batch && a->in_c == b->in_c && a->in_h == b->in_h &&
	       a->in_w == b->in_w && a->out_c == b->out_c && a->out_h == b->out_h &&
	       a->out_w == b->out_w && a->kernel_h == b->kernel_h &&
	       a->kernel_w == b->kernel_w && a->stride_y == b->stride_y &&
	       a->stride_x == b->stride_x && a->pad_top == b->pad_top &&
	       a->pad_left == b->pad_left && a->pad_bottom == b->pad_bottom &&
	       a->pad_right == b->pad_right && a->dilation_y == b->dilation_y &&
	       a->dilation_x == b->dilation_x && a->groups == b->groups &&
	       a->elem == b->elem && a->out_elem == b->out_elem &&
	       same_source(&a->weights, &b->weights) && same_source(&a->bias, &b->bias) &&
	       a->seed == b->seed && a->split_y == b->split_y &&
	       a->split_k == b->split_k && a->input_kind == b->input_kind &&
	       same_operator(a, b);
}
