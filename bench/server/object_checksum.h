/* SPDX-License-Identifier: MIT */
/*
 * object_checksum - S3's checksums of stored objects: their texts, and how those of parts make that
 * of an object.
 */
#ifndef KIT_BENCH_SERVER_OBJECT_CHECKSUM_H
#define KIT_BENCH_SERVER_OBJECT_CHECKSUM_H

#include "bench/server/object.h"

#define OBJECT_CHECKSUM_TEXT_SIZE (CHECKSUM_TEXT_SIZE + 6) /* with "-10000" */

/* Which checksum the object of an upload will have. */
struct upload_checksum {
    enum checksum_algorithm algorithm;
    bool composite;
    bool declared; /* by the client; otherwise S3 makes one of its own */
};
#define UPLOAD_CHECKSUM_DEFAULT                                                                    \
    (struct upload_checksum)                                                                       \
    {                                                                                              \
        .algorithm = CHECKSUM_CRC64NVME                                                            \
    }

/* "COMPOSITE" or "FULL_OBJECT" */
const char *object_checksum_type(bool composite);
/* The digest in base64; with "-N" when it is a composite one of N parts. */
void object_checksum_text(const struct object_checksum *c, unsigned parts,
                          char out[OBJECT_CHECKSUM_TEXT_SIZE]);
/* x-amz-checksum-ALGORITHM, and x-amz-checksum-type, as "Name: value\n" lines. */
void object_checksum_header(const struct object_checksum *c, unsigned parts, struct buf *out);
void object_checksum_headers(const struct object *o, struct buf *out);
/* <ChecksumALGORITHM> and <ChecksumType> of an object; of a part only the former, and only one that
 * was asked for. */
void object_checksum_elements(const struct object *o, struct buf *out);
void object_checksum_part_element(const struct object *part, struct buf *out);

/* <ChecksumAlgorithm> and <ChecksumType>, as listings have them. */
void object_checksum_kind(const struct object *o, struct buf *out);

/* Of parts that all have the upload's algorithm, that of the object they make. */
void object_checksum_join(const struct upload_checksum *kind, struct object *const *parts,
                          size_t count, struct object_checksum *out);

#endif
