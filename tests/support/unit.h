/* SPDX-License-Identifier: MIT */
/* unit - cmocka with the headers that it wants before itself, and assertions on statuses. */
#ifndef KIT_TESTS_UNIT_H
#define KIT_TESTS_UNIT_H

#include <setjmp.h> /* cmocka.h wants these four before it */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "lib/base/error.h"

/* The call takes `&err`: assert_status(STATUS_OK, units_parse_size("1K", &size, &err), &err) */
#define assert_status(expected, call, err)                                                         \
    unit_assert_status((expected), (call), (err), __FILE__, __LINE__)
#define assert_ok(call, err) assert_status(STATUS_OK, (call), (err))

/* Looks again and again, until the deadline of a minute, for what another thread brings about. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        int looks_ = 0;                                                                            \
        while (!(condition)) {                                                                     \
            assert_true(looks_++ < 60000);                                                         \
            usleep(1000);                                                                          \
        }                                                                                          \
    } while (0)

static inline void unit_assert_status(enum status expected, enum status got,
                                      const struct error *err, const char *file, int line)
{
    if (got != expected)
        print_error("status %s instead of %s: %s\n", status_name(got), status_name(expected),
                    got != STATUS_OK && err != NULL ? err->text : "");
    _assert_true(got == expected, "status as expected", file, line);
}

#endif
