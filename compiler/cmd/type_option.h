/*
 * --type=TYPE of every command that reads specs: the language's default type.
 */
#ifndef TYPE_OPTION_H
#define TYPE_OPTION_H

#include "common/options.h"
#include "hw/npu_hw.h"

#define TYPE_OPTION_ROW(id)                                                              \
	{                                                                                \
		NULL, "type", "TYPE", id,                                                \
		    "the type, fp16 or int8, of convs that do not say (default fp16): "  \
		    "slugs, for example"                                                 \
	}

/* The current option's argument as a type; false after a complaint. */
bool type_option(const struct options_scan *scan, enum npu_elem *type);

#endif
