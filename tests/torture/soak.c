/* SPDX-License-Identifier: MIT */
/* soak - see soak.h. */
#include "tests/torture/soak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"

#define ROUNDS       6
#define SOURCES      40 /* a round */
#define LARGE_BYTES  (6u << 20)
#define ATTEMPTS_MAX 20 /* runs until one says that all is well */
#define DAYS         6
#define SMALL_MAX    3000

struct soaking {
    struct stage stage;
    struct rng rng;
    struct checker_report report;
    unsigned runs;
};

static void put_sources(struct soaking *s, unsigned round)
{
    char *data = malloc(LARGE_BYTES);
    char key[LEDGER_KEY_MAX];
    if (data == NULL)
        exit(EXIT_FAILURE);
    for (unsigned i = 0; i < SOURCES; i++) {
        const bool large = round == 1 && i == 0;
        const size_t size = large ? LARGE_BYTES : 1 + (size_t)rng_below(&s->rng, SMALL_MAX);
        for (size_t at = 0; at < size; at++)
            data[at] = (char)('a' + (rng_next(&s->rng) & 15));
        data[size - 1] = '\n';
        snprintf(key, sizeof key, "in/2024/01/%d/%u-%u.json", (int)(10 + rng_below(&s->rng, DAYS)),
                 round, i);
        ledger_put(&s->stage.ledger, key, data, size);
    }
    free(data);
}

/* Runs again, and meets other faults, until a run succeeds. */
static void run_until_well(struct soaking *s, int run)
{
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
        stage_forget(&s->stage, run);
        s3_server_reseed(s->stage.fixture->server, rng_next(&s->rng));
        s->runs++;
        if (stage_run(&s->stage, run) == 0)
            return;
    }
    checker_break(&s->report, INVARIANT_CONVERGES, "%d runs failed, the last with: %.1000s",
                  ATTEMPTS_MAX, s->stage.runs[run].err.data);
}

static void soak_seed(struct tally *t, uint64_t seed)
{
    struct soaking *s = calloc(1, sizeof *s);
    char name[64];
    char about[64];
    if (s == NULL)
        exit(EXIT_FAILURE);
    rng_seed(&s->rng, seed);
    checker_report_init(&s->report);
    stage_open(&s->stage, scene_find("soak", strlen("soak")), t->guard_down);
    for (unsigned round = 0; round < ROUNDS && checker_report_count(&s->report) == 0; round++) {
        put_sources(s, round);
        run_until_well(s, RUN_FIRST);
    }
    run_until_well(s, RUN_RECOVER);
    checker_judge(s->stage.fixture->server, &s->stage.ledger, &s->stage.scope, &s->report);
    snprintf(name, sizeof name, "soak/%" PRIu64, seed);
    snprintf(about, sizeof about, "%u runs", s->runs);
    tally_note(t, name, about, &s->report);
    stage_close(&s->stage);
    checker_report_release(&s->report);
    free(s);
}

bool soak_case(struct tally *t, const char *name)
{
    static const char way[] = "soak/";
    char *end;
    if (strncmp(name, way, strlen(way)) != 0)
        return false;
    const uint64_t seed = strtoull(name + strlen(way), &end, 10);
    if (*end != '\0' || seed == 0)
        return false;
    soak_seed(t, seed);
    return true;
}

void soak(struct tally *t, unsigned seconds, uint64_t seed)
{
    const struct mono began = clock_mono(clock_system());
    do {
        soak_seed(t, seed);
        seed += t->shares;
    } while (mono_since_s(clock_mono(clock_system()), began) < seconds);
}
