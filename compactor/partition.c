/* SPDX-License-Identifier: MIT */
/* partition - one date, from listing to outputs. */
#include "compactor/partition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/census.h"
#include "compactor/entries.h"
#include "compactor/feed.h"
#include "compactor/leave.h"
#include "compactor/output.h"
#include "compactor/record.h"
#include "compactor/sources.h"

enum partition_stage {
    STAGE_LISTING,
    STAGE_LOOKING,   /* HEAD of the output of group `current` */
    STAGE_COMPARING, /* subset digests, by a second pass over the entries */
    STAGE_JOINING,   /* making the output of group `current` */
    STAGE_FINISHED,
};

/* What stands under an output's key. */
struct existing {
    bool exists;
    bool ours;
    struct record record;
    uint64_t size;
    char etag[S3_ETAG_MAX];
    char storage_class[PRICES_NAME_MAX + 1]; /* "" for STANDARD */
};

struct partition {
    struct lane lane;
    struct partition_name name;
    struct partition_result *result;
    enum partition_stage stage;
    bool request_out; /* the one LIST page or HEAD of the first stages */
    struct sources sources;
    struct census census;
    struct entries entries;
    bool overflowed; /* the entries did not fit: list again */
    struct existing existing[GROUPS_MAX];
    enum decision decisions[GROUPS_MAX];
    unsigned current;
    unsigned nothing; /* groups without an output: DECISION_NOTHING */
    struct feed feed;
    struct output *output;
};

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

static const struct s3_uri *destination(const struct partition *p)
{
    return &p->lane.shared->job->selection.destination;
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

/* ---- looking at what is there ---- */

static void on_looked(void *ctx, const struct s3_reply *reply)
{
    struct partition *p = ctx;
    struct existing *existing = &p->existing[p->current];
    struct s3_object_info info;
    struct error error = reply->error;
    enum status status = reply->status;
    p->lane.in_flight--;
    p->request_out = false;
    if (status == STATUS_OK) {
        existing->exists = true;
        existing->ours = record_read(reply, &existing->record);
        status = s3_object_info(reply, &info, &error);
        if (status == STATUS_OK) {
            existing->size = info.size;
            memcpy(existing->etag, info.etag, sizeof existing->etag);
            if (!s3_reply_header(reply, "x-amz-storage-class", existing->storage_class,
                                 sizeof existing->storage_class))
                existing->storage_class[0] = '\0';
        }
    } else if (status == STATUS_NOT_FOUND && strcmp(reply->code, "NoSuchBucket") != 0) {
        status = STATUS_OK;
    }
    if (status != STATUS_OK)
        lane_fail(&p->lane, "destination", &error);
    p->current++;
}

static bool output_key(struct partition *p, unsigned group, char out[S3_KEY_MAX + 1])
{
    struct error error;
    if (naming_output_key(p->name.destination_dir, p->census.groups[group].suffix, out, &error) ==
        STATUS_OK)
        return true;
    lane_fail(&p->lane, NULL, &error);
    return false;
}

static enum issue issue_look(struct partition *p)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    if (p->request_out || !output_key(p, p->current, key))
        return ISSUE_NOTHING;
    enum status status = s3_head_object(p->lane.shared->destination, destination(p)->bucket, key,
                                        on_looked, p, &error);
    p->request_out = status == STATUS_OK;
    return lane_sent(&p->lane, "destination", status, &error);
}

/* ---- deciding ---- */

static void start_feed(struct partition *p)
{
    feed_start(&p->feed, &p->lane, &p->census, &p->entries, p->overflowed, &p->name);
}

/* Whether any output is ours and made of other sources, so that the subset digest is needed. */
static bool must_compare(const struct partition *p)
{
    for (unsigned i = 0; i < p->census.count; i++) {
        const struct existing *e = &p->existing[i];
        if (e->exists && e->ours &&
            !digest_equal(&e->record.digest, &p->census.groups[i].record.digest))
            return true;
    }
    return false;
}

static void start_comparing(struct partition *p)
{
    for (unsigned i = 0; i < p->census.count; i++) {
        p->census.groups[i].subset = (struct digest){0};
        p->census.groups[i].subset_newest_unix_s = p->existing[i].record.newest_unix_s;
    }
    start_feed(p);
    p->stage = STAGE_COMPARING;
}

