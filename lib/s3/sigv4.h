/* SPDX-License-Identifier: MIT */
/*
 * sigv4 - AWS Signature Version 4 for S3: pure functions, in the specification's three stages.
 *
 *   1. sigv4_canonical_request   what is being asked, in one normal form
 *   2. sigv4_string_to_sign      when, where and the hash of stage 1
 *   3. sigv4_signature           HMAC of stage 2 under a key derived from the secret
 *
 * sigv4_authorization and sigv4_presign join them for clients; the embedded server calls the
 * stages to verify. Time is an argument. Source: "Signature Calculations for the Authorization
 * Header" and its siblings in the Amazon S3 API reference; the published examples are the tests.
 *
 * S3's variant: the path is encoded once and never normalised, '/' stays.
 */
#ifndef KIT_S3_SIGV4_H
#define KIT_S3_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY_SHA256     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGV4_HEADERS_MAX      64
#define SIGV4_QUERY_MAX        64
#define SIGV4_SIGNATURE_SIZE   65 /* hex and NUL */

/* A name and a value, neither owned. Header names may have any case; a value is trimmed and its
 * inner runs of spaces folded in the canonical form. */
struct sigv4_pair {
    const char *name;
    const char *value;
};

struct sigv4_request {
    const char *method;
    const char *encoded_path; /* already URI-encoded, starts with '/' */
    /* Raw query as it goes on the wire, encoded, without '?'; may be "". Canonical form sorts its
     * parts by encoded name, then value, and gives a missing '=' to bare names. */
    const char *encoded_query;
    const struct sigv4_pair *headers; /* all of them are signed */
    size_t header_count;
    const char *payload_sha256; /* hex, or SIGV4_UNSIGNED_PAYLOAD, or a STREAMING-... name */
};

struct sigv4_scope {
    int64_t unix_s; /* signing time */
    const char *region;
    const char *service; /* "s3" */
};

/* A derived signing key and what it is for. Cache it; sigv4_key_release cleanses. */
struct sigv4_key {
    char date[9]; /* "20130524" */
    char region[64];
    uint8_t key[SHA256_SIZE];
};

/* Stage 1. Appends to `out`; also appends the signed header names ("host;x-amz-date") to
 * `signed_headers`, which may not be `out`. */
enum status sigv4_canonical_request(const struct sigv4_request *request, struct buf *out,
                                    struct buf *signed_headers, struct error *err) MUST_USE;
/* Stage 2. */
void sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical, size_t len,
                          struct buf *out);
/* Stage 3. Of a secret the first 256 bytes count. */
void sigv4_key_derive(const char *secret, const struct sigv4_scope *scope, struct sigv4_key *out);
int sigv4_key_fits(const struct sigv4_key *key, const struct sigv4_scope *scope);
void sigv4_signature(const struct sigv4_key *key, const char *string_to_sign, size_t len,
                     char out[SIGV4_SIGNATURE_SIZE]);
void sigv4_key_release(struct sigv4_key *key);

/* All three: appends the value of the Authorization header. `out` is the working memory too, so its
 * ceiling must leave room for the canonical request; a reused one makes signing allocate nothing. */
enum status sigv4_authorization(const struct sigv4_request *request,
                                const struct sigv4_scope *scope, const char *access_key_id,
                                const struct sigv4_key *key, struct buf *out,
                                struct error *err) MUST_USE;

/* Appends the presigned query (without '?') of a request whose only signed header is Host.
 * `session_token` may be NULL; expires_s is 1..604800. */
enum status sigv4_presign(const char *method, const char *host, const char *encoded_path,
                          const struct sigv4_scope *scope, const char *access_key_id,
                          const char *session_token, const struct sigv4_key *key,
                          unsigned expires_s, struct buf *out, struct error *err) MUST_USE;

/* The string to sign of one chunk of STREAMING-AWS4-HMAC-SHA256-PAYLOAD. */
void sigv4_chunk_string_to_sign(const struct sigv4_scope *scope, const char *previous_signature,
                                const uint8_t chunk_sha256[SHA256_SIZE], struct buf *out);
/* And of the trailers behind the last chunk, digested as "name:value\n" lines. */
void sigv4_trailer_string_to_sign(const struct sigv4_scope *scope, const char *previous_signature,
                                  const uint8_t trailer_sha256[SHA256_SIZE], struct buf *out);

#endif
