/* SPDX-License-Identifier: MIT */
/* output - one output object, from its sources' GETs to its own PUT or Complete. */
#include "compactor/output.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/content.h"
#include "compactor/joiner.h"
#include "lib/s3/object.h"

#define RECORD_FIELDS 6

enum output_stage {
    OUTPUT_JOINING, /* sources are read; parts go as they are ready */
    OUTPUT_WRITING, /* the deciding PUT or Complete is under way */
    OUTPUT_UNSURE,  /* its reply was lost or odd: a HEAD has to tell */
    OUTPUT_ASKING,  /* that HEAD is under way */
    OUTPUT_WRITTEN,
};

enum upload_state { UPLOAD_NONE, UPLOAD_CREATING, UPLOAD_OPEN, UPLOAD_ABORTING, UPLOAD_GONE };

struct get {
    struct output *output;
    struct joiner_slot *slot;
    bool starts_source;
    bool is_first;
    bool ends_source;
    struct get *next_free;
};

struct sending {
    struct output *output;
    struct joiner_part *part;
};

struct output {
    struct lane *lane;
    struct feed *feed;
    const struct group *group;
    int group_index;
    char key[S3_KEY_MAX + 1];
    bool create_only;
    enum output_stage stage;
    struct error doubt; /* what made it OUTPUT_UNSURE */

    struct plan plan;
    struct entry source; /* being cut */
    struct plan_piece piece;
    bool piece_waits; /* cut, and not yet placed */
    bool feed_ended;
    bool got_first;
    struct joiner *joiner;
    struct content content;
    struct get *gets; /* one a place in the window */
    struct get *free_gets;

    bool multipart;
    enum upload_state upload_state;
    struct s3_upload upload;
    struct s3_part *parts; /* by number - 1 */
    unsigned parts_room;
    unsigned parts_sent;
    unsigned parts_done;
    unsigned sending_count;
    struct joiner_part *whole; /* the one part of a single PUT, until it is written */

    struct output_facts facts;
    char values[RECORD_FIELDS][DIGEST_HEX_SIZE];
    struct s3_metadata metadata[RECORD_FIELDS];
};

static enum newline_kind newline_kind_of(const struct job *job, const char *suffix)
{
    if (naming_suffix_is_gzip(suffix))
        return job->newline_ensure ? NEWLINE_GZIP : NEWLINE_IGNORED;
    if (naming_suffix_is_other_compression(suffix))
        return NEWLINE_IGNORED;
    return job->newline_ensure ? NEWLINE_TEXT : NEWLINE_COUNTED;
}

static void fill_metadata(struct output *o)
{
    const struct record *r = &o->group->record;
    snprintf(o->values[0], sizeof o->values[0], "%" PRIu64, r->sources);
    snprintf(o->values[1], sizeof o->values[1], "%" PRIu64, r->bytes);
    snprintf(o->values[2], sizeof o->values[2], "%" PRId64, r->newest_unix_s);
    digest_format(&r->digest, o->values[3]);
    snprintf(o->values[4], sizeof o->values[4], "%s", r->newline_ensured ? "ensure" : "keep");
    snprintf(o->values[5], sizeof o->values[5], "%s", o->lane->shared->token);
    static const char *const names[RECORD_FIELDS] = {RECORD_SOURCES, RECORD_BYTES,   RECORD_NEWEST,
                                                     RECORD_DIGEST,  RECORD_NEWLINE, RECORD_TOKEN};
    for (int i = 0; i < RECORD_FIELDS; i++)
        o->metadata[i] = (struct s3_metadata){names[i], o->values[i]};
}

