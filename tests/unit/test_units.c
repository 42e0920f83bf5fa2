/* SPDX-License-Identifier: MIT */
/* Sizes, durations and numbers: what is read, what is refused, what people see. */
#include <math.h>
#include <string.h>

#include "lib/base/units.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } table[] = {
        {"0", 0},
        {"512", 512},
        {"512B", 512},
        {"64k", 65536},
        {"64K", 65536},
        {"64KiB", 65536},
        {"64kB", 64000},
        {"8M", 8388608},
        {"8MiB", 8388608},
        {"8 MiB", 8388608},
        {"8mib", 8388608},
        {"8MB", 8000000},
        {"1.5 GiB", 1610612736},
        {"1.5GB", 1500000000},
        {"0.1k", 102},
        {"2T", UINT64_C(2199023255552)},
        {"1TB", UINT64_C(1000000000000)},
        {"18446744073709551615", UINT64_MAX},
        {"16777215T", UINT64_C(16777215) << 40},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        uint64_t got = 1;
        struct error err;
        assert_ok(size_parse(table[i].text, &got, &err), &err);
        assert_int_equal(got, table[i].bytes);
    }
}

static void test_sizes_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "k",
        "-1",
        "+1",
        "1x",
        "1 k x",
        "1.5",
        "1.",
        ".5k",
        "1..5",
        "1e3",
        "0x10",
        " 512",
        "8 MiBs",
        "8MiB ",
        "1,5k",
        "1.1234567k",
        "1.5B",
        "8MBB",
        "18446744073709551616",
        "16777216T",
        "18446744073709551615k",
        "99999999999999999999999",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t got = 99;
        struct error err = {0};
        assert_status(STATUS_INVALID, size_parse(bad[i], &got, &err), &err);
        assert_int_equal(got, 99);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"0", 0},
        {"0s", 0},
        {"250ms", 250},
        {"30s", 30000},
        {"30 s", 30000},
        {"10m", 600000},
        {"2h", 7200000},
        {"1d", 86400000},
        {"1.5s", 1500},
        {"0.25h", 900000},
        {"9223372036854775807ms", INT64_MAX},
    };
    static const char *const bad[] = {
        "",
        "1",
        "10",
        "s",
        "-1s",
        "1 month",
        "1s ",
        "1sec",
        "9223372036854775808ms",
        "9223372036854775807s",
        "1.s",
    };
    struct error err;
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t got = -1;
        assert_ok(duration_parse(good[i].text, &got, &err), &err);
        assert_int_equal(got, good[i].ms);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t got = -1;
        assert_status(STATUS_INVALID, duration_parse(bad[i], &got, &err), &err);
        assert_int_equal(got, -1);
    }
}

static void test_unsigned(void **state)
{
    (void)state;
    uint64_t got = 5;
    struct error err;
    assert_ok(uint_parse("0", 0, 36500, &got, &err), &err);
    assert_int_equal(got, 0);
    assert_ok(uint_parse("036500", 0, 36500, &got, &err), &err);
    assert_int_equal(got, 36500);
    assert_ok(uint_parse("18446744073709551615", 0, UINT64_MAX, &got, &err), &err);
    assert_true(got == UINT64_MAX);

    static const struct {
        const char *text;
        const char *error;
    } bad[] = {
        {"x", "\"x\" is not a whole number (expected 1 to 36500)"},
        {"", "\"\" is not a whole number (expected 1 to 36500)"},
        {"-1", "\"-1\" is not a whole number (expected 1 to 36500)"},
        {"1 ", "\"1 \" is not a whole number (expected 1 to 36500)"},
        {"1.0", "\"1.0\" is not a whole number (expected 1 to 36500)"},
        {"0", "0 is out of range (expected 1 to 36500)"},
        {"36501", "36501 is out of range (expected 1 to 36500)"},
        {"18446744073709551617", "18446744073709551617 is out of range (expected 1 to 36500)"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        got = 5;
        assert_status(STATUS_INVALID, uint_parse(bad[i].text, 1, 36500, &got, &err), &err);
        assert_string_equal(err.text, bad[i].error);
        assert_int_equal(got, 5);
    }
    assert_status(STATUS_INVALID, uint_parse("x", 3, UINT64_MAX, &got, &err), &err);
    assert_string_equal(err.text, "\"x\" is not a whole number (expected 3 or more)");
}

static void test_signed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"-12", -12},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {
        "", "-", "--1", "+1", "1x", "9223372036854775808", "-9223372036854775809", " 1",
    };
    struct error err;
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t got = 5;
        assert_ok(int_parse(good[i].text, INT64_MIN, INT64_MAX, &got, &err), &err);
        assert_true(got == good[i].value);
    }
    int64_t got = 5;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_status(STATUS_INVALID, int_parse(bad[i], INT64_MIN, INT64_MAX, &got, &err), &err);
    assert_status(STATUS_INVALID, int_parse("-3", -2, 2, &got, &err), &err);
    assert_string_equal(err.text, "-3 is out of range (expected -2 to 2)");
    assert_int_equal(got, 5);
}

static void test_sizes_written(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } table[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {3449999, "3.4 MB"},
        {99949, "99.9 kB"},
        {99950, "100 kB"},
        {999499, "999 kB"},
        {999500, "1.0 MB"},
        {1200000000, "1.2 GB"},
        {UINT64_C(999500000000000000), "1.0 EB"},
        {UINT64_MAX, "18.4 EB"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct buf b;
        buf_init(&b, 32);
        size_append(&b, table[i].bytes);
        assert_string_equal(b.data, table[i].text);
        buf_release(&b);
    }
}

static void test_counts_written(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 128);
    count_append(&b, 0);
    buf_append_char(&b, ' ');
    count_append(&b, 999);
    buf_append_char(&b, ' ');
    count_append(&b, 1000);
    buf_append_char(&b, ' ');
    count_append(&b, 12345678);
    buf_append_char(&b, ' ');
    count_append(&b, UINT64_MAX);
    assert_string_equal(b.data, "0 999 1,000 12,345,678 18,446,744,073,709,551,615");
    buf_release(&b);
}

static void test_durations_written(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } table[] = {
        {0, "0 ms"},           {0.84, "840 ms"},         {0.9996, "1.0 s"},
        {4.2, "4.2 s"},        {59.94, "59.9 s"},        {59.96, "1 min 00 s"},
        {185, "3 min 05 s"},   {3599.4, "59 min 59 s"},  {3599.6, "1 h 00 min"},
        {7440, "2 h 04 min"},  {360000, "100 h 00 min"}, {-1, "unknown"},
        {INFINITY, "unknown"}, {NAN, "unknown"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct buf b;
        buf_init(&b, 32);
        duration_append_s(&b, table[i].seconds);
        assert_string_equal(b.data, table[i].text);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_sizes_refused),
        cmocka_unit_test(test_durations),      cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_signed),         cmocka_unit_test(test_sizes_written),
        cmocka_unit_test(test_counts_written), cmocka_unit_test(test_durations_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
