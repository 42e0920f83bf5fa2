/* SPDX-License-Identifier: MIT */
/*
 * transform - inflate, CSV header, final newline, deflate.
 *
 * `span` is content that has been made and not yet passed on; input is only looked at again when
 * it is empty. Of plain sources it points into the input itself.
 */
#include "compactor/transform.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compactor/csv_header.h"
#include "compactor/format.h"

#define GZIP_WINDOW_BITS (16 + MAX_WBITS) /* zlib: gzip framing */
#define DEFLATE_MEMORY   8                /* zlib's default */

struct transform {
    struct transform_options options;
    z_stream inflating;
    bool inflating_ready;
    bool within_member;
    uint8_t *chunk; /* inflated bytes */
    const uint8_t *span;
    size_t span_len;
    size_t approved; /* bytes of the span's front that are to go out */
    struct csv_header csv;
    bool source_begun; /* content of the current source was seen */
    bool source_over;  /* its end is being worked on */
    bool passed_any;   /* content of the current source has gone out */
    uint8_t last;      /* the last byte that went out */
    z_stream deflating;
    bool deflating_ready;
    uint64_t missing_newlines;
};

/* What is left of one call's share of work. */
struct slice {
    size_t left;
    bool stuck; /* for lack of room */
};

static const uint8_t newline[] = {'\n'};

