/* SPDX-License-Identifier: MIT */
/* stage_hooks - what the stage does to requests, on the server's thread. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/torture/stage_private.h"

const char *const stage_access_keys[RUN_COUNT] = {
    [RUN_FIRST] = "first",     [RUN_SECOND] = "second", [RUN_THIRD] = "third",
    [RUN_RECOVER] = "recover", [RUN_AGAIN] = "again",   [RUN_ONCE_MORE] = "once-more",
};

static int run_of(const struct s3_server_request *request)
{
    for (int i = 0; i < RUN_COUNT; i++)
        if (strcmp(stage_access_keys[i], request->access_key_id) == 0)
            return i;
    return RUN_COUNT;
}

void stage_kill_locked(struct stage *s, int run)
{
    struct stage_run_state *r = &s->runs[run];
    if (r->ended || r->killed)
        return;
    r->killed = true;
    (void)kill(r->pid, SIGKILL);
}

static bool mutates(const struct s3_server_request *request)
{
    return strncmp(request->operation, "Get", 3) != 0 &&
           strncmp(request->operation, "Head", 4) != 0 &&
           strncmp(request->operation, "List", 4) != 0;
}

/* ---- twists ---- */

static void twist(struct stage *s, const struct s3_server_request *request)
{
    const struct scene_twist *t = s->scene->twists;
    for (size_t i = 0; t != NULL && t[i].operation != NULL; i++) {
        if (s->twisted[i] || strcmp(t[i].operation, request->operation) != 0 ||
            strcmp(t[i].key, request->key) != 0)
            continue;
        const char *target = t[i].target != NULL ? t[i].target : t[i].key;
        s->twisted[i] = true;
        if (t[i].text != NULL)
            ledger_put(&s->ledger, target, t[i].text, strlen(t[i].text));
        else
            ledger_remove(&s->ledger, target);
    }
}

/* ---- strikes ---- */

static enum s3_server_action strike_before(struct stage *s, int run, unsigned slot,
                                           const struct s3_server_request *request)
{
    s->strikes[slot].sequence = request->sequence;
    s->strikes[slot].mutates = mutates(request);
    snprintf(s->strikes[slot].what, sizeof s->strikes[slot].what, "%s %s", request->operation,
             request->key);
    switch (s->strikes[slot].kind) {
    case STRIKE_KILL_BEFORE:
        stage_kill_locked(s, run);
        return S3_SERVER_DISCONNECT;
    case STRIKE_KILL_AND_LATER:
        stage_kill_locked(s, run);
        s->strikes[slot].held = true;
        return S3_SERVER_HOLD;
    default:
        return S3_SERVER_GO_ON;
    }
}

/* Held requests go on before this one, if it is the one that they were to wait for. */
static enum s3_server_action release_before(struct stage *s, int run,
                                            const struct s3_server_request *request)
{
    if (s->release_request == 0 || run != s->release_run ||
        s->runs[run].requests != s->release_request)
        return S3_SERVER_GO_ON;
    for (unsigned i = 0; i < STAGE_STRIKES; i++)
        if (s->strikes[i].held) {
            s->strikes[i].held = false;
            s->waits_for_release = request->sequence;
            s3_server_release(s->fixture->server, s->strikes[i].sequence);
            return S3_SERVER_HOLD;
        }
    return S3_SERVER_GO_ON;
}

/* Waits until the test lets it through. */
static enum s3_server_action stop(struct stage *s, int run, const struct s3_server_request *request)
{
    struct stage_run_state *r = &s->runs[run];
    if (!s->stops || run > RUN_THIRD)
        return S3_SERVER_GO_ON;
    r->waiting = request->sequence;
    snprintf(r->operation, sizeof r->operation, "%s", request->operation);
    snprintf(r->key, sizeof r->key, "%s", request->key);
    pthread_cond_broadcast(&s->moved);
    return S3_SERVER_HOLD;
}

