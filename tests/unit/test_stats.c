/* SPDX-License-Identifier: MIT */
/* Estimators against published tables and worked examples. */
#include <math.h>

#include "lib/base/stats.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.9g instead of %.9g", got, want);
}

/* Student's t as any table has it, to three decimals; the columns are two-sided. */
static void test_t_table(void **state)
{
    (void)state;
    static const double confidences[] = {0.80, 0.90, 0.95, 0.98, 0.99, 0.998};
    static const struct {
        double df;
        double t[6];
    } table[] = {
        {1, {3.078, 6.314, 12.706, 31.821, 63.657, 318.309}},
        {2, {1.886, 2.920, 4.303, 6.965, 9.925, 22.327}},
        {4, {1.533, 2.132, 2.776, 3.747, 4.604, 7.173}},
        {10, {1.372, 1.812, 2.228, 2.764, 3.169, 4.144}},
        {30, {1.310, 1.697, 2.042, 2.457, 2.750, 3.385}},
        {100, {1.290, 1.660, 1.984, 2.364, 2.626, 3.174}},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t k = 0; k < 6; k++)
            assert_near(stats_t_quantile(confidences[k], table[i].df), table[i].t[k], 0.00051);
    }
}

/* df 1 is Cauchy's distribution, df 2 has a closed form, large df is nearly normal. */
static void test_t_closed_forms(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    for (int i = 1; i < 80; i++) {
        const double c = i / 80.0;
        const double cauchy = tan(pi * c / 2);
        const double two = c * sqrt(2 / (1 - c * c));
        assert_near(stats_t_quantile(c, 1), cauchy, 1e-9 * (1 + cauchy));
        assert_near(stats_t_quantile(c, 2), two, 1e-9 * (1 + two));
    }
    assert_near(stats_t_quantile(0.95, 1e7), 1.959964, 1e-5);
    assert_true(stats_t_quantile(0, 5) == 0);
    assert_true(isnan(stats_t_quantile(1, 5)));
    assert_true(isnan(stats_t_quantile(0.95, 0)));
    assert_true(isnan(stats_t_quantile(NAN, 5)));
}

static void test_moments(void **state)
{
    (void)state;
    static const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    assert_near(stats_mean(x, 8), 5, 1e-15);
    assert_near(stats_stddev(x, 8), sqrt(32.0 / 7), 1e-12);
    assert_true(isnan(stats_mean(x, 0)));
    assert_true(isnan(stats_stddev(x, 1)));
}

/* The values that R's quantile(x, type = 7) gives. */
static void test_quantiles(void **state)
{
    (void)state;
    double x[] = {40, 15, 50, 20, 35};
    stats_sort(x, 5);
    assert_near(x[0], 15, 0);
    assert_near(x[4], 50, 0);
    assert_near(stats_quantile_sorted(x, 5, 0), 15, 0);
    assert_near(stats_quantile_sorted(x, 5, 0.4), 29, 1e-12);
    assert_near(stats_quantile_sorted(x, 5, 0.5), 35, 1e-12);
    assert_near(stats_quantile_sorted(x, 5, 0.95), 48, 1e-12);
    assert_near(stats_quantile_sorted(x, 5, 1), 50, 0);
    assert_near(stats_quantile_sorted(x, 1, 0.3), 15, 0);
    assert_true(isnan(stats_quantile_sorted(x, 0, 0.5)));
    stats_sort(x, 0);
}

static void test_mean_interval(void **state)
{
    (void)state;
    static const double x[] = {10, 12, 11, 13, 9};
    const struct stats_interval i = stats_mean_interval(x, 5, 0.95);
    const double half = 2.7764451052 * sqrt(2.5 / 5);
    assert_near(i.estimate, 11, 1e-12);
    assert_near(i.low, 11 - half, 1e-8);
    assert_near(i.high, 11 + half, 1e-8);
    assert_int_equal(i.n, 5);
    const struct stats_interval one = stats_mean_interval(x, 1, 0.95);
    assert_near(one.estimate, 10, 0);
    assert_true(isnan(one.low) && isnan(one.high));
    assert_true(isnan(stats_mean_interval(x, 0, 0.95).estimate));
}

static void test_interval_without_cancellation(void **state)
{
    (void)state;
    static const double x[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    const struct stats_interval i = stats_mean_interval(x, 4, 0.95);
    assert_near(i.estimate, 1e9 + 10, 1e-6);
    assert_near(i.high - i.estimate, 3.1824463053 * sqrt(30.0 / 4), 1e-5);
}

static void test_geomean_interval(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 4, 8, 16};
    const struct stats_interval i = stats_geomean_interval(x, 5, 0.95);
    assert_near(i.estimate, 4, 1e-12);
    assert_near(i.low * i.high, 16, 1e-9); /* symmetric on the logarithm's scale */
    const double half = 2.7764451052 * log(2) * sqrt(2.5 / 5);
    assert_near(log(i.high / i.estimate), half, 1e-8);
    static const double same[] = {3, 3, 3};
    assert_near(stats_geomean_interval(same, 3, 0.95).low, 3, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t_table),
        cmocka_unit_test(test_t_closed_forms),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_mean_interval),
        cmocka_unit_test(test_interval_without_cancellation),
        cmocka_unit_test(test_geomean_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
