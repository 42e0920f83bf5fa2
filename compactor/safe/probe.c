/* SPDX-License-Identifier: MIT */
/* probe - conditions tried on scratch keys. */
#include "compactor/safe/probe.h"

#include <string.h>

#include "compactor/safe/ask.h"
#include "compactor/safe/layout.h"
#include "compactor/safe/place.h"
#include "compactor/safe/scratch.h"
#include "lib/base/hash.h"
#include "lib/base/rng.h"
#include "lib/s3/multipart.h"

#define SCRATCH_TEXT "scratch of a capability probe; may be deleted\n"
/* Quoted as an ETag is, and of no object: that of the scratch is its MD5 or longer. */
#define WRONG_ETAG "\"00000000000000000000000000000000\""

struct probe {
    struct s3_client *client;
    const char *bucket;
    char key[S3_KEY_MAX + 1];
    struct s3_keeping keeping;
    bool versioned;
};

static enum status wait_for(struct probe *p, struct ask *ask, enum status sent, struct error *err)
{
    return sent == STATUS_OK ? ask_wait(p->client, ask, err) : sent;
}

static enum status put_scratch(struct probe *p, struct error *err)
{
    struct ask ask = {0};
    enum status status = s3_put_object(
        p->client,
        &(struct s3_write){
            .bucket = p->bucket, .key = p->key, .keeping = &p->keeping, .create_only = true},
        SCRATCH_TEXT, sizeof SCRATCH_TEXT - 1, NULL, ask_done, &ask, err);
    status = wait_for(p, &ask, status, err);
    if (status == STATUS_OK)
        p->versioned = ask.versioned;
    return status;
}

static void remove_scratch(struct probe *p)
{
    struct ask ask = {0};
    enum status status = s3_delete_object(p->client, p->bucket, p->key, ask_done, &ask, NULL);
    (void)wait_for(p, &ask, status, NULL); /* what stays behind says what it is */
}

/* A second PUT under the same condition has to be refused. */
static enum status try_put(struct probe *p, struct error *err)
{
    enum status status = put_scratch(p, err);
    if (status == STATUS_PRECONDITION)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = error_set(err, STATUS_REMOTE, "the server ignores If-None-Match on PutObject");
    return status;
}

struct uploading {
    struct ask ask;
    struct s3_upload upload;
};

static void on_created(void *ctx, const struct s3_reply *reply)
{
    struct uploading *u = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    if (status == STATUS_OK)
        status = s3_upload_created(reply, &u->upload, &error);
    ask_set(&u->ask, status, &error);
}

static enum status start_upload(struct probe *p, struct uploading *u, struct error *err)
{
    memcpy(u->upload.bucket, p->bucket, strlen(p->bucket) + 1);
    memcpy(u->upload.key, p->key, sizeof u->upload.key);
    enum status status = s3_upload_create(
        p->client, &(struct s3_write){.bucket = p->bucket, .key = p->key, .keeping = &p->keeping},
        on_created, u, err);
    return wait_for(p, &u->ask, status, err);
}

static enum status complete_upload(struct probe *p, struct uploading *u, struct error *err)
{
    struct ask ask = {0};
    enum status status = s3_upload_part(p->client, &u->upload, 1, SCRATCH_TEXT,
                                        sizeof SCRATCH_TEXT - 1, NULL, ask_done, &ask, err);
    status = wait_for(p, &ask, status, err);
    if (status != STATUS_OK)
        return status;
    struct s3_part part = {.number = 1};
    memcpy(part.etag, ask.etag, sizeof part.etag);
    ask = (struct ask){0};
    const struct s3_completion what = {.parts = &part, .count = 1, .create_only = true};
    status = s3_upload_complete(p->client, &u->upload, &what, ask_done, &ask, err);
    return wait_for(p, &ask, status, err);
}

/* A Complete over what stands there already has to be refused. */
static enum status try_complete(struct probe *p, struct error *err)
{
    struct uploading u = {.ask = {.over = false}};
    enum status status = start_upload(p, &u, err);
    if (status != STATUS_OK)
        return status;
    status = complete_upload(p, &u, err);
    if (status == STATUS_OK)
        return error_set(err, STATUS_REMOTE,
                         "the server ignores If-None-Match on CompleteMultipartUpload");
    /* By listing: where the reply of a create was lost, there is one more. */
    const enum status aborted = scratch_abort_uploads(p->client, p->bucket, p->key, NULL);
    (void)aborted; /* the next `recover` does it, then */
    return status == STATUS_PRECONDITION ? STATUS_OK : status;
}

/* A DELETE under another ETag has to be refused, and to delete nothing. (A missing key would be no
 * test: servers answer that in their own ways.) */
static enum status try_delete(struct probe *p, struct error *err)
{
    struct ask ask = {0};
    enum status status =
        s3_delete_object_if(p->client, p->bucket, p->key, WRONG_ETAG, ask_done, &ask, err);
    status = wait_for(p, &ask, status, err);
    if (status == STATUS_OK)
        return error_set(err, STATUS_REMOTE, "the server ignores If-Match on DeleteObject");
    if (status != STATUS_PRECONDITION)
        return status;
    ask = (struct ask){0};
    status = s3_head_object(p->client, p->bucket, p->key, ask_done, &ask, err);
    status = wait_for(p, &ask, status, err);
    if (status == STATUS_NOT_FOUND)
        status = error_set(err, STATUS_REMOTE,
                           "the server refused a DeleteObject under a wrong ETag, and deleted");
    return status;
}

static enum status run_probe(struct probe *p, const char *prefix, bool writes, bool deletes,
                             struct error *err)
{
    char token[TOKEN_HEX_SIZE];
    uint8_t random[(TOKEN_HEX_SIZE - 1) / 2];
    if (rng_entropy(random, sizeof random) != 0)
        return error_set(err, STATUS_IO, "the system has no random numbers");
    hex_encode(random, sizeof random, token);
    enum status status = layout_probe(prefix, token, p->key, err);
    if (status == STATUS_OK)
        status = put_scratch(p, err);
    if (status != STATUS_OK)
        return status;
    if (writes)
        status = try_put(p, err);
    if (writes && status == STATUS_OK)
        status = try_complete(p, err);
    if (deletes && status == STATUS_OK)
        status = try_delete(p, err);
    remove_scratch(p);
    return status;
}

enum status probe_conditions(struct s3_client *source, struct s3_client *destination,
                             const struct job *job, struct probe_result *out, struct error *err)
{
    char root[S3_KEY_MAX + 1];
    const struct selection *s = &job->selection;
    struct probe writes = {.client = destination,
                           .bucket = s->destination.bucket,
                           .keeping = place_state_keeping(job)};
    struct probe deletes = {.client = source, .bucket = s->sources[0].bucket};
    *out = (struct probe_result){false};
    enum status status = layout_root(s, root, err);
    if (status == STATUS_OK)
        status = run_probe(&writes, root, true, false, err);
    if (status == STATUS_OK)
        status = run_probe(&deletes, s->single ? "" : s->sources[0].key, false, true, err);
    out->versioned = deletes.versioned;
    if (status != STATUS_OK)
        error_prefix(err, "probing what the server can do, before anything is deleted");
    return status;
}
