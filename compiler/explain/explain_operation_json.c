/*
 * The operation as JSON; what a conv does not have is null.
 */
#include "explain/explain_operation.h"

#include "explain/explain_object.h"

static json_t *tensor_of(const struct npu_elem_info *elem, const struct tensor_quant *q,
			 const char *source)
{
	struct object o = object_new();

	put_text(&o, "type", elem->name);
	put_real(&o, "scale", (double)q->scale);
	put(&o, "zero_point", json_integer(q->zero));
	put_bool(&o, "uint8", q->uint8);
	put_text(&o, "source", source);
	return object_end(&o);
}

/* null unless the compiler chose the output's quantisation. */
static json_t *range_of(const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;
	struct object o;

	if (!notes->output_chosen)
		return json_null();
	o = object_new();
	put_real(&o, "low", notes->expected_low);
	put_uint(&o, "low_channel", notes->low_channel);
	put_real(&o, "high", notes->expected_high);
	put_uint(&o, "high_channel", notes->high_channel);
	put_bool(&o, "cut", notes->output_cut);
	put_bool(&o, "floored", notes->output_floored);
	return object_end(&o);
}

static json_t *weights_of(const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;
	struct object o;

	if (!e->int8)
		return json_null();
	o = object_new();
	put_text(&o, "granularity", explain_granularity(e->p));
	put_real(&o, "scale_min", e->weight_scale_min);
	put_real(&o, "scale_max", e->weight_scale_max);
	put(&o, "zero_point", e->p->fusion.per_channel ? json_null()
						       : json_integer(e->op->weight_zero));
	put_uint(&o, "clamped", notes->saturated_weights);
	put_uint(&o, "count", notes->weight_count);
	put_real(&o, "factor_error", notes->factor_error);
	put_uint(&o, "factor_channel", notes->factor_channel);
	return object_end(&o);
}

static json_t *batch_norm_of(const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;
	struct object o;

	if (e->p->bn_scale.kind == SOURCE_NONE && e->p->bn_shift.kind == SOURCE_NONE)
		return json_null();
	o = object_new();
	put_real(&o, "scale_min", (double)notes->bn_scale_min);
	put_real(&o, "scale_max", (double)notes->bn_scale_max);
	put_real(&o, "channel_0_scale", notes->first_gain);
	put_real(&o, "channel_0_bias", notes->first_bias);
	return object_end(&o);
}

static json_t *values_of(const double *values, uint32_t count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < count; i++)
		push(&array, json_real(values[i]));
	return array;
}

static json_t *pixels_of(const struct explain_operation *e)
{
	const struct conv_pixel_norm *n = &e->p->pixel_norm;
	struct object o;

	if (!n->mean_count && !n->std_count)
		return json_null();
	o = object_new();
	put(&o, "mean", values_of(n->mean, n->mean_count));
	put(&o, "std", values_of(n->std, n->std_count));
	return object_end(&o);
}

static json_t *bias_of(const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;
	struct object o = object_new();

	put_text(&o, "stream", explain_stream_name(e->l));
	put(&o, "min", e->o->bias_fixed ? json_integer(notes->bias_min) : json_null());
	put(&o, "max", e->o->bias_fixed ? json_integer(notes->bias_max) : json_null());
	put(&o, "sum_bits", e->int8 ? json_real(notes->bits_used) : json_null());
	put(&o, "sum_scale", e->int8 ? json_real(e->sum_scale) : json_null());
	return object_end(&o);
}

/* The first channel's constants, as the stream or the registers have them. */
static json_t *channel_of(const struct explain_operation *e)
{
	const struct operands *in = e->o;
	struct object o;

	if (!e->int8)
		return json_null();
	o = object_new();
	put_real(&o, "weight_scale", (double)in->weight_scale[0]);
	put(&o, "correction",
	    json_integer(in->correction ? in->correction[0] : -e->op->weight_zero));
	put(&o, "bias", json_integer(in->bias_fixed ? in->bias_fixed[0] : 0));
	put(&o, "factor", in->factor ? json_integer(in->factor[0]) : json_null());
	return object_end(&o);
}

/* A multiplier of 0 is that of a stage that is off. */
static json_t *multiplier_of(const struct explain_multiplier *m)
{
	struct object o;

	if (!m->scale)
		return json_null();
	o = object_new();
	put_real(&o, "ratio", m->ratio);
	put_uint(&o, "scale", m->scale);
	put_uint(&o, "shift", m->shift);
	put_real(&o, "value", m->value);
	put_real(&o, "relative_error", m->error);
	return object_end(&o);
}

static json_t *activation_of(const struct explain_operation *e)
{
	bool clamp = e->op->flags & NPUB_OP_CLAMP;
	struct object o = object_new();

	put_text(&o, "kind", explain_activation_name(e->op));
	put_text(&o, "stage", explain_activation_stage(e->op));
	put(&o, "limit", clamp ? json_integer(e->op->limit) : json_null());
	put(&o, "limit_value",
	    clamp ? json_real(e->int8 ? e->o->notes.limit : (double)(float)e->p->act.high)
		  : json_null());
	put(&o, "slope", multiplier_of(&e->leak));
	return object_end(&o);
}

json_t *explain_operation_json(const struct explain_operation *e)
{
	bool add = e->op->flags & NPUB_OP_ADD;
	struct object o = object_new();

	put(&o, "input", tensor_of(e->l->elem, &e->o->input, explain_input_source(e->p)));
	put(&o, "weights", weights_of(e));
	put(&o, "output",
	    tensor_of(e->l->out_elem, &e->o->output, explain_output_source(e)));
	put(&o, "expected", range_of(e));
	put(&o, "operand",
	    add ? tensor_of(e->l->elem, &e->o->operand, explain_operand_source(e))
		: json_null());
	put(&o, "batch_norm", batch_norm_of(e));
	put(&o, "pixels", pixels_of(e));
	put(&o, "bias", bias_of(e));
	put(&o, "channel_0", channel_of(e));
	put(&o, "addition", multiplier_of(&e->added));
	put(&o, "activation", activation_of(e));
	put(&o, "requantisation", multiplier_of(&e->out));
	put(&o, "padding", json_integer(e->op->pad_value));
	return object_end(&o);
}
