/* SPDX-License-Identifier: MIT */
/*
 * pipeline - the way of a request: arrived, headers checked, body taken in, hooks, delay, applied,
 * replied, logged. Called by the HTTP layer on its thread; knows no HTTP library.
 */
#ifndef KIT_BENCH_SERVER_PIPELINE_H
#define KIT_BENCH_SERVER_PIPELINE_H

#include "bench/server/request.h"

/* A request line was read. NULL without memory. */
struct request *pipeline_arrived(struct s3_server *s, const char *raw_target);

/* Its headers are in r->headers. `content_length` is UINT64_MAX when there was none. */
enum pipeline_body {
    PIPELINE_READ_BODY,  /* and call pipeline_advance when it is complete */
    PIPELINE_REPLY_EARLY /* do not read it: pipeline_advance knows what is next */
};
enum pipeline_body pipeline_headers(struct request *r, uint64_t content_length, bool expects);
void pipeline_body(struct request *r, const void *data, size_t len);

enum pipeline_next {
    PIPELINE_REPLY, /* r->reply is ready */
    PIPELINE_WAIT,  /* it was suspended; call pipeline_advance again when it is resumed */
    PIPELINE_CLOSE, /* close the connection without a reply */
    PIPELINE_RESET  /* likewise, with a TCP reset */
};
enum pipeline_next pipeline_advance(struct request *r);

/* The last byte was handed over, or the client has gone. Ends the request. */
void pipeline_finished(struct request *r);

#endif
