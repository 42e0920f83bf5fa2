/* SPDX-License-Identifier: MIT */
/* safe - the stages of a partition of the crash-safe mode. */
#include "compactor/safe/safe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/safe/layout.h"
#include "compactor/safe/safe_private.h"

#define ROUNDS_MAX    16 /* times a run goes back to step 0 */
#define ABANDONED_MAX 3  /* generations of its own that a run gives up */

static enum status init_names(struct safe *s, const struct partition_name *name, struct error *err)
{
    char outputs[S3_KEY_MAX + 1];
    struct partition_result *r = s->result;
    memcpy(r->date, name->date, sizeof r->date);
    r->source_prefix = strdup(name->source_prefix);
    if (r->source_prefix == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a partition");
    enum status status = place_init(&s->place, s->lane.shared->job, name, err);
    if (status == STATUS_OK)
        status = layout_outputs(name->destination_dir, outputs, err);
    if (status == STATUS_OK)
        s3_lister_init(&s->plain_lister,
                       &(struct s3_list){.bucket = s->place.bucket, .prefix = outputs});
    return status;
}

enum status safe_new(struct shared *shared, uint64_t index, struct partition_result *result,
                     struct safe **out, struct error *err)
{
    struct partition_name name;
    const struct job *job = shared->job;
    enum status status = selection_get(&job->selection, index, &name, err);
    if (status != STATUS_OK)
        return status;
    struct safe *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a partition");
    s->lane.shared = shared;
    s->result = result;
    s->goal = (struct generation_goal){.read_back = job->safe.read_back || job->safe.deletes,
                                       .deletes = job->safe.deletes};
    entries_init(&s->entries, &shared->budget);
    status = init_names(s, &name, err);
    if (status != STATUS_OK) {
        safe_free(s);
        return status;
    }
    safe_start_round(s);
    *out = s;
    return STATUS_OK;
}

void safe_free(struct safe *s)
{
    if (s == NULL)
        return;
    drive_free(s->drive);
    manifest_stream_close(&s->stream);
    segment_release(&s->segment);
    entries_release(&s->entries);
    generations_release(&s->log);
    if (s->manifest_charged > 0)
        budget_give_part(&s->lane.shared->budget, s->manifest_charged);
    buf_release(&s->manifest);
    free(s);
}

unsigned safe_in_flight(const struct safe *s)
{
    return s->lane.in_flight;
}

bool safe_is_finished(const struct safe *s)
{
    return s->over;
}

void safe_start_round(struct safe *s)
{
    struct error error;
    if (s->rounds++ == ROUNDS_MAX) {
        error_set(&error, STATUS_PRECONDITION,
                  "others kept changing this partition's log %d times over; run again", ROUNDS_MAX);
        lane_fail(&s->lane, NULL, &error);
        return;
    }
    segment_release(&s->segment);
    entries_release(&s->entries);
    generations_release(&s->log);
    s->rewritten = 0;
    s3_lister_init(&s->lister,
                   &(struct s3_list){.bucket = s->place.bucket, .prefix = s->place.log});
    s3_lister_rewind(&s->plain_lister);
    s->stage = SAFE_LOG;
}

/* ---- what became of a generation ---- */

/* Only looks: changes nothing, and goes on after a failure. */
static bool inspects(const struct safe *s)
{
    const enum safe_task task = s->lane.shared->job->safe.task;
    return task == SAFE_TASK_STATUS || task == SAFE_TASK_VERIFY;
}

static void count_facts(struct safe *s, const struct drive_facts *f)
{
    struct partition_result *r = s->result;
    r->deleted += f->counts.deleted;
    r->kept_newer += f->counts.newer;
    if (f->state == GENERATION_ABANDONED)
        result_warn(r,
                    "generation %u is abandoned: a source changed or went before it was joined; "
                    "what is there now is compacted anew",
                    f->generation.number);
    if (f->counts.newer > 0)
        result_warn(r, "%" PRIu64 " sources of generation %u changed since and were not deleted",
                    f->counts.newer, f->generation.number);
}

static void add_row(struct safe *s, const struct drive_facts *f, enum generation_state before)
{
    struct error error;
    struct result_output *o = result_add_output(s->result, f->head->output);
    if (o == NULL) {
        error_set(&error, STATUS_NO_MEMORY, "out of memory for the results");
        lane_fail(&s->lane, NULL, &error);
        return;
    }
    const bool held = before == GENERATION_KEPT || before == GENERATION_DELETED;
    const bool holds = f->state == GENERATION_KEPT || f->state == GENERATION_DELETED;
    o->generation = f->generation.number;
    o->state = generation_state_name(f->state);
    o->seen = f->seen;
    o->written = holds && !held;
    o->decision = DECISION_CREATE;
    o->sources = f->head->sources;
    o->source_bytes = f->head->bytes;
    o->bytes = f->output_bytes;
    o->deleted = f->counts.deleted;
    o->read_back = f->read_back;
    memcpy(o->etag, f->etag, sizeof o->etag);
    if (f->verified)
        hex_encode(f->sum.sha256, sizeof f->sum.sha256, o->sha256);
}

static void collect(struct safe *s)
{
    struct drive_facts f;
    struct generation *g = &s->log.items[s->driven];
    const enum generation_state before = generation_state(g);
    drive_facts(s->drive, &f);
    *g = f.generation;
    if (!inspects(s) && before != f.state)
        count_facts(s, &f);
    if (f.built)
        result_warn_output(s->result, &f.output, f.head->sources);
    if (inspects(s) || (before != f.state && f.state != GENERATION_ABANDONED))
        add_row(s, &f, before);
    s->result->uploads_aborted += f.uploads_aborted;
    drive_free(s->drive);
    s->drive = NULL;
    s->driven++;
}

/* ---- driving ---- */

static enum drive_purpose purpose_of(const struct safe *s)
{
    switch (s->lane.shared->job->safe.task) {
    case SAFE_TASK_RECOVER:
        return DRIVE_RECOVER;
    case SAFE_TASK_STATUS:
        return DRIVE_LOOK;
    case SAFE_TASK_VERIFY:
        return DRIVE_VERIFY;
    case SAFE_TASK_COMPACT:
        break;
    }
    return DRIVE_TO_ITS_END;
}

static void start_drive(struct safe *s, bool fresh)
{
    struct error error;
    if (drive_new(&(struct drive_spec){.lane = &s->lane,
                                       .place = &s->place,
                                       .generation = s->log.items[s->driven],
                                       .goal = s->goal,
                                       .purpose = purpose_of(s),
                                       .fresh = fresh},
                  &s->drive, &error) != STATUS_OK)
        lane_fail(&s->lane, NULL, &error);
}

/* A dry run drives nothing: it says what is unfinished. */
static void skip_unfinished(struct safe *s)
{
    const struct generation *g = &s->log.items[s->driven];
    if (!generation_is_finished(g, &s->goal))
        result_warn(s->result, "generation %u is %s; a run would first bring it to its end",
                    g->number, generation_state_name(generation_state(g)));
    s->driven++;
}

static enum issue drive_log(struct safe *s)
{
    const struct job *job = s->lane.shared->job;
    const bool all = job->safe.task != SAFE_TASK_COMPACT;
    if (s->drive != NULL && drive_is_finished(s->drive))
        collect(s);
    while (s->drive == NULL && s->driven < s->log.count && !s->lane.failed) {
        if (job->dry_run)
            skip_unfinished(s);
        else if (all || !generation_is_finished(&s->log.items[s->driven], &s->goal))
            start_drive(s, false);
        else
            s->driven++;
    }
    if (s->drive != NULL)
        return drive_issue_control(s->drive);
    if (s->lane.failed)
        return ISSUE_NOTHING;
    if (all)
        s->stage = SAFE_FINISHED;
    else
        safe_start_sources(s);
    return ISSUE_NOTHING;
}

/* The generation that this run has just begun. */
static enum issue drive_fresh(struct safe *s)
{
    struct error error;
    if (s->drive == NULL) {
        s->driven = s->log.count - 1;
        start_drive(s, true);
        return s->drive != NULL ? drive_issue_control(s->drive) : ISSUE_NOTHING;
    }
    if (!drive_is_finished(s->drive))
        return drive_issue_control(s->drive);
    collect(s);
    if (generation_state(&s->log.items[s->driven - 1]) != GENERATION_ABANDONED) {
        s->stage = SAFE_CUT;
        return ISSUE_NOTHING;
    }
    if (++s->abandoned < ABANDONED_MAX) {
        safe_start_round(s);
        return ISSUE_NOTHING;
    }
    error_set(&error, STATUS_PRECONDITION,
              "the sources kept changing while they were read: %d generations were abandoned; run "
              "again when nothing writes here",
              ABANDONED_MAX);
    lane_fail(&s->lane, NULL, &error);
    return ISSUE_NOTHING;
}

/* ---- the end ---- */

static void finish(struct safe *s)
{
    struct partition_result *r = s->result;
    struct shared *shared = s->lane.shared;
    s->stage = SAFE_FINISHED;
    s->over = true;
    r->sources = s->sources;
    r->source_bytes = s->bytes;
    r->rewritten = s->rewritten;
    if (s->sources > s->taken)
        shared->objects_done += s->sources - s->taken;
    if (s->lane.failed) {
        result_fail(r, &s->lane.error);
        return;
    }
    r->large = s->census.large;
    if (r->status == PARTITION_SKIPPED)
        return;
    if (r->error != NULL) { /* of a generation that was looked at */
        r->status = PARTITION_FAILED;
        return;
    }
    r->status = s->sources == 0 && s->log.count == 0 ? PARTITION_EMPTY : PARTITION_UNCHANGED;
    if (r->output_count > 0 && !inspects(s))
        r->status = shared->job->dry_run ? PARTITION_PLANNED : PARTITION_COMPACTED;
}

static void stop_if_asked(struct safe *s)
{
    struct error error;
    if (!s->lane.shared->stopping || s->lane.failed)
        return;
    error_set(&error, STATUS_CANCELLED, "stopped before it was done");
    lane_fail(&s->lane, NULL, &error);
}

/* A generation that is not as it should be: the others are looked at all the same. */
static void pass_over(struct safe *s)
{
    if (s->result->error == NULL)
        result_fail(s->result, &s->lane.error);
    else
        result_warn(s->result, "%s", s->lane.error.text);
    s->result->status = PARTITION_PENDING;
    s->lane.failed = false;
    drive_free(s->drive);
    s->drive = NULL;
    s->driven++;
}

/* A failed partition is over once its replies are in and its upload is aborted. */
static enum issue issue_failed(struct safe *s)
{
    if (s->drive != NULL) {
        const enum issue issue = drive_issue_control(s->drive);
        if (issue != ISSUE_NOTHING || !s->lane.failed)
            return issue;
    }
    if (s->lane.in_flight > 0 || (s->drive != NULL && !drive_is_cleaned(s->drive)))
        return ISSUE_NOTHING;
    if (s->drive != NULL && inspects(s) && s->lane.error.status != STATUS_CANCELLED)
        pass_over(s);
    else
        finish(s);
    return ISSUE_NOTHING;
}

static enum issue issue_stage(struct safe *s)
{
    switch (s->stage) {
    case SAFE_LOG:
        return safe_list_log(s);
    case SAFE_DRIVE:
        return drive_log(s);
    case SAFE_SOURCES:
        return safe_list_sources(s);
    case SAFE_FILL:
        return safe_fill(s);
    case SAFE_MARK:
        return safe_mark(s);
    case SAFE_PLAIN:
        return safe_list_plain(s);
    case SAFE_CUT:
        safe_cut(s);
        return ISSUE_NOTHING;
    case SAFE_BUILD:
        return drive_fresh(s);
    case SAFE_WRITE:
    case SAFE_FINISHED:
        break;
    }
    return ISSUE_NOTHING;
}

/* A stage that ends without a request hands over to the next at once. */
enum issue safe_issue_control(struct safe *s)
{
    for (;;) {
        if (s->stage == SAFE_FINISHED) {
            if (!safe_is_finished(s) && s->lane.in_flight == 0)
                finish(s);
            return ISSUE_NOTHING;
        }
        stop_if_asked(s);
        if (s->lane.failed)
            return issue_failed(s);
        const enum safe_stage stage = s->stage;
        const struct drive *drive = s->drive;
        const enum issue issue = issue_stage(s);
        if (issue != ISSUE_NOTHING)
            return issue;
        if (s->stage == stage && s->drive == drive && !s->lane.failed && s->stage != SAFE_CUT)
            return ISSUE_NOTHING;
    }
}

enum issue safe_issue_fetch(struct safe *s)
{
    if (s->lane.failed)
        return ISSUE_NOTHING;
    if (s->stage == SAFE_WRITE)
        return safe_write(s);
    return s->drive != NULL ? drive_issue_fetch(s->drive) : ISSUE_NOTHING;
}
