/* SPDX-License-Identifier: MIT */
/*
 * manifest_stream - a manifest in the bucket, read in ranges at the speed at which it is used.
 *
 *     manifest_stream_open(&s, &spec, err)
 *     manifest_stream_issue(&s)      sends the next range's request where one is due
 *     manifest_stream_head(&s)       its head, once that has arrived
 *     manifest_stream_next(&s, &e)   its entries; FEED_END only after the whole has been checked
 *     manifest_stream_close(&s)      nothing may be in flight
 *
 * One range is read ahead. Memory is MANIFEST_STREAM_CHUNK a few times over, whatever the size.
 */
#ifndef KIT_COMPACTOR_SAFE_MANIFEST_STREAM_H
#define KIT_COMPACTOR_SAFE_MANIFEST_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/feed.h"
#include "compactor/job.h"
#include "compactor/safe/manifest.h"

#define MANIFEST_STREAM_CHUNK (128u << 10)

struct manifest_stream {
    struct lane *lane;
    char key[S3_KEY_MAX + 1];
    char etag[S3_ETAG_MAX]; /* of the object; "" before the first range */
    struct safe_manifest_reader reader;
    enum safe_manifest_event event; /* the last one read */
    uint8_t *chunk;
    uint64_t charged;
    uint64_t asked; /* bytes */
    size_t chunk_len;
    bool open;
    bool request_out;
};

/* `etag` (may be NULL) is what the object has to have. `expected` points at texts that outlive the
 * stream. */
enum status manifest_stream_open(struct manifest_stream *s, struct lane *lane, const char *key,
                                 const struct safe_manifest_expected *expected, const char *etag,
                                 struct error *err) MUST_USE;
void manifest_stream_close(struct manifest_stream *s);
enum issue manifest_stream_issue(struct manifest_stream *s);
/* NULL while it has not arrived, or after the lane failed. */
const struct safe_manifest_head *manifest_stream_head(struct manifest_stream *s);
/* `ctx` is the stream: a supply's next. */
enum feed_state manifest_stream_next(void *ctx, const struct entry **entry);
/* Read to its end, and good. */
bool manifest_stream_is_checked(const struct manifest_stream *s);

#endif
