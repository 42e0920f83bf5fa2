/* SPDX-License-Identifier: MIT */
/*
 * output_private - what the files of output share; private to them.
 *
 *     output.c         construction, who may send next, the facts at the end
 *     output_read.c    sources: cut into pieces, fetched, settled
 *     output_copy.c    sources that the server copies
 *     output_upload.c  a multipart upload: create, parts, complete, abort
 *     output_decide.c  the deciding write, and what a lost reply of it came to
 */
#ifndef KIT_COMPACTOR_OUTPUT_PRIVATE_H
#define KIT_COMPACTOR_OUTPUT_PRIVATE_H

#include "compactor/content.h"
#include "compactor/format.h"
#include "compactor/joiner.h"
#include "compactor/output.h"
#include "lib/s3/object.h"

#define RECORD_FIELDS 10 /* the last two only where they apply */
#define SUM_TEXT_MAX  1024

enum output_stage {
    OUTPUT_PROBING,   /* whether the server copies is being found out */
    OUTPUT_JOINING,   /* sources are read; parts go as they are ready */
    OUTPUT_WRITING,   /* the deciding PUT or Complete is under way */
    OUTPUT_UNSURE,    /* its reply was lost or odd: a HEAD has to tell */
    OUTPUT_ASKING,    /* that HEAD is under way */
    OUTPUT_UNCHECKED, /* written, with copied parts: to be held against its sources' checksums */
    OUTPUT_CHECKING,
    OUTPUT_WRONG, /* it is not what they say: to be removed */
    OUTPUT_WRITTEN,
    OUTPUT_IN_DOUBT, /* with a commit: as unsure, and left to the owner */
};

enum probe_step { PROBE_BEGUN, PROBE_LOOKING, PROBE_CREATING, PROBE_COPYING, PROBE_DONE };

enum sum_state { SUM_NONE, SUM_WRITING, SUM_WRITTEN };

enum upload_state { UPLOAD_NONE, UPLOAD_CREATING, UPLOAD_OPEN, UPLOAD_ABORTING, UPLOAD_GONE };

struct get {
    struct output *output;
    struct joiner_slot *slot;
    bool starts_source;
    bool is_first;
    bool ends_source;
    struct get *next_free;
};

struct output {
    struct lane *lane;
    struct supply supply;
    const struct group *group;
    const struct shape *shape;
    const struct output_commit *commit; /* NULL in plain mode */
    char key[S3_KEY_MAX + 1];
    bool create_only;
    const char *replaces; /* the ETag of the one object that may stand under the key; or NULL */
    enum output_stage stage;
    struct error doubt; /* what made it OUTPUT_UNSURE */
    bool gone;          /* what was to be replaced */

    struct plan plan;
    struct entry source; /* being cut */
    struct plan_piece piece;
    bool piece_waits; /* cut, and not yet placed */
    bool feed_ended;
    bool got_first;
    bool source_lost;
    struct joiner *joiner;
    struct content content;
    struct get *gets; /* one a place in the window */
    struct get *free_gets;

    bool copies; /* large sources are copied by the server */
    enum probe_step probe;
    uint8_t probe_bytes[FORMAT_LOOK_MAX];
    unsigned first_copied; /* part of the probe; 0 for none */
    struct copy *copying;  /* pieces that are not copied yet, in order */
    uint64_t copied_without_newline;

    enum upload_state upload_state;
    struct s3_upload upload;
    enum checksum_algorithm declared; /* for the upload, when it was created */
    struct s3_part *parts;            /* by number - 1 */
    unsigned parts_room;
    unsigned parts_sent;
    unsigned parts_done;
    unsigned sending_count;
    enum sum_state sum_state;
    struct buf sum_text;
    struct joiner_part *whole; /* the one part of a single PUT, until it is written */

    struct output_facts facts;
    char values[RECORD_FIELDS][DIGEST_HEX_SIZE];
    struct s3_metadata metadata[RECORD_FIELDS];
    unsigned metadata_count;
};

/* ---- output.c ---- */

enum status output_make_joiner(struct output *o, struct error *err) MUST_USE;

/* ---- output_copy.c ---- */

/* Whether options and sources allow for copies. */
bool output_may_copy(const struct output *o);
/* The next request of finding out whether the server copies. */
enum issue output_issue_probe(struct output *o);
/* Takes over the piece that waits; its slot has been placed. */
enum issue output_copy_piece(struct output *o, struct joiner_slot *slot);
/* The next request that is due for any piece. */
enum issue output_issue_copy(struct output *o);
void output_free_copies(struct output *o);
/* The object is in place: checks it first, where bytes were copied and there is something to go by. */
void output_written(struct output *o);
enum issue output_issue_check(struct output *o);

/* ---- output_read.c ---- */

/* A source could not be had; of one that is not what was listed, says what to do. */
void output_source_failed(struct output *o, const struct error *error);
void output_note_content(struct output *o, const struct s3_reply *reply, bool is_first);

/* Makes sure that a piece waits to be placed; false when the sources are at their end, or have to
 * be waited for. */
bool output_next_piece(struct output *o);

/* ---- output_decide.c ---- */

/* What the object to be written carries; complete once the first source has been read. */
struct s3_write output_write(struct output *o);
/* Whether the sum record, where there is to be one, still has to be written or waited for. */
bool output_wants_sum(const struct output *o);
enum issue output_send_sum(struct output *o);
/* The one PUT of an output that needs no upload. */
enum issue output_send_put(struct output *o);
/* Takes the reply of the deciding request: written, failed, or in doubt. */
void output_decided(struct output *o, const struct s3_reply *reply);
/* Asks what stands under the key, when the stage is OUTPUT_UNSURE. */
enum issue output_send_head(struct output *o);

/* ---- output_upload.c ---- */

/* The next request of the upload, whichever is due. */
enum issue output_issue_upload(struct output *o);
enum issue output_send_create(struct output *o);
/* Makes room for a part in the list. */
enum status output_reserve_part(struct output *o, unsigned number, struct error *err) MUST_USE;
/* Aborts an upload that is open and has nothing in flight. */
enum issue output_send_abort(struct output *o);

#endif
