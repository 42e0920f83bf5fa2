/* SPDX-License-Identifier: MIT */
/*
 * upload_claim - what CreateMultipartUpload and CompleteMultipartUpload say of checksums.
 * What is refused has its text in r->refused_detail.
 */
#ifndef KIT_BENCH_SERVER_UPLOAD_CLAIM_H
#define KIT_BENCH_SERVER_UPLOAD_CLAIM_H

#include "bench/server/request.h"

/* x-amz-checksum-algorithm and x-amz-checksum-type of a creation. */
enum code upload_claim_create(struct request *r, struct upload_checksum *out);
/* x-amz-checksum-ALGORITHM, x-amz-checksum-type and x-amz-mp-object-size of a completion; the last
 * goes into *size, which `out` then points to. */
enum code upload_claim_complete(struct request *r, struct storage_completion *out, uint64_t *size);
/* Which checksum a copy gets: x-amz-checksum-algorithm, or the source's, or S3's own. */
enum code upload_claim_copy(struct request *r, const struct object *source,
                            enum checksum_algorithm *out);
/* <ChecksumALGORITHM> of a part in a completion's document. False: the text is no checksum. */
bool upload_claim_part(const char *element, const char *text, struct object_checksum *out);

#endif
