/* SPDX-License-Identifier: MIT */
/* stats - see stats.h. */
#include "lib/base/stats.h"

#include <math.h>
#include <stdlib.h>

double stats_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : NAN;
}

double stats_stddev(const double *x, size_t n)
{
    if (n < 2)
        return NAN;
    const double mean = stats_mean(x, n);
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

void stats_sort(double *x, size_t n)
{
    if (n > 1)
        qsort(x, n, sizeof *x, compare_doubles);
}

double stats_quantile_sorted(const double *x, size_t n, double q)
{
    if (n == 0)
        return NAN;
    const double position = (double)(n - 1) * q;
    if (!(position > 0))
        return x[0];
    const size_t below = (size_t)position;
    if (below >= n - 1)
        return x[n - 1];
    return x[below] + (position - (double)below) * (x[below + 1] - x[below]);
}

/* Keeps a denominator of Lentz's method away from zero. */
static double not_zero(double x)
{
    const double tiny = 1e-300;
    return fabs(x) < tiny ? tiny : x;
}

/* The continued fraction of I_x(a, b) by Lentz's method; converges fast for x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 / not_zero(1 - (a + b) * x / (a + 1));
    double h = d;
    for (int m = 1; m <= 1000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return h;
}

static double log_gamma(double x)
{
    int sign; /* lgamma would write it to a global */
    return lgamma_r(x, &sign);
}

/* The regularised incomplete beta function I_x(a, b), 0 <= x <= 1; `y` is 1 - x, exactly. */
static double incomplete_beta(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    const double front =
        exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

/* P(|T| <= t) */
static double t_probability(double t, double df)
{
    const double sum = df + t * t;
    return incomplete_beta(0.5, df / 2, t * t / sum, df / sum);
}

double stats_t_quantile(double confidence, double df)
{
    if (!(confidence > 0 && confidence < 1 && df > 0))
        return confidence == 0 && df > 0 ? 0 : NAN;
    double low = 0, high = 1;
    while (t_probability(high, df) < confidence && high < 1e150) {
        low = high;
        high *= 2;
    }
    /* Bisection until the two are neighbours, or as good as. */
    for (int i = 0; i < 100 && high - low > 1e-15 * high; i++) {
        const double middle = low + (high - low) / 2;
        if (t_probability(middle, df) < confidence)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

/* Mean and half width from sums over `f(x)`; `f` NULL takes x itself. */
static struct stats_interval interval_of(const double *x, size_t n, double confidence,
                                         double (*f)(double))
{
    double mean = 0, squares = 0; /* Welford's recurrence: one pass, no cancellation */
    for (size_t i = 0; i < n; i++) {
        const double value = f ? f(x[i]) : x[i];
        const double delta = value - mean;
        mean += delta / (double)(i + 1);
        squares += delta * (value - mean);
    }
    struct stats_interval result = {n > 0 ? mean : NAN, NAN, NAN, n};
    if (n >= 2) {
        const double df = (double)(n - 1);
        const double half = stats_t_quantile(confidence, df) * sqrt(squares / df / (double)n);
        result.low = mean - half;
        result.high = mean + half;
    }
    return result;
}

struct stats_interval stats_mean_interval(const double *x, size_t n, double confidence)
{
    return interval_of(x, n, confidence, NULL);
}

struct stats_interval stats_geomean_interval(const double *x, size_t n, double confidence)
{
    struct stats_interval logs = interval_of(x, n, confidence, log);
    return (struct stats_interval){exp(logs.estimate), exp(logs.low), exp(logs.high), n};
}
