/* SPDX-License-Identifier: MIT */
/* output_decide - the write that makes an output, and finding out whether it did. */
#include <stdio.h>
#include <string.h>

#include "compactor/output_private.h"
#include "compactor/safe/place.h"
#include "compactor/safe/records.h"

/* At the most, if it is gzip. */
static uint64_t members(const struct output *o)
{
    return shape_recompresses(o->shape, o->group->suffix) ? 1 : o->group->record.sources;
}

struct s3_write output_write(struct output *o)
{
    const struct job *job = o->lane->shared->job;
    return (struct s3_write){
        .bucket = job->selection.destination.bucket,
        .key = o->key,
        .content_type = job->content_type != NULL ? job->content_type : content_type(&o->content),
        .content_encoding = content_encoding(&o->content, members(o), &o->facts.encoding_dropped),
        .metadata = o->metadata,
        .metadata_count = o->metadata_count,
        .keeping = &job->keeping,
        .create_only = o->create_only,
        .if_match = o->replaces,
    };
}

/* The deciding request failed: did it? A condition that did not hold, an upload that is gone and a
 * reply that never came may all mean that an earlier attempt, or libcurl's own replay, went through. */
void output_decided(struct output *o, const struct s3_reply *reply)
{
    if (reply->status == STATUS_OK) {
        output_written(o);
        return;
    }
    const bool lost = reply->http_status == 0 || reply->http_status >= 500;
    const bool conflict = reply->http_status == 409 && o->commit != NULL;
    if (lost || conflict || reply->status == STATUS_PRECONDITION ||
        reply->status == STATUS_NOT_FOUND) {
        o->stage = o->commit != NULL ? OUTPUT_IN_DOUBT : OUTPUT_UNSURE;
        o->doubt = reply->error;
        o->gone = o->replaces != NULL && strcmp(reply->code, "NoSuchKey") == 0;
        return;
    }
    o->stage = OUTPUT_JOINING;
    lane_fail(o->lane, "destination", &reply->error);
}

bool output_wants_sum(const struct output *o)
{
    return o->commit != NULL && o->sum_state != SUM_WRITTEN;
}

static void on_sum(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    o->sum_state = reply->status == STATUS_OK ? SUM_WRITTEN : SUM_NONE;
    if (reply->status != STATUS_OK)
        lane_fail(o->lane, "destination", &reply->error);
}

/* What was streamed, written down before the object that it is to be compared with exists. */
enum issue output_send_sum(struct output *o)
{
    uint8_t sum[SHA256_SIZE];
    struct error error;
    if (o->sum_state == SUM_WRITING)
        return ISSUE_NOTHING;
    (void)joiner_sha256(o->joiner, sum); /* nothing is copied where a sum is written down */
    struct sum_record record = {.bytes = joiner_bytes(o->joiner)};
    memcpy(record.sha256, sum, sizeof sum);
    buf_reset(&o->sum_text);
    sum_record_write(&record, o->lane->shared->token, o->commit->manifest, &o->sum_text);
    const struct s3_keeping keeping = place_state_keeping(o->lane->shared->job);
    enum status status = buf_status(&o->sum_text, "the sum record", &error);
    if (status == STATUS_OK)
        status = s3_put_object(
            o->lane->shared->destination,
            &(struct s3_write){.bucket = o->lane->shared->job->selection.destination.bucket,
                               .key = o->commit->sum_key,
                               .content_type = "application/json",
                               .keeping = &keeping},
            o->sum_text.data, o->sum_text.len, NULL, on_sum, o, &error);
    if (status == STATUS_OK)
        o->sum_state = SUM_WRITING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void on_put(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    o->lane->in_flight--;
    output_decided(o, reply);
    if (o->stage == OUTPUT_WRITTEN &&
        !s3_reply_header(reply, "etag", o->facts.etag, sizeof o->facts.etag))
        o->facts.etag[0] = '\0';
    joiner_part_free(o->joiner, o->whole);
    o->whole = NULL;
}

enum issue output_send_put(struct output *o)
{
    const struct s3_write write = output_write(o);
    uint8_t sum[SHA256_SIZE];
    (void)joiner_sha256(o->joiner, sum); /* nothing is copied into a single PUT */
    o->whole = joiner_take(o->joiner);   /* NULL when all sources are empty */
    const void *data = o->whole != NULL ? o->whole->data : NULL;
    const uint64_t size = o->whole != NULL ? o->whole->size : 0;
    struct error error;
    o->stage = OUTPUT_WRITING;
    enum status status =
        s3_put_object(o->lane->shared->destination, &write, data, size, sum, on_put, o, &error);
    if (status != STATUS_OK)
        o->stage = OUTPUT_JOINING;
    return lane_sent(o->lane, "destination", status, &error);
}

static void fail_with_doubt(struct output *o)
{
    struct error error = o->doubt;
    const char *bucket = o->lane->shared->job->selection.destination.bucket;
    if (o->doubt.status == STATUS_PRECONDITION)
        error_set(&error, STATUS_PRECONDITION,
                  "s3://%s/%s was written by someone else meanwhile; run again", bucket, o->key);
    else if (o->gone)
        error_set(&error, STATUS_PRECONDITION,
                  "s3://%s/%s was removed by someone else meanwhile; run again", bucket, o->key);
    o->stage = OUTPUT_JOINING;
    lane_fail(o->lane, "destination", &error);
}

static void on_asked(void *ctx, const struct s3_reply *reply)
{
    struct output *o = ctx;
    char token[TOKEN_HEX_SIZE] = "";
    struct s3_object_info info;
    o->lane->in_flight--;
    const bool ours = reply->status == STATUS_OK &&
                      s3_object_metadata(reply, RECORD_TOKEN, token, sizeof token) &&
                      strcmp(token, o->lane->shared->token) == 0 &&
                      s3_object_info(reply, &info, NULL) == STATUS_OK &&
                      info.size == joiner_bytes(o->joiner);
    if (!ours) {
        fail_with_doubt(o);
        return;
    }
    memcpy(o->facts.etag, info.etag, sizeof o->facts.etag);
    output_written(o);
}

enum issue output_send_head(struct output *o)
{
    struct error error;
    enum status status = s3_head_object(o->lane->shared->destination,
                                        o->lane->shared->job->selection.destination.bucket, o->key,
                                        on_asked, o, &error);
    o->stage = status == STATUS_OK ? OUTPUT_ASKING : OUTPUT_JOINING;
    return lane_sent(o->lane, "destination", status, &error);
}
