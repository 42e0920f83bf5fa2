/* SPDX-License-Identifier: MIT */
/* newline - final newlines of text and of real gzip made by zlib. */
#include <string.h>
#include <zlib.h>

#include "compactor/newline.h"
#include "tests/support/unit.h"

static size_t gzip(const char *text, uint8_t *out, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)strlen(text);
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    const size_t len = z.total_out;
    deflateEnd(&z);
    return len;
}

/* Feeds in steps and tells whether a newline is missing. */
static bool missing(enum newline_kind kind, const void *data, size_t len, size_t step)
{
    struct newline *n;
    bool result = false;
    assert_int_equal(newline_new(kind, &n, NULL), STATUS_OK);
    for (size_t at = 0; at < len; at += step)
        assert_int_equal(
            newline_feed(n, (const uint8_t *)data + at, len - at < step ? len - at : step, NULL),
            STATUS_OK);
    assert_int_equal(newline_end(n, &result, NULL), STATUS_OK);
    newline_free(n);
    return result;
}

static void test_text(void **state)
{
    (void)state;
    assert_false(missing(NEWLINE_TEXT, "a\n", 2, 2));
    assert_true(missing(NEWLINE_TEXT, "a\nb", 3, 1));
    assert_false(missing(NEWLINE_TEXT, "", 0, 1));
    assert_true(missing(NEWLINE_COUNTED, "x", 1, 1));
    assert_false(missing(NEWLINE_IGNORED, "x", 1, 1));
}

static void test_gzip_members(void **state)
{
    (void)state;
    uint8_t data[400];
    size_t len = gzip("one\n", data, sizeof data);
    assert_false(missing(NEWLINE_GZIP, data, len, 1));
    len += gzip("two", data + len, sizeof data - len);
    assert_true(missing(NEWLINE_GZIP, data, len, len));
    assert_true(missing(NEWLINE_GZIP, data, len, 1));
    len += gzip("", data + len, sizeof data - len); /* an empty member changes nothing */
    assert_true(missing(NEWLINE_GZIP, data, len, 3));
}

static void test_broken_gzip(void **state)
{
    (void)state;
    uint8_t data[100];
    bool result;
    struct newline *n;
    const size_t len = gzip("cut short\n", data, sizeof data);
    assert_int_equal(newline_new(NEWLINE_GZIP, &n, NULL), STATUS_OK);
    assert_int_equal(newline_feed(n, data, len - 1, NULL), STATUS_OK);
    assert_int_equal(newline_end(n, &result, NULL), STATUS_PROTOCOL);
    newline_free(n);
    assert_int_equal(newline_new(NEWLINE_GZIP, &n, NULL), STATUS_OK);
    assert_int_equal(newline_feed(n, "not gzip at all", 15, NULL), STATUS_PROTOCOL);
    newline_free(n);
}

static void test_added_member_is_a_newline(void **state)
{
    (void)state;
    size_t len;
    const uint8_t *bytes = newline_bytes(NEWLINE_GZIP, &len);
    z_stream z = {0};
    char out[8];
    assert_true(len <= NEWLINE_ADDED_MAX);
    assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out;
    z.avail_out = sizeof out;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, 1);
    assert_int_equal(out[0], '\n');
    assert_int_equal(z.avail_in, 0);
    inflateEnd(&z);
    assert_null(newline_bytes(NEWLINE_COUNTED, &len));
    assert_int_equal(len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_gzip_members),
        cmocka_unit_test(test_broken_gzip),
        cmocka_unit_test(test_added_member_is_a_newline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
