/* SPDX-License-Identifier: MIT */
/* drive - one generation, step by step. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/safe/drive_private.h"
#include "compactor/safe/layout.h"

enum status drive_open_stream(struct drive *d, struct error *err)
{
    return manifest_stream_open(&d->stream, d->lane, d->manifest_key, &d->expected,
                                d->manifest_etag[0] != '\0' ? d->manifest_etag : NULL, err);
}

enum status drive_new(const struct drive_spec *spec, struct drive **out, struct error *err)
{
    struct drive *d = calloc(1, sizeof *d);
    if (d == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a generation");
    d->lane = spec->lane;
    d->place = spec->place;
    d->purpose = spec->purpose;
    d->goal = spec->goal;
    d->view = (struct generation_view){.generation = spec->generation,
                                       .seen = spec->fresh ? SEEN_ABSENT : SEEN_NOT_LOOKED};
    d->expected = place_expects(d->place, spec->generation.number, spec->generation.manifest_size);
    buf_init(&d->text, RECORD_TEXT_MAX);
    enum status status = layout_record(d->place->log, spec->generation.number, RECORD_MANIFEST_NAME,
                                       d->manifest_key, err);
    if (status == STATUS_OK)
        status = drive_open_stream(d, err);
    if (status != STATUS_OK) {
        drive_free(d);
        return status;
    }
    *out = d;
    return STATUS_OK;
}

void drive_free(struct drive *d)
{
    if (d == NULL)
        return;
    output_free(d->output);
    readback_free(d->readback);
    sweep_free(d->sweep);
    stale_free(d->stale);
    manifest_stream_close(&d->stream);
    buf_release(&d->text);
    free(d);
}

const char *drive_bucket(const struct drive *d)
{
    return d->place->bucket;
}

enum issue drive_sent(struct drive *d, enum status status, const struct error *error)
{
    d->request_out = status == STATUS_OK;
    return lane_sent(d->lane, "destination", status, error);
}

/* ---- the head ---- */

static enum status take_head(struct drive *d, const struct safe_manifest_head *head,
                             struct error *err)
{
    char what[sizeof RECORD_SUM_PREFIX + TOKEN_HEX_SIZE];
    d->head = *head;
    d->have_head = true;
    memcpy(d->manifest, d->stream.reader.digest_hex, sizeof d->manifest);
    d->group = (struct group){
        .record = {.sources = head->sources,
                   .bytes = head->bytes,
                   .newest_unix_s = head->newest_unix_s,
                   .digest = head->digest,
                   .newline_ensured = head->shape.newline_ensure,
                   .csv_header_once = head->shape.csv_header_once,
                   .gzip_recompressed = shape_recompresses(&head->shape, head->suffix)},
        .nonempty = head->nonempty};
    memcpy(d->group.suffix, head->suffix, sizeof d->group.suffix);
    snprintf(what, sizeof what, RECORD_SUM_PREFIX "%s", d->lane->shared->token);
    d->commit = (struct output_commit){.manifest = d->manifest, .sum_key = d->sum_key};
    return layout_record(d->place->log, d->view.generation.number, what, d->sum_key, err);
}

/* Whether the head is there; asks for it otherwise. */
static bool has_head(struct drive *d, enum issue *issue)
{
    struct error error;
    *issue = ISSUE_NOTHING;
    if (d->have_head)
        return true;
    const struct safe_manifest_head *head = manifest_stream_head(&d->stream);
    if (head == NULL) {
        *issue = manifest_stream_issue(&d->stream);
        return false;
    }
    if (take_head(d, head, &error) == STATUS_OK)
        return true;
    lane_fail(d->lane, NULL, &error);
    return false;
}

/* ---- steps ---- */

static void fail_step(struct drive *d)
{
    struct error error;
    const char *const uri_format = "s3://%s/%s of generation %u %s";
    const char *problem =
        d->step == STEP_FAIL_FOREIGN
            ? "is somebody else's object; it stays, and this partition cannot go on before it is "
              "moved away"
        : d->step == STEP_FAIL_MISSING
            ? "was verified and is not there any more; it is not built again, since its sources "
              "may be gone. Restore it"
            : "is a tombstone and marked as an output, or the other way round; was one deleted by "
              "hand?";
    error_set(&error, STATUS_PROTOCOL, uri_format, drive_bucket(d), d->head.output,
              d->view.generation.number, problem);
    lane_fail(d->lane, NULL, &error);
}

