/* SPDX-License-Identifier: MIT */
/* summary - paired estimates from interleaved rounds. */
#include "bench/summary.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_BOUND_SHARE 0.9

double summary_ceiling(const double *work, size_t n)
{
    double sum = 0;
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += work[i];
        if (work[i] > largest)
            largest = work[i];
    }
    return largest > 0 ? sum / largest : 0;
}

/* The mean service time of an operation in the base cell, or `otherwise` when it was not seen. */
static double base_service_us(const struct result *r, const char *operation, double otherwise)
{
    for (size_t i = 0; i < r->curve_count; i++) {
        const struct latency_curve *curve = &r->curves[i];
        if (curve->cell == 0 && curve->service.count > 0 &&
            strcmp(curve->operation, operation) == 0)
            return (double)curve->service.sum_us / (double)curve->service.count;
    }
    return otherwise;
}

static enum status compute_ceiling(const struct result *r, double *out, struct error *err)
{
    if (r->partition_count == 0)
        return STATUS_OK;
    double *work = calloc(r->partition_count, sizeof *work);
    if (work == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the summary");
    const double get_us = base_service_us(r, "GetObject", 1);
    const double once_us =
        base_service_us(r, "ListObjectsV2", get_us) + base_service_us(r, "PutObject", get_us);
    for (size_t i = 0; i < r->partition_count; i++)
        work[i] = once_us + get_us * (double)r->partition_objects[i];
    *out = summary_ceiling(work, r->partition_count);
    free(work);
    return STATUS_OK;
}

/* The columns of one cell, a value a round. */
struct columns {
    double wall_s[RESULT_ROUNDS_MAX];
    double work_s[RESULT_ROUNDS_MAX];
    double objects_per_s[RESULT_ROUNDS_MAX];
    double speedup[RESULT_ROUNDS_MAX];
    size_t n;
};

static void add_round(const struct result *r, const struct sample *base, const struct sample *own,
                      struct columns *columns, struct cell_summary *out)
{
    const size_t i = columns->n++;
    columns->wall_s[i] = own->wall_s;
    columns->work_s[i] = own->work_s;
    columns->objects_per_s[i] = (double)r->settings.objects / own->wall_s;
    columns->speedup[i] = base->wall_s / own->wall_s;
    out->cpu_s += own->user_s + own->system_s;
    out->retries += own->retries;
    if (own->max_rss_bytes > out->max_rss_bytes)
        out->max_rss_bytes = own->max_rss_bytes;
}

static void summarise_cell(const struct result *r, size_t cell, unsigned rounds,
                           struct columns *columns, struct cell_summary *out)
{
    columns->n = 0;
    *out = (struct cell_summary){0};
    for (unsigned round = 1; round <= rounds; round++) {
        const struct sample *base = result_sample(r, 0, round);
        const struct sample *own = result_sample(r, cell, round);
        if (base != NULL && own != NULL && base->wall_s > 0 && own->wall_s > 0)
            add_round(r, base, own, columns, out);
    }
    if (columns->n == 0)
        return;
    out->cpu_s /= (double)columns->n;
    out->wall_s = stats_mean_interval(columns->wall_s, columns->n, SUMMARY_CONFIDENCE);
    out->work_s = stats_mean_interval(columns->work_s, columns->n, SUMMARY_CONFIDENCE);
    out->objects_per_s =
        stats_mean_interval(columns->objects_per_s, columns->n, SUMMARY_CONFIDENCE);
    out->speedup = stats_geomean_interval(columns->speedup, columns->n, SUMMARY_CONFIDENCE);
    const unsigned cores = r->environment.cores > 0 ? r->environment.cores : 1;
    out->client_bound = out->cpu_s >= CLIENT_BOUND_SHARE * cores * out->wall_s.estimate;
}

enum status summary_compute(const struct result *result, struct summary *out, struct error *err)
{
    struct columns *columns = malloc(sizeof *columns);
    if (columns == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the summary");
    memset(out, 0, sizeof *out);
    out->rounds = result_rounds(result);
    out->indicative = out->rounds < SUMMARY_ROUNDS_MIN;
    for (size_t i = 0; i < result->plan.count; i++)
        summarise_cell(result, i, out->rounds, columns, &out->cells[i]);
    free(columns);
    return compute_ceiling(result, &out->ceiling, err);
}
