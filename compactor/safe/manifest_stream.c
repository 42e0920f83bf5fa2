/* SPDX-License-Identifier: MIT */
/* manifest_stream - a manifest in ranges. */
#include "compactor/safe/manifest_stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/object.h"

#define CHUNKS_HELD 3 /* the one under way, and what the reader keeps of the two before */

enum status manifest_stream_open(struct manifest_stream *s, struct lane *lane, const char *key,
                                 const struct safe_manifest_expected *expected, const char *etag,
                                 struct error *err)
{
    const uint64_t chunk =
        expected->size < MANIFEST_STREAM_CHUNK ? expected->size : MANIFEST_STREAM_CHUNK;
    memset(s, 0, sizeof *s);
    s->lane = lane;
    s->event = SAFE_MANIFEST_MORE;
    snprintf(s->key, sizeof s->key, "%s", key);
    if (etag != NULL)
        snprintf(s->etag, sizeof s->etag, "%s", etag);
    enum status status = safe_manifest_reader_init(&s->reader, expected, err);
    if (status != STATUS_OK)
        return status;
    s->chunk = malloc(chunk + 1);
    if (s->chunk == NULL) {
        safe_manifest_reader_release(&s->reader);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a manifest");
    }
    s->open = true;
    s->charged = CHUNKS_HELD * chunk;
    budget_insist_entries(&lane->shared->budget, s->charged);
    return STATUS_OK;
}

void manifest_stream_close(struct manifest_stream *s)
{
    if (!s->open)
        return;
    assert(!s->request_out);
    budget_give_entries(&s->lane->shared->budget, s->charged);
    safe_manifest_reader_release(&s->reader);
    free(s->chunk);
    s->chunk = NULL;
    s->open = false;
}

static void on_range(void *ctx, const struct s3_reply *reply)
{
    struct manifest_stream *s = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    s->lane->in_flight--;
    s->request_out = false;
    if (status == STATUS_OK && s->etag[0] == '\0' &&
        !s3_reply_header(reply, "etag", s->etag, sizeof s->etag))
        status = error_set(&error, STATUS_PROTOCOL, "the manifest came without an ETag");
    if (status == STATUS_OK)
        status = safe_manifest_push(&s->reader, s->chunk, s->chunk_len, &error);
    if (status != STATUS_OK)
        lane_fail(s->lane, "manifest", &error);
}

enum issue manifest_stream_issue(struct manifest_stream *s)
{
    struct error error;
    const uint64_t size = s->reader.expected.size;
    if (!s->open || s->request_out || s->asked == size || s->lane->failed ||
        s->reader.pending.len - s->reader.pending_at >= MANIFEST_STREAM_CHUNK)
        return ISSUE_NOTHING;
    const uint64_t left = size - s->asked;
    s->chunk_len = left < MANIFEST_STREAM_CHUNK ? (size_t)left : MANIFEST_STREAM_CHUNK;
    enum status status =
        s3_get_object(s->lane->shared->destination,
                      &(struct s3_get){
                          .bucket = s->lane->shared->job->selection.destination.bucket,
                          .key = s->key,
                          .if_match = s->etag[0] != '\0' ? s->etag : NULL,
                          .ranged = true,
                          .offset = s->asked,
                          .size = s->chunk_len,
                          .into = s->chunk,
                      },
                      on_range, s, &error);
    if (status == STATUS_OK) {
        s->request_out = true;
        s->asked += s->chunk_len;
    }
    return lane_sent(s->lane, "manifest", status, &error);
}

static void read_next(struct manifest_stream *s)
{
    struct error error;
    s->event = safe_manifest_read(&s->reader, &error);
    if (s->event == SAFE_MANIFEST_FAILED)
        lane_fail(s->lane, NULL, &error);
}

const struct safe_manifest_head *manifest_stream_head(struct manifest_stream *s)
{
    if (s->open && !s->reader.has_head && s->event == SAFE_MANIFEST_MORE && !s->lane->failed)
        read_next(s);
    return s->reader.has_head ? &s->reader.head : NULL;
}

enum feed_state manifest_stream_next(void *ctx, const struct entry **entry)
{
    struct manifest_stream *s = ctx;
    if (manifest_stream_head(s) == NULL)
        return s->lane->failed ? FEED_FAILED : FEED_WAIT;
    if (s->event != SAFE_MANIFEST_END && s->event != SAFE_MANIFEST_FAILED)
        read_next(s);
    switch (s->event) {
    case SAFE_MANIFEST_ENTRY:
        *entry = &s->reader.entry;
        return FEED_ENTRY;
    case SAFE_MANIFEST_END:
        return FEED_END;
    case SAFE_MANIFEST_FAILED:
        return FEED_FAILED;
    case SAFE_MANIFEST_MORE:
    case SAFE_MANIFEST_HEAD:
        break;
    }
    return s->lane->failed ? FEED_FAILED : FEED_WAIT;
}

bool manifest_stream_is_checked(const struct manifest_stream *s)
{
    return s->event == SAFE_MANIFEST_END;
}
