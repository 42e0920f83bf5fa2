/* SPDX-License-Identifier: MIT */
/*
 * client - requests from sending to delivering: their attempts, and the waits between them.
 *
 * Callbacks run in deliver(), from http_poll or from waking. They may send, cancel, and even free
 * the client: `depth` counts our frames below them, and the last one to return clears up.
 */
#include "lib/s3/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/s3/client_private.h"

#define DEFAULT_MAX_ATTEMPTS 5
#define DEFAULT_USER_AGENT   "s3-compaction-kit"
#define AUTHORIZATION_MAX    262144 /* the canonical request is made in it too */
#define HOST_MAX             512
#define RUN_POLL_MS          1000

/* ---- the client ---- */

enum status s3_client_new(const struct s3_client_options *options, struct s3_client **out,
                          struct error *err)
{
    assert(options->loop && options->clock);
    struct s3_client *c = calloc(1, sizeof *c);
    if (!c)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the S3 client");
    c->options = *options;
    if (c->options.max_attempts == 0)
        c->options.max_attempts = DEFAULT_MAX_ATTEMPTS;
    if (!c->options.user_agent)
        c->options.user_agent = DEFAULT_USER_AGENT;
    c->places[0].endpoint = options->endpoint;
    c->place_count = 1;
    retry_state_init(&c->retry, options->seed);
    s3_counters_init(&c->counters);
    buf_init(&c->host, HOST_MAX);
    buf_init(&c->authorization, AUTHORIZATION_MAX);
    *out = c;
    return STATUS_OK;
}

static void client_destroy(struct s3_client *c)
{
    while (c->pool) {
        struct s3_request *rq = c->pool;
        c->pool = rq->next;
        s3_request_free(rq);
    }
    wake_queue_release(&c->waiting);
    for (size_t i = 0; i < c->place_count; i++)
        sigv4_key_release(&c->places[i].key);
    buf_release(&c->host);
    buf_release(&c->authorization);
    free(c);
}

void s3_client_cancel_all(struct s3_client *c)
{
    while (c->live)
        s3_request_cancel(c->live);
}

void s3_client_free(struct s3_client *c)
{
    if (!c)
        return;
    s3_client_cancel_all(c);
    c->freed = true;
    if (c->depth == 0)
        client_destroy(c);
}

static void client_enter(struct s3_client *c)
{
    c->depth++;
}

static void client_leave(struct s3_client *c)
{
    if (--c->depth == 0 && c->freed)
        client_destroy(c);
}

unsigned s3_client_in_flight(const struct s3_client *c)
{
    return c->live_count;
}

const struct s3_counters *s3_client_counters(const struct s3_client *c)
{
    return &c->counters;
}

const struct s3_endpoint *s3_client_endpoint(const struct s3_client *c)
{
    return &c->options.endpoint;
}

struct s3_place *client_place(struct s3_client *c, const char *bucket)
{
    for (size_t i = 1; i < c->place_count; i++) {
        if (strcmp(c->places[i].bucket, bucket) == 0)
            return &c->places[i];
    }
    return &c->places[0];
}

enum status client_move_bucket(struct s3_client *c, const char *bucket, const char *region,
                               struct error *err)
{
    struct s3_endpoint endpoint = c->options.endpoint;
    enum status status = s3_endpoint_set_region(&endpoint, region, err);
    if (status)
        return status;
    struct s3_place *place = client_place(c, bucket);
    if (place == &c->places[0]) {
        /* More buckets than places: the last one makes room, and finds its way again. */
        if (c->place_count < PLACES_MAX)
            c->place_count++;
        place = &c->places[c->place_count - 1];
        snprintf(place->bucket, sizeof place->bucket, "%s", bucket);
    }
    place->endpoint = endpoint;
    return STATUS_OK;
}

/* ---- live requests ---- */

static void live_add(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    rq->prev = NULL;
    rq->next = c->live;
    if (c->live)
        c->live->prev = rq;
    c->live = rq;
    c->live_count++;
    if (c->live_count > c->counters.in_flight_max)
        c->counters.in_flight_max = c->live_count;
}

static void live_remove(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    if (rq->prev)
        rq->prev->next = rq->next;
    else
        c->live = rq->next;
    if (rq->next)
        rq->next->prev = rq->prev;
    c->live_count--;
}

/* ---- the end of an attempt ---- */

