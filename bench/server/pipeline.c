/* SPDX-License-Identifier: MIT */
/* pipeline - see pipeline.h. Everything here runs on the HTTP thread. */
#include "bench/server/pipeline.h"

#include <assert.h>
#include <string.h>

#include "bench/server/body.h"
#include "bench/server/faults.h"
#include "bench/server/httpd.h"
#include "bench/server/latency.h"
#include "bench/server/ops.h"
#include "bench/server/rate_limit.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

#define DRAIN_MAX                                                                                  \
    (UINT64_C(1) << 20) /* of a refused body: read, so that the client reads our reply */

#define HEADER_SECTION_MAX (8u << 10)

struct request *pipeline_arrived(struct s3_server *s, const char *raw_target)
{
    struct request *r = s->pool;
    if (r != NULL)
        s->pool = r->next;
    else if ((r = request_new()) == NULL)
        return NULL;
    r->next = NULL;
    r->server = s;
    r->arrived = clock_mono(clock_system());
    r->arrived_wall = clock_wall(clock_system());
    r->shown = (struct s3_server_request){.sequence = atomic_fetch_add(&s->last_sequence, 1) + 1,
                                          .access_key_id = "",
                                          .operation = s3_server_operation_name(OP_UNKNOWN),
                                          .bucket = "",
                                          .key = "",
                                          .query = "",
                                          .range = "",
                                          .upload_id = "",
                                          .attempt = 1};
    r->where = (struct storage_where){.bucket = "", .key = ""};
    r->payload_sha256 = SIGV4_UNSIGNED_PAYLOAD;
    buf_append_str(&r->target, raw_target);
    pthread_mutex_lock(&s->lock);
    r->in_flight = ++s->stats.in_flight;
    if (r->in_flight > s->stats.in_flight_max)
        s->stats.in_flight_max = r->in_flight;
    pthread_mutex_unlock(&s->lock);
    return r;
}

static enum code authenticate(struct request *r)
{
    const struct auth_request claim = {.method = r->method,
                                       .path = r->target.data,
                                       .query = r->raw_query,
                                       .host_bucket = r->bucket_in_host ? r->where.bucket : NULL,
                                       .headers = r->headers,
                                       .header_count = r->header_count};
    struct auth_result result;
    const enum code code =
        auth_verify(r->server->auth, &claim, wall_unix_s(r->arrived_wall) + r->clock_shift_s,
                    &r->evidence, &result);
    r->shown.access_key_id = result.access_key_id;
    r->payload_sha256 = result.payload_sha256;
    r->signature = result.signature;
    return result.detail[0] != '\0' ? request_refuse(r, code, "%s", result.detail) : code;
}

/* S3 takes 8 KB of headers. */
static enum code check_header_size(const struct request *r)
{
    size_t size = 0;
    for (size_t i = 0; i < r->header_count; i++)
        size += strlen(r->headers[i].name) + strlen(r->headers[i].value) + strlen(": \r\n");
    return size > HEADER_SECTION_MAX ? CODE_REQUEST_HEADER_TOO_LARGE : CODE_NONE;
}

static enum code find_target(struct request *r)
{
    char bucket[S3_BUCKET_MAX + 1] = "";
    const char *host = request_header(r, "host");
    if (host != NULL)
        request_virtual_bucket(host, r->server->domain, bucket);
    return request_parse_target(r, bucket);
}

/* What a draw is keyed by: nothing that differs between two runs of the same work. */
static void draw_key_set(struct buf *key, const struct request *r)
{
    buf_reset(key);
    buf_append(key, r->where.key, r->where.key_len);
    switch (r->operation) {
    case OP_LIST_OBJECTS:
        buf_printf(key, "%s\n%s\n%s", request_text(r, "prefix"), request_text(r, "start-after"),
                   request_text(r, "continuation-token"));
        break;
    case OP_LIST_OBJECTS_V1:
        buf_printf(key, "%s\n%s", request_text(r, "prefix"), request_text(r, "marker"));
        break;
    case OP_LIST_VERSIONS:
        buf_printf(key, "%s\n%s\n%s", request_text(r, "prefix"), request_text(r, "key-marker"),
                   request_text(r, "version-id-marker"));
        break;
    case OP_DELETE_OBJECTS:
        buf_append_str(key, r->payload_sha256);
        break;
    case OP_UPLOAD_PART:
    case OP_UPLOAD_PART_COPY:
        buf_printf(key, "\n%u", r->shown.part_number);
        break;
    default:
        buf_append_char(key, '\n');
        buf_append_str(key, r->shown.range);
    }
}

