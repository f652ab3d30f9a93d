/*
 * Features of the operator: each draws a shape that suits it and what it is about;
 * the rest of the operator comes at random and stays plain as often as not.
 */
#include "families.h"

/* ---- parts ---- */

static void shape(struct problem *p, uint64_t *s, const char *name)
{
	family_named(name)->draw(p, s);
}

static void any_shape(struct problem *p, uint64_t *s)
{
	static const char *const names[] = {
		"dense",      "dense",	       "pointwise",   "grouped", "depthwise",
		"depthwise",  "pixel",	       "strided",     "padded",	 "padded",
		"dilated",    "batched",       "tiny",	      "tiny",	 "primes",
		"pinned",     "pinned",	       "cbuf-edge",   "tall",	 "wide",
		"big-kernel", "heavy-weights", "weight-edge",
	};

	shape(p, s, names[draw64(s) % (sizeof names / sizeof *names)]);
}

/* Weights as a user may have them; scales of sums are sized by operator_finish(). */
static void draw_weights(struct problem *p, uint64_t *s, enum weight_scales scales)
{
	bool given = scales >= WEIGHTS_GIVEN;

	p->weight_scales = scales;
	p->stored_weights = given && draw_chance(s, 60);
	p->weight_scale = p->stored_weights
			      ? draw_log(s, 1e-3, 0.2)
			      : draw_log(s, 0.6, 2) / 127; /* some saturate */
	p->weight_zero = 0;
}

static void plain_int8(struct problem *p, uint64_t *s)
{
	static const enum weight_scales kinds[] = { WEIGHTS_AUTO_CHANNEL,
						    WEIGHTS_AUTO_TENSOR, WEIGHTS_GIVEN,
						    WEIGHTS_FILE, WEIGHTS_FILE };

	p->int8 = true;
	draw_weights(p, s, kinds[draw64(s) % 5]);
	if (draw_chance(s, 70))
		draw_quant(&p->input, s, 1.0 / 1024, 1.0 / 8);
	p->output.given = draw_chance(s, 60);
	p->bias = draw_chance(s, 50);
}

void operator_make_int8(struct problem *p, uint64_t *s)
{
	p->r.c *= 2;
	if (p->r.g > 1) {
		p->r.g *= 2;
		p->r.k *= 2;
	}
	p->wide = false;
	plain_int8(p, s);
}

static void per_channel(struct problem *p, uint64_t *s)
{
	p->weight_scales = draw_chance(s, 50) ? WEIGHTS_AUTO_CHANNEL : WEIGHTS_FILE;
	draw_weights(p, s, p->weight_scales);
}

static void per_tensor(struct problem *p, uint64_t *s)
{
	draw_weights(p, s, draw_chance(s, 50) ? WEIGHTS_AUTO_TENSOR : WEIGHTS_GIVEN);
}

static void weight_zero(struct problem *p, uint64_t *s)
{
	draw_weights(p, s, WEIGHTS_GIVEN);
	p->weight_zero = draw_zero(s);
}

static void weight_zeros(struct problem *p, uint64_t *s)
{
	draw_weights(p, s, WEIGHTS_FILE_ZEROS);
}

/* Each side by itself, and values that a wrong pad value would show in. */
static void padding(struct problem *p, uint64_t *s)
{
	uint32_t *const sides[] = { &p->r.pt, &p->r.pl, &p->r.pb, &p->r.pr };
	uint32_t side = draw_range(s, 0, 3);

	p->r.kh = draw_range(s, 2, 5);
	p->r.kw = draw_range(s, 2, 5);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t window = i % 2 ? p->r.kw : p->r.kh;

		*sides[i] =
		    i == side || draw_chance(s, 20) ? draw_range(s, 1, window - 1) : 0;
	}
	draw_quant(&p->input, s, 1.0 / 1024, 1.0 / 8);
}

static void int32_output(struct problem *p, uint64_t *s)
{
	p->wide = true;
	p->add = false;
	p->act = REF_ACT_NONE;
	p->output = p->operand = (struct user_quant){ .given = false };
	per_tensor(p, s);
}

static void bias(struct problem *p, uint64_t *s)
{
	(void)s;
	p->bias = true;
}

static void batch_norm(struct problem *p, uint64_t *s)
{
	uint32_t which = draw_range(s, 1, 3);

	p->bn_scale = which & 1;
	p->bn_shift = which & 2;
	if (!p->stored_weights && p->weight_scales >= WEIGHTS_GIVEN && p->bn_scale)
		p->weight_scale *= 2;
}

static void relu(struct problem *p, uint64_t *s)
{
	(void)s;
	p->act = REF_ACT_RELU;
}

/* `high` in units of the spread until operator_finish(); 0 stands for relu6. */
static void clip(struct problem *p, uint64_t *s)
{
	p->act = REF_ACT_CLIP;
	p->high = draw_chance(s, 30) ? 0 : draw_real(s, 0.1, 3);
}

static void leaky(struct problem *p, uint64_t *s)
{
	static const double slopes[] = { 0, 0.01, 0.1, 0.25, 1 };

	p->act = REF_ACT_LEAKY;
	p->add = false;
	p->slope = draw_chance(s, 50) ? slopes[draw64(s) % 5] : draw_real(s, 0, 1);
}

static void add(struct problem *p, uint64_t *s)
{
	p->add = true;
	p->wide = false;
	if (p->act == REF_ACT_LEAKY)
		p->act = REF_ACT_NONE;
	if (draw_chance(s, 30))
		p->act = REF_ACT_RELU;
}

