/* SPDX-License-Identifier: MIT */
/*
 * torture - kills, repeats and delays the requests of s3-compact and judges what is left.
 *
 *     torture all [SCENE]         every case, or those of one scene
 *     torture short               a sample of them, for everyday tests
 *     torture case NAME           one of them, by the name that a failure prints
 *     torture soak SECONDS [SEED] a server at 5 % faults, for so long
 *     torture guard NAME          with a guard of the protocol down: fails unless that is noticed
 *     ... --guard-down NAME       on the test build of s3-compact, with a guard taken down
 *     ... --jobs N                shared out among so many processes
 *
 * The last line on stdout has the numbers; the exit status is 1 when a case failed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/torture/enumerate.h"
#include "tests/torture/hunt.h"
#include "tests/torture/schedule.h"
#include "tests/torture/soak.h"
#include "tests/torture/starvation.h"

#define JOBS_MAX 64

/* The address sanitizer has an allocator of its own, before which nothing can be preloaded. */
#ifdef __SANITIZE_ADDRESS__
#define KIT_SANITIZED true
#else
#define KIT_SANITIZED false
#endif

struct plan {
    const char *scene;
    unsigned step;     /* every so-manieth request */
    unsigned releases; /* of what was held, in the second run */
    unsigned pairs;    /* both runs struck */
    unsigned schedules;
    unsigned starve;     /* every so-manieth allocation; 0: none */
    unsigned starve_own; /* of the kit's own code */
};

static const struct plan whole[] = {
    {.scene = "small", .step = 1, .releases = 12, .pairs = 600, .schedules = 1000},
    {.scene = "duel",
     .step = 1,
     .releases = 12,
     .pairs = 60,
     .schedules = 200,
     .starve = 1,
     .starve_own = 1},
    {.scene = "restored", .step = 1, .releases = 12, .pairs = 60, .schedules = 200},
    {.scene = "kept", .step = 1, .releases = 4, .pairs = 100, .schedules = 200},
    {.scene = "parts", .step = 1, .releases = 6, .pairs = 100, .schedules = 60},
    {.scene = "plain", .step = 1, .releases = 4, .pairs = 60, .starve = 1, .starve_own = 1},
    {.scene = "plain-parts", .step = 1, .releases = 4, .pairs = 60},
    {0},
};
/* Without the allocations of libraries: libcurl can lose a transfer that finds no memory, and then
 * the run waits for as long as the harness lets it. */
static const struct plan sample[] = {
    {.scene = "small", .step = 11, .releases = 1, .pairs = 10, .schedules = 25},
    {.scene = "duel", .step = 11, .releases = 1, .pairs = 2, .schedules = 4, .starve_own = 41},
    {.scene = "restored", .step = 13, .releases = 1, .pairs = 2, .schedules = 4},
    {.scene = "kept", .step = 23, .releases = 1, .pairs = 2, .schedules = 4},
    {.scene = "parts", .step = 29, .releases = 1, .pairs = 2, .schedules = 2},
    {.scene = "plain", .step = 11, .releases = 1, .pairs = 2, .starve_own = 29},
    {.scene = "plain-parts", .step = 17, .releases = 1, .pairs = 2},
    {0},
};

static bool is_wanted(const struct tally *t, const struct plan *p)
{
    return t->scene == NULL || strcmp(t->scene, p->scene) == 0;
}

/* Every process numbers the cases alike, so those whose number may vary come last. */
static void run_plan(struct tally *t, const struct plan *plans)
{
    for (const struct plan *p = plans; p->scene != NULL; p++) {
        if (!is_wanted(t, p))
            continue;
        const struct scene *scene = scene_find(p->scene, strlen(p->scene));
        enumerate_requests(t, scene, p->step, p->releases);
        enumerate_pairs(t, scene, p->pairs);
        schedule_many(t, scene, 1, p->schedules);
    }
    for (const struct plan *p = plans; p->scene != NULL; p++) {
        const struct scene *scene = scene_find(p->scene, strlen(p->scene));
        if (!is_wanted(t, p))
            continue;
        if (p->starve > 0 && !KIT_SANITIZED)
            starve_many(t, scene, false, p->starve);
        if (p->starve_own > 0)
            starve_many(t, scene, true, p->starve_own);
    }
}

