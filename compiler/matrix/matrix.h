/*
 * The support matrix: features by element type by number of cores.
 *
 * A feature is the attributes that show it, in the spec language.  Whether they are
 * supported is found by compiling a small conv that has them; how often captured
 * schedules show them is data (F-89), which `npucc matrix --captures` counts anew.
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "corpus/capture.h"
#include "plan/plan.h"

enum matrix_type { MATRIX_FP16, MATRIX_INT8, MATRIX_TYPES };

/* What all features are shown on; a feature's own attributes win. */
#define MATRIX_BASE "input 32x30x40; output 48; kernel 3; pad 1; weights seed 1"

#define MATRIX_NO_MEANING UINT32_MAX /* in place of a number: the type has no such thing */

struct matrix_row {
	const char *group; /* a heading before this row; NULL: the one before goes on */
	const char *feature;
	const char *spec; /* attributes, besides MATRIX_BASE */
	/* Whether a capture shows the feature; NULL: none can. */
	bool (*shown)(const struct capture *c);
	uint32_t captures[MATRIX_TYPES]; /* that show it, of all (F-89) */
};

extern const struct matrix_row matrix_rows[];
extern const size_t matrix_row_count;

/* From the best known to the least; a cell without a meaning is left empty. */
enum matrix_status {
	MATRIX_CAPTURED,
	MATRIX_FORMULA,
	MATRIX_UNTESTED,
	MATRIX_REFUSED,
	MATRIX_EMPTY
};

struct matrix_plan {
	enum matrix_status status;
	bool shared; /* more cores than one run the one-core plan */
	enum plan_basis basis;
	uint32_t hazards;
};

#define MATRIX_TEXT_BYTES 320u

struct matrix_cell {
	struct matrix_plan plan[NPU_MAX_CORES];
	uint32_t captures;
	/* Of the first refusal: the error, what a note says to it, and its rule. */
	char sentence[MATRIX_TEXT_BYTES], reason[MATRIX_TEXT_BYTES], rule[48];
};

const char *matrix_type_name(enum matrix_type type);
const char *matrix_status_name(enum matrix_status status);

/* The feature's conv as a spec: a defaults block and a conv.  Free the text. */
char *matrix_spec(const struct matrix_row *row, enum matrix_type type);

/* Compile it for one, two and three cores; `captures` is what shows it. */
void matrix_ask(struct matrix_cell *cell, const struct matrix_row *row,
		enum matrix_type type, uint32_t captures);

/* The weakest status of the plans: MATRIX_REFUSED if any number of cores is. */
enum matrix_status matrix_cell_status(const struct matrix_cell *cell);

/*
 * Count the captures of a directory that show each row, into `counts`, one
 * array a row.  False after a message on stderr.
 */
bool matrix_count_captures(const char *dir, uint32_t (*counts)[MATRIX_TYPES]);

enum matrix_format { MATRIX_TEXT, MATRIX_MARKDOWN, MATRIX_SHORT, MATRIX_JSON };

/*
 * Print cells, `cells[row][type]`.  Text and tables end with the reasons of refusals;
 * SHORT names at the end what is refused in all types, and no reasons.
 */
void matrix_print(FILE *out, const struct matrix_cell (*cells)[MATRIX_TYPES],
		  enum matrix_format format);

#endif
