/* SPDX-License-Identifier: MIT */
/*
 * aws_chunked - takes the framing off an "aws-chunked" body: chunks with their sizes, perhaps signed
 * one by one, then perhaps trailers. Does no I/O and takes pieces of any size.
 *
 *     aws_chunked_start(d, &options);
 *     while (... a piece came ...)
 *         if ((code = aws_chunked_feed(d, piece, len, sink, ctx)) != CODE_NONE) ...
 *     code = aws_chunked_finish(d);
 *
 *     400;chunk-signature=0055...f5497\r\n<1024 bytes>\r\n      the second half is for signed ones
 *     0;chunk-signature=b6c6...9df9\r\n
 *     x-amz-checksum-crc32c:sOO8/Q==\r\n                        trailers, if announced
 *     x-amz-trailer-signature:d81f...e435\r\n\r\n
 *
 * What the sink gets was not verified yet: content counts only once aws_chunked_finish said so.
 * Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
 * Chunks" and "... with trailing headers", Amazon S3 API reference.
 *
 * Limits: a line has AWS_CHUNKED_LINE_MAX bytes, the trailers together AWS_CHUNKED_TRAILERS_MAX.
 * Threads: a decoder belongs to one thread.
 */
#ifndef KIT_BENCH_SERVER_AWS_CHUNKED_H
#define KIT_BENCH_SERVER_AWS_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/codes.h"
#include "lib/s3/sigv4.h"

#define AWS_CHUNKED_LINE_MAX     1024
#define AWS_CHUNKED_TRAILERS_MAX 4096
#define AWS_CHUNKED_CHUNK_MIN    8192 /* of all but the last; S3's */

struct aws_chunked;

struct aws_chunked_options {
    uint64_t decoded_size; /* x-amz-decoded-content-length: what must come, exactly */
    bool has_trailer;
    /* NULL: the chunks are not signed. Otherwise what the request was signed with: the key, which is
     * copied, its scope, whose texts must stay, and its signature. */
    const struct sigv4_key *key;
    struct sigv4_scope scope;
    const char *seed_signature;
};

typedef void aws_chunked_sink(void *ctx, const void *data, size_t len);

/* NULL without memory. */
struct aws_chunked *aws_chunked_new(void);
void aws_chunked_free(struct aws_chunked *d);
/* Begins a body; a decoder may be used for one after another. */
void aws_chunked_start(struct aws_chunked *d, const struct aws_chunked_options *options);
/* CODE_INCOMPLETE_BODY for bad framing and for too much, CODE_INVALID_CHUNK_SIZE,
 * CODE_SIGNATURE_DOES_NOT_MATCH, CODE_MALFORMED_TRAILER. A failure stays. */
enum code aws_chunked_feed(struct aws_chunked *d, const void *data, size_t len,
                           aws_chunked_sink *sink, void *ctx);
/* The body has ended: whether it was whole. */
enum code aws_chunked_finish(struct aws_chunked *d);
/* After a good finish: the value of a trailer by its lower-case name; false when it did not come,
 * or is longer than `room` bytes with its NUL. */
bool aws_chunked_trailer(const struct aws_chunked *d, const char *name, char *value, size_t room);
/* How many trailers came, the signature not counted. */
size_t aws_chunked_trailer_count(const struct aws_chunked *d);

#endif
