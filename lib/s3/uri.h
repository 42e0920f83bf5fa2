/* SPDX-License-Identifier: MIT */
/*
 * uri - "s3://bucket/key" references, and S3's URI encoding.
 */
#ifndef KIT_S3_URI_H
#define KIT_S3_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define S3_BUCKET_MAX 63
#define S3_KEY_MAX    1024

struct s3_uri {
    char bucket[S3_BUCKET_MAX + 1];
    char key[S3_KEY_MAX + 1]; /* without the leading slash; may be empty */
};

/* Parses "s3://bucket", "s3://bucket/" or "s3://bucket/key"; the key is taken byte for byte.
 * STATUS_INVALID says what is wrong (scheme, bucket name, ARN, key too long). */
enum status s3_uri_parse(const char *text, struct s3_uri *out, struct error *err) MUST_USE;
/* Adds the final slash that a prefix lacks; an empty key stays empty. */
enum status s3_uri_make_prefix(struct s3_uri *uri, struct error *err) MUST_USE;
void s3_uri_append(struct buf *b, const char *bucket, const char *key);
/* Bucket naming rules of general-purpose buckets (3-63 of [a-z0-9.-], no "..", not an address). */
enum status s3_bucket_name_check(const char *name, struct error *err) MUST_USE;

/* SigV4's UriEncode: everything but [A-Za-z0-9-._~] becomes %XX, upper case; '/' is kept when
 * `keep_slash`. */
void uri_encode(struct buf *out, const char *text, size_t len, int keep_slash);
/* Whether that is what `text` looks like already: decoding and encoding would give it back. */
bool uri_is_encoded(const char *text, size_t len, int keep_slash);
/* Decodes %XX, and '+' as a space when `plus_is_space`, in place of form decoding of listings.
 * STATUS_INVALID for a broken escape or an encoded NUL. */
enum status uri_decode(struct buf *out, const char *text, size_t len, int plus_is_space,
                       struct error *err) MUST_USE;

#endif
