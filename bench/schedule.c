/* SPDX-License-Identifier: MIT */
/* schedule - shuffled rounds from one seed. */
#include "bench/schedule.h"

#include "lib/base/rng.h"

static uint64_t derive(uint64_t seed, const char *purpose, size_t len, unsigned round)
{
    return rng_mix(rng_hash(seed, purpose, len) + round);
}

void schedule_round(uint64_t seed, unsigned round, size_t count, size_t *order)
{
    static const char purpose[] = "order of cells";
    struct rng rng;
    rng_seed(&rng, derive(seed, purpose, sizeof purpose - 1, round));
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    rng_shuffle(&rng, order, count, sizeof *order);
}

uint64_t schedule_latency_seed(uint64_t seed, unsigned round)
{
    static const char purpose[] = "latencies";
    return derive(seed, purpose, sizeof purpose - 1, round);
}
