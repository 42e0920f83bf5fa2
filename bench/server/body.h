/* SPDX-License-Identifier: MIT */
/*
 * body - the body of a request on its way in: its framing taken off, its bytes digested while they
 * arrive, and compared at the end with everything the client said of them: x-amz-content-sha256,
 * chunk signatures, Content-MD5, x-amz-checksum-* in a header or a trailer.
 *
 * What is refused has its text in r->refused_detail.
 */
#ifndef KIT_BENCH_SERVER_BODY_H
#define KIT_BENCH_SERVER_BODY_H

#include "bench/server/request.h"

/* From the headers: how much comes, in which form, and what of it to digest. `content_length` is
 * UINT64_MAX when there was none. */
enum code body_prepare(struct request *r, uint64_t content_length);
void body_receive(struct request *r, const void *data, size_t len);

struct body_digests {
    uint8_t md5[MD5_SIZE];
    struct object_checksum checksum; /* the one to keep with the bytes */
};
/* Once all bytes are there. */
enum code body_verify(struct request *r, struct body_digests *out);

/* Whether the client sent Content-MD5 or an x-amz-checksum-* of this body. */
bool body_has_digest(const struct request *r);

#endif
