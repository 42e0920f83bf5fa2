/* SPDX-License-Identifier: MIT */
/*
 * server - starts and stops the parts, and what other threads may do meanwhile.
 *
 *   httpd      reads requests from its one epoll thread and sends replies
 *   pipeline   takes each through signature, hooks, delay, operation, log
 *   ops        S3's operations, on the store
 *   delay      wakes requests whose simulated latency has passed
 */
#include "bench/server/server.h"

#include <stdlib.h>
#include <string.h>

#include "bench/server/faults.h"
#include "bench/server/httpd.h"
#include "bench/server/kept_headers.h"
#include "bench/server/rate_limit.h"
#include "bench/server/server_private.h"

#define DRAW_KEY_MAX      (128u << 10)
#define WATCH_INTERVAL_MS 2

static void count_held(struct s3_server *s, int by)
{
    pthread_mutex_lock(&s->lock);
    s->held_count = (unsigned)((int)s->held_count + by);
    pthread_mutex_unlock(&s->lock);
}

static void server_free(struct s3_server *s)
{
    auth_free(s->auth);
    faults_free(s->faults);
    rate_limit_free(s->rate_limit);
    request_log_close(s->log);
    while (s->pool != NULL) {
        struct request *next = s->pool->next;
        request_free(s->pool);
        s->pool = next;
    }
    delay_queue_free(s->delays);
    storage_free(s->store);
    buf_release(&s->draw_key);
    pthread_mutex_destroy(&s->lock);
    free(s->region);
    free(s->domain);
    free(s);
}

/* Whether what a suspended request waits for, besides time, has not come about. */
static bool keeps_waiting(struct s3_server *s, const struct request *r)
{
    if (r->watch == WATCH_NONE || mono_since_ns(r->watch_end, clock_mono(clock_system())) <= 0)
        return false;
    if (r->watch == WATCH_REQUESTS)
        return atomic_load(&s->last_sequence) < r->watch_sequence;
    return !httpd_client_gone(r);
}

/* On the delay thread. */
static void wake_request(void *item)
{
    struct request *r = item;
    struct s3_server *s = r->server;
    if (keeps_waiting(s, r)) {
        const struct mono again = mono_add_ms(clock_mono(clock_system()), WATCH_INTERVAL_MS);
        if (delay_queue_add(s->delays, again, r) == 0)
            return;
    }
    if (r->watch != WATCH_NONE) {
        r->watch = WATCH_NONE;
        count_held(s, -1);
    }
    httpd_resume(r);
}

static bool has_limits(const struct latency_profile *latency)
{
    return latency != NULL && (latency->limits.get_per_s > 0 || latency->limits.put_per_s > 0);
}

