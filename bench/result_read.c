/* SPDX-License-Identifier: MIT */
/*
 * result_read - a stored run back from its JSON. Fields are looked up by name; a missing or
 * mistyped one is an error that names it, so that a damaged file is never drawn.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bench/result.h"

/* Where a value is looked for, and the first thing that was wrong. */
struct source {
    const json_t *object;
    struct error *err;
    enum status status;
};

static const json_t *field(struct source *s, const char *name)
{
    const json_t *value = json_object_get(s->object, name);
    if (value == NULL && s->status == STATUS_OK)
        s->status = error_set(s->err, STATUS_INVALID, "\"%s\" is missing", name);
    return value;
}

static void wrong(struct source *s, const char *name, const char *wanted)
{
    if (s->status == STATUS_OK)
        s->status = error_set(s->err, STATUS_INVALID, "\"%s\" is not %s", name, wanted);
}

static uint64_t read_u64(struct source *s, const char *name)
{
    const json_t *value = field(s, name);
    if (value == NULL)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        wrong(s, name, "a count");
        return 0;
    }
    return (uint64_t)json_integer_value(value);
}

static double read_f64(struct source *s, const char *name)
{
    const json_t *value = field(s, name);
    if (value != NULL && !json_is_number(value) && !json_is_null(value))
        wrong(s, name, "a number");
    return json_number_value(value);
}

static void read_text(struct source *s, const char *name, char *out, size_t room)
{
    const json_t *value = field(s, name);
    if (value == NULL || json_is_null(value))
        return;
    if (!json_is_string(value) || json_string_length(value) >= room)
        wrong(s, name, "a text of the expected length");
    else
        snprintf(out, room, "%s", json_string_value(value));
}

static const json_t *read_array(struct source *s, const char *name)
{
    const json_t *value = field(s, name);
    if (value != NULL && !json_is_array(value))
        wrong(s, name, "a list");
    return value;
}

static size_t read_cell(struct source *s, const struct cell_plan *plan, const char *name)
{
    char text[CELL_NAME_MAX] = "";
    read_text(s, name, text, sizeof text);
    for (size_t i = 0; i < plan->count; i++) {
        if (strcmp(plan->cells[i].name, text) == 0)
            return i;
    }
    wrong(s, name, "the name of a cell");
    return 0;
}

static void read_settings(struct source *s, struct result_settings *out)
{
    read_text(s, "command", out->command, sizeof out->command);
    out->seed = read_u64(s, "seed");
    out->rounds = read_u64(s, "rounds");
    out->budget_ms = (int64_t)read_u64(s, "budget_ms");
    out->objects = read_u64(s, "objects");
    out->rows = read_u64(s, "rows");
    out->object_bytes = read_u64(s, "object_bytes");
    out->days = read_u64(s, "days");
    read_text(s, "from", out->from, sizeof out->from);
    read_text(s, "to", out->to, sizeof out->to);
    out->dataset_bytes = read_u64(s, "dataset_bytes");
    read_text(s, "dataset_sha256", out->dataset_sha256, sizeof out->dataset_sha256);
}

static void read_environment(struct source *s, struct environment *out)
{
    read_text(s, "cpu_model", out->cpu_model, sizeof out->cpu_model);
    out->cores = (unsigned)read_u64(s, "cores");
    out->memory_bytes = read_u64(s, "memory_bytes");
    read_text(s, "kernel", out->kernel, sizeof out->kernel);
    out->load_average = read_f64(s, "load_average");
    read_text(s, "cgroup_cpu", out->cgroup_cpu, sizeof out->cgroup_cpu);
    read_text(s, "cgroup_memory", out->cgroup_memory, sizeof out->cgroup_memory);
    read_text(s, "kit_version", out->kit_version, sizeof out->kit_version);
    read_text(s, "libcurl_version", out->libcurl_version, sizeof out->libcurl_version);
    read_text(s, "openssl_version", out->openssl_version, sizeof out->openssl_version);
    read_text(s, "server_header", out->server_header, sizeof out->server_header);
    out->round_trip_ms = read_f64(s, "round_trip_ms");
    read_text(s, "git_revision", out->git_revision, sizeof out->git_revision);
}

static void read_endpoint(struct source *s, struct result *r)
{
    read_text(s, "run", r->settings.run, sizeof r->settings.run);
    read_text(s, "started", r->settings.started, sizeof r->settings.started);
    const json_t *simulated = field(s, "simulated");
    if (simulated != NULL && !json_is_boolean(simulated))
        wrong(s, "simulated", "true or false");
    r->settings.simulated = json_is_true(simulated);
    read_text(s, "profile", r->settings.profile, sizeof r->settings.profile);
    read_text(s, "endpoint", r->settings.endpoint, sizeof r->settings.endpoint);
    read_text(s, "stopped", r->stopped, sizeof r->stopped);
}

static void read_cells(struct source *document, struct cell_plan *plan)
{
    const json_t *cells = read_array(document, "cells");
    const size_t count = json_array_size(cells);
    if (document->status == STATUS_OK && (count < 2 || count > CELLS_MAX))
        wrong(document, "cells", "a list of cells");
    for (size_t i = 0; i < count && document->status == STATUS_OK; i++) {
        struct source s = {json_array_get(cells, i), document->err, STATUS_OK};
        struct cell *cell = &plan->cells[plan->count++];
        char mode[16] = "";
        char role[16] = "";
        read_text(&s, "name", cell->name, sizeof cell->name);
        read_text(&s, "mode", mode, sizeof mode);
        read_text(&s, "role", role, sizeof role);
        cell->concurrency = (unsigned)read_u64(&s, "concurrency");
        if (!cell_mode_find(mode, &cell->mode))
            wrong(&s, "mode", "known");
        if (!cell_role_find(role, &cell->role))
            wrong(&s, "role", "known");
        document->status = s.status;
    }
    if (document->status == STATUS_OK)
        plan->headline = read_cell(document, plan, "headline");
}

