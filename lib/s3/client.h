/* SPDX-License-Identifier: MIT */
/*
 * client - S3 requests: built, signed, sent, retried, counted. Knows HTTP and S3's answers, and
 * nothing of partitions.
 *
 * Use, asynchronous (everything runs in s3_client_poll on the caller's thread):
 *
 *     struct s3_request *rq;
 *     status = s3_request_new(client, S3_GET_OBJECT, bucket, key, &rq, err);
 *     s3_request_header(rq, "If-Match", etag);
 *     s3_request_into(rq, memory, capacity);
 *     status = s3_request_send(rq, on_got, ctx, err);     on_got(ctx, &reply) fires exactly once
 *     while (!finished) status = s3_client_poll(client, 1000, err);
 *
 * or synchronously with s3_request_run. The functions of object.h, list.h, multipart.h, delete.h
 * and bucket.h are written on top of this.
 *
 * Building is sticky: a header too many or memory that ran out shows in s3_request_send. A request
 * frees itself after its callback, and when sending it fails; s3_request_cancel frees it without one.
 *
 * Every attempt is signed afresh and carries `amz-sdk-request: attempt=N; max=M`. Retries follow
 * retry.h; a request that waits for its next attempt is still in flight for the caller.
 *
 * Threads: a client belongs to one thread.
 */
#ifndef KIT_S3_CLIENT_H
#define KIT_S3_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/s3/credentials.h"
#include "lib/s3/endpoint.h"
#include "lib/s3/http/counters.h"
#include "lib/s3/http/transport.h"
#include "lib/s3/op.h"

#define S3_HEADERS_MAX    48 /* request headers a caller may set */
#define S3_REPLY_BODY_MAX (16u << 20)
#define S3_CODE_MAX       64

struct s3_client_options {
    struct http_loop *loop; /* not owned; may serve several clients */
    struct s3_endpoint endpoint;
    struct s3_credentials_source *credentials; /* not owned */
    unsigned max_attempts;                     /* 1 = no retry; 0 = 5 */
    uint64_t seed;                             /* of the retry jitter */
    const struct clock *clock;
    const char *user_agent;
    /* Sent with every request on a bucket; NULL for none. Not copied. */
    const char *expected_bucket_owner;
    const char *expected_source_owner; /* of what UploadPartCopy reads */
    bool requester_pays;
    /* Debug notes, one line each, secrets redacted; may be NULL. */
    void (*log)(void *ctx, const char *line);
    void *log_ctx;
};

struct s3_client;
struct s3_request;

/* What came back. Valid during the callback only. */
struct s3_reply {
    enum status status; /* STATUS_OK for 2xx (and no <Error> in the body) */
    struct error error; /* what to tell the user when not */
    enum s3_op op;
    const char *key;        /* of the request; "" when it has none */
    int http_status;        /* 0 when no reply came */
    char code[S3_CODE_MAX]; /* S3's error code, or "" */
    unsigned attempts;
    const char *body; /* when not sent `into` memory; NUL-terminated */
    size_t body_size;
    uint64_t into_size;                   /* bytes in the memory given by s3_request_into */
    const struct http_exchange *exchange; /* for s3_reply_header */
};
typedef void s3_done_fn(void *ctx, const struct s3_reply *reply);

/* Copies a reply's header value (name in lower case) NUL-terminated; false when absent or longer. */
bool s3_reply_header(const struct s3_reply *reply, const char *name, char *out, size_t room);
/* A header that must be a non-negative number; false when absent or not one. */
bool s3_reply_header_u64(const struct s3_reply *reply, const char *name, uint64_t *out);

enum status s3_client_new(const struct s3_client_options *options, struct s3_client **out,
                          struct error *err) MUST_USE;
void s3_client_free(struct s3_client *c); /* cancels what is in flight, without callbacks */
/* Cancels what is in flight, without callbacks: after a failed poll, before what the requests point
 * to goes. */
void s3_client_cancel_all(struct s3_client *c);

/* Handles what is ready, and waits at most `timeout_ms` for it; returns early on a signal. */
enum status s3_client_poll(struct s3_client *c, int64_t timeout_ms, struct error *err) MUST_USE;
/* The same for several clients on one loop. */
enum status s3_clients_poll(struct s3_client *const *clients, unsigned count, int64_t timeout_ms,
                            struct error *err) MUST_USE;
unsigned s3_client_in_flight(const struct s3_client *c); /* those waiting to retry included */
const struct s3_counters *s3_client_counters(const struct s3_client *c);
const struct s3_endpoint *s3_client_endpoint(const struct s3_client *c);

enum status s3_request_new(struct s3_client *c, enum s3_op op, const char *bucket, const char *key,
                           struct s3_request **out, struct error *err) MUST_USE;
/* Adds a query parameter; name and value are encoded here. `value` NULL makes a bare name. */
void s3_request_query(struct s3_request *rq, const char *name, const char *value);
void s3_request_header(struct s3_request *rq, const char *name, const char *value);
void s3_request_headerf(struct s3_request *rq, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The body, which must stay put until the callback. `sha256_hex` (copied) may be NULL: then it is
 * computed here. */
void s3_request_body(struct s3_request *rq, const void *data, uint64_t size,
                     const char *sha256_hex);
/* A small body that is copied. */
void s3_request_body_copy(struct s3_request *rq, const void *data, size_t size);
/* A 2xx reply's body goes to this memory; one that is longer is an error. */
void s3_request_into(struct s3_request *rq, void *memory, size_t capacity);
/* The one size a 2xx body may have; anything else counts as truncated and is retried. */
void s3_request_expect_size(struct s3_request *rq, uint64_t size);
/* Where in the object a 2xx body may begin alone, by its Content-Range; without one it is the whole
 * object. Anything else is retried too. */
void s3_request_expect_offset(struct s3_request *rq, uint64_t offset);
/* HTTP statuses that are answers, not failures, for this request, e.g. 404 of a HEAD: the reply's
 * status stays STATUS_NOT_FOUND or STATUS_PRECONDITION, but no failure is counted or logged. */
void s3_request_accept(struct s3_request *rq, int http_status);
/* The S3 error code (a literal, not copied) that means there was nothing left to do: the reply's
 * status is STATUS_OK then, e.g. NoSuchUpload of an abort. */
void s3_request_forgive(struct s3_request *rq, const char *code);

enum status s3_request_send(struct s3_request *rq, s3_done_fn *done, void *ctx,
                            struct error *err) MUST_USE;
void s3_request_cancel(struct s3_request *rq);

/* Sends and polls until it is done, then calls `use` (may be NULL) with the reply. Other requests
 * of the client go on meanwhile. Returns the reply's status and error. */
enum status s3_request_run(struct s3_request *rq, s3_done_fn *use, void *ctx,
                           struct error *err) MUST_USE;

#endif
