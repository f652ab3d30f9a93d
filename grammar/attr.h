/*
 * Attributes by the words they are written with.  Text and JSON both end here, so
 * that both have the same defaults, limits and messages.
 */
#ifndef ATTR_H
#define ATTR_H

#include "draft.h"
#include "value.h"

/* What setting an attribute needs besides its values. */
struct attr_context {
	struct draft *draft;
	struct diag *diag;
	const char *dir; /* of the spec being read, "" or ending in '/' */
};

/*
 * Set the attribute `word`, written at `loc`, to the values.  Unknown words, wrong
 * values and second times are reported.
 */
void attr_set(const struct attr_context *context, struct str word, struct loc loc,
	      const struct values *values);

/* Is there an attribute of this name? */
bool attr_exists(struct str word);

/* Can the attribute stand without a value?  Then JSON's `true` is how it does. */
bool attr_is_alone(struct str word);

/* Give the conv its name. */
void attr_set_name(const struct attr_context *context, struct str name, struct loc loc);

/* "did you mean ..." as a note, when a candidate is near; returns it or NULL. */
const char *note_nearest(struct diag *diag, struct loc loc, struct str word,
			 const char *const *candidates, size_t count);

#endif
