/* SPDX-License-Identifier: MIT */
/*
 * output_copy - large sources that the server copies into the upload.
 *
 * Whether it does is found out before anything else: the first part that is to be copied is copied
 * ahead of all others (the probe). Where the server refuses, everything is read instead, into the
 * same upload. Of a source that is copied only its edges are looked at: its headers and checksum, its
 * first bytes, and of plain text the last one.
 */
#include <stdlib.h>
#include <string.h>

#include "compactor/format.h"
#include "compactor/output_private.h"

enum copy_step {
    COPY_ASK,       /* HEAD: headers, and a checksum if there is one */
    COPY_BEGINNING, /* is it what can be joined at all */
    COPY_END,       /* does it end in a newline */
    COPY_PART,
};

struct copy {
    struct output *output;
    struct joiner_slot *slot; /* NULL once it is filled */
    struct copy *next;
    enum copy_step step; /* that is due, or under way */
    bool flying;
    bool is_first;       /* of the output's sources */
    bool beginning_read; /* its first bytes go through the joiner */
    struct plan_piece piece;
    uint64_t source_size;
    const char *bucket;
    char key[S3_KEY_MAX + 1];
    char etag[S3_ETAG_MAX];
    uint8_t edge[FORMAT_LOOK_MAX];
};

static bool looks_for_newlines(const struct output *o)
{
    return shape_newline(o->shape, o->group->suffix) == NEWLINE_COUNTED;
}

bool output_may_copy(const struct output *o)
{
    return o->lane->shared->job->copy && o->commit == NULL && group_copies(o->group, o->shape);
}

/* ---- the requests ---- */

static enum status take_answer(struct copy *c, const struct s3_reply *reply, struct error *err)
{
    struct s3_object_info info;
    uint8_t digest[CHECKSUM_SIZE_MAX];
    enum status status = s3_object_info(reply, &info, err);
    if (status != STATUS_OK)
        return status;
    if (strcmp(info.etag, c->etag) != 0)
        return error_set(err, STATUS_PRECONDITION, "HeadObject \"%.480s\": another ETag", c->key);
    if (!c->beginning_read)
        output_note_content(c->output, reply, c->is_first);
    c->slot->source_size = c->source_size;
    c->slot->has_crc = s3_object_checksum(reply, CHECKSUM_CRC64NVME, digest);
    if (c->slot->has_crc)
        c->slot->crc64nvme = checksum_to_crc(CHECKSUM_CRC64NVME, digest);
    return STATUS_OK;
}

static enum status take_edge(struct copy *c, const struct s3_reply *reply, struct error *err)
{
    struct error what;
    if (c->step == COPY_END) {
        c->output->copied_without_newline += c->edge[0] != '\n';
        return STATUS_OK;
    }
    enum status status = format_refuse(c->edge, (size_t)reply->into_size, &what);
    if (status != STATUS_OK)
        return error_set(err, status, "\"%.480s\" %s", c->key, what.text);
    return STATUS_OK;
}

static enum copy_step next_step(const struct copy *c)
{
    if (c->step == COPY_ASK && !c->beginning_read)
        return COPY_BEGINNING;
    return c->step != COPY_END && looks_for_newlines(c->output) ? COPY_END : COPY_PART;
}

static void on_looked_at(void *ctx, const struct s3_reply *reply)
{
    struct copy *c = ctx;
    struct output *o = c->output;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    c->flying = false;
    if (o->lane->failed)
        return;
    if (status == STATUS_OK)
        status = c->step == COPY_ASK ? take_answer(c, reply, &error) : take_edge(c, reply, &error);
    if (status == STATUS_OK)
        c->step = next_step(c);
    if (status == STATUS_OK && c->step == COPY_PART) {
        status = joiner_filled(o->joiner, c->slot, &error);
        c->slot = NULL;
    }
    if (status != STATUS_OK)
        output_source_failed(o, &error);
}

static enum status get_edge(struct copy *c, uint64_t offset, uint64_t size, struct error *err)
{
    return s3_get_object(c->output->lane->shared->source,
                         &(struct s3_get){.bucket = c->bucket,
                                          .key = c->key,
                                          .if_match = c->etag,
                                          .ranged = true,
                                          .offset = offset,
                                          .size = size,
                                          .into = c->edge},
                         on_looked_at, c, err);
}

static struct s3_part_copy what_to_copy(const struct plan_piece *piece, const char *bucket,
                                        const char *key, const char *etag)
{
    return (struct s3_part_copy){.source_bucket = bucket,
                                 .source_key = key,
                                 .if_match = etag,
                                 .ranged = !piece->whole,
                                 .offset = piece->source_offset,
                                 .size = piece->size};
}

/* At the end: the first ones are waited for first. */
static void copy_append(struct output *o, struct copy *c)
{
    struct copy **at = &o->copying;
    while (*at != NULL)
        at = &(*at)->next;
    *at = c;
}

static void copy_remove(struct copy *c)
{
    struct copy **at = &c->output->copying;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c);
}

