/* SPDX-License-Identifier: MIT */
/* schedule - see schedule.h. */
#include "tests/torture/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"

#define RUNNERS   3
#define HELD_MAX  RUNNERS
#define STEPS_MAX 20000
#define KILLS_MAX 2
#define CHANGES   4 /* of the sources, in one schedule */
#define NAME_ROOM 96

struct schedule {
    struct stage *stage;
    struct rng rng;
    unsigned started;
    unsigned kills, changes;
    uint64_t held[HELD_MAX]; /* requests of the dead, not applied yet */
    unsigned held_count;
};

/* ---- sources that change ---- */

/* New bytes of the same size, what was there at first, nothing, or a new key. */
static void change_something(struct schedule *s)
{
    struct stage *stage = s->stage;
    const struct scene_object *objects = stage->scene->objects;
    char text[64];
    size_t count = 0;
    while (objects[count].key != NULL && strncmp(objects[count].key, "in/2024/01/1", 12) == 0 &&
           objects[count].text != NULL && strlen(objects[count].key) > 16)
        count++;
    const struct scene_object *o = &objects[rng_below(&s->rng, count)];
    s->changes++;
    switch (rng_below(&s->rng, 4)) {
    case 0:
        snprintf(text, sizeof text, "%s", o->text);
        text[0] = (char)('A' + s->changes);
        ledger_put(&stage->ledger, o->key, text, strlen(text));
        break;
    case 1:
    case 2:
        ledger_put(&stage->ledger, o->key, o->text, strlen(o->text));
        break;
    default:
        snprintf(text, sizeof text, "%.40s-%u", o->key, s->changes);
        ledger_put(&stage->ledger, text, "late\n", 5);
    }
}

/* ---- steps ---- */

/* Waits until every living run waits for us or has ended; how many of them wait. */
static unsigned settle(struct schedule *s, int waiting[RUNNERS])
{
    struct stage *stage = s->stage;
    unsigned count;
    pthread_mutex_lock(&stage->lock);
    for (;;) {
        bool busy = false;
        count = 0;
        for (unsigned i = 0; i < s->started; i++) {
            const struct stage_run_state *r = &stage->runs[i];
            if (r->waiting != 0 && !r->killed)
                waiting[count++] = (int)i;
            else
                busy = busy || !r->ended;
        }
        if (!busy)
            break;
        pthread_cond_wait(&stage->moved, &stage->lock);
    }
    pthread_mutex_unlock(&stage->lock);
    return count;
}

static uint64_t take_waiting(struct schedule *s, int run)
{
    struct stage *stage = s->stage;
    pthread_mutex_lock(&stage->lock);
    const uint64_t sequence = stage->runs[run].waiting;
    stage->runs[run].waiting = 0;
    pthread_mutex_unlock(&stage->lock);
    return sequence;
}

static void kill_one(struct schedule *s, int run)
{
    s->kills++;
    stage_kill(s->stage, run);
    s->held[s->held_count++] = take_waiting(s, run);
    if (s->started < RUNNERS)
        stage_start(s->stage, (int)s->started++);
}

static void let_dead_go(struct schedule *s)
{
    const unsigned which = (unsigned)rng_below(&s->rng, s->held_count);
    const uint64_t sequence = s->held[which];
    s->held[which] = s->held[--s->held_count];
    stage_let_go(s->stage, sequence);
}

static void step(struct schedule *s, const int *waiting, unsigned count)
{
    const int run = waiting[rng_below(&s->rng, count)];
    const uint64_t dice = rng_below(&s->rng, 100);
    if (dice < 3 && s->kills < KILLS_MAX)
        kill_one(s, run);
    else if (dice < 8 && s->held_count > 0)
        let_dead_go(s);
    else if (dice < 12 && s->changes < CHANGES)
        change_something(s);
    else
        stage_let_go(s->stage, take_waiting(s, run));
}

void schedule_run(struct tally *t, const struct scene *scene, uint64_t seed)
{
    struct stage stage;
    struct checker_report report;
    char name[NAME_ROOM];
    char about[NAME_ROOM];
    int waiting[RUNNERS];
    unsigned count, steps = 0;
    struct schedule s = {.stage = &stage, .started = 2};
    snprintf(name, sizeof name, "%s/schedule/%" PRIu64, scene->name, seed);
    rng_seed(&s.rng, seed);
    checker_report_init(&report);
    stage_open(&stage, scene, t->guard_down);
    stage.stops = true;
    stage_start(&stage, RUN_FIRST);
    stage_start(&stage, RUN_SECOND);
    while ((count = settle(&s, waiting)) > 0 && steps++ < STEPS_MAX)
        step(&s, waiting, count);
    if (steps > STEPS_MAX)
        checker_break(&report, INVARIANT_CONVERGES, "no end after %d requests", STEPS_MAX);
    for (unsigned i = 0; i < s.started; i++)
        stage_wait(&stage, (int)i);
    stage_finish(&stage, &report);
    snprintf(about, sizeof about, "%u requests, %u killed, %u changes", steps, s.kills, s.changes);
    tally_note(t, name, about, &report);
    stage_close(&stage);
    checker_report_release(&report);
}

void schedule_many(struct tally *t, const struct scene *scene, uint64_t from, uint64_t count)
{
    for (uint64_t seed = from; seed < from + count; seed++)
        if (tally_take(t))
            schedule_run(t, scene, seed);
}

bool schedule_case(struct tally *t, const char *name)
{
    static const char way[] = "/schedule/";
    char *end;
    const char *at = strstr(name, way);
    const struct scene *scene = at != NULL ? scene_find(name, (size_t)(at - name)) : NULL;
    if (scene == NULL)
        return false;
    const uint64_t seed = strtoull(at + strlen(way), &end, 10);
    if (*end != '\0' || end == at + strlen(way))
        return false;
    schedule_run(t, scene, seed);
    return true;
}
