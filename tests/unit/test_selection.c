/* SPDX-License-Identifier: MIT */
/* selection - dates to partitions, and outputs that would be eaten. */
#include <stdlib.h>
#include <string.h>

#include "compactor/selection.h"
#include "tests/support/unit.h"

#define NOON_2024_03_01 INT64_C(1709294400)

static struct selection_options options(const char *source, const char *destination)
{
    struct selection_options o = {.sources = {{.bucket = "b"}},
                                  .source_count = 1,
                                  .destination = {.bucket = "b"},
                                  .date_format = "%Y/%m/%d",
                                  .days = 30,
                                  .now = {NOON_2024_03_01 * NS_PER_S},
                                  .part_count = 1};
    memcpy(o.sources[0].key, source, strlen(source) + 1);
    memcpy(o.destination.key, destination, strlen(destination) + 1);
    return o;
}

static void expect_name(const struct selection *s, uint64_t i, const char *date, const char *prefix,
                        const char *dir)
{
    struct partition_name name;
    struct error err;
    assert_int_equal(selection_get(s, i, &name, &err), STATUS_OK);
    assert_string_equal(name.date, date);
    assert_string_equal(name.source_prefix, prefix);
    assert_string_equal(name.destination_dir, dir);
}

static void test_days(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct selection_options o = options("in/", "out/");
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 30);
    expect_name(&s, 0, "2024-01-31", "in/2024/01/31/", "out/2024/01/31");
    expect_name(&s, 29, "2024-02-29", "in/2024/02/29/", "out/2024/02/29");
    o.days = 0;
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 0);
}

static void test_range_is_inclusive(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct selection_options o = options("", "out/");
    o.from = "2023-12-31";
    o.to = "2024-01-01";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 2);
    expect_name(&s, 1, "2024-01-01", "2024/01/01/", "out/2024/01/01");
    o.to = "2023-12-30";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_INVALID);
    o.to = NULL;
    assert_int_equal(selection_init(&s, &o, &err), STATUS_INVALID);
}

static void test_steps(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct selection_options o = options("in/", "out/");
    o.from = "2023-11-15";
    o.to = "2024-02-02";
    o.date_format = "%Y/%m";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 4); /* each month once */
    expect_name(&s, 0, "2023-11", "in/2023/11/", "out/2023/11");
    expect_name(&s, 3, "2024-02", "in/2024/02/", "out/2024/02");
    o.date_format = "y=%Y";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 2);
    o.date_format = "%Y/%m/%d/%H";
    o.from = o.to = "2024-02-02";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 24);
    expect_name(&s, 23, "2024-02-02T23", "in/2024/02/02/23/", "out/2024/02/02/23");
    o.date_format = "%Y-%B";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_INVALID);
}

static void test_shares_cover_all_once(void **state)
{
    (void)state;
    struct error err;
    struct selection_options o = options("in/", "out/");
    o.days = 31;
    unsigned seen[32] = {0};
    for (o.part_count = 7, o.part_index = 0; o.part_index < 7; o.part_index++) {
        struct selection s;
        assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
        for (uint64_t i = 0; i < selection_count(&s); i++) {
            struct partition_name name;
            assert_int_equal(selection_get(&s, i, &name, &err), STATUS_OK);
            const int month = (name.date[5] - '0') * 10 + name.date[6] - '0';
            const int day = (name.date[8] - '0') * 10 + name.date[9] - '0';
            seen[month == 1 ? day - 30 : day + 1]++;
        }
    }
    for (int i = 0; i < 31; i++)
        assert_int_equal(seen[i], 1);
}

static void test_own_outputs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        const char *destination;
        enum status status;
    } cases[] = {
        {"in/", "out/", STATUS_OK},
        {"in/", "in/", STATUS_INVALID}, /* each under itself */
        {"", "", STATUS_INVALID},
        {"", "2024/02/10/", STATUS_INVALID}, /* all under one other date */
        {"in/", "in/2024/02/10/joined/", STATUS_INVALID},
        {"in/", "in/daily/", STATUS_OK},      /* elsewhere in the same bucket */
        {"in/", "in/2022/02/10/", STATUS_OK}, /* under a date that is not selected */
        {"in/raw/", "in/", STATUS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct selection s;
        struct error err;
        struct selection_options o = options(cases[i].source, cases[i].destination);
        assert_int_equal(selection_init(&s, &o, &err), cases[i].status);
    }
    struct selection s;
    struct error err;
    struct selection_options o = options("in/", "in/");
    memcpy(o.destination.bucket, "other", 6);
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
}

