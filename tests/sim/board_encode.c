/* The record encoder of the test bench, from the register descriptions. */
#include <string.h>

#include "board.h"
#include "check.h"

static uint32_t up(uint32_t x, uint32_t a)
{
	return (x + a - 1) / a * a;
}

static void put(struct brecord *r, uint16_t offset, uint32_t value)
{
	static const uint16_t targets[8] = { 0,	     0x0201, 0,	     0x0801,
					     0x1001, 0x2001, 0x4001, 0x8001 };

	assert_true(r->n < BOARD_MAX_REGS);
	r->regs[r->n++] = (struct breg){ targets[offset >> 12 & 7], offset, value };
}

/* Registers the record writes as zero unless `put` again; order is free here. */
static void put_zeros(struct brecord *r, uint16_t first, uint16_t last)
{
	for (uint16_t o = first; o <= last; o = (uint16_t)(o + 4))
		put(r, o, 0);
}

struct shape {
	uint32_t b, u, g, c, cw, kw_count, kp, w1, iy, ih, top, p_in, p_out, ns, ob, uo,
	    k;
};

static struct shape shape_of(const struct board *b, const struct btile *t)
{
	const struct bconv *v = &b->conv;
	struct shape s;
	uint32_t block, tail;
	int32_t first = (int32_t)(t->y * v->sy) - (int32_t)v->pt, last;

	s.b = v->int8 ? 1 : 2;
	s.u = 16 / s.b;
	s.ob = v->wide_out ? 4 : s.b;
	s.uo = 16 / s.ob;
	s.g = (v->depthwise ? 64u : 32u) / s.b;
	s.k = t->k_count;
	s.c = up(v->depthwise ? s.k : v->c, s.u);
	block = v->depthwise ? s.g : 32;
	tail = s.c % block;
	s.cw = s.c - tail + (tail / s.u == 3 ? tail + s.u : tail);
	s.kw_count = v->depthwise ? 1 : v->int8 ? up(s.k, 2) : s.k;
	s.kp = up(s.k, s.g);
	s.w1 = v->kh * v->kw * s.cw * s.b;
	s.iy = first < 0 ? 0 : (uint32_t)first;
	s.top = first < 0 ? (uint32_t)-first : 0;
	last = first + (int32_t)((t->y_count - 1) * v->sy + (v->kh - 1) * v->dy + 1);
	s.ih = (uint32_t)(last < (int32_t)v->h ? last : (int32_t)v->h) - s.iy;
	if (t->y_count == v->oh)
		s.ih = v->h;
	s.p_in = v->in_plane ? v->in_plane : v->w * v->h;
	s.p_out = v->ow * v->oh == 1 ? 1 : up(v->ow * v->oh, 4);
	s.ns = s.g * s.ob / 16;
	return s;
}

/* Depthwise records have the byte twice, as 16 bits with a sign. */
static uint32_t pad_value(const struct bconv *v)
{
	uint32_t byte = (uint32_t)v->in_zero & 0xff;

	return v->depthwise ? (uint32_t)(int16_t)(byte << 8 | byte)
			    : (uint32_t)v->in_zero;
}