static bool is_accepted(const struct s3_request *rq)
{
    for (unsigned i = 0; i < rq->accepted_count; i++) {
        if (rq->exchange.outcome == HTTP_DONE && rq->accepted[i] == rq->exchange.http_status)
            return true;
    }
    return false;
}

static void error_append_attempts(struct error *error, unsigned attempts)
{
    size_t len = strlen(error->text);
    if (attempts > 1)
        snprintf(error->text + len, sizeof error->text - len, " (after %u attempts)", attempts);
}

static void count_result(struct s3_request *rq, enum status status)
{
    struct s3_op_counters *counters = &rq->client->counters.op[rq->op];
    counters->requests++;
    if (status == STATUS_OK)
        retry_success(&rq->client->retry);
    else if (!is_accepted(rq))
        counters->failures++;
}

static void deliver(struct s3_request *rq, const struct verdict *v)
{
    struct s3_client *c = rq->client;
    const struct http_exchange *x = &rq->exchange;
    struct s3_reply reply = {
        .status = v->status,
        .op = rq->op,
        .key = rq->key,
        .http_status = x->outcome == HTTP_DONE ? x->http_status : 0,
        .attempts = rq->attempt,
        .body = x->reply_body.data,
        .body_size = x->reply_body.len,
        .into_size = x->into_size,
        .exchange = x,
    };
    if (v->status) {
        reply.error = v->error;
        error_append_attempts(&reply.error, rq->attempt);
        memcpy(reply.code, v->s3.code, sizeof reply.code);
    }
    count_result(rq, v->status);
    live_remove(rq);
    rq->state = REQUEST_DELIVERING;
    client_enter(c);
    rq->done(rq->ctx, &reply);
    s3_request_recycle(rq);
    client_leave(c);
}

/* Puts the request to sleep until its next attempt; false when it gets none. */
static bool put_off(struct s3_request *rq, const struct verdict *v)
{
    struct s3_client *c = rq->client;
    if (v->retry == RETRY_NONE || rq->attempt >= c->options.max_attempts)
        return false;
    int64_t delay_ms = retry_delay_ms(&c->retry, v->retry, rq->attempt, v->retry_after_ms);
    if (delay_ms < 0)
        return false;
    c->counters.retries[v->retry]++;
    rq->wake = mono_add_ms(clock_mono(c->options.clock), delay_ms);
    rq->state = REQUEST_WAITING;
    wake_queue_add(&c->waiting, rq);
    return true;
}

static void on_exchange(struct http_exchange *x, void *ctx)
{
    struct s3_request *rq = ctx;
    struct verdict verdict;
    s3_counters_attempt(&rq->client->counters, rq->op, x);
    attempt_judge(rq, &verdict);
    client_log_verdict(rq, &verdict);
    if (is_accepted(rq) || !put_off(rq, &verdict))
        deliver(rq, &verdict);
}

static enum status launch(struct s3_request *rq, struct error *err)
{
    enum status status = attempt_prepare(rq, err);
    if (status)
        return status;
    client_log_attempt(rq);
    rq->exchange.done = on_exchange;
    rq->exchange.ctx = rq;
    status = http_start(rq->client->options.loop, &rq->exchange, err);
    if (!status)
        rq->state = REQUEST_FLYING;
    return status;
}

enum status s3_request_send(struct s3_request *rq, s3_done_fn *done, void *ctx, struct error *err)
{
    rq->done = done;
    rq->ctx = ctx;
    enum status status = rq->trouble.status;
    if (status)
        error_copy(err, &rq->trouble);
    if (!status)
        status = buf_status(&rq->query, "a request's query", err);
    if (!status)
        status = buf_status(&rq->headers, "a request's headers", err);
    if (!status)
        status = launch(rq, err);
    if (status)
        s3_request_recycle(rq);
    else
        live_add(rq);
    return status;
}

/* ---- polling ---- */

/* Starts what is due. A request that cannot be started is delivered as failed. */
static void wake_due(struct s3_client *c)
{
    struct s3_request *rq;
    const struct mono now = clock_mono(c->options.clock);
    while ((rq = wake_queue_first(&c->waiting)) && mono_since_ns(rq->wake, now) <= 0) {
        struct verdict verdict = {.status = STATUS_OK};
        wake_queue_remove(&c->waiting, rq);
        rq->state = REQUEST_FLYING;
        verdict.status = launch(rq, &verdict.error);
        if (verdict.status) {
            rq->exchange.outcome = HTTP_FAILED;
            deliver(rq, &verdict);
        }
    }
}

