/* SPDX-License-Identifier: MIT */
/* object_private - what PutObject and CreateMultipartUpload share; private to lib/s3. */
#ifndef KIT_S3_OBJECT_PRIVATE_H
#define KIT_S3_OBJECT_PRIVATE_H

#include "lib/s3/object.h"

/* Content-Type, Content-Encoding, how it is kept, and user metadata; not the condition. */
enum status s3_write_headers(struct s3_request *rq, const struct s3_write *write,
                             struct error *err) MUST_USE;
/* The condition of a write, where there is one; that it does not hold is an answer. */
void s3_write_condition(struct s3_request *rq, bool create_only, const char *if_match);

#endif