static void copy_done(struct copy *c)
{
    struct output *o = c->output;
    o->facts.copied_bytes += c->piece.size;
    o->facts.copied_sources += c->piece.ends_source;
    o->lane->shared->bytes_done += c->piece.size;
    o->lane->shared->objects_done += c->piece.ends_source;
    copy_remove(c);
}

static void on_copied(void *ctx, const struct s3_reply *reply)
{
    struct copy *c = ctx;
    struct output *o = c->output;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    c->flying = false;
    if (status == STATUS_OK)
        status = s3_part_copied(reply, o->parts[c->piece.part - 1].etag, &error);
    if (status != STATUS_OK) {
        output_source_failed(o, &error);
        return;
    }
    o->parts_done++;
    copy_done(c);
}

static enum issue copy_send(struct copy *c)
{
    struct output *o = c->output;
    struct s3_client *source = o->lane->shared->source;
    struct error error;
    enum status status = STATUS_OK;
    switch (c->step) {
    case COPY_ASK:
        status = s3_head_object_checksum(source, c->bucket, c->key, on_looked_at, c, &error);
        break;
    case COPY_BEGINNING:
        status = get_edge(c, 0, FORMAT_LOOK_MAX, &error); /* no smaller source is copied */
        break;
    case COPY_END:
        status = get_edge(c, c->source_size - 1, 1, &error);
        break;
    case COPY_PART: {
        const struct s3_part_copy what = what_to_copy(&c->piece, c->bucket, c->key, c->etag);
        status = output_reserve_part(o, c->piece.part, &error);
        if (status == STATUS_OK)
            status = s3_upload_part_copy(o->lane->shared->destination, &o->upload, c->piece.part,
                                         &what, on_copied, c, &error);
        o->parts_sent += status == STATUS_OK;
        break;
    }
    }
    c->flying = status == STATUS_OK;
    return lane_sent(o->lane, "source", status, &error);
}

enum issue output_issue_copy(struct output *o)
{
    struct copy *next;
    for (struct copy *c = o->copying; c != NULL; c = next) {
        next = c->next;
        if (c->flying)
            continue;
        if (c->step != COPY_PART || c->piece.part != o->first_copied)
            return copy_send(c);
        copy_done(c); /* by the probe */
    }
    return ISSUE_NOTHING;
}

/* ---- a piece that is copied ---- */

enum issue output_copy_piece(struct output *o, struct joiner_slot *slot)
{
    struct error error;
    struct copy *c = calloc(1, sizeof *c);
    if (c == NULL) {
        error_set(&error, STATUS_NO_MEMORY, "out of memory for a copy");
        lane_fail(o->lane, NULL, &error);
        return ISSUE_NOTHING;
    }
    const struct selection *selection = &o->lane->shared->job->selection;
    *c = (struct copy){.output = o,
                       .slot = slot,
                       .is_first = !o->got_first,
                       .beginning_read = o->plan.source_copied_from > 0,
                       .piece = o->piece,
                       .source_size = o->source.size,
                       .bucket = selection->sources[o->source.source].bucket};
    memcpy(c->key, o->source.key, sizeof c->key);
    memcpy(c->etag, o->source.etag, sizeof c->etag);
    copy_append(o, c);
    o->got_first = true;
    o->piece_waits = false;
    if (c->piece.ends_source)
        return copy_send(c);
    /* Its source is looked at once, with its last piece. */
    c->step = COPY_PART;
    c->slot = NULL;
    if (joiner_filled(o->joiner, slot, &error) != STATUS_OK)
        lane_fail(o->lane, "source", &error);
    return o->lane->failed ? ISSUE_NOTHING : output_issue_copy(o);
}

void output_free_copies(struct output *o)
{
    while (o->copying != NULL) {
        struct copy *first = o->copying;
        o->copying = first->next;
        free(first);
    }
}

/* ---- the probe ---- */

static void begin_joining(struct output *o)
{
    struct error error;
    o->stage = OUTPUT_JOINING;
    if (!o->copies) {
        plan_init(&o->plan, PLAN_READ);
        plan_source(&o->plan, o->source.size);
        o->piece_waits = false;
    }
    if (output_make_joiner(o, &error) != STATUS_OK)
        lane_fail(o->lane, NULL, &error);
}

/* The server will not copy, for whatever reason of its own: that is not what failing to read means. */
static bool is_refusal(const struct s3_reply *reply)
{
    const int status = reply->http_status;
    return status == 501 || (status >= 400 && status < 500 && status != 412 && status != 429);
}

static void on_probed(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    o->probe = PROBE_DONE;
    if (status != STATUS_OK && is_refusal(reply)) {
        o->copies = false;
        o->first_copied = 0;
        o->parts_sent = 0;
        o->lane->shared->copies_refused++;
        memcpy(o->facts.copy_refusal, reply->code, sizeof o->facts.copy_refusal);
        begin_joining(o);
        return;
    }
    if (status == STATUS_OK)
        status = s3_part_copied(reply, o->parts[o->first_copied - 1].etag, &error);
    if (status != STATUS_OK) {
        output_source_failed(o, &error);
        return;
    }
    o->parts_done++;
    begin_joining(o);
}

