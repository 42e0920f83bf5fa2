/* SPDX-License-Identifier: MIT */
/*
 * client_private - what the files of the client share:
 *
 *   request.c     building a request
 *   attempt.c     one attempt made ready: URL, headers, signature, deadlines
 *   verdict.c     what a finished attempt came to, and what can be put right
 *   wake_queue.c  requests that wait for their next attempt
 *   client.c      from sending to delivering
 *   client_log.c  debug notes, without secrets
 */
#ifndef KIT_S3_CLIENT_PRIVATE_H
#define KIT_S3_CLIENT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/s3/checksum.h"
#include "lib/s3/client.h"
#include "lib/s3/error.h"
#include "lib/s3/sigv4.h"
#include "lib/s3/uri.h"

#define ACCEPTED_MAX     4
#define ADDED_LINES_MAX  12    /* header lines that an attempt adds itself */
#define REQUEST_TEXT_MAX 65536 /* bytes of headers, of a query, of a URL */
#define PLACES_MAX       8     /* buckets remembered to live in another region */

_Static_assert(S3_HEADERS_MAX + ADDED_LINES_MAX <= HTTP_REQUEST_HEADERS_MAX &&
                   HTTP_REQUEST_HEADERS_MAX <= SIGV4_HEADERS_MAX,
               "what a caller may set can be signed and sent");

enum request_state {
    REQUEST_BUILDING,
    REQUEST_FLYING,     /* the loop has its exchange */
    REQUEST_WAITING,    /* for its next attempt */
    REQUEST_DELIVERING, /* its callback runs */
};

struct s3_request {
    struct s3_client *client;
    enum s3_op op;
    enum request_state state;
    struct s3_request *next; /* in the pool, or among the client's live ones */
    struct s3_request *prev;

    char bucket[S3_BUCKET_MAX + 1];
    bool has_bucket;
    char key[S3_KEY_MAX + 1];
    bool has_key;
    struct buf query;   /* encoded, without '?' */
    struct buf headers; /* the caller's: name NUL value NUL ... */
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
    bool has_expected_offset;
    uint64_t expected_offset;
    int accepted[ACCEPTED_MAX];
    unsigned accepted_count;
    const char *forgiven; /* NULL for none */
    s3_done_fn *done;
    void *ctx;

    unsigned attempt;                /* from 1 */
    unsigned corrected;              /* bit set of the retry_reasons that happen once */
    char signed_region[64];          /* of this attempt */
    unsigned credentials_generation; /* of this attempt */
    struct mono wake;                /* when WAITING */
    size_t wake_index;               /* in the client's wake_queue */
    struct http_exchange exchange;
    struct buf url;
    size_t path_offset; /* of the path in the URL */
    struct buf lines;   /* header lines, each with a NUL */
    size_t line_offset[HTTP_REQUEST_HEADERS_MAX];
    const char *line[HTTP_REQUEST_HEADERS_MAX];
    size_t line_count;
};

/* A min-heap by `wake`. Room is made when a request is allocated, so that adding cannot fail. */
struct wake_queue {
    struct s3_request **heap;
    size_t count;
    size_t room;
};
enum status wake_queue_reserve(struct wake_queue *q, size_t room, struct error *err) MUST_USE;
void wake_queue_release(struct wake_queue *q);
void wake_queue_add(struct wake_queue *q, struct s3_request *rq);
void wake_queue_remove(struct wake_queue *q, struct s3_request *rq);
struct s3_request *wake_queue_first(const struct wake_queue *q); /* NULL when empty */

/* Where a bucket is, as redirects have taught us, and the key to sign with there. */
struct s3_place {
    char bucket[S3_BUCKET_MAX + 1]; /* "" for every bucket that has no place of its own */
    struct s3_endpoint endpoint;
    struct sigv4_key key;
    char key_owner[129]; /* access key id that `key` was derived for */
};

struct s3_client {
    struct s3_client_options options;
    struct s3_place places[PLACES_MAX]; /* the first is the client's own endpoint */
    size_t place_count;
    struct retry_state retry;
    struct s3_counters counters;
    struct s3_request *live; /* sent and not delivered */
    unsigned live_count;
    struct s3_request *pool;
    size_t allocated; /* requests, live and pooled */
    struct wake_queue waiting;
    int64_t clock_offset_s; /* the server's clock minus ours */
    unsigned credentials_generation;
    struct buf host; /* scratch of signing */
    struct buf authorization;
    unsigned depth; /* of our functions on the stack below a callback */
    bool freed;     /* by a callback: goes when depth is 0 */
};

struct s3_place *client_place(struct s3_client *c, const char *bucket);
/* Remembers that `bucket` is in `region`. */
enum status client_move_bucket(struct s3_client *c, const char *bucket, const char *region,
                               struct error *err) MUST_USE;

/* Back into the pool, whatever it was. */
void s3_request_recycle(struct s3_request *rq);
void s3_request_free(struct s3_request *rq);

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
/* Judges, and puts right what can be: clock, region, credentials. */
void attempt_judge(struct s3_request *rq, struct verdict *out);

/* False when the reply carries a checksum of the whole body, and it is another. */
bool reply_checksum_holds(const struct http_exchange *x);
/* The checksum of the whole object that a reply of GET or HEAD carries; false when it has none of
 * this algorithm, or one that is made of those of parts. */
bool reply_checksum_sent(const struct http_exchange *x, enum checksum_algorithm algorithm,
                         uint8_t digest[CHECKSUM_SIZE_MAX]);

void client_log_attempt(const struct s3_request *rq);
void client_log_verdict(const struct s3_request *rq, const struct verdict *v);

#endif
