/* SPDX-License-Identifier: MIT */
/* plan - cutting sources into pieces and parts. */
#include "compactor/plan.h"

#include <assert.h>

#include "lib/s3/multipart.h"

#define MIB (UINT64_C(1) << 20)

uint64_t plan_part_ceiling(unsigned number)
{
    if (number <= 1000)
        return 8 * MIB;
    if (number <= 3000)
        return 16 * MIB;
    if (number <= 6000)
        return 32 * MIB;
    return 64 * MIB;
}

void plan_init(struct plan *p, enum plan_way way)
{
    *p = (struct plan){.way = way};
}

static uint64_t ceiling(const struct plan *p)
{
    return plan_part_ceiling(p->way == PLAN_LAND ? 1 : p->parts);
}

/* Where the copied part of a source of `size` begins, after what the open part must borrow of it. */
static uint64_t copied_from(const struct plan *p, uint64_t size)
{
    if (p->way != PLAN_COPY || size < S3_PART_SIZE_MIN)
        return size;
    const bool too_small = p->part_open && p->part_bytes < S3_PART_SIZE_MIN;
    const uint64_t borrowed = too_small ? S3_PART_SIZE_MIN - p->part_bytes : 0;
    return size - borrowed >= S3_PART_SIZE_MIN ? borrowed : size;
}

void plan_source(struct plan *p, uint64_t size)
{
    assert(p->source_done == p->source_size);
    p->source_size = size;
    p->source_done = 0;
    p->source_copied_from = copied_from(p, size);
    p->sources++;
    p->bytes += size;
}

static void open_part(struct plan *p)
{
    p->parts++;
    p->part_bytes = 0;
    p->part_open = true;
}

/* The largest part that leaves none that is too small. */
static uint64_t cut_copy(struct plan *p, uint64_t left)
{
    open_part(p);
    p->part_open = false;
    if (left <= S3_PART_SIZE_MAX)
        return left;
    const uint64_t rest = left - S3_PART_SIZE_MAX;
    return rest < S3_PART_SIZE_MIN ? left - S3_PART_SIZE_MIN : S3_PART_SIZE_MAX;
}

static uint64_t cut_read(struct plan *p, uint64_t left)
{
    if (!p->part_open)
        open_part(p);
    uint64_t room = ceiling(p) - p->part_bytes;
    if (left > room && p->part_bytes >= S3_PART_SIZE_MIN) {
        open_part(p);
        room = ceiling(p);
    }
    return left < room ? left : room;
}

bool plan_next(struct plan *p, struct plan_piece *out)
{
    const uint64_t left = p->source_size - p->source_done;
    if (left == 0)
        return false;
    const bool copied = p->source_done >= p->source_copied_from;
    const bool borrowed = !copied && p->source_copied_from < p->source_size;
    uint64_t size = borrowed ? p->source_copied_from : left;
    size = copied ? cut_copy(p, size) : cut_read(p, size);
    *out = (struct plan_piece){
        .part = p->parts,
        .source_offset = p->source_done,
        .size = size,
        .whole = size == p->source_size,
        .ends_source = size == left,
        .copied = copied,
        .borrowed = borrowed,
    };
    p->part_bytes += size;
    p->source_done += size;
    p->pieces++;
    p->copies += copied;
    p->copied_bytes += copied ? size : 0;
    return true;
}