static void refuse(struct partition *p, unsigned group, enum decision decision)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    if (!output_key(p, group, key))
        return;
    const struct existing *e = &p->existing[group];
    const struct record *now = &p->census.groups[group].record;
    if (decision == DECISION_REFUSE_LESS)
        error_set(&error, STATUS_PRECONDITION,
                  "s3://%s/%s %s (it holds %" PRIu64 " sources, %" PRIu64
                  " are listed now%s); it stays as it is, --overwrite replaces it",
                  destination(p)->bucket, key, decision_reason(decision), e->record.sources,
                  now->sources,
                  p->lane.shared->job->selection.source_count > 1 ? ", in the order of SRC" : "");
    else
        error_set(&error, STATUS_PRECONDITION,
                  "s3://%s/%s %s; it stays as it is, --overwrite replaces it",
                  destination(p)->bucket, key, decision_reason(decision));
    lane_fail(&p->lane, NULL, &error);
}

/* An output that was made while its sources could still be read stands for them. */
static bool holds_archived_too(const struct existing *e, const struct group *g)
{
    struct digest all = g->record.digest;
    digest_sum(&all, &g->archived_digest);
    return e->exists && e->ours && digest_equal(&e->record.digest, &all) &&
           e->record.sources == g->record.sources + g->archived.objects;
}

/* With --overwrite nothing was looked at, and everything is written. */
static enum decision decide_one(const struct partition *p, unsigned group)
{
    const struct existing *e = &p->existing[group];
    const struct group *g = &p->census.groups[group];
    if (g->archived.objects > 0 && holds_archived_too(e, g))
        return DECISION_UNCHANGED;
    if (g->record.sources == 0)
        return DECISION_NOTHING;
    if (p->lane.shared->job->overwrite)
        return DECISION_REPLACE;
    return decision_make(&(struct decision_input){
        .listed = &g->record,
        .exists = e->exists,
        .ours = e->ours,
        .existing = &e->record,
        .subset = &g->subset,
    });
}

static void refuse_archived(struct partition *p)
{
    const struct census *c = &p->census;
    struct error error;
    error_set(&error, STATUS_PRECONDITION,
              "%" PRIu64 " of its objects are archived and cannot be read, such as \"%s\" (%s); "
              "restore them first, or leave them out with --skip-archived",
              c->archived.objects, c->archived_key, c->archived_class);
    lane_fail(&p->lane, "source", &error);
}

/* All outputs are decided before the first is written: a partition is refused whole. */
static void decide(struct partition *p)
{
    struct error error;
    for (unsigned i = 0; i < p->census.count && !p->lane.failed; i++) {
        p->decisions[i] = decide_one(p, i);
        if (p->census.groups[i].archived.objects > 0 && !p->lane.shared->job->skip_archived &&
            p->decisions[i] != DECISION_UNCHANGED)
            refuse_archived(p);
        else if (decision_refuses(p->decisions[i]))
            refuse(p, i, p->decisions[i]);
        else if (shape_check(&p->lane.shared->job->shape, p->census.groups[i].suffix, &error) !=
                 STATUS_OK)
            lane_fail(&p->lane, NULL, &error);
    }
    p->current = 0;
    p->stage = STAGE_JOINING;
}

/* ---- outcomes ---- */

/* The requests that the output takes: a copied source is asked for, and its edges are read. */
static void count_requests(const struct partition *p, const struct group *g,
                           struct cost_requests *out)
{
    const struct shared *shared = p->lane.shared;
    const bool copies = shared->job->copy && shared->source == shared->destination &&
                        group_copies(g, &shared->job->shape);
    const struct plan *plan = copies ? &g->copying : &g->plan;
    const bool text = shape_newline(&shared->job->shape, g->suffix) == NEWLINE_COUNTED;
    cost_requests_of_plan(out, plan->pieces, plan->copies, plan->parts);
    out->heads += plan->copies;
    out->gets += copies ? plan->copies * (text ? 2 : 1) + 1 : 0; /* and the first source's type */
}

static struct result_output *add_output(struct partition *p, unsigned group, const char *key)
{
    const struct group *g = &p->census.groups[group];
    struct result_output *r = result_add_output(p->result, key);
    if (r == NULL) {
        struct error error;
        error_set(&error, STATUS_NO_MEMORY, "out of memory for the results");
        lane_fail(&p->lane, NULL, &error);
        return NULL;
    }
    r->decision = p->decisions[group];
    r->sources = g->record.sources;
    r->source_bytes = g->record.bytes;
    r->bytes = g->record.bytes;
    r->gets = g->plan.pieces;
    r->parts = g->plan.parts;
    return r;
}

static void collect_written(struct partition *p)
{
    struct output_facts facts;
    output_facts(p->output, &facts);
    result_warn_output(p->result, &facts, p->census.groups[p->current].record.sources);
    struct result_output *r = add_output(p, p->current, facts.key);
    if (r != NULL) {
        r->written = true;
        r->bytes = facts.bytes;
        memcpy(r->etag, facts.etag, sizeof r->etag);
        memcpy(r->sha256, facts.sha256, sizeof r->sha256);
        r->headers_dropped = facts.headers_dropped;
        r->copied_sources = facts.copied_sources;
        r->copied_bytes = facts.copied_bytes;
        r->verified = facts.verified;
    }
    output_free(p->output);
    p->output = NULL;
    p->current++;
}

