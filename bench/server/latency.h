/* SPDX-License-Identifier: MIT */
/*
 * latency - named latency models: what a simulated request costs, as a pure function of its key.
 *
 * A draw is keyed by (seed, operation, key, attempt), so all cells of a round that share a seed
 * meet identical latencies whatever their order. The models are two-component lognormal mixtures
 * whose parameters and published quantiles stand in docs/methodology.md.
 */
#ifndef KIT_BENCH_SERVER_LATENCY_H
#define KIT_BENCH_SERVER_LATENCY_H

#include <stddef.h>
#include <stdint.h>

enum latency_operation { LATENCY_GET, LATENCY_PUT, LATENCY_LIST, LATENCY_OPERATIONS };

struct latency_component {
    double weight;    /* of the mixture; the weights of a model add up to 1 */
    double median_ms; /* of the lognormal */
    double sigma;     /* of the logarithm */
};
struct latency_model {
    struct latency_component component[2]; /* the second may have weight 0 */
    double ns_per_byte;                    /* transfer time added to the draw */
};
struct latency_profile {
    const char *name;
    const char *summary;
    struct latency_model model[LATENCY_OPERATIONS];
};

/* NULL for an unknown name; "none" is a profile without any delay. */
const struct latency_profile *latency_profile_find(const char *name);
/* All built-in profiles, ended by a NULL name. */
const struct latency_profile *latency_profiles(void);

/* The delay in nanoseconds of one request. `key` is the object key without its bucket, followed by
 * range, part number or continuation key where the request has one; `attempt` counts from 1. */
int64_t latency_draw_ns(const struct latency_profile *profile, uint64_t seed,
                        enum latency_operation operation, const char *key, size_t key_len,
                        unsigned attempt, uint64_t body_bytes);

#endif