static void encode_cna(const struct board *b, const struct btile *t, struct brecord *r)
{
	const struct bconv *v = &b->conv;
	struct shape s = shape_of(b, t);
	uint32_t atoms = s.c / s.u, rest = atoms % 4, prec = v->int8 ? 0 : 2;
	uint32_t entries =
	    v->w * (atoms / 4) + (rest == 3 ? v->w : (rest * v->w + 3) / 4);
	uint32_t row = v->pixel ? v->w * v->c * s.b : v->w * 16;
	uint32_t con1 = (v->depthwise ? 3 : 0) | prec << 4 | prec << 7;
	uint32_t db, wb, cores = t->cores ? t->cores : 1;
	static const uint32_t modes[4][2] = { { 0, 0 }, { 0, 0 }, { 1, 4 }, { 2, 5 } };

	if (v->pixel)
		con1 |= (7 + v->c) << 12 | 3u << 29;
	db = v->pixel ? (up(v->w, 16) * 16 * s.b * s.ih + 32767) / 32768
		      : (entries * s.ih + 511) / 512;
	wb = 12 - db;
	put(r, 0x1040, (uint32_t)t->reuse << 13 | wb << 4 | db);
	put(r, 0x1104, 0);
	put(r, 0x1100, 0);
	put(r, 0x100c, con1);
	put(r, 0x1010, modes[cores][t->by_channels] << 28 | (s.ih + v->kh) << 4);
	put(r, 0x1014, (v->dy - 1) << 21 | (v->dx - 1) << 16 | v->sy << 3 | v->sx);
	put(r, 0x1020, v->w << 16 | s.ih);
	put(r, 0x1024, (((v->depthwise ? s.k : v->c) - 1) & 63) << 16 | s.c);
	put(r, 0x1028, v->ow);
	put(r, 0x102c, v->ow * t->y_count);
	put(r, 0x1030, s.w1 * s.kw_count);
	put(r, 0x1034, s.w1);
	put(r, 0x1038, v->kw << 24 | v->kh << 16 | s.kw_count);
	put(r, 0x1044, v->pixel ? up(v->w, 16) * s.ih : entries);
	put(r, 0x104c, 0xb);
	for (uint16_t o = 0x1050; o <= 0x105c; o = (uint16_t)(o + 4))
		put(r, o, 0x10000);
	put_zeros(r, 0x1060, 0x1064);
	put(r, 0x1068, v->pl << 4 | s.top);
	put(r, 0x1070,
	    (uint32_t)b->regions[BOARD_INPUT].dma_addr + s.iy * row +
		(v->depthwise ? t->k / s.u * s.p_in * 16 : 0));
	put(r, 0x1074, 0);
	put(r, 0x1078, 0xf000f);
	put(r, 0x107c, v->pixel ? v->w : 4 * v->w);
	put(r, 0x1080, v->pixel ? v->w * (v->h - 1) : (s.p_in - 4 * v->w) & 0xfffffff);
	put(r, 0x1084, v->w << 16 | s.ih);
	put(r, 0x1088, s.c);
	put(r, 0x1110,
	    (uint32_t)b->regions[BOARD_WEIGHTS].dma_addr +
		(v->depthwise ? t->k * v->kh * v->kw * s.b : t->k * s.w1));
	put_zeros(r, 0x1140, 0x1180);
	put(r, 0x1184, v->int8 ? pad_value(v) : 0);
	put(r, 0x3010, prec << 8 | (uint32_t)v->depthwise << 1 | v->int8);
	put(r, 0x3014, (t->y_count - 1) << 16 | (v->ow - 1));
	put(r, 0x3018, s.kp - 1);
	put(r, 0x301c, 0);
	put(r, 0x3030, 0);
}

static uint32_t float_bits(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	return bits;
}

static uint32_t clamp_bits(const struct bconv *v)
{
	return v->int8 ? (uint32_t)v->limit : v->clamp != 0 ? float_bits(v->clamp) : 0;
}

/* In BN, or after a fused addition in EW. */
static void encode_activation(const struct bconv *v, struct brecord *r)
{
	uint32_t bn = 0x53, ew = 0x383;

	if (v->relu && !v->add)
		bn = clamp_bits(v) ? 0x92 : 0x12;
	if (v->leak) /* multiply, negative values alone */
		bn = 0x62;
	if (v->add) {
		ew = v->int8 ? 0x904200c0 : 0x108200c0;
		ew |= !v->relu ? 0x200 : clamp_bits(v) ? 0x400 : 0;
	}
	put(r, 0x4060, bn);
	put(r, 0x4064, 0);
	put(r, 0x4068, v->leak ? (uint32_t)v->leak << 16 | 12 << 8 : 0);
	put(r, 0x406c, v->add ? 0 : clamp_bits(v));
	put(r, 0x4070, ew);
}

