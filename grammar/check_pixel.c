/*
 * Checks of the conversion of pixels: (value - mean) / deviation.
 */
#include "check.h"
#include "check_op.h"
#include "conv_attr.h"
#include "elem.h"

#define MAX_VALUE 1e30
#define MIN_STD 1e-30

bool check_pixel_value(enum conv_attr attr, double value, struct loc loc,
		       struct diag *diag)
{
	double low = attr == CONV_INPUT_STD ? MIN_STD : -MAX_VALUE;

	if (value >= low && value <= MAX_VALUE)
		return true;
	diag_error(diag, loc, "pixel-range", "%s %g is out of range",
		   conv_attr_name(attr), value);
	diag_note(diag, loc, "it can be %g to %g", low, MAX_VALUE);
	return false;
}

static bool check_values(const struct conv_problem *p, enum conv_attr attr,
			 uint32_t count, const double *values, struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, attr);
	bool good = true;

	if (count > 1 && count != p->in_c) {
		diag_error(diag, loc, "pixel-channels", "%s has %u numbers",
			   conv_attr_name(attr), count);
		diag_note(diag, loc, "give one, or one for each of the %u channels",
			  p->in_c);
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		good = check_pixel_value(attr, values[i], loc, diag) && good;
	return good;
}

/* Pixels have few channels, and are what they are: bytes in int8. */
bool check_pixel_norm(struct conv_problem *p, struct diag *diag)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;
	enum conv_attr attr = n->mean_count ? CONV_INPUT_MEAN : CONV_INPUT_STD;
	struct loc loc = conv_attr_loc(p, attr);
	bool good;

	if (!n->mean_count && !n->std_count)
		return true;
	if (p->in_c > CONV_MAX_PIXEL_CHANS) {
		diag_error(diag, loc, "pixel-channels", "%s of %u channels",
			   conv_attr_name(attr), p->in_c);
		diag_note(diag, loc, "images of 1 to %u channels have one",
			  CONV_MAX_PIXEL_CHANS);
		return false;
	}
	good = check_values(p, CONV_INPUT_MEAN, n->mean_count, n->mean, diag);
	good = check_values(p, CONV_INPUT_STD, n->std_count, n->std, diag) && good;
	if (!p->input_quant.given || p->elem != NPU_ELEM_INT8)
		return good;
	loc = conv_attr_loc(p, CONV_INPUT_QUANT);
	diag_error(diag, loc, "pixel-quant", "input quantisation with %s",
		   conv_attr_name(attr));
	diag_note(diag, loc,
		  "the input is then bytes of 0 to 255 as they are; leave one of both "
		  "out, or write 'input_quant none'");
	return false;
}

static bool is_padded(const struct conv_problem *p)
{
	return p->pad_top || p->pad_left || p->pad_bottom || p->pad_right;
}

static double mean_of(const struct conv_pixel_norm *n, bool highest)
{
	double best = n->mean[0];

	for (uint32_t i = 1; i < n->mean_count; i++)
		if (highest ? n->mean[i] > best : n->mean[i] < best)
			best = n->mean[i];
	return best;
}

/*
 * Padding stands for the mean, real 0, and is one stored value for all channels: in
 * int8 a byte that is near all means, in fp16, where no other pad is known, 0.
 */
static bool is_one_pad(const struct conv_problem *p)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;
	double low = mean_of(n, false), high = mean_of(n, true), byte;

	if (p->elem != NPU_ELEM_INT8)
		return low == 0 && high == 0;
	byte = conv_input_quant(p).zero;
	return low >= byte - 0.5 && high <= byte + 0.5;
}

bool check_pixel_pad(struct conv_problem *p, struct diag *diag)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;
	struct loc loc = conv_attr_loc(p, CONV_INPUT_MEAN);

	if (!n->mean_count || !is_padded(p) || is_one_pad(p))
		return true;
	diag_error(diag, loc, "pixel-pad", "input mean with padding");
	if (p->elem == NPU_ELEM_INT8)
		diag_note(
		    diag, loc,
		    "padding is one byte for all channels, within 0.5 of each mean");
	else
		diag_note(diag, loc, "padding in fp16 is 0, which is not the mean");
	diag_note(diag, loc, "use 'pad valid', and store the border with the image");
	return false;
}
