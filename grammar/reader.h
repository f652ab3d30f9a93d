/*
 * Reading specs: what the text form, the JSON form and slugs share while files are
 * open.
 */
#ifndef READER_H
#define READER_H

#include <sys/types.h>

#include "attr.h"
#include "spec.h"

/* Files one spec may read: bounds what includes of includes can multiply to. */
#define READER_MAX_FILES 1024u
#define READER_MAX_TOTAL_BYTES (4u * SPEC_MAX_BYTES)

/* A file being read; the one that includes it is below. */
struct reader_file {
	const struct reader_file *below;
	const char *name;
	char *dir; /* of the name, "" or ending in '/' */
	struct str text;
	uint32_t source;
	dev_t device; /* 0, 0: not a file */
	ino_t inode;
	uint32_t depth;
};

struct reader {
	struct spec *spec;
	struct diag *diag;
	struct draft defaults; /* for the convs that follow */
	const struct reader_file *file;
	struct strset deps;
	uint32_t file_count;
	uint64_t total_bytes;
};

void reader_init(struct reader *reader, struct spec *spec, struct diag *diag);
void reader_free(struct reader *reader);

/* Read a file named on the command line; "-" is standard input. */
void reader_read_file(struct reader *reader, const char *path);

/* Read a text as if it were the file `name`. */
void reader_read_text(struct reader *reader, const char *name, struct str text);

/* Read the file that an include names; defaults it sets stay. */
void reader_include(struct reader *reader, struct str path, struct loc loc);

/* Context to set an attribute of `draft`. */
struct attr_context reader_context(const struct reader *reader, struct draft *draft);

/* Complete the draft and append it to the spec; reports when it cannot. */
void reader_add_conv(struct reader *reader, struct draft *draft);

/* The two forms; the text is `reader->file`. */
void conv_text_read(struct reader *reader);
void spec_json_read(struct reader *reader);

#endif