static void encode_dpu(const struct board *b, const struct btile *t, struct brecord *r)
{
	const struct bconv *v = &b->conv;
	struct shape s = shape_of(b, t);
	uint32_t prec = v->int8 ? 0 : 2;
	uint32_t out = v->int8 ? (v->wide_out ? 4 : 0) : v->wide_out ? 5 : 2;
	uint32_t bs = !v->bias ? 0x53 : v->per_channel ? 0x20140 : 0x20150;
	uint32_t ow = (s.ns - 1) * 0x124 | (!v->int8 || v->wide_out ? 2 : v->per_channel);
	uint32_t dss = s.p_out * 16, add = s.ns * dss, notch = 0, row = v->ow * 16;

	if (v->row_major_out) { /* W = 1: rows of all channels side by side */
		dss = 16;
		add = s.ns * 16;
		notch = s.kp * s.ob / 16 - 1;
		row = s.kp * s.ob;
	}
	put(r, 0x400c, v->depthwise ? 0x1fc : 0x1e4);
	put(r, 0x4010,
	    out << 29 | prec << 26 | (v->leak ? 12u << 10 : 0) |
		(v->per_channel ? 0xe0 : 0) | prec);
	put(r, 0x4014, 0);
	put(r, 0x4020,
	    (uint32_t)b->regions[BOARD_OUTPUT].dma_addr + t->y * row + t->k / s.uo * dss);
	put(r, 0x4024, dss);
	put(r, 0x4030, v->ow - 1);
	put(r, 0x4034, t->y_count - 1);
	put(r, 0x4038, notch << 16 | notch);
	put(r, 0x403c, (s.k - 1) << 16 | (s.kp - 1));
	put(r, 0x4040, bs);
	put(r, 0x4044, 0);
	put(r, 0x4048, v->per_channel ? 0xe01 : 0);
	put(r, 0x404c, 0);
	put(r, 0x4050, ow);
	put(r, 0x4054,
	    v->per_channel || v->wide_out ? 0 : (uint32_t)-v->weight_zero & 0xffff);
	put(r, 0x4058, s.kp - 1);
	put(r, 0x405c, (t->y_count - 1) << 16 | (v->ow - 1));
	encode_activation(v, r);
	put(r, 0x4074, v->add && v->int8 ? (uint32_t)-3 : 0);
	put(r, 0x4078, v->add && v->int8 ? 4u << 16 | 100 : 1);
	put(r, 0x407c, v->add ? clamp_bits(v) : 0);
	put(r, 0x4080, (uint32_t)v->out_zero);
	put(r, 0x4084, v->int8 ? b->out_scale : 0x10001);
	put(r, 0x4088, v->int8 ? b->out_shift : 0);
	put_zeros(r, 0x4090, 0x40ac);
	put(r, 0x40c0, add);
	put(r, 0x40c4, 0);
	put_zeros(r, 0x4100, 0x412c);
}

