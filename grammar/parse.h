/*
 * What the scanner and the parser of the text form share.
 */
#ifndef PARSE_H
#define PARSE_H

#include "reader.h"
#include "slug.h"

/* bison's names for token values and places */
union conv_value_token {
	struct str text;
};

struct parse {
	struct reader *reader;
	/* scanner */
	struct loc place;   /* of the next character */
	size_t offset;	    /* of the next byte */
	struct loc comment; /* where the open comment begins */
	bool at_end;	    /* the end of the last line was given */
	/* parser */
	struct draft draft;   /* the block being read */
	struct values values; /* of the attribute being read */
	struct loc block;     /* its opening brace; line 0: none is open */
};

#endif
