/* SPDX-License-Identifier: MIT */
/*
 * error - S3's <Error> bodies, and what a failed request should tell a person.
 */
#ifndef KIT_S3_ERROR_H
#define KIT_S3_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"
#include "lib/s3/op.h"

struct s3_error {
    char code[64];
    char message[512];
    char region[64]; /* of AuthorizationHeaderMalformed and redirects */
    char request_id[128];
};

/* Reads an <Error> document; false when the body is not one. Leading white space is skipped. */
bool s3_error_parse(const char *body, size_t len, struct s3_error *out);
/* Whether a 200 body is an <Error> after all. */
bool s3_body_is_error(const char *body, size_t len);

/* `http_status` is 0 for an error within a reply. `e` may be NULL.
 * Fills `err` with one line for a failed request and returns its status: the operation, the
 * bucket or object, S3's code and message, and what to do: the IAM action for a 403, "create it
 * or check the name" for NoSuchBucket, the clock for RequestTimeTooSkewed, ... */
enum status s3_error_describe(enum s3_op op, int http_status, const struct s3_error *e,
                              const char *bucket, const char *key, struct error *err);

#endif
