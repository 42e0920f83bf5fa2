/* SPDX-License-Identifier: MIT */
/* feed - entries from memory or from a second listing. */
#include "compactor/feed.h"

#include <string.h>

void feed_start(struct feed *f, struct lane *lane, struct census *census, struct entries *entries,
                bool listing_again, const struct partition_name *name)
{
    memset(f, 0, sizeof *f);
    f->lane = lane;
    f->census = census;
    f->entries = entries;
    f->listing_again = listing_again;
    entries_reader_init(&f->reader, entries, listing_again);
    if (listing_again) {
        entries_release(entries);
        entries->insist = true; /* never more than two pages */
        sources_init(&f->sources_listed, &lane->shared->job->selection, name);
    }
}

static enum status on_entry(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct feed *f = ctx;
    if (census_kind(f->census, listed) != CENSUS_SOURCE)
        return STATUS_OK;
    struct entry entry;
    const unsigned groups = f->census->count;
    enum status status = census_entry(f->census, listed, f->sources_listed.source, &entry, err);
    if (status != STATUS_OK)
        return status;
    if (f->census->count != groups)
        return error_set(err, STATUS_PRECONDITION,
                         "the sources changed while they were listed (\"%s\" is new); run again",
                         entry.key);
    f->sources++;
    digest_add_nth(&f->digest, f->census->options.hash, entry.source, entry.key, entry.size,
                   entry.etag);
    return entries_append(f->entries, &entry, err);
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct feed *f = ctx;
    (void)reply;
    f->lane->in_flight--;
    f->page_in_flight = false;
    if (status != STATUS_OK)
        lane_fail(f->lane, "source", error);
}

enum issue feed_issue(struct feed *f)
{
    if (!f->listing_again || f->page_in_flight || sources_finished(&f->sources_listed) ||
        f->lane->failed)
        return ISSUE_NOTHING;
    /* One page ahead of the reader, and no more, keeps memory small and the requests busy. */
    if (f->sources - f->reader.read > 1000)
        return ISSUE_NOTHING;
    struct error error;
    enum status status =
        sources_next(&f->sources_listed, f->lane->shared->source, on_entry, on_page, f, &error);
    f->page_in_flight = status == STATUS_OK;
    return lane_sent(f->lane, "source", status, &error);
}

static bool listing_agrees(const struct feed *f)
{
    struct digest all = {0};
    for (unsigned i = 0; i < f->census->count; i++)
        for (int lane = 0; lane < 4; lane++)
            all.lane[lane] += f->census->groups[i].record.digest.lane[lane];
    return f->sources == f->census->sources && digest_equal(&all, &f->digest);
}

enum feed_state feed_next(struct feed *f, int group, const struct entry **entry)
{
    while (entries_read(&f->reader, &f->entry)) {
        if (group >= 0 && f->entry.group != (unsigned)group)
            continue;
        *entry = &f->entry;
        return FEED_ENTRY;
    }
    if (!f->listing_again)
        return FEED_END;
    if (f->lane->failed)
        return FEED_FAILED;
    if (!sources_finished(&f->sources_listed) || f->page_in_flight)
        return FEED_WAIT;
    if (listing_agrees(f))
        return FEED_END;
    struct error error;
    error_set(&error, STATUS_PRECONDITION,
              "the sources changed between two listings of the partition; run again");
    lane_fail(f->lane, NULL, &error);
    return FEED_FAILED;
}
