/* SPDX-License-Identifier: MIT */
/* safe_group - segments held against manifests, cut into groups, and their manifests written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compactor/safe/guard.h"
#include "compactor/safe/layout.h"
#include "compactor/safe/safe_private.h"

void safe_start_segments(struct safe *s)
{
    struct error error;
    segment_release(&s->segment);
    if (segment_init(&s->segment, &s->entries, &error) != STATUS_OK)
        lane_fail(&s->lane, NULL, &error);
    s->known = s->log.count;
    s->group = 0;
    s->stage = SAFE_FILL;
}

/* ---- marking ---- */

static enum status open_manifest(struct safe *s, const struct generation *g, struct error *err)
{
    s->expected = place_expects(&s->place, g->number, g->manifest_size);
    enum status status =
        layout_record(s->place.log, g->number, RECORD_MANIFEST_NAME, s->stream_key, err);
    if (status == STATUS_OK)
        status = manifest_stream_open(&s->stream, &s->lane, s->stream_key, &s->expected, NULL, err);
    if (status == STATUS_OK)
        segment_merge_init(&s->merge, &s->segment);
    return status;
}

/* Whether the manifest can name anything of the segment. */
static bool overlaps(const struct safe *s, const struct safe_manifest_head *head)
{
    return s->merge.has_entry && strcmp(head->first, s->segment.last) <= 0 &&
           strcmp(head->last, s->merge.pass.entry.key) >= 0;
}

/* Reads what has arrived; true when nothing more of this manifest matters. */
static bool merge_manifest(struct safe *s)
{
    const struct entry *named;
    enum feed_state state = FEED_END;
    const struct safe_manifest_head *head = manifest_stream_head(&s->stream);
    if (head == NULL)
        return false;
    while (overlaps(s, head) && (state = manifest_stream_next(&s->stream, &named)) == FEED_ENTRY)
        s->rewritten += segment_merge_meet(&s->merge, &s->segment, named);
    return !overlaps(s, head) || state == FEED_END;
}

static void fail_changed(struct safe *s)
{
    struct error error;
    error_set(&error, STATUS_PRECONDITION,
              "%" PRIu64
              " source%s changed after %s compacted, \"%s\" for one; --changed new takes "
              "what is there now as new",
              s->changed, s->changed == 1 ? "" : "s", s->changed == 1 ? "it was" : "they were",
              s->changed_key);
    lane_fail(&s->lane, NULL, &error);
}

static void fail_archived(struct safe *s, const char *key)
{
    struct error error;
    error_set(&error, STATUS_PRECONDITION,
              "\"%s\" is archived and cannot be read; restore it first, or leave what is archived "
              "out with --skip-archived",
              key);
    lane_fail(&s->lane, "source", &error);
}

static void finish_marks(struct safe *s)
{
    struct segment_pass pass;
    const struct job *job = s->lane.shared->job;
    segment_pass_init(&pass, &s->segment);
    while (segment_pass_next(&pass) && !s->lane.failed) {
        const enum segment_mark mark = segment_mark_of(&s->segment, pass.index);
        if (mark != SEGMENT_NAMED && pass.entry.source == SAFE_ARCHIVED && !job->skip_archived)
            fail_archived(s, pass.entry.key);
        if (mark == SEGMENT_CHANGED && s->changed++ == 0)
            memcpy(s->changed_key, pass.entry.key, sizeof s->changed_key);
    }
    s->group = 0;
    s->stage = SAFE_CUT;
    if (s->changed > 0 && !job->safe.changed_new)
        fail_changed(s);
}

enum issue safe_mark(struct safe *s)
{
    struct error error;
    for (;;) {
        if (s->stream.open) {
            const bool over = merge_manifest(s);
            if (s->lane.failed)
                return ISSUE_NOTHING;
            if (!over)
                return manifest_stream_issue(&s->stream);
            if (s->stream.request_out)
                return ISSUE_NOTHING; /* a range read ahead, which nobody wants any more */
            manifest_stream_close(&s->stream);
            s->marked++;
        }
        while (s->marked < s->known &&
               !generation_holds_sources(generation_state(&s->log.items[s->marked])))
            s->marked++;
        if (s->marked == s->known) {
            finish_marks(s);
            return ISSUE_NOTHING;
        }
        if (open_manifest(s, &s->log.items[s->marked], &error) != STATUS_OK) {
            lane_fail(&s->lane, NULL, &error);
            return ISSUE_NOTHING;
        }
    }
}

