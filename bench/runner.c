/* SPDX-License-Identifier: MIT */
/* runner - one cell of one round: s3-compact as a child process, and what it says of itself. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bench/campaign.h"
#include "lib/tool/process.h"
#include "lib/tool/signals.h"

#define CELL_TIMEOUT_MS (INT64_C(3600) * 1000)
#define ARGS_MAX        40

struct command {
    char program[FILE_PATH_MAX];
    char source[S3_KEY_MAX + S3_BUCKET_MAX + 16];
    char destination[S3_KEY_MAX + S3_BUCKET_MAX + 16];
    char concurrency[16];
    const char *argv[ARGS_MAX];
    size_t argc;
};

static void add(struct command *c, const char *argument)
{
    c->argv[c->argc++] = argument;
}

static void add_pair(struct command *c, const char *name, const char *value)
{
    if (value == NULL)
        return;
    add(c, name);
    add(c, value);
}

/* The connection options of this run, for a child on a real endpoint. */
static void add_connection(struct command *c, const struct connect_options *o)
{
    static const char *const styles[] = {"auto", "path", "virtual"};
    add_pair(c, "--endpoint-url", o->endpoint_url);
    add_pair(c, "--region", o->region);
    add_pair(c, "--profile", o->profile);
    add_pair(c, "--ca-bundle", o->ca_bundle);
    add_pair(c, "--addressing-style", styles[o->addressing]);
    if (o->no_sign_request)
        add(c, "--no-sign-request");
}

static enum status build(const struct campaign *c, size_t index, struct command *out,
                         struct error *err)
{
    const struct cell *cell = &c->result->plan.cells[index];
    const struct result_settings *s = &c->result->settings;
    struct s3_uri destination;
    enum status status = file_path(out->program, c->programs, "s3-compact", err);
    if (status != STATUS_OK)
        return status;
    campaign_destination(c, index, &destination);
    snprintf(out->source, sizeof out->source, "s3://%s/%.900sin/", c->target.bucket, c->prefix);
    snprintf(out->destination, sizeof out->destination, "s3://%s/%s", destination.bucket,
             destination.key);
    snprintf(out->concurrency, sizeof out->concurrency, "%u", cell->concurrency);
    out->argc = 0;
    add(out, out->program);
    add(out, "run");
    add(out, "--json");
    add(out, "--overwrite");
    add_pair(out, "--progress", "never");
    add_pair(out, "--from", s->from);
    add_pair(out, "--to", s->to);
    add_pair(out, "--mode", cell->mode == CELL_SEQUENTIAL ? "sequential" : "parallel");
    if (cell->mode != CELL_SEQUENTIAL) {
        add_pair(out, "--fan-out", cell_mode_name(cell->mode));
        add_pair(out, "--concurrency", out->concurrency);
    }
    if (c->server == NULL)
        add_connection(out, &c->options->connect);
    add(out, out->source);
    add(out, out->destination);
    add(out, NULL);
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
    struct command command;
    struct process_result ran;
    enum status status = build(c, cell, &command, err);
    if (status == STATUS_OK)
        status = process_run(&(struct process_options){.argv = command.argv,
                                                       .timeout_ms = CELL_TIMEOUT_MS,
                                                       .output_max = 64u << 20},
                             &ran, err);
    if (status != STATUS_OK)
        return status;
    if (signals_received() != 0)
        status = error_set(err, STATUS_CANCELLED, "interrupted");
    else if (ran.exit_code != 0)
        status = error_set(err, STATUS_REMOTE, "s3-compact ended with status %d: %.*s",
                           ran.exit_code, (int)strcspn(ran.err.data, "\n"), ran.err.data);
    else
        status = take_sample(c, cell, round, position, &ran, err);
    process_result_release(&ran);
    if (status != STATUS_OK && status != STATUS_CANCELLED)
        error_prefix(err, "%s, round %u", c->result->plan.cells[cell].name, round);
    return status;
}
