/* SPDX-License-Identifier: MIT */
/* Buffers: content, ceiling, sticky failure, hand-over. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "tests/support/unit.h"

static void test_empty_is_a_string(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_string_equal(b.data, "");
    assert_true(buf_equals(&b, ""));
    assert_null(buf_take(&b));
    buf_release(&b);
    struct buf zeroed = {0};
    buf_release(&zeroed);
    buf_append_char(&zeroed, 'x'); /* a ceiling of nothing */
    assert_int_equal(zeroed.failed, STATUS_LIMIT);
}

static void test_append(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_append_str(&b, "ab");
    buf_append(&b, "c\0d", 3);
    buf_append_char(&b, 'e');
    buf_printf(&b, "-%03d-%s", 7, "x");
    assert_int_equal(b.len, 12);
    assert_memory_equal(b.data, "abc\0de-007-x", 13); /* its NUL as well */
    buf_truncate(&b, 2);
    assert_true(buf_equals(&b, "ab"));
    assert_false(buf_equals(&b, "abc"));
    buf_release(&b);
    assert_int_equal(b.max, 1000);
}

/* Every way to append passes the ceiling at exactly one byte too many. */
static void test_ceiling_is_exact_and_sticky(void **state)
{
    (void)state;
    for (size_t max = 0; max < 200; max++) {
        struct buf b;
        buf_init(&b, max);
        for (size_t i = 0; i < max; i++)
            buf_append_char(&b, 'x');
        assert_int_equal(b.failed, STATUS_OK);
        assert_int_equal(b.len, max);
        buf_printf(&b, "%s", "y");
        assert_int_equal(b.failed, STATUS_LIMIT);
        assert_int_equal(b.len, max);
        assert_int_equal(strlen(b.data), max);
        if (max > 0)
            buf_truncate(&b, max - 1);
        buf_append_char(&b, 'z'); /* there is room again, but a piece is missing */
        assert_null(strchr(b.data, 'z'));
        struct error err;
        assert_status(STATUS_LIMIT, buf_status(&b, "the list", &err), &err);
        assert_non_null(strstr(err.text, "the list"));
        buf_reset(&b);
        assert_ok(buf_status(&b, "the list", &err), &err);
        assert_int_equal(b.len, 0);
        buf_release(&b);
    }
}

static void test_failed_append_leaves_content(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    buf_append_str(&b, "12345");
    buf_printf(&b, "%d", 123456789);
    assert_string_equal(b.data, "12345");
    buf_append(&b, "", 0);
    assert_null(buf_reserve(&b, 1));
    assert_null(buf_take(&b));
    assert_string_equal(b.data, "");
}

static void test_huge_sizes_do_not_wrap(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_append_char(&b, 'x');
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_int_equal(b.failed, STATUS_LIMIT);
    buf_reset(&b);
    buf_append_hex(&b, "x", SIZE_MAX / 2 + 1);
    assert_int_equal(b.failed, STATUS_LIMIT);
    buf_reset(&b);
    buf_append_base64(&b, "x", SIZE_MAX - 1);
    assert_int_equal(b.failed, STATUS_LIMIT);
    buf_release(&b);
}

static void test_reserve_and_commit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    buf_append_str(&b, "head:");
    char *to = buf_reserve(&b, 50000);
    assert_non_null(to);
    assert_int_equal(b.len, 5);
    memcpy(to, "tail", 4);
    buf_commit(&b, 4);
    assert_true(buf_equals(&b, "head:tail"));
    buf_release(&b);
}

static void test_take_hands_over(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_append_str(&b, "mine");
    char *text = buf_take(&b);
    assert_string_equal(text, "mine");
    free(text);
    assert_int_equal(b.len, 0);
    buf_append_str(&b, "again");
    assert_true(buf_equals(&b, "again"));
    buf_release(&b);
}

static void test_hex_and_base64(void **state)
{
    (void)state;
    /* RFC 4648, section 10 */
    static const char *const base64[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                         "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    struct buf b;
    buf_init(&b, 100);
    for (size_t len = 0; len <= 6; len++) {
        buf_reset(&b);
        buf_append_base64(&b, "foobar", len);
        assert_string_equal(b.data, base64[len]);
    }
    buf_reset(&b);
    buf_append_base64(&b, "\xfb\xff\xfe", 3);
    assert_string_equal(b.data, "+//+");
    buf_reset(&b);
    buf_append_hex(&b, "\x00\x7f\xa9\xff", 4);
    assert_string_equal(b.data, "007fa9ff");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_is_a_string),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_ceiling_is_exact_and_sticky),
        cmocka_unit_test(test_failed_append_leaves_content),
        cmocka_unit_test(test_huge_sizes_do_not_wrap),
        cmocka_unit_test(test_reserve_and_commit),
        cmocka_unit_test(test_take_hands_over),
        cmocka_unit_test(test_hex_and_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
