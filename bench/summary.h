/* SPDX-License-Identifier: MIT */
/*
 * summary - what the samples of a run say, and how sure.
 *
 * Speedup: in each round s = T_base / T_cell of the same round; reported are the geometric mean of
 * s and a 95 % Student t interval taken on log s. Pairing takes out what a whole round shares.
 * The base case against itself, measured the same way, is the noise floor.
 *
 * Critical-path ceiling: whole partitions in parallel can be no faster than the largest one, so the
 * speedup is at most (sum of work) / (largest partition's work). The work of a partition is one
 * listing, a GET an object and a PUT, each weighed with its mean service time in the base cell.
 *
 * Pure.
 */
#ifndef KIT_BENCH_SUMMARY_H
#define KIT_BENCH_SUMMARY_H

#include <stdbool.h>

#include "bench/result.h"
#include "lib/base/stats.h"

#define SUMMARY_CONFIDENCE 0.95
#define SUMMARY_ROUNDS_MIN 10 /* fewer are labelled indicative */

struct cell_summary {
    struct stats_interval wall_s;
    struct stats_interval work_s;
    struct stats_interval objects_per_s;
    struct stats_interval speedup;
    double cpu_s; /* mean a run */
    uint64_t max_rss_bytes;
    uint64_t retries;
    bool client_bound; /* the program kept >= 90 % of the cores busy */
};

struct summary {
    struct cell_summary cells[CELLS_MAX]; /* as in the plan; a cell without samples has n = 0 */
    unsigned rounds;
    bool indicative;
    double ceiling; /* of whole partitions in parallel; 0 when not known */
};

enum status summary_compute(const struct result *result, struct summary *out,
                            struct error *err) MUST_USE;

/* Exposed for its test: `work` of n partitions. */
double summary_ceiling(const double *work, size_t n);

#endif