static void read_sample(struct source *s, const struct cell_plan *plan, struct sample *out)
{
    *out = (struct sample){
        .cell = read_cell(s, plan, "cell"),
        .round = (unsigned)read_u64(s, "round"),
        .position = (unsigned)read_u64(s, "position"),
        .wall_s = read_f64(s, "wall_s"),
        .work_s = read_f64(s, "work_s"),
        .user_s = read_f64(s, "user_s"),
        .system_s = read_f64(s, "system_s"),
        .max_rss_bytes = read_u64(s, "max_rss_bytes"),
        .voluntary_switches = read_u64(s, "voluntary_switches"),
        .involuntary_switches = read_u64(s, "involuntary_switches"),
        .requests = read_u64(s, "requests"),
        .attempts = read_u64(s, "attempts"),
        .retries = read_u64(s, "retries"),
        .connections_opened = read_u64(s, "connections_opened"),
        .connections_reused = read_u64(s, "connections_reused"),
    };
    if (out->round < 1 || out->round > RESULT_ROUNDS_MAX)
        wrong(s, "round", "a number of a round");
}

static void read_samples(struct source *document, struct result *r)
{
    const json_t *samples = read_array(document, "samples");
    for (size_t i = 0; i < json_array_size(samples) && document->status == STATUS_OK; i++) {
        struct source s = {json_array_get(samples, i), document->err, STATUS_OK};
        struct sample sample;
        read_sample(&s, &r->plan, &sample);
        document->status =
            s.status != STATUS_OK ? s.status : result_add_sample(r, &sample, document->err);
    }
}

static void read_partitions(struct source *document, struct result *r)
{
    const json_t *counts = read_array(document, "partition_objects");
    for (size_t i = 0; i < json_array_size(counts) && document->status == STATUS_OK; i++) {
        const json_t *value = json_array_get(counts, i);
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            wrong(document, "partition_objects", "a list of counts");
        else
            document->status =
                result_add_partition(r, (uint64_t)json_integer_value(value), document->err);
    }
}

static void read_curve(struct source *s, struct result *r)
{
    char operation[32] = "";
    const size_t cell = read_cell(s, &r->plan, "cell");
    read_text(s, "operation", operation, sizeof operation);
    const json_t *buckets = read_array(s, "buckets_us");
    if (s->status != STATUS_OK)
        return;
    struct latency_curve *curve = result_curve(r, cell, operation);
    if (curve == NULL) {
        s->status = error_set(s->err, STATUS_NO_MEMORY, "no memory for service times");
        return;
    }
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *pair = json_array_get(buckets, i);
        const json_int_t upper_us = json_integer_value(json_array_get(pair, 0));
        const json_int_t count = json_integer_value(json_array_get(pair, 1));
        if (upper_us < 0 || count < 1 || count > UINT32_MAX) {
            wrong(s, "buckets_us", "a list of [microseconds, count]");
            return;
        }
        for (json_int_t n = 0; n < count; n++)
            hist_record_us(&curve->service, (uint64_t)upper_us);
    }
}

static void read_curves(struct source *document, struct result *r)
{
    const json_t *curves = read_array(document, "service_times");
    for (size_t i = 0; i < json_array_size(curves) && document->status == STATUS_OK; i++) {
        struct source s = {json_array_get(curves, i), document->err, STATUS_OK};
        read_curve(&s, r);
        document->status = s.status;
    }
}

static enum status check_schema(const json_t *document, struct error *err)
{
    const char *schema = json_string_value(json_object_get(document, "schema"));
    if (schema == NULL)
        return error_set(err, STATUS_INVALID, "not a result of s3-bench: it names no schema");
    if (strcmp(schema, RESULT_SCHEMA) != 0)
        return error_set(err, STATUS_INVALID,
                         "schema \"%.40s\" is not known; this program reads \"%s\"", schema,
                         RESULT_SCHEMA);
    return STATUS_OK;
}

static enum status read_document(struct result *r, const json_t *document, struct error *err)
{
    const enum status known = check_schema(document, err);
    if (known != STATUS_OK)
        return known;
    struct source s = {document, err, STATUS_OK};
    read_endpoint(&s, r);
    read_cells(&s, &r->plan);
    struct source settings = {field(&s, "settings"), err, s.status};
    read_settings(&settings, &r->settings);
    s.status = settings.status;
    struct source environment = {field(&s, "environment"), err, s.status};
    read_environment(&environment, &r->environment);
    s.status = environment.status;
    read_partitions(&s, r);
    read_samples(&s, r);
    read_curves(&s, r);
    return s.status;
}

enum status result_from_json(struct result *r, const char *text, size_t len, struct error *err)
{
    json_error_t where;
    result_init(r);
    json_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL)
        return error_set(err, STATUS_INVALID, "line %d: %s", where.line, where.text);
    const enum status status = read_document(r, document, err);
    json_decref(document);
    return status;
}