static struct selection_options single(const char *source, const char *destination)
{
    struct selection_options o = options(source, destination);
    o.date_format = NULL;
    return o;
}

static void test_single(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct selection_options o = single("in/2024/01/14/", "out/2024/01/14/");
    assert_int_equal(selection_init_single(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 1);
    expect_name(&s, 0, "", "in/2024/01/14/", "out/2024/01/14");
    o = single("in/2024/01/14/", "in/2024/01/14/");
    assert_int_equal(selection_init_single(&s, &o, &err), STATUS_INVALID);
    o = single("in/2024/01/14/", "");
    assert_int_equal(selection_init_single(&s, &o, &err), STATUS_INVALID);
    o = single("", "out/2024/01/14/");
    assert_int_equal(selection_init_single(&s, &o, &err), STATUS_INVALID);
}

static void test_match_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *source;
        const char *destination;
        enum status status;
    } cases[] = {
        {"%Y-%m-%d", "in/", "out/", STATUS_OK},
        {"%Y-%m-%-d", "in/", "out/", STATUS_INVALID}, /* "-1" begins "-11" */
        {"%Y-%-m-%d", "in/", "out/", STATUS_OK},
        {"%Y%-m%d", "in/", "out/", STATUS_INVALID},
        {"%-m-%-d-", "in/", "out/", STATUS_OK},
        {"%-d0", "in/", "out/", STATUS_INVALID},
        {"%Y-%m-%d", "in/", "in/", STATUS_INVALID}, /* "in/2024-02-01/..." begins like a source */
        {"%Y-%m-%d", "", "out/", STATUS_OK},
        {"%Y-%m-%d", "", "2024-02-10-compacted/", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct selection s;
        struct error err;
        struct selection_options o = options(cases[i].source, cases[i].destination);
        o.match = MATCH_PREFIX;
        o.date_format = cases[i].format;
        assert_int_equal(selection_init(&s, &o, &err), cases[i].status);
    }
    struct selection s;
    struct error err;
    struct selection_options o = options("in/", "out/");
    o.match = MATCH_PREFIX;
    o.date_format = "%Y-%m-%d";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    expect_name(&s, 0, "2024-01-31", "in/2024-01-31", "out/2024-01-31");
}

static void test_digits_after_the_date(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *prefix;
        const char *key;
        enum status status;
    } cases[] = {
        {"%Y-%m-%d", "in/2024-01-31", "in/2024-01-31-a", STATUS_OK},
        {"%Y-%m-%d", "in/2024-01-31", "in/2024-01-31", STATUS_OK},
        {"%Y-%m-%d", "in/2024-01-31", "in/2024-01-315", STATUS_INVALID},
        {"%Y-%m-%d-", "in/2024-01-31-", "in/2024-01-31-5", STATUS_OK},
        {"%Y%m%d", "in/20240131", "in/20240131235959", STATUS_OK},
        {"%Y", "in/2024", "in/20240", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct selection s;
        struct partition_name name;
        struct error err;
        struct selection_options o = options("in/", "out/");
        o.match = MATCH_PREFIX;
        o.date_format = cases[i].format;
        assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
        assert_int_equal(selection_get(&s, 0, &name, &err), STATUS_OK);
        assert_int_equal(selection_check_key(&s, &name, cases[i].prefix, cases[i].key, &err),
                         cases[i].status);
    }
}

static void test_formats_that_mix_dates(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct selection_options o = options("in/", "out/");
    o.date_format = "%Y/%-m%-d"; /* 2024/111: January 11 and November 1 */
    assert_int_equal(selection_init(&s, &o, &err), STATUS_INVALID);
    o.date_format = "%Y/%-m/%-d";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
}

static void add_source(struct selection_options *o, const char *bucket, const char *key)
{
    struct s3_uri *uri = &o->sources[o->source_count++];
    memcpy(uri->bucket, bucket, strlen(bucket) + 1);
    memcpy(uri->key, key, strlen(key) + 1);
}

