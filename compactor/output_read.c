/* SPDX-License-Identifier: MIT */
/* output_read - the sources of one output, piece by piece into part memory. */
#include <assert.h>
#include <string.h>

#include "compactor/format.h"
#include "compactor/output_private.h"
#include "compactor/safe/guard.h"

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

void output_note_content(struct output *o, const struct s3_reply *reply, bool is_first)
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

void output_source_failed(struct output *o, const struct error *error)
{
    struct error told = *error;
    if (error->status == STATUS_PRECONDITION)
        error_set(&told, error->status, "a source changed after it was listed (%s); run again",
                  error->text);
    else if (error->status == STATUS_NOT_FOUND)
        error_set(&told, error->status, "a source vanished after it was listed (%s); run again",
                  error->text);
    lane_fail(o->lane, "source", &told);
}

/* The beginning of a source has come. */
static enum status look_at_source(const struct get *get, const struct s3_reply *reply,
                                  struct error *err)
{
    struct error what;
    enum status status = format_refuse(get->slot->into, get->slot->size, &what);
    if (status != STATUS_OK)
        return error_set(err, status, "\"%.480s\" %s", reply->key, what.text);
    output_note_content(get->output, reply, get->is_first);
    return STATUS_OK;
}

static void on_got(void *ctx, const struct s3_reply *reply)
{
    struct get *get = ctx;
    struct output *o = get->output;
    struct shared *shared = o->lane->shared;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    /* A bucket that is gone is no reason to take its objects for gone. */
    if (status == STATUS_PRECONDITION ||
        (status == STATUS_NOT_FOUND && strcmp(reply->code, "NoSuchKey") == 0))
        o->source_lost = true;
    if (status == STATUS_OK && get->starts_source)
        status = look_at_source(get, reply, &error);
    if (status == STATUS_OK && !o->lane->failed) {
        const size_t size = get->slot->size; /* the slot is gone once it is settled */
        status = joiner_filled(o->joiner, get->slot, &error);
        shared->bytes_done += size;
        shared->objects_done += get->ends_source;
    }
    if (status != STATUS_OK)
        output_source_failed(o, &error);
    get->next_free = o->free_gets;
    o->free_gets = get;
}

bool output_next_piece(struct output *o)
{
    while (!o->piece_waits && !o->feed_ended) {
        if (plan_next(&o->plan, &o->piece)) {
            o->piece_waits = true;
            break;
        }
        const struct entry *entry;
        const enum feed_state state = o->supply.next(o->supply.ctx, &entry);
        if (state == FEED_WAIT || state == FEED_FAILED)
            return false;
        if (state == FEED_END) {
            o->feed_ended = true;
            if (o->joiner != NULL)
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
    enum status status =
        s3_get_object(o->lane->shared->source,
                      &(struct s3_get){
                          .bucket = selection->sources[o->source.source].bucket,
                          .key = o->source.key,
                          .if_match = guard_up(GUARD_SOURCE_MATCH) ? o->source.etag : NULL,
                          .ranged = !o->piece.whole,
                          .offset = o->piece.source_offset,
                          .size = o->piece.size,
                          .into = slot->into,
                      },
                      on_got, get, &error);
    return lane_sent(o->lane, "source", status, &error);
}

enum issue output_issue_fetch(struct output *o)
{
    if (o->lane->failed || o->stage != OUTPUT_JOINING || !output_next_piece(o))
        return ISSUE_NOTHING;
    struct error error;
    struct joiner_slot *slot;
    switch (joiner_place(o->joiner, &o->piece, o->source.key, &slot)) {
    case JOINER_PLACED:
        return o->piece.copied ? output_copy_piece(o, slot) : send_get(o, slot);
    case JOINER_WINDOW_FULL:
        return ISSUE_NOTHING;
    case JOINER_NO_BUDGET:
        return ISSUE_BLOCKED;
    case JOINER_NO_MEMORY:
        error_set(&error, STATUS_NO_MEMORY, "out of memory for a part; try a smaller --memory");
        break;
    case JOINER_TOO_MUCH:
        error_set(&error, STATUS_PRECONDITION,
                  "the sources grew between two listings of the partition; run again");
        break;
    }
    lane_fail(o->lane, NULL, &error);
    return ISSUE_NOTHING;
}
