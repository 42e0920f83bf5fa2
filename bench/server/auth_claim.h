/* SPDX-License-Identifier: MIT */
/*
 * auth_claim - what a request says of its signature: who signed, when, which headers; in the
 * Authorization header or presigned in the query. What is malformed is refused in S3's words.
 */
#ifndef KIT_BENCH_SERVER_AUTH_CLAIM_H
#define KIT_BENCH_SERVER_AUTH_CLAIM_H

#include "bench/server/auth.h"

/* The pointers lead into the buffer that it was read with, and the request. */
struct auth_claim {
    char *access_key_id, *date, *region, *service, *terminator;
    char *signed_headers;
    char *signature;
    const char *session_token; /* or NULL */
    int64_t unix_s;            /* when it was signed; of version 2 until when it holds */
    bool presigned;
    bool version_2;     /* no date, region, service, terminator and signed headers then */
    uint64_t expires_s; /* when presigned: after unix_s */
};

/* Whether there is a claim at all. */
bool auth_claim_exists(const struct auth_request *request);
enum code auth_claim_read(const struct auth_request *request, struct buf *text, const char *region,
                          struct auth_claim *out, struct auth_result *result);
/* Whether its scope is of this service, region and day, and its time near enough. */
enum code auth_claim_check_scope(const struct auth_claim *c, const char *region,
                                 struct auth_result *result);
enum code auth_claim_check_time(const struct auth_claim *c, int64_t now_unix_s,
                                struct auth_result *result);

/* A header by its name in any case, or NULL. */
const char *auth_header(const struct auth_request *request, const char *name);
/* Notes the text of a refusal, and returns its code. */
enum code auth_refuse(struct auth_result *result, enum code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* A header's name in lower case, as both versions sign it. */
void auth_append_lower(struct buf *out, const char *name, size_t len);
/* Adds an element to the error document. */
void auth_evidence(struct auth_result *result, const char *element, const char *text);

#endif
