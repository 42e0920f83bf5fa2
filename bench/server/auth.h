/* SPDX-License-Identifier: MIT */
/*
 * auth - verifies SigV4, in the Authorization header or presigned in the query, on the raw request
 * target; and presigned URLs of version 2, see auth_v2.h. Time is an argument.
 *
 * Clients write the same path in different ways ("+" or "%2B"); both sides of the comparison are
 * therefore brought to S3's one encoding first, as S3 does.
 *
 * Threads: an auth belongs to one thread (it caches signing keys and scratch memory).
 */
#ifndef KIT_BENCH_SERVER_AUTH_H
#define KIT_BENCH_SERVER_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/codes.h"
#include "bench/server/server.h"
#include "lib/s3/sigv4.h"

#define AUTH_SKEW_MAX_S     (15 * 60)
#define AUTH_EXPIRES_MAX_S  604800
#define AUTH_CREDENTIAL_MAX 256

struct auth;

struct auth_request {
    const char *method;
    const char *path;        /* raw, NUL-terminated */
    const char *query;       /* raw, without '?' */
    const char *host_bucket; /* that the Host header names, where the path does not; or NULL */
    const struct sigv4_pair *headers;
    size_t header_count;
};
/* What a request was signed with: the chunks of its body are signed likewise. */
struct auth_signature {
    const struct sigv4_key
        *key; /* valid until the next auth_verify; NULL: not signed by a header */
    struct sigv4_scope scope;
    char text[SIGV4_SIGNATURE_SIZE];
};
struct auth_result {
    const char *access_key_id;  /* the server's copy; "" for an anonymous request */
    const char *payload_sha256; /* what was signed: points into the request, or a constant */
    struct auth_signature signature;
    char detail[256];     /* in place of the code's message, when not "" */
    struct buf *evidence; /* of a refusal: elements for the error document; or NULL */
};

/* NULL without memory. The keys are copied. */
struct auth *auth_new(const struct s3_server_key *keys, size_t count, const char *region);
void auth_free(struct auth *a);
/* `evidence` may be NULL. */
enum code auth_verify(struct auth *a, const struct auth_request *request, int64_t now_unix_s,
                      struct buf *evidence, struct auth_result *out);

#endif