static enum status make_gets(struct output *o, unsigned window, struct error *err)
{
    o->gets = calloc(window, sizeof *o->gets);
    if (o->gets == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    for (unsigned i = 0; i < window; i++) {
        o->gets[i].output = o;
        o->gets[i].next_free = o->free_gets;
        o->free_gets = &o->gets[i];
    }
    return STATUS_OK;
}

enum status output_new(const struct output_spec *options, struct output **out, struct error *err)
{
    struct shared *shared = options->lane->shared;
    struct output *o = calloc(1, sizeof *o);
    if (o == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    o->lane = options->lane;
    o->feed = options->feed;
    o->group = options->group;
    o->group_index = options->group_index;
    o->create_only = options->create_only;
    snprintf(o->key, sizeof o->key, "%s", options->key);
    o->multipart = o->group->record.bytes > plan_part_ceiling(1);
    plan_init(&o->plan);
    content_init(&o->content);
    fill_metadata(o);
    enum status status = make_gets(o, shared->window, err);
    if (status == STATUS_OK)
        status = joiner_new(
            &(struct joiner_options){
                .source_bytes = o->group->record.bytes,
                .sources = o->group->nonempty,
                .newline = newline_kind_of(shared->job, o->group->suffix),
                .window = shared->window,
                .budget = &shared->budget,
            },
            &o->joiner, err);
    if (status != STATUS_OK) {
        output_free(o);
        return status;
    }
    *out = o;
    return STATUS_OK;
}

void output_free(struct output *o)
{
    if (o == NULL)
        return;
    if (o->joiner != NULL)
        joiner_part_free(o->joiner, o->whole);
    joiner_free(o->joiner);
    free(o->gets);
    free(o->parts);
    free(o);
}

/* ---- reading sources ---- */

static void strip_transfer_encoding(char *encoding)
{
    /* A leftover of streaming signatures, which describes the upload and not the object. */
    static const char chunked[] = "aws-chunked";
    const size_t len = sizeof chunked - 1;
    if (strncmp(encoding, chunked, len) != 0)
        return;
    const char *rest = encoding + len + strspn(encoding + len, ", ");
    memmove(encoding, rest, strlen(rest) + 1);
}

static void note_content(struct output *o, const struct s3_reply *reply, bool is_first)
{
    char type[S3_CONTENT_MAX] = "";
    char encoding[S3_CONTENT_MAX] = "";
    if (!s3_reply_header(reply, "content-type", type, sizeof type))
        type[0] = '\0';
    if (!s3_reply_header(reply, "content-encoding", encoding, sizeof encoding))
        encoding[0] = '\0';
    strip_transfer_encoding(encoding);
    content_note(&o->content, type, encoding, is_first);
}

static void on_got(void *ctx, const struct s3_reply *reply)
{
    struct get *get = ctx;
    struct output *o = get->output;
    struct shared *shared = o->lane->shared;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    if (status == STATUS_PRECONDITION)
        error_set(&error, status, "a source changed after it was listed (%s); run again",
                  reply->error.text);
    else if (status == STATUS_NOT_FOUND)
        error_set(&error, status, "a source vanished after it was listed (%s); run again",
                  reply->error.text);
    if (status == STATUS_OK && get->starts_source)
        note_content(o, reply, get->is_first);
    if (status == STATUS_OK) {
        const size_t size = get->slot->size; /* the slot is gone once it is settled */
        status = joiner_filled(o->joiner, get->slot, &error);
        shared->bytes_done += size;
        shared->objects_done += get->ends_source;
    }
    if (status != STATUS_OK)
        lane_fail(o->lane, "source", &error);
    get->next_free = o->free_gets;
    o->free_gets = get;
}

/* Makes sure that a piece waits to be placed; false when the sources are at their end, or have to
 * be waited for. */
static bool next_piece(struct output *o)
{
    while (!o->piece_waits && !o->feed_ended) {
        if (plan_next(&o->plan, &o->piece)) {
            o->piece_waits = true;
            break;
        }
        const struct entry *entry;
        const enum feed_state state = feed_next(o->feed, o->group_index, &entry);
        if (state == FEED_WAIT || state == FEED_FAILED)
            return false;
        if (state == FEED_END) {
            o->feed_ended = true;
            joiner_close(o->joiner);
            return false;
        }
        o->source = *entry;
        plan_source(&o->plan, entry->size);
        o->lane->shared->objects_done += entry->size == 0; /* nothing to get */
    }
    return o->piece_waits;
}

static enum issue send_get(struct output *o, struct joiner_slot *slot)
{
    struct get *get = o->free_gets;
    assert(get != NULL); /* as many as the joiner's window */
    o->free_gets = get->next_free;
    get->slot = slot;
    get->starts_source = o->piece.source_offset == 0;
    get->is_first = !o->got_first;
    get->ends_source = o->piece.ends_source;
    o->got_first = true;
    o->piece_waits = false;
    const struct selection *selection = &o->lane->shared->job->selection;
    struct error error;
    enum status status = s3_get_object(o->lane->shared->source,
                                       &(struct s3_get){
                                           .bucket = selection->source.bucket,
                                           .key = o->source.key,
                                           .if_match = o->source.etag,
                                           .ranged = !o->piece.whole,
                                           .offset = o->piece.source_offset,
                                           .size = o->piece.size,
                                           .into = slot->part->data + slot->offset,
                                       },
                                       on_got, get, &error);
    return lane_sent(o->lane, "source", status, &error);
}

enum issue output_issue_fetch(struct output *o)
{
    if (o->lane->failed || o->stage != OUTPUT_JOINING || !next_piece(o))
        return ISSUE_NOTHING;
    struct error error;
    struct joiner_slot *slot;
    switch (joiner_place(o->joiner, &o->piece, &slot)) {
    case JOINER_PLACED:
        return send_get(o, slot);
    case JOINER_WINDOW_FULL:
        return ISSUE_NOTHING;
    case JOINER_NO_BUDGET:
        return ISSUE_BLOCKED;
    case JOINER_NO_MEMORY:
        break;
    }
    error_set(&error, STATUS_NO_MEMORY, "out of memory for a part; try a smaller --memory");
    lane_fail(o->lane, NULL, &error);
    return ISSUE_NOTHING;
}

/* ---- writing ---- */

static struct s3_write what_to_write(struct output *o)
{
    return (struct s3_write){
        .bucket = o->lane->shared->job->selection.destination.bucket,
        .key = o->key,
        .content_type = content_type(&o->content),
        .content_encoding =
            content_encoding(&o->content, o->group->record.sources, &o->facts.encoding_dropped),
        .metadata = o->metadata,
        .metadata_count = RECORD_FIELDS,
        .create_only = o->create_only,
    };
}

/* The deciding request failed: did it? A condition that did not hold, an upload that is gone and a
 * reply that never came may all mean that an earlier attempt, or libcurl's own replay, went through. */
static void written_or_in_doubt(struct output *o, const struct s3_reply *reply)
{
    if (reply->status == STATUS_OK) {
        o->stage = OUTPUT_WRITTEN;
        o->upload_state = UPLOAD_GONE;
        return;
    }
    const bool lost = reply->http_status == 0 || reply->http_status >= 500;
    if (lost || reply->status == STATUS_PRECONDITION || reply->status == STATUS_NOT_FOUND) {
        o->stage = OUTPUT_UNSURE;
        o->doubt = reply->error;
        return;
    }
    o->stage = OUTPUT_JOINING;
    lane_fail(o->lane, "destination", &reply->error);
}

static void on_put(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    written_or_in_doubt(o, reply);
    if (o->stage == OUTPUT_WRITTEN &&
        !s3_reply_header(reply, "etag", o->facts.etag, sizeof o->facts.etag))
        o->facts.etag[0] = '\0';
    joiner_part_free(o->joiner, o->whole);
    o->whole = NULL;
}

static enum issue send_put(struct output *o)
{
    const struct s3_write write = what_to_write(o);
    uint8_t sum[SHA256_SIZE];
    joiner_sha256(o->joiner, sum);
    o->whole = joiner_take(o->joiner); /* NULL when all sources are empty */
    const void *data = o->whole != NULL ? o->whole->data : NULL;
    const uint64_t size = o->whole != NULL ? o->whole->size : 0;
    struct error error;
    o->stage = OUTPUT_WRITING;
    enum status status =
        s3_put_object(o->lane->shared->destination, &write, data, size, sum, on_put, o, &error);
    if (status != STATUS_OK)
        o->stage = OUTPUT_JOINING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_created(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    if (status == STATUS_OK)
        status = s3_upload_created(reply, &o->upload, &error);
    o->upload_state = status == STATUS_OK ? UPLOAD_OPEN : UPLOAD_NONE;
    if (status != STATUS_OK)
        lane_fail(o->lane, "destination", &error);
}

static enum issue send_create(struct output *o)
{
    const struct s3_write write = what_to_write(o);
    const struct selection *selection = &o->lane->shared->job->selection;
    snprintf(o->upload.bucket, sizeof o->upload.bucket, "%s", selection->destination.bucket);
    snprintf(o->upload.key, sizeof o->upload.key, "%s", o->key);
    struct error error;
    enum status status =
        s3_upload_create(o->lane->shared->destination, &write, on_created, o, &error);
    if (status == STATUS_OK)
        o->upload_state = UPLOAD_CREATING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_part(void *ctx, const struct s3_reply *reply)
{
    struct sending *sending = ctx;
    struct output *o = sending->output;
    struct s3_part *part = &o->parts[sending->part->number - 1];
    o->lane->in_flight--;
    o->sending_count--;
    if (reply->status != STATUS_OK) {
        lane_fail(o->lane, "destination", &reply->error);
    } else if (!s3_reply_header(reply, "etag", part->etag, sizeof part->etag)) {
        struct error error;
        error_set(&error, STATUS_PROTOCOL, "the server accepted part %u without an ETag",
                  part->number);
        lane_fail(o->lane, "destination", &error);
    } else {
        o->parts_done++;
    }
    joiner_part_free(o->joiner, sending->part);
    free(sending);
}

static enum status reserve_part(struct output *o, unsigned number, struct error *err)
{
    if (number > o->parts_room) {
        const unsigned room = o->parts_room == 0 ? 16 : 2 * o->parts_room;
        struct s3_part *grown = realloc(o->parts, room * sizeof *grown);
        if (grown == NULL)
            return error_set(err, STATUS_NO_MEMORY, "out of memory for the list of parts");
        o->parts = grown;
        o->parts_room = room;
    }
    o->parts[number - 1] = (struct s3_part){.number = number};
    return STATUS_OK;
}

static enum issue send_part(struct output *o, struct joiner_part *part)
{
    struct error error;
    struct sending *sending = malloc(sizeof *sending);
    enum status status = sending == NULL
                             ? error_set(&error, STATUS_NO_MEMORY, "out of memory for a part")
                             : reserve_part(o, part->number, &error);
    if (status == STATUS_OK) {
        *sending = (struct sending){o, part};
        status = s3_upload_part(o->lane->shared->destination, &o->upload, part->number, part->data,
                                part->size, part->sha256, on_part, sending, &error);
    }
    if (status != STATUS_OK) {
        free(sending);
        joiner_part_free(o->joiner, part);
    } else {
        o->parts_sent++;
        o->sending_count++;
    }
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_completed(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    written_or_in_doubt(o, reply);
    struct error error;
    if (o->stage == OUTPUT_WRITTEN &&
        s3_upload_completed(reply, o->facts.etag, &error) != STATUS_OK) {
        /* It was answered with success, but not in a way that proves it. */
        o->stage = OUTPUT_UNSURE;
        o->upload_state = UPLOAD_OPEN;
        o->doubt = error;
    }
}

static enum issue send_complete(struct output *o)
{
    struct error error;
    o->stage = OUTPUT_WRITING;
    enum status status = s3_upload_complete(o->lane->shared->destination, &o->upload, o->parts,
                                            o->parts_sent, o->create_only, on_completed, o, &error);
    if (status != STATUS_OK)
        o->stage = OUTPUT_JOINING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void fail_with_doubt(struct output *o)
{
    struct error error = o->doubt;
    if (o->doubt.status == STATUS_PRECONDITION)
        error_set(&error, STATUS_PRECONDITION,
                  "s3://%s/%s was written by someone else meanwhile; run again",
                  o->lane->shared->job->selection.destination.bucket, o->key);
    o->stage = OUTPUT_JOINING;
    lane_fail(o->lane, "destination", &error);
}

static void on_asked(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    char token[TOKEN_HEX_SIZE] = "";
    struct s3_object_info info;
    o->lane->in_flight--;
    const bool ours = reply->status == STATUS_OK &&
                      s3_object_metadata(reply, RECORD_TOKEN, token, sizeof token) &&
                      strcmp(token, o->lane->shared->token) == 0 &&
                      s3_object_info(reply, &info, NULL) == STATUS_OK &&
                      info.size == joiner_bytes(o->joiner);
    if (!ours) {
        fail_with_doubt(o);
        return;
    }
    o->stage = OUTPUT_WRITTEN;
    o->upload_state = UPLOAD_GONE;
    memcpy(o->facts.etag, info.etag, sizeof o->facts.etag);
}

static enum issue send_head(struct output *o)
{
    struct error error;
    enum status status = s3_head_object(o->lane->shared->destination,
                                        o->lane->shared->job->selection.destination.bucket, o->key,
                                        on_asked, o, &error);
    o->stage = status == STATUS_OK ? OUTPUT_ASKING : OUTPUT_JOINING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_aborted(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    o->upload_state = UPLOAD_GONE;
    if (reply->status == STATUS_OK || reply->status == STATUS_NOT_FOUND)
        return;
    /* The first failure is what matters; the upload that stays behind is said along with it. */
    struct error with_upload = o->lane->error;
    error_set(&o->lane->error, with_upload.status,
              "%s; and upload %.64s of s3://%s/%s could not be aborted", with_upload.text,
              o->upload.id, o->upload.bucket, o->upload.key);
}

static enum issue send_abort(struct output *o)
{
    /* Parts still on their way could land after the abort and keep it open. */
    if (o->upload_state != UPLOAD_OPEN || o->lane->in_flight > 0)
        return ISSUE_NOTHING;
    struct error error;
    enum status status =
        s3_upload_abort(o->lane->shared->destination, &o->upload, on_aborted, o, &error);
    o->upload_state = status == STATUS_OK ? UPLOAD_ABORTING : UPLOAD_GONE;
    return lane_sent(o->lane, NULL, status, &error);
}

static enum issue issue_multipart(struct output *o)
{
    if (o->upload_state == UPLOAD_NONE && content_known(&o->content))
        return send_create(o);
    if (o->upload_state != UPLOAD_OPEN)
        return ISSUE_NOTHING;
    struct joiner_part *part = joiner_take(o->joiner);
    if (part != NULL)
        return send_part(o, part);
    if (o->feed_ended && joiner_drained(o->joiner) && o->parts_done == o->parts_sent)
        return send_complete(o);
    return ISSUE_NOTHING;
}

/* All bytes of a single PUT are in place: the one part is settled, or there was nothing to get. */
static bool is_joined(struct output *o)
{
    return o->feed_ended && joiner_is_settled(o->joiner);
}

enum issue output_issue_control(struct output *o)
{
    if (o->stage == OUTPUT_UNSURE)
        return send_head(o);
    if (o->stage != OUTPUT_JOINING)
        return ISSUE_NOTHING;
    if (o->lane->failed)
        return send_abort(o);
    /* Finds the end of the sources when the last of them needed no request. */
    if (!o->piece_waits && !o->feed_ended)
        next_piece(o);
    if (o->multipart)
        return issue_multipart(o);
    return is_joined(o) ? send_put(o) : ISSUE_NOTHING;
}

bool output_is_written(const struct output *o)
{
    return o->stage == OUTPUT_WRITTEN;
}

bool output_is_cleaned(const struct output *o)
{
    const bool nothing_open = o->upload_state == UPLOAD_NONE || o->upload_state == UPLOAD_GONE;
    return o->stage == OUTPUT_WRITTEN || (o->stage == OUTPUT_JOINING && nothing_open);
}

void output_facts(const struct output *o, struct output_facts *out)
{
    uint8_t sum[SHA256_SIZE];
    *out = o->facts;
    memcpy(out->key, o->key, sizeof out->key);
    out->bytes = joiner_bytes(o->joiner);
    joiner_sha256(o->joiner, sum);
    hex_encode(sum, sizeof sum, out->sha256);
    out->missing_newlines =
        o->lane->shared->job->newline_ensure ? 0 : joiner_missing_newlines(o->joiner);
    out->differing_types = content_differing(&o->content);
}
