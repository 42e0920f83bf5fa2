/* SPDX-License-Identifier: MIT */
/*
 * enumerate - every request of a run, struck in each of the six ways, then run again to the end,
 * recovered, run once more and judged.
 *
 * A case is written SCENE/STRIKE/REQUEST, with @N where what was held is let go before the N-th
 * request of the second run (otherwise after its end), and with +STRIKE/REQUEST where the second
 * run is struck as well: "small/kill-and-later/17@9+applied-500/20".
 */
#ifndef KIT_TESTS_TORTURE_ENUMERATE_H
#define KIT_TESTS_TORTURE_ENUMERATE_H

#include "tests/torture/tally.h"

/* Every `step`-th request of the first run of `scene`, in all six ways; where a request that writes
 * is held, it is let go at `releases` points of the second run and after its end. */
void enumerate_requests(struct tally *t, const struct scene *scene, unsigned step,
                        unsigned releases);
/* So many pairs, drawn: the first run struck, and the second one too. */
void enumerate_pairs(struct tally *t, const struct scene *scene, unsigned pairs);
/* One by its name; false when that is none. */
bool enumerate_case(struct tally *t, const char *name);

#endif
