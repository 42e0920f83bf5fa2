/* SPDX-License-Identifier: MIT */
/* write - what PUT and the multipart requests share; private to lib/s3. */
#ifndef KIT_S3_WRITE_H
#define KIT_S3_WRITE_H

#include <stdint.h>

#include "lib/s3/object.h"

/* Content headers and user metadata; not the condition, which belongs to the deciding request. */
void s3_write_headers(struct s3_request *rq, const struct s3_write *write);
/* A body whose raw SHA-256 may be known already. */
void s3_body_with_sha256(struct s3_request *rq, const void *data, uint64_t size,
                         const uint8_t *sha256_or_null);

#endif