static enum s3_server_action before_locked(struct stage *s, int run,
                                           const struct s3_server_request *request)
{
    struct stage_run_state *r = &s->runs[run];
    if (r->killed)
        return S3_SERVER_DISCONNECT;
    if (run == RUN_FIRST && r->requests < STAGE_REQUESTS)
        s->writes[r->requests] = mutates(request);
    r->requests++;
    if (mutates(request) && strstr(request->key, "_compaction/probe-") == NULL)
        r->mutations++;
    if (run <= RUN_THIRD && !s->stops)
        twist(s, request);
    for (unsigned i = 0; i < STAGE_STRIKES; i++)
        if (s->strikes[i].kind != STRIKE_NONE && s->strikes[i].run == run &&
            s->strikes[i].request == r->requests)
            return strike_before(s, run, i, request);
    const enum s3_server_action action = release_before(s, run, request);
    return action != S3_SERVER_GO_ON ? action : stop(s, run, request);
}

static enum s3_server_action before(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply)
{
    struct stage *s = ctx;
    const int run = run_of(request);
    (void)reply;
    if (run == RUN_COUNT)
        return S3_SERVER_GO_ON;
    pthread_mutex_lock(&s->lock);
    const enum s3_server_action action = before_locked(s, run, request);
    pthread_mutex_unlock(&s->lock);
    return action;
}

/* ---- after ---- */

static enum s3_server_action strike_after(struct stage *s, int run, enum strike kind,
                                          struct s3_server_reply *reply)
{
    switch (kind) {
    case STRIKE_KILL_AFTER:
        stage_kill_locked(s, run);
        return S3_SERVER_DISCONNECT;
    case STRIKE_APPLIED_500:
        reply->status = 500;
        buf_reset(&reply->body);
        buf_append_str(&reply->body, "<Error><Code>InternalError</Code></Error>");
        return S3_SERVER_GO_ON;
    case STRIKE_APPLIED_RESET:
        return S3_SERVER_RESET;
    case STRIKE_TRUNCATED:
        if (reply->body.len == 0)
            return S3_SERVER_DISCONNECT;
        reply->cut_after = reply->body.len / 2;
        return S3_SERVER_GO_ON;
    default:
        return S3_SERVER_GO_ON;
    }
}

/* What was held has landed: now the request that waited for it. */
static void go_on_after(struct stage *s, unsigned slot)
{
    if (s->strikes[slot].kind != STRIKE_KILL_AND_LATER || s->waits_for_release == 0)
        return;
    s3_server_release(s->fixture->server, s->waits_for_release);
    s->waits_for_release = 0;
}

static enum s3_server_action after(void *ctx, const struct s3_server_request *request,
                                   struct s3_server_reply *reply)
{
    struct stage *s = ctx;
    enum s3_server_action action = S3_SERVER_GO_ON;
    const int run = run_of(request);
    if (run == RUN_COUNT)
        return action;
    pthread_mutex_lock(&s->lock);
    if (s->stops) {
        s->applied = request->sequence;
        pthread_cond_broadcast(&s->moved);
    }
    for (unsigned i = 0; i < STAGE_STRIKES; i++)
        if (s->strikes[i].sequence == request->sequence) {
            action = strike_after(s, run, s->strikes[i].kind, reply);
            go_on_after(s, i);
        }
    pthread_mutex_unlock(&s->lock);
    return action;
}

static bool wants_body(void *ctx, const struct s3_server_request *request)
{
    struct stage *s = ctx;
    bool wants = false;
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < STAGE_STRIKES; i++)
        wants = wants || s->strikes[i].sequence == request->sequence;
    pthread_mutex_unlock(&s->lock);
    return wants;
}

struct s3_server_hooks stage_hooks(struct stage *s)
{
    return (struct s3_server_hooks){
        .ctx = s, .before = before, .after = after, .wants_body = wants_body};
}
