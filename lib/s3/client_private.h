/* SPDX-License-Identifier: MIT */
/*
 * client_private - what client.c (scheduling, retries), request.c (building) and attempt.c (signing
 * and judging one attempt) share.
 */
#ifndef KIT_S3_CLIENT_PRIVATE_H
#define KIT_S3_CLIENT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/s3/client.h"
#include "lib/s3/error.h"
#include "lib/s3/sigv4.h"
#include "lib/s3/uri.h"

#define ACCEPTED_MAX     4
#define ADDED_LINES_MAX  8     /* headers that an attempt adds itself */
#define REQUEST_TEXT_MAX 65536 /* bytes of headers, of a query, of a URL */

enum request_state { REQUEST_BUILDING, REQUEST_FLYING, REQUEST_WAITING };

struct s3_request {
    struct s3_client *client;
    enum s3_op op;
    enum request_state state;
    struct s3_request *next; /* in the pool, or among the client's live ones */
    struct s3_request *previous;

    char bucket[S3_BUCKET_MAX + 1];
    bool has_bucket;
    char key[S3_KEY_MAX + 1];
    bool has_key;
    struct buf query;   /* encoded, without '?' */
    struct buf headers; /* name NUL value NUL ... */
    unsigned header_count;
    struct error trouble; /* of building; status OK when none */
    const void *body;
    uint64_t body_size;
    struct buf body_copy;
    char payload_sha256[SHA256_HEX_SIZE]; /* "" when not known */
    void *into;
    size_t into_capacity;
    bool has_expected_size;
    uint64_t expected_size;
    int accepted[ACCEPTED_MAX];
    unsigned accepted_count;
    const char *forgiven; /* NULL for none */
    s3_done_fn *done;
    void *ctx;

    unsigned attempt; /* from 1 */
    unsigned retried; /* bit set of the retry_reasons that happen once */
    bool credentials_renewed;
    struct mono wake; /* when REQUEST_WAITING */
    struct http_exchange exchange;
    struct buf url;
    struct buf lines; /* header lines, each with a NUL */
    const char *line[S3_HEADERS_MAX + ADDED_LINES_MAX];
};

struct s3_client {
    struct s3_client_options options;
    struct retry_state retry;
    struct s3_counters counters;
    struct s3_request *live; /* sent and not done */
    struct s3_request *pool;
    unsigned live_count;
    unsigned waiting_count;
    int64_t clock_offset_s; /* server's clock minus ours */
    struct sigv4_key key;
    char key_owner[129];  /* access key id the signing key belongs to */
    struct buf canonical; /* scratch of signing */
    struct buf signed_headers;
    struct buf authorization;
};

/* Sets up rq->exchange for the next attempt: URL, headers, signature. */
enum status attempt_prepare(struct s3_request *rq, struct error *err) MUST_USE;

/* What a finished attempt came to. */
struct verdict {
    enum status status;
    struct error error;
    struct s3_error s3;
    enum retry_reason retry; /* RETRY_NONE: it is final */
    int64_t retry_after_ms;
};
void attempt_judge(struct s3_request *rq, struct verdict *out);
void attempt_count(struct s3_request *rq);

#endif
