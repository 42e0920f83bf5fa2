/* SPDX-License-Identifier: MIT */
/*
 * rate_limit - so many reads and writes a second for each prefix, as S3 partitions a bucket: a
 * token bucket each, filled once at first sight, that holds one second's worth.
 *
 * The prefix is the bucket's name and, with a depth of N, the key up to its N-th slash. The number
 * of prefixes that are remembered has a ceiling; the one that was not used for longest makes room,
 * and starts full when it comes back.
 *
 * Threads: one at a time. Time is handed in.
 */
#ifndef KIT_BENCH_SERVER_RATE_LIMIT_H
#define KIT_BENCH_SERVER_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"

#define RATE_LIMIT_PREFIXES_MAX 4096
#define RATE_LIMIT_DEPTH_MAX    32

struct rate_limit_model {
    uint64_t get_per_s; /* GET, HEAD and listings; 0: no limit */
    uint64_t put_per_s; /* all others; 0: no limit */
    uint64_t prefix_depth;
};

/* "At least 3,500 PUT/COPY/POST/DELETE or 5,500 GET/HEAD requests per second per partitioned
 * Amazon S3 prefix" (Amazon S3 User Guide, "Best practices design patterns"). */
#define RATE_LIMIT_S3                                                                              \
    {                                                                                              \
        .get_per_s = 5500, .put_per_s = 3500                                                       \
    }

struct rate_limit;

struct rate_limit *rate_limit_new(const struct rate_limit_model *model); /* NULL without memory */
void rate_limit_free(struct rate_limit *limit);                          /* accepts NULL */
/* Whether there is room for this request; it is counted if so. */
bool rate_limit_take(struct rate_limit *limit, const char *bucket, const char *key, bool write,
                     struct mono now);

#endif
