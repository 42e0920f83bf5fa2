/* SPDX-License-Identifier: MIT */
/* stage - see stage.h. The hooks are in stage_hooks.c. */
#include "tests/torture/stage.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/server/fault_rules.h"
#include "lib/base/clock.h"

#include "tests/torture/stage_private.h"

#define RELEASE_AGAIN_NS 200000
#define RELEASES_MAX     5000 /* a second and more */
#define LAND_MAX_MS      20000
#define SNAPSHOT_MAX     (1u << 20)

static const char *const strike_names[STRIKE_COUNT] = {
    [STRIKE_NONE] = "none",
    [STRIKE_KILL_BEFORE] = "kill-before",
    [STRIKE_KILL_AFTER] = "kill-after",
    [STRIKE_APPLIED_500] = "applied-500",
    [STRIKE_APPLIED_RESET] = "applied-reset",
    [STRIKE_TRUNCATED] = "truncated",
    [STRIKE_KILL_AND_LATER] = "kill-and-later",
};

const char *strike_name(enum strike s)
{
    return strike_names[s];
}

enum strike strike_find(const char *name)
{
    for (int i = STRIKE_NONE + 1; i < STRIKE_COUNT; i++)
        if (strcmp(strike_names[i], name) == 0)
            return (enum strike)i;
    return STRIKE_NONE;
}

