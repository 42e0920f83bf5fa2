/* SPDX-License-Identifier: MIT */
/* Dates: the calendar over two eras, formats and their steps, time stamps. */
#include <string.h>

#include "lib/base/date.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct civil_hour hour_of(const char *text)
{
    struct civil_hour h;
    struct error err;
    assert_ok(date_parse(text, &h, &err), &err);
    return h;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Counts days the way people do, and wants the arithmetic to agree on each of them. */
static void test_calendar_agrees_with_counting(void **state)
{
    (void)state;
    int64_t day = hour_of("1601-01-01").hours / 24;
    for (int year = 1601; year <= 2401; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int d = 1; d <= month_days(year, month); d++, day++) {
                struct civil want = {year, month, d, (int)(((day % 24) + 24) % 24)};
                struct civil_hour h = {day * 24 + want.hour};
                struct civil got = civil_from_hour(h);
                assert_true(civil_to_hour(want).hours == h.hours);
                assert_true(got.year == year && got.month == month && got.day == d &&
                            got.hour == want.hour);
            }
            assert_true(civil_is_valid((struct civil){year, month, month_days(year, month), 23}));
            assert_false(
                civil_is_valid((struct civil){year, month, month_days(year, month) + 1, 0}));
        }
    }
}

static void test_known_days(void **state)
{
    (void)state;
    assert_int_equal(hour_of("1970-01-01").hours, 0);
    assert_int_equal(hour_of("1970-01-01T01").hours, 1);
    assert_int_equal(hour_of("1969-12-31T23").hours, -1);
    assert_int_equal(hour_of("2000-03-01").hours / 24, 11017);
    assert_int_equal(hour_of("9999-12-31").hours / 24, 2932896);
    assert_int_equal(hour_of("0001-01-01").hours / 24, -719162);
    assert_int_equal(civil_hour_from_wall((struct wall){-1}).hours, -1);
    assert_int_equal(civil_hour_from_wall((struct wall){3600 * NS_PER_S}).hours, 1);
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2024",       "2024-1-14",      "2024-01-14 ",  " 2024-01-14",
        "2024-01-1x", "2024/01/14", "2024-01-14T",    "2024-01-14T5", "2024-01-14T24",
        "2023-02-29", "2024-02-30", "2024-13-01",     "2024-00-01",   "2024-01-00",
        "0000-01-01", "-024-01-01", "2024-01-14T05Z", "20240114",     "2024-01-14T05:00",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct civil_hour h = {12345};
        struct error err = {0};
        assert_status(STATUS_INVALID, date_parse(bad[i], &h, &err), &err);
        assert_int_equal(h.hours, 12345);
        assert_non_null(strstr(err.text, bad[i]));
    }
}

static void test_iso_round_trip(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 64);
    for (int64_t hours = -17000; hours < 500000; hours += 37) {
        struct civil_hour h = {hours};
        buf_reset(&b);
        date_append_iso(&b, h, true);
        assert_int_equal(hour_of(b.data).hours, hours);
        buf_reset(&b);
        date_append_iso(&b, h, false);
        assert_int_equal(hour_of(b.data).hours, civil_add_days(h, 0).hours);
    }
    buf_release(&b);
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        enum date_step step;
        const char *hour; /* of which the text is */
        const char *text;
    } table[] = {
        {"%Y/%m/%d", DATE_STEP_DAY, "2024-01-04T05", "2024/01/04"},
        {"%Y/%m/%d/%H", DATE_STEP_HOUR, "2024-01-04T05", "2024/01/04/05"},
        {"year=%Y/month=%-m/day=%-d", DATE_STEP_DAY, "2024-01-04", "year=2024/month=1/day=4"},
        {"%Y-%j", DATE_STEP_DAY, "2024-12-31", "2024-366"},
        {"%Y-%j", DATE_STEP_DAY, "2023-01-01", "2023-001"},
        {"%y%m", DATE_STEP_MONTH, "2009-11-30", "0911"},
        {"%Y", DATE_STEP_YEAR, "0987-11-30", "0987"},
        {"%H%%%-H", DATE_STEP_HOUR, "2024-01-04T05", "05%5"},
        {"constant", DATE_STEP_YEAR, "2024-01-04", "constant"},
        {"", DATE_STEP_YEAR, "2024-01-04", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        enum date_step step;
        struct error err;
        assert_ok(date_format_check(table[i].format, &step, &err), &err);
        assert_int_equal(step, table[i].step);
        struct buf b;
        buf_init(&b, 256);
        date_format_append(&b, table[i].format, hour_of(table[i].hour));
        assert_string_equal(b.data, table[i].text);
        buf_release(&b);
    }
}

