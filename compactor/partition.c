/* SPDX-License-Identifier: MIT */
/* partition - one date, from listing to outputs: whose turn it is. */
#include "compactor/partition_private.h"

#include <stdlib.h>
#include <string.h>

#include "compactor/leave.h"

enum status partition_new(struct shared *shared, uint64_t index, struct partition_result *result,
                          struct partition **out, struct error *err)
{
    struct partition *p = calloc(1, sizeof *p);
    if (p == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a partition");
    p->lane.shared = shared;
    p->result = result;
    enum status status = selection_get(&shared->job->selection, index, &p->name, err);
    if (status == STATUS_OK) {
        memcpy(result->date, p->name.date, sizeof result->date);
        result->source_prefix = strdup(p->name.source_prefix);
        if (result->source_prefix == NULL)
            status = error_set(err, STATUS_NO_MEMORY, "out of memory for a partition");
    }
    if (status != STATUS_OK) {
        free(p);
        return status;
    }
    entries_init(&p->entries, &shared->budget);
    census_init(&p->census, &(struct census_options){
                                .rule = shared->job->suffix_rule,
                                .shape = &shared->job->shape,
                                .max_source_bytes = shared->job->max_source_bytes,
                                .hash = shared->hash,
                                .prices = shared->job->dry_run ? &shared->job->prices : NULL,
                            });
    sources_init(&p->sources, &shared->job->selection, &p->name);
    *out = p;
    return STATUS_OK;
}

void partition_free(struct partition *p)
{
    if (p == NULL)
        return;
    output_free(p->output);
    entries_release(&p->entries);
    free(p);
}

unsigned partition_in_flight(const struct partition *p)
{
    return p->lane.in_flight;
}

bool partition_is_finished(const struct partition *p)
{
    return p->stage == STAGE_FINISHED;
}

/* ---- listing ---- */

static enum status on_entry(void *ctx, const struct s3_list_entry *listed, struct error *err)
{
    struct partition *p = ctx;
    struct entry entry;
    const enum census_kind kind = census_kind(&p->census, listed);
    if (kind == CENSUS_NOTHING)
        return STATUS_OK;
    enum status status = sources_check_key(&p->sources, listed->key, err);
    if (status != STATUS_OK)
        return status;
    if (kind != CENSUS_SOURCE)
        return census_leave_out(&p->census, kind, listed, p->sources.source, err);
    status = census_entry(&p->census, listed, p->sources.source, &entry, err);
    if (status == STATUS_OK)
        status = census_add(&p->census, &entry, err);
    if (status == STATUS_OK)
        census_price(&p->census, &entry, listed->storage_class);
    if (status != STATUS_OK || p->overflowed)
        return status;
    status = entries_append(&p->entries, &entry, err);
    if (status != STATUS_LIMIT)
        return status;
    p->overflowed = true;
    entries_release(&p->entries);
    return STATUS_OK;
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct partition *p = ctx;
    (void)reply;
    p->lane.in_flight--;
    p->request_out = false;
    if (status != STATUS_OK)
        lane_fail(&p->lane, "source", error);
}

static enum issue issue_page(struct partition *p)
{
    struct error error;
    if (p->request_out)
        return ISSUE_NOTHING;
    enum status status =
        sources_next(&p->sources, p->lane.shared->source, on_entry, on_page, p, &error);
    p->request_out = status == STATUS_OK;
    return lane_sent(&p->lane, "source", status, &error);
}

/* ---- writing ---- */

void partition_start_feed(struct partition *p)
{
    feed_start(&p->feed, &p->lane, &p->census, &p->entries, p->overflowed, &p->name);
}

static enum feed_state next_of_current(void *ctx, const struct entry **entry)
{
    struct partition *p = ctx;
    return feed_next(&p->feed, (int)p->current, entry);
}

static void start_output(struct partition *p)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    const struct existing *existing = &p->existing[p->current];
    if (!partition_output_key(p, p->current, key))
        return;
    partition_start_feed(p);
    enum status status = output_new(
        &(struct output_spec){
            .lane = &p->lane,
            .supply = {next_of_current, p},
            .group = &p->census.groups[p->current],
            .shape = &p->lane.shared->job->shape,
            .key = key,
            .create_only = p->decisions[p->current] == DECISION_CREATE,
            /* With --overwrite nothing was looked at, and there is no ETag. */
            .replaces = existing->etag[0] != '\0' ? existing->etag : NULL,
        },
        &p->output, &error);
    if (status != STATUS_OK)
        lane_fail(&p->lane, NULL, &error);
}