/* ---- several processes ---- */

struct sum {
    uint64_t cases, failures;
    uint64_t broken[INVARIANT_COUNT];
};

static void do_share(const struct tally *model, unsigned share, const struct plan *plan, int out)
{
    struct tally t = *model;
    t.share = share;
    run_plan(&t, plan);
    struct sum sum = {.cases = t.cases, .failures = t.failures};
    memcpy(sum.broken, t.broken, sizeof sum.broken);
    if (write(out, &sum, sizeof sum) != (ssize_t)sizeof sum)
        _exit(EXIT_FAILURE);
}

/* False when a process did not come to its end. */
static bool share_out(struct tally *t, const struct plan *plan)
{
    int ends[2];
    bool all = pipe(ends) == 0;
    (void)fflush(stdout);
    for (unsigned i = 0; i < t->shares && all; i++) {
        const pid_t pid = fork();
        all = pid >= 0;
        if (pid == 0) {
            do_share(t, i, plan, ends[1]);
            (void)fflush(stdout);
            _exit(EXIT_SUCCESS);
        }
    }
    close(ends[1]);
    for (unsigned i = 0; i < t->shares && all; i++) {
        struct sum sum;
        all = read(ends[0], &sum, sizeof sum) == (ssize_t)sizeof sum;
        t->cases += all ? sum.cases : 0;
        t->failures += all ? sum.failures : 0;
        for (int k = 0; k < INVARIANT_COUNT && all; k++)
            t->broken[k] += sum.broken[k];
    }
    close(ends[0]);
    while (wait(NULL) > 0) {
    }
    return all;
}

static int say(const struct tally *t, bool complete)
{
    for (int i = 0; i < INVARIANT_COUNT; i++)
        if (t->broken[i] > 0)
            printf("%s: %" PRIu64 " cases\n", invariant_name((enum invariant)i), t->broken[i]);
    printf("torture: %" PRIu64 " cases, %" PRIu64 " failures%s\n", t->cases, t->failures,
           complete ? "" : ", and not all were done");
    return t->failures == 0 && complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(void)
{
    fprintf(stderr, "usage: torture all [SCENE]|short|case NAME|guard NAME|soak SECONDS [SEED] "
                    "[--guard-down NAME] [--jobs N]\n");
    return 2;
}

/* What is done with the words of the command line; -1 when they are wrong. */
static int act(struct tally *t, const char *const words[3], int count)
{
    const char *verb = words[0];
    if (strcmp(verb, "case") == 0 && count == 2)
        return enumerate_case(t, words[1]) || schedule_case(t, words[1]) ||
                       starve_case(t, words[1]) || soak_case(t, words[1])
                   ? say(t, true)
                   : -1;
    if (strcmp(verb, "soak") == 0 && count >= 2) {
        soak(t, (unsigned)strtoul(words[1], NULL, 10),
             count > 2 ? strtoull(words[2], NULL, 10) : 1);
        return say(t, true);
    }
    if (strcmp(verb, "guard") == 0 && count == 2)
        return hunt_guard(t, words[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
    t->scene = words[1];
    if (strcmp(verb, "all") == 0 && count <= 2)
        return say(t, share_out(t, whole));
    if (strcmp(verb, "short") == 0 && count == 1)
        return say(t, share_out(t, sample));
    return -1;
}

int main(int argc, char **argv)
{
    struct tally t = {.program = argv[0], .shares = 1};
    const char *words[3] = {NULL, NULL, NULL};
    int count = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--guard-down") == 0 && i + 1 < argc)
            t.guard_down = argv[++i];
        else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
            t.shares = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (count < 3)
            words[count++] = argv[i];
    }
    if (count == 0 || t.shares == 0 || t.shares > JOBS_MAX)
        return usage();
    const int code = act(&t, words, count);
    return code >= 0 ? code : usage();
}
