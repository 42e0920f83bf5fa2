/* SPDX-License-Identifier: MIT */
/*
 * checksum - S3's checksum algorithms behind one interface: what they are called, their digests of
 * a stream, and how the digests of parts make that of the whole.
 *
 *     struct checksum c = {0};
 *     status = checksum_start(&c, CHECKSUM_CRC64NVME, err);
 *     checksum_update(&c, data, len);
 *     checksum_finish(&c, digest);
 *     checksum_encode(CHECKSUM_CRC64NVME, digest, text);    // the header's value
 *     checksum_release(&c);
 *
 * A digest is the algorithm's bytes, most significant first, as S3 encodes them in base64.
 *
 * Of a multipart upload S3 knows two kinds. A full-object checksum is that of all bytes; CRCs alone
 * have it, since those of the parts combine. A composite one is the checksum of the parts' digests
 * one after the other, written with "-N" behind it; all but CRC64NVME have it.
 *
 * Ownership: a checksum keeps its context from one start to the next. Threads: none of its own.
 */
#ifndef KIT_S3_CHECKSUM_H
#define KIT_S3_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/hash.h"

#define CHECKSUM_SIZE_MAX  SHA256_SIZE
#define CHECKSUM_TEXT_SIZE 45 /* base64 of the longest, with its NUL */

enum checksum_algorithm {
    CHECKSUM_NONE,
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
    CHECKSUM_ALGORITHMS
};

struct checksum_info {
    const char *name;    /* "CRC32C", as in x-amz-checksum-algorithm */
    const char *header;  /* "x-amz-checksum-crc32c" */
    const char *element; /* "ChecksumCRC32C" */
    size_t size;         /* of a digest, in bytes */
    bool full_object;    /* whether an upload of parts may have this kind */
    bool composite;
};

/* Of CHECKSUM_NONE: no name, and no bytes. */
const struct checksum_info *checksum_info(enum checksum_algorithm algorithm);
/* By name, by header, in any case; CHECKSUM_NONE when there is none such. */
enum checksum_algorithm checksum_find(const char *name);
enum checksum_algorithm checksum_find_header(const char *header);

struct checksum {
    enum checksum_algorithm algorithm;
    uint64_t crc;
    struct hash *sha1, *sha256; /* NULL until first wanted */
};

/* Begins a digest. Zero the struct before its first use. */
enum status checksum_start(struct checksum *c, enum checksum_algorithm algorithm,
                           struct error *err) MUST_USE;
void checksum_update(struct checksum *c, const void *data, size_t len);
/* Writes the algorithm's size of bytes; checksum_start before the next use. */
void checksum_finish(struct checksum *c, uint8_t digest[CHECKSUM_SIZE_MAX]);
void checksum_release(struct checksum *c);

/* In one go. Aborts without memory, as sha256 does. */
void checksum_of(enum checksum_algorithm algorithm, const void *data, size_t len,
                 uint8_t digest[CHECKSUM_SIZE_MAX]);
/* Makes `digest`, of A, that of A followed by B. Only where checksum_info says full_object. */
void checksum_combine(enum checksum_algorithm algorithm, uint8_t digest[CHECKSUM_SIZE_MAX],
                      const uint8_t b_digest[CHECKSUM_SIZE_MAX], uint64_t b_len);

/* A CRC as lib/base/crc.h has it, and the digest that it is. Only where there is a full_object. */
void checksum_from_crc(enum checksum_algorithm algorithm, uint64_t crc,
                       uint8_t digest[CHECKSUM_SIZE_MAX]);
uint64_t checksum_to_crc(enum checksum_algorithm algorithm,
                         const uint8_t digest[CHECKSUM_SIZE_MAX]);

/* Digest to base64 and back. False for what is no digest of this algorithm. */
void checksum_encode(enum checksum_algorithm algorithm, const uint8_t digest[CHECKSUM_SIZE_MAX],
                     char text[CHECKSUM_TEXT_SIZE]);
bool checksum_decode(enum checksum_algorithm algorithm, const char *text,
                     uint8_t digest[CHECKSUM_SIZE_MAX]);

#endif
