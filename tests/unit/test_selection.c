/* SPDX-License-Identifier: MIT */
/* selection - dates to partitions, and outputs that would be eaten. */
#include <string.h>

#include "compactor/selection.h"
#include "tests/support/unit.h"

#define NOON_2024_03_01 INT64_C(1709294400)

static struct selection_options options(const char *source, const char *destination)
{
    struct selection_options o = {.source = {.bucket = "b"},
                                  .destination = {.bucket = "b"},
                                  .date_format = "%Y/%m/%d",
                                  .days = 30,
                                  .now = {NOON_2024_03_01 * NS_PER_S},
                                  .part_count = 1};
    memcpy(o.source.key, source, strlen(source) + 1);
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

static void test_single(void **state)
{
    (void)state;
    struct selection s;
    struct error err;
    struct s3_uri source = {"b", "in/2024/01/14/"};
    struct s3_uri destination = {"b", "out/2024/01/14/"};
    assert_int_equal(selection_init_single(&s, &source, &destination, &err), STATUS_OK);
    assert_int_equal(selection_count(&s), 1);
    expect_name(&s, 0, "", "in/2024/01/14/", "out/2024/01/14");
    assert_int_equal(selection_init_single(&s, &source, &source, &err), STATUS_INVALID);
    const struct s3_uri bucket_only = {"b", ""};
    assert_int_equal(selection_init_single(&s, &source, &bucket_only, &err), STATUS_INVALID);
    assert_int_equal(selection_init_single(&s, &bucket_only, &destination, &err), STATUS_INVALID);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
