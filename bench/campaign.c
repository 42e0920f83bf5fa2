/* SPDX-License-Identifier: MIT */
/* campaign - the endpoint, the dataset, and cleaning up. */
#include "bench/campaign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/child.h"
#include "bench/environment.h"
#include "bench/marker.h"
#include "lib/base/rng.h"
#include "lib/s3/bucket.h"
#include "lib/s3/delete.h"

#define SOURCE_BUCKET   "bench"
#define RUN_PREFIX      "s3-bench-run"
#define SEED_TIMEOUT_MS (INT64_C(3600) * 1000)
#define CONNECTIONS     16

/* ---- endpoint ---- */

static enum status make_keys(struct campaign *c, struct error *err)
{
    uint8_t random[48];
    if (rng_entropy(random, sizeof random) != 0)
        return error_set(err, STATUS_IO, "the system has no random numbers");
    hex_encode(random, 16, c->access_key_id);
    hex_encode(random + 16, 32, c->secret_access_key);
    return STATUS_OK;
}

/* The embedded server's endpoint and keys stand in the environment from here on, for the client
 * here and for the child programs; whatever the user's AWS_* variables said is put aside. */
static enum status use_environment(const struct campaign *c, struct error *err)
{
    static const char *const aside[] = {"AWS_PROFILE",        "AWS_SESSION_TOKEN",
                                        "AWS_CA_BUNDLE",      "AWS_ENDPOINT_URL_S3",
                                        "AWS_DEFAULT_REGION", NULL};
    for (const char *const *name = aside; *name != NULL; name++)
        unsetenv(*name);
    if (setenv("AWS_ENDPOINT_URL", s3_server_url(c->server), 1) != 0 ||
        setenv("AWS_ACCESS_KEY_ID", c->access_key_id, 1) != 0 ||
        setenv("AWS_SECRET_ACCESS_KEY", c->secret_access_key, 1) != 0 ||
        setenv("AWS_REGION", "us-east-1", 1) != 0)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the environment");
    return STATUS_OK;
}

static enum status make_buckets(const struct campaign *c, struct error *err)
{
    enum status status = s3_server_make_bucket(c->server, SOURCE_BUCKET, err);
    for (size_t i = 0; status == STATUS_OK && i < c->result->plan.count; i++) {
        struct s3_uri destination;
        campaign_destination(c, i, &destination);
        status = s3_server_make_bucket(c->server, destination.bucket, err);
    }
    return status;
}

static enum status open_embedded(struct campaign *c, struct error *err)
{
    const struct s3_server_key key = {.access_key_id = c->access_key_id,
                                      .secret_access_key = c->secret_access_key};
    const struct latency_profile *profile = latency_profile_find(c->options->profile);
    enum status status = make_keys(c, err);
    if (status == STATUS_OK)
        status = s3_server_start(
            &(struct s3_server_options){
                .keys = &key, .key_count = 1, .latency = profile, .seed = c->options->seed},
            &c->server, err);
    if (status == STATUS_OK)
        status = use_environment(c, err);
    if (status == STATUS_OK)
        status = make_buckets(c, err);
    snprintf(c->target.bucket, sizeof c->target.bucket, "%s", SOURCE_BUCKET);
    return status;
}

static enum status open_target(struct campaign *c, const char *target, struct error *err)
{
    enum status status = s3_uri_parse(target, &c->target, err);
    if (status == STATUS_OK)
        status = s3_uri_make_prefix(&c->target, err);
    if (status == STATUS_OK && strlen(c->target.key) > S3_KEY_MAX / 2)
        status = error_set(err, STATUS_INVALID, "the prefix is too long to nest a run in");
    if (status == STATUS_OK)
        snprintf(c->prefix, sizeof c->prefix, "%.512s%s-%s/", c->target.key, RUN_PREFIX,
                 c->result->settings.run);
    return status;
}

enum status campaign_open(struct campaign *c, const char *target, struct error *err)
{
    /* The embedded server is the target whatever options or variables say of another endpoint. */
    static const struct connect_options no_options = {0};
    enum status status = target == NULL ? open_embedded(c, err) : open_target(c, target, err);
    if (status == STATUS_OK)
        status = connection_open(target == NULL ? &no_options : &c->options->connect, CONNECTIONS,
                                 c->log, &c->connection, err);
    if (status != STATUS_OK)
        return status;
    struct result_settings *s = &c->result->settings;
    s->simulated = c->server != NULL;
    snprintf(s->profile, sizeof s->profile, "%s", s->simulated ? c->options->profile : "");
    snprintf(s->endpoint, sizeof s->endpoint, "%s", s3_client_endpoint(c->connection.client)->base);
    environment_ask_endpoint(&c->result->environment, c->connection.client, c->target.bucket);
    return STATUS_OK;
}

