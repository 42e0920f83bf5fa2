/* SPDX-License-Identifier: MIT */
/* estimate - what a campaign will ask of a real endpoint, before it asks anything. Pure. */
#ifndef KIT_BENCH_ESTIMATE_H
#define KIT_BENCH_ESTIMATE_H

#include "bench/result.h"
#include "lib/tool/prices.h"

struct campaign_estimate {
    uint64_t reads;  /* GET and HEAD */
    uint64_t writes; /* PUT and LIST */
    uint64_t bytes;  /* sent and received */
    double cost;     /* of the requests */
};

/* All rounds and the one to warm up, every cell, the seeding and the comparison of outputs. */
struct campaign_estimate campaign_estimate(const struct result_settings *s, size_t cells,
                                           const struct prices *prices);
/* "48,240 reads and 2,440 writes and listings, 492 MB, about $0.03, at most 10 min 00 s" */
void campaign_estimate_append(const struct campaign_estimate *e, const struct prices *prices,
                              int64_t budget_ms, struct buf *out);

#endif
