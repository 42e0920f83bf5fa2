/* SPDX-License-Identifier: MIT */
/*
 * object - stored bytes and what is known of them. Immutable once stored, and counted: a GET that
 * is still being sent keeps the object it started with while a PUT replaces it.
 *
 * Bytes live in chunks, one for each body that was received. An object is a row of slices of
 * chunks, so that completing a multipart upload or copying a part copies nothing. A part of an
 * upload is an object too, and the object it becomes a part of keeps it, for reads by part number.
 *
 * One allocation holds all of an object: a plain one of N header bytes takes 72 + N + 1 and the
 * bytes of its checksum, and its chunk 24 more. Both are counted by the meter that the chunks belong
 * to.
 *
 * Threads: reference counts are atomic; everything else is constant.
 */
#ifndef KIT_BENCH_SERVER_OBJECT_H
#define KIT_BENCH_SERVER_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/meter.h"
#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/s3/checksum.h"

struct chunk {
    atomic_uint refs;
    struct meter *meter;
    size_t size;
    unsigned char data[];
};

/* NULL when the limit would be passed or memory ran out. */
struct chunk *chunk_new(struct meter *meter, size_t size);
struct chunk *chunk_ref(struct chunk *c);
void chunk_unref(struct chunk *c); /* accepts NULL */

struct slice {
    struct chunk *chunk;
    size_t offset;
    size_t len;
};

/* One of S3's checksums of an object, and which of its two kinds. */
struct object_checksum {
    enum checksum_algorithm algorithm; /* CHECKSUM_NONE: none */
    bool composite;                    /* of its parts' digests, not of its bytes */
    bool unasked;                      /* S3's own: the client chose none */
    uint8_t digest[CHECKSUM_SIZE_MAX];
};

struct object {
    atomic_uint refs;
    uint16_t part_count;  /* of the multipart upload that made it; 0: a single PUT */
    uint16_t part_number; /* of a part of an upload; set before it is stored */
    uint8_t md5[MD5_SIZE];
    int64_t modified_ms; /* Unix time */
    uint64_t size;
    uint32_t slice_count; /* at least 1 */
    uint16_t headers_len;
    uint8_t checksum_algorithm;
    bool checksum_composite : 1, checksum_unasked : 1;
    struct slice slices[]; /* then `part_count` parts, the headers and a NUL, the checksum */
};

/* "Name: value\n" lines that belong to it, or "". */
const char *object_headers(const struct object *o);
/* The value of one line, *len bytes; NULL when there is none. `name` as it is stored. */
const char *object_header(const struct object *o, const char *name, size_t *len);
/* Its checksum; CHECKSUM_NONE when it has none. */
void object_checksum(const struct object *o, struct object_checksum *out);
/* The parts of a multipart object, by place from 0. */
const struct object *object_part(const struct object *o, size_t index);

/* All of these copy `headers` and `checksum`, which may be NULL; NULL without memory. */

/* One whole chunk, whose reference is taken over also on failure. */
struct object *object_new(struct chunk *chunk, const uint8_t md5[MD5_SIZE],
                          const struct object_checksum *checksum, const char *headers,
                          int64_t modified_ms);
/* The concatenation of objects, at least one; its ETag is S3's of a multipart upload. */
struct object *object_join(struct object *const *objects, size_t count,
                           const struct object_checksum *checksum, const char *headers,
                           int64_t modified_ms);
/* Which bytes of a source, and which checksum is made of them. */
struct object_piece {
    const struct object *source;
    uint64_t offset;
    uint64_t len;
    enum checksum_algorithm algorithm;
    bool unasked;
};
/* An object that shares these bytes. */
struct object *object_cut(const struct object_piece *piece, const char *headers,
                          int64_t modified_ms);
/* The same in all but the headers. */
struct object *object_with_headers(const struct object *source, const char *headers);

struct object *object_ref(struct object *o);
void object_unref(struct object *o); /* accepts NULL */

/* Quoted: "\"0123...\"" or with "-N". */
#define OBJECT_ETAG_SIZE (2 * MD5_SIZE + 2 + 6 + 1)
void object_etag(const struct object *o, char out[OBJECT_ETAG_SIZE]);
/* Calls `each` for the pieces of [offset, offset + len), in order. */
void object_pieces(const struct object *o, uint64_t offset, uint64_t len,
                   void (*each)(void *ctx, const struct slice *piece), void *ctx);
void object_append(const struct object *o, uint64_t offset, uint64_t len, struct buf *out);
/* "STANDARD" unless the object's headers name another. Not NUL-terminated: *len bytes. */
const char *object_storage_class(const struct object *o, size_t *len);

#endif
