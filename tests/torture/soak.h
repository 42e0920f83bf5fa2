/* SPDX-License-Identifier: MIT */
/* soak - compaction with deletion for minutes, on a server at 5 % faults of every kind. */
#ifndef KIT_TESTS_TORTURE_SOAK_H
#define KIT_TESTS_TORTURE_SOAK_H

#include "tests/torture/tally.h"

/* A case is a few rounds on one server: sources come, and are compacted until a run says that all is
 * well. Ends with the case during which `seconds` have passed. */
bool soak_case(struct tally *t, const char *name);
void soak(struct tally *t, unsigned seconds, uint64_t seed);

#endif
