/*
 * What the parts of the template reader share.
 */
#ifndef TEMPLATE_PRIV_H
#define TEMPLATE_PRIV_H

#include "mem.h"
#include "template/template.h"
#include "template/template_json.h"

/* A template being read, and where its parts stand for the rules. */
struct template_reading {
	struct tjson json;
	struct template *t;
	struct record_place {
		struct tjson_node record, tile, int_mask, writes, tail;
	} * places; /* one for each record */
	struct tjson_node submit;
};

/* "buffers", "regcmd" and "run" (template_read_run.c); buffers first. */
void read_buffers(struct template_reading *r, struct tjson_node node);
void read_regcmd(struct template_reading *r, struct tjson_node node);
void read_run(struct template_reading *r, struct tjson_node node);

/* The "plans" of a template (template_read_plan.c). */
void read_plans(struct template_reading *r, struct tjson_node node);

/*
 * What must hold between the parts of a template: chains, barriers, interrupt
 * pairs, tiles that say what registers say, addresses inside their buffers.
 * Each breach is reported at the part that is wrong (template_rules.c).
 */
void check_rules(struct template_reading *r);

/* --- making templates (template_make.c) ------------------------------------ */

/* A new record with room for `writes`. */
struct template_record *template_add_record(struct template *t, uint32_t writes);

/* What an address register of a plain conv points into; by register alone. */
enum template_buffer template_buffer_of(enum npu_reg reg);

/* The tiles of all conv records, once writes and lists are there; false: no memory. */
bool template_find_tiles(struct template *t);

/* Fill `why` (TEMPLATE_WHY_BYTES); returns false. */
bool template_refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
