/* SPDX-License-Identifier: MIT */
/*
 * stats - the few estimators the kit reports. Pure functions; none allocates unless it says so.
 */
#ifndef KIT_BASE_STATS_H
#define KIT_BASE_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct stats_interval {
    double estimate;
    double low;
    double high;
    size_t n; /* samples; with n < 2 low and high are NaN */
};

double stats_mean(const double *x, size_t n);
/* Sample standard deviation (n - 1); NaN for n < 2. */
double stats_stddev(const double *x, size_t n);
/* Sorts a copy-free array in place, ascending. */
void stats_sort(double *x, size_t n);
/* Quantile q in [0,1] of a sorted array by linear interpolation (Hyndman & Fan type 7). */
double stats_quantile_sorted(const double *x, size_t n, double q);
/* Two-sided Student t quantile: P(|T| <= t) = confidence, `df` > 0 degrees of freedom; by
 * inversion of the regularised incomplete beta function (Numerical Recipes 6.4 names it I_x). */
double stats_t_quantile(double confidence, double df);
/* Mean with a t interval. */
struct stats_interval stats_mean_interval(const double *x, size_t n, double confidence);
/* Geometric mean of x > 0 with a t interval taken on log x. */
struct stats_interval stats_geomean_interval(const double *x, size_t n, double confidence);

#endif
