/* SPDX-License-Identifier: MIT */
/*
 * latency - named latency models: what a simulated request costs, as a pure function of its key.
 *
 * A draw is keyed by (seed, operation, key, attempt), so all cells of a round that share a seed
 * meet identical latencies whatever their order. The models are mixtures of lognormals; parameters
 * and published quantiles of the built-in ones stand in docs/faults.md. latency_file.h reads others.
 */
#ifndef KIT_BENCH_SERVER_LATENCY_H
#define KIT_BENCH_SERVER_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/rate_limit.h"

/* Kinds of operations. The last three are charged as the kind in brackets where a profile has no
 * model of their own. */
enum latency_operation {
    LATENCY_GET,
    LATENCY_PUT,
    LATENCY_LIST,
    LATENCY_HEAD,   /* (GET) */
    LATENCY_COPY,   /* (PUT) */
    LATENCY_DELETE, /* (PUT) */
    LATENCY_OPERATIONS
};

#define LATENCY_COMPONENTS_MAX 4

struct latency_component {
    double weight;    /* of the mixture; the weights of a model add up to 1 */
    double median_ms; /* of the lognormal */
    double sigma;     /* of the logarithm */
};
struct latency_model {
    struct latency_component component[LATENCY_COMPONENTS_MAX]; /* the first has weight 0: none */
    double ns_per_byte; /* transfer time added to the draw */
    bool present;       /* a model of its own */
};
struct latency_profile {
    const char *name;
    const char *summary;
    struct latency_model model[LATENCY_OPERATIONS];
    /* What a profile may have on top; all zero in the built-in ones. */
    double stall_probability; /* that a request takes so much longer */
    double stall_ms;
    double connect_ms; /* that the first request of a connection takes longer: TLS */
    struct rate_limit_model limits;
};

/* One request in 10,000 takes a second longer. */
#define LATENCY_STALL_PROBABILITY 1e-4
#define LATENCY_STALL_MS          1000.0

/* NULL for an unknown name; "none" is a profile without any delay. */
const struct latency_profile *latency_profile_find(const char *name);
/* All built-in profiles, ended by a NULL name. */
const struct latency_profile *latency_profiles(void);
/* "none, s3-standard, ...", cut to what fits. */
void latency_profile_names(char *out, size_t room);

/* Whether any request may be delayed. */
bool latency_delays(const struct latency_profile *profile);
/* The delay in nanoseconds of one request. `key` is the object key without its bucket, followed by
 * range, part number or continuation key where the request has one; `attempt` counts from 1. */
int64_t latency_draw_ns(const struct latency_profile *profile, uint64_t seed,
                        enum latency_operation operation, const char *key, size_t key_len,
                        unsigned attempt, uint64_t body_bytes);

#endif