static enum status start_zlib(struct transform *t, struct error *err)
{
    t->chunk = malloc(TRANSFORM_CHUNK);
    t->inflating_ready = t->chunk != NULL && inflateInit2(&t->inflating, GZIP_WINDOW_BITS) == Z_OK;
    /* zlib's own header has no time and no name in it. */
    t->deflating_ready = t->inflating_ready &&
                         deflateInit2(&t->deflating, t->options.gzip_level, Z_DEFLATED,
                                      GZIP_WINDOW_BITS, DEFLATE_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
    return t->deflating_ready ? STATUS_OK
                              : error_set(err, STATUS_NO_MEMORY, "out of memory for zlib");
}

enum status transform_new(const struct transform_options *options, struct transform **out,
                          struct error *err)
{
    struct transform *t = calloc(1, sizeof *t);
    if (t == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a transform");
    t->options = *options;
    csv_header_init(&t->csv, TRANSFORM_HEADER_MAX);
    if (options->gzip_level > 0 && start_zlib(t, err) != STATUS_OK) {
        transform_free(t);
        return STATUS_NO_MEMORY;
    }
    *out = t;
    return STATUS_OK;
}

void transform_free(struct transform *t)
{
    if (t == NULL)
        return;
    if (t->inflating_ready)
        inflateEnd(&t->inflating);
    if (t->deflating_ready)
        deflateEnd(&t->deflating);
    csv_header_release(&t->csv);
    free(t->chunk);
    free(t);
}

void transform_counts(const struct transform *t, struct transform_counts *out)
{
    *out = (struct transform_counts){.missing_newlines = t->missing_newlines,
                                     .headers_dropped = t->csv.dropped};
}

/* ---- content out of input ---- */

static enum status inflate_chunk(struct transform *t, struct transform_io *io, struct error *err)
{
    z_stream *z = &t->inflating;
    z->next_in = (Bytef *)(uintptr_t)io->in;
    z->avail_in = (uInt)io->in_len; /* pieces are at most a part, far below 4 GiB */
    z->next_out = t->chunk;
    z->avail_out = TRANSFORM_CHUNK;
    t->within_member = true;
    const int result = inflate(z, Z_NO_FLUSH);
    io->in += io->in_len - z->avail_in;
    io->in_len = z->avail_in;
    t->span = t->chunk;
    t->span_len = TRANSFORM_CHUNK - z->avail_out;
    if (result == Z_STREAM_END) {
        t->within_member = false;
        inflateReset(z);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return error_set(err, STATUS_PROTOCOL, "is not valid gzip (%s)",
                         z->msg != NULL ? z->msg : "no header");
    }
    return STATUS_OK;
}

static enum status refill(struct transform *t, struct transform_io *io, struct error *err)
{
    enum status status = STATUS_OK;
    if (t->options.gzip_level > 0) {
        status = inflate_chunk(t, io, err);
    } else {
        t->span = io->in;
        t->span_len = io->in_len;
        io->in += io->in_len;
        io->in_len = 0;
    }
    if (status == STATUS_OK && !t->source_begun && t->span_len > 0) {
        t->source_begun = true;
        status = format_refuse(t->span, t->span_len, err);
    }
    return status;
}

/* ---- content into output ---- */

/* How much of `data` is taken. */
static size_t put(struct transform *t, const uint8_t *data, size_t len, struct transform_io *io)
{
    size_t taken = len;
    if (t->options.gzip_level > 0) {
        z_stream *z = &t->deflating;
        z->next_in = (Bytef *)(uintptr_t)data;
        z->avail_in = (uInt)len;
        z->next_out = io->out;
        z->avail_out = (uInt)io->out_room;
        (void)deflate(z, Z_NO_FLUSH); /* cannot fail with room and input */
        taken = len - z->avail_in;
        io->out += io->out_room - z->avail_out;
        io->out_room = z->avail_out;
    } else {
        taken = len < io->out_room ? len : io->out_room;
        memcpy(io->out, data, taken);
        io->out += taken;
        io->out_room -= taken;
    }
    if (taken > 0) {
        t->passed_any = true;
        t->last = data[taken - 1];
    }
    return taken;
}

/* Decides on the front of the span: dropped, or `approved` to go out. */
static enum status look_at_span(struct transform *t, struct error *err)
{
    size_t taken = t->span_len;
    bool keep = true;
    if (t->options.csv_header_once && !t->source_over) {
        enum status status = csv_header_take(&t->csv, t->span, t->span_len, &taken, &keep, err);
        if (status != STATUS_OK)
            return status;
    }
    if (keep) {
        t->approved = taken;
    } else {
        t->span += taken;
        t->span_len -= taken;
    }
    return STATUS_OK;
}

/* Passes the span on as far as there is room, and the slice allows. */
static enum status drain(struct transform *t, struct transform_io *io, struct slice *slice,
                         struct error *err)
{
    while (t->span_len > 0 && slice->left > 0) {
        if (t->approved == 0) {
            enum status status = look_at_span(t, err);
            if (status != STATUS_OK)
                return status;
            continue;
        }
        if (io->out_room == 0) {
            slice->stuck = true;
            return STATUS_OK;
        }
        const size_t n = put(t, t->span, t->approved, io);
        t->span += n;
        t->span_len -= n;
        t->approved -= n;
        slice->left -= n < slice->left ? n : slice->left;
    }
    return STATUS_OK;
}

static enum transform_outcome outcome_of(const struct slice *slice)
{
    return slice->stuck ? TRANSFORM_NEEDS_ROOM : TRANSFORM_PAUSED;
}

static enum status feed(struct transform *t, struct transform_io *io,
                        enum transform_outcome *outcome, struct error *err)
{
    struct slice slice = {.left = TRANSFORM_SLICE};
    for (;;) {
        enum status status = drain(t, io, &slice, err);
        if (status != STATUS_OK)
            return status;
        if (t->span_len > 0) {
            *outcome = outcome_of(&slice);
            return STATUS_OK;
        }
        if (io->in_len == 0)
            break; /* what zlib still holds back comes with the trailer at the latest */
        status = refill(t, io, err);
        if (status != STATUS_OK)
            return status;
    }
    *outcome = TRANSFORM_DONE;
    return STATUS_OK;
}

/* ---- ends ---- */

static enum status begin_end(struct transform *t, struct error *err)
{
    if (t->within_member)
        return error_set(err, STATUS_PROTOCOL, "ends within a gzip member");
    if (t->options.csv_header_once) {
        enum status status = csv_header_end_source(&t->csv, err);
        if (status != STATUS_OK)
            return status;
    }
    t->source_over = true;
    if (!t->passed_any || t->last == '\n')
        return STATUS_OK;
    t->missing_newlines++;
    if (t->options.newline_ensure) {
        t->span = newline;
        t->span_len = sizeof newline;
    }
    return STATUS_OK;
}

static enum status end_source(struct transform *t, struct transform_io *io,
                              enum transform_outcome *outcome, struct error *err)
{
    struct slice slice = {.left = TRANSFORM_SLICE};
    enum status status = t->source_over ? STATUS_OK : begin_end(t, err);
    if (status == STATUS_OK)
        status = drain(t, io, &slice, err);
    if (status != STATUS_OK)
        return status;
    if (t->span_len > 0) {
        *outcome = outcome_of(&slice);
        return STATUS_OK;
    }
    t->source_begun = t->source_over = t->passed_any = false;
    csv_header_next_source(&t->csv);
    *outcome = TRANSFORM_DONE;
    return STATUS_OK;
}

static enum transform_outcome finish(struct transform *t, struct transform_io *io)
{
    if (t->options.gzip_level == 0)
        return TRANSFORM_DONE;
    if (io->out_room == 0)
        return TRANSFORM_NEEDS_ROOM;
    z_stream *z = &t->deflating;
    z->next_in = NULL;
    z->avail_in = 0;
    z->next_out = io->out;
    z->avail_out = (uInt)io->out_room;
    const int result = deflate(z, Z_FINISH);
    io->out += io->out_room - z->avail_out;
    io->out_room = z->avail_out;
    return result == Z_STREAM_END ? TRANSFORM_DONE : TRANSFORM_NEEDS_ROOM;
}

enum status transform_run(struct transform *t, enum transform_step step, struct transform_io *io,
                          enum transform_outcome *outcome, struct error *err)
{
    switch (step) {
    case TRANSFORM_FEED:
        return feed(t, io, outcome, err);
    case TRANSFORM_END_SOURCE:
        return end_source(t, io, outcome, err);
    case TRANSFORM_FINISH:
        break;
    }
    *outcome = finish(t, io);
    return STATUS_OK;
}
