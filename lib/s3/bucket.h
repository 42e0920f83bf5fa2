/* SPDX-License-Identifier: MIT */
/*
 * bucket - create, head and delete a bucket.
 */
#ifndef KIT_S3_BUCKET_H
#define KIT_S3_BUCKET_H

#include "lib/s3/client.h"

/* With the endpoint's region as LocationConstraint where it is not us-east-1. A bucket that is
 * there already gives the code BucketAlreadyOwnedByYou or BucketAlreadyExists, which counts as no
 * failure. */
enum status s3_bucket_create(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                             struct error *err) MUST_USE;
enum status s3_bucket_head(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                           struct error *err) MUST_USE;
enum status s3_bucket_delete(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                             struct error *err) MUST_USE;

#endif
