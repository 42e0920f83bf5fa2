/* SPDX-License-Identifier: MIT */
/* enumerate - see enumerate.h. */
#include "tests/torture/enumerate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"
#include "tests/torture/stage_private.h"

#define NAME_MAX_SIZE 160

struct blow {
    enum strike kind;
    uint64_t request;
};

struct enumerated {
    const struct scene *scene;
    struct blow first;
    struct blow second; /* STRIKE_NONE: not struck */
    uint64_t release;   /* request of the second run; 0: after its end */
};

/* ---- names ---- */

static void name_of(const struct enumerated *c, char out[NAME_MAX_SIZE])
{
    char release[24] = "";
    char second[64] = "";
    if (c->release > 0)
        snprintf(release, sizeof release, "@%" PRIu64, c->release);
    if (c->second.kind != STRIKE_NONE)
        snprintf(second, sizeof second, "+%s/%" PRIu64, strike_name(c->second.kind),
                 c->second.request);
    snprintf(out, NAME_MAX_SIZE, "%s/%s/%" PRIu64 "%s%s", c->scene->name,
             strike_name(c->first.kind), c->first.request, release, second);
}

/* "STRIKE/REQUEST"; where it ends, or NULL. */
static const char *parse_blow(const char *text, struct blow *out)
{
    char kind[32];
    char *end;
    const size_t len = strcspn(text, "/");
    if (text[len] != '/' || len >= sizeof kind)
        return NULL;
    memcpy(kind, text, len);
    kind[len] = '\0';
    out->kind = strike_find(kind);
    out->request = strtoull(text + len + 1, &end, 10);
    return out->kind == STRIKE_NONE || out->request == 0 ? NULL : end;
}

static bool parse_name(const char *name, struct enumerated *out)
{
    const size_t len = strcspn(name, "/");
    *out = (struct enumerated){.scene = scene_find(name, len)};
    if (out->scene == NULL || name[len] != '/')
        return false;
    const char *at = parse_blow(name + len + 1, &out->first);
    if (at != NULL && *at == '@') {
        char *end;
        out->release = strtoull(at + 1, &end, 10);
        at = end;
    }
    if (at != NULL && *at == '+')
        at = parse_blow(at + 1, &out->second);
    return at != NULL && *at == '\0';
}

/* ---- one case ---- */

static void run_case(struct tally *t, const struct enumerated *c)
{
    struct stage stage;
    struct checker_report report;
    char name[NAME_MAX_SIZE];
    char about[3 * LEDGER_KEY_MAX];
    name_of(c, name);
    checker_report_init(&report);
    stage_open(&stage, c->scene, t->guard_down);
    stage_strike(&stage, 0, RUN_FIRST, c->first.request, c->first.kind);
    stage_strike(&stage, 1, RUN_SECOND, c->second.request, c->second.kind);
    stage_release_at(&stage, RUN_SECOND, c->release);
    (void)stage_run(&stage, RUN_FIRST);
    if (c->scene->plain)
        checker_judge_plain(stage.fixture->server, &stage.ledger, &stage.scope, true, &report);
    stage_change_between(&stage);
    const int second = stage_run(&stage, RUN_SECOND);
    if (second != 0 && c->second.kind == STRIKE_NONE && c->release == 0 && !c->scene->fails)
        checker_break(&report, INVARIANT_CONVERGES, "the second run ended with %d: %.400s", second,
                      stage.runs[RUN_SECOND].err.data);
    stage_finish(&stage, &report);
    snprintf(about, sizeof about, "%s%s%s", stage.strikes[0].what,
             c->second.kind != STRIKE_NONE ? ", then " : "", stage.strikes[1].what);
    tally_note(t, name, about, &report);
    stage_close(&stage);
    checker_report_release(&report);
}

bool enumerate_case(struct tally *t, const char *name)
{
    struct enumerated c;
    if (!parse_name(name, &c))
        return false;
    run_case(t, &c);
    return true;
}

/* ---- all of them ---- */

/* How many requests the first and the second run make when nothing happens. */
struct extent {
    uint64_t first;
    uint64_t second;
    bool writes[STAGE_REQUESTS];
};

static void measure(const struct tally *t, const struct scene *scene, struct extent *out)
{
    struct stage stage;
    stage_open(&stage, scene, t->guard_down);
    (void)stage_run(&stage, RUN_FIRST);
    stage_change_between(&stage);
    (void)stage_run(&stage, RUN_SECOND);
    out->first = stage.runs[RUN_FIRST].requests;
    out->second = stage.runs[RUN_SECOND].requests;
    memcpy(out->writes, stage.writes, sizeof out->writes);
    stage_close(&stage);
    if (out->first > STAGE_REQUESTS)
        stage_give_up("a scene with too many requests");
}

static void run_held(struct tally *t, struct enumerated *c, const struct extent *e,
                     unsigned releases)
{
    if (!e->writes[c->first.request - 1])
        releases = releases > 0 ? 1 : 0; /* whenever it is done, it does nothing */
    for (unsigned i = 0; i <= releases; i++) {
        /* Spread evenly, and shifted with the request, so that all points are met somewhere. */
        const uint64_t apart = e->second / (releases + 1) + 1;
        c->release = i == 0 ? 0 : 1 + ((i - 1) * apart + c->first.request) % e->second;
        if (tally_take(t))
            run_case(t, c);
    }
    c->release = 0;
}

void enumerate_requests(struct tally *t, const struct scene *scene, unsigned step,
                        unsigned releases)
{
    struct extent e;
    measure(t, scene, &e);
    for (uint64_t request = 1; request <= e.first; request += step)
        for (int kind = STRIKE_NONE + 1; kind < STRIKE_COUNT; kind++) {
            struct enumerated c = {.scene = scene, .first = {(enum strike)kind, request}};
            if (kind == STRIKE_KILL_AND_LATER)
                run_held(t, &c, &e, releases);
            else if (tally_take(t))
                run_case(t, &c);
        }
}

void enumerate_pairs(struct tally *t, const struct scene *scene, unsigned pairs)
{
    struct rng rng;
    struct extent e;
    measure(t, scene, &e);
    rng_seed(&rng, rng_hash(1, scene->name, strlen(scene->name)));
    for (unsigned i = 0; i < pairs; i++) {
        struct enumerated c = {.scene = scene};
        c.first.kind = (enum strike)(1 + rng_below(&rng, STRIKE_COUNT - 1));
        c.first.request = 1 + rng_below(&rng, e.first);
        c.second.kind = (enum strike)(1 + rng_below(&rng, STRIKE_COUNT - 1));
        c.second.request = 1 + rng_below(&rng, e.second);
        if (c.first.kind == STRIKE_KILL_AND_LATER)
            c.release = rng_below(&rng, e.second + 1);
        if (tally_take(t))
            run_case(t, &c);
    }
}
