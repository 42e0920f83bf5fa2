/* SPDX-License-Identifier: MIT */
/* request - building requests. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/client_private.h"

static struct s3_request *take_from_pool(struct s3_client *c)
{
    struct s3_request *rq = c->pool;
    if (rq != NULL) {
        c->pool = rq->next;
        return rq;
    }
    rq = calloc(1, sizeof *rq);
    if (rq == NULL)
        return NULL;
    buf_init(&rq->query, REQUEST_TEXT_MAX);
    buf_init(&rq->headers, REQUEST_TEXT_MAX);
    buf_init(&rq->body_copy, S3_REPLY_BODY_MAX);
    buf_init(&rq->url, REQUEST_TEXT_MAX);
    buf_init(&rq->lines, 2 * REQUEST_TEXT_MAX);
    buf_init(&rq->exchange.reply_body, S3_REPLY_BODY_MAX);
    buf_init(&rq->exchange.reply_headers, HTTP_HEADERS_MAX);
    return rq;
}

/* Forgets the last use and keeps the memory. */
static void reset(struct s3_request *rq, struct s3_client *c, enum s3_op op)
{
    buf_reset(&rq->query);
    buf_reset(&rq->headers);
    buf_reset(&rq->body_copy);
    rq->client = c;
    rq->op = op;
    rq->state = REQUEST_BUILDING;
    rq->next = rq->previous = NULL;
    rq->header_count = 0;
    rq->trouble.status = STATUS_OK;
    rq->body = NULL;
    rq->body_size = 0;
    rq->payload_sha256[0] = '\0';
    rq->into = NULL;
    rq->into_capacity = 0;
    rq->has_expected_size = false;
    rq->accepted_count = 0;
    rq->forgiven = NULL;
    rq->attempt = 0;
    rq->retried = 0;
    rq->credentials_renewed = false;
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
    struct s3_request *rq = take_from_pool(c);
    if (rq == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a request");
    reset(rq, c, op);
    if (!copy_name(rq->bucket, sizeof rq->bucket, bucket, &rq->has_bucket) ||
        !copy_name(rq->key, sizeof rq->key, key, &rq->has_key)) {
        s3_request_cancel(rq);
        return error_set(err, STATUS_INVALID, "a bucket or key is too long for S3: \"%.64s...\"",
                         key != NULL ? key : bucket);
    }
    *out = rq;
    return STATUS_OK;
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

void s3_request_header(struct s3_request *rq, const char *name, const char *value)
{
    if (rq->header_count == S3_HEADERS_MAX) {
        error_set(&rq->trouble, STATUS_LIMIT, "more than %d request headers", S3_HEADERS_MAX);
        return;
    }
    if (strpbrk(value, "\r\n") != NULL) {
        error_set(&rq->trouble, STATUS_INVALID, "the header %s has a line break in it", name);
        return;
    }
    buf_append(&rq->headers, name, strlen(name) + 1);
    buf_append(&rq->headers, value, strlen(value) + 1);
    rq->header_count++;
}

void s3_request_headerf(struct s3_request *rq, const char *name, const char *format, ...)
{
    char value[4200];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof value)
        error_set(&rq->trouble, STATUS_LIMIT, "the header %s is too long", name);
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

void s3_request_accept(struct s3_request *rq, int http_status)
{
    if (rq->accepted_count < ACCEPTED_MAX)
        rq->accepted[rq->accepted_count++] = http_status;
}

void s3_request_forgive(struct s3_request *rq, const char *code)
{
    rq->forgiven = code;
}