/* A fault may move the clock that the signature is checked with, so it is looked for before. */
static void meet_early_faults(struct request *r)
{
    struct s3_server *s = r->server;
    if (s->faults == NULL || request_route(r) != CODE_NONE)
        return;
    request_describe(r);
    draw_key_set(&s->draw_key, r);
    faults_early(s->faults, r, atomic_load(&s->seed), &s->draw_key);
}

static enum s3_server_action run_arrived(struct request *r)
{
    struct s3_server *s = r->server;
    enum s3_server_action action = S3_SERVER_GO_ON;
    if (r->refused != CODE_NONE)
        return S3_SERVER_GO_ON;
    if (s->hooks.arrived != NULL)
        action = s->hooks.arrived(s->hooks.ctx, &r->shown);
    assert(action == S3_SERVER_GO_ON || action >= S3_SERVER_STALL); /* nothing is there to hold */
    if (action != S3_SERVER_GO_ON || s->faults == NULL)
        return action;
    draw_key_set(&s->draw_key, r);
    return faults_arrived(s->faults, r, atomic_load(&s->seed), &s->draw_key);
}

enum pipeline_body pipeline_headers(struct request *r, uint64_t content_length, bool expects)
{
    const enum code target = find_target(r);
    if (r->refused == CODE_NONE)
        r->refused = target;
    if (r->refused == CODE_NONE)
        r->refused = check_header_size(r);
    if (r->refused == CODE_NONE)
        meet_early_faults(r);
    if (r->refused == CODE_NONE)
        r->refused = authenticate(r);
    if (r->refused == CODE_NONE)
        r->refused = request_route(r);
    else
        (void)request_route(r); /* for the log */
    request_describe(r);
    r->on_arrival = run_arrived(r);
    if (r->refused == CODE_NONE && r->on_arrival == S3_SERVER_GO_ON)
        r->refused = body_prepare(r, content_length);
    const bool unreadable = content_length != UINT64_MAX && content_length > DRAIN_MAX;
    if (r->on_arrival == S3_SERVER_GO_ON && (r->refused == CODE_NONE || !(unreadable || expects)))
        return PIPELINE_READ_BODY;
    r->stage = STAGE_RECEIVED;
    return PIPELINE_REPLY_EARLY;
}

void pipeline_body(struct request *r, const void *data, size_t len)
{
    if (r->refused == CODE_NONE)
        body_receive(r, data, len);
}

static bool suspend_until(struct request *r, struct mono due)
{
    if (mono_since_ns(due, clock_mono(clock_system())) <= 0)
        return false;
    httpd_suspend(r);
    if (delay_queue_add(r->server->delays, due, r) != 0)
        httpd_resume(r);
    return true;
}

static int64_t draw_ns(struct request *r)
{
    struct s3_server *s = r->server;
    const struct operation_row *row = operation_row(r->operation);
    if (s->latency == NULL)
        return 0;
    draw_key_set(&s->draw_key, r);
    const int64_t drawn_ns =
        latency_draw_ns(s->latency, atomic_load(&s->seed), row->latency, s->draw_key.data,
                        s->draw_key.len, r->shown.attempt, op_transfer_bytes(r));
    return drawn_ns + (r->first_of_connection ? (int64_t)(s->latency->connect_ms * 1e6) : 0);
}

/* Suspends until the drawn delay has passed since arrival, and what a hook asked for since now;
 * false when there is nothing to wait for. */
