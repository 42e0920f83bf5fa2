/* SPDX-License-Identifier: MIT */
/* runner - one cell of one round: s3-compact as a child process, and what it says of itself. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bench/campaign.h"
#include "bench/child.h"

#define CELL_TIMEOUT_MS (INT64_C(3600) * 1000)

/* The texts that a command line points to. */
struct arguments {
    char source[S3_KEY_MAX + S3_BUCKET_MAX + 16];
    char destination[S3_KEY_MAX + S3_BUCKET_MAX + 16];
    char concurrency[16];
};

static enum status build(const struct campaign *c, size_t index, struct arguments *texts,
                         struct child *out, struct error *err)
{
    const struct cell *cell = &c->result->plan.cells[index];
    const struct result_settings *s = &c->result->settings;
    struct s3_uri destination;
    enum status status = child_init(out, c->programs, "s3-compact", err);
    if (status != STATUS_OK)
        return status;
    campaign_destination(c, index, &destination);
    snprintf(texts->source, sizeof texts->source, "s3://%s/%.900sin/", c->target.bucket, c->prefix);
    snprintf(texts->destination, sizeof texts->destination, "s3://%s/%s", destination.bucket,
             destination.key);
    snprintf(texts->concurrency, sizeof texts->concurrency, "%u", cell->concurrency);
    child_add(out, "run");
    child_add(out, "--json");
    child_add(out, "--overwrite");
    child_add_pair(out, "--progress", "never");
    child_add_pair(out, "--from", s->from);
    child_add_pair(out, "--to", s->to);
    child_add_pair(out, "--mode", cell->mode == CELL_SEQUENTIAL ? "sequential" : "parallel");
    if (cell->mode != CELL_SEQUENTIAL) {
        child_add_pair(out, "--fan-out", cell_mode_name(cell->mode));
        child_add_pair(out, "--concurrency", texts->concurrency);
    }
    if (c->server == NULL)
        child_add_connection(out, &c->options->connect);
    child_add(out, texts->source);
    child_add(out, texts->destination);
    return STATUS_OK;
}

/* ---- what the child says of itself ---- */

static uint64_t get_u64(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

static void read_curve(struct campaign *c, size_t cell, const char *operation, const json_t *hist)
{
    struct latency_curve *curve = result_curve(c->result, cell, operation);
    size_t i;
    json_t *bucket;
    json_array_foreach(json_object_get(hist, "buckets"), i, bucket)
    {
        const uint64_t upper_us = (uint64_t)json_integer_value(json_array_get(bucket, 0));
        json_int_t count = json_integer_value(json_array_get(bucket, 1));
        for (; curve != NULL && count > 0; count--)
            hist_record_us(&curve->service, upper_us);
    }
}

static void read_requests(struct campaign *c, size_t cell, bool measured, json_t *document,
                          struct sample *sample)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(document, "requests"), name, value)
    {
        sample->requests += get_u64(value, "count");
        sample->attempts += get_u64(value, "attempts");
        if (measured)
            read_curve(c, cell, name, json_object_get(value, "total_us"));
    }
    json_object_foreach(json_object_get(document, "retries"), name, value) sample->retries +=
        (uint64_t)json_integer_value(value);
    const json_t *connections = json_object_get(document, "connections");
    sample->connections_opened = get_u64(connections, "opened");
    sample->connections_reused = get_u64(connections, "reused");
    sample->work_s = json_number_value(json_object_get(document, "work_s"));
}

static enum status take_sample(struct campaign *c, size_t cell, unsigned round, unsigned position,
                               const struct process_result *ran, struct error *err)
{
    json_error_t where;
    struct sample sample = {
        .cell = cell,
        .round = round,
        .position = position,
        .wall_s = ran->wall_s,
        .user_s = ran->user_s,
        .system_s = ran->system_s,
        .max_rss_bytes = ran->max_rss_bytes,
        .voluntary_switches = ran->voluntary_switches,
        .involuntary_switches = ran->involuntary_switches,
    };
    json_t *document = json_loadb(ran->out.data, ran->out.len, 0, &where);
    if (document == NULL)
        return error_set(err, STATUS_PROTOCOL, "s3-compact's JSON cannot be read: %s", where.text);
    read_requests(c, cell, round > 0, document, &sample);
    enum status status = verify_outputs(c, cell, document, err);
    json_decref(document);
    if (status == STATUS_OK && round > 0)
        status = result_add_sample(c->result, &sample, err);
    return status;
}

enum status campaign_run_cell(struct campaign *c, size_t cell, unsigned round, unsigned position,
                              struct error *err)
{
    struct arguments texts;
    struct child child;
    struct process_result ran;
    enum status status = build(c, cell, &texts, &child, err);
    if (status == STATUS_OK)
        status = child_run(&child, CELL_TIMEOUT_MS, &ran, err);
    if (status == STATUS_OK) {
        status = take_sample(c, cell, round, position, &ran, err);
        process_result_release(&ran);
    }
    if (status != STATUS_OK && status != STATUS_CANCELLED)
        error_prefix(err, "%s, round %u", c->result->plan.cells[cell].name, round);
    return status;
}
