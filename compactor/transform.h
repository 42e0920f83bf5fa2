/* SPDX-License-Identifier: MIT */
/*
 * transform - sources whose bytes do not stay the same on their way: inflated, a repeated CSV header
 * dropped, a final newline added, deflated into one member. Knows neither HTTP nor parts.
 *
 *     for each source:  TRANSFORM_FEED with each of its pieces, then TRANSFORM_END_SOURCE
 *     at the end:       TRANSFORM_FINISH
 *
 * One call takes what it can and says why it stopped; the same step is called again until it is
 * TRANSFORM_DONE. The input of a feed must stay put until then. Everything goes strictly in order,
 * so the output depends on the sources and the options alone.
 *
 * Limits: two zlib states and TRANSFORM_CHUNK bytes, however far a source inflates; a header line of
 * TRANSFORM_HEADER_MAX bytes; TRANSFORM_SLICE bytes of content a call, so that a caller with other
 * duties is never away for long.
 *
 * Threads: belongs to one.
 */
#ifndef KIT_COMPACTOR_TRANSFORM_H
#define KIT_COMPACTOR_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define TRANSFORM_CHUNK      65536
#define TRANSFORM_SLICE      (1u << 20)
#define TRANSFORM_HEADER_MAX (1u << 20)

struct transform_options {
    int gzip_level; /* 1 to 9: sources are gzip, and so is the output; 0: neither is */
    bool csv_header_once;
    bool newline_ensure; /* otherwise missing ones are counted */
};

enum transform_step { TRANSFORM_FEED, TRANSFORM_END_SOURCE, TRANSFORM_FINISH };
enum transform_outcome {
    TRANSFORM_DONE,
    TRANSFORM_NEEDS_ROOM, /* more output is to come than there was room for */
    TRANSFORM_PAUSED,     /* the slice is used up */
};

/* Moved forward as bytes are taken and given. */
struct transform_io {
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_room;
};

struct transform_counts {
    uint64_t missing_newlines; /* sources with content and without a final one */
    uint64_t headers_dropped;
};

struct transform;

enum status transform_new(const struct transform_options *options, struct transform **out,
                          struct error *err) MUST_USE;
void transform_free(struct transform *t);
/* STATUS_PROTOCOL: the source is not what the options take it for. The text continues a sentence
 * that begins with the source's name: "is not valid gzip (...)". */
enum status transform_run(struct transform *t, enum transform_step step, struct transform_io *io,
                          enum transform_outcome *outcome, struct error *err) MUST_USE;
void transform_counts(const struct transform *t, struct transform_counts *out);

#endif
