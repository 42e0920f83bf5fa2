/* SPDX-License-Identifier: MIT */
/* bucket - create, head and delete a bucket. */
#include "lib/s3/bucket.h"

#include <stdio.h>
#include <string.h>

/* us-east-1 is the default and is refused when it is said. */
#define UNNAMED_REGION "us-east-1"

enum status s3_bucket_create(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                             struct error *err)
{
    struct s3_request *rq;
    const char *region = s3_client_endpoint(c)->region;
    enum status status = s3_request_new(c, S3_CREATE_BUCKET, bucket, NULL, &rq, err);
    if (status)
        return status;
    if (strcmp(region, UNNAMED_REGION) != 0) {
        char body[256];
        int len = snprintf(body, sizeof body,
                           "<CreateBucketConfiguration "
                           "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                           "<LocationConstraint>%s</LocationConstraint>"
                           "</CreateBucketConfiguration>",
                           region);
        s3_request_body_copy(rq, body, (size_t)len);
    }
    s3_request_forgive(rq, "BucketAlreadyOwnedByYou");
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_bucket_head(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                           struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_HEAD_BUCKET, bucket, NULL, &rq, err);
    if (status)
        return status;
    s3_request_accept(rq, 404);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_bucket_delete(struct s3_client *c, const char *bucket, s3_done_fn *done, void *ctx,
                             struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_DELETE_BUCKET, bucket, NULL, &rq, err);
    if (status)
        return status;
    return s3_request_send(rq, done, ctx, err);
}
