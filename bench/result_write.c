/* SPDX-License-Identifier: MIT */
/* result_write - a run as JSON, schema "s3-bench/1". Reading it back is result_read.c. */
#include <math.h>

#include "bench/result.h"
#include "bench/summary.h"
#include "lib/tool/json.h"

static void write_settings(struct json *j, const struct result_settings *s)
{
    json_begin_object(j, "settings");
    json_str(j, "command", s->command);
    json_u64(j, "seed", s->seed);
    json_u64(j, "rounds", s->rounds);
    json_i64(j, "budget_ms", s->budget_ms);
    json_u64(j, "objects", s->objects);
    json_u64(j, "rows", s->rows);
    json_u64(j, "object_bytes", s->object_bytes);
    json_u64(j, "days", s->days);
    json_str(j, "from", s->from);
    json_str(j, "to", s->to);
    json_u64(j, "dataset_bytes", s->dataset_bytes);
    json_str(j, "dataset_sha256", s->dataset_sha256);
    json_end(j);
}

static void write_environment_fields(struct json *j, const struct environment *e)
{
    json_str(j, "cpu_model", e->cpu_model);
    json_u64(j, "cores", e->cores);
    json_u64(j, "memory_bytes", e->memory_bytes);
    json_str(j, "kernel", e->kernel);
    json_f64(j, "load_average", e->load_average);
    json_str(j, "cgroup_cpu", e->cgroup_cpu);
    json_str(j, "cgroup_memory", e->cgroup_memory);
    json_str(j, "kit_version", e->kit_version);
    json_str(j, "libcurl_version", e->libcurl_version);
    json_str(j, "openssl_version", e->openssl_version);
    json_str(j, "server_header", e->server_header);
    json_f64(j, "round_trip_ms", e->round_trip_ms);
    json_str(j, "git_revision", e->git_revision);
}

static void write_endpoint(struct json *j, const struct result_settings *s)
{
    json_str(j, "run", s->run);
    json_str(j, "started", s->started);
    json_bool(j, "simulated", s->simulated);
    json_str(j, "profile", s->profile);
    json_str(j, "endpoint", s->endpoint);
}

static void write_cells(struct json *j, const struct cell_plan *plan)
{
    json_begin_array(j, "cells");
    for (size_t i = 0; i < plan->count; i++) {
        const struct cell *cell = &plan->cells[i];
        json_begin_object(j, NULL);
        json_str(j, "name", cell->name);
        json_str(j, "mode", cell_mode_name(cell->mode));
        json_str(j, "role", cell_role_name(cell->role));
        json_u64(j, "concurrency", cell->concurrency);
        json_end(j);
    }
    json_end(j);
    json_str(j, "headline", plan->count > 0 ? plan->cells[plan->headline].name : NULL);
}

static void write_samples(struct json *j, const struct result *r)
{
    json_begin_array(j, "samples");
    for (size_t i = 0; i < r->sample_count; i++) {
        const struct sample *s = &r->samples[i];
        json_begin_object(j, NULL);
        json_str(j, "cell", r->plan.cells[s->cell].name);
        json_u64(j, "round", s->round);
        json_u64(j, "position", s->position);
        json_f64(j, "wall_s", s->wall_s);
        json_f64(j, "work_s", s->work_s);
        json_f64(j, "user_s", s->user_s);
        json_f64(j, "system_s", s->system_s);
        json_u64(j, "max_rss_bytes", s->max_rss_bytes);
        json_u64(j, "voluntary_switches", s->voluntary_switches);
        json_u64(j, "involuntary_switches", s->involuntary_switches);
        json_u64(j, "requests", s->requests);
        json_u64(j, "attempts", s->attempts);
        json_u64(j, "retries", s->retries);
        json_u64(j, "connections_opened", s->connections_opened);
        json_u64(j, "connections_reused", s->connections_reused);
        json_end(j);
    }
    json_end(j);
}

static void write_bucket(void *ctx, uint64_t upper_us, uint64_t count)
{
    struct json *j = ctx;
    json_begin_array(j, NULL);
    json_u64(j, NULL, upper_us);
    json_u64(j, NULL, count);
    json_end(j);
}

static void write_curves(struct json *j, const struct result *r)
{
    json_begin_array(j, "service_times");
    for (size_t i = 0; i < r->curve_count; i++) {
        const struct latency_curve *curve = &r->curves[i];
        json_begin_object(j, NULL);
        json_str(j, "cell", r->plan.cells[curve->cell].name);
        json_str(j, "operation", curve->operation);
        json_begin_array(j, "buckets_us");
        hist_each(&curve->service, write_bucket, j);
        json_end(j);
        json_end(j);
    }
    json_end(j);
}

/* Without samples enough for an interval its bounds are null. */
static void write_interval(struct json *j, const char *name, const struct stats_interval *i)
{
    json_begin_object(j, name);
    json_f64(j, "estimate", i->n > 0 ? i->estimate : NAN);
    json_f64(j, "low", i->n > 1 ? i->low : NAN);
    json_f64(j, "high", i->n > 1 ? i->high : NAN);
    json_end(j);
}

static void write_cell_summary(struct json *j, const struct cell *cell,
                               const struct cell_summary *s)
{
    json_begin_object(j, NULL);
    json_str(j, "cell", cell->name);
    write_interval(j, "wall_s", &s->wall_s);
    write_interval(j, "work_s", &s->work_s);
    write_interval(j, "objects_per_s", &s->objects_per_s);
    write_interval(j, "speedup", &s->speedup);
    json_f64(j, "cpu_s", s->cpu_s);
    json_u64(j, "max_rss_bytes", s->max_rss_bytes);
    json_u64(j, "retries", s->retries);
    json_bool(j, "client_bound", s->client_bound);
    json_end(j);
}

static void write_summary(struct json *j, const struct result *r, const struct summary *s)
{
    json_begin_object(j, "summary");
    json_u64(j, "rounds", s->rounds);
    json_bool(j, "indicative", s->indicative);
    json_f64(j, "confidence", SUMMARY_CONFIDENCE);
    json_f64(j, "partitions_ceiling", s->ceiling > 0 ? s->ceiling : NAN);
    json_begin_array(j, "cells");
    for (size_t i = 0; i < r->plan.count; i++)
        write_cell_summary(j, &r->plan.cells[i], &s->cells[i]);
    json_end(j);
    json_end(j);
}

enum status result_to_json(const struct result *r, const struct summary *summary, struct buf *out,
                           struct error *err)
{
    struct json j;
    json_init(&j, out, true);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", RESULT_SCHEMA);
    write_endpoint(&j, &r->settings);
    json_str(&j, "stopped", r->stopped[0] != '\0' ? r->stopped : NULL);
    write_summary(&j, r, summary);
    write_settings(&j, &r->settings);
    json_begin_object(&j, "environment");
    write_environment_fields(&j, &r->environment);
    json_end(&j);
    write_cells(&j, &r->plan);
    json_begin_array(&j, "partition_objects");
    for (size_t i = 0; i < r->partition_count; i++)
        json_u64(&j, NULL, r->partition_objects[i]);
    json_end(&j);
    write_samples(&j, r);
    write_curves(&j, r);
    json_end(&j);
    buf_append_char(out, '\n');
    return buf_status(out, "result", err);
}

enum status result_environment_json(const struct result *r, struct buf *out, struct error *err)
{
    struct json j;
    json_init(&j, out, true);
    json_begin_object(&j, NULL);
    write_endpoint(&j, &r->settings);
    write_environment_fields(&j, &r->environment);
    json_end(&j);
    buf_append_char(out, '\n');
    return buf_status(out, "environment", err);
}
