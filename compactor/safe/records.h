/* SPDX-License-Identifier: MIT */
/*
 * records - the small JSON documents of a generation: the sum record, and the verified and done
 * markers. Written for people and for the next run; only the sum record is read back. Pure.
 *
 * What is read is untrusted: at most RECORD_TEXT_MAX bytes, one JSON object, known schema, every
 * field of the right kind. Writers fail as their buf does.
 */
#ifndef KIT_COMPACTOR_SAFE_RECORDS_H
#define KIT_COMPACTOR_SAFE_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"

#define RECORD_TEXT_MAX 16384

/* What the writer of an output streamed. */
struct sum_record {
    uint64_t bytes;
    uint8_t sha256[SHA256_SIZE];
};
void sum_record_write(const struct sum_record *r, const char *token, const char *manifest,
                      struct buf *out);
/* STATUS_PROTOCOL when it is not that of `token` and `manifest`. */
enum status sum_record_read(const char *text, size_t len, const char *token, const char *manifest,
                            struct sum_record *out, struct error *err) MUST_USE;

struct verified_record {
    const char *manifest;
    const char *output;
    const char *etag;
    const char *token; /* of the output */
    const struct sum_record *sum;
    bool read_back;
};
void verified_record_write(const struct verified_record *r, struct buf *out);

/* What step 6 found. */
struct sweep_counts {
    uint64_t deleted;
    uint64_t gone;  /* not listed any more, or 404 */
    uint64_t newer; /* another object under the same key: kept */
};
void done_record_write(const char *manifest, const char *outcome, uint64_t sources,
                       const struct sweep_counts *counts, struct buf *out);

#endif
