/* SPDX-License-Identifier: MIT */
/* client - requests in flight, and those that wait to be tried again. */
#include "lib/s3/client.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/client_private.h"

#define DEFAULT_MAX_ATTEMPTS 5
#define CANONICAL_MAX        262144

static void request_free(struct s3_request *rq)
{
    buf_release(&rq->query);
    buf_release(&rq->headers);
    buf_release(&rq->body_copy);
    buf_release(&rq->url);
    buf_release(&rq->lines);
    buf_release(&rq->exchange.reply_body);
    buf_release(&rq->exchange.reply_headers);
    free(rq);
}

enum status s3_client_new(const struct s3_client_options *options, struct s3_client **out,
                          struct error *err)
{
    struct s3_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the S3 client");
    c->options = *options;
    if (c->options.max_attempts == 0)
        c->options.max_attempts = DEFAULT_MAX_ATTEMPTS;
    if (c->options.user_agent == NULL)
        c->options.user_agent = "s3-compaction-kit";
    retry_state_init(&c->retry, options->seed);
    s3_counters_init(&c->counters);
    buf_init(&c->canonical, CANONICAL_MAX);
    buf_init(&c->signed_headers, CANONICAL_MAX);
    buf_init(&c->authorization, CANONICAL_MAX);
    *out = c;
    return STATUS_OK;
}

static void unlink_live(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    if (rq->previous != NULL)
        rq->previous->next = rq->next;
    else
        c->live = rq->next;
    if (rq->next != NULL)
        rq->next->previous = rq->previous;
    c->live_count--;
    c->waiting_count -= rq->state == REQUEST_WAITING;
}

static void link_live(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    rq->previous = NULL;
    rq->next = c->live;
    if (c->live != NULL)
        c->live->previous = rq;
    c->live = rq;
    c->live_count++;
    if (c->live_count > c->counters.in_flight_max)
        c->counters.in_flight_max = c->live_count;
}

static void to_pool(struct s3_request *rq)
{
    /* A body that grew large is not worth keeping. */
    if (rq->exchange.reply_body.allocated > REQUEST_TEXT_MAX)
        buf_release(&rq->exchange.reply_body);
    if (rq->body_copy.allocated > REQUEST_TEXT_MAX)
        buf_release(&rq->body_copy);
    rq->next = rq->client->pool;
    rq->client->pool = rq;
}

void s3_request_cancel(struct s3_request *rq)
{
    if (rq->state == REQUEST_FLYING)
        http_cancel(rq->client->options.loop, &rq->exchange);
    if (rq->state != REQUEST_BUILDING)
        unlink_live(rq);
    to_pool(rq);
}

