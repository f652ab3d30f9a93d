/* npurun's tensors: from files to the conv, and from the conv to a file. */
#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "run_session.h"

static struct tensor_desc desc_of(const struct npurt *rt, enum npurt_tensor_id id)
{
	struct npurt_tensor_info info;

	npurt_tensor(rt, id, &info);
	return (struct tensor_desc){ (enum npu_elem)info.elem,
				     info.n,
				     info.c,
				     info.h,
				     info.w,
				     info.scale,
				     info.zero_point,
				     info.is_uint8 };
}

static enum tool_exit tensor_trouble(const char *path, const struct tensor_report *report)
{
	tool_complain(PROGRAM, path, "%s", report->why);
	return report->file_trouble ? EXIT_FILE : EXIT_REFUSED;
}

/* The tensor from its file, or made up, and to the device. */
static enum tool_exit feed(struct session *s, struct tensor *t, enum npurt_tensor_id id,
			   const char *path)
{
	const struct run_options *o = &s->options;
	struct tensor_desc desc = desc_of(s->rt, id);
	bool operand = id == NPURT_OPERAND;
	struct tensor_in how = o->tensor_in;
	struct tensor_report report;
	enum npurt_err err;
	char text[120];

	if (!tensor_new(t, &desc))
		return session_no_memory();
	if (operand)
		how.side = "the conv adds";
	if (path) {
		if (!tensor_read_file(t, path, o->input_format, &how, &report))
			return tensor_trouble(path, &report);
		if (report.note[0])
			session_note(s, path, report.note);
	} else {
		if (!tensor_fill_random(t, o->seed, operand ? SEED_OPERAND : SEED_INPUT))
			return session_no_memory();
		snprintf(text, sizeof(text), "no %s: made one up from seed %llu",
			 operand ? "--operand" : "--input", (unsigned long long)o->seed);
		session_note(s, NULL, text);
	}
	err = npurt_write(s->rt, id, t->data, t->bytes);
	return err == NPURT_OK ? EXIT_DONE : session_trouble(s, err, NULL);
}

/* A made-up tensor beside a real one would be a mistake, not a wish. */
static enum tool_exit check_operand(const struct session *s, bool adds)
{
	const struct run_options *o = &s->options;
	char text[TENSOR_TEXT_BYTES];
	struct tensor_desc desc;

	if (!adds && o->operand) {
		tool_complain(PROGRAM, "--operand",
			      "conv '%s' adds no second tensor; leave the option out",
			      npub_string(&s->bundle.npub, s->conv->name));
		return EXIT_REFUSED;
	}
	if (!adds || o->operand || !o->input)
		return EXIT_DONE;
	desc = desc_of(s->rt, NPURT_OPERAND);
	tool_complain(PROGRAM, s->bundle.path,
		      "conv '%s' adds a second tensor, %s; name its file with --operand",
		      npub_string(&s->bundle.npub, s->conv->name),
		      tensor_text(text, &desc));
	return EXIT_REFUSED;
}

/* What --output will be given: the stored numbers, or the real ones. */
static struct tensor_desc written_desc(const struct session *s,
				       const struct tensor_desc *out)
{
	struct tensor_desc desc = *out;

	if (s->options.dequantize) {
		desc.elem = NPU_ELEM_FP32;
		desc.is_uint8 = false;
	}
	return desc;
}

enum tool_exit tensors_prepare(struct session *s)
{
	const struct run_options *o = &s->options;
	struct tensor_desc out = desc_of(s->rt, NPURT_OUTPUT), written;
	bool adds = s->conv->operand != NPUB_NONE;
	struct tensor_report report;
	enum tool_exit code;

	written = written_desc(s, &out);
	if (o->output && !tensor_can_write(&written, o->output, o->output_format,
					   &o->image_out, &report))
		return tensor_trouble(o->output, &report);
	if (o->output && !files_may_write(o->output, report.why, sizeof(report.why))) {
		report.file_trouble = true;
		return tensor_trouble(o->output, &report);
	}
	if (!tensor_new(&s->output, &out))
		return session_no_memory();
	code = verdict_prepare(s);
	if (code == EXIT_DONE)
		code = check_operand(s, adds);
	if (code == EXIT_DONE)
		code = feed(s, &s->input, NPURT_INPUT, o->input);
	if (code == EXIT_DONE && adds)
		code = feed(s, &s->operand, NPURT_OPERAND, o->operand);
	return code;
}

enum tool_exit tensors_write(const struct session *s)
{
	const struct run_options *o = &s->options;
	const struct tensor *out = &s->output;
	struct tensor real = { .data = NULL };
	struct tensor_report report;
	bool ok;

	if (!o->output)
		return EXIT_DONE;
	if (o->dequantize) {
		if (!tensor_dequantize(&real, &s->output))
			return session_no_memory();
		out = &real;
	}
	ok = tensor_write_file(out, o->output, o->output_format, &o->image_out, &report);
	tensor_free(&real);
	return ok ? EXIT_DONE : tensor_trouble(o->output, &report);
}