_Noreturn void stage_give_up(const char *what)
{
    fprintf(stderr, "torture: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- set-up ---- */

/* Bytes that look like nothing else, with a newline at the end. */
static void put_object(struct stage *s, const struct scene_object *o)
{
    if (o->text != NULL) {
        ledger_put(&s->ledger, o->key, o->text, strlen(o->text));
        return;
    }
    char *data = malloc(o->size);
    if (data == NULL)
        stage_give_up("out of memory");
    for (size_t i = 0; i < o->size; i++)
        data[i] = (char)('a' + (i * 7 + i / 251 + strlen(o->key)) % 26);
    data[o->size - 1] = '\n';
    ledger_put(&s->ledger, o->key, data, o->size);
    free(data);
}

static void put_objects(struct stage *s, const struct scene_object *objects)
{
    for (const struct scene_object *o = objects; o != NULL && o->key != NULL; o++)
        put_object(s, o);
}

static void read_faults(struct stage *s)
{
    struct error err;
    struct buf text;
    const char *file = s->scene->faults_file;
    if (s->scene->faults == NULL && file == NULL)
        return;
    if (file != NULL) {
        char path[FIXTURE_PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", TORTURE_DIRECTORY, file);
        fixture_read_file(path, &text);
    } else {
        buf_init(&text, SNAPSHOT_MAX);
        buf_append_str(&text, s->scene->faults);
    }
    if (fault_rules_parse(text.data, text.len, &s->faults, &err) != STATUS_OK)
        stage_give_up(err.text);
    buf_release(&text);
}

void stage_open(struct stage *s, const struct scene *scene, const char *guard_down)
{
    struct s3_server_key keys[RUN_COUNT];
    *s = (struct stage){.scene = scene, .guard_down = guard_down};
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->moved, NULL);
    for (size_t i = 0; i < RUN_COUNT; i++)
        keys[i] = (struct s3_server_key){stage_access_keys[i], STAGE_SECRET, NULL};
    read_faults(s);
    s->fixture = fixture_new(
        TEST_ENDPOINT_EMBEDDED,
        &(struct s3_server_options){
            .keys = keys, .key_count = RUN_COUNT, .hooks = stage_hooks(s), .faults = s->faults});
    if (s3_server_make_bucket(s->fixture->server, STAGE_BUCKET, NULL) != STATUS_OK)
        stage_give_up("cannot make the bucket");
    ledger_init(&s->ledger, s->fixture->server, STAGE_BUCKET);
    s->scope = (struct checker_scope){STAGE_BUCKET, "in/", "out/", scene->directories};
    put_objects(s, scene->objects);
}

void stage_close(struct stage *s)
{
    fixture_free(s->fixture);
    if (s->faults != NULL)
        fault_rules_free(s->faults);
    ledger_release(&s->ledger);
    for (int i = 0; i < RUN_COUNT; i++)
        buf_release(&s->runs[i].err);
    pthread_cond_destroy(&s->moved);
    pthread_mutex_destroy(&s->lock);
}

void stage_strike(struct stage *s, unsigned slot, int run, uint64_t request, enum strike kind)
{
    s->strikes[slot].run = run;
    s->strikes[slot].request = request;
    s->strikes[slot].kind = kind;
}

void stage_release_at(struct stage *s, int run, uint64_t request)
{
    s->release_run = run;
    s->release_request = request;
}

void stage_change_between(struct stage *s)
{
    pthread_mutex_lock(&s->lock);
    put_objects(s, s->scene->late);
    pthread_mutex_unlock(&s->lock);
}

/* ---- runs ---- */

static size_t arguments(const struct stage *s, int run, const char *argv[STAGE_ARGS_MAX])
{
    size_t n = 0;
    argv[n++] = s->guard_down != NULL ? STAGE_TORTURE_PROGRAM : "s3-compact";
    if (run == RUN_FIRST && s->first_program != NULL)
        argv[0] = s->first_program;
    if (run == RUN_RECOVER) {
        argv[n++] = "recover";
        if (!s->scene->keeps)
            argv[n++] = "--delete-sources";
    }
    if (run != RUN_RECOVER) {
        for (const char *const *o = s->scene->options; *o != NULL; o++)
            argv[n++] = *o;
        argv[n++] = "--from";
        argv[n++] = s->scene->from;
        argv[n++] = "--to";
        argv[n++] = s->scene->to;
        argv[n++] = "s3://" STAGE_BUCKET "/in/";
    }
    argv[n++] = "s3://" STAGE_BUCKET "/out/";
    argv[n] = NULL;
    return n;
}

struct stage_environment {
    char key[64];
    char guard[64];
    const char *entries[STAGE_ENV + 4];
};

struct waiter {
    struct stage *stage;
    struct process *process;
    int run;
};

static void *wait_for_end(void *arg)
{
    struct waiter *w = arg;
    struct process_result result;
    struct stage_run_state *r = &w->stage->runs[w->run];
    if (process_wait(w->process, &result, NULL) != STATUS_OK)
        stage_give_up("cannot wait for a run");
    pthread_mutex_lock(&w->stage->lock);
    r->exit_code = result.timed_out ? 124 : result.exit_code;
    r->err = result.err;
    r->ended = true;
    r->waiting = 0;
    pthread_cond_broadcast(&w->stage->moved);
    pthread_mutex_unlock(&w->stage->lock);
    buf_release(&result.out);
    free(w);
    return NULL;
}

/* The key that tells the run apart, and what else it is to see; the texts are the caller's. */
static void environment(const struct stage *s, int run, struct stage_environment *e)
{
    size_t n = 0;
    snprintf(e->key, sizeof e->key, "AWS_ACCESS_KEY_ID=%s", stage_access_keys[run]);
    snprintf(e->guard, sizeof e->guard, STAGE_GUARD_VARIABLE "=%s",
             s->guard_down != NULL ? s->guard_down : "");
    e->entries[n++] = e->key;
    e->entries[n++] = "AWS_SECRET_ACCESS_KEY=" STAGE_SECRET;
    e->entries[n++] = e->guard;
    for (size_t i = 0; i < STAGE_ENV && run == RUN_FIRST; i++)
        if (s->first_env[i][0] != '\0')
            e->entries[n++] = s->first_env[i];
    e->entries[n] = NULL;
}

void stage_start(struct stage *s, int run)
{
    const char *argv[STAGE_ARGS_MAX];
    struct stage_environment e;
    struct waiter *w = malloc(sizeof *w);
    if (w == NULL)
        stage_give_up("out of memory");
    arguments(s, run, argv);
    environment(s, run, &e);
    pthread_mutex_lock(&s->lock);
    *w = (struct waiter){s, fixture_start(s->fixture, argv, e.entries), run};
    s->runs[run].pid = process_pid(w->process);
    pthread_mutex_unlock(&s->lock);
    if (pthread_create(&s->runs[run].waiter, NULL, wait_for_end, w) != 0)
        stage_give_up("cannot start a thread");
}

void stage_wait(struct stage *s, int run)
{
    if (!s->runs[run].joined && pthread_join(s->runs[run].waiter, NULL) != 0)
        stage_give_up("cannot join a thread");
    s->runs[run].joined = true;
}

int stage_run(struct stage *s, int run)
{
    stage_start(s, run);
    stage_wait(s, run);
    return s->runs[run].exit_code;
}

void stage_forget(struct stage *s, int run)
{
    pthread_mutex_lock(&s->lock);
    buf_release(&s->runs[run].err);
    s->runs[run] = (struct stage_run_state){0};
    pthread_mutex_unlock(&s->lock);
}

void stage_kill(struct stage *s, int run)
{
    pthread_mutex_lock(&s->lock);
    stage_kill_locked(s, run);
    pthread_mutex_unlock(&s->lock);
}

void stage_let_go(struct stage *s, uint64_t sequence)
{
    s3_server_release(s->fixture->server, sequence);
    unsigned waits = 0;
    pthread_mutex_lock(&s->lock);
    while (s->applied != sequence) {
        struct timespec soon;
        /* A connection that its dead client reset may go before what it carried is applied. */
        if (waits++ == RELEASES_MAX)
            break;
        (void)clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += RELEASE_AGAIN_NS;
        soon.tv_sec += soon.tv_nsec / NS_PER_S;
        soon.tv_nsec %= NS_PER_S;
        (void)pthread_cond_timedwait(&s->moved, &s->lock, &soon);
        /* The hook that stopped it may not have returned when we first let it go. */
        if (s->applied != sequence)
            s3_server_release(s->fixture->server, sequence);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- the end ---- */

/* All that was held is let go; nobody sends anything any more. */
static void land(struct stage *s)
{
    pthread_mutex_lock(&s->lock);
    s->stops = false;
    pthread_mutex_unlock(&s->lock);
    s3_server_release_all(s->fixture->server);
    for (int waited_ms = 0;; waited_ms++) {
        struct s3_server_stats stats;
        s3_server_stats(s->fixture->server, &stats);
        if (stats.in_flight == 0)
            return;
        if (waited_ms == LAND_MAX_MS)
            stage_give_up("a request that was let go does not end");
        (void)poll(NULL, 0, 1);
    }
}

static void expect_done(struct stage *s, int run, struct checker_report *report)
{
    const struct stage_run_state *r = &s->runs[run];
    if (r->exit_code != 0 && !s->scene->fails)
        checker_break(report, INVARIANT_CONVERGES, "run %d ended with %d: %.400s", run,
                      r->exit_code, r->err.data);
}

void stage_finish(struct stage *s, struct checker_report *report)
{
    struct buf before, after;
    buf_init(&before, SNAPSHOT_MAX);
    buf_init(&after, SNAPSHOT_MAX);
    land(s);
    if (!s->scene->plain) {
        (void)stage_run(s, RUN_RECOVER);
        expect_done(s, RUN_RECOVER, report);
    }
    (void)stage_run(s, RUN_AGAIN);
    expect_done(s, RUN_AGAIN, report);
    land(s);
    if (s->scene->plain)
        checker_judge_plain(s->fixture->server, &s->ledger, &s->scope, false, report);
    else
        checker_judge(s->fixture->server, &s->ledger, &s->scope, report);
    checker_snapshot(s->fixture->server, &s->scope, &before);
    (void)stage_run(s, RUN_ONCE_MORE);
    expect_done(s, RUN_ONCE_MORE, report);
    checker_snapshot(s->fixture->server, &s->scope, &after);
    checker_compare(&before, &after, report);
    if (s->runs[RUN_ONCE_MORE].mutations > 0 && !s->scene->fails)
        checker_break(report, INVARIANT_CONVERGES, "%d writes when nothing was left to do",
                      (int)s->runs[RUN_ONCE_MORE].mutations);
    buf_release(&before);
    buf_release(&after);
}
