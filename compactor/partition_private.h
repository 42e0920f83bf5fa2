/* SPDX-License-Identifier: MIT */
/*
 * partition_private - what the files of partition share; private to them.
 *
 *     partition.c         construction, listing, writing, whose turn it is
 *     partition_decide.c  looks at what is under the outputs' keys, and decides
 *     partition_result.c  what came of it, and what it would cost
 */
#ifndef KIT_COMPACTOR_PARTITION_PRIVATE_H
#define KIT_COMPACTOR_PARTITION_PRIVATE_H

#include "compactor/census.h"
#include "compactor/entries.h"
#include "compactor/feed.h"
#include "compactor/output.h"
#include "compactor/partition.h"
#include "compactor/record.h"
#include "compactor/sources.h"

enum partition_stage {
    STAGE_LISTING,
    STAGE_LOOKING,   /* HEAD of the output of group `current` */
    STAGE_COMPARING, /* subset digests, by a second pass over the entries */
    STAGE_JOINING,   /* making the output of group `current` */
    STAGE_FINISHED,
};

/* What stands under an output's key. */
struct existing {
    bool exists;
    bool ours;
    struct record record;
    uint64_t size;
    char etag[S3_ETAG_MAX];
    char storage_class[PRICES_NAME_MAX + 1]; /* "" for STANDARD */
};

struct partition {
    struct lane lane;
    struct partition_name name;
    struct partition_result *result;
    enum partition_stage stage;
    bool request_out; /* the one LIST page or HEAD of the first stages */
    struct sources sources;
    struct census census;
    struct entries entries;
    bool overflowed; /* the entries did not fit: list again */
    struct existing existing[GROUPS_MAX];
    enum decision decisions[GROUPS_MAX];
    unsigned current;
    unsigned nothing; /* groups without an output: DECISION_NOTHING */
    struct feed feed;
    struct output *output;
};

/* ---- partition.c ---- */

/* Goes through the entries once more. */
void partition_start_feed(struct partition *p);

/* ---- partition_decide.c ---- */

/* False when there is none: the lane failed. */
bool partition_output_key(struct partition *p, unsigned group, char out[S3_KEY_MAX + 1]);
enum issue partition_issue_look(struct partition *p);
/* Whether any output is ours and made of other sources, so that the subset digest is needed. */
bool partition_must_compare(const struct partition *p);
void partition_start_comparing(struct partition *p);
/* All outputs are decided before the first is written: a partition is refused whole. */
void partition_decide(struct partition *p);

/* ---- partition_result.c ---- */

/* The current output was written. */
void partition_collect_written(struct partition *p);
/* It needs no writing: unchanged, or only planned. */
void partition_collect_other(struct partition *p);
void partition_finish(struct partition *p);

#endif
