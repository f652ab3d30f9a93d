/* Memory, data and programs of the test bench. */
#include "board.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static uint32_t up(uint32_t x, uint32_t a)
{
	return (x + a - 1) / a * a;
}

uint64_t board_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

double half_value(uint16_t h)
{
	int exponent = h >> 10 & 31;
	double m = h & 1023;
	double v = exponent == 31  ? (m != 0 ? NAN : INFINITY)
		   : exponent != 0 ? ldexp(m + 1024, exponent - 25)
				   : ldexp(m, -24);

	return h & 0x8000 ? -v : v;
}

/* A random fp16 between -2 and 2, of any exponent down to 2^-6. */
static uint16_t random_half(uint64_t *state)
{
	uint64_t r = board_random(state);

	return (uint16_t)((r & 0x83ff) | (9 + (r >> 20) % 7) << 10);
}

static void region_make(struct board *b, int i, const char *name, size_t bytes)
{
	struct sim_region *r = &b->regions[i];

	r->name = name;
	r->dma_addr = 0x10000000u * (uint32_t)(i + 1);
	r->bytes = bytes;
	r->data = malloc(bytes ? bytes : 1);
	assert_non_null(r->data);
	memset(r->data, 0, bytes);
}

static void put_value(const struct bconv *v, uint8_t *at, uint16_t bits)
{
	if (v->int8)
		*at = (uint8_t)bits;
	else
		memcpy(at, &bits, sizeof bits);
}

static uint16_t random_value(const struct bconv *v, uint64_t *state, double *value)
{
	uint16_t bits = random_half(state);

	if (v->int8) {
		bits = (uint8_t)board_random(state);
		*value = (int8_t)bits;
	} else {
		*value = half_value(bits);
	}
	return bits;
}

/* Padding channels hold garbage: weights there are zero (fp16: it is finite). */
static void fill_input(struct board *b, uint64_t *state)
{
	const struct bconv *v = &b->conv;
	uint32_t bytes = v->int8 ? 1 : 2, u = 16 / bytes;
	uint32_t plane = v->in_plane ? v->in_plane : v->w * v->h;
	uint8_t *data;

	region_make(b, BOARD_INPUT, "input",
		    v->pixel ? (size_t)v->w * v->h * v->c * bytes
			     : (size_t)up(v->c, u) / u * plane * 16);
	data = b->regions[BOARD_INPUT].data;
	for (size_t i = 0; i < b->regions[BOARD_INPUT].bytes / bytes; i++)
		put_value(v, data + i * bytes, v->int8 ? 77 : 0x4248);
	b->x = calloc((size_t)v->c * v->h * v->w, sizeof *b->x);
	for (uint32_t c = 0; c < v->c; c++) {
		for (uint32_t i = 0; i < v->h * v->w; i++) {
			size_t at =
			    v->pixel ? ((size_t)i * v->c + c) * bytes
				     : ((size_t)c / u * plane + i) * 16 + c % u * bytes;

			put_value(
			    v, data + at,
			    random_value(v, state, &b->x[(size_t)c * v->h * v->w + i]));
		}
	}
}

/* Byte of an element in the weight stream: kernel groups, blocks, taps. */
static size_t weight_offset(const struct bconv *v, uint32_t cw, uint32_t kernels,
			    uint32_t k, uint32_t c, uint32_t tap)
{
	uint32_t bytes = v->int8 ? 1 : 2, taps = v->kh * v->kw, g = 32 / bytes;
	uint32_t block = v->depthwise ? 2 * g : 32, cb = c / block;
	uint32_t width = cw - cb * block < block ? cw - cb * block : block;
	uint32_t gk = kernels - k / g * g < g ? kernels - k / g * g : g;

	if (v->depthwise)
		return (size_t)cb * taps * block * bytes +
		       ((size_t)tap * width + c % block) * bytes;
	return (size_t)(k / g) * g * taps * cw * bytes +
	       (size_t)cb * taps * gk * 32 * bytes +
	       ((size_t)(tap * gk + k % g) * width + c % 32) * bytes;
}

