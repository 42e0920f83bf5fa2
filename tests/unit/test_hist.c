/* SPDX-License-Identifier: MIT */
/* The histogram: its promised error, its edges, merging. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hist.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

static void record_upper(void *ctx, uint64_t upper_us, uint64_t count)
{
    (void)count;
    *(uint64_t *)ctx = upper_us;
}

/* Of every value in range, the edge reported is at least the value and at most 1/32 more. */
static void assert_error_bound(uint64_t value)
{
    struct hist h;
    hist_init(&h);
    hist_record_us(&h, value);
    hist_record_us(&h, (UINT64_C(1) << 39) - 1); /* so that the maximum does not cap it */
    uint64_t upper = hist_quantile_us(&h, 0.5);
    assert_true(upper >= value);
    assert_true((upper - value) * 32 <= value);
}

static void test_error_bound(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 5000; value++)
        assert_error_bound(value);
    struct rng r;
    rng_seed(&r, 1);
    for (unsigned shift = 25; shift < 64; shift++) {
        for (int i = 0; i < 20; i++)
            assert_error_bound(rng_next(&r) >> shift);
        assert_error_bound(UINT64_MAX >> shift);
        assert_error_bound((UINT64_MAX >> shift) + 1 < UINT64_C(1) << 39 ? (UINT64_MAX >> shift) + 1
                                                                         : 1);
    }
}

static void test_buckets_ascend(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (uint64_t value = 1; value < UINT64_C(1) << 39; value += 1 + value / 100) {
        struct hist h;
        hist_init(&h);
        hist_record_us(&h, value);
        uint64_t upper = 0;
        h.max_us = UINT64_MAX;
        hist_each(&h, record_upper, &upper);
        assert_true(upper >= before);
        before = upper;
    }
}

static void test_empty_and_single(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    assert_int_equal(hist_quantile_us(&h, 0.5), 0);
    hist_record_us(&h, 123456);
    assert_int_equal(h.min_us, 123456);
    assert_int_equal(hist_quantile_us(&h, 0), 123456); /* capped at the maximum */
    assert_int_equal(hist_quantile_us(&h, 1), 123456);
}

static void test_beyond_range_counts_in_last(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    hist_record_us(&h, UINT64_C(1) << 39);
    hist_record_us(&h, UINT64_C(1) << 50);
    assert_int_equal(h.buckets[HIST_BUCKETS - 1], 2);
    assert_true(hist_quantile_us(&h, 0.5) == UINT64_C(1) << 50);
}

static int compare_values(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Against the sorted values themselves, and the two halves merged against the whole. */
static void test_quantiles_and_merge(void **state)
{
    (void)state;
    enum { N = 10000 };
    static uint64_t values[N];
    struct hist whole, half[2];
    struct rng r;
    rng_seed(&r, 5);
    hist_init(&whole);
    hist_init(&half[0]);
    hist_init(&half[1]);
    for (int i = 0; i < N; i++) {
        values[i] = 500 + (rng_next(&r) >> (44 + rng_below(&r, 10)));
        hist_record_us(&whole, values[i]);
        hist_record_us(&half[i % 2], values[i]);
    }
    qsort(values, N, sizeof *values, compare_values);
    for (int percent = 1; percent <= 100; percent++) {
        const uint64_t exact = values[N * percent / 100 - 1];
        const uint64_t got = hist_quantile_us(&whole, percent / 100.0);
        assert_true(got >= exact && (got - exact) * 32 <= exact);
    }
    hist_merge(&half[0], &half[1]);
    assert_memory_equal(&half[0], &whole, sizeof whole);
    struct hist empty;
    hist_init(&empty);
    hist_merge(&whole, &empty);
    assert_memory_equal(&half[0], &whole, sizeof whole);
    hist_merge(&empty, &whole);
    assert_memory_equal(&empty, &whole, sizeof whole);
}

static void add_count(void *ctx, uint64_t upper_us, uint64_t count)
{
    assert_true(upper_us > 0);
    *(uint64_t *)ctx += count;
}

static void test_each_visits_all(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h);
    for (uint64_t i = 1; i <= 1000; i++)
        hist_record_us(&h, i * i);
    uint64_t total = 0;
    hist_each(&h, add_count, &total);
    assert_int_equal(total, 1000);
    assert_int_equal(h.sum_us, 333833500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_bound),
        cmocka_unit_test(test_buckets_ascend),
        cmocka_unit_test(test_empty_and_single),
        cmocka_unit_test(test_beyond_range_counts_in_last),
        cmocka_unit_test(test_quantiles_and_merge),
        cmocka_unit_test(test_each_visits_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
