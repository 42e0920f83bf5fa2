/* SPDX-License-Identifier: MIT */
/*
 * entries - the sources of one partition, as listed, in key order, kept compactly.
 *
 * About 30 bytes an entry: a key shares its front with the one before, numbers are varints, an MD5
 * ETag is 16 bytes. Chunks of ENTRIES_CHUNK bytes are taken from the run's budget; an append that the
 * budget refuses says so, and the partition is then listed again as it is consumed.
 *
 * A queue: append at the end, read from the front any number of times with a reader. A reader that
 * trims gives chunks back behind it, and then it is the only one.
 */
#ifndef KIT_COMPACTOR_ENTRIES_H
#define KIT_COMPACTOR_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/budget.h"
#include "lib/base/error.h"
#include "lib/s3/object.h"
#include "lib/s3/uri.h"

#define ENTRIES_CHUNK 32768

struct entry {
    char key[S3_KEY_MAX + 1];
    char etag[S3_ETAG_MAX]; /* with quotes */
    uint64_t size;
    int64_t last_modified_unix_s;
    unsigned group;  /* index of its suffix group, below 16 */
    unsigned source; /* index of the SRC it was listed under, below 16 */
};

struct entries_chunk;
struct entries {
    struct budget *budget;
    struct entries_chunk *first;
    struct entries_chunk *last;
    uint64_t count; /* appended since the last release */
    bool insist;    /* take chunks whatever the budget says: the caller bounds them */
    char last_key[S3_KEY_MAX + 1]; /* front coding of the next append */
};

void entries_init(struct entries *e, struct budget *budget);
void entries_release(struct entries *e); /* gives everything back; may be used again */

/* STATUS_LIMIT when the budget refuses a further chunk; the entry is not added then. */
enum status entries_append(struct entries *e, const struct entry *entry,
                           struct error *err) MUST_USE;

struct entries_reader {
    struct entries *entries;
    struct entries_chunk *chunk; /* NULL before the first read */
    uint32_t offset;
    uint64_t read;
    bool trim;
};
void entries_reader_init(struct entries_reader *r, struct entries *e, bool trim);
/* The next entry into `out`, which must be the same struct at every call (its key is the front of
 * the next); false at the end. More may be appended later and read then. */
bool entries_read(struct entries_reader *r, struct entry *out);

#endif
