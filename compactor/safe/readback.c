/* SPDX-License-Identifier: MIT */
/* readback - an object read whole and hashed. */
#include "compactor/safe/readback.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/joiner.h"
#include "compactor/plan.h"

struct readback_get {
    struct readback *readback;
    struct joiner_slot *slot;
    struct readback_get *next_free;
};

struct readback {
    struct lane *lane;
    char key[S3_KEY_MAX + 1];
    char etag[S3_ETAG_MAX];
    struct plan plan;
    struct plan_piece piece;
    bool piece_waits;
    bool closed;
    struct joiner *joiner;
    struct readback_get *gets;
    struct readback_get *free_gets;
};

enum status readback_new(const struct readback_spec *spec, struct readback **out, struct error *err)
{
    const unsigned window = spec->lane->shared->window;
    struct readback *r = calloc(1, sizeof *r);
    if (r == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for reading an output back");
    r->lane = spec->lane;
    snprintf(r->key, sizeof r->key, "%s", spec->key);
    snprintf(r->etag, sizeof r->etag, "%s", spec->etag);
    plan_init(&r->plan, PLAN_READ);
    plan_source(&r->plan, spec->size);
    r->gets = calloc(window, sizeof *r->gets);
    enum status status = STATUS_OK;
    if (r->gets == NULL)
        status = error_set(err, STATUS_NO_MEMORY, "out of memory for reading an output back");
    for (unsigned i = 0; status == STATUS_OK && i < window; i++) {
        r->gets[i] = (struct readback_get){.readback = r, .next_free = r->free_gets};
        r->free_gets = &r->gets[i];
    }
    if (status == STATUS_OK)
        status = joiner_new(&(struct joiner_options){.source_bytes = spec->size,
                                                     .sources = spec->size > 0,
                                                     .newline = NEWLINE_IGNORED,
                                                     .window = window,
                                                     .budget = &spec->lane->shared->budget},
                            &r->joiner, err);
    if (status != STATUS_OK) {
        readback_free(r);
        return status;
    }
    *out = r;
    return STATUS_OK;
}

void readback_free(struct readback *r)
{
    if (r == NULL)
        return;
    joiner_free(r->joiner);
    free(r->gets);
    free(r);
}

/* Only the hash is wanted: parts go as soon as they are settled. */
static void drop_parts(struct readback *r)
{
    struct joiner_part *part;
    while ((part = joiner_take(r->joiner)) != NULL)
        joiner_part_free(r->joiner, part);
}

static void on_got(void *ctx, const struct s3_reply *reply)
{
    struct readback_get *get = ctx;
    struct readback *r = get->readback;
    struct error error = reply->error;
    enum status status = reply->status;
    r->lane->in_flight--;
    if (status == STATUS_OK)
        status = joiner_filled(r->joiner, get->slot, &error);
    if (status != STATUS_OK)
        lane_fail(r->lane, "reading the output back", &error);
    get->next_free = r->free_gets;
    r->free_gets = get;
    drop_parts(r);
}

static enum issue send_get(struct readback *r, struct joiner_slot *slot)
{
    struct readback_get *get = r->free_gets;
    assert(get != NULL); /* as many as the joiner's window */
    r->free_gets = get->next_free;
    get->slot = slot;
    r->piece_waits = false;
    struct error error;
    enum status status =
        s3_get_object(r->lane->shared->destination,
                      &(struct s3_get){
                          .bucket = r->lane->shared->job->selection.destination.bucket,
                          .key = r->key,
                          .if_match = r->etag,
                          .ranged = !r->piece.whole,
                          .offset = r->piece.source_offset,
                          .size = r->piece.size,
                          .into = slot->into,
                      },
                      on_got, get, &error);
    return lane_sent(r->lane, "reading the output back", status, &error);
}

static bool next_piece(struct readback *r)
{
    if (!r->piece_waits && !r->closed) {
        r->piece_waits = plan_next(&r->plan, &r->piece);
        if (!r->piece_waits) {
            r->closed = true;
            joiner_close(r->joiner);
            drop_parts(r);
        }
    }
    return r->piece_waits;
}

enum issue readback_issue_fetch(struct readback *r)
{
    struct error error;
    struct joiner_slot *slot;
    if (r->lane->failed || !next_piece(r))
        return ISSUE_NOTHING;
    switch (joiner_place(r->joiner, &r->piece, r->key, &slot)) {
    case JOINER_PLACED:
        return send_get(r, slot);
    case JOINER_WINDOW_FULL:
        return ISSUE_NOTHING;
    case JOINER_NO_BUDGET:
        return ISSUE_BLOCKED;
    case JOINER_NO_MEMORY:
    case JOINER_TOO_MUCH:
        break;
    }
    error_set(&error, STATUS_NO_MEMORY, "out of memory for a part; try a smaller --memory");
    lane_fail(r->lane, NULL, &error);
    return ISSUE_NOTHING;
}

bool readback_sha256(struct readback *r, uint8_t out[SHA256_SIZE])
{
    if (!r->closed && !r->piece_waits)
        next_piece(r); /* finds the end of an empty object */
    if (!joiner_is_settled(r->joiner))
        return false;
    return joiner_sha256(r->joiner, out);
}
