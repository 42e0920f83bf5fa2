/* SPDX-License-Identifier: MIT */
/*
 * joiner_change - settling through a transform: bytes of landing parts become bytes of parts to send.
 *
 * It stops where the next piece is missing, where there is no memory for the next part to send (one
 * that was sent gives it back), or after a slice of work; joiner_pump goes on from there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compactor/joiner_private.h"
#include "lib/s3/multipart.h"

enum status slot_error(const struct joiner_slot *slot, struct error *err)
{
    if (err == NULL)
        return STATUS_PROTOCOL;
    const struct error what = *err;
    return error_set(err, what.status, "\"%.480s\" %s", slot->key != NULL ? slot->key : "",
                     what.text);
}

/* The open part is full and more is to come. False: no memory for another one now. */
static enum status next_open(struct joiner *j, bool *opened, struct error *err)
{
    bool failed = false;
    if (j->open != NULL) {
        j->multipart = true;
        part_append(&j->ready, j->open);
        j->open = NULL;
    }
    *opened = false;
    if (j->opened == S3_PARTS_MAX)
        return error_set(err, STATUS_LIMIT,
                         "the output would exceed %d parts (about 382 GiB); use "
                         "--target-size, or a finer --date-format, to make smaller ones",
                         S3_PARTS_MAX);
    j->open = part_open_sending(j, &failed);
    if (failed)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a part; try a smaller --memory");
    *opened = j->open != NULL;
    return STATUS_OK;
}

/* One call of the transform into the open part. */
static enum status run_step(struct joiner *j, enum transform_step step, struct transform_io *io,
                            enum transform_outcome *outcome, struct error *err)
{
    const size_t room = j->open != NULL ? j->open->capacity - j->open->size : 0;
    io->out = j->open != NULL ? j->open->data + j->open->size : NULL;
    io->out_room = room;
    enum status status = transform_run(j->transform, step, io, outcome, err);
    const size_t made = room - io->out_room;
    if (j->open != NULL && made > 0) {
        j->open->size += made;
        part_digest(j, j->open, made);
    }
    return status;
}

/* Repeats a step until it is done; `*stopped` when it cannot go on now. */
static enum status run_whole_step(struct joiner *j, enum transform_step step,
                                  struct transform_io *io, bool *stopped, struct error *err)
{
    for (;;) {
        enum transform_outcome outcome = TRANSFORM_DONE;
        bool opened = false;
        enum status status = run_step(j, step, io, &outcome, err);
        *stopped = false;
        if (status != STATUS_OK || outcome == TRANSFORM_DONE)
            return status;
        *stopped = true;
        j->busy = outcome == TRANSFORM_PAUSED;
        if (j->busy)
            return STATUS_OK;
        status = next_open(j, &opened, err);
        if (status != STATUS_OK || !opened)
            return status;
    }
}

static enum status change_slot(struct joiner *j, struct joiner_slot *slot, bool *stopped,
                               struct error *err)
{
    enum status status = STATUS_OK;
    *stopped = false;
    if (!slot->ending) {
        struct transform_io io = {.in = slot->into + slot->fed, .in_len = slot->size - slot->fed};
        status = run_whole_step(j, TRANSFORM_FEED, &io, stopped, err);
        slot->fed = slot->size - io.in_len;
        slot->ending = status == STATUS_OK && !*stopped;
    }
    if (status == STATUS_OK && slot->ending && slot->ends_source) {
        struct transform_io io = {.in_len = 0};
        status = run_whole_step(j, TRANSFORM_END_SOURCE, &io, stopped, err);
    }
    return status == STATUS_PROTOCOL || status == STATUS_INVALID ? slot_error(slot, err) : status;
}

/* The landing part is done with once it is closed and no slot of it is left. */
static void free_landed(struct joiner *j)
{
    const struct joiner_part *first = j->placed.first;
    if (first != NULL && first->closed && j->head >= first->end)
        joiner_part_free(j, part_remove_first(&j->placed));
}

static enum status finish(struct joiner *j, struct error *err)
{
    bool stopped = false;
    struct transform_io io = {.in_len = 0};
    enum status status = run_whole_step(j, TRANSFORM_FINISH, &io, &stopped, err);
    if (status != STATUS_OK || stopped)
        return status;
    if (j->open != NULL)
        part_append(&j->ready, j->open);
    j->open = NULL;
    j->finished = true;
    part_give_spares(j, true, true);
    return STATUS_OK;
}

enum status change_pump(struct joiner *j, struct error *err)
{
    bool stopped = false;
    j->busy = false;
    while (j->head != j->tail && slot_at(j, j->head)->filled) {
        struct joiner_slot *slot = slot_at(j, j->head);
        enum status status = change_slot(j, slot, &stopped, err);
        if (status != STATUS_OK || stopped)
            return status;
        free(slot->key);
        slot->key = NULL;
        j->head++;
        free_landed(j);
    }
    free_landed(j);
    return j->closed && j->head == j->tail && !j->finished ? finish(j, err) : STATUS_OK;
}