void campaign_destination(const struct campaign *c, size_t cell, struct s3_uri *out)
{
    const char *name = c->result->plan.cells[cell].name;
    if (c->server != NULL) {
        /* A bucket a cell and the same keys: the latency drawn for a key is the same in all. */
        snprintf(out->bucket, sizeof out->bucket, "out-%s", name);
        snprintf(out->key, sizeof out->key, "out/");
        return;
    }
    snprintf(out->bucket, sizeof out->bucket, "%s", c->target.bucket);
    snprintf(out->key, sizeof out->key, "%.900sout-%s/", c->prefix, name);
}

/* ---- dataset ---- */

static enum status on_partition(void *ctx, const struct manifest_partition *p, struct error *err)
{
    struct campaign *c = ctx;
    struct expectation *grown = realloc(c->expected, (c->expected_count + 1) * sizeof *c->expected);
    if (grown == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the manifest");
    c->expected = grown;
    struct expectation *e = &grown[c->expected_count++];
    *e = (struct expectation){.bytes = p->bytes};
    memcpy(e->date, p->date, sizeof e->date);
    memcpy(e->sha256, p->sha256, sizeof e->sha256);
    c->result->settings.dataset_bytes += p->bytes;
    return result_add_partition(c->result, p->objects, err);
}

static enum status hash_manifest(struct campaign *c, struct error *err)
{
    struct buf text;
    uint8_t sum[SHA256_SIZE];
    buf_init(&text, RESULT_JSON_MAX);
    enum status status = file_read(c->manifest, &text, err);
    if (status == STATUS_OK) {
        sha256(text.data, text.len, sum);
        hex_encode(sum, sizeof sum, c->result->settings.dataset_sha256);
    }
    buf_release(&text);
    return status;
}

/* The texts that s3-generate's command line points to. */
struct arguments {
    char rows[24];
    char files[24];
    char seed[24];
    char prefix[S3_KEY_MAX + 1];
};

static enum status build(const struct campaign *c, struct arguments *texts, struct child *out,
                         struct error *err)
{
    const struct result_settings *s = &c->result->settings;
    enum status status = child_init(out, c->programs, "s3-generate", err);
    if (status != STATUS_OK)
        return status;
    snprintf(texts->rows, sizeof texts->rows, "%" PRIu64, s->rows);
    snprintf(texts->files, sizeof texts->files, "%" PRIu64, s->objects);
    snprintf(texts->seed, sizeof texts->seed, "%" PRIu64, s->seed);
    snprintf(texts->prefix, sizeof texts->prefix, "%.900sin/", c->prefix);
    child_add_pair(out, "--rows", texts->rows);
    child_add_pair(out, "--files", texts->files);
    child_add_pair(out, "--bucket", c->target.bucket);
    child_add_pair(out, "--prefix", texts->prefix);
    child_add_pair(out, "--seed", texts->seed);
    child_add_pair(out, "--from", s->from);
    child_add_pair(out, "--to", s->to);
    child_add(out, "--quiet");
    return STATUS_OK;
}

static enum status generate(struct child *child, struct error *err)
{
    struct process_result ran;
    enum status status = child_run(child, SEED_TIMEOUT_MS, &ran, err);
    if (status == STATUS_OK)
        process_result_release(&ran);
    return status;
}

/* The manifest comes first, so that whatever happens later, what was written can be named. */
static enum status make_manifest(struct campaign *c, struct error *err)
{
    struct arguments texts;
    struct child child;
    enum status status = build(c, &texts, &child, err);
    if (status == STATUS_OK)
        status = file_path(c->manifest, c->directory, "dataset.jsonl", err);
    if (status != STATUS_OK)
        return status;
    child_add(&child, "--dry-run");
    child_add_pair(&child, "--manifest", c->manifest);
    status = generate(&child, err);
    if (status == STATUS_OK)
        status =
            manifest_read(c->manifest, NULL,
                          &(struct manifest_visitor){.ctx = c, .partition = on_partition}, err);
    return status == STATUS_OK ? hash_manifest(c, err) : status;
}

static struct marker marker_of(const struct campaign *c)
{
    return (struct marker){
        .bucket = c->target.bucket, .prefix = c->prefix, .run = c->result->settings.run};
}

enum status campaign_seed(struct campaign *c, struct error *err)
{
    struct arguments texts;
    struct child child;
    const struct marker marker = marker_of(c);
    enum status status = make_manifest(c, err);
    if (status == STATUS_OK && c->server == NULL) {
        status = marker_put(c->connection.client, &marker, err);
        c->marked = status == STATUS_OK;
    }
    if (status == STATUS_OK)
        status = build(c, &texts, &child, err);
    if (status != STATUS_OK)
        return status;
    child_add(&child, "--yes"); /* the user was asked for the whole run */
    if (c->server == NULL)
        child_add_connection(&child, &c->options->connect);
    return generate(&child, err);
}

/* ---- cleaning up ---- */

struct sweep {
    struct campaign *campaign;
    char *keys[S3_DELETE_MAX];
    size_t count;
};

struct swept {
    bool over;
    enum status status;
    struct error error;
};

static void on_deleted(void *ctx, const struct s3_reply *reply)
{
    struct swept *s = ctx;
    size_t failed;
    s->over = true;
    s->status = reply->status;
    s->error = reply->error;
    if (reply->status == STATUS_OK)
        s->status = s3_delete_result(reply, &failed, &s->error);
}

static void sweep_forget(struct sweep *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->keys[i]);
    s->count = 0;
}

