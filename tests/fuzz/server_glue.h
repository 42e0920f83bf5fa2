/* SPDX-License-Identifier: MIT */
/*
 * server_glue - requests put straight into the embedded server's pipeline, as its HTTP layer would,
 * so that no socket slows the fuzzer down. The server lives as long as the process, with a bucket
 * "bucket", an object "key" in it, and little memory.
 */
#ifndef KIT_TESTS_FUZZ_SERVER_GLUE_H
#define KIT_TESTS_FUZZ_SERVER_GLUE_H

#include "bench/server/server_private.h"
#include "tests/fuzz/fuzz.h"

#define GLUE_HEADERS_MAX REQUEST_HEADERS_MAX

struct glue_request {
    const char *method;
    const char *target;
    struct sigv4_pair headers[GLUE_HEADERS_MAX];
    size_t header_count;
    const uint8_t *body;
    size_t body_len;
};

/* Anonymous requests are allowed to do everything. */
struct s3_server *glue_server(void);
/* Lets the request through to its reply; checks that there is one. */
void glue_ask(struct s3_server *s, const struct glue_request *asked);

#endif
