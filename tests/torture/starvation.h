/* SPDX-License-Identifier: MIT */
/*
 * starvation - a run whose N-th allocation fails, for every N: it ends with exit status 1 and says
 * why, or does without; then it is run again to the end and judged.
 *
 * A case is written SCENE/starve/N (the program as it is, all its libraries included) or
 * SCENE/starve-own/N (the kit's own code; also under the sanitizers, which see what leaks then).
 */
#ifndef KIT_TESTS_TORTURE_STARVATION_H
#define KIT_TESTS_TORTURE_STARVATION_H

#include "tests/torture/tally.h"

void starve_many(struct tally *t, const struct scene *scene, bool own, unsigned step);
bool starve_case(struct tally *t, const char *name);

#endif
