/* SPDX-License-Identifier: MIT */
/* sweep - sources deleted, one by one, each under its ETag. */
#include "compactor/safe/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "compactor/safe/guard.h"
#include "lib/s3/list.h"

#define LISTED_AHEAD 1000 /* entries kept before another page is asked for */

struct sweep {
    struct lane *lane;
    const struct place *place;
    struct manifest_stream *stream;
    struct s3_lister lister;
    bool lister_started;
    bool page_out;
    struct entries listed;
    struct entries_reader reader;
    struct entry there; /* the listed object to be compared next */
    bool has_there;
    const struct entry *want; /* the manifest's entry to be compared next; NULL when none is read */
    bool merged;
    unsigned deletes_out;
    struct sweep_counts counts;
};

enum status sweep_new(struct lane *lane, const struct place *place, struct manifest_stream *stream,
                      struct sweep **out, struct error *err)
{
    struct sweep *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for deleting sources");
    s->lane = lane;
    s->place = place;
    s->stream = stream;
    entries_init(&s->listed, &lane->shared->budget);
    s->listed.insist = true; /* never more than two pages */
    entries_reader_init(&s->reader, &s->listed, true);
    *out = s;
    return STATUS_OK;
}

void sweep_free(struct sweep *s)
{
    if (s == NULL)
        return;
    entries_release(&s->listed);
    free(s);
}

/* ---- the listing ---- */

/* Keys before the first entry's need not be listed. "Start after" leaves out the key itself, so it
 * is the first entry's key without its last character. */
static bool start_listing(struct sweep *s)
{
    const struct entry *first;
    const struct place *p = s->place;
    if (s->lister_started)
        return true;
    if (s->want == NULL && manifest_stream_next(s->stream, &first) == FEED_ENTRY)
        s->want = first;
    if (s->want == NULL)
        return false;
    char after[S3_KEY_MAX + 1];
    size_t len = strlen(s->want->key) - 1;
    while (len > 0 && ((unsigned char)s->want->key[len] & 0xC0) == 0x80)
        len--;
    memcpy(after, s->want->key, len);
    after[len] = '\0';
    const bool shorter = strlen(after) <= strlen(p->name.source_prefix);
    s3_lister_init(&s->lister,
                   &(struct s3_list){.bucket = s->lane->shared->job->selection.sources[0].bucket,
                                     .prefix = p->name.source_prefix,
                                     .start_after = shorter ? NULL : after});
    s->lister_started = true;
    return true;
}

static enum status on_listed(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct sweep *s = ctx;
    struct entry entry = {.size = listed->size,
                          .last_modified_unix_s = listed->last_modified_unix_s};
    const size_t etag_len = strlen(listed->etag);
    if (listed->is_common_prefix)
        return STATUS_OK;
    if (etag_len >= sizeof entry.etag || listed->key_len > S3_KEY_MAX)
        return error_set(err, STATUS_LIMIT, "the listing of \"%s\" exceeds S3's limits",
                         listed->key);
    memcpy(entry.key, listed->key, listed->key_len + 1);
    memcpy(entry.etag, listed->etag, etag_len + 1);
    return entries_append(&s->listed, &entry, err);
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct sweep *s = ctx;
    (void)reply;
    s->lane->in_flight--;
    s->page_out = false;
    if (status != STATUS_OK)
        lane_fail(s->lane, "source", error);
}

enum issue sweep_issue_control(struct sweep *s)
{
    struct error error;
    if (s->lane->failed || s->merged)
        return ISSUE_NOTHING;
    const enum issue issue = manifest_stream_issue(s->stream);
    if (issue != ISSUE_NOTHING)
        return issue;
    if (!start_listing(s) || s->page_out || s->lister.finished ||
        s->listed.count - s->reader.read > LISTED_AHEAD)
        return ISSUE_NOTHING;
    enum status status =
        s3_lister_next(&s->lister, s->lane->shared->source, on_listed, on_page, s, &error);
    s->page_out = status == STATUS_OK;
    return lane_sent(s->lane, "source", status, &error);
}

/* ---- the deletions ---- */

static void on_deleted(void *ctx, const struct s3_reply *reply)
{
    struct sweep *s = ctx;
    s->lane->in_flight--;
    s->deletes_out--;
    if (reply->status == STATUS_OK)
        s->counts.deleted++;
    else if (reply->status == STATUS_PRECONDITION)
        s->counts.newer++;
    else if (reply->status == STATUS_NOT_FOUND && strcmp(reply->code, "NoSuchBucket") != 0)
        s->counts.gone++;
    else
        lane_fail(s->lane, "source", &reply->error);
}

static enum issue send_delete(struct sweep *s)
{
    struct error error;
    struct shared *shared = s->lane->shared;
    const char *bucket = shared->job->selection.sources[0].bucket;
    enum status status =
        guard_up(GUARD_DELETE_MATCH)
            ? s3_delete_object_if(shared->source, bucket, s->there.key, s->there.etag, on_deleted,
                                  s, &error)
            : s3_delete_object(shared->source, bucket, s->there.key, on_deleted, s, &error);
    s->deletes_out += status == STATUS_OK;
    return lane_sent(s->lane, "source", status, &error);
}

static bool is_same(const struct entry *a, const struct entry *b)
{
    return a->size == b->size && a->last_modified_unix_s == b->last_modified_unix_s &&
           strcmp(a->etag, b->etag) == 0;
}

/* Moves both sides to where they can be compared; false when there is nothing to compare now. */
static bool align(struct sweep *s)
{
    if (s->want == NULL) {
        const enum feed_state state = manifest_stream_next(s->stream, &s->want);
        s->merged = state == FEED_END;
        if (state != FEED_ENTRY) {
            s->want = NULL;
            return false;
        }
    }
    if (!start_listing(s))
        return false;
    while (!s->has_there || strcmp(s->there.key, s->want->key) < 0) {
        if (entries_read(&s->reader, &s->there))
            s->has_there = true;
        else if (s->lister.finished && !s->page_out)
            return true; /* nothing more is listed: `there` stays before `want`, or unset */
        else
            return false;
    }
    return true;
}

enum issue sweep_issue_fetch(struct sweep *s)
{
    while (!s->lane->failed && !s->merged && align(s)) {
        const struct entry *want = s->want;
        s->want = NULL;
        if (!s->has_there || strcmp(s->there.key, want->key) != 0) {
            s->counts.gone++;
            continue;
        }
        if (is_same(&s->there, want))
            return send_delete(s);
        s->counts.newer++;
    }
    return ISSUE_NOTHING;
}

bool sweep_is_finished(const struct sweep *s, struct sweep_counts *out)
{
    *out = s->counts;
    return s->merged && s->deletes_out == 0 && !s->page_out && !s->stream->request_out;
}