static enum issue probe_copy(struct output *o)
{
    const struct first_copy *first = &o->group->first_copy;
    const struct selection *selection = &o->lane->shared->job->selection;
    const struct s3_part_copy what = what_to_copy(
        &first->piece, selection->sources[first->source].bucket, first->key, first->etag);
    struct error error;
    o->first_copied = first->piece.part;
    enum status status = output_reserve_part(o, o->first_copied, &error);
    if (status == STATUS_OK)
        status = s3_upload_part_copy(o->lane->shared->destination, &o->upload, o->first_copied,
                                     &what, on_probed, o, &error);
    if (status == STATUS_OK) {
        o->parts_sent++;
        o->probe = PROBE_COPYING;
    }
    return lane_sent(o->lane, "source", status, &error);
}

/* The first source's headers are needed to begin an upload. */
static void on_first_source(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    struct error what = reply->error;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    if (status == STATUS_OK)
        status = format_refuse(o->probe_bytes, (size_t)reply->into_size, &what);
    if (status != STATUS_OK && reply->status == STATUS_OK)
        error_set(&error, status, "\"%.480s\" %s", reply->key, what.text);
    if (status != STATUS_OK) {
        output_source_failed(o, &error);
        return;
    }
    output_note_content(o, reply, true);
    o->got_first = true;
    o->probe = PROBE_CREATING;
}

static enum issue probe_first_source(struct output *o)
{
    struct error error;
    if (!output_next_piece(o))
        return ISSUE_NOTHING;
    const uint64_t size =
        o->source.size < FORMAT_LOOK_MAX ? o->source.size : (uint64_t)FORMAT_LOOK_MAX;
    const struct selection *selection = &o->lane->shared->job->selection;
    enum status status = s3_get_object(o->lane->shared->source,
                                       &(struct s3_get){
                                           .bucket = selection->sources[o->source.source].bucket,
                                           .key = o->source.key,
                                           .if_match = o->source.etag,
                                           .ranged = true,
                                           .size = size,
                                           .into = o->probe_bytes,
                                       },
                                       on_first_source, o, &error);
    if (status == STATUS_OK)
        o->probe = PROBE_LOOKING;
    return lane_sent(o->lane, "source", status, &error);
}

enum issue output_issue_probe(struct output *o)
{
    switch (o->probe) {
    case PROBE_BEGUN:
        return probe_first_source(o);
    case PROBE_CREATING:
        if (o->upload_state == UPLOAD_NONE)
            return output_send_create(o);
        return o->upload_state == UPLOAD_OPEN ? probe_copy(o) : ISSUE_NOTHING;
    case PROBE_LOOKING:
    case PROBE_COPYING:
    case PROBE_DONE:
        break;
    }
    return ISSUE_NOTHING;
}

/* ---- what came of it ---- */

static void on_removed(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    struct error error;
    o->lane->in_flight--;
    o->stage = OUTPUT_JOINING;
    error_set(&error, STATUS_PROTOCOL,
              "s3://%s/%s is not what its sources' checksums say, after large ones were copied; it "
              "%s, run again with --copy never",
              o->lane->shared->job->selection.destination.bucket, o->key,
              reply->status == STATUS_OK ? "was removed" : "could not be removed: remove it");
    lane_fail(o->lane, "destination", &error);
}

static void on_checked(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    uint8_t digest[CHECKSUM_SIZE_MAX];
    uint64_t expected = 0;
    o->lane->in_flight--;
    o->stage = OUTPUT_WRITTEN;
    if (reply->status != STATUS_OK || !s3_object_checksum(reply, CHECKSUM_CRC64NVME, digest) ||
        !joiner_crc64nvme(o->joiner, &expected))
        return; /* the server keeps none: nothing to compare with */
    if (checksum_to_crc(CHECKSUM_CRC64NVME, digest) == expected)
        o->facts.verified = true;
    else
        o->stage = OUTPUT_WRONG;
}

void output_written(struct output *o)
{
    uint64_t crc = 0;
    o->stage = o->copies && joiner_crc64nvme(o->joiner, &crc) ? OUTPUT_UNCHECKED : OUTPUT_WRITTEN;
    o->upload_state = UPLOAD_GONE;
}

enum issue output_issue_check(struct output *o)
{
    struct s3_client *client = o->lane->shared->destination;
    const char *bucket = o->lane->shared->job->selection.destination.bucket;
    struct error error;
    const bool wrong = o->stage == OUTPUT_WRONG;
    enum status status =
        wrong ? s3_delete_object_if(client, bucket, o->key, o->facts.etag, on_removed, o, &error)
              : s3_head_object_checksum(client, bucket, o->key, on_checked, o, &error);
    o->stage = status == STATUS_OK ? OUTPUT_CHECKING : OUTPUT_WRITTEN;
    return lane_sent(o->lane, "destination", status, &error);
}