static void fill_weights(struct board *b, uint64_t *state)
{
	const struct bconv *v = &b->conv;
	uint32_t bytes = v->int8 ? 1 : 2, u = 16 / bytes, taps = v->kh * v->kw;
	uint32_t block = v->depthwise ? 64 / bytes : 32, c = up(v->c, u),
		 tail = c % block;
	uint32_t cw = c - tail + (tail / u == 3 ? tail + u : tail);
	uint32_t kernels = v->depthwise ? 1 : v->int8 ? up(v->k, 2) : v->k;
	uint32_t per_k = v->depthwise ? 1 : v->c;
	uint8_t *data;

	region_make(b, BOARD_WEIGHTS, "weights", (size_t)kernels * taps * cw * bytes);
	data = b->regions[BOARD_WEIGHTS].data;
	if (v->int8) /* padding weights are the zero point */
		memset(data, v->weight_zero, b->regions[BOARD_WEIGHTS].bytes);
	b->wt = calloc((size_t)v->k * per_k * taps, sizeof *b->wt);
	for (uint32_t k = 0; k < v->k; k++) {
		for (uint32_t i = 0; i < per_k * taps; i++) {
			uint32_t ch = v->depthwise ? k : i / taps;

			put_value(
			    v, data + weight_offset(v, cw, kernels, k, ch, i % taps),
			    random_value(v, state, &b->wt[(size_t)k * per_k * taps + i]));
		}
	}
}

static void fill_bias(struct board *b, uint64_t *state)
{
	const struct bconv *v = &b->conv;
	uint32_t kp = up(v->k, v->int8	      ? (v->depthwise ? 64 : 32)
			       : v->depthwise ? 32
					      : 16);
	uint8_t *data;

	region_make(b, BOARD_BIAS, "bias", (size_t)kp * (v->per_channel ? 8 : 4));
	data = b->regions[BOARD_BIAS].data;
	b->bias = calloc(v->k, sizeof *b->bias);
	b->mul = calloc(v->k, sizeof *b->mul);
	for (uint32_t k = 0; k < v->k; k++) {
		int32_t r = (int32_t)(board_random(state) % 20001) - 10000;
		float f = (float)r / 1024;
		int16_t correction = (int16_t)-v->weight_zero;
		uint16_t mul = (uint16_t)(0x4000 - board_random(state) % 0x3000);

		b->mul[k] = mul;
		b->bias[k] = v->int8 ? r : (double)f;
		if (v->per_channel) {
			uint8_t *group = data + (size_t)(k / 8) * 64;

			memcpy(group + 4 * (k % 8), &r, 4);
			memcpy(group + 32 + 2 * (k % 8), &correction, 2);
			memcpy(group + 48 + 2 * (k % 8), &mul, 2);
		} else {
			memcpy(data + 4 * (size_t)k, v->int8 ? (void *)&r : (void *)&f,
			       4);
		}
	}
}

/* Output, operand, scratch and commands. */
static void fill_rest(struct board *b, uint64_t *state)
{
	const struct bconv *v = &b->conv;
	uint32_t bytes = v->int8 ? 1 : 2, ob = v->wide_out ? 4 : bytes;
	uint32_t plane = v->ow * v->oh == 1 ? 1 : up(v->ow * v->oh, 4);
	uint32_t kp = up(v->k, (v->depthwise ? 64u : 32u) / bytes), uo = 16 / ob;
	uint8_t *data;

	region_make(b, BOARD_OUTPUT, "output", (size_t)kp / uo * plane * 16);
	memset(b->regions[BOARD_OUTPUT].data, 0xa5, b->regions[BOARD_OUTPUT].bytes);
	region_make(b, BOARD_OPERAND, "operand",
		    v->add ? (size_t)kp / uo * plane * 16 : 0);
	data = b->regions[BOARD_OPERAND].data;
	b->operand = calloc((size_t)v->k * v->oh * v->ow, sizeof *b->operand);
	for (uint32_t k = 0; v->add && k < v->k; k++) {
		for (uint32_t i = 0; i < v->oh * v->ow; i++)
			put_value(
			    v, data + ((size_t)k / uo * plane + i) * 16 + k % uo * bytes,
			    random_value(v, state,
					 &b->operand[(size_t)k * v->oh * v->ow + i]));
	}
	region_make(b, BOARD_SCRATCH, "scratch", BOARD_SCRATCH_BYTES);
	region_make(b, BOARD_COMMANDS, "commands", BOARD_MAX_RECORDS * 160 * 8);
}

