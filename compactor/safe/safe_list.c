/* SPDX-License-Identifier: MIT */
/* safe_list - the listings of a partition. */
#include <string.h>

#include "compactor/leave.h"
#include "compactor/safe/layout.h"
#include "compactor/safe/safe_private.h"

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct safe *s = ctx;
    (void)reply;
    s->lane.in_flight--;
    s->request_out = false;
    if (status != STATUS_OK)
        lane_fail(&s->lane,
                  s->stage == SAFE_SOURCES || s->stage == SAFE_FILL ? "source" : "destination",
                  error);
}

static enum issue next_page(struct safe *s, struct s3_client *client, s3_entry_fn *on_entry,
                            const char *side)
{
    struct error error;
    if (s->request_out)
        return ISSUE_NOTHING;
    enum status status = s3_lister_next(&s->lister, client, on_entry, on_page, s, &error);
    s->request_out = status == STATUS_OK;
    return lane_sent(&s->lane, side, status, &error);
}

/* ---- the log ---- */

static enum status on_record(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct safe *s = ctx;
    return generations_add(&s->log, listed->key + strlen(s->place.log), listed->size, err);
}

enum issue safe_list_log(struct safe *s)
{
    struct error error;
    if (!s->lister.finished || s->request_out)
        return next_page(s, s->lane.shared->destination, on_record, "destination");
    if (generations_check(&s->log, &error) != STATUS_OK) {
        lane_fail(&s->lane, s->place.log, &error);
        return ISSUE_NOTHING;
    }
    s->driven = 0;
    s->stage = SAFE_DRIVE;
    return ISSUE_NOTHING;
}

/* ---- the sources ---- */

/* Where the entries are more than memory allows they are dropped, and listed again piece by piece
 * in SAFE_FILL. */
static enum status keep(struct safe *s, const struct entry *entry, struct error *err)
{
    enum status status = entries_append(&s->entries, entry, err);
    if (status != STATUS_LIMIT)
        return status;
    s->overflowed = true;
    entries_release(&s->entries);
    return STATUS_OK;
}

/* An archived object counts only where no generation has it: it may have been compacted before it
 * was archived. The entry's source, of which there is but one here, says that it is. */
static enum status on_source(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct safe *s = ctx;
    struct entry entry;
    const enum census_kind kind = census_kind(&s->census, listed);
    if (kind == CENSUS_NOTHING)
        return STATUS_OK;
    enum status status = selection_check_key(&s->lane.shared->job->selection, &s->place.name,
                                             s->lister.prefix, listed->key, err);
    if (status == STATUS_OK && kind == CENSUS_LARGE)
        return census_leave_out(&s->census, kind, listed, 0, err);
    if (status == STATUS_OK)
        status = census_entry(&s->census, listed, kind == CENSUS_ARCHIVED ? SAFE_ARCHIVED : 0,
                              &entry, err);
    if (status != STATUS_OK)
        return status;
    if (s->stage == SAFE_FILL)
        return entries_append(&s->entries, &entry, err);
    s->sources++;
    s->bytes += entry.size;
    if (entry.last_modified_unix_s > s->newest_unix_s)
        s->newest_unix_s = entry.last_modified_unix_s;
    digest_add(&s->digest, s->lane.shared->hash, entry.key, entry.size, entry.etag);
    return s->overflowed ? STATUS_OK : keep(s, &entry, err);
}

static void rewind_sources(struct safe *s)
{
    s3_lister_init(&s->lister,
                   &(struct s3_list){.bucket = s->lane.shared->job->selection.sources[0].bucket,
                                     .prefix = s->place.name.source_prefix});
}

void safe_start_sources(struct safe *s)
{
    const struct job *job = s->lane.shared->job;
    entries_release(&s->entries);
    entries_init(&s->entries, &s->lane.shared->budget);
    census_init(&s->census, &(struct census_options){.rule = job->suffix_rule,
                                                     .shape = &job->shape,
                                                     .max_source_bytes = job->max_source_bytes,
                                                     .hash = s->lane.shared->hash});
    s->overflowed = false;
    s->sources = 0;
    s->bytes = 0;
    s->newest_unix_s = INT64_MIN;
    s->digest = (struct digest){0};
    rewind_sources(s);
    s->stage = SAFE_SOURCES;
}

/* Nothing to do: no sources at all, or just those that the generations with kept sources name. */
static bool is_unchanged(const struct safe *s)
{
    const struct digest kept = generations_digest(&s->log);
    return s->sources == 0 || digest_equal(&s->digest, &kept);
}

enum issue safe_list_sources(struct safe *s)
{
    if (!s->lister.finished || s->request_out)
        return next_page(s, s->lane.shared->source, on_source, "source");
    s->lane.shared->objects_listed += s->sources;
    s->lane.shared->bytes_listed += s->bytes;
    s->census.sources = s->sources;
    s->census.newest_unix_s = s->newest_unix_s;
    if (is_unchanged(s) || leave_partition(s->lane.shared->job, &s->census, s->result)) {
        s->stage = SAFE_FINISHED;
        return ISSUE_NOTHING;
    }
    if (s->overflowed) {
        s->entries.insist = true; /* never more than a segment and a page */
        rewind_sources(s);
    }
    safe_start_segments(s);
    return ISSUE_NOTHING;
}

enum issue safe_fill(struct safe *s)
{
    if (segment_waiting(&s->segment) < SEGMENT_SOURCES && (!s->lister.finished || s->request_out))
        return next_page(s, s->lane.shared->source, on_source, "source");
    segment_begin(&s->segment);
    s->marked = 0;
    s->changed = 0;
    s->stage = s->segment.count == 0 ? SAFE_FINISHED : SAFE_MARK;
    return ISSUE_NOTHING;
}

/* ---- outputs of plain mode ---- */

static enum status on_output(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct safe *s = ctx;
    (void)err;
    if (s->plain_found || !layout_is_plain_output(s->place.name.destination_dir, listed->key))
        return STATUS_OK;
    s->plain_found = true;
    memcpy(s->plain_key, listed->key, listed->key_len + 1);
    return STATUS_OK;
}

/* The listing of the sources may still be needed, so this one has a lister of its own. */
enum issue safe_list_plain(struct safe *s)
{
    struct error error;
    if (!s->plain_lister.finished || s->request_out) {
        if (s->request_out)
            return ISSUE_NOTHING;
        enum status status = s3_lister_next(&s->plain_lister, s->lane.shared->destination,
                                            on_output, on_page, s, &error);
        s->request_out = status == STATUS_OK;
        return lane_sent(&s->lane, "destination", status, &error);
    }
    s->plain_checked = true;
    s->stage = SAFE_CUT;
    if (s->plain_found) {
        error_set(&error, STATUS_PRECONDITION,
                  "s3://%s/%s is an output of plain mode, and --manifest would join its sources a "
                  "second time; move it away, or use another destination",
                  s->place.bucket, s->plain_key);
        lane_fail(&s->lane, NULL, &error);
    }
    return ISSUE_NOTHING;
}
