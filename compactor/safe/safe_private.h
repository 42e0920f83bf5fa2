/* SPDX-License-Identifier: MIT */
/*
 * safe_private - what the files of safe share; private to them.
 *
 *     safe.c        the stages, generations driven, what became of them
 *     safe_list.c   the listings: the log, the sources, the outputs of plain mode
 *     safe_group.c  segments marked and cut, manifests written
 */
#ifndef KIT_COMPACTOR_SAFE_SAFE_PRIVATE_H
#define KIT_COMPACTOR_SAFE_SAFE_PRIVATE_H

#include "compactor/census.h"
#include "compactor/entries.h"
#include "compactor/safe/cut.h"
#include "compactor/safe/drive.h"
#include "compactor/safe/manifest_stream.h"
#include "compactor/safe/place.h"
#include "compactor/safe/safe.h"
#include "compactor/safe/segment.h"
#include "lib/s3/list.h"

#define SAFE_ARCHIVED 1 /* an entry's source: it cannot be read */

enum safe_stage {
    SAFE_LOG,     /* the log is listed */
    SAFE_DRIVE,   /* generations of the log are driven to their ends */
    SAFE_SOURCES, /* the sources are listed to the end */
    SAFE_FILL,    /* pages for the next segment, where the first listing did not fit */
    SAFE_MARK,    /* manifests are held against the segment */
    SAFE_PLAIN,   /* is there an output of plain mode? */
    SAFE_CUT,     /* the next group is chosen */
    SAFE_WRITE,   /* its manifest is written */
    SAFE_BUILD,   /* its generation is driven to its end */
    SAFE_FINISHED,
};

struct safe {
    struct lane lane;
    struct place place;
    struct partition_result *result;
    enum safe_stage stage;
    bool over;        /* the result is complete */
    bool request_out; /* the one page or manifest of a stage */
    unsigned rounds;
    unsigned abandoned;

    struct generations log;
    struct generation_goal goal;
    unsigned driven; /* generations of the log dealt with */
    struct drive *drive;

    struct s3_lister lister;
    struct census census; /* for its suffix groups */
    struct entries entries;
    bool overflowed; /* the sources are listed again, segment by segment */
    uint64_t sources;
    uint64_t bytes;
    int64_t newest_unix_s;
    struct digest digest;
    struct s3_lister plain_lister;
    bool plain_checked;
    bool plain_found;
    char plain_key[S3_KEY_MAX + 1];

    struct segment segment;
    struct manifest_stream stream;
    struct safe_manifest_expected expected;
    char stream_key[S3_KEY_MAX + 1];
    struct segment_merge merge;
    unsigned known;  /* generations that the segment is held against */
    unsigned marked; /* of them, done */
    uint64_t rewritten;
    uint64_t changed;
    char changed_key[S3_KEY_MAX + 1]; /* one of them */

    unsigned group; /* suffix group being cut */
    struct cut cut;
    struct buf manifest; /* being written */
    size_t manifest_charged;
    uint64_t manifest_size;
    uint64_t taken; /* sources that this run's generations have */
};

/* Begins at step 0: forgets the log and the listing. Fails the lane when that happens too often. */
void safe_start_round(struct safe *s);

enum issue safe_list_log(struct safe *s);
enum issue safe_list_sources(struct safe *s);
enum issue safe_list_plain(struct safe *s);
void safe_start_sources(struct safe *s);

void safe_start_segments(struct safe *s);
enum issue safe_fill(struct safe *s);
enum issue safe_mark(struct safe *s);
/* Chooses the next group; moves on to SAFE_WRITE, or past the segment's end to SAFE_FILL. */
void safe_cut(struct safe *s);
/* Memory for the manifest, its text, and the PUT: with the reads, since it asks for part memory. */
enum issue safe_write(struct safe *s);

#endif
