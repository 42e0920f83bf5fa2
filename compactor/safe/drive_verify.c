/* SPDX-License-Identifier: MIT */
/* drive_verify - what stands under the output key, and whether it is what was streamed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compactor/safe/drive_private.h"
#include "compactor/safe/guard.h"
#include "compactor/safe/layout.h"

/* ---- looking ---- */

/* A full-object SHA-256; that of an upload in parts is none, and has a "-" in it. */
static bool read_sha256(const struct s3_reply *reply, uint8_t out[SHA256_SIZE])
{
    char text[80];
    uint8_t bytes[SHA256_SIZE + 4];
    if (!s3_reply_header(reply, "x-amz-checksum-sha256", text, sizeof text) ||
        base64_decode(text, bytes, sizeof bytes) != SHA256_SIZE)
        return false;
    memcpy(out, bytes, SHA256_SIZE);
    return true;
}

static enum output_seen classify(struct drive *d, const struct s3_reply *reply)
{
    char manifest[SHA256_HEX_SIZE] = "";
    char tombstone[16] = "";
    if (!s3_object_metadata(reply, RECORD_MANIFEST, manifest, sizeof manifest) ||
        strcmp(manifest, d->manifest) != 0)
        return SEEN_FOREIGN;
    if (s3_object_metadata(reply, RECORD_TOMBSTONE, tombstone, sizeof tombstone))
        return SEEN_TOMBSTONE;
    if (!s3_object_metadata(reply, RECORD_TOKEN, d->info.token, sizeof d->info.token) ||
        strlen(d->info.token) != TOKEN_HEX_SIZE - 1)
        return SEEN_FOREIGN;
    return SEEN_OUTPUT;
}

static void fail_absent(struct drive *d)
{
    struct error error = d->doubt;
    if (d->wrote)
        error_set(&error, STATUS_PROTOCOL,
                  "s3://%s/%s was written and is not there; did somebody delete it?",
                  drive_bucket(d), d->head.output);
    lane_fail(d->lane, "destination", &error);
}

static void on_looked(void *ctx, const struct s3_reply *reply)
{
    struct drive *d = ctx;
    struct s3_object_info info;
    struct error error = reply->error;
    enum status status = reply->status;
    d->lane->in_flight--;
    d->request_out = false;
    if (status == STATUS_NOT_FOUND) {
        d->view.seen = SEEN_ABSENT;
        if (d->wrote || d->has_doubt)
            fail_absent(d);
        return;
    }
    if (status == STATUS_OK)
        status = s3_object_info(reply, &info, &error);
    if (status != STATUS_OK) {
        lane_fail(d->lane, "destination", &error);
        return;
    }
    d->view.seen = classify(d, reply);
    d->info.size = info.size;
    memcpy(d->info.etag, info.etag, sizeof d->info.etag);
    d->info.has_sha256 = read_sha256(reply, d->info.sha256);
}

enum issue drive_look(struct drive *d)
{
    struct error error;
    enum status status = s3_head_object_checksum(d->lane->shared->destination, drive_bucket(d),
                                                 d->head.output, on_looked, d, &error);
    return drive_sent(d, status, &error);
}

/* ---- comparing ---- */

static void fail_mismatch(struct drive *d, const char *what)
{
    struct error error;
    error_set(&error, STATUS_PROTOCOL,
              "s3://%s/%s is not what was written (%s differs); nothing of it is deleted. Keep its "
              "sources, and move it away before you run again",
              drive_bucket(d), d->head.output, what);
    lane_fail(d->lane, NULL, &error);
}

static void on_sum(void *ctx, const struct s3_reply *reply)
{
    struct drive *d = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    d->lane->in_flight--;
    d->request_out = false;
    if (status == STATUS_NOT_FOUND)
        error_set(&error, status,
                  "the sum record of s3://%s/%s is missing, so it cannot be verified; was it "
                  "deleted by hand?",
                  drive_bucket(d), d->head.output);
    if (status == STATUS_OK)
        status = sum_record_read(d->small, reply->into_size, d->info.token, d->manifest, &d->sum,
                                 &error);
    if (status != STATUS_OK)
        lane_fail(d->lane, "destination", &error);
    d->have_sum = status == STATUS_OK;
}

/* The record of the output's own token: several runs may have streamed for it. */
static enum issue get_sum(struct drive *d)
{
    char what[sizeof RECORD_SUM_PREFIX + TOKEN_HEX_SIZE];
    char key[S3_KEY_MAX + 1];
    struct error error;
    snprintf(what, sizeof what, RECORD_SUM_PREFIX "%s", d->info.token);
    enum status status = layout_record(d->place->log, d->view.generation.number, what, key, &error);
    if (status == STATUS_OK)
        status = s3_get_small_object(d->lane->shared->destination, drive_bucket(d), key, d->small,
                                     sizeof d->small, on_sum, d, &error);
    return drive_sent(d, status, &error);
}

/* Reads it back; true when that is over, and it is the same or the lane has failed. */
static bool is_read_back(struct drive *d)
{
    struct error error;
    uint8_t sum[SHA256_SIZE];
    if (d->read_back || !guard_up(GUARD_READ_BACK))
        return true;
    if (d->readback == NULL && readback_new(&(struct readback_spec){.lane = d->lane,
                                                                    .key = d->head.output,
                                                                    .etag = d->info.etag,
                                                                    .size = d->info.size},
                                            &d->readback, &error) != STATUS_OK) {
        lane_fail(d->lane, NULL, &error);
        return true;
    }
    if (!readback_sha256(d->readback, sum))
        return false;
    readback_free(d->readback);
    d->readback = NULL;
    d->read_back = memcmp(sum, d->sum.sha256, sizeof sum) == 0;
    if (!d->read_back)
        fail_mismatch(d, "its SHA-256 when read back");
    return true;
}

static enum issue put_verified(struct drive *d, bool by_reading)
{
    buf_reset(&d->text);
    verified_record_write(&(struct verified_record){.manifest = d->manifest,
                                                    .output = d->head.output,
                                                    .etag = d->info.etag,
                                                    .token = d->info.token,
                                                    .sum = &d->sum,
                                                    .read_back = by_reading},
                          &d->text);
    return drive_put_marker(d, by_reading ? RECORD_VERIFIED_READ_NAME : RECORD_VERIFIED_HEAD_NAME,
                            by_reading ? MARK_VERIFIED_READ : MARK_VERIFIED_HEAD);
}

enum issue drive_verify_control(struct drive *d)
{
    const bool by_reading = d->step == STEP_VERIFY_READ;
    if (!d->have_sum)
        return get_sum(d);
    if (d->info.size != d->sum.bytes) {
        fail_mismatch(d, "its size");
        return ISSUE_NOTHING;
    }
    if (guard_up(GUARD_READ_BACK) && d->info.has_sha256 &&
        memcmp(d->info.sha256, d->sum.sha256, SHA256_SIZE) != 0) {
        fail_mismatch(d, "the server's SHA-256");
        return ISSUE_NOTHING;
    }
    if (by_reading && !is_read_back(d))
        return ISSUE_NOTHING;
    if (d->lane->failed)
        return ISSUE_NOTHING;
    d->verified = true;
    d->finished = d->purpose == DRIVE_VERIFY;
    return d->finished ? ISSUE_NOTHING : put_verified(d, by_reading);
}

enum issue drive_verify_fetch(struct drive *d)
{
    return d->readback != NULL ? readback_issue_fetch(d->readback) : ISSUE_NOTHING;
}