static enum status sweep_flush(struct sweep *s, struct error *err)
{
    struct swept swept = {0};
    struct s3_client *client = s->campaign->connection.client;
    if (s->count == 0)
        return STATUS_OK;
    enum status status =
        s3_delete_objects(client, s->campaign->target.bucket, (const char *const *)s->keys,
                          s->count, on_deleted, &swept, err);
    while (status == STATUS_OK && !swept.over)
        status = s3_client_poll(client, 1000, err);
    sweep_forget(s);
    if (status != STATUS_OK)
        return status;
    return swept.status == STATUS_OK ? STATUS_OK : error_copy(err, &swept.error);
}

static enum status sweep_add(struct sweep *s, const char *key, struct error *err)
{
    s->keys[s->count] = strdup(key);
    if (s->keys[s->count] == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the keys to delete");
    s->count++;
    return s->count == S3_DELETE_MAX ? sweep_flush(s, err) : STATUS_OK;
}

static enum status sweep_source(void *ctx, const struct manifest_object *o, struct error *err)
{
    return sweep_add(ctx, o->key, err);
}

/* Outputs are named by the same rule that made them: directory, date, suffix. */
static enum status sweep_outputs(struct sweep *s, struct error *err)
{
    const struct campaign *c = s->campaign;
    enum status status = STATUS_OK;
    for (size_t cell = 0; cell < c->result->plan.count; cell++)
        for (size_t i = 0; status == STATUS_OK && i < c->expected_count; i++) {
            struct s3_uri destination;
            char key[2 * S3_KEY_MAX + 64];
            campaign_destination(c, cell, &destination);
            char dir[S3_KEY_MAX + 32];
            const char *date = c->expected[i].date;
            snprintf(dir, sizeof dir, "%s%.4s/%.2s/%.2s", destination.key, date, date + 5,
                     date + 8);
            int len = snprintf(key, sizeof key, "%s/", dir);
            for (const char *p = dir; *p != '\0'; p++)
                key[len++] = *p == '/' ? '-' : *p;
            snprintf(key + len, sizeof key - (size_t)len, ".json");
            status = sweep_add(s, key, err);
        }
    return status;
}

enum status campaign_clean(struct campaign *c, struct error *err)
{
    if (!c->marked)
        return STATUS_OK;
    struct sweep sweep = {.campaign = c};
    const struct marker marker = marker_of(c);
    enum status status = marker_check(c->connection.client, &marker, err);
    if (status == STATUS_OK)
        status = sweep_outputs(&sweep, err);
    if (status == STATUS_OK)
        status =
            manifest_read(c->manifest, NULL,
                          &(struct manifest_visitor){.ctx = &sweep, .object = sweep_source}, err);
    if (status == STATUS_OK)
        status = sweep_flush(&sweep, err);
    sweep_forget(&sweep);
    if (status != STATUS_OK)
        return status;
    c->marked = false;
    return marker_delete(c->connection.client, &marker, err);
}

void campaign_close(struct campaign *c)
{
    connection_close(&c->connection);
    if (c->server != NULL)
        s3_server_stop(c->server);
    free(c->expected);
}
