/* SPDX-License-Identifier: MIT */
/* joiner_part - memory and digests of parts. */
#include <assert.h>
#include <stdlib.h>

#include "compactor/joiner_private.h"
#include "lib/base/crc.h"
#include "lib/s3/multipart.h"

#define EMPTY_MEMBER_MAX 4096 /* room for the member that no source at all makes */

void part_append(struct part_queue *q, struct joiner_part *part)
{
    if (q->last != NULL)
        q->last->next = part;
    else
        q->first = part;
    q->last = part;
}

struct joiner_part *part_remove_first(struct part_queue *q)
{
    struct joiner_part *part = q->first;
    q->first = part->next;
    if (q->first == NULL)
        q->last = NULL;
    part->next = NULL;
    return part;
}

/* ---- memory ---- */

/* The most that can be placed in part `number`: source bytes, and a newline for every source that
 * can still end in it. */
static size_t placed_capacity(const struct joiner *j, unsigned number)
{
    const uint64_t ceiling = plan_part_ceiling(j->transform != NULL ? 1 : number);
    const uint64_t left = j->options.source_bytes - j->bytes_placed;
    const uint64_t bytes = left < ceiling ? left : ceiling;
    const uint64_t least = j->options.newline == NEWLINE_GZIP ? NEWLINE_GZIP_MIN : 1;
    const uint64_t sources_left = j->options.sources - j->sources_placed;
    const uint64_t fit = bytes / least + 1;
    const uint64_t ends = sources_left < fit ? sources_left : fit;
    return (size_t)(bytes + ends * j->newline_len);
}

/* The most that part `number` of a transform's output can take. */
static size_t sending_capacity(const struct joiner *j, unsigned number)
{
    const uint64_t ceiling = plan_part_ceiling(number);
    uint64_t most = j->options.source_bytes + j->options.sources; /* all, with their newlines */
    if (j->transform_options.gzip_level > 0)
        most = j->options.source_bytes == 0 ? EMPTY_MEMBER_MAX : ceiling;
    return (size_t)(most < ceiling ? most : ceiling);
}

static struct joiner_part *part_new(unsigned number, size_t capacity, uint64_t charge)
{
    struct joiner_part *part = calloc(1, sizeof *part);
    if (part == NULL)
        return NULL;
    part->number = number;
    part->capacity = capacity;
    part->charge = charge;
    part->data = malloc(capacity);
    if (part->data != NULL)
        return part;
    free(part);
    return NULL;
}

/* The first part of the output has the same bytes as the output so far. */
static bool needs_hash(const struct joiner *j, const struct joiner_part *part)
{
    return j->hash == NULL || part->number > 1;
}

static enum joiner_placing set_up_placed(struct joiner *j, unsigned number, size_t capacity,
                                         uint64_t charge)
{
    struct joiner_part *part = part_new(number, capacity, charge);
    if (part == NULL) {
        budget_give_part(j->options.budget, charge);
        return JOINER_NO_MEMORY;
    }
    part->landing = j->transform != NULL;
    if (!part->landing && needs_hash(j, part) &&
        hash_new(HASH_SHA256, &part->hash, NULL) != STATUS_OK) {
        joiner_part_free(j, part);
        return JOINER_NO_MEMORY;
    }
    part_append(&j->placed, part);
    return JOINER_PLACED;
}

enum joiner_placing part_open_placed(struct joiner *j, unsigned number)
{
    const size_t capacity = placed_capacity(j, number);
    uint64_t charge = capacity;
    if (j->spare_landing > 0) {
        assert(capacity <= j->spare_landing); /* landing parts never grow */
        charge = j->spare_landing;
        j->spare_landing = 0;
        return set_up_placed(j, number, capacity, charge);
    }
    const bool first = j->transform != NULL && j->tail == 0;
    const uint64_t sending = first ? sending_capacity(j, 1) : 0;
    if (!budget_take_part(j->options.budget, charge + sending))
        return JOINER_NO_BUDGET;
    j->spare_sending += sending;
    return set_up_placed(j, number, capacity, charge);
}

struct joiner_part *part_open_sending(struct joiner *j, bool *failed)
{
    const unsigned number = j->opened + 1;
    const size_t capacity = sending_capacity(j, number);
    uint64_t charge = capacity;
    *failed = false;
    if (j->spare_sending >= charge) {
        charge = j->spare_sending;
    } else if (j->spare_sending > 0) {
        /* Later parts are larger, and this one must not wait for ever. */
        budget_insist_part(j->options.budget, charge - j->spare_sending);
    } else if (!budget_try_part(j->options.budget, charge)) {
        return NULL;
    }
    j->spare_sending = 0;
    struct joiner_part *part = part_new(number, capacity, charge);
    if (part == NULL ||
        (needs_hash(j, part) && hash_new(HASH_SHA256, &part->hash, NULL) != STATUS_OK)) {
        if (part == NULL)
            budget_give_part(j->options.budget, charge);
        joiner_part_free(j, part);
        *failed = true;
        return NULL;
    }
    j->opened = number;
    return part;
}

void part_give_spares(struct joiner *j, bool landing, bool sending)
{
    if (landing) {
        budget_give_part(j->options.budget, j->spare_landing);
        j->spare_landing = 0;
    }
    if (sending) {
        budget_give_part(j->options.budget, j->spare_sending);
        j->spare_sending = 0;
    }
}

void joiner_part_free(struct joiner *j, struct joiner_part *part)
{
    if (part == NULL)
        return;
    if (j->digesting == part)
        j->digesting = NULL;
    if (part->landing && !j->closed && j->spare_landing == 0)
        j->spare_landing = part->charge;
    else if (!part->landing && j->transform != NULL && !j->finished && j->spare_sending == 0)
        j->spare_sending = part->charge;
    else
        budget_give_part(j->options.budget, part->charge);
    hash_free(part->hash);
    free(part->data);
    free(part);
}

/* ---- digests ---- */

void part_digest(struct joiner *j, struct joiner_part *part, size_t len)
{
    const uint8_t *data = part->data + part->size - len;
    if (j->digesting != part)
        part_seal(j);
    j->digesting = part;
    if (j->hash != NULL)
        hash_update(j->hash, data, len);
    if (part->hash != NULL)
        hash_update(part->hash, data, len);
    if (j->multipart || j->transform != NULL)
        part->crc64nvme = crc_update(CRC_64NVME, part->crc64nvme, data, len);
    j->bytes_settled += len;
}

void part_count_crc(struct joiner *j, struct joiner_part *part)
{
    if (!part->crc_counted)
        j->crc = crc_combine(CRC_64NVME, j->crc, part->crc64nvme, part->size);
    part->crc_counted = true;
}

void part_seal(struct joiner *j)
{
    struct joiner_part *part = j->digesting;
    if (part == NULL)
        return;
    if (part->hash != NULL)
        hash_finish(part->hash, part->sha256);
    else
        hash_peek(j->hash, part->sha256);
    part_count_crc(j, part);
    j->digesting = NULL;
}
