/* SPDX-License-Identifier: MIT */
/* joiner - pieces into parts, in order. */
#include "compactor/joiner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct joiner {
    struct joiner_options options;
    size_t newline_len;
    const uint8_t *newline_bytes;
    struct newline *newline;
    struct hash *hash; /* of the whole output */
    bool one_part;
    bool closed;
    uint64_t bytes_placed;
    uint64_t sources_placed; /* whose last piece is placed */
    uint64_t bytes_settled;
    uint64_t missing_newlines;
    uint64_t added_newlines;
    struct joiner_part *first; /* not yet taken, in order */
    struct joiner_part *last;
    uint64_t head; /* number of slots settled */
    uint64_t tail; /* number of slots placed */
    struct joiner_slot *slots;
};

enum status joiner_new(const struct joiner_options *options, struct joiner **out, struct error *err)
{
    assert(options->window > 0 && (options->window & (options->window - 1)) == 0);
    struct joiner *j = calloc(1, sizeof *j);
    if (j == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    j->options = *options;
    j->one_part = options->source_bytes <= plan_part_ceiling(1);
    j->newline_bytes = newline_bytes(options->newline, &j->newline_len);
    j->slots = calloc(options->window, sizeof *j->slots);
    enum status status = STATUS_OK;
    if (j->slots == NULL)
        status = error_set(err, STATUS_NO_MEMORY, "out of memory for an output");
    if (status == STATUS_OK)
        status = newline_new(options->newline, &j->newline, err);
    if (status == STATUS_OK)
        status = hash_new(HASH_SHA256, &j->hash, err);
    if (status != STATUS_OK) {
        joiner_free(j);
        return status;
    }
    *out = j;
    return STATUS_OK;
}

void joiner_part_free(struct joiner *j, struct joiner_part *part)
{
    if (part == NULL)
        return;
    budget_give_part(j->options.budget, part->capacity);
    hash_free(part->hash);
    free(part->data);
    free(part);
}

void joiner_free(struct joiner *j)
{
    if (j == NULL)
        return;
    while (j->first != NULL) {
        struct joiner_part *part = j->first;
        j->first = part->next;
        joiner_part_free(j, part);
    }
    hash_free(j->hash);
    newline_free(j->newline);
    free(j->slots);
    free(j);
}

/* The most that can go into part `number`: source bytes, and a newline for every source that can
 * still end in it. */
static size_t part_capacity(const struct joiner *j, unsigned number)
{
    const uint64_t ceiling = plan_part_ceiling(number);
    const uint64_t left = j->options.source_bytes - j->bytes_placed;
    const uint64_t bytes = left < ceiling ? left : ceiling;
    const uint64_t least = j->options.newline == NEWLINE_GZIP ? NEWLINE_GZIP_MIN : 1;
    const uint64_t sources_left = j->options.sources - j->sources_placed;
    const uint64_t fit = bytes / least + 1;
    const uint64_t ends = sources_left < fit ? sources_left : fit;
    return (size_t)(bytes + ends * j->newline_len);
}

static enum joiner_placing open_part(struct joiner *j, unsigned number)
{
    /* First, so that the part before can go even where this one has to wait for its memory. */
    if (j->last != NULL)
        j->last->closed = true;
    const size_t capacity = part_capacity(j, number);
    if (!budget_take_part(j->options.budget, capacity))
        return JOINER_NO_BUDGET;
    struct joiner_part *part = calloc(1, sizeof *part);
    if (part == NULL) {
        budget_give_part(j->options.budget, capacity);
        return JOINER_NO_MEMORY;
    }
    part->number = number;
    part->capacity = capacity;
    part->data = malloc(capacity);
    if (part->data == NULL ||
        (!j->one_part && hash_new(HASH_SHA256, &part->hash, NULL) != STATUS_OK)) {
        joiner_part_free(j, part);
        return JOINER_NO_MEMORY;
    }
    if (j->last != NULL)
        j->last->next = part;
    else
        j->first = part;
    j->last = part;
    return JOINER_PLACED;
}

static bool exceeds_options(const struct joiner *j, const struct plan_piece *piece)
{
    return piece->size > j->options.source_bytes - j->bytes_placed ||
           (piece->ends_source && j->sources_placed == j->options.sources);
}

enum joiner_placing joiner_place(struct joiner *j, const struct plan_piece *piece,
                                 struct joiner_slot **out)
{
    assert(!j->closed);
    if (j->tail - j->head == j->options.window)
        return JOINER_WINDOW_FULL;
    if (exceeds_options(j, piece))
        return JOINER_TOO_MUCH;
    if (j->last == NULL || j->last->number != piece->part) {
        const enum joiner_placing placing = open_part(j, piece->part);
        if (placing != JOINER_PLACED)
            return placing;
    }
    struct joiner_part *part = j->last;
    struct joiner_slot *slot = &j->slots[j->tail & (j->options.window - 1)];
    *slot = (struct joiner_slot){.part = part,
                                 .offset = part->placed,
                                 .size = (size_t)piece->size,
                                 .ends_source = piece->ends_source};
    part->placed += slot->size + (piece->ends_source ? j->newline_len : 0);
    assert(part->placed <= part->capacity);
    j->bytes_placed += piece->size;
    j->sources_placed += piece->ends_source;
    j->tail++;
    *out = slot;
    return JOINER_PLACED;
}

static void hash_settled(struct joiner *j, struct joiner_part *part, size_t len)
{
    const uint8_t *data = part->data + part->size - len;
    hash_update(j->hash, data, len);
    if (part->hash != NULL)
        hash_update(part->hash, data, len);
    j->bytes_settled += len;
}

static enum status settle(struct joiner *j, const struct joiner_slot *slot, struct error *err)
{
    struct joiner_part *part = slot->part;
    const uint8_t *bytes = part->data + slot->offset;
    enum status status = newline_feed(j->newline, bytes, slot->size, err);
    if (status != STATUS_OK)
        return status;
    if (part->size != slot->offset)
        memmove(part->data + part->size, bytes, slot->size);
    part->size += slot->size;
    size_t added = slot->size;
    if (slot->ends_source) {
        bool missing = false;
        status = newline_end(j->newline, &missing, err);
        if (status != STATUS_OK)
            return status;
        j->missing_newlines += missing;
        if (missing && j->newline_len > 0) {
            memcpy(part->data + part->size, j->newline_bytes, j->newline_len);
            part->size += j->newline_len;
            added += j->newline_len;
            j->added_newlines++;
        }
    }
    hash_settled(j, part, added);
    return STATUS_OK;
}

enum status joiner_filled(struct joiner *j, struct joiner_slot *slot, struct error *err)
{
    slot->filled = true;
    while (j->head != j->tail) {
        const struct joiner_slot *next = &j->slots[j->head & (j->options.window - 1)];
        if (!next->filled)
            break;
        enum status status = settle(j, next, err);
        if (status != STATUS_OK)
            return status;
        j->head++;
    }
    return STATUS_OK;
}

void joiner_close(struct joiner *j)
{
    j->closed = true;
    if (j->last != NULL)
        j->last->closed = true;
}

/* The first part is settled once the head slot, if any, belongs to a later one. */
static bool first_is_settled(const struct joiner *j)
{
    if (j->first == NULL || !j->first->closed)
        return false;
    if (j->head == j->tail)
        return true;
    return j->slots[j->head & (j->options.window - 1)].part != j->first;
}

struct joiner_part *joiner_take(struct joiner *j)
{
    if (!first_is_settled(j))
        return NULL;
    struct joiner_part *part = j->first;
    j->first = part->next;
    if (j->first == NULL)
        j->last = NULL;
    part->next = NULL;
    if (part->hash != NULL)
        hash_finish(part->hash, part->sha256);
    else
        hash_peek(j->hash, part->sha256);
    return part;
}

bool joiner_is_settled(const struct joiner *j)
{
    return j->closed && j->head == j->tail;
}

bool joiner_drained(const struct joiner *j)
{
    return joiner_is_settled(j) && j->first == NULL;
}

uint64_t joiner_bytes(const struct joiner *j)
{
    return j->bytes_settled;
}

uint64_t joiner_missing_newlines(const struct joiner *j)
{
    return j->missing_newlines;
}

uint64_t joiner_added_newlines(const struct joiner *j)
{
    return j->added_newlines;
}

void joiner_sha256(const struct joiner *j, uint8_t out[SHA256_SIZE])
{
    hash_peek(j->hash, out);
}
