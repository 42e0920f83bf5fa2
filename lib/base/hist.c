/* SPDX-License-Identifier: MIT */
/* hist - see hist.h. */
#include "lib/base/hist.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define SUB_COUNT (1u << HIST_SUB_BITS)

/*
 * Values below SUB_COUNT have a bucket each; above, every octave [2^e, 2^(e+1)) is cut into
 * SUB_COUNT equal buckets, so the index is the value's top HIST_SUB_BITS + 1 bits and its octave.
 */
static size_t bucket_of(uint64_t value)
{
    if (value < SUB_COUNT)
        return (size_t)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HIST_SUB_BITS;
    size_t index = ((size_t)shift << HIST_SUB_BITS) + (size_t)(value >> shift);
    return index < HIST_BUCKETS ? index : HIST_BUCKETS - 1;
}

/* The largest value that a bucket holds; the last one is open, so that is the maximum's place. */
static uint64_t bucket_upper(const struct hist *h, size_t index)
{
    uint64_t upper = index;
    if (index >= SUB_COUNT) {
        unsigned shift = (unsigned)(index >> HIST_SUB_BITS) - 1;
        uint64_t top = (index & (SUB_COUNT - 1)) + SUB_COUNT;
        upper = ((top + 1) << shift) - 1;
    }
    return upper > h->max_us || index == HIST_BUCKETS - 1 ? h->max_us : upper;
}

void hist_init(struct hist *h)
{
    memset(h, 0, sizeof *h);
}

void hist_record_us(struct hist *h, uint64_t value_us)
{
    if (h->count == 0 || value_us < h->min_us)
        h->min_us = value_us;
    if (value_us > h->max_us)
        h->max_us = value_us;
    h->count++;
    h->sum_us += value_us;
    h->buckets[bucket_of(value_us)]++;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min_us < into->min_us)
        into->min_us = from->min_us;
    if (from->max_us > into->max_us)
        into->max_us = from->max_us;
    into->count += from->count;
    into->sum_us += from->sum_us;
    for (size_t i = 0; i < HIST_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

uint64_t hist_quantile_us(const struct hist *h, double q)
{
    if (h->count == 0)
        return 0;
    double rank = ceil(q * (double)h->count);
    uint64_t seen = 0;
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > 0 && (double)seen >= rank)
            return bucket_upper(h, i);
    }
    return h->max_us;
}

void hist_each(const struct hist *h, void (*each)(void *ctx, uint64_t upper_us, uint64_t count),
               void *ctx)
{
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        if (h->buckets[i] > 0)
            each(ctx, bucket_upper(h, i), h->buckets[i]);
    }
}
