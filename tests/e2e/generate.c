/*
 * Random problems.  Each family draws sizes where its own difficulties lie; then
 * the whole is made legal and small enough to be computed.
 */
#include <string.h>

#include "families.h"

#define MAX_MACS 24000000u    /* of one problem */
#define MAX_ELEMENTS 3000000u /* of input and of output */
#define MAX_WEIGHTS 1500000u
#define MAX_PAD 15u

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
	/* Channel parts are whole groups of 16 kernels. */
	if (p->split_k > (r->k + 15) / 16)
		p->split_k = (r->k + 15) / 16;
}

static bool is_small(const struct problem *p)
{
	return ref_macs(&p->r) <= MAX_MACS && ref_input_count(&p->r) <= MAX_ELEMENTS &&
	       ref_output_count(&p->r) <= MAX_ELEMENTS &&
	       ref_weight_count(&p->r) <= MAX_WEIGHTS;
}

/* Halve what weighs most until the problem is small. */
static void make_small(struct problem *p, uint64_t *s)
{
	struct ref_conv *r = &p->r;
	bool depthwise_like = r->g == r->c && r->k == r->c;

	for (uint32_t i = 0; i < 64 && !is_small(p); i++) {
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

void problem_random(struct problem *p, uint64_t seed, uint32_t index, bool at_edges)
{
	uint64_t state = seed + index * UINT64_C(0xd1342543de82ef95);
	uint64_t *s = &state;
	const struct family *family;

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
	family = family_draw(s, at_edges);
	p->family = family->name;
	family->draw(p, s);
	p->bias = draw64(s) % 100 < 30;
	p->fp32 = draw64(s) % 100 < 10;
	p->inner = draw64(s) % 100 < 15;
	make_legal(p);
	make_small(p, s);
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
	       p->split_k <= (r->k + 15) / 16;
}
