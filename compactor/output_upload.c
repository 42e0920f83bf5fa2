/* SPDX-License-Identifier: MIT */
/* output_upload - the multipart upload of one output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/output_private.h"

struct sending {
    struct output *output;
    struct joiner_part *part;
};

/* Servers that know no full-object checksums refuse to begin an upload with one. */
static bool refuses_checksums(const struct s3_reply *reply)
{
    return reply->http_status == 400 || reply->http_status == 501;
}

static void on_created(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    o->lane->in_flight--;
    if (status == STATUS_OK)
        status = s3_upload_created(reply, &o->upload, &error);
    o->upload_state = status == STATUS_OK ? UPLOAD_OPEN : UPLOAD_NONE;
    if (o->declared != CHECKSUM_NONE && refuses_checksums(reply))
        o->lane->shared->no_upload_checksums = true; /* created again without */
    else if (status != STATUS_OK)
        lane_fail(o->lane, "destination", &error);
}

enum issue output_send_create(struct output *o)
{
    struct s3_write write = output_write(o);
    /* Servers disagree on what copied parts must bring then. */
    const bool declares = !o->copies && !o->lane->shared->no_upload_checksums;
    o->declared = declares ? CHECKSUM_CRC64NVME : CHECKSUM_NONE;
    write.checksum = o->declared;
    const struct selection *selection = &o->lane->shared->job->selection;
    snprintf(o->upload.bucket, sizeof o->upload.bucket, "%s", selection->destination.bucket);
    snprintf(o->upload.key, sizeof o->upload.key, "%s", o->key);
    struct error error;
    enum status status =
        s3_upload_create(o->lane->shared->destination, &write, on_created, o, &error);
    if (status == STATUS_OK)
        o->upload_state = UPLOAD_CREATING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_part(void *ctx, const struct s3_reply *reply)
{
    struct sending *sending = ctx;
    struct output *o = sending->output;
    struct s3_part *part = &o->parts[sending->part->number - 1];
    o->lane->in_flight--;
    o->sending_count--;
    if (reply->status != STATUS_OK) {
        lane_fail(o->lane, "destination", &reply->error);
    } else if (!s3_reply_header(reply, "etag", part->etag, sizeof part->etag)) {
        struct error error;
        error_set(&error, STATUS_PROTOCOL, "the server accepted part %u without an ETag",
                  part->number);
        lane_fail(o->lane, "destination", &error);
    } else {
        o->parts_done++;
    }
    joiner_part_free(o->joiner, sending->part);
    free(sending);
}

enum status output_reserve_part(struct output *o, unsigned number, struct error *err)
{
    if (number > o->parts_room) {
        unsigned room = o->parts_room == 0 ? 16 : 2 * o->parts_room;
        while (room < number)
            room *= 2;
        struct s3_part *grown = realloc(o->parts, room * sizeof *grown);
        if (grown == NULL)
            return error_set(err, STATUS_NO_MEMORY, "out of memory for the list of parts");
        o->parts = grown;
        o->parts_room = room;
    }
    o->parts[number - 1] = (struct s3_part){.number = number};
    return STATUS_OK;
}

static enum issue send_part(struct output *o, struct joiner_part *part)
{
    struct error error;
    struct sending *sending = malloc(sizeof *sending);
    enum status status = sending == NULL
                             ? error_set(&error, STATUS_NO_MEMORY, "out of memory for a part")
                             : output_reserve_part(o, part->number, &error);
    if (status == STATUS_OK) {
        uint8_t *checksum = o->parts[part->number - 1].checksum;
        const struct s3_part_sums sums = {part->sha256, o->declared, checksum};
        checksum_from_crc(CHECKSUM_CRC64NVME, part->crc64nvme, checksum);
        *sending = (struct sending){o, part};
        status = s3_upload_part(o->lane->shared->destination, &o->upload, part->number, part->data,
                                part->size, &sums, on_part, sending, &error);
    }
    if (status != STATUS_OK) {
        free(sending);
        joiner_part_free(o->joiner, part);
    } else {
        o->parts_sent++;
        o->sending_count++;
    }
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_completed(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    output_decided(o, reply);
    struct error error;
    if (reply->status == STATUS_OK &&
        s3_upload_completed(reply, o->facts.etag, &error) != STATUS_OK) {
        /* It was answered with success, but not in a way that proves it. */
        o->stage = o->commit != NULL ? OUTPUT_IN_DOUBT : OUTPUT_UNSURE;
        o->upload_state = UPLOAD_OPEN;
        o->doubt = error;
    }
}

static enum issue send_complete(struct output *o)
{
    struct error error;
    o->stage = OUTPUT_WRITING;
    uint64_t crc = 0;
    uint8_t checksum[CHECKSUM_SIZE_MAX];
    const bool known = joiner_crc64nvme(o->joiner, &crc);
    checksum_from_crc(CHECKSUM_CRC64NVME, crc, checksum);
    const struct s3_completion what = {
        .parts = o->parts,
        .count = o->parts_sent,
        .create_only = o->create_only,
        .if_match = o->replaces,
        .algorithm = known ? o->declared : CHECKSUM_NONE,
        .checksum = checksum,
    };
    enum status status = s3_upload_complete(o->lane->shared->destination, &o->upload, &what,
                                            on_completed, o, &error);
    if (status != STATUS_OK)
        o->stage = OUTPUT_JOINING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_aborted(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    o->upload_state = UPLOAD_GONE;
    if (reply->status == STATUS_OK || reply->status == STATUS_NOT_FOUND)
        return;
    /* The first failure is what matters; the upload that stays behind is said along with it. */
    struct error with_upload = o->lane->error;
    error_set(&o->lane->error, with_upload.status,
              "%s; and upload %.64s of s3://%s/%s could not be aborted", with_upload.text,
              o->upload.id, o->upload.bucket, o->upload.key);
}

enum issue output_send_abort(struct output *o)
{
    /* Parts still on their way could land after the abort and keep it open. */
    if (o->upload_state != UPLOAD_OPEN || o->lane->in_flight > 0)
        return ISSUE_NOTHING;
    struct error error;
    enum status status =
        s3_upload_abort(o->lane->shared->destination, &o->upload, on_aborted, o, &error);
    o->upload_state = status == STATUS_OK ? UPLOAD_ABORTING : UPLOAD_GONE;
    return lane_sent(o->lane, NULL, status, &error);
}

enum issue output_issue_upload(struct output *o)
{
    if (o->upload_state == UPLOAD_NONE && content_known(&o->content))
        return output_send_create(o);
    if (o->upload_state != UPLOAD_OPEN)
        return ISSUE_NOTHING;
    struct joiner_part *part = joiner_take(o->joiner);
    if (part != NULL)
        return send_part(o, part);
    if (o->copying != NULL)
        return output_issue_copy(o);
    if (!o->feed_ended || !joiner_drained(o->joiner) || o->parts_done != o->parts_sent)
        return ISSUE_NOTHING;
    return output_wants_sum(o) ? output_send_sum(o) : send_complete(o);
}
