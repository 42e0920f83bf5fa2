/* SPDX-License-Identifier: MIT */
/* output - one output object: its construction, whose turn it is, and what came of it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/output_private.h"

static void PRINTF_LIKE(3, 4)
    add_metadata(struct output *o, const char *name, const char *format, ...)
{
    char *value = o->values[o->metadata_count];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof o->values[0], format, args);
    va_end(args);
    o->metadata[o->metadata_count++] = (struct s3_metadata){name, value};
}

static void fill_metadata(struct output *o)
{
    const struct record *r = &o->group->record;
    char digest[DIGEST_HEX_SIZE];
    digest_format(&r->digest, digest);
    o->metadata_count = 0;
    add_metadata(o, RECORD_SOURCES, "%" PRIu64, r->sources);
    add_metadata(o, RECORD_BYTES, "%" PRIu64, r->bytes);
    add_metadata(o, RECORD_NEWEST, "%" PRId64, r->newest_unix_s);
    add_metadata(o, RECORD_DIGEST, "%s", digest);
    add_metadata(o, RECORD_NEWLINE, "%s", r->newline_ensured ? "ensure" : "keep");
    add_metadata(o, RECORD_TOKEN, "%s", o->lane->shared->token);
    if (r->csv_header_once)
        add_metadata(o, RECORD_CSV, "once");
    if (r->gzip_recompressed)
        add_metadata(o, RECORD_GZIP, "recompress");
    if (r->max_source_bytes != 0)
        add_metadata(o, RECORD_MAX, "%" PRIu64, r->max_source_bytes);
    if (o->commit != NULL)
        add_metadata(o, RECORD_MANIFEST, "%s", o->commit->manifest);
}

static enum status make_gets(struct output *o, unsigned window, struct error *err)
{
    o->gets = calloc(window, sizeof *o->gets);
    if (o->gets == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    for (unsigned i = 0; i < window; i++) {
        o->gets[i].output = o;
        o->gets[i].next_free = o->free_gets;
        o->free_gets = &o->gets[i];
    }
    return STATUS_OK;
}

enum status output_make_joiner(struct output *o, struct error *err)
{
    struct shared *shared = o->lane->shared;
    struct transform_options transform;
    const bool changes = shape_transforms(o->shape, o->group->suffix, &transform);
    return joiner_new(
        &(struct joiner_options){
            .source_bytes = o->group->record.bytes,
            .sources = o->group->nonempty,
            .newline = changes ? NEWLINE_IGNORED : shape_newline(o->shape, o->group->suffix),
            .transform = changes ? &transform : NULL,
            .copies = o->copies,
            .window = shared->window,
            .budget = &shared->budget,
        },
        &o->joiner, err);
}

/* How sources go through; where they may be copied, a probe comes before the joiner. */
static void choose_way(struct output *o)
{
    struct shared *shared = o->lane->shared;
    struct transform_options transform;
    const bool changes = shape_transforms(o->shape, o->group->suffix, &transform);
    o->copies = output_may_copy(o);
    if (o->copies && shared->source != shared->destination) {
        o->copies = false;
        shared->copies_refused++;
        snprintf(o->facts.copy_refusal, sizeof o->facts.copy_refusal, "another endpoint");
    }
    o->stage = o->copies ? OUTPUT_PROBING : OUTPUT_JOINING;
    plan_init(&o->plan, changes ? PLAN_LAND : o->copies ? PLAN_COPY : PLAN_READ);
}

enum status output_new(const struct output_spec *options, struct output **out, struct error *err)
{
    struct shared *shared = options->lane->shared;
    struct output *o = calloc(1, sizeof *o);
    if (o == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    o->lane = options->lane;
    o->supply = options->supply;
    o->group = options->group;
    o->shape = options->shape;
    o->commit = options->commit;
    buf_init(&o->sum_text, SUM_TEXT_MAX);
    o->create_only = options->create_only;
    o->replaces = options->replaces;
    snprintf(o->key, sizeof o->key, "%s", options->key);
    content_init(&o->content);
    fill_metadata(o);
    enum status status = make_gets(o, shared->window, err);
    choose_way(o);
    if (status == STATUS_OK && o->stage == OUTPUT_JOINING)
        status = output_make_joiner(o, err);
    if (status != STATUS_OK) {
        output_free(o);
        return status;
    }
    *out = o;
    return STATUS_OK;
}

void output_free(struct output *o)
{
    if (o == NULL)
        return;
    if (o->joiner != NULL)
        joiner_part_free(o->joiner, o->whole);
    output_free_copies(o);
    joiner_free(o->joiner);
    buf_release(&o->sum_text);
    free(o->gets);
    free(o->parts);
    free(o);
}

/* All bytes of a single PUT are in place: the one part is settled, or there was nothing to get. */
static bool is_joined(struct output *o)
{
    return o->feed_ended && joiner_is_settled(o->joiner);
}

/* Goes on with what settling had to leave; false when the lane failed over it. */
static bool pump(struct output *o)
{
    struct error error;
    if (joiner_pump(o->joiner, &error) != STATUS_OK)
        lane_fail(o->lane, "source", &error);
    else if (joiner_is_busy(o->joiner))
        o->lane->shared->busy = true;
    return !o->lane->failed;
}

enum issue output_issue_control(struct output *o)
{
    if (o->stage == OUTPUT_UNSURE)
        return output_send_head(o);
    if (o->stage == OUTPUT_UNCHECKED || o->stage == OUTPUT_WRONG)
        return output_issue_check(o);
    if (o->stage != OUTPUT_JOINING && o->stage != OUTPUT_PROBING)
        return ISSUE_NOTHING;
    if (o->lane->failed)
        return output_send_abort(o);
    if (o->stage == OUTPUT_PROBING)
        return output_issue_probe(o);
    /* Finds the end of the sources when the last of them needed no request. */
    if (!o->piece_waits && !o->feed_ended)
        output_next_piece(o);
    if (!pump(o))
        return ISSUE_NOTHING;
    if (joiner_is_multipart(o->joiner))
        return output_issue_upload(o);
    if (!is_joined(o))
        return ISSUE_NOTHING;
    return output_wants_sum(o) ? output_send_sum(o) : output_send_put(o);
}

bool output_is_written(const struct output *o)
{
    return o->stage == OUTPUT_WRITTEN;
}

bool output_is_in_doubt(const struct output *o, const struct error **doubt)
{
    *doubt = &o->doubt;
    return o->stage == OUTPUT_IN_DOUBT;
}

bool output_lost_source(const struct output *o)
{
    return o->source_lost;
}

bool output_is_cleaned(const struct output *o)
{
    const bool nothing_open = o->upload_state == UPLOAD_NONE || o->upload_state == UPLOAD_GONE;
    return o->stage == OUTPUT_WRITTEN || o->stage == OUTPUT_IN_DOUBT ||
           ((o->stage == OUTPUT_JOINING || o->stage == OUTPUT_PROBING) && nothing_open);
}

void output_facts(const struct output *o, struct output_facts *out)
{
    struct joiner_counts counts;
    uint8_t sum[SHA256_SIZE];
    *out = o->facts;
    memcpy(out->key, o->key, sizeof out->key);
    out->bytes = joiner_bytes(o->joiner);
    if (joiner_sha256(o->joiner, sum))
        hex_encode(sum, sizeof sum, out->sha256);
    joiner_counts(o->joiner, &counts);
    out->missing_newlines =
        o->shape->newline_ensure ? 0 : counts.missing_newlines + o->copied_without_newline;
    out->headers_dropped = counts.headers_dropped;
    out->differing_types = content_differing(&o->content);
}
