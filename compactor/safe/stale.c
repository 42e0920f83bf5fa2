/* SPDX-License-Identifier: MIT */
/* stale - open uploads of one key: listed, aborted, listed again until there are none. */
#include "compactor/safe/stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/multipart.h"

#define UPLOADS_KEPT 8   /* of one listing */
#define ROUNDS_MAX   128 /* listings, before it counts as one that never ends */

struct stale {
    struct lane *lane;
    char key[S3_KEY_MAX + 1];
    bool request_out;
    bool finished;
    unsigned rounds;
    unsigned aborted;
    unsigned count; /* found and not yet aborted */
    struct s3_upload uploads[UPLOADS_KEPT];
};

enum status stale_new(struct lane *lane, const char *key, struct stale **out, struct error *err)
{
    struct stale *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a list of uploads");
    s->lane = lane;
    snprintf(s->key, sizeof s->key, "%s", key);
    *out = s;
    return STATUS_OK;
}

void stale_free(struct stale *s)
{
    free(s);
}

static enum status on_upload(void *ctx, const struct s3_upload *upload, struct error *err)
{
    struct stale *s = ctx;
    (void)err;
    /* The server takes the key for a prefix. */
    if (s->count < UPLOADS_KEPT && strcmp(upload->key, s->key) == 0)
        s->uploads[s->count++] = *upload;
    return STATUS_OK;
}

static void on_listed(void *ctx, const struct s3_reply *reply)
{
    struct stale *s = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    s->lane->in_flight--;
    s->request_out = false;
    if (status == STATUS_OK)
        status = s3_uploads_parse(reply, s->lane->shared->job->selection.destination.bucket,
                                  on_upload, s, &error);
    if (status == STATUS_OK && s->count > 0 && s->rounds == ROUNDS_MAX)
        status = error_set(&error, STATUS_LIMIT, "s3://%s/%s has open uploads without end",
                           s->uploads[0].bucket, s->key);
    if (status != STATUS_OK)
        lane_fail(s->lane, "destination", &error);
    s->finished = s->count == 0;
}

static void on_aborted(void *ctx, const struct s3_reply *reply)
{
    struct stale *s = ctx;
    s->lane->in_flight--;
    s->request_out = false;
    s->count--;
    s->aborted++;
    if (reply->status != STATUS_OK && reply->status != STATUS_NOT_FOUND)
        lane_fail(s->lane, "destination", &reply->error);
}

enum issue stale_issue(struct stale *s)
{
    struct error error;
    struct s3_client *client = s->lane->shared->destination;
    enum status status;
    if (s->request_out || s->finished || s->lane->failed)
        return ISSUE_NOTHING;
    if (s->count > 0) {
        status = s3_upload_abort(client, &s->uploads[s->count - 1], on_aborted, s, &error);
    } else {
        s->rounds++;
        status = s3_upload_list(client, s->lane->shared->job->selection.destination.bucket, s->key,
                                on_listed, s, &error);
    }
    s->request_out = status == STATUS_OK;
    return lane_sent(s->lane, "destination", status, &error);
}

bool stale_is_finished(const struct stale *s)
{
    return s->finished && !s->request_out;
}

unsigned stale_aborted(const struct stale *s)
{
    return s->aborted;
}
