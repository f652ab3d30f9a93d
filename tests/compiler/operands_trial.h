/* Random small int8 convs, with all that is written for them in files. */
#ifndef OPERANDS_TRIAL_H
#define OPERANDS_TRIAL_H

#include "random_number.h"
#include "source_fixture.h"

#define MAX_CHANS 6
#define MAX_WINDOW 24 /* inputs of one window */

/* A conv and everything that was written for it. */
struct trial {
	struct conv_problem p;
	uint32_t window, taps;
	double weight[MAX_CHANS][MAX_WINDOW]; /* as in the file */
	int32_t stored[MAX_CHANS][MAX_WINDOW];
	bool is_stored; /* the file has `stored` */
	double bias[MAX_CHANS], gain[MAX_CHANS], shift[MAX_CHANS];
	double scale[MAX_CHANS], zero[MAX_CHANS]; /* given with weights */
	struct source_files files;
};

static inline void put_weights(struct trial *t)
{
	const uint64_t shape[] = { t->p.out_c, t->p.in_c, t->p.kernel_h, t->p.kernel_w };
	double flat[MAX_CHANS * MAX_WINDOW];
	int8_t stored[MAX_CHANS * MAX_WINDOW];
	size_t n = 0;

	for (uint32_t k = 0; k < t->p.out_c; k++)
		for (uint32_t i = 0; i < t->window; i++, n++) {
			flat[n] = t->weight[k][i];
			stored[n] = (int8_t)t->stored[k][i];
		}
	if (t->is_stored)
		put_array(&t->files, &t->p.weights, "|i1", 4, shape, stored, n);
	else
		put_array(&t->files, &t->p.weights, "<f8", 4, shape, flat,
			  n * sizeof *flat);
}

static inline void draw_shape(struct trial *t)
{
	t->p = (struct conv_problem){
		.name = (char *)"t",
		.batch = 1,
		.in_c = (uint32_t)draw_in(1, 6),
		.in_h = 9,
		.in_w = 9,
		.out_c = (uint32_t)draw_in(1, MAX_CHANS),
		.out_h = 9,
		.out_w = 9,
		.kernel_h = (uint32_t)draw_in(1, 2),
		.kernel_w = (uint32_t)draw_in(1, 2),
		.stride_y = 1,
		.stride_x = 1,
		.dilation_y = 1,
		.dilation_x = 1,
		.groups = 1,
		.elem = NPU_ELEM_INT8,
		.out_elem = NPU_ELEM_INT8,
	};
	t->taps = t->p.kernel_h * t->p.kernel_w;
	t->window = t->p.in_c * t->taps;
}

static inline struct conv_quant draw_quant(double scale)
{
	bool uint8 = draw() % 2;

	return (struct conv_quant){ .given = true,
				    .uint8 = uint8,
				    .scale = scale,
				    .zero =
					uint8 ? draw_in(0, 255) : draw_in(-128, 127) };
}

/* Means and deviations, whose input is bytes; else a scale and a zero point. */
static inline void draw_input(struct trial *t)
{
	struct conv_pixel_norm *n = &t->p.pixel_norm;

	t->p.input_quant = draw_quant(draw_magnitude(-9, 1));
	if (t->p.in_c > CONV_MAX_PIXEL_CHANS || draw() % 3)
		return;
	t->p.input_quant = (struct conv_quant){ .scale = 1 / 128.0 };
	n->mean_count = draw() % 2 ? t->p.in_c : (uint32_t)draw_in(0, 1);
	n->std_count = draw() % 2 && !t->is_stored ? t->p.in_c : (uint32_t)draw_in(0, 1);
	for (uint32_t c = 0; c < t->p.in_c; c++) {
		n->mean[c] = draw_in(90 * 8, 130 * 8) / 8.0;
		n->std[c] = draw_magnitude(5, 7);
	}
}

/* Real weights of channels that differ in size, some all zero; or stored numbers. */
static inline void draw_weights(struct trial *t, bool scales_alike)
{
	double size = draw_magnitude(-8, 4);

	for (uint32_t k = 0; k < t->p.out_c; k++) {
		double mine = scales_alike ? size : size * draw_magnitude(-12, 0);
		bool zero = draw() % 16 == 0;

		t->scale[k] = (float)(mine / draw_in(90, 140));
		t->zero[k] = draw() % 3 ? draw_in(-20, 20) : 0;
		for (uint32_t i = 0; i < t->window; i++) {
			t->weight[k][i] =
			    zero ? 0 : mine * draw_in(-1000000, 1000000) / 1e6;
			t->stored[k][i] = draw_in(-127, 127);
		}
	}
}

