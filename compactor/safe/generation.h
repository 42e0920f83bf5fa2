/* SPDX-License-Identifier: MIT */
/*
 * generation - the log of a partition: which generations there are, what state each is in, and what
 * may be done next. Derived from the listing of the log alone; pure. docs/crash-safety.md has the
 * table that generation_state and generation_next are.
 *
 *     generations_init(&g);
 *     for each listed key:  generations_add(&g, rest_of_key, size, err);
 *     generations_check(&g, err);
 */
#ifndef KIT_COMPACTOR_SAFE_GENERATION_H
#define KIT_COMPACTOR_SAFE_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/digest.h"
#include "lib/base/error.h"

/* Names of records, between "g00001." and ".state". */
#define RECORD_MANIFEST_NAME      "manifest"
#define RECORD_SUM_PREFIX         "sum-" /* and the writer's token */
#define RECORD_VERIFIED_HEAD_NAME "verified-head"
#define RECORD_VERIFIED_READ_NAME "verified-read"
#define RECORD_KEPT_PREFIX        "done-kept-" /* and the digest of the sources */
#define RECORD_DELETED_NAME       "done-deleted"
#define RECORD_ABANDONED_NAME     "done-abandoned"

enum generation_mark {
    MARK_MANIFEST = 1,
    MARK_SUM = 2,
    MARK_VERIFIED_HEAD = 4,
    MARK_VERIFIED_READ = 8,
    MARK_KEPT = 16,
    MARK_DELETED = 32,
    MARK_ABANDONED = 64,
};

struct generation {
    unsigned number; /* from 1 */
    unsigned marks;  /* what the log has of it */
    uint64_t manifest_size;
    struct digest digest; /* of its sources; with MARK_KEPT */
};

enum generation_state {
    GENERATION_BROKEN,    /* the log contradicts itself */
    GENERATION_OPEN,      /* the output key decides: to be looked at */
    GENERATION_CHECKED,   /* the output is there, by a HEAD */
    GENERATION_READ,      /* the output was read back */
    GENERATION_KEPT,      /* finished; sources left */
    GENERATION_DELETED,   /* finished; sources deleted */
    GENERATION_ABANDONED, /* finished; a tombstone */
};
enum generation_state generation_state(const struct generation *g);
const char *generation_state_name(enum generation_state s); /* "kept" */

/* What a run wants of every generation. */
struct generation_goal {
    bool read_back; /* outputs are verified by reading */
    bool deletes;   /* sources are deleted; that takes reading back, too */
};
/* What a HEAD of the output key showed. */
enum output_seen {
    SEEN_NOT_LOOKED,
    SEEN_ABSENT,
    SEEN_OUTPUT,    /* of this manifest */
    SEEN_TOMBSTONE, /* of this manifest */
    SEEN_FOREIGN,
};
/* What is known of a generation while it is driven. */
struct generation_view {
    struct generation generation; /* marks are added as they are written */
    enum output_seen seen;
    bool source_lost; /* building found a source gone or changed */
    bool swept;       /* every source that is still the same has been deleted */
};
enum generation_step {
    STEP_NONE, /* finished, as far as this run is concerned */
    STEP_LOOK, /* HEAD the output key */
    STEP_BUILD,
    STEP_ABANDON, /* write the tombstone */
    STEP_VERIFY_HEAD,
    STEP_VERIFY_READ,
    STEP_DELETE,
    STEP_MARK_KEPT,
    STEP_MARK_DELETED,
    STEP_MARK_ABANDONED,
    STEP_FAIL_BROKEN,
    STEP_FAIL_FOREIGN, /* somebody else's object at the output key */
    STEP_FAIL_MISSING, /* it was verified, and is not there any more */
};
enum generation_step generation_next(const struct generation_view *v,
                                     const struct generation_goal *goal);
/* Nothing is left to do for this goal, by the log alone. */
bool generation_is_finished(const struct generation *g, const struct generation_goal *goal);
/* Its sources are in an output, or will be: they are not to be compacted again. */
bool generation_holds_sources(enum generation_state s);

struct generations {
    struct generation *items; /* items[i].number == i + 1 */
    unsigned count;
    unsigned room;
};

void generations_init(struct generations *g);
void generations_release(struct generations *g);
/* One key of the log, without the log's prefix, in listing order. STATUS_PROTOCOL for a name that
 * is not known, or a gap. */
enum status generations_add(struct generations *g, const char *name, uint64_t size,
                            struct error *err) MUST_USE;
/* The next one, which this run has just begun; item->number is count + 1. */
enum status generations_append(struct generations *g, const struct generation *item,
                               struct error *err) MUST_USE;
/* STATUS_PROTOCOL when any of them is broken. */
enum status generations_check(const struct generations *g, struct error *err) MUST_USE;
/* What the sources of the kept ones list as, all together. */
struct digest generations_digest(const struct generations *g);

#endif