static void test_formats_refused(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *named;
    } table[] = {
        {"%Y/%B", "%B "}, {"%Y-%", "% "},      {"%-", "%- "},   {"%-Y", "%-Y "},
        {"%-j", "%-j "},  {"%Y%m%d%M", "%M "}, {"%E%Y", "%E "},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        enum date_step step = DATE_STEP_MONTH;
        struct error err = {0};
        assert_status(STATUS_INVALID, date_format_check(table[i].format, &step, &err), &err);
        assert_int_equal(step, DATE_STEP_MONTH);
        assert_non_null(strstr(err.text, table[i].named));
    }
    char longest[DATE_FORMAT_MAX + 2];
    memset(longest, 'x', sizeof longest - 1);
    longest[DATE_FORMAT_MAX + 1] = '\0';
    enum date_step step;
    struct error err;
    assert_status(STATUS_INVALID, date_format_check(longest, &step, &err), &err);
    longest[DATE_FORMAT_MAX] = '\0';
    assert_ok(date_format_check(longest, &step, &err), &err);
}

/* Of any hour: floor <= h < next; the floor is its own; next begins where the step ends. */
static void test_steps_tile_time(void **state)
{
    (void)state;
    for (int64_t hours = -200000; hours < 600000; hours += 101) {
        struct civil_hour h = {hours};
        for (int s = DATE_STEP_HOUR; s <= DATE_STEP_YEAR; s++) {
            enum date_step step = (enum date_step)s;
            struct civil_hour floor = date_step_floor(step, h);
            struct civil_hour next = date_step_next(step, h);
            assert_true(floor.hours <= hours && hours < next.hours);
            assert_true(date_step_floor(step, floor).hours == floor.hours);
            assert_true(date_step_floor(step, next).hours == next.hours);
            struct civil_hour last = {next.hours - 1};
            assert_true(date_step_floor(step, last).hours == floor.hours);
        }
    }
    assert_int_equal(date_step_next(DATE_STEP_MONTH, hour_of("2024-12-31T23")).hours,
                     hour_of("2025-01-01").hours);
    assert_int_equal(civil_add_days(hour_of("2024-02-28T13"), 2).hours,
                     hour_of("2024-03-01").hours);
    assert_int_equal(civil_add_days(hour_of("1970-01-01T13"), -1).hours,
                     hour_of("1969-12-31").hours);
}

static void test_stamps_known(void **state)
{
    (void)state;
    static const struct {
        int64_t unix_s;
        const char *http, *iso, *amz;
    } table[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z", "19700101T000000Z"},
        {-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59.000Z", "19691231T235959Z"},
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z",
         "19941106T084937Z"}, /* RFC 9110, 5.6.7 */
        {1369353600, "Fri, 24 May 2013 00:00:00 GMT", "2013-05-24T00:00:00.000Z",
         "20130524T000000Z"},
    };
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < COUNT(table); i++) {
        int64_t got;
        struct error err;
        buf_reset(&b);
        date_append_http(&b, table[i].unix_s);
        assert_string_equal(b.data, table[i].http);
        assert_ok(date_parse_http(b.data, &got, &err), &err);
        assert_int_equal(got, table[i].unix_s);
        buf_reset(&b);
        date_append_iso8601(&b, table[i].unix_s);
        assert_string_equal(b.data, table[i].iso);
        assert_ok(date_parse_iso8601(b.data, &got, &err), &err);
        assert_int_equal(got, table[i].unix_s);
        char amz[17];
        date_format_amz(amz, table[i].unix_s);
        assert_string_equal(amz, table[i].amz);
        assert_ok(date_parse_amz(amz, &got, &err), &err);
        assert_int_equal(got, table[i].unix_s);
    }
    buf_release(&b);
}