/* What `verify` and `status` do instead of the table's steps. */
static enum generation_step inspection_step(const struct drive *d)
{
    const enum generation_state state = generation_state(&d->view.generation);
    if (d->view.seen == SEEN_NOT_LOOKED)
        return STEP_LOOK;
    if (d->purpose == DRIVE_LOOK)
        return STEP_NONE;
    switch (d->view.seen) {
    case SEEN_OUTPUT:
        if (state == GENERATION_ABANDONED)
            return STEP_FAIL_BROKEN;
        return d->read_back ? STEP_NONE : STEP_VERIFY_READ;
    case SEEN_TOMBSTONE:
        return state == GENERATION_ABANDONED || state == GENERATION_OPEN ? STEP_NONE
                                                                         : STEP_FAIL_BROKEN;
    case SEEN_FOREIGN:
        return STEP_FAIL_FOREIGN;
    case SEEN_ABSENT:
    case SEEN_NOT_LOOKED:
        break;
    }
    return state == GENERATION_OPEN ? STEP_NONE : STEP_FAIL_MISSING;
}

static enum generation_step next_step(const struct drive *d)
{
    const bool inspects = d->purpose == DRIVE_LOOK || d->purpose == DRIVE_VERIFY;
    return inspects ? inspection_step(d) : generation_next(&d->view, &d->goal);
}

/* A source was gone or changed, and everything of the attempt is over: the way to the tombstone. */
static void take_lost_source(struct drive *d)
{
    if (!d->lane->failed || d->output == NULL || !output_lost_source(d->output) ||
        d->lane->error.status == STATUS_CANCELLED || d->lane->in_flight > 0 ||
        !output_is_cleaned(d->output))
        return;
    output_free(d->output);
    d->output = NULL;
    manifest_stream_close(&d->stream);
    d->lane->failed = false;
    d->view.source_lost = true;
}

static enum issue end(struct drive *d)
{
    if (d->purpose == DRIVE_RECOVER) {
        const enum issue issue = drive_abort_uploads(d);
        if (!d->uploads_gone)
            return issue;
    }
    d->finished = true;
    return ISSUE_NOTHING;
}

enum issue drive_issue_control(struct drive *d)
{
    enum issue issue = ISSUE_NOTHING;
    take_lost_source(d);
    if (d->lane->failed)
        return d->output != NULL ? output_issue_control(d->output) : ISSUE_NOTHING;
    if (d->finished || d->request_out || !has_head(d, &issue))
        return d->have_head || d->finished ? ISSUE_NOTHING : issue;
    d->step = next_step(d);
    switch (d->step) {
    case STEP_NONE:
        return end(d);
    case STEP_LOOK:
        return drive_look(d);
    case STEP_BUILD:
        return drive_build_control(d);
    case STEP_ABANDON:
        return drive_abandon(d);
    case STEP_VERIFY_HEAD:
    case STEP_VERIFY_READ:
        return drive_verify_control(d);
    case STEP_DELETE:
        return drive_delete_control(d);
    case STEP_MARK_KEPT:
    case STEP_MARK_DELETED:
    case STEP_MARK_ABANDONED:
        return drive_mark_done(d);
    case STEP_FAIL_BROKEN:
    case STEP_FAIL_FOREIGN:
    case STEP_FAIL_MISSING:
        break;
    }
    fail_step(d);
    return ISSUE_NOTHING;
}

enum issue drive_issue_fetch(struct drive *d)
{
    if (d->lane->failed || d->finished || !d->have_head)
        return ISSUE_NOTHING;
    switch (d->step) {
    case STEP_BUILD:
        return drive_build_fetch(d);
    case STEP_VERIFY_READ:
        return drive_verify_fetch(d);
    case STEP_DELETE:
        return drive_delete_fetch(d);
    default:
        return ISSUE_NOTHING;
    }
}

bool drive_is_finished(const struct drive *d)
{
    return d->finished;
}

bool drive_is_cleaned(const struct drive *d)
{
    if (d->lane->in_flight > 0)
        return false;
    return d->output == NULL || output_is_cleaned(d->output);
}

void drive_facts(struct drive *d, struct drive_facts *out)
{
    *out = (struct drive_facts){
        .generation = d->view.generation,
        .head = d->have_head ? &d->head : NULL,
        .state = generation_state(&d->view.generation),
        .seen = d->view.seen,
        .built = d->built,
        .read_back = d->read_back,
        .sum = d->sum,
        .verified = d->verified,
        .output_bytes = d->info.size,
        .counts = d->counts,
        .uploads_aborted = d->uploads_aborted,
        .output = d->output_facts,
    };
    memcpy(out->etag, d->info.etag, sizeof out->etag);
}
