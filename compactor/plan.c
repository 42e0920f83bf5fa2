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

void plan_init(struct plan *p)
{
    *p = (struct plan){0};
}

void plan_source(struct plan *p, uint64_t size)
{
    assert(p->source_done == p->source_size);
    p->source_size = size;
    p->source_done = 0;
    p->sources++;
    p->bytes += size;
}

static void open_part(struct plan *p)
{
    p->parts++;
    p->part_bytes = 0;
}

bool plan_next(struct plan *p, struct plan_piece *out)
{
    const uint64_t left = p->source_size - p->source_done;
    if (left == 0)
        return false;
    if (p->parts == 0)
        open_part(p);
    uint64_t room = plan_part_ceiling(p->parts) - p->part_bytes;
    if (left > room && p->part_bytes >= S3_PART_SIZE_MIN) {
        open_part(p);
        room = plan_part_ceiling(p->parts);
    }
    const uint64_t size = left < room ? left : room;
    *out = (struct plan_piece){
        .part = p->parts,
        .source_offset = p->source_done,
        .size = size,
        .whole = size == p->source_size,
        .ends_source = size == left,
    };
    p->part_bytes += size;
    p->source_done += size;
    p->pieces++;
    return true;
}
