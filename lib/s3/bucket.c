/* SPDX-License-Identifier: MIT */
/* bucket - create, head, delete. */
#include "lib/s3/bucket.h"

#include <stdio.h>
#include <string.h>

enum status s3_bucket_create(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                             struct error *err)
{
    struct s3_request *rq;
    char body[256];
    enum status status = s3_request_new(c, S3_CREATE_BUCKET, bucket, NULL, &rq, err);
    if (status != STATUS_OK)
        return status;
    const char *region = s3_client_endpoint(c)->region;
    if (strcmp(region, "us-east-1") != 0) { /* which S3 refuses as a constraint */
        const int len = snprintf(body, sizeof body,
                                 "<CreateBucketConfiguration><LocationConstraint>%s"
                                 "</LocationConstraint></CreateBucketConfiguration>",
                                 region);
        s3_request_body_copy(rq, body, (size_t)len);
    }
    s3_request_accept(rq, 409); /* there already: the caller sees BucketAlreadyOwnedByYou */
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_bucket_head(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                           struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_HEAD_BUCKET, bucket, NULL, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_request_accept(rq, 404);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_bucket_delete(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                             struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_DELETE_BUCKET, bucket, NULL, &rq, err);
    return status == STATUS_OK ? s3_request_send(rq, done, ctx, err) : status;
}