/* ---- cutting ---- */

static bool is_wanted(const struct safe *s, const struct segment_pass *pass)
{
    const enum segment_mark mark = segment_mark_of(&s->segment, pass->index);
    return pass->entry.group == s->group && pass->entry.source != SAFE_ARCHIVED &&
           (mark == SEGMENT_NEW || mark == SEGMENT_CHANGED);
}

static void choose(struct safe *s)
{
    struct segment_pass pass;
    struct cut_limits limits = cut_limits_default;
    limits.target_bytes = s->lane.shared->job->safe.target_bytes;
    cut_init(&s->cut, &limits);
    segment_pass_init(&pass, &s->segment);
    while (segment_pass_next(&pass)) {
        if (is_wanted(s, &pass) && !cut_add(&s->cut, s->lane.shared->hash, &pass.entry,
                                            safe_manifest_line_bound(&pass.entry)))
            break;
    }
}

/* Goes through the chosen sources again; `text` NULL only marks them. */
static enum status take_chosen(struct safe *s, struct buf *text, struct error *err)
{
    struct segment_pass pass;
    uint64_t left = s->cut.sources;
    enum status status = STATUS_OK;
    segment_pass_init(&pass, &s->segment);
    while (left > 0 && status == STATUS_OK && segment_pass_next(&pass)) {
        if (!is_wanted(s, &pass))
            continue;
        left--;
        segment_mark(&s->segment, pass.index, SEGMENT_TAKEN);
        if (text != NULL)
            status = safe_manifest_append(text, &pass.entry, err);
    }
    return status;
}

static enum status plan_output(struct safe *s, struct error *err)
{
    char key[S3_KEY_MAX + 1];
    const struct generation planned = {.number = s->log.count + 1, .marks = MARK_MANIFEST};
    enum status status = layout_output(s->place.name.destination_dir, planned.number,
                                       s->census.groups[s->group].suffix, key, err);
    struct result_output *r = status == STATUS_OK ? result_add_output(s->result, key) : NULL;
    if (status == STATUS_OK && r == NULL)
        status = error_set(err, STATUS_NO_MEMORY, "out of memory for the results");
    if (status == STATUS_OK)
        status = take_chosen(s, NULL, err);
    if (status != STATUS_OK)
        return status;
    r->decision = DECISION_CREATE;
    r->generation = planned.number;
    r->sources = s->cut.sources;
    r->source_bytes = s->cut.bytes;
    r->bytes = s->cut.bytes;
    r->gets = s->cut.plan.pieces;
    r->parts = s->cut.plan.parts;
    s->taken += s->cut.sources;
    return generations_append(&s->log, &planned, err);
}

void safe_cut(struct safe *s)
{
    struct error error;
    enum status status = STATUS_OK;
    for (s->cut.sources = 0; s->group < s->census.count; s->group++) {
        choose(s);
        if (s->cut.sources > 0)
            break;
    }
    if (status == STATUS_OK && s->cut.sources == 0) {
        segment_advance(&s->segment);
        s->stage = SAFE_FILL;
        return;
    }
    if (status == STATUS_OK)
        status =
            shape_check(&s->lane.shared->job->shape, s->census.groups[s->group].suffix, &error);
    if (status == STATUS_OK && !s->plain_checked) {
        s->stage = SAFE_PLAIN;
        return;
    }
    if (status == STATUS_OK && s->lane.shared->job->dry_run)
        status = plan_output(s, &error);
    else if (status == STATUS_OK)
        s->stage = SAFE_WRITE;
    if (status != STATUS_OK)
        lane_fail(&s->lane, NULL, &error);
}

/* ---- the manifest ---- */

static void drop_manifest(struct safe *s)
{
    buf_release(&s->manifest);
    if (s->manifest_charged > 0)
        budget_give_part(&s->lane.shared->budget, s->manifest_charged);
    s->manifest_charged = 0;
}

/* With the guard down only: goes on as if nothing had happened, after what somebody else wrote. */
static void keep_listing(struct safe *s)
{
    struct error error;
    const struct generation theirs = {.number = s->log.count + 1, .marks = MARK_MANIFEST};
    for (uint64_t i = 0; i < s->segment.count; i++)
        if (segment_mark_of(&s->segment, i) == SEGMENT_TAKEN)
            segment_mark(&s->segment, i, SEGMENT_NEW);
    if (generations_append(&s->log, &theirs, &error) != STATUS_OK)
        lane_fail(&s->lane, NULL, &error);
    s->stage = SAFE_CUT;
}

