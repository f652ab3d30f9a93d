/*
 * Templates for tests: the ones that the product ships, as text and read.
 */
#ifndef TEMPLATE_FIXTURE_H
#define TEMPLATE_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "template/template.h"

#define SCHEDULES SOURCE_ROOT "/schedules/"

static const char *const shipped[] = {
	"c1024_h1_w1_oc1001_k1.json", "c160_h14_w14_oc320_k3.json",
	"c160_h40_w40_oc320_k3.json", "c160_h7_w7_oc320_k3.json",
	"c256_h14_w14_oc512_k1.json", "c32_h14_w14_oc128_k3.json",
	"c64_h56_w56_oc128_k1.json",
};
#define SHIPPED (sizeof shipped / sizeof shipped[0])

/* The text of a shipped template; free() it. */
static inline char *shipped_text(const char *file, size_t *bytes)
{
	char path[512], *text;
	long size;
	FILE *f;

	snprintf(path, sizeof path, "%s%s", SCHEDULES, file);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s: cannot be opened", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, f), size);
	text[size] = 0;
	fclose(f);
	*bytes = (size_t)size;
	return text;
}

static inline void read_shipped(struct template *t, const char *file)
{
	struct diag *diag = diag_new(stderr);
	char *text;
	size_t bytes;

	text = shipped_text(file, &bytes);
	if (!template_read_text(t, file, text, bytes, diag))
		fail_msg("%s: does not read", file);
	diag_free(diag);
	free(text);
}

/* Compile a template's problem for the cores of `mask`. */
static inline void compile_problem(struct compiled_conv *c, const struct conv_problem *p,
				   uint32_t mask, struct template_set *set)
{
	const struct compile_options options = { .core_mask = mask, .templates = set };
	struct diag *diag = diag_new(stderr);

	if (!compile_conv(c, p, NULL, &options, diag))
		fail_msg("%s: does not compile", p->name);
	diag_free(diag);
}

#endif
