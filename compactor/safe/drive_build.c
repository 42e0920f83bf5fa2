/* SPDX-License-Identifier: MIT */
/* drive_build - the output of a generation, or its tombstone. */
#include <string.h>

#include "compactor/naming.h"
#include "compactor/safe/drive_private.h"
#include "compactor/safe/guard.h"

static enum status start_output(struct drive *d, struct error *err)
{
    if (!d->stream.open) {
        enum status status = drive_open_stream(d, err);
        if (status != STATUS_OK)
            return status;
    }
    return output_new(
        &(struct output_spec){
            .lane = d->lane,
            .supply = {manifest_stream_next, &d->stream},
            .group = &d->group,
            .shape = &d->head.shape,
            .key = d->head.output,
            .create_only = guard_up(GUARD_OUTPUT_CREATE),
            .commit = &d->commit,
        },
        &d->output, err);
}

/* The deciding request has been answered, one way or the other: what stands there is looked up. */
static bool take_output(struct drive *d)
{
    const struct error *doubt;
    const bool in_doubt = output_is_in_doubt(d->output, &doubt);
    if (d->lane->in_flight > 0 || (!in_doubt && !output_is_written(d->output)))
        return false;
    if (in_doubt) {
        d->has_doubt = true;
        d->doubt = *doubt;
    } else {
        d->wrote = true;
        d->built = true;
    }
    output_facts(d->output, &d->output_facts);
    output_free(d->output);
    d->output = NULL;
    d->manifest_checked = manifest_stream_is_checked(&d->stream);
    memcpy(d->manifest_etag, d->stream.etag, sizeof d->manifest_etag);
    manifest_stream_close(&d->stream);
    d->view.seen = SEEN_NOT_LOOKED;
    return true;
}

enum issue drive_build_control(struct drive *d)
{
    struct error error;
    if (d->output == NULL && start_output(d, &error) != STATUS_OK) {
        lane_fail(d->lane, NULL, &error);
        return ISSUE_NOTHING;
    }
    if (take_output(d))
        return drive_look(d);
    const enum issue issue = manifest_stream_issue(&d->stream);
    return issue != ISSUE_NOTHING ? issue : output_issue_control(d->output);
}

enum issue drive_build_fetch(struct drive *d)
{
    return d->output != NULL ? output_issue_fetch(d->output) : ISSUE_NOTHING;
}

/* ---- the tombstone ---- */

static void on_tombstone(void *ctx, const struct s3_reply *reply)
{
    struct drive *d = ctx;
    d->lane->in_flight--;
    d->request_out = false;
    if (reply->status == STATUS_OK) {
        d->view.seen = SEEN_TOMBSTONE;
        return;
    }
    const bool lost = reply->http_status == 0 || reply->http_status >= 500;
    if (lost || reply->status == STATUS_PRECONDITION || reply->http_status == 409) {
        d->view.seen = SEEN_NOT_LOOKED;
        d->has_doubt = true;
        d->doubt = reply->error;
        return;
    }
    lane_fail(d->lane, "destination", &reply->error);
}

enum issue drive_abandon(struct drive *d)
{
    /* A member of no bytes, so that readers of *.gz take it. */
    static const uint8_t empty_gzip[20] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3};
    const struct s3_metadata metadata[] = {
        {RECORD_MANIFEST, d->manifest},
        {RECORD_TOKEN, d->lane->shared->token},
        {RECORD_TOMBSTONE, "abandoned"},
    };
    struct error error;
    const bool gzip = naming_suffix_is_gzip(d->head.suffix);
    if (!guard_up(GUARD_TOMBSTONE)) {
        d->view.seen = SEEN_TOMBSTONE;
        return ISSUE_NOTHING;
    }
    enum status status = s3_put_object(
        d->lane->shared->destination,
        &(struct s3_write){.bucket = drive_bucket(d),
                           .key = d->head.output,
                           .metadata = metadata,
                           .metadata_count = sizeof metadata / sizeof metadata[0],
                           .keeping = &d->place->keeping,
                           .create_only = guard_up(GUARD_TOMBSTONE_CREATE)},
        gzip ? empty_gzip : NULL, gzip ? sizeof empty_gzip : 0, NULL, on_tombstone, d, &error);
    return drive_sent(d, status, &error);
}
