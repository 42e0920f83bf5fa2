/* SPDX-License-Identifier: MIT */
/* multipart_parse - the replies of multipart operations; private to lib/s3 and its tests. */
#ifndef KIT_S3_MULTIPART_PARSE_H
#define KIT_S3_MULTIPART_PARSE_H

#include <stddef.h>

#include "lib/s3/multipart.h"

/* Copies the text of the element at `path` ("CopyPartResult/ETag"); its first part is the root
 * that the document must have. STATUS_PROTOCOL when it is absent, empty or too long. */
enum status s3_xml_text(const char *body, size_t len, const char *path, char *out, size_t room,
                        struct error *err) MUST_USE;

/* ListMultipartUploadsResult; `each` is called after the whole document was read. */
enum status s3_uploads_read(const char *body, size_t len, const char *bucket, s3_upload_fn *each,
                            void *ctx, struct error *err) MUST_USE;

#endif
