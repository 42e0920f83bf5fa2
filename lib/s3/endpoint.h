/* SPDX-License-Identifier: MIT */
/*
 * endpoint - where a bucket lives: scheme, host, port and addressing style, and the URLs built on it.
 */
#ifndef KIT_S3_ENDPOINT_H
#define KIT_S3_ENDPOINT_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

enum s3_addressing { S3_ADDRESSING_AUTO, S3_ADDRESSING_PATH, S3_ADDRESSING_VIRTUAL };

struct s3_endpoint {
    char base[512]; /* "https://s3.eu-west-1.amazonaws.com" or what the user gave, no final slash */
    char host[256]; /* with the port unless it is the scheme's default */
    char region[64];
    bool https;
    bool is_aws;      /* derived from the region, not given by the user */
    bool costs_money; /* a host of AWS, derived or given: requests are billed */
    bool is_loopback; /* never by way of a proxy, whose loopback is another */
    enum s3_addressing addressing;
};

/* `url` NULL or "" means AWS in `region` (including aws-cn and aws-us-gov suffixes). Plain http is
 * accepted only in an explicit url. STATUS_INVALID says what is wrong: no scheme, user info, a path, ... */
enum status s3_endpoint_init(struct s3_endpoint *e, const char *url, const char *region,
                             enum s3_addressing addressing, struct error *err) MUST_USE;
/* Moves an AWS endpoint to another region (after a redirect that names it). */
enum status s3_endpoint_set_region(struct s3_endpoint *e, const char *region,
                                   struct error *err) MUST_USE;
/* Appends the Host value and the encoded path of (bucket, key): virtual-hosted where addressing
 * says so (auto: on AWS when the bucket has no dot; elsewhere path style). `bucket` may be NULL. */
void s3_endpoint_host(const struct s3_endpoint *e, const char *bucket, struct buf *out);
void s3_endpoint_path(const struct s3_endpoint *e, const char *bucket, const char *key,
                      struct buf *out);
void s3_endpoint_scheme_host(const struct s3_endpoint *e, const char *bucket, struct buf *out);

#endif
