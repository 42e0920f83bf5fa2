/* SPDX-License-Identifier: MIT */
/*
 * drive - takes one generation from whatever state it is in to its end: the driver of
 * generation_next's table. Fresh generations and those found unfinished go the same way.
 *
 * Sends one request when asked, like a partition; never waits. Not finished and the lane failed:
 * the generation stays as it is in the store, for the next run.
 */
#ifndef KIT_COMPACTOR_SAFE_DRIVE_H
#define KIT_COMPACTOR_SAFE_DRIVE_H

#include <stdbool.h>

#include "compactor/output.h"
#include "compactor/safe/generation.h"
#include "compactor/safe/place.h"
#include "compactor/safe/records.h"

enum drive_purpose {
    DRIVE_TO_ITS_END,
    DRIVE_RECOVER, /* the same, and uploads are aborted also where it was finished */
    DRIVE_LOOK,    /* only what the output key shows */
    DRIVE_VERIFY,  /* reads the output, writes nothing */
};

struct drive_spec {
    struct lane *lane;
    const struct place *place; /* outlives the drive */
    struct generation generation;
    struct generation_goal goal;
    enum drive_purpose purpose;
    bool fresh; /* its manifest was written just now by this run: no need to look first */
};

struct drive_facts {
    struct generation generation;          /* with the marks it has now */
    const struct safe_manifest_head *head; /* NULL until it was read */
    enum generation_state state;
    enum output_seen seen;
    bool built; /* by this drive */
    bool read_back;
    struct sum_record sum; /* with verified */
    bool verified;         /* by this drive */
    char etag[S3_ETAG_MAX];
    uint64_t output_bytes;
    struct sweep_counts counts;
    unsigned uploads_aborted;
    struct output_facts output; /* with built */
};

struct drive;

enum status drive_new(const struct drive_spec *spec, struct drive **out,
                      struct error *err) MUST_USE;
void drive_free(struct drive *d); /* nothing may be in flight */
enum issue drive_issue_control(struct drive *d);
enum issue drive_issue_fetch(struct drive *d);
bool drive_is_finished(const struct drive *d);
/* After the lane failed: nothing is left to clean up. */
bool drive_is_cleaned(const struct drive *d);
void drive_facts(struct drive *d, struct drive_facts *out);

#endif
