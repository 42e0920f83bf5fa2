/* SPDX-License-Identifier: MIT */
/*
 * Latency profiles: 200,000 draws of each model against the published quantiles it stands for, and
 * what makes draws comparable between runs: they depend on their key alone.
 */

#include <math.h>
#include <stdlib.h>

#include "bench/server/latency.h"
#include "lib/base/stats.h"
#include "tests/support/unit.h"

#define DRAWS 200000

/* Published values are rounded to three figures and the mixtures fit them to a few percent; the
 * sampling error of 200,000 draws is below 1 % even at p99. */
#define TOLERANCE 0.06

static int64_t draw(const char *profile, uint64_t seed, enum latency_operation operation,
                    unsigned number, unsigned attempt, uint64_t bytes)
{
    char key[32];
    const int len = snprintf(key, sizeof key, "2024-01-14/test_data_%u", number);
    return latency_draw_ns(latency_profile_find(profile), seed, operation, key, (size_t)len,
                           attempt, bytes);
}

static const struct expectation {
    const char *profile;
    enum latency_operation operation;
    double quantile;
    double ms;
} expectations[] = {
    {"s3-standard", LATENCY_GET, 0.50, 26.7}, {"s3-standard", LATENCY_GET, 0.90, 46.8},
    {"s3-standard", LATENCY_GET, 0.95, 69.2}, {"s3-standard", LATENCY_GET, 0.99, 113},
    {"s3-standard", LATENCY_PUT, 0.50, 69.8}, {"s3-standard", LATENCY_PUT, 0.95, 101},
    {"s3-standard", LATENCY_PUT, 0.99, 137},  {"s3-standard", LATENCY_LIST, 0.50, 75},
    {"s3-fast", LATENCY_GET, 0.50, 8.9},      {"s3-fast", LATENCY_GET, 0.90, 12.6},
    {"s3-fast", LATENCY_GET, 0.99, 53.8},     {"s3-express", LATENCY_GET, 0.50, 5.9},
    {"s3-express", LATENCY_PUT, 0.50, 6.9},   {"minio-lan", LATENCY_GET, 0.50, 2.5},
    {"minio-lan", LATENCY_PUT, 0.50, 2.5},    {"minio-lan", LATENCY_LIST, 0.99, 6.34},
};

static void quantiles_are_the_published_ones(void **state)
{
    (void)state;
    double *ms = malloc(DRAWS * sizeof *ms);
    assert_non_null(ms);
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *e = &expectations[i];
        for (unsigned n = 0; n < DRAWS; n++)
            ms[n] = (double)draw(e->profile, 7, e->operation, n, 1, 0) / 1e6;
        stats_sort(ms, DRAWS);
        const double found = stats_quantile_sorted(ms, DRAWS, e->quantile);
        if (fabs(found - e->ms) > TOLERANCE * e->ms)
            fail_msg("%s operation %d p%g: drew %.2f ms, published %.2f ms", e->profile,
                     (int)e->operation, 100 * e->quantile, found, e->ms);
    }
    free(ms);
}

static void the_mean_of_a_listing_page_is_the_published_one(void **state)
{
    (void)state;
    double sum = 0;
    for (unsigned n = 0; n < DRAWS; n++)
        sum += (double)draw("s3-standard", 3, LATENCY_LIST, n, 1, 0) / 1e6;
    assert_true(fabs(sum / DRAWS - 89.8) < 2); /* 75 exp(0.6^2 / 2) */
}

static void the_same_key_draws_the_same(void **state)
{
    (void)state;
    int64_t first[100];
    for (unsigned n = 0; n < 100; n++)
        first[n] = draw("s3-standard", 1, LATENCY_GET, n, 1, 100);
    for (unsigned n = 100; n-- > 0;) /* in another order */
        assert_int_equal(draw("s3-standard", 1, LATENCY_GET, n, 1, 100), first[n]);
}

static void seed_operation_key_and_attempt_all_matter(void **state)
{
    (void)state;
    const int64_t base = draw("minio-lan", 1, LATENCY_GET, 1, 1, 0);
    assert_int_not_equal(draw("minio-lan", 2, LATENCY_GET, 1, 1, 0), base);
    assert_int_not_equal(draw("minio-lan", 1, LATENCY_PUT, 1, 1, 0), base);
    assert_int_not_equal(draw("minio-lan", 1, LATENCY_GET, 2, 1, 0), base);
    assert_int_not_equal(draw("minio-lan", 1, LATENCY_GET, 1, 2, 0), base);
}

static void bytes_cost_their_transfer(void **state)
{
    (void)state;
    const int64_t none = draw("s3-standard", 1, LATENCY_GET, 1, 1, 0);
    const int64_t some = draw("s3-standard", 1, LATENCY_GET, 1, 1, 93000000);
    assert_true(llabs(some - none - 1000000000) < 1000);
    const int64_t put = draw("s3-standard", 1, LATENCY_PUT, 1, 1, 0);
    const int64_t put_mib = draw("s3-standard", 1, LATENCY_PUT, 1, 1, 1 << 20);
    assert_true(llabs(put_mib - put - 20000000) < 1000);
}

static void none_has_no_delay_and_unknown_names_are_refused(void **state)
{
    (void)state;
    assert_int_equal(draw("none", 1, LATENCY_GET, 1, 1, 1 << 20), 0);
    assert_null(latency_profile_find("s3-imaginary"));
}

static void tables_are_sound(void **state)
{
    (void)state;
    for (const struct latency_profile *p = latency_profiles(); p->name != NULL; p++) {
        assert_non_null(p->summary);
        assert_ptr_equal(latency_profile_find(p->name), p);
        for (int op = 0; op < LATENCY_OPERATIONS; op++) {
            const struct latency_component *c = p->model[op].component;
            const double weight = c[0].weight + c[1].weight;
            assert_true(weight == 0 || fabs(weight - 1) < 1e-9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_the_published_ones),
        cmocka_unit_test(the_mean_of_a_listing_page_is_the_published_one),
        cmocka_unit_test(the_same_key_draws_the_same),
        cmocka_unit_test(seed_operation_key_and_attempt_all_matter),
        cmocka_unit_test(bytes_cost_their_transfer),
        cmocka_unit_test(none_has_no_delay_and_unknown_names_are_refused),
        cmocka_unit_test(tables_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