void board_open(struct board *b, const struct bconv *conv, uint32_t seed)
{
	struct bconv *v = &b->conv;
	uint64_t state = seed;

	memset(b, 0, sizeof *b);
	*v = *conv;
	v->sy = v->sy ? v->sy : 1;
	v->sx = v->sx ? v->sx : 1;
	v->dy = v->dy ? v->dy : 1;
	v->dx = v->dx ? v->dx : 1;
	v->oh = (v->h + v->pt + v->pb - (v->kh - 1) * v->dy - 1) / v->sy + 1;
	v->ow = (v->w + v->pl + v->pr - (v->kw - 1) * v->dx - 1) / v->sx + 1;
	b->out_scale = v->wide_out ? 1 : 0x5a12;
	b->out_shift = v->wide_out ? 0 : 24;
	b->sim = sim_new();
	assert_non_null(b->sim);
	fill_input(b, &state);
	fill_weights(b, &state);
	fill_bias(b, &state);
	fill_rest(b, &state);
}

void board_close(struct board *b)
{
	for (int i = 0; i < BOARD_REGIONS; i++)
		free(b->regions[i].data);
	free(b->x);
	free(b->wt);
	free(b->bias);
	free(b->mul);
	free(b->operand);
	sim_free(b->sim);
}

static uint32_t amount_of(uint32_t body)
{
	return (body + 5) / 2 - 1;
}

static void put_word(uint8_t **at, uint32_t target, uint32_t offset, uint32_t value)
{
	uint64_t word = (uint64_t)target << 48 | (uint64_t)value << 16 | offset;

	memcpy(*at, &word, sizeof word);
	*at += sizeof word;
}

void board_place(struct board *b, const struct brecord *records, const uint32_t *counts,
		 uint32_t lists)
{
	struct sim_region *commands = &b->regions[BOARD_COMMANDS];
	uint32_t n = 0, total = 0;

	for (uint32_t l = 0; l < lists; l++)
		total += counts[l];
	assert_true(total <= BOARD_MAX_RECORDS);
	memset(commands->data, 0, commands->bytes);
	for (uint32_t i = 0, at = 0; i < total; i++) {
		b->record_addr[i] = (uint32_t)commands->dma_addr + at;
		at += up((records[i].n + 4) * 8, 64);
		assert_true(at <= commands->bytes);
	}
	for (uint32_t l = 0; l < lists; l++) {
		uint8_t *link = NULL; /* the tail that leads to the next record */

		b->lists[l] = (struct sim_list){
			.core = l,
			.regcmd_addr = b->record_addr[n],
			.regcfg_amount = records[n].n,
			.task_count = counts[l],
			.int_mask =
			    records[n + counts[l] - 1].mask == 0x60 ? 0xc00 : 0x300,
		};
		for (uint32_t i = 0; i < counts[l]; i++, n++) {
			const struct brecord *r = &records[n];
			uint8_t *at = (uint8_t *)commands->data +
				      (b->record_addr[n] - commands->dma_addr);

			if (link) {
				put_word(&link, 0x0101, 0x10, b->record_addr[n]);
				put_word(&link, 0x0101, 0x14,
					 r[-1].barrier_bits << 16 | amount_of(r->n));
			}
			for (uint32_t j = 0; j < r->n; j++)
				put_word(&at, r->regs[j].target, r->regs[j].offset,
					 r->regs[j].value);
			link = at;
			put_word(&at, 0x0101, 0x10, 0);
			put_word(&at, 0x0101, 0x14, r->barrier_bits << 16);
			put_word(&at, 0x0041, 0, 0);
			put_word(&at, 0x0081, 8, r->mask);
		}
	}
	b->list_count = lists;
}

uint64_t *board_word(struct board *b, uint32_t n, uint32_t i)
{
	struct sim_region *commands = &b->regions[BOARD_COMMANDS];

	return (uint64_t *)commands->data + (b->record_addr[n] - commands->dma_addr) / 8 +
	       i;
}

bool board_run(struct board *b)
{
	struct sim_job job = {
		.regions = b->regions,
		.region_count = BOARD_REGIONS,
		.lists = b->lists,
		.list_count = b->list_count,
		.threads = b->threads,
	};

	return sim_run(b->sim, &job, &b->result);
}

bool board_run_whole(struct board *b)
{
	struct brecord r;
	uint32_t one = 1;

	board_encode(b, &(struct btile){ 0 }, &r);
	board_place(b, &r, &one, 1);
	return board_run(b);
}