/* At most until the next request is due. */
static int64_t wait_ms(const struct s3_client *c, int64_t timeout_ms)
{
    const struct s3_request *rq = wake_queue_first(&c->waiting);
    if (!rq)
        return timeout_ms;
    int64_t left_ns = mono_since_ns(rq->wake, clock_mono(c->options.clock));
    int64_t left_ms = left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
    return left_ms < timeout_ms ? left_ms : timeout_ms;
}

enum status s3_clients_poll(struct s3_client *const *clients, unsigned count, int64_t timeout_ms,
                            struct error *err)
{
    enum status status = STATUS_OK;
    struct http_loop *loop = clients[0]->options.loop;
    bool freed = false;
    for (unsigned i = 0; i < count; i++)
        client_enter(clients[i]);
    for (unsigned i = 0; i < count; i++)
        wake_due(clients[i]);
    bool any = http_in_flight(loop) > 0; /* the loop may be busy for another client */
    for (unsigned i = 0; i < count; i++) {
        assert(clients[i]->options.loop == loop);
        freed = freed || clients[i]->freed;
        any = any || clients[i]->live_count > 0;
        timeout_ms = wait_ms(clients[i], timeout_ms);
    }
    if (!freed && any)
        status = http_poll(loop, timeout_ms, err);
    for (unsigned i = 0; i < count; i++)
        client_leave(clients[i]);
    return status;
}

enum status s3_client_poll(struct s3_client *c, int64_t timeout_ms, struct error *err)
{
    return s3_clients_poll(&c, 1, timeout_ms, err);
}

/* ---- one request at a time ---- */

struct run {
    s3_done_fn *use;
    void *ctx;
    bool over;
    enum status status;
    struct error error;
};

static void on_run_done(void *ctx, const struct s3_reply *reply)
{
    struct run *run = ctx;
    run->over = true;
    run->status = reply->status;
    run->error = reply->error;
    if (run->use)
        run->use(run->ctx, reply);
}

/* Somebody's callback cancelled it, or freed the client, while s3_request_run waits. */
static void run_cancelled(struct run *run)
{
    run->over = true;
    run->status = error_set(&run->error, STATUS_CANCELLED, "the request was cancelled");
}

void s3_request_cancel(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    switch (rq->state) {
    case REQUEST_DELIVERING: /* it is over, and frees itself */
        return;
    case REQUEST_BUILDING:
        s3_request_recycle(rq);
        return;
    case REQUEST_FLYING:
        http_cancel(c->options.loop, &rq->exchange);
        break;
    case REQUEST_WAITING:
        wake_queue_remove(&c->waiting, rq);
        break;
    }
    live_remove(rq);
    if (rq->done == on_run_done)
        run_cancelled(rq->ctx);
    s3_request_recycle(rq);
}

enum status s3_request_run(struct s3_request *rq, s3_done_fn *use, void *ctx, struct error *err)
{
    struct s3_client *c = rq->client;
    struct run run = {.use = use, .ctx = ctx};
    enum status status = s3_request_send(rq, on_run_done, &run, err);
    /* Whoever frees the client from a callback ends this loop with it: run.over is set then. */
    while (!status && !run.over)
        status = s3_client_poll(c, RUN_POLL_MS, err); /* NOLINT(clang-analyzer-unix.Malloc) */
    if (run.over)
        return run.status ? error_copy(err, &run.error) : STATUS_OK;
    if (rq->state == REQUEST_FLYING || rq->state == REQUEST_WAITING)
        s3_request_cancel(rq); /* polling failed: nothing may point to our frame any more */
    return status;
}

/* ---- replies ---- */

bool s3_reply_header(const struct s3_reply *reply, const char *name, char *out, size_t room)
{
    size_t len;
    const char *value = http_reply_header(reply->exchange, name, &len);
    if (!value || len >= room)
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

bool s3_reply_header_u64(const struct s3_reply *reply, const char *name, uint64_t *out)
{
    char text[24];
    return s3_reply_header(reply, name, text, sizeof text) &&
           uint_parse(text, 0, UINT64_MAX, out, NULL) == STATUS_OK;
}