static void test_several_sources(void **state)
{
    (void)state;
    static const struct {
        const char *bucket;
        const char *key;
        const char *destination;
        enum status status;
    } cases[] = {
        {"b", "also/", "out/", STATUS_OK},
        {"b", "in/", "out/", STATUS_INVALID}, /* the same twice */
        {"other", "in/", "out/", STATUS_OK},
        {"b", "in/2024/02/10/", "out/", STATUS_INVALID}, /* within a partition of the first */
        {"b", "in/raw/", "out/", STATUS_OK},
        {"b", "also/", "also/", STATUS_INVALID}, /* eaten through the second */
        {"other", "", "", STATUS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct selection s;
        struct partition_name name;
        struct error err;
        char prefix[S3_KEY_MAX + 1];
        struct selection_options o = options("in/", cases[i].destination);
        add_source(&o, cases[i].bucket, cases[i].key);
        assert_int_equal(selection_init(&s, &o, &err), cases[i].status);
        if (cases[i].status != STATUS_OK)
            continue;
        assert_int_equal(selection_get(&s, 0, &name, &err), STATUS_OK);
        selection_prefix(&s, &name, 1, prefix);
        assert_memory_equal(prefix, cases[i].key, strlen(cases[i].key));
        assert_string_equal(prefix + strlen(cases[i].key), "2024/01/31/");
    }
}

static struct civil_hour *some_days(size_t count)
{
    struct civil_hour *dates = malloc(count * sizeof *dates);
    assert_non_null(dates);
    for (size_t i = 0; i < count; i++)
        dates[i] = civil_add_days((struct civil_hour){473000}, (int64_t)(3 * i));
    return dates;
}

static void test_discovered_dates(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct selection_options o = options("in/", "out/");
    o.discover = o.any_days = true;
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 0);
    assert_int_equal(s.bounds.next.hours % 24, 0); /* today is not over */
    assert_int_equal(s.bounds.next.hours, NOON_2024_03_01 / 3600 - 12);
    assert_int_equal(selection_set_dates(&s, some_days(5), 5, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 5);
    expect_name(&s, 1, "2023-12-20", "in/2023/12/20/", "out/2023/12/20");
    selection_release(&s);
    o = options("", "");
    o.discover = o.any_days = true;
    assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
    assert_int_equal(selection_set_dates(&s, some_days(5), 5, &err), STATUS_INVALID);
    selection_release(&s);
    o.date_format = "%m/%d";
    assert_int_equal(selection_init(&s, &o, &err), STATUS_INVALID);
}

/* A date belongs to one share whatever else was found with it: machines look at different times. */
static void test_shares_of_discovered_dates(void **state)
{
    (void)state;
    struct error err;
    unsigned seen[2][40] = {{0}};
    for (size_t found = 20; found <= 40; found += 20) {
        struct selection_options o = options("in/", "out/");
        o.discover = o.any_days = true;
        for (o.part_count = 4, o.part_index = 0; o.part_index < 4; o.part_index++) {
            struct selection s;
            assert_int_equal(selection_init(&s, &o, &err), STATUS_OK);
            assert_int_equal(selection_set_dates(&s, some_days(found), found, &err), STATUS_OK);
            for (uint64_t i = 0; i < selection_count(&s); i++) {
                const int64_t day = (s.dates[i].hours - s.dates[0].hours) / 24;
                assert_int_equal(day % 12, 0); /* every third day, every fourth of these */
                seen[found / 20 - 1][(s.dates[i].hours - 472992) / 72]++;
            }
            selection_release(&s);
        }
        for (size_t i = 0; i < found; i++)
            assert_int_equal(seen[found / 20 - 1][i], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_range_is_inclusive),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_shares_cover_all_once),
        cmocka_unit_test(test_own_outputs_are_refused),
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_match_prefix),
        cmocka_unit_test(test_digits_after_the_date),
        cmocka_unit_test(test_formats_that_mix_dates),
        cmocka_unit_test(test_several_sources),
        cmocka_unit_test(test_discovered_dates),
        cmocka_unit_test(test_shares_of_discovered_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
