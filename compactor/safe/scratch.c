/* SPDX-License-Identifier: MIT */
/* scratch - see scratch.h. */
#include "compactor/safe/scratch.h"

#include <string.h>

#include "compactor/safe/ask.h"
#include "compactor/safe/layout.h"
#include "lib/s3/list.h"
#include "lib/s3/multipart.h"

#define KEPT       8     /* of one listing */
#define SWEPT_MAX  10000 /* scratch objects */
#define ROUNDS_MAX 128   /* listings, before it counts as one that never ends */

struct open_uploads {
    struct ask ask;
    const char *bucket;
    const char *prefix;
    struct s3_upload uploads[KEPT];
    size_t count;
};

static enum status on_upload(void *ctx, const struct s3_upload *upload, struct error *err)
{
    struct open_uploads *o = ctx;
    (void)err;
    if (o->count < KEPT && strncmp(upload->key, o->prefix, strlen(o->prefix)) == 0)
        o->uploads[o->count++] = *upload;
    return STATUS_OK;
}

static void on_uploads(void *ctx, const struct s3_reply *reply)
{
    struct open_uploads *o = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    if (status == STATUS_OK)
        status = s3_uploads_parse(reply, o->bucket, on_upload, o, &error);
    ask_set(&o->ask, status, &error);
}

static enum status abort_one(struct s3_client *client, const struct s3_upload *upload,
                             struct error *err)
{
    struct ask ask = {0};
    enum status status = s3_upload_abort(client, upload, ask_done, &ask, err);
    if (status == STATUS_OK)
        status = ask_wait(client, &ask, err);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status scratch_abort_uploads(struct s3_client *client, const char *bucket, const char *prefix,
                                  struct error *err)
{
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        struct open_uploads found = {.bucket = bucket, .prefix = prefix};
        enum status status = s3_upload_list(client, bucket, prefix, on_uploads, &found, err);
        if (status == STATUS_OK)
            status = ask_wait(client, &found.ask, err);
        for (size_t i = 0; i < found.count && status == STATUS_OK; i++)
            status = abort_one(client, &found.uploads[i], err);
        if (status != STATUS_OK || found.count == 0)
            return status;
    }
    return error_set(err, STATUS_LIMIT, "s3://%s/%s has open uploads without end", bucket, prefix);
}

/* One scratch object. */
struct found {
    struct ask ask;
    char key[S3_KEY_MAX + 1]; /* "" when there is none */
};

static enum status on_scratch(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct found *f = ctx;
    (void)err;
    if (f->key[0] == '\0')
        memcpy(f->key, entry->key, entry->key_len + 1);
    return STATUS_OK;
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct found *f = ctx;
    (void)reply;
    ask_set(&f->ask, status, error);
}

static enum status find_one(struct s3_client *client, const char *bucket, const char *prefix,
                            struct found *out, struct error *err)
{
    struct s3_lister lister;
    *out = (struct found){.key = ""};
    s3_lister_init(&lister, &(struct s3_list){.bucket = bucket, .prefix = prefix, .max_keys = 1});
    enum status status = s3_lister_next(&lister, client, on_scratch, on_page, out, err);
    return status == STATUS_OK ? ask_wait(client, &out->ask, err) : status;
}

static enum status remove_one(struct s3_client *client, const char *bucket, const char *key,
                              struct error *err)
{
    struct ask ask = {0};
    enum status status = scratch_abort_uploads(client, bucket, key, err);
    if (status == STATUS_OK)
        status = s3_delete_object(client, bucket, key, ask_done, &ask, err);
    if (status == STATUS_OK)
        status = ask_wait(client, &ask, err);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status scratch_sweep(struct s3_client *client, const struct job *job, struct error *err)
{
    char root[S3_KEY_MAX + 1];
    char prefix[S3_KEY_MAX + 1];
    const char *bucket = job->selection.destination.bucket;
    enum status status = layout_root(&job->selection, root, err);
    if (status == STATUS_OK)
        status = layout_probes(root, prefix, err);
    if (status == STATUS_OK)
        status = scratch_abort_uploads(client, bucket, prefix, err);
    for (unsigned i = 0; i < SWEPT_MAX && status == STATUS_OK; i++) {
        struct found found;
        status = find_one(client, bucket, prefix, &found, err);
        if (status != STATUS_OK || found.key[0] == '\0')
            break;
        status = remove_one(client, bucket, found.key, err);
    }
    return status;
}
