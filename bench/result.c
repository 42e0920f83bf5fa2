/* SPDX-License-Identifier: MIT */
/* result - the samples of a run in memory. */
#include "bench/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void result_init(struct result *r)
{
    *r = (struct result){0};
}

void result_release(struct result *r)
{
    free(r->partition_objects);
    free(r->samples);
    free(r->curves);
    *r = (struct result){0};
}

/* Room for one more item in an array that grows by doubling at powers of two. */
static void *grow_by_one(void *items, size_t count, size_t item_size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return items;
    return reallocarray(items, count == 0 ? 1 : 2 * count, item_size);
}

enum status result_add_sample(struct result *r, const struct sample *sample, struct error *err)
{
    struct sample *grown = grow_by_one(r->samples, r->sample_count, sizeof *grown);
    if (grown == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for samples");
    r->samples = grown;
    r->samples[r->sample_count++] = *sample;
    return STATUS_OK;
}

enum status result_add_partition(struct result *r, uint64_t objects, struct error *err)
{
    uint64_t *grown = grow_by_one(r->partition_objects, r->partition_count, sizeof *grown);
    if (grown == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for partitions");
    r->partition_objects = grown;
    r->partition_objects[r->partition_count++] = objects;
    return STATUS_OK;
}

struct latency_curve *result_curve(struct result *r, size_t cell, const char *operation)
{
    for (size_t i = 0; i < r->curve_count; i++) {
        if (r->curves[i].cell == cell && strcmp(r->curves[i].operation, operation) == 0)
            return &r->curves[i];
    }
    struct latency_curve *grown = grow_by_one(r->curves, r->curve_count, sizeof *grown);
    if (grown == NULL)
        return NULL;
    r->curves = grown;
    struct latency_curve *curve = &r->curves[r->curve_count++];
    curve->cell = cell;
    snprintf(curve->operation, sizeof curve->operation, "%s", operation);
    hist_init(&curve->service);
    return curve;
}

void result_drop_round(struct result *r, unsigned round)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->sample_count; i++) {
        if (r->samples[i].round != round)
            r->samples[kept++] = r->samples[i];
    }
    r->sample_count = kept;
}

const struct sample *result_sample(const struct result *r, size_t cell, unsigned round)
{
    for (size_t i = 0; i < r->sample_count; i++) {
        if (r->samples[i].cell == cell && r->samples[i].round == round)
            return &r->samples[i];
    }
    return NULL;
}

unsigned result_rounds(const struct result *r)
{
    return r->plan.count == 0 ? 0 : (unsigned)(r->sample_count / r->plan.count);
}
