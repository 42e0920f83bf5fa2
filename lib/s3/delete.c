/* SPDX-License-Identifier: MIT */
/* delete - DeleteObjects, quiet: the reply names only what went wrong. */
#include "lib/s3/delete.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/s3/error.h"
#include "lib/s3/uri.h"
#include "lib/s3/xml.h"

/* A key's bytes may take six each ("&quot;"), and its elements some more. */
#define BODY_MAX (S3_DELETE_MAX * (6 * S3_KEY_MAX + 64) + 256)

static void body_append(struct buf *body, const char *const *keys, size_t count)
{
    buf_append_str(body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                         "<Quiet>true</Quiet>");
    for (size_t i = 0; i < count; i++) {
        buf_append_str(body, "<Object><Key>");
        xml_escape(body, keys[i], strlen(keys[i]));
        buf_append_str(body, "</Key></Object>");
    }
    buf_append_str(body, "</Delete>");
}

/* Content-MD5 because older servers insist on it here. */
static enum status send(struct s3_client *c, const char *bucket, const struct buf *body,
                        s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    struct buf base64;
    uint8_t digest[MD5_SIZE];
    enum status status = s3_request_new(c, S3_DELETE_OBJECTS, bucket, NULL, &rq, err);
    if (status)
        return status;
    buf_init(&base64, 32);
    md5(body->data, body->len, digest);
    buf_append_base64(&base64, digest, sizeof digest);
    status = buf_status(&base64, "a checksum", err);
    if (status) {
        s3_request_cancel(rq);
    } else {
        s3_request_query(rq, "delete", NULL);
        s3_request_header(rq, "Content-MD5", base64.data);
        s3_request_header(rq, "Content-Type", "application/xml");
        s3_request_body_copy(rq, body->data, body->len);
        status = s3_request_send(rq, done, ctx, err);
    }
    buf_release(&base64);
    return status;
}

enum status s3_delete_objects(struct s3_client *c, const char *bucket, const char *const *keys,
                              size_t count, s3_done_fn *done, void *ctx, struct error *err)
{
    struct buf body;
    if (count < 1 || count > S3_DELETE_MAX)
        return error_set(err, STATUS_INVALID, "DeleteObjects takes 1 to %d keys, not %zu",
                         S3_DELETE_MAX, count);
    buf_init(&body, BODY_MAX);
    body_append(&body, keys, count);
    enum status status = buf_status(&body, "the list of keys to delete", err);
    if (!status)
        status = send(c, bucket, &body, done, ctx, err);
    buf_release(&body);
    return status;
}

struct result_reader {
    struct s3_error current;
    char current_key[S3_KEY_MAX + 1];
    struct s3_error first;
    char first_key[S3_KEY_MAX + 1];
    size_t failed;
    bool is_root_seen;
};

static enum status on_open(void *ctx, const char *path, struct error *err)
{
    struct result_reader *r = ctx;
    if (!r->is_root_seen && strcmp(path, "DeleteResult") != 0)
        return error_set(err, STATUS_PROTOCOL, "the reply is not a DeleteResult document");
    r->is_root_seen = true;
    if (strcmp(path, "DeleteResult/Error") == 0) {
        r->current = (struct s3_error){.code = ""};
        r->current_key[0] = '\0';
    }
    return STATUS_OK;
}

/* A key that was not there is as deleted as it can be. */
static void error_add(struct result_reader *r)
{
    if (strcmp(r->current.code, "NoSuchKey") == 0)
        return;
    if (r->failed++ == 0) {
        r->first = r->current;
        memcpy(r->first_key, r->current_key, sizeof r->first_key);
    }
}

static enum status on_close(void *ctx, const char *path, const char *text, size_t len,
                            struct error *err)
{
    (void)len, (void)err;
    struct result_reader *r = ctx;
    if (strcmp(path, "DeleteResult/Error/Key") == 0)
        snprintf(r->current_key, sizeof r->current_key, "%s", text);
    else if (strcmp(path, "DeleteResult/Error/Code") == 0)
        snprintf(r->current.code, sizeof r->current.code, "%s", text);
    else if (strcmp(path, "DeleteResult/Error/Message") == 0)
        snprintf(r->current.message, sizeof r->current.message, "%s", text);
    else if (strcmp(path, "DeleteResult/Error") == 0)
        error_add(r);
    return STATUS_OK;
}

enum status s3_delete_result(const struct s3_reply *reply, size_t *failed, struct error *err)
{
    static const struct xml_events events = {.open = on_open, .close = on_close};
    struct result_reader reader = {.failed = 0};
    enum status status = xml_parse(&events, &reader, reply->body, reply->body_size, err);
    if (status)
        return status;
    *failed = reader.failed;
    if (reader.failed == 0)
        return STATUS_OK;
    return s3_error_describe(S3_DELETE_OBJECTS, 0, &reader.first, NULL, reader.first_key, err);
}
