/* SPDX-License-Identifier: MIT */
/*
 * handle - one curl easy handle, what libcurl is told with it, and what is made of its answers;
 * private to transport.
 *
 * Handles are pooled. The options that hold for every exchange are set once; handle_arm sets the
 * few that differ, and of those only what changed. Header lines are lent to libcurl, not copied.
 */
#ifndef KIT_S3_HTTP_HANDLE_H
#define KIT_S3_HTTP_HANDLE_H

#include <curl/curl.h>

#include "lib/s3/http/transport.h"

#define HTTP_METHOD_MAX 8 /* with its NUL */

/* What a reply's head says of the reply. */
struct reply_head {
    int status;
    bool finished;          /* its empty line came: what follows are trailers */
    bool chunked;           /* the framing tells the end */
    bool lengths_differ;    /* two Content-Length, or one that is no number */
    int64_t content_length; /* -1: none */
    size_t bytes;
};

struct http_handle {
    CURL *easy;
    const struct http_loop_options *options;
    struct http_exchange *exchange; /* NULL while pooled */
    struct http_handle *next;       /* in the pool */

    struct reply_head head;
    bool too_large;
    uint64_t read_at; /* position in the request's body */

    /* What the easy handle is set to. */
    char method[HTTP_METHOD_MAX];
    bool has_proxy;
    int64_t connect_timeout_ms;
    int64_t stall_timeout_ms;
    int64_t total_timeout_ms;
    bool fresh_connect;

    struct curl_slist lines[HTTP_REQUEST_HEADERS_MAX + 1];
    char error_text[CURL_ERROR_SIZE];
};

/* `options` must outlive the handle. */
enum status handle_new(const struct http_loop_options *options, struct http_handle **out,
                       struct error *err) MUST_USE;
void handle_free(struct http_handle *h);
/* Makes the handle ready to be added to the multi handle for `x`. */
enum status handle_arm(struct http_handle *h, struct http_exchange *x, struct error *err) MUST_USE;
/* Fills the results of the exchange after its transfer ended with `code`. */
void handle_conclude(struct http_handle *h, CURLcode code);
/* Lets go of the exchange. */
void handle_disarm(struct http_handle *h);

#endif