static inline void draw_weight_quant(struct trial *t)
{
	struct conv_weight_quant *q = &t->p.weight_quant;

	q->kind = (enum weight_quant_kind)draw_in(0, 3);
	t->is_stored = q->kind >= WEIGHT_QUANT_GIVEN && draw() % 2;
	t->p.fusion.per_channel =
	    q->kind == WEIGHT_QUANT_PER_CHANNEL || q->kind == WEIGHT_QUANT_FILE;
	draw_weights(t, q->kind != WEIGHT_QUANT_PER_CHANNEL);
	if (q->kind == WEIGHT_QUANT_FILE) {
		for (uint32_t k = 0; k < t->p.out_c; k++)
			t->scale[k] = (float)(t->scale[k] * draw_magnitude(0, 3));
		put_channels(&t->files, &q->scales, t->p.out_c, t->scale);
		put_channels(&t->files, &q->zeros, t->p.out_c, t->zero);
	}
	if (q->kind == WEIGHT_QUANT_GIVEN) {
		q->scale = t->scale[0];
		q->zero = (int32_t)t->zero[0];
		for (uint32_t k = 0; k < t->p.out_c; k++) {
			t->scale[k] = t->scale[0];
			t->zero[k] = t->zero[0];
		}
	}
}

/* What a stored weight's step is multiplied by, about. */
static inline double input_size(const struct trial *t)
{
	const struct conv_pixel_norm *n = &t->p.pixel_norm;

	if (!n->mean_count && !n->std_count)
		return t->p.input_quant.scale;
	/* scales that are given for floats are those of weights divided already */
	return n->std_count &&
		       (t->is_stored || t->p.weight_quant.kind < WEIGHT_QUANT_GIVEN)
		   ? 1 / 64.0
		   : 1;
}

static inline void draw_channels(struct trial *t)
{
	bool bias = draw() % 3, shift = draw() % 3 == 0;
	bool gain = draw() % 2 && !(t->is_stored && !t->p.fusion.per_channel);
	/* as large as sums are */
	double size = 40 * t->scale[0] * input_size(t) * draw_magnitude(0, 4);

	for (uint32_t k = 0; k < t->p.out_c; k++) {
		t->bias[k] = bias ? size * draw_in(-1000, 1000) / 20 : 0;
		t->gain[k] = gain ? draw_sign() * draw_magnitude(-1, 1) : 1;
		t->shift[k] = shift ? size * draw_in(-1000, 1000) / 20 : 0;
	}
	if (bias)
		put_channels(&t->files, &t->p.bias, t->p.out_c, t->bias);
	if (gain)
		put_channels(&t->files, &t->p.bn_scale, t->p.out_c, t->gain);
	if (shift)
		put_channels(&t->files, &t->p.bn_shift, t->p.out_c, t->shift);
}

/* Activation and addition; `unit` is about what one output step will be. */
static inline void draw_output(struct trial *t, double unit)
{
	struct conv_act *act = &t->p.act;

	t->p.add = t->p.fusion.add = draw() % 3 == 0;
	if (t->p.add && draw() % 2)
		t->p.add_quant = draw_quant(unit * draw_magnitude(-2, 2));
	if (draw() % 3 == 0)
		t->p.output_quant = draw_quant(unit * draw_magnitude(-1, 2));
	act->kind = draw() % 4 == 0		   ? ACT_RELU
		    : draw() % 4 == 0		   ? ACT_CLIP
		    : draw() % 4 == 0 && !t->p.add ? ACT_LEAKY
						   : ACT_NONE;
	act->high = unit * draw_in(20, 250);
	act->slope = draw_in(0, 1000) / 1000.0;
}

static inline void draw_trial(struct trial *t)
{
	draw_shape(t);
	draw_weight_quant(t);
	draw_input(t);
	draw_channels(t);
	put_weights(t);
	draw_output(t, t->scale[0] * input_size(t) * 60 * sqrt(t->window));
}

#endif
