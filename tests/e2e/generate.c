/*
 * Random problems.  Each family draws sizes where its own difficulties lie; then
 * the whole is made legal and small enough to be computed.
 */
#include <string.h>

#include "families.h"

#define MAX_PAD 15u
#define LARGE_PERCENT 4u /* of the operator's problems, as large as others are */

struct limits {
	uint64_t macs;
	size_t elements, weights; /* of input and of output; of all kernels */
};

static const struct limits shape_limits = { 24000000, 3000000, 1500000 };
/* Many small ones find more: what is large is the shapes' business. */
static const struct limits operator_limits = { 2000000, 100000, 100000 };

/* Channel parts are whole groups of kernels. */
static uint32_t kernel_groups(const struct problem *p)
{
	uint32_t group = p->int8 ? 32 : 16;

	return (p->r.k + group - 1) / group;
}

/* Padding stays below the window and inside its field; windows fit. */
static void make_legal(struct problem *p)
{
	struct ref_conv *r = &p->r;
	uint32_t window_h = (r->kh - 1) * r->dy + 1, window_w = (r->kw - 1) * r->dx + 1;

	if (r->w > MAX_WIDTH)
		r->w = MAX_WIDTH;
	r->pt = r->pt > MAX_PAD ? MAX_PAD : r->pt;
	r->pl = r->pl > MAX_PAD ? MAX_PAD : r->pl;
	if (r->h + r->pt + r->pb < window_h)
		r->h = window_h - r->pt - r->pb;
	if (r->w + r->pl + r->pr < window_w)
		r->w = window_w - r->pl - r->pr;
	if (p->split_y > ref_out_h(r))
		p->split_y = ref_out_h(r);
	if (p->split_k > kernel_groups(p))
		p->split_k = kernel_groups(p);
}

static bool is_small(const struct problem *p, const struct limits *most)
{
	return ref_macs(&p->r) <= most->macs &&
	       ref_input_count(&p->r) <= most->elements &&
	       ref_output_count(&p->r) <= most->elements &&
	       ref_weight_count(&p->r) <= most->weights;
}

/* Halve what weighs most until the problem is small. */
static void make_small(struct problem *p, uint64_t *s, const struct limits *most)
{
	struct ref_conv *r = &p->r;
	bool depthwise_like = r->g == r->c && r->k == r->c;

	for (uint32_t i = 0; i < 64 && !is_small(p, most); i++) {
		switch (draw64(s) % 4) {
		case 0:
			r->h = (r->h + 1) / 2;
			break;
		case 1:
			if (strcmp(p->family, "wide") != 0)
				r->w = (r->w + 1) / 2;
			break;
		case 2:
			if (depthwise_like)
				r->g = r->c = r->k = (r->k + 1) / 2;
			else
				r->k = r->g * ((r->k / r->g + 1) / 2);
			break;
		default:
			if (depthwise_like)
				r->g = r->c = r->k = (r->k + 1) / 2;
			else
				r->c = r->g * ((r->c / r->g + 1) / 2);
		}
		make_legal(p);
	}
}

void problem_random(struct problem *p, uint64_t seed, uint32_t index,
		    enum problem_kind kind)
{
	uint64_t state = seed + index * UINT64_C(0xd1342543de82ef95);
	uint64_t *s = &state;
	const struct limits *most = &shape_limits;

	memset(p, 0, sizeof *p);
	p->r = (struct ref_conv){ .n = 1,
				  .c = 1,
				  .h = 1,
				  .w = 1,
				  .k = 1,
				  .kh = 1,
				  .kw = 1,
				  .sy = 1,
				  .sx = 1,
				  .dy = 1,
				  .dx = 1,
				  .g = 1 };
	p->spread = SHAPE_SPREAD;
	if (kind == PROBLEM_OPERATORS) {
		p->family = operator_draw(p, s, index % operator_features());
		if (!draw_chance(s, LARGE_PERCENT))
			most = &operator_limits;
	} else {
		const struct family *family = family_draw(s, kind == PROBLEM_EDGES);

		p->family = family->name;
		family->draw(p, s);
		p->bias = draw_chance(s, 30);
		p->wide = draw_chance(s, 10);
		if (kind == PROBLEM_EDGES && draw_chance(s, 50))
			operator_make_int8(p, s);
	}
	p->inner = draw_chance(s, 15);
	make_legal(p);
	make_small(p, s, most);
	if (kind == PROBLEM_OPERATORS || p->int8)
		operator_finish(p, s);
	p->seed = draw64(s);
}

bool problem_is_sane(const struct problem *p)
{
	const struct ref_conv *r = &p->r;

	return r->n && r->c && r->h && r->w && r->k && r->kh && r->kw && r->sy && r->sx &&
	       r->dy && r->dx && r->g && r->c % r->g == 0 && r->k % r->g == 0 &&
	       ref_out_h(r) && ref_out_w(r) && r->pt < (r->kh - 1) * r->dy + 1 &&
	       r->pl < (r->kw - 1) * r->dx + 1 && r->pb < (r->kh - 1) * r->dy + 1 &&
	       r->pr < (r->kw - 1) * r->dx + 1 && p->split_y <= ref_out_h(r) &&
	       p->split_k <= kernel_groups(p) && operator_is_sane(p);
}
