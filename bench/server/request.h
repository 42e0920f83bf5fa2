/* SPDX-License-Identifier: MIT */
/*
 * request - one request from its arrival to its last byte: what was asked, what was answered, and
 * where on its way it is. Pooled, so that a request costs no allocation once its buffers have grown.
 *
 * Threads: belongs to the HTTP thread; while it is suspended, to whoever will resume it.
 */
#ifndef KIT_BENCH_SERVER_REQUEST_H
#define KIT_BENCH_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/auth.h"
#include "bench/server/aws_chunked.h"
#include "bench/server/codes.h"
#include "bench/server/object.h"
#include "bench/server/server.h"
#include "bench/server/storage.h"
#include "lib/base/clock.h"
#include "lib/s3/uri.h"

#define REQUEST_TARGET_MAX  (16u << 10)
#define REQUEST_PARAMS_MAX  48
#define REQUEST_HEADERS_MAX SIGV4_HEADERS_MAX
#define REQUEST_DETAIL_SIZE 256

enum operation {
    OP_UNKNOWN,
    OP_LIST_BUCKETS,
    OP_CREATE_BUCKET,
    OP_HEAD_BUCKET,
    OP_DELETE_BUCKET,
    OP_GET_BUCKET_LOCATION,
    OP_GET_BUCKET_VERSIONING,
    OP_PUT_BUCKET_VERSIONING,
    OP_GET_BUCKET_ACL,
    OP_PUT_BUCKET_ACL,
    OP_GET_BUCKET_SETTING, /* one of those that nobody can set here */
    OP_LIST_OBJECTS_V1,
    OP_LIST_OBJECTS,
    OP_LIST_VERSIONS,
    OP_GET_OBJECT,
    OP_HEAD_OBJECT,
    OP_PUT_OBJECT,
    OP_COPY_OBJECT,
    OP_DELETE_OBJECT,
    OP_DELETE_OBJECTS,
    OP_GET_OBJECT_ATTRIBUTES,
    OP_GET_OBJECT_ACL,
    OP_PUT_OBJECT_ACL,
    OP_GET_OBJECT_LOCK, /* its retention or its legal hold */
    OP_PUT_OBJECT_LOCK,
    OP_PUT_BUCKET_LOCK,
    OP_GET_OBJECT_TAGGING,
    OP_PUT_OBJECT_TAGGING,
    OP_DELETE_OBJECT_TAGGING,
    OP_CREATE_UPLOAD,
    OP_UPLOAD_PART,
    OP_UPLOAD_PART_COPY,
    OP_COMPLETE_UPLOAD,
    OP_ABORT_UPLOAD,
    OP_LIST_UPLOADS,
    OP_LIST_PARTS,
    OPERATIONS
};

enum request_stage {
    STAGE_RECEIVING,
    STAGE_RECEIVED, /* complete; hooks next */
    STAGE_HELD,     /* past the hook, perhaps at the gate; the delay is next */
    STAGE_WAITING,  /* for the drawn delay; then it is applied */
    STAGE_APPLIED,  /* past the second hook, perhaps at the gate */
    STAGE_REPLY,    /* a hook may have asked for more delay */
    STAGE_DROPPED,  /* the client has gone, or will never hear of it */
};

/* What a suspended request waits for, besides its deadline. */
enum request_watch { WATCH_NONE, WATCH_CLIENT_GONE, WATCH_REQUESTS };

struct request_param {
    const char *name;
    const char *value; /* decoded */
};

/* An answer in the making. A GetObject's bytes stay in their object. */
struct reply {
    struct s3_server_reply shown; /* what hooks see */
    struct object *object;        /* or NULL: shown.body is the body */
    uint64_t offset;
    uint64_t len;
};

/* The body of a request, decoded and digested while it arrives. See body.h. */
struct body {
    struct chunk *chunk; /* NULL when there is none, or it is thrown away */
    uint64_t expected;   /* bytes of content, without the framing of aws-chunked */
    uint64_t received;
    bool framed;
    bool want_sha256;
    bool in_trailer;                /* what the client claims comes behind the content */
    struct object_checksum claimed; /* x-amz-checksum-*; CHECKSUM_NONE: nothing */
    bool kept_unasked;
    enum checksum_algorithm kept; /* what is stored with the bytes */
};

