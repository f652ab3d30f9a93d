/*
 * What a plan does that nothing captured and no board has shown: each makes it a
 * hazard, and is told by its sentence.
 */
#include "plan/plan.h"

#include <math.h>
#include <stdio.h>

static bool is_dilated(const struct conv_problem *p, const struct conv_layout *l)
{
	(void)l;
	return p->dilation_y > 1 || p->dilation_x > 1;
}

static bool is_too_wide(const struct conv_problem *p, const struct conv_layout *l)
{
	(void)l;
	return p->in_w > NPU_TRIED_SIZE;
}

static bool clips(const struct conv_problem *p)
{
	return p->act.kind == ACT_CLIP && isfinite(p->act.high);
}

static bool clips_float(const struct conv_problem *p, const struct conv_layout *l)
{
	(void)l;
	return clips(p) && p->elem == NPU_ELEM_FP16;
}

static bool clips_sum(const struct conv_problem *p, const struct conv_layout *l)
{
	(void)l;
	return clips(p) && p->fusion.add;
}

static bool is_leaky(const struct conv_problem *p, const struct conv_layout *l)
{
	(void)l;
	return p->act.kind == ACT_LEAKY;
}

static bool adds_to_depthwise(const struct conv_problem *p, const struct conv_layout *l)
{
	return p->fusion.add && l->mode == NPUB_MODE_DEPTHWISE;
}

static bool biases_int32(const struct conv_problem *p, const struct conv_layout *l)
{
	return p->out_elem == NPU_ELEM_INT32 && l->bias_bytes;
}

static const struct {
	bool (*applies)(const struct conv_problem *p, const struct conv_layout *l);
	const char *sentence; /* %u: the largest size that was tried */
} doubts[] = {
	{ is_dilated,
	  "dilation has no capture on this chip; the register is the manual's" },
	{ is_too_wide,
	  "inputs wider than %u columns fit the register, but failed once on a board" },
	{ clips_float, "a clip in fp16 has no capture: that its limit is an fp32 is a guess" },
	{ clips_sum, "a clip after an addition has no capture: the element-wise engine has "
		     "the fields for it" },
	{ is_leaky, "a leaky activation has no capture: its bits are the manual's" },
	{ adds_to_depthwise, "an addition to a depthwise conv has no capture: which surface "
			     "comes by which engine is a guess" },
	{ biases_int32, "an int32 output with a bias stream has no capture: each was "
			"captured without the other" },
};

_Static_assert(sizeof doubts / sizeof doubts[0] <= PLAN_MAX_DOUBTS, "room for all");

bool plan_doubt(const struct conv_problem *p, const struct conv_layout *l, uint32_t i,
		char sentence[PLAN_SENTENCE_BYTES])
{
	for (size_t k = 0; k < sizeof doubts / sizeof doubts[0]; k++) {
		if (!doubts[k].applies(p, l) || i--)
			continue;
		snprintf(sentence, PLAN_SENTENCE_BYTES, doubts[k].sentence,
			 NPU_TRIED_SIZE);
		return true;
	}
	return false;
}
