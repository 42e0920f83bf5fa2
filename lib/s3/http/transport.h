/* SPDX-License-Identifier: MIT */
/*
 * transport - many HTTP exchanges at once on one thread; the only code that includes curl.
 *
 * A `struct http_loop` owns an epoll set, a curl multi handle driven by socket_action, and a pool
 * of easy handles. One exchange is one attempt: no retry, no redirect, no signing, no meaning.
 *
 *     http_start(loop, &exchange, &err);          exchange.done fires exactly once, from
 *     while (busy) http_poll(loop, 1000);         http_poll or http_cancel's caller sees none
 *
 * Ownership: the exchange, and everything it points to, belongs to the caller and must stay put
 * until `done` has been called or http_cancel returned. Uploads are rewindable because their bytes
 * are in memory (libcurl replays requests on dead connections by itself).
 *
 * Limits: connections <= max_connections; response headers HTTP_HEADERS_MAX; a body goes into
 * fixed memory (`into`) or a buf with a ceiling, and one that is larger ends the exchange.
 * Deadlines: connect, stall (no byte either way), total.
 *
 * Threads: a loop and its exchanges belong to one thread. No globals beyond http_global_init.
 */
#ifndef KIT_S3_HTTP_TRANSPORT_H
#define KIT_S3_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

#define HTTP_HEADERS_MAX         65536 /* bytes of response header lines */
#define HTTP_REQUEST_HEADERS_MAX 64    /* header lines of a request */

enum http_outcome {
    HTTP_DONE = 0,       /* a whole reply arrived; look at http_status */
    HTTP_CONNECT_FAILED, /* refused, unreachable, name not found, handshake broken off */
    HTTP_TLS_FAILED,     /* the certificate is not to be trusted, or TLS cannot be set up */
    HTTP_TIMEOUT,        /* a deadline passed */
    HTTP_RESET,          /* the connection broke before or within the reply */
    HTTP_TRUNCATED,      /* not provably whole: bytes and the one Content-Length differ, or a
                            2xx reply says nothing of its body's length */
    HTTP_TOO_LARGE,      /* the body did not fit where it was to go */
    HTTP_FAILED,         /* anything else; the text has it */
};
const char *http_outcome_name(enum http_outcome o); /* "connect-failed" */

struct http_exchange {
    /* The request; set before http_start. */
    const char *method;
    const char *url;            /* absolute; path and query exactly as they go on the wire */
    const char *const *headers; /* "Name: value" lines without CRLF */
    size_t header_count;
    const void *body; /* NULL for none */
    uint64_t body_size;
    bool fresh_connect; /* never on a reused connection: for requests that must not be replayed */
    int64_t connect_timeout_ms;
    int64_t stall_timeout_ms; /* no progress for this long ends it; rounded up to seconds */
    int64_t total_timeout_ms;
    const char *proxy; /* NULL: as the environment says; "": none */

    /* Where the reply's body goes: `into` of `into_capacity` bytes for a 2xx reply when not NULL;
     * error replies and everything else go into `reply_body`. */
    void *into;
    size_t into_capacity;
    struct buf reply_body; /* initialised by the caller with its ceiling */
    struct buf
        reply_headers; /* "name: value\n" lines, names in lower case; initialised by the caller */

    void (*done)(struct http_exchange *x, void *ctx);
    void *ctx;

    /* The result; valid from `done` on. */
    enum http_outcome outcome;
    int http_status;
    uint64_t into_size;  /* bytes written to `into` */
    uint64_t body_bytes; /* bytes of body received, wherever they went */
    uint64_t sent_bytes; /* bytes of body sent, replays included */
    bool reused_connection;
    unsigned new_connections;
    struct mono started;
    int64_t first_byte_ns; /* from `started`; 0 when none came */
    int64_t last_byte_ns;
    char detail[256]; /* libcurl's words for a failure */

    /* Private to transport. */
    struct http_handle *handle;
    struct http_exchange *queue_next;
    struct http_exchange *queue_prev;
    bool queued;
};

/* libcurl's own words: "libcurl/7.88.1 OpenSSL/3.0.15 ..." */
const char *http_library_version(void);

struct http_loop_options {
    unsigned max_connections; /* cap of open connections, and of those kept for reuse */
    const char *ca_bundle;    /* PEM file, or NULL for the system's */
    bool verbose_to_log;      /* hand libcurl's connection notes to `log` */
    void (*log)(void *ctx, const char *line);
    void *log_ctx;
    const struct clock *clock;
};

struct http_loop;

/* Once per process, before any thread; ignores SIGPIPE. */
enum status http_global_init(struct error *err) MUST_USE;

enum status http_loop_new(const struct http_loop_options *options, struct http_loop **out,
                          struct error *err) MUST_USE;
void http_loop_free(struct http_loop *loop); /* no exchange may be in flight; NULL is fine */

/* Begins an exchange. `done` is never called from within http_start. */
enum status http_start(struct http_loop *loop, struct http_exchange *x, struct error *err) MUST_USE;
/* Drops an exchange without calling `done`; one that is not in flight is left alone. */
void http_cancel(struct http_loop *loop, struct http_exchange *x);
/* Waits at most `timeout_ms` (0: does not wait) for something to happen, and handles it. Returns
 * early when a signal arrives. Completion callbacks may start further exchanges. */
enum status http_poll(struct http_loop *loop, int64_t timeout_ms, struct error *err) MUST_USE;
unsigned http_in_flight(const struct http_loop *loop);

/* The value of a header in reply_headers (`name` in lower case), or NULL; two lines of the same
 * name give the first. The pointer is to `len` bytes, not NUL-terminated. */
const char *http_reply_header(const struct http_exchange *x, const char *name, size_t *len);

#endif