static void add_quant(struct problem *p, uint64_t *s)
{
	add(p, s);
	p->operand.given = true;
}

/* The conversion of an image's pixels. */
static void pixels(struct problem *p, uint64_t *s)
{
	double most = p->int8 ? 255 : 1;

	if (p->r.c > MAX_PIXEL_CHANS)
		return;
	p->means = draw_chance(s, 80) ? (draw_chance(s, 50) ? p->r.c : 1) : 0;
	p->stds = !p->means || draw_chance(s, 70) ? (draw_chance(s, 50) ? p->r.c : 1) : 0;
	for (uint32_t i = 0; i < MAX_PIXEL_CHANS; i++) {
		p->mean[i] = draw_real(s, 0, most);
		p->std[i] = draw_log(s, most / 10, most);
	}
}

static void float_output(struct problem *p, uint64_t *s)
{
	(void)s;
	p->wide = true;
	p->add = false;
}

/* ---- features ---- */

typedef void part(struct problem *p, uint64_t *s);

static const struct feature {
	const char *name;
	bool int8;
	const char *shape; /* NULL: any */
	part *parts[3];
} features[] = {
	{ "int8 per channel", true, NULL, { per_channel } },
	{ "int8 per tensor", true, NULL, { per_tensor } },
	{ "int8 weight zero point", true, NULL, { weight_zero } },
	{ "int8 weight zero points", true, NULL, { weight_zeros } },
	{ "int8 padding", true, "padded", { padding } },
	{ "int8 to int32", true, NULL, { int32_output } },
	{ "int8 bias", true, NULL, { bias } },
	{ "int8 batch norm", true, NULL, { batch_norm } },
	{ "int8 batch norm of stored weights", true, NULL, { weight_zeros, batch_norm } },
	{ "int8 relu", true, NULL, { relu } },
	{ "int8 clip", true, NULL, { clip } },
	{ "int8 leaky", true, NULL, { leaky } },
	{ "int8 add", true, NULL, { add } },
	{ "int8 add, own scale", true, NULL, { add_quant } },
	{ "int8 add and clip", true, NULL, { clip, add_quant } },
	{ "int8 depthwise", true, "depthwise", { NULL } },
	{ "int8 depthwise add", true, "depthwise", { add_quant } },
	{ "int8 depthwise zero points", true, "depthwise", { weight_zeros } },
	{ "int8 grouped", true, "grouped", { NULL } },
	{ "int8 grouped zero points", true, "grouped", { weight_zeros } },
	{ "int8 pixels", true, "pixel", { NULL } },
	{ "int8 pixel means", true, "pixel", { pixels } },
	{ "int8 strides", true, "strided", { NULL } },
	{ "int8 dilation", true, "dilated", { NULL } },
	{ "int8 batch", true, "batched", { NULL } },
	{ "int8 tiles", true, "pinned", { NULL } },
	{ "fp16 relu", false, NULL, { relu } },
	{ "fp16 clip", false, NULL, { clip } },
	{ "fp16 add", false, NULL, { add } },
	{ "fp16 add and clip", false, NULL, { clip, add } },
	{ "fp16 batch norm", false, NULL, { batch_norm } },
	{ "fp16 pixel means", false, "pixel", { pixels } },
	{ "fp16 to fp32", false, NULL, { relu, float_output } },
};

#define FEATURES (sizeof features / sizeof *features)
#define MIXED                                                                            \
	4u /* every so many problems have whatever comes, instead of one feature         \
	    */

uint32_t operator_features(void)
{
	return FEATURES + MIXED;
}

/* Several features at once; later ones may take back what earlier ones said. */
static void draw_mixed(struct problem *p, uint64_t *s)
{
	part *const int8_parts[] = { weight_zero, weight_zeros, per_channel, bias,
				     clip,	  relu,		leaky,	     add_quant,
				     add,	  clip,		batch_norm,  pixels,
				     padding,	  bias,		batch_norm };
	part *const half_parts[] = { bias, relu, clip, add, batch_norm, pixels };

	for (uint32_t i = draw_range(s, 2, 4); i; i--) {
		if (p->int8)
			int8_parts[draw64(s) % (sizeof int8_parts / sizeof *int8_parts)](
			    p, s);
		else
			half_parts[draw64(s) % (sizeof half_parts / sizeof *half_parts)](
			    p, s);
	}
	if (draw_chance(s, 10)) {
		if (p->int8)
			int32_output(p, s);
		else
			float_output(p, s);
	}
}

const char *operator_draw(struct problem *p, uint64_t *s, uint32_t feature)
{
	const struct feature *f = feature < FEATURES ? &features[feature] : NULL;

	if (f && f->shape)
		shape(p, s, f->shape);
	else
		any_shape(p, s);
	if (f ? f->int8 : draw_chance(s, 70))
		plain_int8(p, s);
	else
		p->bias = draw_chance(s, 50);
	if (!f) {
		draw_mixed(p, s);
		return p->int8 ? "int8 mixed" : "fp16 mixed";
	}
	for (size_t i = 0; i < sizeof f->parts / sizeof *f->parts && f->parts[i]; i++)
		f->parts[i](p, s);
	/* what else may be there */
	if (f->int8 && p->act == REF_ACT_NONE && !p->wide && draw_chance(s, 20))
		(draw_chance(s, 50) ? relu : clip)(p, s);
	if (f->int8 && !p->add && !p->wide && p->act != REF_ACT_LEAKY &&
	    draw_chance(s, 15))
		add(p, s);
	return f->name;
}
