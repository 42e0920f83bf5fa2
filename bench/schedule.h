/* SPDX-License-Identifier: MIT */
/*
 * schedule - the order of the cells in each round: shuffled anew a round, the same for a seed.
 *
 * Interleaving keeps slow drifts of the machine or the endpoint from landing on one cell; shuffling
 * keeps a cell from always following the same one (Abedi & Brecht, ICPE 2017).
 */
#ifndef KIT_BENCH_SCHEDULE_H
#define KIT_BENCH_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/* Writes a permutation of 0..count-1. Round 0 is the warm-up. */
void schedule_round(uint64_t seed, unsigned round, size_t count, size_t *order);
/* The seed of the simulated latencies of a round: one for all its cells, another each round. */
uint64_t schedule_latency_seed(uint64_t seed, unsigned round);

#endif