void s3_client_free(struct s3_client *c)
{
    if (c == NULL)
        return;
    while (c->live != NULL)
        s3_request_cancel(c->live);
    while (c->pool != NULL) {
        struct s3_request *rq = c->pool;
        c->pool = rq->next;
        request_free(rq);
    }
    sigv4_key_release(&c->key);
    buf_release(&c->canonical);
    buf_release(&c->signed_headers);
    buf_release(&c->authorization);
    free(c);
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

/* ---- the end of an attempt ---- */

static void log_attempt(const struct s3_request *rq, const struct verdict *v)
{
    const struct s3_client_options *o = &rq->client->options;
    const struct http_exchange *x = &rq->exchange;
    char line[2048];
    if (o->log == NULL)
        return;
    snprintf(line, sizeof line,
             "%s s3://%s/%s attempt %u: %s %d%s%s, %" PRIu64 " bytes in, %" PRId64 " us",
             s3_op_name(rq->op), rq->bucket, rq->key, rq->attempt, http_outcome_name(x->outcome),
             x->http_status, v->s3.code[0] != '\0' ? " " : "", v->s3.code, x->body_bytes,
             x->last_byte_ns / NS_PER_US);
    o->log(o->log_ctx, line);
}

static bool is_accepted(const struct s3_request *rq)
{
    for (unsigned i = 0; i < rq->accepted_count; i++)
        if (rq->exchange.outcome == HTTP_DONE && rq->accepted[i] == rq->exchange.http_status)
            return true;
    return false;
}

static void deliver(struct s3_request *rq, const struct verdict *v)
{
    struct s3_client *c = rq->client;
    const struct http_exchange *x = &rq->exchange;
    struct s3_reply reply = {
        .status = v->status,
        .op = rq->op,
        .http_status = x->outcome == HTTP_DONE ? x->http_status : 0,
        .attempts = rq->attempt,
        .body = x->reply_body.data,
        .body_size = x->reply_body.len,
        .into_size = x->into_size,
        .exchange = x,
    };
    if (v->status != STATUS_OK)
        reply.error = v->error;
    memcpy(reply.code, v->s3.code, sizeof reply.code);
    c->counters.op[rq->op].requests++;
    c->counters.op[rq->op].failures += v->status != STATUS_OK && !is_accepted(rq);
    if (v->status == STATUS_OK)
        retry_success(&c->retry);
    unlink_live(rq);
    rq->state = REQUEST_BUILDING;
    rq->done(rq->ctx, &reply);
    to_pool(rq);
}

/* Puts the request to sleep until its next attempt; false when it gets none. */
static bool put_off(struct s3_request *rq, const struct verdict *v)
{
    struct s3_client *c = rq->client;
    if (v->retry == RETRY_NONE || rq->attempt >= c->options.max_attempts)
        return false;
    const int64_t delay_ms = retry_delay_ms(&c->retry, v->retry, rq->attempt, v->retry_after_ms);
    if (delay_ms < 0)
        return false;
    c->counters.retries[v->retry]++;
    rq->wake = mono_add_ms(clock_mono(c->options.clock), delay_ms);
    rq->state = REQUEST_WAITING;
    c->waiting_count++;
    return true;
}

static void on_exchange(struct http_exchange *x, void *ctx)
{
    struct s3_request *rq = ctx;
    struct verdict verdict;
    (void)x;
    attempt_count(rq);
    attempt_judge(rq, &verdict);
    log_attempt(rq, &verdict);
    if (is_accepted(rq) || !put_off(rq, &verdict))
        deliver(rq, &verdict);
}

static enum status launch(struct s3_request *rq, struct error *err)
{
    enum status status = attempt_prepare(rq, err);
    if (status != STATUS_OK)
        return status;
    rq->exchange.done = on_exchange;
    rq->exchange.ctx = rq;
    status = http_start(rq->client->options.loop, &rq->exchange, err);
    if (status == STATUS_OK)
        rq->state = REQUEST_FLYING;
    return status;
}

enum status s3_request_send(struct s3_request *rq, s3_done_fn *done, void *ctx, struct error *err)
{
    rq->done = done;
    rq->ctx = ctx;
    enum status status = rq->trouble.status;
    if (status != STATUS_OK)
        error_copy(err, &rq->trouble);
    if (status == STATUS_OK)
        status = buf_status(&rq->query, "a request's query", err);
    if (status == STATUS_OK)
        status = buf_status(&rq->headers, "a request's headers", err);
    if (status == STATUS_OK)
        status = launch(rq, err);
    if (status == STATUS_OK)
        link_live(rq);
    else
        to_pool(rq);
    return status;
}

/* ---- polling ---- */

/* Starts what is due, and tells how long the next one has to wait. A live request may be delivered
 * from within (when it cannot be started), so the walk begins anew after each. */
static int64_t wake_due(struct s3_client *c, int64_t timeout_ms)
{
    const struct mono now = clock_mono(c->options.clock);
    struct s3_request *rq = c->waiting_count > 0 ? c->live : NULL;
    while (rq != NULL) {
        struct s3_request *next = rq->next;
        const int64_t left_ns = mono_since_ns(rq->wake, now);
        if (rq->state == REQUEST_WAITING && left_ns <= 0) {
            struct verdict verdict = {.status = STATUS_OK};
            rq->state = REQUEST_FLYING;
            c->waiting_count--;
            if (launch(rq, &verdict.error) != STATUS_OK) {
                verdict.status = verdict.error.status;
                deliver(rq, &verdict);
                next = c->live;
            }
        } else if (rq->state == REQUEST_WAITING && left_ns / NS_PER_MS < timeout_ms) {
            timeout_ms = left_ns / NS_PER_MS + 1;
        }
        rq = next;
    }
    return timeout_ms;
}

enum status s3_client_poll(struct s3_client *c, int64_t timeout_ms, struct error *err)
{
    timeout_ms = wake_due(c, timeout_ms);
    if (c->live_count == 0)
        return STATUS_OK;
    return http_poll(c->options.loop, timeout_ms, err);
}

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
    if (run->use != NULL)
        run->use(run->ctx, reply);
}

enum status s3_request_run(struct s3_request *rq, s3_done_fn *use, void *ctx, struct error *err)
{
    struct s3_client *c = rq->client;
    struct run run = {.use = use, .ctx = ctx};
    enum status status = s3_request_send(rq, on_run_done, &run, err);
    while (status == STATUS_OK && !run.over)
        status = s3_client_poll(c, 1000, err);
    if (status != STATUS_OK)
        return status;
    return run.status == STATUS_OK ? STATUS_OK : error_copy(err, &run.error);
}

bool s3_reply_header(const struct s3_reply *reply, const char *name, char *out, size_t room)
{
    size_t len;
    const char *value = http_reply_header(reply->exchange, name, &len);
    if (value == NULL || len >= room)
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

bool s3_reply_header_u64(const struct s3_reply *reply, const char *name, uint64_t *out)
{
    char text[24];
    char *end;
    if (!s3_reply_header(reply, name, text, sizeof text) || text[0] < '0' || text[0] > '9')
        return false;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0')
        return false;
    *out = value;
    return true;
}
