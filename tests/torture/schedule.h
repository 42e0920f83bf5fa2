/* SPDX-License-Identifier: MIT */
/*
 * schedule - two runs at once, request by request in an order drawn from a seed; either may be
 * killed with its request in flight, which is applied later, and sources come and change meanwhile.
 *
 * A run in sequential mode has one request in flight, so when every living run waits to be let
 * through, nothing else is under way: the seed alone decides what happens.
 */
#ifndef KIT_TESTS_TORTURE_SCHEDULE_H
#define KIT_TESTS_TORTURE_SCHEDULE_H

#include "tests/torture/tally.h"

/* `scene`'s name and the seed are the name of the case: "crowd/schedule/17". */
void schedule_run(struct tally *t, const struct scene *scene, uint64_t seed);
void schedule_many(struct tally *t, const struct scene *scene, uint64_t from, uint64_t count);
bool schedule_case(struct tally *t, const char *name);

#endif
