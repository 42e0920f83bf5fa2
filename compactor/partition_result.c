/* SPDX-License-Identifier: MIT */
/* partition_result - what came of a partition, for the report. */
#include <inttypes.h>
#include <string.h>

#include "compactor/partition_private.h"

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

void partition_collect_written(struct partition *p)
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

void partition_collect_other(struct partition *p)
{
    char key[S3_KEY_MAX + 1];
    struct shared *shared = p->lane.shared;
    if (!partition_output_key(p, p->current, key))
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

static uint64_t left_out(const struct partition *p)
{
    return p->census.large.objects + p->census.archived.objects;
}

void partition_finish(struct partition *p)
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
        result_warn(r, "%" PRIu64 " archived %s left out", p->census.archived.objects,
                    p->census.archived.objects == 1 ? "object was" : "objects were");
    r->status = p->census.count == 0 ? PARTITION_EMPTY : PARTITION_UNCHANGED;
    for (unsigned i = 0; i < r->output_count; i++)
        if (r->outputs[i].written)
            r->status = PARTITION_COMPACTED;
        else if (r->outputs[i].decision != DECISION_UNCHANGED && r->status == PARTITION_UNCHANGED)
            r->status = PARTITION_PLANNED;
}