/* What it takes to make the current output, and what is stored before and after. */
static void note_cost(struct partition *p)
{
    const struct job *job = p->lane.shared->job;
    const struct existing *e = &p->existing[p->current];
    struct group *g = &p->census.groups[p->current];
    struct cost_facts *cost = &p->lane.shared->cost;
    cost_stock_merge(&cost->sources, &g->stock);
    if (e->exists)
        cost_stock_add(&cost->existing, &job->prices, e->storage_class, e->size);
    if (p->decisions[p->current] == DECISION_UNCHANGED) {
        cost_stock_add(&cost->outputs, &job->prices, e->storage_class, e->size);
        return;
    }
    const char *class_name = job->keeping.storage_class != NULL ? job->keeping.storage_class : "";
    cost_stock_add(&cost->outputs, &job->prices, class_name, g->record.bytes);
    cost_stock_merge(&cost->fetched, &g->stock);
    count_requests(p, g, &cost->requests);
    if (p->overflowed) /* it is listed again as it is read */
        cost->requests.lists += p->sources.pages;
}

/* An output that needs no writing: unchanged, or only planned. */
static void collect_other(struct partition *p)
{
    char key[S3_KEY_MAX + 1];
    struct shared *shared = p->lane.shared;
    if (!output_key(p, p->current, key))
        return;
    struct result_output *r = add_output(p, p->current, key);
    if (r != NULL && p->decisions[p->current] == DECISION_UNCHANGED) {
        r->bytes = p->existing[p->current].size;
        memcpy(r->etag, p->existing[p->current].etag, sizeof r->etag);
    }
    if (shared->job->dry_run)
        note_cost(p);
    shared->objects_done += p->census.groups[p->current].record.sources;
    shared->bytes_done += p->census.groups[p->current].record.bytes;
    p->current++;
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
    if (!output_key(p, p->current, key))
        return;
    start_feed(p);
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

static uint64_t left_out(const struct partition *p)
{
    return p->census.large.objects + p->census.archived.objects;
}

static void finish(struct partition *p)
{
    struct partition_result *r = p->result;
    r->sources = p->census.sources;
    r->source_bytes = p->census.bytes;
    r->large = p->census.large;
    r->archived = p->census.archived;
    p->stage = STAGE_FINISHED;
    const bool all_made = p->census.count > 0 && p->current == p->census.count &&
                          r->output_count + p->nothing == p->census.count;
    if (p->lane.failed && !all_made) {
        result_fail(r, &p->lane.error);
        return;
    }
    if (r->status == PARTITION_SKIPPED)
        return;
    if (r->output_count == 0 && left_out(p) > 0) {
        result_skip(r,
                    "%" PRIu64 " objects are archived or above --max-source-size, and there "
                    "are no others",
                    left_out(p));
        return;
    }
    if (p->census.archived.objects > 0 && p->lane.shared->job->skip_archived)
        result_warn(r, "%" PRIu64 " archived objects were left out", p->census.archived.objects);
    r->status = p->census.count == 0 ? PARTITION_EMPTY : PARTITION_UNCHANGED;
    for (unsigned i = 0; i < r->output_count; i++)
        if (r->outputs[i].written)
            r->status = PARTITION_COMPACTED;
        else if (r->outputs[i].decision != DECISION_UNCHANGED && r->status == PARTITION_UNCHANGED)
            r->status = PARTITION_PLANNED;
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
    finish(p);
}

static void advance_comparing(struct partition *p)
{
    const struct entry *entry;
    enum feed_state state;
    while ((state = feed_next(&p->feed, -1, &entry)) == FEED_ENTRY)
        census_add_subset(&p->census, entry);
    if (state == FEED_END)
        decide(p);
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
            collect_other(p);
        }
    }
    if (p->current == p->census.count)
        finish(p);
}

/* A failed partition is over once its replies are in and its upload is aborted. */
static void advance_failed(struct partition *p)
{
    if (p->lane.in_flight == 0 && (p->output == NULL || output_is_cleaned(p->output)))
        finish(p);
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
        collect_written(p);
    if (p->stage == STAGE_LISTING && sources_finished(&p->sources) && !p->request_out &&
        !p->lane.failed)
        advance_listed(p);
    if (p->stage == STAGE_LOOKING && !p->lane.failed &&
        (p->current == p->census.count || p->lane.shared->job->overwrite)) {
        if (must_compare(p))
            start_comparing(p);
        else
            decide(p);
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
        return issue_look(p);
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