static void on_manifest(void *ctx, const struct s3_reply *reply)
{
    struct safe *s = ctx;
    struct error error;
    const struct generation ours = {
        .number = s->log.count + 1, .marks = MARK_MANIFEST, .manifest_size = s->manifest_size};
    s->lane.in_flight--;
    s->request_out = false;
    drop_manifest(s);
    if (reply->status == STATUS_OK) {
        if (generations_append(&s->log, &ours, &error) != STATUS_OK)
            lane_fail(&s->lane, NULL, &error);
        s->stage = SAFE_BUILD;
        return;
    }
    const bool lost = reply->http_status == 0 || reply->http_status >= 500;
    if (!lost && reply->status != STATUS_PRECONDITION && reply->http_status != 409) {
        lane_fail(&s->lane, "destination", &reply->error);
        return;
    }
    /* Somebody else's, or our own first attempt: the log tells. */
    if (guard_up(GUARD_DROP_LISTING))
        safe_start_round(s);
    else
        keep_listing(s);
}

static enum status build_manifest(struct safe *s, struct error *err)
{
    char digest[SHA256_HEX_SIZE];
    struct shared *shared = s->lane.shared;
    const char *suffix = s->census.groups[s->group].suffix;
    struct safe_manifest_head head = {
        .generation = s->log.count + 1,
        .shape = shared->job->shape,
        .sources = s->cut.sources,
        .nonempty = s->cut.nonempty,
        .bytes = s->cut.bytes,
        .newest_unix_s = s->cut.newest_unix_s,
        .digest = s->cut.digest,
    };
    memcpy(head.token, shared->token, sizeof head.token);
    memcpy(head.partition, s->place.partition, sizeof head.partition);
    memcpy(head.source, s->place.source, sizeof head.source);
    memcpy(head.suffix, suffix, sizeof head.suffix);
    memcpy(head.first, s->cut.first, sizeof head.first);
    memcpy(head.last, s->cut.last, sizeof head.last);
    if (head.generation > LAYOUT_GENERATIONS)
        return error_set(err, STATUS_LIMIT, "the partition has %d generations; it can have no more",
                         LAYOUT_GENERATIONS);
    enum status status =
        layout_output(s->place.name.destination_dir, head.generation, suffix, head.output, err);
    buf_init(&s->manifest, s->manifest_charged);
    if (status == STATUS_OK && buf_reserve(&s->manifest, s->manifest_charged) == NULL)
        status = buf_status(&s->manifest, "a manifest", err);
    if (status == STATUS_OK)
        status = take_chosen(s, &s->manifest, err);
    return status == STATUS_OK ? safe_manifest_finish(&head, &s->manifest, digest, err) : status;
}

static enum issue put_manifest(struct safe *s)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    enum status status = build_manifest(s, &error);
    if (status == STATUS_OK)
        status = layout_record(s->place.log, s->log.count + 1, RECORD_MANIFEST_NAME, key, &error);
    s->manifest_size = s->manifest.len;
    if (status == STATUS_OK)
        status = s3_put_object(s->lane.shared->destination,
                               &(struct s3_write){.bucket = s->place.bucket,
                                                  .key = key,
                                                  .content_type = "application/x-ndjson",
                                                  .keeping = &s->place.keeping,
                                                  .create_only = guard_up(GUARD_MANIFEST_CREATE)},
                               s->manifest.data, s->manifest.len, NULL, on_manifest, s, &error);
    if (status != STATUS_OK)
        drop_manifest(s);
    s->request_out = status == STATUS_OK;
    return lane_sent(&s->lane, "destination", status, &error);
}

enum issue safe_write(struct safe *s)
{
    if (s->request_out)
        return ISSUE_NOTHING;
    const size_t size = (size_t)s->cut.manifest_bytes + SAFE_MANIFEST_LINE_MAX;
    if (!budget_take_part(&s->lane.shared->budget, size))
        return ISSUE_BLOCKED;
    s->manifest_charged = size;
    s->taken += s->cut.sources;
    return put_manifest(s);
}
