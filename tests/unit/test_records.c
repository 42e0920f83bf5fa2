/* SPDX-License-Identifier: MIT */
/* records, config: what is written reads back, and what is not ours is refused. */
#include "compactor/safe/records.h"

#include <stdio.h>
#include <string.h>

#include "compactor/safe/config.h"
#include "tests/support/unit.h"

#define TOKEN    "0123456789abcdef0123456789abcdef"
#define MANIFEST "00000000000000000000000000000000000000000000000000000000000000aa"

static void a_sum_reads_back(void **state)
{
    (void)state;
    struct buf text;
    struct error err;
    struct sum_record got;
    const struct sum_record sum = {.bytes = 1234, .sha256 = {1, 2, 3}};
    buf_init(&text, RECORD_TEXT_MAX);
    sum_record_write(&sum, TOKEN, MANIFEST, &text);
    assert_ok(sum_record_read(text.data, text.len, TOKEN, MANIFEST, &got, &err), &err);
    assert_int_equal(got.bytes, 1234);
    assert_memory_equal(got.sha256, sum.sha256, sizeof sum.sha256);
    assert_status(STATUS_PROTOCOL,
                  sum_record_read(text.data, text.len, TOKEN, "another", &got, &err), &err);
    assert_status(STATUS_PROTOCOL,
                  sum_record_read(text.data, text.len, "another", MANIFEST, &got, &err), &err);
    for (size_t len = 0; len + 1 < text.len; len++)
        assert_status(STATUS_PROTOCOL, sum_record_read(text.data, len, TOKEN, MANIFEST, &got, &err),
                      &err);
    buf_release(&text);
}

static void strange_sums_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"schema\":\"s3-compact-sum/2\"}",
        "{\"schema\":\"s3-compact-sum/1\",\"token\":\"" TOKEN "\",\"manifest\":\"" MANIFEST
        "\",\"bytes\":-1,\"sha256\":\"" MANIFEST "\"}",
        "{\"schema\":\"s3-compact-sum/1\",\"token\":\"" TOKEN "\",\"manifest\":\"" MANIFEST
        "\",\"bytes\":1,\"sha256\":\"00\"}",
        "{\"schema\":\"s3-compact-sum/1\",\"token\":\"" TOKEN "\",\"manifest\":\"" MANIFEST
        "\",\"bytes\":1,\"bytes\":2,\"sha256\":\"" MANIFEST "\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sum_record got;
        struct error err;
        assert_status(STATUS_PROTOCOL,
                      sum_record_read(texts[i], strlen(texts[i]), TOKEN, MANIFEST, &got, &err),
                      &err);
    }
}

static void configurations(void **state)
{
    (void)state;
    struct buf text;
    struct error err;
    struct config read;
    const struct config c = {"s3://logs/raw/", "%Y/%m/%d", "partition", "known"};
    buf_init(&text, RECORD_TEXT_MAX);
    config_write(&c, &text);
    assert_ok(config_read(text.data, text.len, &read, &err), &err);
    assert_ok(config_compare(&read, &c, &err), &err);
    struct config other = c;
    snprintf(other.date_format, sizeof other.date_format, "%%Y-%%m");
    assert_status(STATUS_INVALID, config_compare(&read, &other, &err), &err);
    assert_non_null(strstr(err.text, "--date-format \"%Y/%m/%d\", and this run has \"%Y-%m\""));
    other = c;
    other.source[5] = 'x';
    assert_status(STATUS_INVALID, config_compare(&read, &other, &err), &err);
    assert_non_null(strstr(err.text, "SRC"));
    other = c;
    other.date_format[0] = '\0'; /* a single partition: null in the text */
    buf_reset(&text);
    config_write(&other, &text);
    assert_non_null(strstr(text.data, "\"date_format\":null"));
    assert_ok(config_read(text.data, text.len, &read, &err), &err);
    assert_string_equal(read.date_format, "");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_reads_back),
        cmocka_unit_test(strange_sums_are_refused),
        cmocka_unit_test(configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
