/*
 * The front end: spec text, JSON or a slug to conv problems.
 *
 * All three forms fill the same struct spec through the same setters, so that
 * defaults, derived sizes and messages are the same.
 */
#ifndef SPEC_H
#define SPEC_H

#include <stddef.h>

#include "conv_problem.h"
#include "diag.h"

#define SPEC_MAX_BYTES (16u << 20) /* of one file */
#define SPEC_MAX_CONVS 65536u
#define SPEC_MAX_INCLUDE_DEPTH 16u

struct spec {
	/* Of convs that say none: fp16 unless set between spec_init() and spec_read(). */
	enum npu_elem default_elem;
	struct conv_problem *convs;
	size_t count;
	/* Every file read, in order, for dependency files: specs, includes, weights. */
	char **deps;
	size_t dep_count;
};

void spec_init(struct spec *spec);
void spec_free(struct spec *spec);

/*
 * Read `arg` and append its convs: "-" is standard input; a name of a file, text
 * or JSON by its first character; otherwise a slug.  Errors go to `diag`; the
 * spec then holds what could be understood and must not be compiled.
 */
void spec_read(struct spec *spec, const char *arg, struct diag *diag);

/* The same for text already in memory; `name` is what messages call it. */
void spec_read_text(struct spec *spec, const char *name, const char *text, size_t bytes,
		    struct diag *diag);

/*
 * Check every conv against geometry and hardware field limits, and derive out_h
 * and out_w.  All errors are reported, each at the dimension that drives it.
 */
void spec_check(struct spec *spec, struct diag *diag);

/* FNV-1a 64 of the canonical form of all convs: the spec digest of a bundle. */
uint64_t spec_digest(const struct spec *spec);

#endif
