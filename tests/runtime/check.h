/* cmocka with its includes, and checks whose messages start with the case's name. */
#ifndef RUNTIME_CHECK_H
#define RUNTIME_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "npurt.h"

#define CHECK(name, condition, ...)                                                      \
	do {                                                                             \
		if (!(condition)) {                                                      \
			print_error("%s: %s: ", (name), #condition);                     \
			print_error(__VA_ARGS__);                                        \
			print_error("\n");                                               \
			fail();                                                          \
		}                                                                        \
	} while (0)

#define CHECK_ERR(name, found, wanted, error)                                            \
	CHECK(name, (found) == (wanted), "%s (%s) instead of %s", npurt_errname(found),  \
	      (error)->detail, npurt_errname(wanted))

#endif
