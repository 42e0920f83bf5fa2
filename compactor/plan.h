/* SPDX-License-Identifier: MIT */
/*
 * plan - the planner: cuts the sources of one output into pieces and parts. Pure: it sees sizes, in
 * key order, and never the network.
 *
 *     plan_init(&plan, PLAN_READ);
 *     for each source:  plan_source(&plan, size);
 *                       while (plan_next(&plan, &piece)) ...one GET a piece...
 *     plan.parts, plan.pieces afterwards tell what it takes.
 *
 * A part holds whole sources up to its ceiling, which depends only on its number, so that the cut
 * needs no total and is the same in every mode. A source that does not fit begins the next part;
 * only where that would leave less than S3's smallest part is it cut, at the ceiling. So sources
 * up to PLAN_CEILING - S3_PART_SIZE_MIN are never cut, and larger ones are ranges, each an
 * ordinary piece. Empty sources have no pieces.
 *
 * PLAN_COPY makes parts of their own of sources of S3_PART_SIZE_MIN and more, to be copied by the
 * server: one part each, or several where S3_PART_SIZE_MAX is exceeded. Where the part before such
 * a source is still too small, it borrows the source's first bytes, which are then read; a source
 * that this would leave too small to be copied is read whole.
 *
 * PLAN_LAND is for sources that are changed on their way: its parts are only where bytes land, so
 * their ceiling never grows.
 */
#ifndef KIT_COMPACTOR_PLAN_H
#define KIT_COMPACTOR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Ceiling of part `number` (from 1): 8 MiB up to part 1,000, 16 to 3,000, 32 to 6,000, then 64. */
uint64_t plan_part_ceiling(unsigned number);

enum plan_way { PLAN_READ, PLAN_COPY, PLAN_LAND };

struct plan_piece {
    unsigned part;          /* number, from 1 */
    uint64_t source_offset; /* first byte within the source */
    uint64_t size;          /* > 0 */
    bool whole;             /* the source's only piece */
    bool ends_source;
    bool copied;   /* a part of its own, copied by the server */
    bool borrowed; /* read, while the rest of its source is copied */
};

struct plan {
    enum plan_way way;
    bool part_open;      /* takes more bytes */
    unsigned parts;      /* opened so far */
    uint64_t part_bytes; /* in the open part */
    uint64_t pieces;
    uint64_t sources;
    uint64_t bytes;
    uint64_t copies; /* pieces that are copied */
    uint64_t copied_bytes;
    uint64_t source_size; /* of the source being cut */
    uint64_t source_done;
    uint64_t source_copied_from; /* offset from which on it is copied; its size: nowhere */
};

void plan_init(struct plan *p, enum plan_way way);
/* The next source in key order; every piece of the one before must have been taken. */
void plan_source(struct plan *p, uint64_t size);
/* The next piece of that source; false when there is none left. Callers hold plan.parts against
 * S3_PARTS_MAX. */
bool plan_next(struct plan *p, struct plan_piece *out);

#endif