static void test_stamps_round_trip(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 64);
    for (int64_t t = -3000000000; t < 9000000000; t += 86399 * 41) {
        int64_t got = 0;
        struct error err;
        buf_reset(&b);
        date_append_http(&b, t);
        assert_ok(date_parse_http(b.data, &got, &err), &err);
        assert_true(got == t);
        char amz[17];
        date_format_amz(amz, t);
        assert_ok(date_parse_amz(amz, &got, &err), &err);
        assert_true(got == t);
    }
    buf_release(&b);
}

static void test_iso8601_fraction_is_optional(void **state)
{
    (void)state;
    int64_t got;
    struct error err;
    assert_ok(date_parse_iso8601("2013-05-24T00:00:01Z", &got, &err), &err);
    assert_int_equal(got, 1369353601);
    assert_ok(date_parse_iso8601("2013-05-24T00:00:01.123456789Z", &got, &err), &err);
    assert_int_equal(got, 1369353601);
}

static void test_scan(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *text;
        size_t used; /* 0: does not read */
        const char *first;
        int64_t hours; /* of the period; 0: no period */
    } table[] = {
        {"%Y/%m/%d", "2024/02/29", 10, "2024-02-29T00", 24},
        {"%Y/%m/%d", "2023/02/29", 10, "", 0},
        {"%Y/%m/%d", "2024/2/29", 0, "", 0},
        {"%Y/%m/%d/", "2024/02/29", 0, "", 0},
        {"%Y-%m-%d", "2024-02-29-a.json", 10, "2024-02-29T00", 24},
        {"%Y/", "2024/02/", 5, "2024-01-01T00", 366 * 24},
        {"%Y/%m/", "2023/02/", 8, "2023-02-01T00", 28 * 24},
        {"%m/", "02/", 3, "", 0},
        {"%m/%Y", "02/2023", 7, "2023-02-01T00", 28 * 24},
        {"%Y/%m", "2023/13", 0, "", 0},
        {"%Y/%m", "2023/00", 0, "", 0},
        {"%Y-%j", "2024-366", 8, "2024-12-31T00", 24},
        {"%Y-%j", "2023-366", 8, "", 0},
        {"%Y-%j-%m", "2024-032-02", 11, "2024-02-01T00", 24},
        {"%Y-%j-%m", "2024-032-03", 11, "", 0},
        {"%y%m%d", "690101", 6, "1969-01-01T00", 24},
        {"%y%m%d", "680101", 6, "2068-01-01T00", 24},
        {"%Y-%-m-%-d/", "2024-1-7/", 9, "2024-01-07T00", 24},
        {"%Y-%-m-%-d/", "2024-01-7/", 0, "", 0},
        {"%Y%%%m", "2024%05", 7, "2024-05-01T00", 31 * 24},
        {"y=%Y/h=%H/d=%d/m=%m", "y=2024/h=23/d=31/m=12", 21, "2024-12-31T23", 1},
        {"%Y/%H", "2024/24", 0, "", 0},
        {"%Y/%m/%Y-%m", "2024/05/2024-05", 15, "2024-05-01T00", 31 * 24},
        {"%Y/%m/%Y-%m", "2024/05/2024-06", 0, "", 0},
        {"%Y", "0000", 0, "", 0},
        {"%Y", "202", 0, "", 0},
        {"", "x", 0, "", 0},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct date_fields fields;
        struct date_period period;
        size_t used = 0;
        const bool reads = date_format_scan(table[i].format, table[i].text, &fields, &used);
        assert_int_equal(reads ? used : 0, table[i].used);
        if (table[i].used == 0)
            continue;
        assert_int_equal(date_fields_period(&fields, &period), table[i].hours != 0);
        if (table[i].hours == 0)
            continue;
        struct buf first;
        buf_init(&first, 64);
        date_append_iso(&first, period.first, true);
        assert_string_equal(first.data, table[i].first);
        assert_int_equal(period.next.hours - period.first.hours, table[i].hours);
        buf_release(&first);
    }
}