static void encode_rdma(const struct board *b, const struct btile *t, struct brecord *r)
{
	const struct bconv *v = &b->conv;
	struct shape s = shape_of(b, t);
	uint32_t prec = v->int8 ? 0 : 2, plane = s.p_out * 16;
	uint32_t operand = (uint32_t)b->regions[BOARD_OPERAND].dma_addr +
			   t->y * v->ow * 16 + t->k / s.uo * plane;
	uint32_t notch = (2 * s.p_out - v->ow * t->y_count) * 16;

	put(r, 0x500c, v->ow - 1);
	put(r, 0x5010, t->y_count - 1);
	put(r, 0x5014, s.kp - 1);
	put(r, 0x5018, v->add ? operand : 0);
	put(r, 0x501c, v->bias ? (v->per_channel ? 0xe : 2) : 0);
	put(r, 0x5020,
	    (uint32_t)b->regions[BOARD_BIAS].dma_addr + t->k * (v->per_channel ? 8 : 4));
	put_zeros(r, 0x5028, 0x502c);
	put(r, 0x5034, v->add ? 0x40000000 | s.b << 2 : 1);
	put(r, 0x5038, v->add ? operand + plane : 0);
	put(r, 0x5040, v->add ? plane : 0);
	put(r, 0x5044,
	    15u << 11 | prec << 15 | prec << 5 | (v->depthwise ? 6 : 0) |
		(v->add ? 5u << 8 : 1u << 4));
	put(r, 0x5048, 0);
	put(r, 0x504c, v->add ? notch : 0);
	put(r, 0x5064, 0);
	put(r, 0x5068, 0x01010101);
	put(r, 0x506c, v->add ? notch : 0);
}

void board_encode(const struct board *b, const struct btile *tile, struct brecord *r)
{
	struct btile t = *tile;
	bool rdma = b->conv.bias || b->conv.add;

	if (!t.y_count)
		t.y_count = b->conv.oh;
	if (!t.k_count)
		t.k_count = b->conv.k;
	r->n = 0;
	r->mask = rdma ? 0x1d : 0x0d;
	r->barrier_bits = t.cores ? t.cores - 1 : 0;
	put(r, 0x4004, 0xe);
	if (rdma)
		put(r, 0x5004, 0xe);
	encode_cna(b, &t, r);
	encode_dpu(b, &t, r);
	if (rdma)
		encode_rdma(b, &t, r);
}

void board_barrier(const struct board *b, struct brecord *r)
{
	uint32_t scratch = (uint32_t)b->regions[BOARD_SCRATCH].dma_addr;
	const struct {
		uint16_t offset;
		uint32_t value;
	} regs[] = {
		{ 0x6004, 0xe },
		{ 0x7004, 0xe },
		{ 0x600c, 0 },
		{ 0x6010, 0 },
		{ 0x6014, 0x1f },
		{ 0x6018, 0 },
		{ 0x601c, 0 },
		{ 0x6020, 0x1f },
		{ 0x6024, 0x11 },
		{ 0x6034, 0 },
		{ 0x6038, 0 },
		{ 0x603c, 0 },
		{ 0x6040, 0 },
		{ 0x6044, 0 },
		{ 0x6048, 0 },
		{ 0x6070, scratch },
		{ 0x607c, 0x10 },
		{ 0x6084, 0x10 },
		{ 0x60dc, 3 },
		{ 0x700c, 0 },
		{ 0x7010, 0 },
		{ 0x7014, 0x1f },
		{ 0x701c, scratch + 0x400 },
		{ 0x7024, 0x10 },
		{ 0x7028, 0x10 },
		{ 0x7030, 1 },
	};

	r->n = 0;
	r->mask = 0x60;
	r->barrier_bits = 0;
	for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++)
		put(r, regs[i].offset, regs[i].value);
}

uint32_t record_get(const struct brecord *r, uint16_t offset)
{
	for (uint32_t i = 0; i < r->n; i++) {
		if (r->regs[i].offset == offset)
			return r->regs[i].value;
	}
	fail_msg("record has no register 0x%04x", offset);
	return 0;
}

void record_set(struct brecord *r, uint16_t offset, uint32_t value)
{
	bool found = false;

	for (uint32_t i = 0; i < r->n; i++) {
		if (r->regs[i].offset == offset) {
			r->regs[i].value = value;
			found = true;
		}
	}
	if (!found)
		fail_msg("record has no register 0x%04x", offset);
}

void record_drop(struct brecord *r, uint16_t offset)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		if (r->regs[i].offset != offset)
			r->regs[n++] = r->regs[i];
	}
	assert_true(n < r->n);
	r->n = n;
}
