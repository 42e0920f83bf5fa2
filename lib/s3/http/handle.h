/* SPDX-License-Identifier: MIT */
/*
 * handle - one curl easy handle and what it needs besides an exchange; private to lib/s3/http.
 *
 * Handles are pooled and keep the options that never change; per exchange only those that do are
 * set. The reply's bytes are judged here: one Content-Length, a body that fits, headers bounded.
 */
#ifndef KIT_S3_HTTP_HANDLE_H
#define KIT_S3_HTTP_HANDLE_H

#include <curl/curl.h>
#include <stdbool.h>

#include "lib/s3/http/transport.h"

struct http_handle {
    CURL *easy;
    struct http_loop *loop;
    struct http_exchange *exchange; /* NULL while in the pool */
    struct curl_slist *headers;
    uint64_t sent;          /* read position in the body */
    int64_t content_length; /* of the last reply head; -1 when none was given */
    bool lengths_conflict;
    bool too_large;
    bool queued;                  /* waits for a connection's turn */
    struct http_handle *next;     /* in the pool or the queue */
    struct http_handle *previous; /* in the queue */
};

enum status handle_new(struct http_loop *loop, const struct http_loop_options *options,
                       struct http_handle **out, struct error *err) MUST_USE;
void handle_free(struct http_handle *h);
/* Sets everything that this exchange needs. */
enum status handle_arm(struct http_handle *h, struct http_exchange *x, struct error *err) MUST_USE;
/* Fills the exchange's result from the transfer's. */
void handle_conclude(struct http_handle *h, CURLcode code);
/* Forgets the exchange. */
void handle_disarm(struct http_handle *h);

#endif
