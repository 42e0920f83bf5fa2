/* SPDX-License-Identifier: MIT */
/*
 * checksum - the digests that clients send with a body: Content-MD5 and x-amz-checksum-*.
 */
#ifndef KIT_BENCH_SERVER_CHECKSUM_H
#define KIT_BENCH_SERVER_CHECKSUM_H

#include "bench/server/request.h"

/* What of a body must be digested while it arrives, from the headers; CODE_NOT_IMPLEMENTED for
 * algorithms and payload forms the server does not have. */
enum code checksum_prepare(struct request *r);
/* Once all bytes are there: compares everything the client sent. `md5` gets the body's. */
enum code checksum_verify(struct request *r, uint8_t md5[MD5_SIZE]);
/* Appends the "x-amz-checksum-...: value" lines that the request came with. */
void checksum_append_headers(const struct request *r, struct buf *out);

#endif
