/* SPDX-License-Identifier: MIT */
/*
 * segment - a listing of sources worked off SEGMENT_SOURCES at a time, each marked with what the
 * manifests of earlier generations say of it.
 *
 * The entries are a queue that the caller fills, by the first listing where that fits into memory,
 * otherwise page by page; a segment is its front. Passes over a segment can be made any number of
 * times; segment_advance drops it and moves on to the next. Segments end after so many sources,
 * never because of memory, so that what is cut from them depends on the listing alone.
 */
#ifndef KIT_COMPACTOR_SAFE_SEGMENT_H
#define KIT_COMPACTOR_SAFE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/entries.h"

#define SEGMENT_SOURCES 100000

enum segment_mark {
    SEGMENT_NEW,     /* no manifest names its key */
    SEGMENT_CHANGED, /* one does, with another ETag */
    SEGMENT_NAMED,   /* one does, with this ETag: compacted already */
    SEGMENT_TAKEN,   /* cut into a group by this run */
};

struct segment {
    struct entries *entries; /* the queue; not owned */
    struct entries_reader front;
    struct entry front_entry;  /* the front's reading place */
    uint64_t count;            /* sources of this segment */
    char last[S3_KEY_MAX + 1]; /* its last key; "" when empty */
    uint8_t *marks;            /* one byte a source */
};

/* One pass; `index` counts from 0 within the segment. */
struct segment_pass {
    const struct segment *segment;
    struct entries_reader reader;
    struct entry entry;
    uint64_t index;
};

enum status segment_init(struct segment *s, struct entries *entries, struct error *err) MUST_USE;
void segment_release(struct segment *s);
/* Entries in the queue that no segment before has had. */
uint64_t segment_waiting(const struct segment *s);
/* Makes the front of the queue the segment, all SEGMENT_NEW. */
void segment_begin(struct segment *s);
/* Drops the segment. */
void segment_advance(struct segment *s);

void segment_pass_init(struct segment_pass *p, const struct segment *s);
/* Fills p->entry and p->index; false at the segment's end. */
bool segment_pass_next(struct segment_pass *p);
enum segment_mark segment_mark_of(const struct segment *s, uint64_t index);
/* NAMED stays, whatever comes later. */
void segment_mark(struct segment *s, uint64_t index, enum segment_mark mark);

/* A pass that meets a manifest's entries in key order and marks what they name. */
struct segment_merge {
    struct segment_pass pass;
    bool has_entry; /* otherwise nothing of the segment comes after what was met */
};
void segment_merge_init(struct segment_merge *m, struct segment *s);
/* Returns true when it was named with the same ETag but another LastModified: written again. */
bool segment_merge_meet(struct segment_merge *m, struct segment *s, const struct entry *named);

#endif
