/* SPDX-License-Identifier: MIT */
/*
 * stage - one case of torture: a server in this process, some days of sources, and runs of
 * s3-compact as child processes, each told apart by its access key.
 *
 * Every request passes the stage. One of them may be struck (killed before or after it is applied,
 * its reply spoilt, or held and applied when its sender is dead), twists may change sources at a
 * request of theirs, or all requests may be stopped to be let through one by one.
 *
 *     stage_open(&stage, &scene);
 *     stage_strike(&stage, RUN_FIRST, 17, STRIKE_KILL_AFTER);
 *     exit_code = stage_run(&stage, RUN_FIRST);
 *     stage_change_between(&stage);
 *     stage_finish(&stage, &report);
 *     stage_close(&stage);
 *
 * Threads: for one thread; hooks on the server's thread and waiters of children share it under its
 * lock. A failure of the stage itself ends the test program.
 */
#ifndef KIT_TESTS_TORTURE_STAGE_H
#define KIT_TESTS_TORTURE_STAGE_H

#include <pthread.h>

#include "tests/support/fixture.h"
#include "tests/torture/checker.h"

#define STAGE_BUCKET   "torture"
#define STAGE_ARGS_MAX 24
#define STAGE_STRIKES  2
#define STAGE_ENV      3
#define STAGE_REQUESTS 1024 /* of the first run; what they did is noted */
#define STAGE_TWISTS   8

/* What happens to a request. */
enum strike {
    STRIKE_NONE,
    STRIKE_KILL_BEFORE,    /* its sender is killed, it is not applied */
    STRIKE_KILL_AFTER,     /* its sender is killed, it is applied */
    STRIKE_APPLIED_500,    /* it is applied, the answer is 500 */
    STRIKE_APPLIED_RESET,  /* it is applied, the connection is reset */
    STRIKE_TRUNCATED,      /* it is applied, half of the reply arrives */
    STRIKE_KILL_AND_LATER, /* its sender is killed, it is applied later */
    STRIKE_COUNT,
};
const char *strike_name(enum strike s);
/* STRIKE_NONE for a name that is none. */
enum strike strike_find(const char *name);

/* Runs in the order in which they may be started; each has an access key of its own. */
enum { RUN_FIRST, RUN_SECOND, RUN_THIRD, RUN_RECOVER, RUN_AGAIN, RUN_ONCE_MORE, RUN_COUNT };

struct scene_object {
    const char *key;
    const char *text; /* NULL: `size` bytes made up from the key */
    size_t size;
};

/* A change of sources that the first request of some kind brings about, before it is applied. */
struct scene_twist {
    const char *operation;
    const char *key;
    const char *text;   /* written to `target`; NULL: `target` is removed */
    const char *target; /* NULL: the same key */
};

struct scene {
    const char *name;
    bool plain;
    bool keeps;                         /* sources are not deleted */
    const char *const *options;         /* besides dates, SRC and DST; NULL-terminated */
    const char *from, *to;              /* dates */
    const char *const *directories;     /* of the partitions; NULL-terminated */
    const struct scene_object *objects; /* at first; ends with a NULL key */
    const struct scene_object *late;    /* put after the first run */
    const struct scene_twist *twists;   /* ends with a NULL operation; or NULL */
    const char *faults;                 /* of the server, see docs/faults.md; or NULL */
    const char *faults_file;            /* the same as a file beside this one; or NULL */
    bool fails;                         /* no run can come to a good end */
};

struct stage_run_state {
    pid_t pid;        /* 0: not started */
    pthread_t waiter; /* joined by stage_wait */
    bool joined;
    bool killed; /* by us; what it still sends is refused */
    bool ended;
    int exit_code;
    uint64_t requests;
    uint64_t mutations; /* PUT, POST and DELETE that were let through, without the probe's */
    /* While all are stopped: the request that waits. */
    uint64_t waiting; /* its sequence; 0: none */
    char operation[40];
    char key[LEDGER_KEY_MAX];
    struct buf err; /* stderr */
};

struct stage {
    const struct scene *scene;
    const char *guard_down; /* NULL: s3-compact itself; otherwise the test build, with this one */
    /* For the first run alone: another build of the program, and variables; or empty. */
    const char *first_program;
    char first_env[STAGE_ENV][FIXTURE_PATH_MAX + 32];
    struct fault_rules *faults;
    struct fixture *fixture;
    struct ledger ledger;
    struct checker_scope scope;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct stage_run_state runs[RUN_COUNT];
    bool writes[STAGE_REQUESTS]; /* the N-th request of the first run, from 0 */
    uint64_t applied;            /* the stopped request that was applied last */
    bool stops; /* every request of RUN_FIRST to RUN_THIRD waits to be let through */
    /* The request to be struck, and what became of it. */
    struct {
        int run;
        uint64_t request;
        enum strike kind;
        uint64_t sequence; /* 0: not met yet */
        bool held;         /* and not let go yet */
        bool mutates;
        char what[LEDGER_KEY_MAX + 48];
    } strikes[STAGE_STRIKES];
    /* Lets what was held go when this run has come to this request; 0: only at the end. */
    int release_run;
    uint64_t release_request;
    uint64_t waits_for_release; /* the request that is applied right after it */
    bool twisted[STAGE_TWISTS];
};

/* `guard_down` names a guard of compactor/safe/guard.h, or is NULL. */
void stage_open(struct stage *s, const struct scene *scene, const char *guard_down);
void stage_close(struct stage *s);

void stage_strike(struct stage *s, unsigned slot, int run, uint64_t request, enum strike kind);
void stage_release_at(struct stage *s, int run, uint64_t request);
/* Starts a run; a thread waits for its end. */
void stage_start(struct stage *s, int run);
void stage_wait(struct stage *s, int run);
/* Both; the exit status. */
int stage_run(struct stage *s, int run);
/* Forgets how a run went, so that it can be started again. */
void stage_forget(struct stage *s, int run);
void stage_kill(struct stage *s, int run);
/* Lets a stopped request through, and waits until it has been applied. */
void stage_let_go(struct stage *s, uint64_t sequence);
/* Late objects and changed ones. */
void stage_change_between(struct stage *s);
/* Lets go what is held, waits until it has landed, recovers, runs to the end and once more, and
 * judges. */
void stage_finish(struct stage *s, struct checker_report *report);

#endif
