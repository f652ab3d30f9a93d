/* What the tests of the verifier share: one bundle, changed. */
#ifndef TESTS_VERIFY_CASE_H
#define TESTS_VERIFY_CASE_H

#include "check.h"

#include <string.h>

#include "tiny.h"

/* Tasks of the bundle under test: 1-core 0,1,2,3; 2-core 4,5 6,7; 3-core 8,9 10,11 12,13.
 */
enum { CONV = 0, SECOND = 1, DELTA = 2, LAST = 3, MULTI = 4, BARRIER = 5, THREE = 8 };

/* Three plans with a bias and a delta record. */
static inline void verify_make(struct tiny *t)
{
	tiny_make(t, &(struct tiny_options){
			 .max_cores = 3, .tiles = 4, .bias = 1, .delta = 1 });
}

struct verify_case {
	const char *name;
	enum npurt_err want;
	void (*change)(struct tiny *t);
	const char *says;
};

static inline void verify_case_run(const struct verify_case *c)
{
	struct npurt_error error;
	struct tiny t;
	enum npurt_err err;

	verify_make(&t);
	c->change(&t);
	err = tiny_verify(&t, &error);
	CHECK_ERR(c->name, err, c->want, &error);
	CHECK(c->name, strstr(error.detail, c->says), "'%s' does not say '%s'",
	      error.detail, c->says);
}

#endif