/* What a clear and complete format writes, it reads back. */
static void test_scan_reads_what_is_written(void **state)
{
    (void)state;
    static const char *const formats[] = {"%Y/%m/%d", "%Y%m%d%H", "%Y-%j",  "%Y/%-m/%-d/%-H/",
                                          "%d.%m.%Y", "%Y/%m",    "a%%b%Y", "%H/%d/%m/%Y/%j"};
    for (size_t i = 0; i < COUNT(formats); i++) {
        enum date_step step;
        assert_ok(date_format_check(formats[i], &step, NULL), NULL);
        assert_ok(date_format_check_clear(formats[i], NULL), NULL);
        assert_ok(date_format_check_complete(formats[i], NULL), NULL);
        for (int64_t h = 0; h < 500000; h += 977) {
            struct buf text;
            struct date_fields fields;
            struct date_period period;
            size_t used;
            buf_init(&text, 256);
            date_format_append(&text, formats[i], (struct civil_hour){h});
            assert_true(date_format_scan(formats[i], text.data, &fields, &used));
            assert_int_equal(used, text.len);
            assert_true(date_fields_period(&fields, &period));
            assert_int_equal(period.first.hours,
                             date_step_floor(step, (struct civil_hour){h}).hours);
            buf_release(&text);
        }
    }
}

static void test_unclear_and_incomplete_formats(void **state)
{
    (void)state;
    static const char *const unclear[] = {"%-d", "%Y%-m%d", "%-m%-d/", "%-H0"};
    static const char *const incomplete[] = {"%m/%d", "%Y/%d", "%Y/%H", "%Y/%m/%H", "%H"};
    struct error err;
    for (size_t i = 0; i < COUNT(unclear); i++)
        assert_status(STATUS_INVALID, date_format_check_clear(unclear[i], &err), &err);
    for (size_t i = 0; i < COUNT(incomplete); i++)
        assert_status(STATUS_INVALID, date_format_check_complete(incomplete[i], &err), &err);
    assert_ok(date_format_check_clear("%-m-%-d/%%", &err), &err);
}

typedef enum status parse_fn(const char *text, int64_t *unix_s, struct error *err);

static void test_stamps_refused(void **state)
{
    (void)state;
    static const struct {
        parse_fn *parse;
        const char *text;
    } table[] = {
        {date_parse_iso8601, "2013-05-24T00:00:00"},
        {date_parse_iso8601, "2013-05-24T00:00:00.Z"},
        {date_parse_iso8601, "2013-05-24T00:00:00+00:00"},
        {date_parse_iso8601, "2013-05-24T24:00:00Z"},
        {date_parse_iso8601, "2013-05-24T00:60:00Z"},
        {date_parse_iso8601, "2013-05-24T00:00:60Z"},
        {date_parse_iso8601, "2013-02-29T00:00:00Z"},
        {date_parse_iso8601, "2013-05-24T00:00:00ZZ"},
        {date_parse_http, ""},
        {date_parse_http, "Fri, 24 May 2013 00:00:00 UTC"},
        {date_parse_http, "Friday, 24-May-13 00:00:00 GMT"},
        {date_parse_http, "Fri, 24 Mai 2013 00:00:00 GMT"},
        {date_parse_http, "Fri, 4 May 2013 00:00:00 GMT"},
        {date_parse_http, "Fri, 24 May 2013 00:00:00 GMT "},
        {date_parse_http, "Sat, 31 Feb 2013 00:00:00 GMT"},
        {date_parse_amz, "20130524T000000"},
        {date_parse_amz, "2013-05-24T00:00:00Z"},
        {date_parse_amz, "20130524T000000Z "},
        {date_parse_amz, "20130524T236000Z"},
        {date_parse_amz, "20131324T000000Z"},
        {date_parse_amz, "2013052"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        int64_t got = 77;
        struct error err = {0};
        assert_status(STATUS_INVALID, table[i].parse(table[i].text, &got, &err), &err);
        assert_int_equal(got, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar_agrees_with_counting),
        cmocka_unit_test(test_known_days),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_iso_round_trip),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_formats_refused),
        cmocka_unit_test(test_steps_tile_time),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_scan_reads_what_is_written),
        cmocka_unit_test(test_unclear_and_incomplete_formats),
        cmocka_unit_test(test_stamps_known),
        cmocka_unit_test(test_stamps_round_trip),
        cmocka_unit_test(test_iso8601_fraction_is_optional),
        cmocka_unit_test(test_stamps_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
