/* cmocka with the headers it wants. */
#ifndef SIM_TEST_CHECK_H
#define SIM_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