static bool wait_drawn(struct request *r)
{
    r->drawn_ns = draw_ns(r);
    r->stage = STAGE_WAITING;
    struct mono due = {r->arrived.ns + r->drawn_ns};
    if (r->reply.shown.delay_ms > 0) {
        const struct mono asked = mono_add_ms(clock_mono(clock_system()), r->reply.shown.delay_ms);
        due = asked.ns > due.ns ? asked : due;
    }
    return suspend_until(r, due);
}

static void apply(struct request *r)
{
    const struct operation_row *row = operation_row(r->operation);
    if (r->drawn_ns > 0)
        r->actual_ns = mono_since_ns(clock_mono(clock_system()), r->arrived);
    reply_clear(r);
    if (r->refused != CODE_NONE)
        reply_error(r, r->refused, r->refused_detail);
    else
        row->apply(r);
    /* What was received is stored by now, or not wanted. */
    chunk_unref(r->body.chunk);
    r->body.chunk = NULL;
}

static enum s3_server_action run_after(struct request *r)
{
    const struct s3_server_hooks *hooks = &r->server->hooks;
    struct reply *reply = &r->reply;
    enum s3_server_action action = S3_SERVER_GO_ON;
    if (hooks->after != NULL) {
        if (reply->object != NULL && hooks->wants_body != NULL &&
            hooks->wants_body(hooks->ctx, &r->shown)) {
            object_append(reply->object, reply->offset, reply->len, &reply->shown.body);
            object_unref(reply->object);
            reply->object = NULL;
        }
        action = hooks->after(hooks->ctx, &r->shown, &reply->shown);
    }
    return action == S3_SERVER_GO_ON ? faults_after(r) : action;
}

static enum s3_server_action run_before(struct request *r)
{
    const struct s3_server_hooks *hooks = &r->server->hooks;
    enum s3_server_action action = S3_SERVER_GO_ON;
    if (r->refused != CODE_NONE)
        return S3_SERVER_GO_ON;
    reply_clear(r);
    if (hooks->before != NULL)
        action = hooks->before(hooks->ctx, &r->shown, &r->reply.shown);
    return action == S3_SERVER_GO_ON ? faults_before(r) : action;
}

/* Suspends; pipeline_advance goes on from `stage`. */
static enum pipeline_next wait_for(struct request *r, enum s3_server_action action,
                                   enum request_stage stage)
{
    const struct s3_server_reply *shown = &r->reply.shown;
    const int64_t most_ms = shown->hold_max_ms > 0 ? shown->hold_max_ms : S3_SERVER_HOLD_MAX_MS;
    r->stage = action == S3_SERVER_STALL ? STAGE_DROPPED : stage;
    if (action != S3_SERVER_HOLD)
        r->watch = WATCH_CLIENT_GONE;
    if (action == S3_SERVER_HOLD_REQUESTS) {
        r->watch = WATCH_REQUESTS;
        r->watch_sequence = atomic_load(&r->server->last_sequence) + shown->hold_requests;
    }
    r->watch_end = mono_add_ms(clock_mono(clock_system()), most_ms);
    httpd_suspend(r);
    if (action == S3_SERVER_HOLD ? server_hold(r->server, r) != 0 : server_watch(r->server, r) != 0)
        httpd_resume(r);
    return PIPELINE_WAIT;
}

/* A hook may have asked for more delay before the reply goes out. */
static enum pipeline_next reply_when_due(struct request *r)
{
    const struct s3_server_reply *shown = &r->reply.shown;
    int64_t delay_ms = shown->extra_delay_ms;
    if (r->stage == STAGE_HELD)
        delay_ms += shown->delay_ms; /* a reply in place of being applied */
    r->stage = STAGE_REPLY;
    if (delay_ms <= 0)
        return PIPELINE_REPLY;
    return suspend_until(r, mono_add_ms(clock_mono(clock_system()), delay_ms)) ? PIPELINE_WAIT
                                                                               : PIPELINE_REPLY;
}

