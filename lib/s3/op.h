/* SPDX-License-Identifier: MIT */
/*
 * op - the S3 operations the kit uses: their API names, HTTP methods and IAM actions, in one table.
 */
#ifndef KIT_S3_OP_H
#define KIT_S3_OP_H

enum s3_op {
    S3_LIST_OBJECTS,
    S3_HEAD_OBJECT,
    S3_GET_OBJECT,
    S3_PUT_OBJECT,
    S3_DELETE_OBJECT,
    S3_DELETE_OBJECTS,
    S3_CREATE_MULTIPART_UPLOAD,
    S3_UPLOAD_PART,
    S3_UPLOAD_PART_COPY,
    S3_COMPLETE_MULTIPART_UPLOAD,
    S3_ABORT_MULTIPART_UPLOAD,
    S3_LIST_MULTIPART_UPLOADS,
    S3_CREATE_BUCKET,
    S3_HEAD_BUCKET,
    S3_DELETE_BUCKET,
    S3_OP_COUNT
};

const char *s3_op_name(enum s3_op op);       /* "ListObjectsV2" */
const char *s3_op_method(enum s3_op op);     /* "GET" */
const char *s3_op_iam_action(enum s3_op op); /* "s3:ListBucket" */

#endif
