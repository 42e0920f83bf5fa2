/* SPDX-License-Identifier: MIT */
/* marker - see marker.h. */
#include "bench/marker.h"

#include <stdio.h>
#include <string.h>

#include "lib/s3/object.h"
#include "lib/tool/json.h"

#define MARKER_NAME      "s3-bench-marker.json"
#define MARKER_SCHEMA    "s3-bench-marker/1"
#define MARKER_MAX_BYTES 4096

struct answer {
    bool over;
    enum status status;
    struct error error;
};

static void on_answer(void *ctx, const struct s3_reply *reply)
{
    struct answer *a = ctx;
    a->over = true;
    a->status = reply->status;
    a->error = reply->error;
}

/* Waits for a request that was sent with `sent`. */
static enum status wait_for(struct s3_client *client, struct answer *a, enum status sent,
                            struct error *err)
{
    while (sent == STATUS_OK && !a->over)
        sent = s3_client_poll(client, 1000, err);
    if (sent != STATUS_OK)
        return sent;
    return a->status == STATUS_OK ? STATUS_OK : error_copy(err, &a->error);
}

static enum status make_key(const struct marker *m, char out[S3_KEY_MAX + 1], struct error *err)
{
    const int n = snprintf(out, S3_KEY_MAX + 1, "%s" MARKER_NAME, m->prefix);
    if (n < 0 || n > S3_KEY_MAX)
        return error_set(err, STATUS_INVALID, "the prefix is too long for a run's marker");
    return STATUS_OK;
}

static void append_document(const struct marker *m, struct buf *out)
{
    struct json j;
    json_init(&j, out, true);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", MARKER_SCHEMA);
    json_str(&j, "run", m->run);
    json_str(&j, "about",
             "s3-bench run owns this prefix: it deletes what it wrote here when it ends");
    json_end(&j);
    buf_append_char(out, '\n');
}

enum status marker_put(struct s3_client *client, const struct marker *m, struct error *err)
{
    char key[S3_KEY_MAX + 1];
    struct answer answer = {0};
    struct buf text;
    buf_init(&text, MARKER_MAX_BYTES);
    append_document(m, &text);
    enum status status = buf_status(&text, "a run's marker", err);
    if (status == STATUS_OK)
        status = make_key(m, key, err);
    if (status == STATUS_OK) {
        const struct s3_write write = {.bucket = m->bucket,
                                       .key = key,
                                       .content_type = "application/json",
                                       .create_only = true};
        status = s3_put_object(client, &write, text.data, text.len, NULL, on_answer, &answer, err);
        status = wait_for(client, &answer, status, err);
    }
    if (status == STATUS_PRECONDITION)
        error_set(err, status, "s3://%s/%s is another run's already; start again in a second",
                  m->bucket, m->prefix);
    buf_release(&text);
    return status;
}

enum status marker_check(struct s3_client *client, const struct marker *m, struct error *err)
{
    char key[S3_KEY_MAX + 1];
    char found[MARKER_MAX_BYTES];
    struct answer answer = {0};
    struct buf text;
    buf_init(&text, sizeof found);
    append_document(m, &text);
    enum status status = buf_status(&text, "a run's marker", err);
    if (status == STATUS_OK)
        status = make_key(m, key, err);
    if (status == STATUS_OK) {
        const struct s3_get get = {
            .bucket = m->bucket, .key = key, .size = text.len, .into = found};
        status = s3_get_object(client, &get, on_answer, &answer, err);
        status = wait_for(client, &answer, status, err);
    }
    if (status == STATUS_OK && memcmp(found, text.data, text.len) != 0)
        status = error_set(err, STATUS_PRECONDITION, "s3://%s/%s is not this run's marker",
                           m->bucket, key);
    if (status != STATUS_OK)
        error_prefix(err, "nothing was deleted, because the run's marker cannot be read");
    buf_release(&text);
    return status;
}

enum status marker_delete(struct s3_client *client, const struct marker *m, struct error *err)
{
    char key[S3_KEY_MAX + 1];
    struct answer answer = {0};
    enum status status = make_key(m, key, err);
    if (status == STATUS_OK)
        status = s3_delete_object(client, m->bucket, key, on_answer, &answer, err);
    return wait_for(client, &answer, status, err);
}
