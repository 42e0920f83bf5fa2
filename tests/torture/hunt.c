/* SPDX-License-Identifier: MIT */
/* hunt - see hunt.h. */
#include "tests/torture/hunt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/torture/enumerate.h"
#include "tests/torture/schedule.h"

#define ALL_UP "none" /* a name of no guard: the test build with every guard up */

enum way {
    WAY_UNDISTURBED, /* the scene's twists suffice */
    WAY_HELD,        /* requests of a dead run, applied at the end */
    WAY_SCHEDULES,   /* two runs at once */
};

/* What must be noticed, and where to look for it. */
static const struct hunted {
    const char *guard;
    const char *scene;
    enum way way;
    uint64_t most; /* requests or seeds, at the most */
    enum invariant broken;
} hunted[] = {
    {"manifest-create", "small", WAY_SCHEDULES, 40, INVARIANT_CONVERGES},
    {"output-create", "duel", WAY_HELD, 80, INVARIANT_ONE_OUTPUT},
    {"tombstone-create", "restored", WAY_HELD, 80, INVARIANT_BYTES_KEPT},
    {"tombstone", "duel", WAY_HELD, 80, INVARIANT_ONE_OUTPUT},
    {"source-match", "small", WAY_UNDISTURBED, 1, INVARIANT_AS_NAMED},
    {"delete-match", "small", WAY_UNDISTURBED, 1, INVARIANT_BYTES_KEPT},
    {"drop-listing", "small", WAY_SCHEDULES, 40, INVARIANT_ONE_OUTPUT},
    {"read-back", "damaged", WAY_UNDISTURBED, 1, INVARIANT_BYTES_KEPT},
};

const char *hunt_name(unsigned index)
{
    return index < sizeof hunted / sizeof *hunted ? hunted[index].guard : NULL;
}

static void case_name(const struct hunted *h, uint64_t i, char *out, size_t room)
{
    if (h->way == WAY_SCHEDULES)
        snprintf(out, room, "%s/schedule/%" PRIu64, h->scene, i);
    else if (h->way == WAY_HELD)
        snprintf(out, room, "%s/%s/%" PRIu64, h->scene, strike_name(STRIKE_KILL_AND_LATER), i);
    else
        snprintf(out, room, "%s/%s/1", h->scene, strike_name(STRIKE_APPLIED_RESET));
}

static void one_case(const struct hunted *h, const char *guard_down, const char *name,
                     struct tally *t)
{
    *t =
        (struct tally){.program = t->program, .guard_down = guard_down, .shares = 1, .quiet = true};
    if (h->way == WAY_SCHEDULES)
        (void)schedule_case(t, name);
    else
        (void)enumerate_case(t, name);
}

static bool hunt(const struct hunted *h, struct tally *t)
{
    char name[128];
    for (uint64_t i = 1; i <= h->most; i++) {
        case_name(h, i, name, sizeof name);
        one_case(h, h->guard, name, t);
        if (t->broken[h->broken] == 0)
            continue;
        one_case(h, ALL_UP, name, t);
        if (t->broken[h->broken] > 0) {
            printf("guard %s: %s breaks with the guard up as well\n", h->guard, name);
            return false;
        }
        printf("guard %s: down, %s shows \"%s\", case %" PRIu64 " of its kind\n", h->guard, name,
               invariant_name(h->broken), i);
        return true;
    }
    printf("guard %s: down, and nothing was noticed in %" PRIu64 " cases\n", h->guard, h->most);
    return false;
}

bool hunt_guard(struct tally *t, const char *name)
{
    for (unsigned i = 0; hunt_name(i) != NULL; i++)
        if (strcmp(hunted[i].guard, name) == 0)
            return hunt(&hunted[i], t);
    return false;
}
