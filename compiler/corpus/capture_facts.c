#include "corpus/capture_facts.h"

#include <math.h>
#include <string.h>

#include "operands/fp16.h"
#include "operands/operands.h"
#include "operands/requant.h"
#include "operands/weights.h"

/* A record's values, and what they are values of. */
struct view {
	const struct conv_problem *p;
	const uint32_t *v;
};

static bool is_int8(const struct conv_problem *p)
{
	return p->elem == NPU_ELEM_INT8;
}

static bool is_requantised(const struct conv_problem *p)
{
	return is_int8(p) && p->out_elem == NPU_ELEM_INT8;
}

static bool is_per_tensor(const struct conv_problem *p)
{
	return is_int8(p) && !p->fusion.per_channel;
}

static bool adds(const struct conv_problem *p)
{
	return is_int8(p) && p->add;
}

static bool is_clipped(const struct conv_problem *p)
{
	return p->act.kind == ACT_CLIP;
}

static bool is_leaky(const struct conv_problem *p)
{
	return p->act.kind == ACT_LEAKY && is_int8(p) && !p->fusion.table;
}

static bool is_by_table(const struct conv_problem *p)
{
	return p->fusion.table;
}

/* The low byte in every mode; depthwise repeats it. */
static double read_input_zero(struct view r)
{
	return (int8_t)r.v[NPU_REG_CNA_PAD_CON1];
}

static double read_weight_zero(struct view r)
{
	return 0.0 - (int16_t)r.v[NPU_REG_DPU_BS_OW_OP];
}

static double read_output_zero(struct view r)
{
	return (int32_t)r.v[NPU_REG_DPU_OUT_CVT_OFFSET];
}

static double read_output_ratio(struct view r)
{
	return ldexp(npu_field_unpack(r.v[NPU_REG_DPU_OUT_CVT_SCALE],
				      NPU_DPU_OUT_CVT_SCALE_OUT_CVT_SCALE),
		     -(int)npu_field_unpack(r.v[NPU_REG_DPU_OUT_CVT_SHIFT],
					    NPU_DPU_OUT_CVT_SHIFT_OUT_CVT_SHIFT));
}

/* With an addition, the activation is the element-wise engine's (s. 4.2). */
static double read_limit(struct view r)
{
	uint32_t word = r.v[r.p->add ? NPU_REG_DPU_EW_RELUX_CMP_VALUE
				 : NPU_REG_DPU_BN_RELUX_CMP_VALUE];
	float value;

	if (is_int8(r.p))
		return word;
	memcpy(&value, &word, sizeof value);
	return value;
}

static double read_operand_zero(struct view r)
{
	return 0.0 - (int32_t)r.v[NPU_REG_DPU_EW_CVT_OFFSET_VALUE];
}

static double read_operand_ratio(struct view r)
{
	uint32_t word = r.v[NPU_REG_DPU_EW_CVT_SCALE_VALUE];

	return ldexp(npu_field_unpack(word, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SCALE),
		     -(int)npu_field_unpack(word,
					    NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SHIFT));
}

/* Of the BN stage: int8 the operand over a power of two, floats an fp16. */
static double read_multiplier(struct view r)
{
	uint32_t word = r.v[NPU_REG_DPU_BN_MUL_CFG];
	uint32_t operand = npu_field_unpack(word, NPU_DPU_BN_MUL_CFG_BN_MUL_OPERAND);

	if (!is_int8(r.p))
		return float_from_fp16((uint16_t)operand);
	return ldexp(operand,
		     -(int)npu_field_unpack(word, NPU_DPU_BN_MUL_CFG_BN_MUL_SHIFT_VALUE));
}

