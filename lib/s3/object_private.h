/* SPDX-License-Identifier: MIT */
/* object_private - what PutObject and CreateMultipartUpload share; private to lib/s3. */
#ifndef KIT_S3_OBJECT_PRIVATE_H
#define KIT_S3_OBJECT_PRIVATE_H

#include "lib/s3/object.h"

/* Content-Type, Content-Encoding, how it is kept, and user metadata; create_only is not among them. */
enum status s3_write_headers(struct s3_request *rq, const struct s3_write *write,
                             struct error *err) MUST_USE;

#endif
