/* SPDX-License-Identifier: MIT */
/* partition_decide - what stands under the outputs' keys, and what is to be done about it. */
#include <inttypes.h>
#include <string.h>

#include "compactor/partition_private.h"

static const struct s3_uri *destination(const struct partition *p)
{
    return &p->lane.shared->job->selection.destination;
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

bool partition_output_key(struct partition *p, unsigned group, char out[S3_KEY_MAX + 1])
{
    struct error error;
    if (naming_output_key(p->name.destination_dir, p->census.groups[group].suffix, out, &error) ==
        STATUS_OK)
        return true;
    lane_fail(&p->lane, NULL, &error);
    return false;
}

enum issue partition_issue_look(struct partition *p)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    if (p->request_out || !partition_output_key(p, p->current, key))
        return ISSUE_NOTHING;
    enum status status = s3_head_object(p->lane.shared->destination, destination(p)->bucket, key,
                                        on_looked, p, &error);
    p->request_out = status == STATUS_OK;
    return lane_sent(&p->lane, "destination", status, &error);
}

/* ---- deciding ---- */

bool partition_must_compare(const struct partition *p)
{
    for (unsigned i = 0; i < p->census.count; i++) {
        const struct existing *e = &p->existing[i];
        if (e->exists && e->ours &&
            !digest_equal(&e->record.digest, &p->census.groups[i].record.digest))
            return true;
    }
    return false;
}

void partition_start_comparing(struct partition *p)
{
    for (unsigned i = 0; i < p->census.count; i++) {
        p->census.groups[i].subset = (struct digest){0};
        p->census.groups[i].subset_newest_unix_s = p->existing[i].record.newest_unix_s;
    }
    partition_start_feed(p);
    p->stage = STAGE_COMPARING;
}

static void refuse(struct partition *p, unsigned group, enum decision decision)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    if (!partition_output_key(p, group, key))
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
              "%" PRIu64 " of its objects %s archived and cannot be read, such as \"%s\" (%s); "
              "restore them first, or leave them out with --skip-archived",
              c->archived.objects, c->archived.objects == 1 ? "is" : "are", c->archived_key,
              c->archived_class);
    lane_fail(&p->lane, "source", &error);
}

void partition_decide(struct partition *p)
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
