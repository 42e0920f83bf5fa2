/* SPDX-License-Identifier: MIT */
/* meter - see meter.h. */
#include "bench/server/meter.h"

#include <stdlib.h>

#define ALLOCATION_HEADER 8u
#define ALLOCATION_UNIT   16u
#define ALLOCATION_MIN    32u

size_t meter_cost(size_t size)
{
    const size_t cost =
        (size + ALLOCATION_HEADER + ALLOCATION_UNIT - 1) / ALLOCATION_UNIT * ALLOCATION_UNIT;
    return cost < ALLOCATION_MIN ? ALLOCATION_MIN : cost;
}

void *meter_alloc(struct meter *m, size_t size)
{
    const size_t cost = meter_cost(size);
    const uint64_t before = atomic_fetch_add(&m->used_bytes, cost);
    if (m->limit_bytes == 0 || before + cost <= m->limit_bytes) {
        void *p = malloc(size);
        if (p != NULL)
            return p;
    }
    atomic_fetch_sub(&m->used_bytes, cost);
    return NULL;
}

void meter_free(struct meter *m, void *p, size_t size)
{
    if (p == NULL)
        return;
    free(p);
    atomic_fetch_sub(&m->used_bytes, meter_cost(size));
}