/* Where each fact shows, for the operations that have it. */
static const struct source {
	enum capture_fact fact;
	const char *name;
	bool (*applies)(const struct conv_problem *p);
	enum npu_reg reg, other; /* both must be known */
	double (*read)(struct view r);
} sources[] = {
	{ FACT_INPUT_ZERO, "input zero points", is_int8, NPU_REG_CNA_PAD_CON1,
	  NPU_REG_CNA_PAD_CON1, read_input_zero },
	{ FACT_WEIGHT_ZERO, "weight zero points", is_per_tensor, NPU_REG_DPU_BS_OW_OP,
	  NPU_REG_DPU_BS_OW_OP, read_weight_zero },
	{ FACT_OUTPUT_ZERO, "output zero points", is_requantised,
	  NPU_REG_DPU_OUT_CVT_OFFSET, NPU_REG_DPU_OUT_CVT_OFFSET, read_output_zero },
	{ FACT_OUTPUT_RATIO, "output ratios", is_requantised, NPU_REG_DPU_OUT_CVT_SCALE,
	  NPU_REG_DPU_OUT_CVT_SHIFT, read_output_ratio },
	{ FACT_LIMIT, "limits of a clip", is_clipped, NPU_REG_DPU_BN_RELUX_CMP_VALUE,
	  NPU_REG_DPU_EW_RELUX_CMP_VALUE, read_limit },
	{ FACT_OPERAND_ZERO, "operand zero points", adds, NPU_REG_DPU_EW_CVT_OFFSET_VALUE,
	  NPU_REG_DPU_EW_CVT_OFFSET_VALUE, read_operand_zero },
	{ FACT_OPERAND_RATIO, "operand ratios", adds, NPU_REG_DPU_EW_CVT_SCALE_VALUE,
	  NPU_REG_DPU_EW_CVT_SCALE_VALUE, read_operand_ratio },
	{ FACT_SLOPE, "slopes", is_leaky, NPU_REG_DPU_BN_MUL_CFG, NPU_REG_DPU_BN_MUL_CFG,
	  read_multiplier },
	{ FACT_INDEX_RATIO, "index ratios of tables", is_by_table, NPU_REG_DPU_BN_MUL_CFG,
	  NPU_REG_DPU_BN_MUL_CFG, read_multiplier },
};

#define SOURCES (sizeof sources / sizeof sources[0])

const char *capture_fact_name(enum capture_fact fact)
{
	for (size_t i = 0; i < SOURCES; i++) {
		if (sources[i].fact == fact)
			return sources[i].name;
	}
	return "?";
}

/* The first conv record that states a source's registers. */
static const struct capture_task *find(const struct capture *c, const struct source *s)
{
	for (uint32_t i = 0; i < c->task_count; i++) {
		const struct capture_task *t = &c->tasks[i];

		if (capture_is_conv(t) && t->has[s->reg] && t->has[s->other])
			return t;
	}
	return NULL;
}

void capture_read_facts(struct capture_facts *f, const struct capture *c)
{
	*f = (struct capture_facts){ 0 };
	for (size_t i = 0; i < SOURCES; i++) {
		const struct source *s = &sources[i];
		const struct capture_task *t = s->applies(&c->problem) ? find(c, s) : NULL;

		if (!t)
			continue;
		f->has[s->fact] = true;
		f->value[s->fact] = s->read((struct view){ &c->problem, t->value });
	}
}

/* With scales of one, what is left of a quantisation is its zero point. */
static void take_zero(const struct capture_facts *f, enum capture_fact fact,
		      struct conv_quant *q)
{
	if (f->has[fact])
		*q = (struct conv_quant){
			.given = true, .scale = 1,
			.zero = (int32_t)fmin(fmax(f->value[fact], INT8_MIN), INT8_MAX),
		};
}

/* A ratio that no multiplier comes near leaves a word that no record has. */
static void take_ratio(const struct capture_facts *f, enum capture_fact fact, uint32_t *scale,
		       uint32_t *shift)
{
	struct multiplier m = { 0, 0 };

	if (!f->has[fact])
		return;
	requant_multiplier(f->value[fact], &m);
	*scale = m.scale;
	*shift = m.shift;
}

/* What makes an index of a table from the sum. */
static void take_index(const struct capture_facts *f, struct conv_problem *p)
{
	if (f->has[FACT_INDEX_RATIO] && !is_int8(p))
		p->fusion.index_scale = fp16_from_double(f->value[FACT_INDEX_RATIO]);
	else
		take_ratio(f, FACT_INDEX_RATIO, &p->fusion.index_scale,
			   &p->fusion.index_shift);
}

struct npub_op capture_op(struct conv_problem *p, const struct capture_facts *f)
{
	struct conv_quant weights = { 0 };
	struct npub_op op;

	take_zero(f, FACT_INPUT_ZERO, &p->input_quant);
	take_zero(f, FACT_OUTPUT_ZERO, &p->output_quant);
	take_zero(f, FACT_OPERAND_ZERO, &p->add_quant);
	take_zero(f, FACT_WEIGHT_ZERO, &weights);
	if (weights.given)
		p->weight_quant = (struct conv_weight_quant){
			.kind = WEIGHT_QUANT_GIVEN, .scale = 1, .zero = weights.zero
		};
	p->act.high = f->has[FACT_LIMIT] ? f->value[FACT_LIMIT] : INFINITY;
	p->act.slope = f->value[FACT_SLOPE];
	take_index(f, p);
	op = op_from_problem(p);
	if (p->fusion.add_channel) {
		op.flags |= NPUB_OP_ADD;
		op.operand_zero = p->add_quant.zero;
	}
	take_ratio(f, FACT_OUTPUT_RATIO, &op.out_scale, &op.out_shift);
	take_ratio(f, FACT_OPERAND_RATIO, &op.operand_scale, &op.operand_shift);
	return op;
}
