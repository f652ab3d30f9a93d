/*
 * Weights in the user's order and in the hardware's, and a walk over the latter by
 * its definition: position after position, group of kernels, block of channels, tap,
 * kernel, channel.
 */
#ifndef PACK_FIXTURE_H
#define PACK_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "bundle/pack.h"

#define POISON 0xa5
#define RED_ZONE 64u

static inline struct conv_problem make_problem(enum npu_elem elem, uint32_t out_c,
					       uint32_t in_c, uint32_t groups,
					       uint32_t kernel_h, uint32_t kernel_w)
{
	struct conv_problem p = {
		.batch = 1,
		.in_c = in_c,
		.in_h = 32,
		.in_w = 32,
		.out_c = out_c,
		.kernel_h = kernel_h,
		.kernel_w = kernel_w,
		.stride_y = 1,
		.stride_x = 1,
		.dilation_y = 1,
		.dilation_x = 1,
		.groups = groups,
		.elem = elem,
		.out_elem = elem,
	};

	p.out_h = p.in_h - kernel_h + 1;
	p.out_w = p.in_w - kernel_w + 1;
	return p;
}

/* One tensor in both orders, with red zones behind both. */
struct both {
	struct conv_problem p;
	struct conv_layout layout;
	size_t count, bytes; /* user's elements and bytes */
	uint8_t *user, *packed, *back;
	int32_t *zeros; /* of each kernel's weights; NULL: none */
};

static inline uint8_t *take(size_t bytes)
{
	uint8_t *p = malloc(bytes + RED_ZONE);

	assert_non_null(p);
	memset(p, POISON, bytes + RED_ZONE);
	return p;
}

static inline void check_zone(const char *name, const uint8_t *buffer, size_t bytes)
{
	for (uint32_t i = 0; i < RED_ZONE; i++)
		if (buffer[bytes + i] != POISON)
			fail_msg("%s: byte %u behind the end was written", name, i);
}

/* Element i of the user's array: never zero, neighbours differ. */
static inline uint32_t value_of(const struct both *b, size_t i)
{
	return 1 + (uint32_t)(i % (b->layout.elem->bytes == 1 ? 251 : 65521));
}

static inline uint32_t element(const struct both *b, const uint8_t *buffer, size_t i)
{
	uint16_t half;

	if (b->layout.elem->bytes == 1)
		return buffer[i];
	memcpy(&half, buffer + i * 2, sizeof half);
	return half;
}

/* Zero points all over the range of an int8, neighbours different. */
static inline int32_t *make_zeros(uint32_t count)
{
	int32_t *zeros = malloc(count * sizeof *zeros);

	assert_non_null(zeros);
	for (uint32_t k = 0; k < count; k++)
		zeros[k] = (int32_t)((k * 37 + 200) % 256) - 128;
	return zeros;
}

/* `zeros` is the fixture's from now on. */
static inline void open_both_with(struct both *b, struct conv_problem p, int32_t *zeros)
{
	b->p = p;
	b->zeros = zeros;
	assert_true(layout_from_problem(&b->layout, &b->p));
	b->count = (size_t)p.out_c * (p.in_c / p.groups) * p.kernel_h * p.kernel_w;
	b->bytes = b->count * b->layout.elem->bytes;
	b->user = take(b->bytes);
	b->packed = take(b->layout.weight_bytes);
	b->back = take(b->bytes);
	for (size_t i = 0; i < b->count; i++) {
		uint16_t half = (uint16_t)value_of(b, i);

		if (b->layout.elem->bytes == 1)
			b->user[i] = (uint8_t)half;
		else
			memcpy(b->user + i * 2, &half, sizeof half);
	}
	pack_weights(&b->p, &b->layout,
		     &(struct operands){ .weights = b->user, .weight_zero = zeros },
		     b->packed);
	unpack_weights(&b->p, &b->layout, b->packed, b->back);
}

static inline void open_both(struct both *b, struct conv_problem p)
{
	open_both_with(b, p, NULL);
}

static inline void close_both(struct both *b, const char *name)
{
	check_zone(name, b->packed, b->layout.weight_bytes);
	check_zone(name, b->back, b->bytes);
	if (memcmp(b->user, b->back, b->bytes) != 0)
		fail_msg("%s: unpacking does not give the weights back", name);
	free(b->user);
	free(b->packed);
	free(b->back);
	free(b->zeros);
	layout_free(&b->layout);
}

/* User's index of w[k][c][tap] when kernel k sees channel c, else SIZE_MAX. */
static inline size_t user_index(const struct conv_problem *p, uint32_t k, uint32_t c,
				uint32_t tap)
{
	uint32_t in_c = p->in_c / p->groups, out_c = p->out_c / p->groups;
	uint32_t taps = p->kernel_h * p->kernel_w;

	if (k >= p->out_c || c >= p->in_c || c / in_c != k / out_c)
		return SIZE_MAX;
	return ((size_t)k * in_c + c % in_c) * taps + tap;
}

static inline void check_position(const struct both *b, const char *name, size_t at,
				  size_t user, int32_t padding)
{
	uint32_t want = user == SIZE_MAX ? (uint8_t)padding : value_of(b, user);
	uint32_t has = element(b, b->packed, at);

	if (has != want)
		fail_msg("%s: element %zu is %u, the definition says %u", name, at, has,
			 want);
}

/* Walk one dense slice; `stored` channels a tap, `kernels` stored. */
static inline size_t walk_dense(const struct both *b, const char *name,
				const struct conv_slice *s, uint32_t stored,
				uint32_t kernels)
{
	const uint32_t group = b->layout.elem->bytes == 1 ? 32 : 16;
	const uint32_t taps = b->p.kernel_h * b->p.kernel_w;
	size_t at = s->weight_offset / b->layout.elem->bytes;

	for (uint32_t k0 = 0; k0 < kernels; k0 += group)
		for (uint32_t c0 = 0; c0 < stored; c0 += 32)
			for (uint32_t tap = 0; tap < taps; tap++)
				for (uint32_t k = k0; k < k0 + group && k < kernels; k++)
					for (uint32_t c = c0; c < c0 + 32 && c < stored;
					     c++) {
						size_t user = SIZE_MAX;
						int32_t zero = 0;

						if (k < s->k_count && b->zeros)
							zero = b->zeros[s->k + k];
						if (k < s->k_count && c < s->c_count)
							user = user_index(&b->p, s->k + k,
									  s->c + c, tap);
						check_position(b, name, at++, user, zero);
					}
	return at * b->layout.elem->bytes;
}

#endif
