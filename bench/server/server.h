/* SPDX-License-Identifier: MIT */
/*
 * server - an S3 server in memory, to be started in-process by tests, `s3-bench run` and
 * `s3-bench serve`. Speaks S3's REST API over libmicrohttpd; signatures are verified on the raw
 * request target.
 *
 *     struct s3_server *server;
 *     status = s3_server_start(&(struct s3_server_options){.keys = &key, .key_count = 1}, &server, err);
 *     ... s3_server_url(server) ...
 *     s3_server_stop(server);
 *
 * Threads: the server has its own; every function here may be called from any other thread, and
 * hooks are called on a server thread and must not call back into s3_server_stop.
 * Delayed requests are suspended connections, not threads.
 */
#ifndef KIT_BENCH_SERVER_SERVER_H
#define KIT_BENCH_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/latency.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

struct fault_rules;

struct s3_server_key {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* that must come with it; NULL: any, or none */
};

/* A request as hooks and the request log see it. */
struct s3_server_request {
    uint64_t sequence;         /* from 1, in order of arrival */
    const char *access_key_id; /* "" when unsigned */
    const char *operation;     /* "GetObject", S3's API name */
    const char *bucket;        /* "" when none */
    const char *key;           /* decoded; "" when none */
    const char *query;         /* raw */
    const char *range;         /* raw Range header or "" */
    const char *upload_id;     /* "" when none */
    unsigned part_number;      /* 0 when none */
    unsigned attempt;          /* of amz-sdk-request, otherwise 1 */
};

/* What becomes of a request. Each may be returned before it is applied and after; only the last
 * three, and GO_ON, on its arrival. */
enum s3_server_action {
    S3_SERVER_GO_ON,
    S3_SERVER_REPLY,           /* before: send `reply` instead of doing anything */
    S3_SERVER_HOLD,            /* suspend until s3_server_release; then go on */
    S3_SERVER_HOLD_UNTIL_GONE, /* until the client has closed its connection; then go on */
    S3_SERVER_HOLD_REQUESTS,   /* until reply->hold_requests more have arrived; then go on */
    S3_SERVER_STALL,           /* say nothing until the client has gone; then forget it */
    S3_SERVER_DISCONNECT,      /* close without a reply */
    S3_SERVER_RESET,           /* likewise, with a TCP reset */
};

/* A reply on its way. Hooks may change all of it. Offsets are of the body; UINT64_MAX: never. */
struct s3_server_reply {
    int status;
    struct buf body;
    struct buf headers;     /* "Name: value\n" lines besides the standard ones */
    uint64_t cut_after;     /* send only so many bytes and close */
    uint64_t stall_after;   /* send only so many bytes and no more */
    uint64_t corrupt_at;    /* invert the byte there */
    uint64_t shorten_to;    /* leave out what is beyond, and say so in Content-Length */
    uint64_t bytes_per_s;   /* 0: as fast as may be */
    bool close_idle;        /* close the kept-alive connection once the reply is sent */
    uint64_t page_keys;     /* before, for listings: at most so many keys a page; 0: S3's 1,000 */
    int64_t delay_ms;       /* before: this much later it is applied */
    int64_t extra_delay_ms; /* after: this much later the reply goes out */
    /* Of the holds that end by themselves. */
    uint64_t hold_requests;
    int64_t hold_max_ms; /* 0: S3_SERVER_HOLD_MAX_MS */
};
#define S3_SERVER_HOLD_MAX_MS (300 * 1000)

struct s3_server_hooks {
    void *ctx;
    /* Signature checked, body not read: GO_ON, STALL, DISCONNECT or RESET. */
    enum s3_server_action (*arrived)(void *ctx, const struct s3_server_request *request);
    /* Before anything is done. May fill `reply`. */
    enum s3_server_action (*before)(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply);
    /* After it was applied, before the reply goes out. For object bodies `reply->body` is filled only
     * when `wants_body` returned true for the request. */
    enum s3_server_action (*after)(void *ctx, const struct s3_server_request *request,
                                   struct s3_server_reply *reply);
    bool (*wants_body)(void *ctx, const struct s3_server_request *request);
};