static enum status server_build(struct s3_server *s, const struct s3_server_options *options,
                                struct error *err)
{
    const char *region = options->region != NULL ? options->region : "us-east-1";
    s->hooks = options->hooks;
    s->quirks = options->quirks;
    if (options->latency != NULL && latency_delays(options->latency))
        s->latency = options->latency; /* otherwise no request pays for drawing nothing */
    atomic_init(&s->seed, options->seed);
    atomic_init(&s->last_sequence, 0);
    buf_init(&s->draw_key, DRAW_KEY_MAX);
    s->region = strdup(region);
    s->store = storage_new(options->memory_limit_bytes);
    s->auth = auth_new(options->keys, options->key_count, region);
    if (options->faults != NULL && (s->faults = faults_new(options->faults)) == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the fault rules");
    if (has_limits(options->latency) &&
        (s->rate_limit = rate_limit_new(&options->latency->limits)) == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the rate limits");
    if (options->domain != NULL && (s->domain = strdup(options->domain)) == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the S3 server");
    if (s->region == NULL || s->store == NULL || s->auth == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the S3 server");
    if (options->request_log != NULL) {
        const enum status status = request_log_open(options->request_log, &s->log, err);
        if (status != STATUS_OK)
            return status;
    }
    return delay_queue_new(wake_request, &s->delays, err);
}

enum status s3_server_start(const struct s3_server_options *options, struct s3_server **out,
                            struct error *err)
{
    const char *host = options->listen_host != NULL ? options->listen_host : "127.0.0.1";
    struct s3_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the S3 server");
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s);
        return error_set(err, STATUS_NO_MEMORY, "no memory for the S3 server's lock");
    }
    enum status status = server_build(s, options, err);
    if (status == STATUS_OK) {
        /* Requests can come before the URL is written; each takes this lock when it arrives. */
        pthread_mutex_lock(&s->lock);
        status = httpd_start(s, host, options->port, &s->httpd, s->url, sizeof s->url, err);
        pthread_mutex_unlock(&s->lock);
    }
    if (status != STATUS_OK) {
        server_free(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

void s3_server_stop(struct s3_server *s)
{
    if (s == NULL)
        return;
    /* Nothing may be suspended when the HTTP thread is told to end, nor become so after. */
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    s3_server_release_all(s);
    delay_queue_stop(s->delays);
    httpd_stop(s->httpd);
    server_free(s);
}

const char *s3_server_url(const struct s3_server *s)
{
    return s->url;
}

void s3_server_reseed(struct s3_server *s, uint64_t seed)
{
    atomic_store(&s->seed, seed);
}

int server_watch(struct s3_server *s, struct request *r)
{
    const struct mono first = mono_add_ms(clock_mono(clock_system()), WATCH_INTERVAL_MS);
    count_held(s, 1);
    if (delay_queue_add(s->delays, first, r) == 0)
        return 0;
    r->watch = WATCH_NONE;
    count_held(s, -1);
    return -1;
}

int server_hold(struct s3_server *s, struct request *r)
{
    pthread_mutex_lock(&s->lock);
    const bool stopping = s->stopping;
    if (!stopping) {
        r->next = s->held;
        s->held = r;
        s->held_count++;
    }
    pthread_mutex_unlock(&s->lock);
    return stopping ? -1 : 0;
}

/* Takes the held requests with this sequence (0: all) out of the list, and resumes them. */
static void release(struct s3_server *s, uint64_t sequence)
{
    struct request *released = NULL;
    pthread_mutex_lock(&s->lock);
    for (struct request **link = &s->held; *link != NULL;) {
        struct request *r = *link;
        if (sequence != 0 && r->shown.sequence != sequence) {
            link = &r->next;
            continue;
        }
        *link = r->next;
        r->next = released;
        released = r;
        s->held_count--;
    }
    pthread_mutex_unlock(&s->lock);
    while (released != NULL) {
        struct request *next = released->next; /* once resumed, it is no longer ours */
        httpd_resume(released);
        released = next;
    }
}

void s3_server_release_all(struct s3_server *s)
{
    release(s, 0);
}

void s3_server_release(struct s3_server *s, uint64_t sequence)
{
    release(s, sequence);
}

unsigned s3_server_held(struct s3_server *s)
{
    pthread_mutex_lock(&s->lock);
    const unsigned held = s->held_count;
    pthread_mutex_unlock(&s->lock);
    return held;
}

void s3_server_stats(struct s3_server *s, struct s3_server_stats *out)
{
    struct storage_totals totals;
    storage_totals(s->store, &totals);
    pthread_mutex_lock(&s->lock);
    *out = s->stats;
    pthread_mutex_unlock(&s->lock);
    out->objects = totals.objects;
    out->object_bytes = totals.object_bytes;
    out->open_uploads = totals.uploads;
}

void s3_server_stats_reset(struct s3_server *s)
{
    pthread_mutex_lock(&s->lock);
    const uint64_t in_flight = s->stats.in_flight;
    s->stats = (struct s3_server_stats){.in_flight = in_flight, .in_flight_max = in_flight};
    pthread_mutex_unlock(&s->lock);
}
