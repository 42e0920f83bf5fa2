/* SPDX-License-Identifier: MIT */
/*
 * drive_private - what the files of drive share; private to them.
 *
 *     drive.c          which step is next, and whose turn it is within a step
 *     drive_build.c    building the output, or its tombstone
 *     drive_verify.c   looking at the output key, and comparing what stands there
 *     drive_finish.c   deleting sources, aborting uploads, writing the done marker
 */
#ifndef KIT_COMPACTOR_SAFE_DRIVE_PRIVATE_H
#define KIT_COMPACTOR_SAFE_DRIVE_PRIVATE_H

#include "compactor/census.h"
#include "compactor/safe/drive.h"
#include "compactor/safe/manifest_stream.h"
#include "compactor/safe/readback.h"
#include "compactor/safe/stale.h"
#include "compactor/safe/sweep.h"

/* What a HEAD of the output key told. */
struct output_info {
    char token[TOKEN_HEX_SIZE];
    char etag[S3_ETAG_MAX];
    uint64_t size;
    bool has_sha256;
    uint8_t sha256[SHA256_SIZE];
};

/* A marker on its way. */
struct marker {
    struct drive *drive;
    unsigned mark;
    unsigned conflicts; /* 409s: somebody wrote the same key at the same time */
};
#define CONFLICTS_MAX 10

struct drive {
    struct lane *lane;
    const struct place *place;
    enum drive_purpose purpose;
    struct generation_goal goal;
    struct generation_view view;
    enum generation_step step;
    bool finished;
    bool request_out; /* the one small request of a step */

    struct safe_manifest_expected expected;
    char manifest_key[S3_KEY_MAX + 1];
    char manifest_etag[S3_ETAG_MAX]; /* of the manifest that was read to its end */
    struct manifest_stream stream;
    bool have_head;
    struct safe_manifest_head head;
    char manifest[SHA256_HEX_SIZE]; /* its digest */
    bool manifest_checked;          /* read to its end */

    struct group group; /* of the head, for the output */
    char sum_key[S3_KEY_MAX + 1];
    struct output_commit commit;
    struct output *output;
    bool built;
    bool wrote;     /* the deciding write was accepted */
    bool has_doubt; /* it, or the tombstone's, was not clearly answered */
    struct error doubt;
    struct output_facts output_facts;

    struct output_info info;
    bool have_sum;
    struct sum_record sum;
    char small[RECORD_TEXT_MAX]; /* a record on its way in */
    struct readback *readback;
    bool read_back; /* done, and equal */
    bool verified;

    struct sweep *sweep;
    struct sweep_counts counts;
    struct stale *stale;
    bool uploads_gone;
    unsigned uploads_aborted;
    struct buf text; /* a record on its way out */
    struct marker marker;
};

const char *drive_bucket(const struct drive *d);
/* Counts a small request and says that it is under way. */
enum issue drive_sent(struct drive *d, enum status status, const struct error *error);
/* PUT of a record with If-None-Match: *, whose text is in d->text. `mark` is set once it is there. */
enum issue drive_put_marker(struct drive *d, const char *what, unsigned mark);
enum status drive_open_stream(struct drive *d, struct error *err) MUST_USE;

enum issue drive_build_control(struct drive *d);
enum issue drive_build_fetch(struct drive *d);
enum issue drive_abandon(struct drive *d);

enum issue drive_look(struct drive *d);
enum issue drive_verify_control(struct drive *d);
enum issue drive_verify_fetch(struct drive *d);

enum issue drive_delete_control(struct drive *d);
enum issue drive_delete_fetch(struct drive *d);
/* Aborts uploads, then writes the marker that the step names. */
enum issue drive_mark_done(struct drive *d);
enum issue drive_abort_uploads(struct drive *d);

#endif
