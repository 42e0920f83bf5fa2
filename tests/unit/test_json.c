/* SPDX-License-Identifier: MIT */
/* The JSON writer: exact texts, and everything reads back through jansson. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/rng.h"
#include "lib/tool/json.h"
#include "tests/support/unit.h"

static void write_sample(struct json *j)
{
    json_begin_object(j, NULL);
    json_str(j, "status", "done");
    json_u64(j, "bytes", UINT64_MAX);
    json_i64(j, "least", INT64_MIN);
    json_begin_array(j, "list");
    json_bool(j, NULL, true);
    json_write_null(j, NULL);
    json_begin_object(j, NULL);
    json_end(j);
    json_end(j);
    json_begin_array(j, "none");
    json_end(j);
    json_str(j, "absent", NULL);
    json_end(j);
}

static void test_one_line(void **state)
{
    (void)state;
    struct buf out;
    struct json j;
    buf_init(&out, 1000);
    json_init(&j, &out, false);
    write_sample(&j);
    assert_string_equal(out.data,
                        "{\"status\":\"done\",\"bytes\":18446744073709551615,"
                        "\"least\":-9223372036854775808,\"list\":[true,null,{}],\"none\":[],"
                        "\"absent\":null}");
    buf_release(&out);
}

static void test_micro(void **state)
{
    (void)state;
    struct buf out;
    struct json j;
    buf_init(&out, 1000);
    json_init(&j, &out, false);
    json_begin_array(&j, NULL);
    json_micro(&j, NULL, 0);
    json_micro(&j, NULL, 1500000);
    json_micro(&j, NULL, -1);
    json_micro(&j, NULL, INT64_MAX);
    json_micro(&j, NULL, INT64_MIN);
    json_end(&j);
    assert_string_equal(out.data, "[0.000000,1.500000,-0.000001,9223372036854.775807,"
                                  "-9223372036854.775808]");
    buf_release(&out);
}

static void test_pretty(void **state)
{
    (void)state;
    struct buf out;
    struct json j;
    buf_init(&out, 1000);
    json_init(&j, &out, true);
    write_sample(&j);
    assert_string_equal(out.data, "{\n"
                                  "  \"status\": \"done\",\n"
                                  "  \"bytes\": 18446744073709551615,\n"
                                  "  \"least\": -9223372036854775808,\n"
                                  "  \"list\": [\n"
                                  "    true,\n"
                                  "    null,\n"
                                  "    {}\n"
                                  "  ],\n"
                                  "  \"none\": [],\n"
                                  "  \"absent\": null\n"
                                  "}");
    buf_release(&out);
}

static void assert_string_written(const char *value, const char *want)
{
    struct buf out;
    struct json j;
    buf_init(&out, 1000);
    json_init(&j, &out, false);
    json_str(&j, NULL, value);
    assert_string_equal(out.data, want);
    buf_release(&out);
}

#define BAD "\xEF\xBF\xBD"

static void test_strings(void **state)
{
    (void)state;
    assert_string_written("", "\"\"");
    assert_string_written("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    assert_string_written("\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    assert_string_written("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                          "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    assert_string_written("a\xff"
                          "b",
                          "\"a" BAD "b\"");
    assert_string_written("\xc0\xaf", "\"" BAD BAD "\"");                 /* overlong */
    assert_string_written("\xe0\x80\xaf", "\"" BAD BAD BAD "\"");         /* overlong */
    assert_string_written("\xed\xa0\x80", "\"" BAD BAD BAD "\"");         /* surrogate */
    assert_string_written("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""); /* past U+10FFFF */
    assert_string_written("\xe2\x82", "\"" BAD BAD "\"");                 /* cut short */
    assert_string_written("\xf0\x9f\x98", "\"" BAD BAD BAD "\"");
}

/* Whatever the bytes, jansson, which is strict about UTF-8, takes the document. */
static void test_any_bytes_are_valid(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 4);
    for (int round = 0; round < 2000; round++) {
        char text[33];
        size_t len = (size_t)rng_below(&r, 32);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)(1 + rng_below(&r, 255));
        text[len] = '\0';
        struct buf out;
        struct json j;
        buf_init(&out, 1000);
        json_init(&j, &out, round % 2);
        json_begin_object(&j, NULL);
        json_str(&j, text, text);
        json_end(&j);
        json_error_t why;
        json_t *parsed = json_loads(out.data, 0, &why);
        if (!parsed)
            fail_msg("%s: %s", why.text, out.data);
        json_decref(parsed);
        buf_release(&out);
    }
}

static double written_and_read(double value, char text[64])
{
    struct buf out;
    struct json j;
    buf_init(&out, 63);
    json_init(&j, &out, false);
    json_f64(&j, NULL, value);
    memcpy(text, out.data, out.len + 1);
    buf_release(&out);
    json_t *parsed = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(parsed);
    double back = json_number_value(parsed);
    json_decref(parsed);
    return back;
}

static void test_doubles(void **state)
{
    (void)state;
    char text[64];
    struct rng r;
    rng_seed(&r, 6);
    for (int i = 0; i < 2000; i++) {
        const double value = rng_normal(&r) * pow(10, (double)rng_below(&r, 200) - 100);
        assert_true(written_and_read(value, text) == value);
    }
    assert_true(written_and_read(DBL_MAX, text) == DBL_MAX);
    written_and_read(0.1, text);
    assert_string_equal(text, "0.1");
    written_and_read(3, text);
    assert_string_equal(text, "3");
    written_and_read(1.0 / 3, text);
    assert_string_equal(text, "0.3333333333333333");
    written_and_read(NAN, text);
    assert_string_equal(text, "null");
    written_and_read(-INFINITY, text);
    assert_string_equal(text, "null");
}

static void test_failure_sticks(void **state)
{
    (void)state;
    struct buf out;
    struct json j;
    struct error err;
    buf_init(&out, 1000);
    json_init(&j, &out, false);
    for (int i = 0; i < JSON_DEPTH_MAX + 5; i++)
        json_begin_array(&j, NULL);
    for (int i = 0; i < JSON_DEPTH_MAX + 5; i++)
        json_end(&j);
    assert_status(STATUS_LIMIT, buf_status(&out, "JSON", &err), &err);
    buf_release(&out);
    buf_init(&out, 10);
    json_init(&j, &out, false);
    write_sample(&j);
    assert_status(STATUS_LIMIT, buf_status(&out, "JSON", &err), &err);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_micro),
        cmocka_unit_test(test_pretty),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_any_bytes_are_valid),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_failure_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
