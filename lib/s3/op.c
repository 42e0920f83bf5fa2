/* SPDX-License-Identifier: MIT */
/* op - names, methods and IAM actions of the operations. */
#include "lib/s3/op.h"

#include <assert.h>

struct op {
    const char *name;
    const char *method;
    const char *iam_action;
};

static const struct op ops[S3_OP_COUNT] = {
    [S3_LIST_OBJECTS] = {"ListObjectsV2", "GET", "s3:ListBucket"},
    [S3_HEAD_OBJECT] = {"HeadObject", "HEAD", "s3:GetObject"},
    [S3_GET_OBJECT] = {"GetObject", "GET", "s3:GetObject"},
    [S3_PUT_OBJECT] = {"PutObject", "PUT", "s3:PutObject"},
    [S3_DELETE_OBJECT] = {"DeleteObject", "DELETE", "s3:DeleteObject"},
    [S3_DELETE_OBJECTS] = {"DeleteObjects", "POST", "s3:DeleteObject"},
    [S3_CREATE_MULTIPART_UPLOAD] = {"CreateMultipartUpload", "POST", "s3:PutObject"},
    [S3_UPLOAD_PART] = {"UploadPart", "PUT", "s3:PutObject"},
    [S3_UPLOAD_PART_COPY] = {"UploadPartCopy", "PUT", "s3:PutObject"},
    [S3_COMPLETE_MULTIPART_UPLOAD] = {"CompleteMultipartUpload", "POST", "s3:PutObject"},
    [S3_ABORT_MULTIPART_UPLOAD] = {"AbortMultipartUpload", "DELETE", "s3:AbortMultipartUpload"},
    [S3_LIST_MULTIPART_UPLOADS] = {"ListMultipartUploads", "GET", "s3:ListBucketMultipartUploads"},
    [S3_CREATE_BUCKET] = {"CreateBucket", "PUT", "s3:CreateBucket"},
    [S3_HEAD_BUCKET] = {"HeadBucket", "HEAD", "s3:ListBucket"},
    [S3_DELETE_BUCKET] = {"DeleteBucket", "DELETE", "s3:DeleteBucket"},
};

const char *s3_op_name(enum s3_op op)
{
    assert(op < S3_OP_COUNT);
    return ops[op].name;
}

const char *s3_op_method(enum s3_op op)
{
    assert(op < S3_OP_COUNT);
    return ops[op].method;
}

const char *s3_op_iam_action(enum s3_op op)
{
    assert(op < S3_OP_COUNT);
    return ops[op].iam_action;
}
