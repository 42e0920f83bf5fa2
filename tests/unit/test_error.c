/* SPDX-License-Identifier: MIT */
/* Errors: what ends up in the text, and what never overruns it. */
#include <string.h>

#include "lib/base/error.h"
#include "tests/support/unit.h"

static void test_set_fills_text_and_returns_status(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, STATUS_IO, "cannot open %s: %d", "a", 7), STATUS_IO);
    assert_int_equal(err.status, STATUS_IO);
    assert_string_equal(err.text, "cannot open a: 7");
    assert_int_equal(error_set(NULL, STATUS_LIMIT, "nobody reads %s", "this"), STATUS_LIMIT);
}

static void test_text_may_be_its_own_argument(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, STATUS_IO, "inner");
    error_set(&err, STATUS_REMOTE, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
    error_prefix(&err, "part %d of %s", 3, err.text);
    assert_string_equal(err.text, "part 3 of outer (inner): outer (inner)");
}

static void test_long_text_is_cut(void **state)
{
    (void)state;
    char text[2 * ERROR_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error err;
    error_set(&err, STATUS_INVALID, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    error_prefix(&err, "ab");
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    assert_memory_equal(err.text, "ab: xxx", 7);
    error_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    error_prefix(NULL, "nothing to do");
}

static void test_copy(void **state)
{
    (void)state;
    struct error from, to = {0};
    error_set(&from, STATUS_DENIED, "no");
    assert_int_equal(error_copy(&to, &from), STATUS_DENIED);
    assert_string_equal(to.text, "no");
    assert_int_equal(error_copy(NULL, &from), STATUS_DENIED);
}

static void test_names_are_distinct(void **state)
{
    (void)state;
    for (int a = STATUS_OK; a <= STATUS_CANCELLED; a++) {
        assert_string_not_equal(status_name((enum status)a), "unknown");
        for (int b = STATUS_OK; b < a; b++)
            assert_string_not_equal(status_name((enum status)a), status_name((enum status)b));
    }
    assert_string_equal(status_name((enum status)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_fills_text_and_returns_status),
        cmocka_unit_test(test_text_may_be_its_own_argument),
        cmocka_unit_test(test_long_text_is_cut),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_names_are_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
