/* SPDX-License-Identifier: MIT */
/* dataset - dates and keys of files, their order, and what a specification may not say. */
#include <stdlib.h>
#include <string.h>

#include "generator/dataset.h"
#include "tests/support/unit.h"

static struct civil_hour day(const char *text)
{
    struct civil_hour h = {0};
    assert_int_equal(date_parse(text, &h, NULL), STATUS_OK);
    return h;
}

static struct dataset january(void)
{
    return (struct dataset){.seed = 42,
                            .files = 300,
                            .rows = 8,
                            .prefix = "in/",
                            .date_format = "%Y/%m/%d",
                            .from = day("2024-01-01"),
                            .to = day("2024-01-30")};
}

static void assert_key(const struct dataset *d, uint64_t index, const char *expected)
{
    struct buf key;
    buf_init(&key, DATASET_KEY_MAX);
    dataset_append_key(d, index, &key);
    assert_string_equal(key.data, expected);
    buf_release(&key);
}

/* Computed by an independent implementation of the algorithm. */
static void test_keys_are_pinned(void **state)
{
    (void)state;
    struct dataset d = january();
    struct error err;
    assert_ok(dataset_check(&d, &err), &err);
    assert_key(&d, 0, "in/2024/01/26/test_data_0.json");
    assert_key(&d, 1, "in/2024/01/08/test_data_1.json");
    assert_key(&d, 299, "in/2024/01/06/test_data_299.json");
    d.date_format = "year=%Y/month=%m/day=%d/hour=%H";
    assert_ok(dataset_check(&d, &err), &err);
    assert_key(&d, 17, "in/year=2024/month=01/day=25/hour=14/test_data_17.json");
    d.date_format = "%Y-%m";
    assert_key(&d, 0, "in/2024-01/test_data_0.json");
    dataset_make_reference(&d);
    assert_ok(dataset_check(&d, &err), &err);
    assert_key(&d, 5, "in/2023/09/27/test_data_5.json");
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order against keys that are made one by one and sorted as text. */
static void check_order(const struct dataset *d)
{
    struct error err;
    struct dataset_order order;
    assert_ok(dataset_check(d, &err), &err);
    assert_ok(dataset_order_init(&order, d, &err), &err);
    assert_int_equal(order.count, d->files);
    char **keys = calloc(d->files, sizeof *keys);
    assert_non_null(keys);
    uint64_t total = 0;
    for (size_t p = 0; p < order.period_count; p++) {
        const struct dataset_period *period = &order.periods[p];
        assert_true(period->count > 0);
        assert_int_equal(period->first, total);
        if (p > 0)
            assert_true(period->date.hours > order.periods[p - 1].date.hours);
        for (uint64_t i = 0; i < period->count; i++) {
            struct buf key;
            buf_init(&key, DATASET_KEY_MAX);
            uint32_t file = order.index[period->first + i];
            assert_int_equal(dataset_date(d, file).hours, period->date.hours);
            dataset_append_key(d, file, &key);
            keys[total++] = buf_take(&key);
        }
        for (uint64_t i = period->first + 1; i < total; i++)
            assert_true(strcmp(keys[i - 1], keys[i]) < 0);
    }
    assert_int_equal(total, d->files);
    qsort(keys, total, sizeof *keys, compare_keys);
    for (uint64_t i = 1; i < total; i++)
        assert_string_not_equal(keys[i - 1], keys[i]);
    for (uint64_t i = 0; i < total; i++)
        free(keys[i]);
    free(keys);
    dataset_order_release(&order);
}

static void test_order_is_that_of_keys(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, 2, 9, 10, 11, 12, 99, 100, 101, 110, 1000, 1234};
    struct dataset d = january();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        d.files = counts[i];
        d.seed = i;
        d.to = day("2024-01-03");
        check_order(&d);
        d.date_format = "%d.%m.%Y";
        check_order(&d);
        d.date_format = "%Y/%-m/%-d/%-H";
        check_order(&d);
        d.date_format = "%Y";
        check_order(&d);
        d.date_format = "%Y/%m/%d";
    }
    dataset_make_reference(&d);
    check_order(&d);
}

