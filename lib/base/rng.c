/* SPDX-License-Identifier: MIT */
/* rng - see rng.h. All but rng_unit and rng_normal is integer arithmetic of fixed width. */
#include "lib/base/rng.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/random.h>

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

uint64_t rng_mix(uint64_t x)
{
    uint64_t z = x + GOLDEN_GAMMA;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void rng_seed(struct rng *r, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        r->s[i] = rng_mix(seed + i * GOLDEN_GAMMA);
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* The 128-bit product a * b, in halves; not every compiler has a type for it. */
static uint64_t multiply_wide(uint64_t a, uint64_t b, uint64_t *low)
{
    const uint64_t mask = UINT32_MAX;
    uint64_t low_low = (a & mask) * (b & mask);
    uint64_t high_low = (a >> 32) * (b & mask);
    uint64_t low_high = (a & mask) * (b >> 32);
    uint64_t middle = (low_low >> 32) + (high_low & mask) + low_high;
    *low = a * b;
    return (a >> 32) * (b >> 32) + (high_low >> 32) + (middle >> 32);
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
    uint64_t low;
    uint64_t high = multiply_wide(rng_next(r), bound, &low);
    if (low < bound) {
        /* 2^64 mod bound: the products below it would be over-represented. */
        const uint64_t threshold = (0 - bound) % bound;
        while (low < threshold)
            high = multiply_wide(rng_next(r), bound, &low);
    }
    return high;
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}

double rng_normal(struct rng *r)
{
    double u, square;
    do {
        u = 2 * rng_unit(r) - 1;
        double v = 2 * rng_unit(r) - 1;
        square = u * u + v * v;
    } while (square >= 1 || square <= 0);
    /* The pair's other half is dropped: keeping it would be state that a seed does not show. */
    return u * sqrt(-2 * log(square) / square);
}

static void swap_bytes(unsigned char *a, unsigned char *b, size_t size)
{
    unsigned char temporary[64];
    while (size > 0) {
        size_t n = size < sizeof temporary ? size : sizeof temporary;
        memcpy(temporary, a, n);
        memcpy(a, b, n);
        memcpy(b, temporary, n);
        a += n;
        b += n;
        size -= n;
    }
}

/* Fisher and Yates, from the end. */
void rng_shuffle(struct rng *r, void *items, size_t count, size_t item_size)
{
    unsigned char *base = items;
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(r, i);
        if (j != i - 1)
            swap_bytes(base + j * item_size, base + (i - 1) * item_size, item_size);
    }
}

uint64_t rng_hash(uint64_t seed, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ rng_mix(seed);
    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return rng_mix(h);
}

int rng_entropy(void *out, size_t len)
{
    unsigned char *to = out;
    while (len > 0) {
        ssize_t n = getrandom(to, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        to += n;
        len -= (size_t)n;
    }
    return 0;
}
