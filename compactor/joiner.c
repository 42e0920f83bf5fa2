/* SPDX-License-Identifier: MIT */
/* joiner - pieces into parts, in order. */
#include "compactor/joiner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/joiner_private.h"
#include "lib/base/crc.h"

static enum status set_up(struct joiner *j, struct error *err)
{
    const struct joiner_options *options = &j->options;
    enum status status = STATUS_OK;
    j->slots = calloc(options->window, sizeof *j->slots);
    if (j->slots == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    if (options->transform != NULL) {
        j->transform_options = *options->transform;
        j->options.transform = &j->transform_options;
        status = transform_new(options->transform, &j->transform, err);
    } else {
        j->newline_bytes = newline_bytes(options->newline, &j->newline_len);
        j->multipart = options->source_bytes > plan_part_ceiling(1);
        status = newline_new(options->newline, &j->newline, err);
    }
    if (status == STATUS_OK && !options->copies)
        status = hash_new(HASH_SHA256, &j->hash, err);
    return status;
}

enum status joiner_new(const struct joiner_options *options, struct joiner **out, struct error *err)
{
    assert(options->window > 0 && (options->window & (options->window - 1)) == 0);
    assert(options->transform == NULL || !options->copies);
    struct joiner *j = calloc(1, sizeof *j);
    if (j == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    j->options = *options;
    j->crc_known = true;
    enum status status = set_up(j, err);
    if (status != STATUS_OK) {
        joiner_free(j);
        return status;
    }
    *out = j;
    return STATUS_OK;
}

static void free_queue(struct joiner *j, struct part_queue *q)
{
    while (q->first != NULL)
        joiner_part_free(j, part_remove_first(q));
}

void joiner_free(struct joiner *j)
{
    if (j == NULL)
        return;
    j->closed = j->finished = true; /* nothing is held for later */
    free_queue(j, &j->placed);
    free_queue(j, &j->ready);
    joiner_part_free(j, j->open);
    part_give_spares(j, true, true);
    for (unsigned i = 0; j->slots != NULL && i < j->options.window; i++)
        free(j->slots[i].key);
    hash_free(j->hash);
    newline_free(j->newline);
    transform_free(j->transform);
    free(j->slots);
    free(j);
}

/* ---- placing ---- */

/* Whether settling looks into the bytes, and may find them wrong. */
static bool may_fail(const struct joiner *j)
{
    return j->transform != NULL || j->options.newline == NEWLINE_GZIP;
}

static enum joiner_placing place_in_part(struct joiner *j, const struct plan_piece *piece,
                                         const char *key, struct joiner_slot *slot)
{
    struct joiner_part *part = j->placed.last;
    if (part == NULL || part->number != piece->part) {
        /* First, so that the part before can go even where this one has to wait for its memory. */
        if (part != NULL)
            part->closed = true;
        const enum joiner_placing placing = part_open_placed(j, piece->part);
        if (placing != JOINER_PLACED)
            return placing;
        part = j->placed.last;
    }
    char *copy = may_fail(j) ? strdup(key) : NULL;
    if (may_fail(j) && copy == NULL)
        return JOINER_NO_MEMORY;
    *slot = (struct joiner_slot){.part = part,
                                 .into = part->data + part->placed,
                                 .offset = part->placed,
                                 .size = (size_t)piece->size,
                                 .ends_source = piece->ends_source,
                                 .borrowed = piece->borrowed,
                                 .key = copy};
    part->end = j->tail + 1;
    part->placed += slot->size + (piece->ends_source ? j->newline_len : 0);
    assert(part->placed <= part->capacity);
    return JOINER_PLACED;
}

static bool exceeds_options(const struct joiner *j, const struct plan_piece *piece)
{
    return piece->size > j->options.source_bytes - j->bytes_placed ||
           (piece->ends_source && j->sources_placed == j->options.sources);
}

enum joiner_placing joiner_place(struct joiner *j, const struct plan_piece *piece, const char *key,
                                 struct joiner_slot **out)
{
    assert(!j->closed);
    if (j->tail - j->head == j->options.window)
        return JOINER_WINDOW_FULL;
    if (exceeds_options(j, piece))
        return JOINER_TOO_MUCH;
    struct joiner_slot *slot = slot_at(j, j->tail);
    if (piece->copied) {
        assert(j->options.copies);
        if (j->placed.last != NULL)
            j->placed.last->closed = true;
        *slot =
            (struct joiner_slot){.size = (size_t)piece->size, .ends_source = piece->ends_source};
    } else {
        const enum joiner_placing placing = place_in_part(j, piece, key, slot);
        if (placing != JOINER_PLACED)
            return placing;
    }
    j->bytes_placed += piece->size;
    j->sources_placed += piece->ends_source;
    j->tail++;
    *out = slot;
    return JOINER_PLACED;
}

/* ---- settling what stays as it is ---- */

static void settle_copied(struct joiner *j, const struct joiner_slot *slot)
{
    part_seal(j);
    j->bytes_settled += slot->size;
    if (!slot->ends_source)
        return; /* its source counts once */
    j->crc_known = j->crc_known && slot->has_crc;
    j->crc = crc_combine(CRC_64NVME, j->crc, slot->crc64nvme, slot->source_size);
}

/* Adds the newline that the source lacks, where that is wanted. */
static enum status end_source(struct joiner *j, struct joiner_part *part, size_t *added,
                              struct error *err)
{
    bool missing = false;
    enum status status = newline_end(j->newline, &missing, err);
    if (status != STATUS_OK)
        return status;
    j->missing_newlines += missing;
    if (!missing || j->newline_len == 0)
        return STATUS_OK;
    memcpy(part->data + part->size, j->newline_bytes, j->newline_len);
    part->size += j->newline_len;
    *added += j->newline_len;
    j->added_newlines++;
    return STATUS_OK;
}

static enum status settle_kept(struct joiner *j, const struct joiner_slot *slot, struct error *err)
{
    struct joiner_part *part = slot->part;
    size_t added = slot->size;
    enum status status = newline_feed(j->newline, slot->into, slot->size, err);
    if (status != STATUS_OK)
        return status;
    if (part->size != slot->offset)
        memmove(part->data + part->size, slot->into, slot->size);
    /* These bytes count with their source's own checksum. */
    if (slot->borrowed)
        part_count_crc(j, part);
    part->size += slot->size;
    if (slot->ends_source)
        status = end_source(j, part, &added, err);
    if (status == STATUS_OK)
        part_digest(j, part, added);
    return status;
}

static enum status settle(struct joiner *j, struct joiner_slot *slot, struct error *err)
{
    if (slot->part == NULL) {
        settle_copied(j, slot);
        return STATUS_OK;
    }
    enum status status = settle_kept(j, slot, err);
    if (status == STATUS_PROTOCOL)
        status = slot_error(slot, err);
    free(slot->key);
    slot->key = NULL;
    return status;
}

enum status joiner_filled(struct joiner *j, struct joiner_slot *slot, struct error *err)
{
    slot->filled = true;
    if (j->transform != NULL)
        return change_pump(j, err);
    while (j->head != j->tail && slot_at(j, j->head)->filled) {
        enum status status = settle(j, slot_at(j, j->head), err);
        if (status != STATUS_OK)
            return status;
        j->head++;
    }
    return STATUS_OK;
}

void joiner_close(struct joiner *j)
{
    j->closed = true;
    if (j->placed.last != NULL)
        j->placed.last->closed = true;
    part_give_spares(j, true, false);
}

enum status joiner_pump(struct joiner *j, struct error *err)
{
    return j->transform != NULL ? change_pump(j, err) : STATUS_OK;
}

bool joiner_is_busy(const struct joiner *j)
{
    return j->busy;
}

/* ---- taking ---- */

static bool first_is_settled(const struct joiner *j)
{
    const struct joiner_part *first = j->placed.first;
    return first != NULL && first->closed && j->head >= first->end;
}

struct joiner_part *joiner_take(struct joiner *j)
{
    struct joiner_part *part = NULL;
    if (j->transform != NULL)
        part = j->ready.first != NULL ? part_remove_first(&j->ready) : NULL;
    else if (first_is_settled(j))
        part = part_remove_first(&j->placed);
    if (part != NULL && part == j->digesting)
        part_seal(j);
    return part;
}

bool joiner_is_multipart(const struct joiner *j)
{
    return j->multipart;
}

bool joiner_is_settled(const struct joiner *j)
{
    return j->closed && j->head == j->tail && (j->transform == NULL || j->finished);
}

bool joiner_drained(const struct joiner *j)
{
    return joiner_is_settled(j) && j->placed.first == NULL && j->ready.first == NULL;
}

/* ---- what came of it ---- */

uint64_t joiner_bytes(const struct joiner *j)
{
    return j->bytes_settled;
}

void joiner_counts(const struct joiner *j, struct joiner_counts *out)
{
    struct transform_counts changed = {0};
    if (j->transform != NULL)
        transform_counts(j->transform, &changed);
    *out = (struct joiner_counts){
        .missing_newlines = j->missing_newlines + changed.missing_newlines,
        .added_newlines = j->added_newlines,
        .headers_dropped = changed.headers_dropped,
    };
}

bool joiner_sha256(const struct joiner *j, uint8_t out[SHA256_SIZE])
{
    if (j->hash == NULL)
        return false;
    hash_peek(j->hash, out);
    return true;
}

bool joiner_crc64nvme(struct joiner *j, uint64_t *out)
{
    if (!j->crc_known || !j->multipart)
        return false;
    part_seal(j);
    *out = j->crc;
    return true;
}
