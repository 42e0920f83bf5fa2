/* SPDX-License-Identifier: MIT */
/*
 * auth_v2 - presigned URLs of Signature Version 2, which SDKs still make for us-east-1 unless they
 * are told otherwise: AWSAccessKeyId, Expires (Unix seconds) and Signature (base64) in the query.
 * The old form of the Authorization header is not taken.
 *
 * Source of the string to sign: "Signing and authenticating REST requests" of the S3 User Guide.
 *
 * Threads: keeps nothing; the buffers are the caller's.
 */
#ifndef KIT_BENCH_SERVER_AUTH_V2_H
#define KIT_BENCH_SERVER_AUTH_V2_H

#include "bench/server/auth_claim.h"

/* The one region of ours where S3 takes them. */
#define AUTH_V2_REGION "us-east-1"
/* "A signature in base64", with its NUL. */
#define AUTH_V2_SIGNATURE_SIZE BASE64_SIZE(SHA1_SIZE)

bool auth_v2_exists(const char *query);
/* Reads who signed and until when; the pointers lead into `text`. */
enum code auth_v2_read(const struct auth_request *request, struct buf *text, struct auth_claim *out,
                       struct auth_result *result);
/* Appends what should have been signed; false without room, or for an escape that is none. */
bool auth_v2_string_to_sign(const struct auth_request *request, const struct auth_claim *c,
                            struct buf *out);
void auth_v2_signature(const char *secret, const struct buf *string_to_sign,
                       char out[AUTH_V2_SIGNATURE_SIZE]);

#endif
