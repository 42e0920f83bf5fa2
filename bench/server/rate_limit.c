/* SPDX-License-Identifier: MIT */
/* rate_limit - see rate_limit.h. A set-associative table: a prefix lives in one of a few places. */
#include "bench/server/rate_limit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"

#define WAYS 8
#define SETS (RATE_LIMIT_PREFIXES_MAX / WAYS)

enum { READS, WRITES, KINDS };

struct prefix {
    uint64_t name; /* hashed; 0: free */
    int64_t used_ns;
    double tokens[KINDS];
    int64_t filled_ns[KINDS];
};

struct rate_limit {
    struct rate_limit_model model;
    struct prefix prefixes[SETS][WAYS];
};

struct rate_limit *rate_limit_new(const struct rate_limit_model *model)
{
    struct rate_limit *limit = calloc(1, sizeof *limit);
    if (limit != NULL)
        limit->model = *model;
    return limit;
}

void rate_limit_free(struct rate_limit *limit)
{
    free(limit);
}

/* 64 bits tell 4,096 prefixes apart. */
static uint64_t prefix_name(const struct rate_limit *limit, const char *bucket, const char *key)
{
    size_t len = 0;
    for (uint64_t depth = limit->model.prefix_depth; depth > 0; depth--) {
        const char *slash = strchr(key + len, '/');
        if (slash == NULL)
            break;
        len = (size_t)(slash - key) + 1;
    }
    const uint64_t name = rng_hash(rng_hash(1, bucket, strlen(bucket)), key, len);
    return name != 0 ? name : 1;
}

static struct prefix *prefix_find(struct rate_limit *limit, uint64_t name, int64_t now_ns)
{
    struct prefix *set = limit->prefixes[name % SETS];
    struct prefix *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].name == name)
            return &set[i];
        if (set[i].used_ns < oldest->used_ns || set[i].name == 0)
            oldest = &set[i];
        if (set[i].name == 0)
            break;
    }
    *oldest = (struct prefix){
        .name = name,
        .tokens = {(double)limit->model.get_per_s, (double)limit->model.put_per_s},
        .filled_ns = {now_ns, now_ns},
    };
    return oldest;
}

bool rate_limit_take(struct rate_limit *limit, const char *bucket, const char *key, bool write,
                     struct mono now)
{
    const int kind = write ? WRITES : READS;
    const double rate = (double)(write ? limit->model.put_per_s : limit->model.get_per_s);
    if (rate == 0)
        return true;
    struct prefix *p = prefix_find(limit, prefix_name(limit, bucket, key), now.ns);
    p->used_ns = now.ns;
    p->tokens[kind] += rate * (double)(now.ns - p->filled_ns[kind]) / (double)NS_PER_S;
    p->filled_ns[kind] = now.ns;
    if (p->tokens[kind] > rate)
        p->tokens[kind] = rate;
    if (p->tokens[kind] < 1)
        return false;
    p->tokens[kind] -= 1;
    return true;
}
