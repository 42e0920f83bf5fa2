/* SPDX-License-Identifier: MIT */
/* request - building requests, and the pool that they come from. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/client_private.h"

#define HEADER_VALUE_MAX 4200  /* a copy source: bucket and a key, every byte escaped */
#define KEPT_BODY_MAX    65536 /* a body buffer that grew larger is not kept in the pool */

static enum status request_take(struct s3_client *c, struct s3_request **out, struct error *err)
{
    struct s3_request *rq = c->pool;
    if (rq) {
        c->pool = rq->next;
        *out = rq;
        return STATUS_OK;
    }
    enum status status = wake_queue_reserve(&c->waiting, c->allocated + 1, err);
    if (status)
        return status;
    rq = calloc(1, sizeof *rq);
    if (!rq)
        return error_set(err, STATUS_NO_MEMORY, "no memory for a request");
    c->allocated++;
    rq->client = c;
    buf_init(&rq->query, REQUEST_TEXT_MAX);
    buf_init(&rq->headers, REQUEST_TEXT_MAX);
    buf_init(&rq->body_copy, S3_REPLY_BODY_MAX);
    buf_init(&rq->url, REQUEST_TEXT_MAX);
    buf_init(&rq->lines, 2 * REQUEST_TEXT_MAX);
    buf_init(&rq->exchange.reply_body, S3_REPLY_BODY_MAX);
    buf_init(&rq->exchange.reply_headers, HTTP_HEADERS_MAX);
    *out = rq;
    return STATUS_OK;
}

void s3_request_recycle(struct s3_request *rq)
{
    if (rq->exchange.reply_body.allocated > KEPT_BODY_MAX)
        buf_release(&rq->exchange.reply_body);
    if (rq->body_copy.allocated > KEPT_BODY_MAX)
        buf_release(&rq->body_copy);
    rq->next = rq->client->pool;
    rq->client->pool = rq;
}

void s3_request_free(struct s3_request *rq)
{
    buf_release(&rq->query);
    buf_release(&rq->headers);
    buf_release(&rq->body_copy);
    buf_release(&rq->url);
    buf_release(&rq->lines);
    buf_release(&rq->exchange.reply_body);
    buf_release(&rq->exchange.reply_headers);
    free(rq);
}

/* Forgets the last use and keeps the memory. */
static void request_reset(struct s3_request *rq, enum s3_op op)
{
    buf_reset(&rq->query);
    buf_reset(&rq->headers);
    buf_reset(&rq->body_copy);
    rq->op = op;
    rq->state = REQUEST_BUILDING;
    rq->next = rq->prev = NULL;
    rq->header_count = 0;
    rq->trouble.status = STATUS_OK;
    rq->body = NULL;
    rq->body_size = 0;
    rq->payload_sha256[0] = '\0';
    rq->into = NULL;
    rq->into_capacity = 0;
    rq->has_expected_size = false;
    rq->has_expected_offset = false;
    rq->accepted_count = 0;
    rq->forgiven = NULL;
    rq->attempt = 0;
    rq->corrected = 0;
}

static bool copy_name(char *out, size_t room, const char *text, bool *present)
{
    *present = text != NULL;
    const size_t len = text != NULL ? strlen(text) : 0;
    if (len >= room)
        return false;
    memcpy(out, text != NULL ? text : "", len + 1);
    return true;
}

enum status s3_request_new(struct s3_client *c, enum s3_op op, const char *bucket, const char *key,
                           struct s3_request **out, struct error *err)
{
    struct s3_request *rq = NULL;
    enum status status = request_take(c, &rq, err);
    if (status)
        return status;
    request_reset(rq, op);
    if (!copy_name(rq->bucket, sizeof rq->bucket, bucket, &rq->has_bucket))
        status = error_set(err, STATUS_INVALID, "bucket name \"%.80s\" is longer than %d bytes",
                           bucket, S3_BUCKET_MAX);
    else if (!copy_name(rq->key, sizeof rq->key, key, &rq->has_key))
        status = error_set(err, STATUS_INVALID, "key \"%.80s...\" is longer than %d bytes", key,
                           S3_KEY_MAX);
    if (status)
        s3_request_recycle(rq);
    else
        *out = rq;
    return status;
}

void s3_request_query(struct s3_request *rq, const char *name, const char *value)
{
    if (rq->query.len > 0)
        buf_append_char(&rq->query, '&');
    uri_encode(&rq->query, name, strlen(name), 0);
    if (value == NULL)
        return;
    buf_append_char(&rq->query, '=');
    uri_encode(&rq->query, value, strlen(value), 0);
}

/* The first trouble is the one to tell. */
static void trouble_set(struct s3_request *rq, enum status status, const char *what,
                        const char *name)
{
    if (rq->trouble.status == STATUS_OK)
        error_set(&rq->trouble, status, "the request header %.100s %s", name, what);
}

void s3_request_header(struct s3_request *rq, const char *name, const char *value)
{
    if (rq->header_count == S3_HEADERS_MAX) {
        trouble_set(rq, STATUS_LIMIT, "is one too many", name);
        return;
    }
    /* A line break would let a value, such as a key to copy from, add headers of its own. */
    if (strpbrk(value, "\r\n")) {
        trouble_set(rq, STATUS_INVALID, "has a line break in its value", name);
        return;
    }
    buf_append(&rq->headers, name, strlen(name) + 1);
    buf_append(&rq->headers, value, strlen(value) + 1);
    rq->header_count++;
}

void s3_request_headerf(struct s3_request *rq, const char *name, const char *format, ...)
{
    char value[HEADER_VALUE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof value)
        trouble_set(rq, STATUS_LIMIT, "has too long a value", name);
    else
        s3_request_header(rq, name, value);
}

void s3_request_body(struct s3_request *rq, const void *data, uint64_t size, const char *sha256_hex)
{
    rq->body = size > 0 ? data : NULL;
    rq->body_size = size;
    if (sha256_hex != NULL)
        snprintf(rq->payload_sha256, sizeof rq->payload_sha256, "%s", sha256_hex);
}

void s3_request_body_copy(struct s3_request *rq, const void *data, size_t size)
{
    buf_append(&rq->body_copy, data, size);
    if (rq->trouble.status == STATUS_OK)
        rq->trouble.status = buf_status(&rq->body_copy, "a request's body", &rq->trouble);
    s3_request_body(rq, rq->body_copy.data, rq->body_copy.len, NULL);
}

void s3_request_into(struct s3_request *rq, void *memory, size_t capacity)
{
    rq->into = memory;
    rq->into_capacity = capacity;
}

void s3_request_expect_size(struct s3_request *rq, uint64_t size)
{
    rq->has_expected_size = true;
    rq->expected_size = size;
}

void s3_request_expect_offset(struct s3_request *rq, uint64_t offset)
{
    rq->has_expected_offset = true;
    rq->expected_offset = offset;
}

void s3_request_accept(struct s3_request *rq, int http_status)
{
    assert(rq->accepted_count < ACCEPTED_MAX);
    rq->accepted[rq->accepted_count++] = http_status;
}

void s3_request_forgive(struct s3_request *rq, const char *code)
{
    rq->forgiven = code;
}
