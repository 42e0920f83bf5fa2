/* SPDX-License-Identifier: MIT */
/*
 * rng - small deterministic generators: same seed, same numbers, on every machine.
 *
 * `rng` is xoshiro256** seeded through SplitMix64 (Blackman & Vigna, "Scrambled Linear
 * Pseudorandom Number Generators", 2021). `rng_hash` mixes a key into a seed, for draws that must
 * depend on what they are for and not on their order. Not for secrets: rng_entropy is.
 */
#ifndef KIT_BASE_RNG_H
#define KIT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
/* Uniform in [0, bound), bound > 0, without modulo bias (D. Lemire, 2019). */
uint64_t rng_below(struct rng *r, uint64_t bound);
/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *r);
/* Standard normal (Marsaglia's polar method). */
double rng_normal(struct rng *r);
void rng_shuffle(struct rng *r, void *items, size_t count, size_t item_size);

/* One SplitMix64 step. */
uint64_t rng_mix(uint64_t x);
/* A 64-bit hash of (seed, bytes): FNV-1a folded through rng_mix. Not collision-resistant. */
uint64_t rng_hash(uint64_t seed, const void *data, size_t len);

/* Fills from the operating system's generator; 0, or -1 when it has none. */
int rng_entropy(void *out, size_t len);

#endif