/* ---- moving on without a request ---- */

static void advance_listed(struct partition *p)
{
    struct shared *shared = p->lane.shared;
    shared->objects_listed += p->census.sources;
    shared->bytes_listed += p->census.bytes;
    p->current = 0;
    p->stage = STAGE_LOOKING;
    if (!leave_partition(shared->job, &p->census, p->result))
        return;
    shared->objects_done += p->census.sources;
    shared->bytes_done += p->census.bytes;
    partition_finish(p);
}

static void advance_comparing(struct partition *p)
{
    const struct entry *entry;
    enum feed_state state;
    while ((state = feed_next(&p->feed, -1, &entry)) == FEED_ENTRY)
        census_add_subset(&p->census, entry);
    if (state == FEED_END)
        partition_decide(p);
}

static void advance_joining(struct partition *p)
{
    while (p->current < p->census.count && p->output == NULL && !p->lane.failed) {
        const bool write =
            p->decisions[p->current] != DECISION_UNCHANGED && !p->lane.shared->job->dry_run;
        if (p->decisions[p->current] == DECISION_NOTHING) {
            p->current++;
            p->nothing++;
        } else if (write) {
            start_output(p);
        } else {
            partition_collect_other(p);
        }
    }
    if (p->current == p->census.count)
        partition_finish(p);
}

/* A failed partition is over once its replies are in and its upload is aborted. */
static void advance_failed(struct partition *p)
{
    if (p->lane.in_flight == 0 && (p->output == NULL || output_is_cleaned(p->output)))
        partition_finish(p);
}

static void stop_if_asked(struct partition *p)
{
    struct error error;
    if (!p->lane.shared->stopping || p->lane.failed)
        return;
    error_set(&error, STATUS_CANCELLED, "stopped before it was done");
    lane_fail(&p->lane, NULL, &error);
}

static void advance(struct partition *p)
{
    stop_if_asked(p);
    if (p->output != NULL && output_is_written(p->output) && p->lane.in_flight == 0)
        partition_collect_written(p);
    if (p->stage == STAGE_LISTING && sources_finished(&p->sources) && !p->request_out &&
        !p->lane.failed)
        advance_listed(p);
    if (p->stage == STAGE_LOOKING && !p->lane.failed &&
        (p->current == p->census.count || p->lane.shared->job->overwrite)) {
        if (partition_must_compare(p))
            partition_start_comparing(p);
        else
            partition_decide(p);
    }
    if (p->stage == STAGE_COMPARING && !p->lane.failed)
        advance_comparing(p);
    if (p->stage == STAGE_JOINING && !(p->lane.failed && p->current < p->census.count))
        advance_joining(p);
    if (p->lane.failed && p->stage != STAGE_FINISHED)
        advance_failed(p);
}

enum issue partition_issue_control(struct partition *p)
{
    advance(p);
    if (p->lane.failed)
        return p->output != NULL ? output_issue_control(p->output) : ISSUE_NOTHING;
    switch (p->stage) {
    case STAGE_LISTING:
        return issue_page(p);
    case STAGE_LOOKING:
        return partition_issue_look(p);
    case STAGE_COMPARING:
        return feed_issue(&p->feed);
    case STAGE_JOINING:
        break;
    case STAGE_FINISHED:
        return ISSUE_NOTHING;
    }
    if (p->output == NULL)
        return ISSUE_NOTHING;
    const enum issue issue = feed_issue(&p->feed);
    return issue != ISSUE_NOTHING ? issue : output_issue_control(p->output);
}

enum issue partition_issue_fetch(struct partition *p)
{
    if (p->stage != STAGE_JOINING || p->output == NULL || p->lane.failed)
        return ISSUE_NOTHING;
    return output_issue_fetch(p->output);
}
