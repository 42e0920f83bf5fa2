/* SPDX-License-Identifier: MIT */
/*
 * hist - a log-bucketed histogram of durations in microseconds, as HdrHistogram has it: 32
 * sub-buckets an octave, so a recorded value is off by at most 1/32; fixed size, no allocation.
 */
#ifndef KIT_BASE_HIST_H
#define KIT_BASE_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 5
#define HIST_BUCKETS  ((40 - HIST_SUB_BITS) << HIST_SUB_BITS) /* up to 2^39 us, about six days */

struct hist {
    uint64_t count;
    uint64_t sum_us;
    uint64_t min_us;
    uint64_t max_us;
    uint32_t buckets[HIST_BUCKETS];
};

void hist_init(struct hist *h);
void hist_record_us(struct hist *h, uint64_t value_us); /* larger values count in the last bucket */
void hist_merge(struct hist *into, const struct hist *from);
/* Upper edge of the bucket that holds quantile q in [0,1], capped at the maximum; 0 when empty. */
uint64_t hist_quantile_us(const struct hist *h, double q);
/* For plots: calls `each` for every non-empty bucket in ascending order. */
void hist_each(const struct hist *h, void (*each)(void *ctx, uint64_t upper_us, uint64_t count),
               void *ctx);

#endif