/* Chi-squared over 30 days; 58.3 is its 0.1 % point with 29 degrees of freedom. */
static void test_days_are_uniform(void **state)
{
    (void)state;
    struct dataset d = january();
    d.files = 30000;
    uint64_t counts[30] = {0};
    for (uint64_t i = 0; i < d.files; i++)
        counts[(dataset_date(&d, i).hours - d.from.hours) / 24]++;
    double chi = 0;
    for (size_t i = 0; i < 30; i++) {
        double off = (double)counts[i] - 1000.0;
        chi += off * off / 1000.0;
    }
    assert_true(chi < 58.3);
    assert_true(chi > 10.0); /* evenly dealt would be as wrong */
}

static void test_reference_dates(void **state)
{
    (void)state;
    struct dataset d = january();
    dataset_make_reference(&d);
    bool seen[13][29] = {{false}};
    for (uint64_t i = 0; i < 20000; i++) {
        struct civil c = civil_from_hour(dataset_date(&d, i));
        assert_int_equal(c.year, 2023);
        assert_in_range(c.day, 1, 28);
        seen[c.month][c.day] = true;
    }
    for (int month = 1; month <= 12; month++)
        for (int date = 1; date <= 28; date++)
            assert_true(seen[month][date]);
}

static void assert_refused(const struct dataset *d, const char *word)
{
    struct error err;
    assert_status(STATUS_INVALID, dataset_check(d, &err), &err);
    if (!strstr(err.text, word))
        fail_msg("\"%s\" does not say \"%s\"", err.text, word);
}

static void test_bad_specifications(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *word;
    } formats[] = {
        {"", "date format"},  {"%Y/%m/%d/", "slash"},  {"/%Y", "slash"},       {"%Y'%m", "quotes"},
        {"%Y\"%m", "quotes"}, {"%Y\\%m", "quotes"},    {"%Y/%q", "%q"},        {"%d", "alike"},
        {"%m/%d", "alike"},   {"fixed-text", "alike"}, {"%Y/%-m%-d", "alike"}, {"%Y/%d", "alike"},
    };
    struct dataset d = january();
    d.to = day("2025-06-30");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        d.date_format = formats[i].format;
        assert_refused(&d, formats[i].word);
    }
    d = january();
    d.to = day("2023-12-31");
    assert_refused(&d, "ends before");
    d.to = day("2150-01-01");
    assert_refused(&d, "36500");
    d = january();
    d.files = 0;
    assert_refused(&d, "files");
    d = january();
    d.rows = 0;
    assert_refused(&d, "rows");
    d = january();
    static const char *const garbled[] = {"caf\xe9/",     "\x80",         "\xc0\xaf",
                                          "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                          "\xf8\x88",     "\xe2\x82"};
    for (size_t i = 0; i < sizeof garbled / sizeof garbled[0]; i++) {
        d.prefix = garbled[i];
        assert_refused(&d, "UTF-8");
    }
    d.prefix = "caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x98\x80/";
    struct error err;
    assert_ok(dataset_check(&d, &err), &err);
    d = january();
    d.seed = UINT64_MAX;
    assert_refused(&d, "seed");
}

static void test_key_length_limit(void **state)
{
    (void)state;
    struct dataset d = january();
    struct error err;
    char prefix[DATASET_KEY_MAX + 1];
    size_t room = DATASET_KEY_MAX - strlen("2024/01/30/test_data_299.json");
    memset(prefix, 'p', sizeof prefix);
    prefix[room] = '\0';
    d.prefix = prefix;
    assert_ok(dataset_check(&d, &err), &err);
    prefix[room] = 'p';
    prefix[room + 1] = '\0';
    assert_refused(&d, "1024");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_pinned),    cmocka_unit_test(test_order_is_that_of_keys),
        cmocka_unit_test(test_days_are_uniform),   cmocka_unit_test(test_reference_dates),
        cmocka_unit_test(test_bad_specifications), cmocka_unit_test(test_key_length_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
