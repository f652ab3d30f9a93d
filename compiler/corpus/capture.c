#include "corpus/capture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/capture_priv.h"

bool capture_fail(const struct capture_reading *r, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(r->why, CAPTURE_WHY_BYTES, "%s: ", r->path);

	if (n < 0 || n >= CAPTURE_WHY_BYTES)
		return false;
	va_start(args, fmt);
	vsnprintf(r->why + n, (size_t)(CAPTURE_WHY_BYTES - n), fmt, args);
	va_end(args);
	return false;
}

bool capture_is_u32(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) >= 0 &&
	       json_integer_value(v) <= UINT32_MAX;
}

/* A whole number of `object`; `required` says whether it may be absent. */
bool capture_u32(const struct capture_reading *r, const json_t *object, const char *key,
		    bool required, uint32_t *out)
{
	const json_t *v = json_object_get(object, key);

	if ((!v || json_is_null(v)) && !required)
		return true;
	if (!capture_is_u32(v))
		return capture_fail(r, "\"%s\" is not a 32-bit number", key);
	*out = (uint32_t)json_integer_value(v);
	return true;
}

static bool get_pair(const struct capture_reading *r, const json_t *object, const char *key,
		     size_t count, uint32_t *const out[])
{
	const json_t *a = json_object_get(object, key);

	if (!json_is_array(a) || json_array_size(a) != count)
		return capture_fail(r, "\"%s\" is not an array of %zu", key, count);
	for (size_t i = 0; i < count; i++) {
		const json_t *v = json_array_get(a, i);

		if (!capture_is_u32(v))
			return capture_fail(r, "\"%s\"[%zu] is not a 32-bit number", key, i);
		*out[i] = (uint32_t)json_integer_value(v);
	}
	return true;
}

static bool get_elem(const struct capture_reading *r, const json_t *object, const char *key,
		     enum npu_elem *out)
{
	static const struct {
		const char *name;
		enum npu_elem elem;
	} names[] = {
		{ "float16", NPU_ELEM_FP16 }, { "int8", NPU_ELEM_INT8 },
		{ "float32", NPU_ELEM_FP32 }, { "int32", NPU_ELEM_INT32 },
	};
	const char *s = json_string_value(json_object_get(object, key));

	for (size_t i = 0; s && i < sizeof names / sizeof names[0]; i++) {
		if (!strcmp(s, names[i].name)) {
			*out = names[i].elem;
			return true;
		}
	}
	return capture_fail(r, "\"%s\" is no element type", key);
}

/* Whether a member is there and not null. */
static bool says(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return v && !json_is_null(v);
}

static bool read_shape(const struct capture_reading *r, const json_t *s, struct conv_problem *p)
{
	uint32_t *const stride[] = { &p->stride_y, &p->stride_x };
	uint32_t *const dilation[] = { &p->dilation_y, &p->dilation_x };
	uint32_t *const pad[] = { &p->pad_top, &p->pad_left, &p->pad_bottom, &p->pad_right };

	p->batch = p->dilation_y = p->dilation_x = 1;
	if (!json_is_object(s))
		return capture_fail(r, "no \"shape\"");
	return capture_u32(r, s, "ic", true, &p->in_c) && capture_u32(r, s, "ih", true, &p->in_h) &&
	       capture_u32(r, s, "iw", true, &p->in_w) && capture_u32(r, s, "oc", true, &p->out_c) &&
	       capture_u32(r, s, "oh", true, &p->out_h) && capture_u32(r, s, "ow", true, &p->out_w) &&
	       capture_u32(r, s, "kh", true, &p->kernel_h) &&
	       capture_u32(r, s, "kw", true, &p->kernel_w) &&
	       capture_u32(r, s, "groups", true, &p->groups) &&
	       capture_u32(r, s, "batch", false, &p->batch) &&
	       get_pair(r, s, "stride", 2, stride) &&
	       (!says(s, "dil") || get_pair(r, s, "dil", 2, dilation)) &&
	       get_pair(r, s, "pad", 4, pad) && get_elem(r, s, "dtype", &p->elem) &&
	       get_elem(r, s, says(s, "out_dtype") ? "out_dtype" : "dtype", &p->out_elem);
}

/* What containers call the kind of the graph's input among buffers. */
#define BUFFER_OF_GRAPH_INPUT 1

/*
 * Who wrote the input: said outright, or by the container's name of the operator
 * that produced it, or by the buffer's kind; a lone conv reads the graph's input.
 */
static enum input_kind read_input_kind(const json_t *root)
{
	const json_t *said = json_object_get(json_object_get(root, "shape"), "graph_input");
	const json_t *input = json_object_get(json_object_get(root, "buffers"), "input");
	const json_t *kind = json_object_get(input, "kind");
	const char *producer = json_string_value(json_object_get(input, "producer"));

	if (json_is_boolean(said))
		return json_is_true(said) ? INPUT_GRAPH : INPUT_INNER;
	if (!producer && json_is_integer(kind))
		return json_integer_value(kind) == BUFFER_OF_GRAPH_INPUT ? INPUT_GRAPH
									 : INPUT_INNER;
	return producer && strcmp(producer, "InputOperator") ? INPUT_INNER : INPUT_GRAPH;
}