struct request {
    struct request *next; /* in the pool, or in the list of held ones */

    /* Kept with the request in the pool; the digests are NULL until first wanted. */
    struct buf target;   /* raw; cut at '?' */
    struct buf text;     /* decoded */
    struct buf evidence; /* elements for the error document */
    struct buf kept;     /* the headers of an object that is being put */
    struct hash *md5, *sha256;
    struct checksum claimed_sum, kept_sum;
    struct aws_chunked *decoder;
    struct request_param params[REQUEST_PARAMS_MAX]; /* the first param_count of them */
    struct sigv4_pair headers[REQUEST_HEADERS_MAX];  /* likewise */

    /* From here on request_reset clears everything, but for the reply's buffers. */
    struct s3_server *server;
    void *connection; /* of the HTTP library */

    /* What was asked. Strings point into `target`, `text` or the HTTP library's memory. */
    struct s3_server_request shown;
    enum operation operation;
    const char *method;
    const char *raw_query;
    struct storage_where where;
    bool bucket_in_host; /* it is not in the target */
    size_t param_count, header_count;
    uint64_t param_names, header_names; /* bits of the names among them */
    const char *payload_sha256;
    struct auth_signature signature;
    struct body body;

    /* What became of it. */
    enum request_stage stage;
    enum code refused; /* before it was looked at: bad signature, too large, ... */
    char refused_detail[REQUEST_DETAIL_SIZE]; /* in place of the code's message, when not "" */
    enum s3_server_action on_arrival;
    const struct fault_rule *fault; /* that fired, or NULL */
    const char *fault_name;         /* for the log; "" when none */
    int64_t clock_shift_s;          /* of the server's clock, as this client sees it */
    enum request_watch watch;
    uint64_t watch_sequence; /* WATCH_REQUESTS: until this one has arrived */
    struct mono watch_end;
    struct reply reply;
    uint64_t reply_len; /* of its body, as promised */
    struct mono reply_started;
    uint64_t sent_bytes;
    uint64_t connection_number;
    bool first_of_connection;
    uint64_t in_flight; /* with itself, at arrival */

    /* Times. */
    struct mono arrived;
    struct wall arrived_wall;
    int64_t drawn_ns;
    int64_t actual_ns;
};

/* NULL without memory. */
struct request *request_new(void);
void request_free(struct request *r);
/* Forgets everything but memory and digests. */
void request_reset(struct request *r);

/* A header as it was sent; false: there are too many. The texts must last as long as the request. */
bool request_add_header(struct request *r, const char *name, const char *value);
/* Takes the raw target apart: bucket, key, decoded query parameters. `virtual_bucket` is the one that
 * the Host header names, or "": then the path names it. */
enum code request_parse_target(struct request *r, const char *virtual_bucket);
/* The bucket in a Host header: what stands before "." and one of our domains. Other hosts, and what
 * cannot be a bucket's name, give "". */
#define VIRTUAL_DOMAIN_DEFAULT "localhost"
void request_virtual_bucket(const char *host, const char *domain, char out[S3_BUCKET_MAX + 1]);
/* Which operation it is; CODE_NOT_IMPLEMENTED and CODE_METHOD_NOT_ALLOWED for what is none. */
enum code request_route(struct request *r);
/* As replies show it: 16 digits. */
#define REQUEST_ID_SIZE 17
void request_id(const struct request *r, char out[REQUEST_ID_SIZE]);
/* Fills `shown` from the parameters and headers. */
void request_describe(struct request *r);

/* Notes the text that goes with a refusal, and returns its code. */
enum code request_refuse(struct request *r, enum code code, const char *format, ...)
    PRINTF_LIKE(3, 4);

const char *request_param(const struct request *r, const char *name);  /* NULL when absent */
const char *request_header(const struct request *r, const char *name); /* any case; or NULL */
const char *request_text(const struct request *r, const char *name);   /* parameter or "" */
/* A number parameter within [min, max]; `otherwise` when absent. False: it is not one. */
bool request_number(const struct request *r, const char *name, uint64_t min, uint64_t max,
                    uint64_t otherwise, uint64_t *out);
int64_t request_now_ms(const struct request *r);

#endif