/* What this server does otherwise than S3, as another one does. */
enum s3_server_quirks {
    S3_QUIRKS_NONE,
    S3_QUIRKS_MINIO,
    S3_QUIRKS_VERSITYGW,
};

struct s3_server_options {
    const char *listen_host; /* NULL: 127.0.0.1 */
    uint16_t port;           /* 0: any free one */
    const struct s3_server_key *keys;
    size_t key_count;   /* 0: anonymous requests are allowed */
    const char *region; /* NULL: us-east-1 */
    /* Requests to BUCKET.domain are for that bucket, as those to BUCKET.localhost are; or NULL. */
    const char *domain;
    const struct latency_profile *latency; /* NULL: none */
    uint64_t seed;
    uint64_t memory_limit_bytes; /* of all that is stored, keys and headers too; 0: none */
    const char *request_log;     /* JSON Lines, one a request; NULL: none */
    struct s3_server_hooks hooks;
    enum s3_server_quirks quirks;
    /* Faults as data, through the same seam as the hooks and after them. Kept until the stop. */
    const struct fault_rules *faults; /* NULL: none */
};

struct s3_server;

enum status s3_server_start(const struct s3_server_options *options, struct s3_server **out,
                            struct error *err) MUST_USE;
void s3_server_stop(struct s3_server *s);
const char *s3_server_url(const struct s3_server *s); /* "http://127.0.0.1:34567" */

/* The seed of later draws; used between rounds. */
void s3_server_reseed(struct s3_server *s, uint64_t seed);
/* Lets held requests go on: all of them, or the one with this sequence number. */
void s3_server_release_all(struct s3_server *s);
void s3_server_release(struct s3_server *s, uint64_t sequence);
/* How many are held or stalled right now. */
unsigned s3_server_held(struct s3_server *s);

struct s3_server_stats {
    uint64_t requests;
    uint64_t objects; /* in all buckets */
    uint64_t object_bytes;
    uint64_t open_uploads;
    uint64_t in_flight;        /* right now */
    uint64_t in_flight_max;    /* since start or reset */
    uint64_t connections;      /* accepted so far */
    uint64_t drawn_ns;         /* sum of drawn delays */
    uint64_t actual_ns;        /* sum of the delays that took place */
    uint64_t service_ns;       /* sum over requests of arrival to last byte handed to the socket */
    uint64_t by_operation[64]; /* see s3_server_operation_name */
};
void s3_server_stats(struct s3_server *s, struct s3_server_stats *out);
void s3_server_stats_reset(struct s3_server *s);
const char *s3_server_operation_name(unsigned index); /* NULL past the last */

/* Direct access for tests and set-up, without HTTP. */
enum status s3_server_make_bucket(struct s3_server *s, const char *bucket,
                                  struct error *err) MUST_USE;
struct s3_server_object {
    const char *content_type;     /* NULL: binary/octet-stream */
    const char *content_encoding; /* NULL: none */
    int64_t last_modified_unix_s; /* 0: now */
    const char *storage_class;    /* NULL: STANDARD */
};
enum status s3_server_put(struct s3_server *s, const char *bucket, const char *key,
                          const void *data, size_t len, const struct s3_server_object *about,
                          struct error *err) MUST_USE;
/* Appends the object's bytes. */
enum status s3_server_get(struct s3_server *s, const char *bucket, const char *key, struct buf *out,
                          struct error *err) MUST_USE;
enum status s3_server_remove(struct s3_server *s, const char *bucket, const char *key,
                             struct error *err) MUST_USE;
/* Calls `each` for every key of a bucket in order. */
void s3_server_keys(struct s3_server *s, const char *bucket,
                    void (*each)(void *ctx, const char *key, uint64_t size), void *ctx);

#endif