static bool too_fast(struct request *r)
{
    struct s3_server *s = r->server;
    const enum latency_operation kind = operation_row(r->operation)->latency;
    const bool write = kind == LATENCY_PUT || kind == LATENCY_COPY || kind == LATENCY_DELETE;
    if (s->rate_limit == NULL || r->refused != CODE_NONE ||
        rate_limit_take(s->rate_limit, r->shown.bucket, r->shown.key, write,
                        clock_mono(clock_system())))
        return false;
    reply_error(r, CODE_SLOW_DOWN, NULL);
    r->fault_name = "rate limit";
    return true;
}

static enum pipeline_next advance(struct request *r);

static enum pipeline_next advance_received(struct request *r)
{
    r->stage = STAGE_HELD;
    if (r->on_arrival == S3_SERVER_GO_ON && too_fast(r))
        return reply_when_due(r);
    const enum s3_server_action action =
        r->on_arrival != S3_SERVER_GO_ON ? r->on_arrival : run_before(r);
    switch (action) {
    case S3_SERVER_HOLD:
    case S3_SERVER_HOLD_UNTIL_GONE:
    case S3_SERVER_HOLD_REQUESTS:
    case S3_SERVER_STALL:
        return wait_for(r, action, STAGE_HELD);
    case S3_SERVER_REPLY:
        return reply_when_due(r);
    case S3_SERVER_DISCONNECT:
        return PIPELINE_CLOSE;
    case S3_SERVER_RESET:
        return PIPELINE_RESET;
    case S3_SERVER_GO_ON:
        break;
    }
    return advance(r);
}

static enum pipeline_next advance_waited(struct request *r)
{
    apply(r);
    const enum s3_server_action action = run_after(r);
    switch (action) {
    case S3_SERVER_HOLD:
    case S3_SERVER_HOLD_UNTIL_GONE:
    case S3_SERVER_HOLD_REQUESTS:
    case S3_SERVER_STALL:
        return wait_for(r, action, STAGE_APPLIED);
    case S3_SERVER_DISCONNECT:
        return PIPELINE_CLOSE;
    case S3_SERVER_RESET:
        return PIPELINE_RESET;
    case S3_SERVER_REPLY:
    case S3_SERVER_GO_ON:
        break;
    }
    return reply_when_due(r);
}

static enum pipeline_next advance(struct request *r)
{
    switch (r->stage) {
    case STAGE_RECEIVING:
    case STAGE_RECEIVED:
        return advance_received(r);
    case STAGE_HELD:
        return wait_drawn(r) ? PIPELINE_WAIT : advance_waited(r);
    case STAGE_WAITING:
        return advance_waited(r);
    case STAGE_APPLIED:
        return reply_when_due(r);
    case STAGE_REPLY:
        break;
    case STAGE_DROPPED:
        return PIPELINE_CLOSE;
    }
    return PIPELINE_REPLY;
}

/* Counted before the reply leaves, so that a client that has its reply finds itself counted. */
static void count(struct request *r)
{
    struct s3_server_stats *stats = &r->server->stats;
    pthread_mutex_lock(&r->server->lock);
    stats->requests++;
    stats->drawn_ns += (uint64_t)r->drawn_ns;
    stats->actual_ns += (uint64_t)r->actual_ns;
    stats->by_operation[r->operation]++;
    pthread_mutex_unlock(&r->server->lock);
}

enum pipeline_next pipeline_advance(struct request *r)
{
    const enum pipeline_next next = advance(r);
    if (next != PIPELINE_WAIT)
        count(r);
    return next;
}

void pipeline_finished(struct request *r)
{
    struct s3_server *s = r->server;
    const int64_t service_ns = mono_since_ns(clock_mono(clock_system()), r->arrived);
    if (s->log != NULL)
        request_log_write(s->log, r, service_ns);
    pthread_mutex_lock(&s->lock);
    s->stats.in_flight--;
    s->stats.service_ns += (uint64_t)service_ns;
    pthread_mutex_unlock(&s->lock);
    /* Releases what it refers to now, keeps its memory for the next one. */
    request_reset(r);
    r->next = s->pool;
    s->pool = r;
}
