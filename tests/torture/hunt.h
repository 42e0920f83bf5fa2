/* SPDX-License-Identifier: MIT */
/*
 * hunt - takes one guard of the protocol down and looks for a case in which the checker notices. A
 * torture that stays silent then proves nothing, so that is the failure here.
 */
#ifndef KIT_TESTS_TORTURE_HUNT_H
#define KIT_TESTS_TORTURE_HUNT_H

#include "tests/torture/tally.h"

/* The name of the guard at `index`, as s3-compact-torture knows it; NULL past the last. */
const char *hunt_name(unsigned index);
/* Whether the guard's absence was noticed, and the same cases are clean with it. Says on stdout what
 * noticed it. False for an unknown name too. */
bool hunt_guard(struct tally *t, const char *name);

#endif
