/*
 * The forms of log rows as data: how a row begins and what it states.
 */
#ifndef LOG_FORM_H
#define LOG_FORM_H

#include "verify/log.h"

enum log_type {
	LOG_U32,
	LOG_U64,
	LOG_S32,
	LOG_WORD, /* text without blanks or commas */
	LOG_REST  /* text up to the end of the line */
};

enum log_need { LOG_OPTIONAL, LOG_REQUIRED };

/*
 * "name=value" or "name: value".  Names are compared without case, blanks and
 * underscores alike.  Several names may fill one field: logs of different
 * instrumentation call it differently.
 */
struct log_slot {
	const char *name;
	enum log_field field;
	enum log_type type;
	enum log_need need;
};

enum log_number {
	LOG_NUMBER_NONE,
	LOG_NUMBER_HASH,    /* MEM_CREATE #1 */
	LOG_NUMBER_BRACKET, /* task_like[0] */
	LOG_NUMBER_PLAIN    /* GEM 1: */
};

struct log_form_desc {
	const char *marker; /* first words of the row, prefixes taken away */
	enum log_kind kind;
	enum log_number number;
	/* Text that is no pair is passed over: free-form kernel messages. */
	bool loose;
	bool anywhere; /* the marker may stand inside the line */
	const struct log_slot *slots;
	size_t slot_count;
};

extern const struct log_form_desc log_forms[LOG_FORM_N];

/* Keys of sysfs rows; other "key = value" rows are somebody else's. */
extern const char *const log_sysfs_keys[];
extern const size_t log_sysfs_key_count;

/* Reading one line. */
struct log_line {
	const char *text; /* in the file */
	size_t bytes;
};

struct log_parsed {
	enum log_form form;
	uint32_t number;
	struct log_value values[LF_N];
	uint32_t value_count;
};

/* What the rows before leave open: forms that are only known in their context. */
struct log_context {
	enum log_kind kind; /* only rows of this kind; AUTO: all */
	bool in_submit;	    /* the four submit forms can follow */
	bool in_mmio;	    /* register rows can follow */
};

enum log_outcome { LOG_UNKNOWN, LOG_KNOWN, LOG_MALFORMED };

/*
 * Find the line's form and read its fields; offsets of text fields count from
 * `base`.  On MALFORMED `what` holds a sentence.
 */
#define LOG_WHAT_BYTES 120
enum log_outcome log_parse_line(struct log_parsed *p, const struct log_context *context,
				struct log_line line, const char *base, char *what);

/* Text fields are packed as offset << LOG_TEXT_SHIFT | length. */
#define LOG_TEXT_SHIFT 12

#endif
