/* SPDX-License-Identifier: MIT */
/*
 * plan - the planner: cuts the sources of one output into pieces and parts. Pure: it sees sizes, in
 * key order, and never the network.
 *
 *     plan_init(&plan);
 *     for each source:  plan_source(&plan, size);
 *                       while (plan_next(&plan, &piece)) ...one GET a piece...
 *     plan.parts, plan.pieces afterwards tell what it takes.
 *
 * A part holds whole sources up to its ceiling, which depends only on its number, so that the cut
 * needs no total and is the same in every mode. A source that does not fit begins the next part;
 * only where that would leave less than S3's smallest part is it cut, at the ceiling. So sources
 * up to PLAN_CEILING - S3_PART_SIZE_MIN are never cut, and larger ones are ranges, each an
 * ordinary piece. Empty sources have no pieces.
 */
#ifndef KIT_COMPACTOR_PLAN_H
#define KIT_COMPACTOR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Ceiling of part `number` (from 1): 8 MiB up to part 1,000, 16 to 3,000, 32 to 6,000, then 64. */
uint64_t plan_part_ceiling(unsigned number);

struct plan_piece {
    unsigned part;          /* number, from 1 */
    uint64_t source_offset; /* first byte within the source */
    uint64_t size;          /* > 0 */
    bool whole;             /* the source's only piece */
    bool ends_source;
};

struct plan {
    unsigned parts;      /* opened so far */
    uint64_t part_bytes; /* in the open part */
    uint64_t pieces;
    uint64_t sources;
    uint64_t bytes;
    uint64_t source_size; /* of the source being cut */
    uint64_t source_done;
};

void plan_init(struct plan *p);
/* The next source in key order; every piece of the one before must have been taken. */
void plan_source(struct plan *p, uint64_t size);
/* The next piece of that source; false when there is none left. Callers hold plan.parts against
 * S3_PARTS_MAX. */
bool plan_next(struct plan *p, struct plan_piece *out);

#endif
