/* SPDX-License-Identifier: MIT */
/* drive_finish - sources deleted, uploads aborted, the end marked. */
#include <stdio.h>
#include <string.h>

#include "compactor/safe/drive_private.h"
#include "compactor/safe/layout.h"
#include "lib/s3/multipart.h"

/* ---- markers ---- */

static void on_marked(void *ctx, const struct s3_reply *reply)
{
    struct marker *m = ctx;
    struct drive *d = m->drive;
    d->lane->in_flight--;
    d->request_out = false;
    /* There already: somebody came to the same end. */
    if (reply->status == STATUS_OK || reply->status == STATUS_PRECONDITION)
        d->view.generation.marks |= m->mark;
    else if (reply->http_status != 409 || ++m->conflicts > CONFLICTS_MAX)
        lane_fail(d->lane, "destination", &reply->error);
}

enum issue drive_put_marker(struct drive *d, const char *what, unsigned mark)
{
    char key[S3_KEY_MAX + 1];
    struct error error;
    enum status status = layout_record(d->place->log, d->view.generation.number, what, key, &error);
    if (status == STATUS_OK)
        status = buf_status(&d->text, "a record", &error);
    d->marker.drive = d;
    d->marker.mark = mark;
    if (status == STATUS_OK)
        status = s3_put_object(d->lane->shared->destination,
                               &(struct s3_write){.bucket = drive_bucket(d),
                                                  .key = key,
                                                  .content_type = "application/json",
                                                  .keeping = &d->place->keeping,
                                                  .create_only = true},
                               d->text.data, d->text.len, NULL, on_marked, &d->marker, &error);
    return drive_sent(d, status, &error);
}

/* ---- deleting ---- */

/* Nothing is deleted on the word of a manifest that was not read to its end. */
static bool is_manifest_checked(struct drive *d, enum issue *issue)
{
    const struct entry *entry;
    enum feed_state state;
    struct error error;
    *issue = ISSUE_NOTHING;
    if (d->manifest_checked)
        return true;
    if (!d->stream.open && drive_open_stream(d, &error) != STATUS_OK) {
        lane_fail(d->lane, NULL, &error);
        return false;
    }
    while ((state = manifest_stream_next(&d->stream, &entry)) == FEED_ENTRY) {
    }
    if (state != FEED_END) {
        *issue = manifest_stream_issue(&d->stream);
        return false;
    }
    d->manifest_checked = true;
    memcpy(d->manifest_etag, d->stream.etag, sizeof d->manifest_etag);
    manifest_stream_close(&d->stream);
    return true;
}

static enum status start_sweep(struct drive *d, struct error *err)
{
    enum status status = d->stream.open ? STATUS_OK : drive_open_stream(d, err);
    return status == STATUS_OK ? sweep_new(d->lane, d->place, &d->stream, &d->sweep, err) : status;
}

enum issue drive_delete_control(struct drive *d)
{
    enum issue issue;
    struct error error;
    if (!is_manifest_checked(d, &issue))
        return issue;
    if (d->sweep == NULL && start_sweep(d, &error) != STATUS_OK) {
        lane_fail(d->lane, NULL, &error);
        return ISSUE_NOTHING;
    }
    if (!sweep_is_finished(d->sweep, &d->counts))
        return sweep_issue_control(d->sweep);
    sweep_free(d->sweep);
    d->sweep = NULL;
    manifest_stream_close(&d->stream);
    d->view.swept = true;
    d->step = STEP_MARK_DELETED;
    return drive_mark_done(d);
}

enum issue drive_delete_fetch(struct drive *d)
{
    return d->sweep != NULL ? sweep_issue_fetch(d->sweep) : ISSUE_NOTHING;
}

/* ---- uploads, and the end ---- */

enum issue drive_abort_uploads(struct drive *d)
{
    struct error error;
    /* Smaller outputs are never uploaded in parts, unless they grow on the way. */
    if (d->head.bytes < S3_PART_SIZE_MIN && d->head.shape.gzip_level == 0)
        d->uploads_gone = true;
    if (d->uploads_gone)
        return ISSUE_NOTHING;
    if (d->stale == NULL && stale_new(d->lane, d->head.output, &d->stale, &error) != STATUS_OK) {
        lane_fail(d->lane, NULL, &error);
        return ISSUE_NOTHING;
    }
    if (!stale_is_finished(d->stale))
        return stale_issue(d->stale);
    d->uploads_aborted = stale_aborted(d->stale);
    stale_free(d->stale);
    d->stale = NULL;
    d->uploads_gone = true;
    return ISSUE_NOTHING;
}

enum issue drive_mark_done(struct drive *d)
{
    char what[sizeof RECORD_KEPT_PREFIX + DIGEST_HEX_SIZE];
    const enum issue issue = drive_abort_uploads(d);
    if (!d->uploads_gone)
        return issue;
    buf_reset(&d->text);
    if (d->step == STEP_MARK_ABANDONED) {
        done_record_write(d->manifest, "abandoned", d->head.sources, &d->counts, &d->text);
        return drive_put_marker(d, RECORD_ABANDONED_NAME, MARK_ABANDONED);
    }
    if (d->step == STEP_MARK_DELETED) {
        done_record_write(d->manifest, "deleted", d->head.sources, &d->counts, &d->text);
        return drive_put_marker(d, RECORD_DELETED_NAME, MARK_DELETED);
    }
    done_record_write(d->manifest, "kept", d->head.sources, &d->counts, &d->text);
    snprintf(what, sizeof what, RECORD_KEPT_PREFIX);
    digest_format(&d->head.digest, what + strlen(what));
    d->view.generation.digest = d->head.digest;
    return drive_put_marker(d, what, MARK_KEPT);
}
