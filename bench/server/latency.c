/* SPDX-License-Identifier: MIT */
/*
 * latency - the built-in profiles and the draw.
 *
 * A lognormal's quantile is median * exp(sigma * z); z comes from the Box-Muller transform of two
 * uniforms that are hashed from the request's identity, so that no generator state is shared.
 */
#include "bench/server/latency.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"

#define NS_PER_BYTE_AT_93_MB_S  (1e9 / 93e6)
#define NS_PER_BYTE_20_MS_A_MIB (20e6 / 1048576.0)
#define TWO_PI                  6.283185307179586476925
#define DELAY_MAX_NS            (600 * NS_PER_S)

#define ONE(median, sigma)                                                                         \
    {                                                                                              \
        .component = { {1.0, (median), (sigma)} }                                                  \
    }
#define STANDARD_PUT                                                                               \
    {                                                                                              \
        .component = {{0.952, 69.1, 0.196}, {0.048, 103.1, 0.345}},                                \
        .ns_per_byte = NS_PER_BYTE_20_MS_A_MIB                                                     \
    }
#define STANDARD_LIST ONE(75.0, 0.6)

static const struct latency_profile profiles[] = {
    {.name = "none", .summary = "no delay"},
    {.name = "s3-standard",
     .summary = "general-purpose bucket, GET p50 27 ms p99 113 ms, PUT p50 70 ms",
     .model = {[LATENCY_GET] = {.component = {{0.954, 26.2, 0.367}, {0.046, 101.7, 0.136}},
                                .ns_per_byte = NS_PER_BYTE_AT_93_MB_S},
               [LATENCY_PUT] = STANDARD_PUT,
               [LATENCY_LIST] = STANDARD_LIST}},
    /* Only its GET was published; writes and listings are those of s3-standard. */
    {.name = "s3-fast",
     .summary = "s3-standard with GET p50 9 ms p99 54 ms",
     .model = {[LATENCY_GET] = {.component = {{0.977, 8.8, 0.252}, {0.023, 51.8, 0.227}}},
               [LATENCY_PUT] = STANDARD_PUT,
               [LATENCY_LIST] = STANDARD_LIST}},
    /* No figure is published for its listings; a page is charged as a write. */
    {.name = "s3-express",
     .summary = "directory bucket, GET p50 5.9 ms, PUT p50 6.9 ms",
     .model = {[LATENCY_GET] = ONE(5.9, 0.3),
               [LATENCY_PUT] = ONE(6.9, 0.3),
               [LATENCY_LIST] = ONE(6.9, 0.3)}},
    {.name = "minio-lan",
     .summary = "MinIO in the same network, p50 2.5 ms p99 6.3 ms",
     .model = {[LATENCY_GET] = ONE(2.5, 0.4),
               [LATENCY_PUT] = ONE(2.5, 0.4),
               [LATENCY_LIST] = ONE(2.5, 0.4)}},
    {.name = NULL},
};

const struct latency_profile *latency_profiles(void)
{
    return profiles;
}

const struct latency_profile *latency_profile_find(const char *name)
{
    for (const struct latency_profile *p = profiles; p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

void latency_profile_names(char *out, size_t room)
{
    size_t len = 0;
    out[0] = '\0';
    for (const struct latency_profile *p = profiles; p->name != NULL && len < room; p++)
        len += (size_t)snprintf(out + len, room - len, "%s%s", len > 0 ? ", " : "", p->name);
}

/* The next uniform of (0, 1): 53 bits, moved off zero so that its logarithm exists. */
static double next_unit(uint64_t *state)
{
    *state = rng_mix(*state);
    return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

bool latency_delays(const struct latency_profile *profile)
{
    for (int i = 0; i < LATENCY_OPERATIONS; i++)
        if (profile->model[i].component[0].weight > 0 || profile->model[i].ns_per_byte > 0)
            return true;
    return profile->stall_probability > 0 || profile->connect_ms > 0;
}

static enum latency_operation charged_as(const struct latency_profile *profile,
                                         enum latency_operation operation)
{
    if (profile->model[operation].present)
        return operation;
    switch (operation) {
    case LATENCY_HEAD:
        return LATENCY_GET;
    case LATENCY_COPY:
    case LATENCY_DELETE:
        return LATENCY_PUT;
    default:
        return operation;
    }
}

static const struct latency_component *pick_component(const struct latency_model *model,
                                                      double pick)
{
    const struct latency_component *c = model->component;
    const struct latency_component *last = c + LATENCY_COMPONENTS_MAX - 1;
    for (; c < last && c[1].weight > 0 && pick >= c->weight; c++)
        pick -= c->weight;
    return c;
}

int64_t latency_draw_ns(const struct latency_profile *profile, uint64_t seed,
                        enum latency_operation operation, const char *key, size_t key_len,
                        unsigned attempt, uint64_t body_bytes)
{
    operation = charged_as(profile, operation);
    const struct latency_model *model = &profile->model[operation];
    double delay_ns = (double)body_bytes * model->ns_per_byte;
    const uint64_t salt = ((uint64_t)operation << 32) | attempt;
    uint64_t state = rng_hash(seed ^ rng_mix(salt), key, key_len);
    if (model->component[0].weight > 0) {
        const struct latency_component *c = pick_component(model, next_unit(&state));
        const double radius = sqrt(-2.0 * log(next_unit(&state)));
        const double z = radius * cos(TWO_PI * next_unit(&state));
        delay_ns += c->median_ms * 1e6 * exp(c->sigma * z);
    }
    /* Drawn last, so that stalls leave all other draws as they are. */
    if (profile->stall_probability > 0 && next_unit(&state) < profile->stall_probability)
        delay_ns += profile->stall_ms * 1e6;
    return delay_ns < (double)DELAY_MAX_NS ? (int64_t)delay_ns : DELAY_MAX_NS;
}