/* Images, where only the buffer's sizes say so. */
static uint32_t read_batch(const json_t *root, uint32_t batch)
{
	const json_t *input = json_object_get(json_object_get(root, "buffers"), "input");
	const json_t *dims = json_object_get(input, "dims");
	const json_t *n = json_array_size(dims) == 4 ? json_array_get(dims, 0) : NULL;
	bool said = says(json_object_get(root, "shape"), "batch");

	if (said || !json_is_integer(n) || json_integer_value(n) < 1 ||
	    json_integer_value(n) > UINT16_MAX)
		return batch;
	return (uint32_t)json_integer_value(n);
}

enum npu_reg capture_reg(const char *name)
{
	char block[16];
	const char *dot = strchr(name, '.');

	if (!dot || (size_t)(dot - name) >= sizeof block)
		return NPU_REG_N;
	memcpy(block, name, (size_t)(dot - name));
	block[dot - name] = 0;
	return npu_reg_from_name(block, dot + 1);
}

/* npudump's captures carry the orders of register writes with them. */
static bool read_own_orders(const struct capture_reading *r, const json_t *root,
			    struct capture *c)
{
	const json_t *list = json_object_get(root, "orders");

	return !json_is_array(list) || capture_orders_from(r, list, &c->own_orders);
}

static bool read_counts(const struct capture_reading *r, const json_t *root, struct capture *c)
{
	uint32_t *const counts[] = { &c->counts[0], &c->counts[1], &c->counts[2],
				     &c->counts[3], &c->counts[4], &c->counts[5] };

	if (!json_is_array(json_object_get(root, "task_counts")))
		return true;
	c->has_counts = true;
	return get_pair(r, root, "task_counts", 6, counts);
}

char *capture_string(const json_t *root, const char *key)
{
	const char *s = json_string_value(json_object_get(root, key));

	return strdup(s ? s : "");
}

/* Where the capture came from: its own source, or another of the same schedule. */
static bool read_source(const json_t *root, struct capture *c)
{
	const json_t *source = json_object_get(root, "source"), *also;
	size_t i;

	json_array_foreach(json_object_get(root, "also"), i, also)
	{
		if (json_object_get(source, "compiler"))
			break;
		if (json_object_get(also, "compiler"))
			source = also;
	}
	c->compiler = capture_string(source, "compiler");
	c->source_kind = capture_string(json_object_get(root, "source"), "kind");
	return c->compiler && c->source_kind;
}

static bool read_root(struct capture *c, const json_t *root,
		      const struct capture_orders *orders, const struct capture_reading *r)
{
	c->slug = capture_string(root, "slug");
	c->op_type = capture_string(root, "op_type");
	c->single_op = json_is_true(
		json_object_get(json_object_get(root, "source"), "single_op"));
	c->full_window = json_is_true(json_object_get(root, "full_window"));
	c->topology_only = json_is_true(json_object_get(root, "topology_only"));
	if (!c->slug || !c->op_type || !read_source(root, c) ||
	    !read_shape(r, json_object_get(root, "shape"), &c->problem) ||
	    !read_counts(r, root, c) || !read_own_orders(r, root, c) ||
	    !capture_read_tasks(r, json_object_get(root, "tasks"),
				c->own_orders.count ? &c->own_orders : orders, c) ||
	    !capture_read_run(r, root, c))
		return false;
	c->problem.input_kind = read_input_kind(root);
	c->problem.batch = read_batch(root, c->problem.batch);
	capture_infer_fusion(c);
	return capture_check_problem(r, &c->problem);
}

/* `root` as the JSON reader left it; released here. */
static bool take_root(struct capture *c, json_t *root, const json_error_t *error,
		      const struct capture_orders *orders, const struct capture_reading *r)
{
	bool ok = json_is_object(root);

	memset(c, 0, sizeof *c);
	if (ok)
		ok = read_root(c, root, orders, r);
	else if (root)
		capture_fail(r, "not an object");
	else if (error->line > 0 && json_error_code(error) == json_error_numeric_overflow)
		snprintf(r->why, CAPTURE_WHY_BYTES,
			 "%s:%d:%d: the number is too large for JSON: whole numbers end at "
			 "2^63 - 1, others near 1e308",
			 r->path, error->line, error->column);
	else if (error->line > 0)
		snprintf(r->why, CAPTURE_WHY_BYTES, "%s:%d:%d: %.150s", r->path, error->line,
			 error->column, error->text);
	else /* not opened; the text says so, with the name */
		snprintf(r->why, CAPTURE_WHY_BYTES, "%s", error->text);
	json_decref(root);
	if (!ok)
		capture_free(c);
	return ok;
}

bool capture_read(struct capture *c, const char *path, const struct capture_orders *orders,
		  char *why)
{
	struct capture_reading r = { why, path };
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	return take_root(c, root, &error, orders, &r);
}

bool capture_read_text(struct capture *c, const char *name, const char *text, size_t bytes,
		       const struct capture_orders *orders, char *why)
{
	struct capture_reading r = { why, name };
	json_error_t error;
	json_t *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);

	return take_root(c, root, &error, orders, &r);
}

bool capture_is_conv(const struct capture_task *t)
{
	return (t->mask & NPU_MASK_CONV) == NPU_MASK_CONV;
}

void capture_free(struct capture *c)
{
	free(c->slug);
	free(c->op_type);
	free(c->source_kind);
	free(c->compiler);
	free(c->tasks);
	free(c->syncs);
	capture_orders_free(&c->own_orders);
	memset(c, 0, sizeof *c);
}
