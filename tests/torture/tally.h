/* SPDX-License-Identifier: MIT */
/*
 * tally - counts cases and failures, shares cases out among processes, and says how to replay what
 * failed.
 */
#ifndef KIT_TESTS_TORTURE_TALLY_H
#define KIT_TESTS_TORTURE_TALLY_H

#include "tests/torture/scenes.h"

struct tally {
    const char *program; /* for the line that says how to replay */
    const char *guard_down;
    const char *scene;      /* only cases of this one; NULL: of all */
    unsigned share, shares; /* this process does every case whose number % shares == share */
    uint64_t next;          /* number of the next case */
    uint64_t cases;         /* done here */
    uint64_t failures;
    uint64_t broken[INVARIANT_COUNT]; /* cases that broke it */
    bool quiet;                       /* failures are expected and not printed */
};

/* Whether the next case is this process's. */
bool tally_take(struct tally *t);
/* Notes a case. `about` says what was struck. */
void tally_note(struct tally *t, const char *name, const char *about,
                const struct checker_report *report);

#endif
