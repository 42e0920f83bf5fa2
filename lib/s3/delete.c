/* SPDX-License-Identifier: MIT */
/* delete - DeleteObjects. */
#include "lib/s3/delete.h"

#include <string.h>

#include "lib/base/hash.h"
#include "lib/s3/uri.h"
#include "lib/s3/xml.h"

#define BODY_MAX (S3_DELETE_MAX * (6 * S3_KEY_MAX + 64)) /* every byte escaped at its longest */

static enum status build_body(struct buf *body, const char *const *keys, size_t count,
                              struct error *err)
{
    if (count == 0 || count > S3_DELETE_MAX)
        return error_set(err, STATUS_LIMIT, "DeleteObjects takes 1 to %d keys, not %zu",
                         S3_DELETE_MAX, count);
    buf_append_str(body, "<Delete><Quiet>true</Quiet>");
    for (size_t i = 0; i < count; i++) {
        buf_append_str(body, "<Object><Key>");
        xml_escape(body, keys[i], strlen(keys[i]));
        buf_append_str(body, "</Key></Object>");
    }
    buf_append_str(body, "</Delete>");
    return buf_status(body, "the keys to delete", err);
}

/* Required by S3 where no x-amz-checksum-* is sent, and by older servers always. */
static void add_md5(struct s3_request *rq, const struct buf *body)
{
    uint8_t sum[MD5_SIZE];
    struct buf text;
    md5(body->data, body->len, sum);
    buf_init(&text, 64);
    buf_append_base64(&text, sum, sizeof sum);
    s3_request_header(rq, "Content-MD5", text.data);
    buf_release(&text);
}

enum status s3_delete_objects(struct s3_client *c, const char *bucket, const char *const *keys,
                              size_t count, s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    struct buf body;
    buf_init(&body, BODY_MAX);
    enum status status = build_body(&body, keys, count, err);
    if (status == STATUS_OK)
        status = s3_request_new(c, S3_DELETE_OBJECTS, bucket, NULL, &rq, err);
    if (status == STATUS_OK) {
        s3_request_query(rq, "delete", NULL);
        s3_request_header(rq, "Content-Type", "application/xml");
        add_md5(rq, &body);
        s3_request_body_copy(rq, body.data, body.len);
        status = s3_request_send(rq, done, ctx, err);
    }
    buf_release(&body);
    return status;
}

struct outcome {
    size_t failed;
    char key[256];
    char code[64];
    struct error first;
};

static void keep(char *out, size_t room, const char *text, size_t len)
{
    const size_t n = len < room ? len : room - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

static enum status on_close(void *ctx, const char *path, const char *text, size_t len,
                            struct error *err)
{
    struct outcome *o = ctx;
    (void)err;
    if (strcmp(path, "DeleteResult/Error/Key") == 0)
        keep(o->key, sizeof o->key, text, len);
    else if (strcmp(path, "DeleteResult/Error/Code") == 0)
        keep(o->code, sizeof o->code, text, len);
    else if (strcmp(path, "DeleteResult/Error") == 0 && o->failed++ == 0)
        error_set(&o->first, STATUS_REMOTE, "DeleteObjects left \"%s\": %s", o->key, o->code);
    return STATUS_OK;
}

enum status s3_delete_result(const struct s3_reply *reply, size_t *failed, struct error *err)
{
    static const struct xml_events events = {.close = on_close};
    struct outcome outcome = {0};
    enum status status = xml_parse(&events, &outcome, reply->body, reply->body_size, err);
    if (status != STATUS_OK)
        return status;
    *failed = outcome.failed;
    return outcome.failed == 0 ? STATUS_OK : error_copy(err, &outcome.first);
}
