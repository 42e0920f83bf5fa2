/* SPDX-License-Identifier: MIT */
/*
 * wire - S3 requests byte by byte over a blocking socket, for what no well-behaved client sends:
 * odd targets, wrong signatures, half requests. Helpers fail the running test themselves.
 *
 *     struct wire w;
 *     struct answer a;
 *     wire_open(&w, s3_server_url(server), &key);
 *     wire_ask(&w, "PUT", "/bucket/key", "x-amz-meta-a: b\n", "body", 4, &a);
 *     assert_int_equal(a.status, 200);
 *     wire_close(&w);
 *
 * Threads: a wire belongs to one thread.
 */
#ifndef KIT_TESTS_WIRE_H
#define KIT_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/server/server.h"
#include "lib/base/buf.h"
#include "lib/s3/sigv4.h"

struct wire {
    int fd;        /* -1: not connected; wire_ask connects */
    bool reserved; /* `fd` is a socket that is not connected */
    unsigned port;
    char host[64]; /* "127.0.0.1:1234" */
    const struct s3_server_key *key;
    struct buf in; /* read and not yet used */
    /* How the last signed request was signed, for what must be signed after it. */
    struct sigv4_key signing_key;
    struct sigv4_scope scope;
    char signature[SIGV4_SIGNATURE_SIZE];
};

/* Valid until the next request on the same wire. */
struct answer {
    int status;      /* 0: the connection was closed without one */
    bool cut;        /* fewer bytes came than Content-Length promised */
    struct buf head; /* status line and headers */
    struct buf body;
    char code[64]; /* of an <Error>, or "" */
};

/* `key` NULL: requests are not signed. */
void wire_open(struct wire *w, const char *url, const struct s3_server_key *key);
void wire_close(struct wire *w);
/* Takes the descriptor now that it will connect with. */
void wire_reserve(struct wire *w);
void answer_release(struct answer *a);

/* Sends a signed request and reads the answer. `target` is raw, as it goes on the wire. `headers`
 * are "Name: value\n" lines (may be NULL); those that start with "x-amz-" are signed, and an
 * x-amz-content-sha256 among them replaces the true one. An answer is released first. */
void wire_ask(struct wire *w, const char *method, const char *target, const char *headers,
              const void *body, size_t len, struct answer *a);
/* The two halves of it. */
void wire_send(struct wire *w, const char *method, const char *target, const char *headers,
               const void *body, size_t len);
void wire_receive(struct wire *w, bool head_only, struct answer *a);
/* Any bytes at all. */
void wire_send_raw(struct wire *w, const void *data, size_t len);

/* A header's value, "" when absent; valid as long as the answer. `name` as the server spells it. */
const char *answer_header(const struct answer *a, const char *name, char *out, size_t room);
/* The text of the first element of that name in the body, "" when absent. */
const char *answer_element(const struct answer *a, const char *name, char *out, size_t room);

#endif
