/* SPDX-License-Identifier: MIT */
/* run - the scheduler of a job. */
#include "compactor/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compactor/pace.h"
#include "compactor/worker.h"
#include "lib/base/rng.h"

#define POLL_MS    200 /* how late a signal or a progress line may be */
#define WINDOW_MIN 4
#define WINDOW_MAX 1024

struct active {
    struct worker worker;
    uint64_t index;
};

struct run {
    const struct run_options *options;
    struct job_limits limits;
    struct pace pace; /* of an adaptive job */
    struct shared shared;
    struct run_summary *summary;
    struct active *active; /* ascending by index */
    unsigned active_count;
    uint64_t next; /* partition to begin next */
};

/* Enough places ahead of the slowest reply that the others never wait for it long. */
static unsigned window_for(unsigned in_flight)
{
    unsigned window = WINDOW_MIN;
    while (window < 2 * in_flight && window < WINDOW_MAX)
        window *= 2;
    return window;
}

static enum status make_token(char out[TOKEN_HEX_SIZE], struct error *err)
{
    uint8_t random[(TOKEN_HEX_SIZE - 1) / 2];
    if (rng_entropy(random, sizeof random) != 0)
        return error_set(err, STATUS_IO, "the system has no random numbers");
    hex_encode(random, sizeof random, out);
    return STATUS_OK;
}

static enum status run_init(struct run *r, const struct run_options *options,
                            struct run_summary *summary, struct error *err)
{
    const struct job *job = options->job;
    *r = (struct run){.options = options, .summary = summary, .limits = job_limits(job)};
    r->shared = (struct shared){.job = job,
                                .source = options->source,
                                .destination = options->destination,
                                .window = window_for(r->limits.in_flight_per_partition)};
    pace_init(&r->pace, r->limits.in_flight, clock_mono(clock_system()));
    budget_init(&r->shared.budget, job->memory_bytes);
    summary->count = selection_count(&job->selection);
    summary->results = calloc(summary->count + 1, sizeof *summary->results);
    r->active = calloc(r->limits.partitions, sizeof *r->active);
    if (summary->results == NULL || r->active == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory for %llu partitions",
                         (unsigned long long)summary->count);
    enum status status = make_token(r->shared.token, err);
    return status == STATUS_OK ? hash_new(HASH_SHA256, &r->shared.hash, err) : status;
}

static void run_release(struct run *r)
{
    for (unsigned i = 0; i < r->active_count; i++)
        worker_free(&r->active[i].worker);
    free(r->active);
    hash_free(r->shared.hash);
}

static void note_result(struct run *r, uint64_t index)
{
    struct run_summary *s = r->summary;
    const struct partition_result *result = &s->results[index];
    s->by_status[result->status]++;
    s->deleted += result->deleted;
    for (unsigned i = 0; i < result->output_count; i++) {
        if (!result->outputs[i].written)
            continue;
        s->outputs++;
        s->objects += result->outputs[i].sources;
        s->bytes += result->outputs[i].source_bytes;
        s->copied_bytes += result->outputs[i].copied_bytes;
    }
    if (result->status == PARTITION_FAILED && r->options->job->fail_fast)
        r->shared.stopping = true;
    r->options->on_finished(r->options->ctx, index);
}

/* Begins partitions while there is room for more, and memory for more listings. */
static void begin_partitions(struct run *r)
{
    const struct budget *b = &r->shared.budget;
    while (r->active_count < r->limits.partitions && r->next < r->summary->count &&
           !r->shared.stopping && (r->active_count == 0 || b->entries_held < b->entries_max / 2)) {
        const uint64_t index = r->next++;
        struct active *slot = &r->active[r->active_count];
        struct error error;
        if (worker_init(&slot->worker, &r->shared, index, &r->summary->results[index], &error) ==
            STATUS_OK) {
            slot->index = index;
            r->active_count++;
        } else {
            result_fail(&r->summary->results[index], &error);
            note_result(r, index);
        }
    }
}

static unsigned in_flight(const struct run *r)
{
    const struct run_options *o = r->options;
    const unsigned source = s3_client_in_flight(o->source);
    return o->source == o->destination ? source : source + s3_client_in_flight(o->destination);
}

/* ---- pace ---- */

static void add_totals(struct pace_totals *totals, const struct s3_counters *c)
{
    const struct s3_op_counters *gets = &c->op[S3_GET_OBJECT];
    totals->replies += gets->requests - gets->failures;
    totals->refused += c->retries[RETRY_SLOW_DOWN];
    for (int i = 0; i < S3_OP_COUNT; i++)
        totals->service_us += c->op[i].total.sum_us;
}

static void observe_pace(struct run *r)
{
    const struct run_options *o = r->options;
    struct pace_totals totals = {0};
    if (!o->job->adaptive)
        return;
    add_totals(&totals, s3_client_counters(o->source));
    if (o->destination != o->source)
        add_totals(&totals, s3_client_counters(o->destination));
    pace_observe(&r->pace, clock_mono(clock_system()), &totals);
}

/* One request may always be under way: the loop waits for replies alone. */
static bool pace_allows(struct run *r)
{
    const unsigned now = in_flight(r);
    if (!r->options->job->adaptive)
        return now < r->limits.in_flight;
    return now < pace_in_flight(&r->pace) &&
           (now == 0 || pace_may_start(&r->pace, clock_mono(clock_system())));
}

/* How long a turn of the loop may wait for a reply. */
static int64_t wait_ms(const struct run *r)
{
    if (r->shared.busy)
        return 0;
    return r->options->job->adaptive ? pace_wait_ms(&r->pace, clock_mono(clock_system()), POLL_MS)
                                     : POLL_MS;
}

static enum status poll_clients(const struct run *r, struct error *err)
{
    struct s3_client *const clients[] = {r->options->source, r->options->destination};
    return s3_clients_poll(clients, clients[0] == clients[1] ? 1 : 2, wait_ms(r), err);
}

/* ---- sending ---- */

static bool may_send(struct run *r, const struct worker *w)
{
    return worker_in_flight(w) < r->limits.in_flight_per_partition && pace_allows(r);
}

/* Sends what the partition has to send, as far as it may. */
static void send_all(struct run *r, struct worker *w, enum issue issue(struct worker *w))
{
    while (may_send(r, w) && issue(w) == ISSUE_SENT)
        pace_started(&r->pace);
}

static void send_requests(struct run *r)
{
    r->shared.busy = false;
    for (unsigned i = 0; i < r->active_count; i++)
        send_all(r, &r->active[i].worker, worker_issue_control);
    budget_open_parts(&r->shared.budget);
    for (unsigned i = 0; i < r->active_count; i++)
        send_all(r, &r->active[i].worker, worker_issue_fetch);
    if (in_flight(r) > r->summary->in_flight_seen)
        r->summary->in_flight_seen = in_flight(r);
}

static void end_partitions(struct run *r)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < r->active_count; i++) {
        struct active a = r->active[i];
        if (!worker_is_finished(&a.worker)) {
            r->active[kept++] = a;
            continue;
        }
        worker_free(&a.worker);
        note_result(r, a.index);
    }
    r->active_count = kept;
}

static bool is_over(const struct run *r)
{
    return r->active_count == 0 && (r->next == r->summary->count || r->shared.stopping);
}

static enum status run_loop(struct run *r, struct error *err)
{
    for (;;) {
        if (r->options->interrupted() != 0)
            r->summary->interrupted = r->shared.stopping = true;
        begin_partitions(r);
        observe_pace(r);
        send_requests(r);
        end_partitions(r);
        if (is_over(r))
            return STATUS_OK;
        progress_expect(r->options->progress, r->shared.objects_listed, r->shared.bytes_listed);
        progress_update(r->options->progress, r->shared.objects_done, r->shared.bytes_done);
        if (in_flight(r) == 0)
            continue; /* something moved on without a request */
        enum status status = poll_clients(r, err);
        if (status != STATUS_OK)
            return status;
    }
}

/* No request may outlive the partition that it writes to. */
static void cancel_requests(const struct run *r)
{
    s3_client_cancel_all(r->options->source);
    if (r->options->destination != r->options->source)
        s3_client_cancel_all(r->options->destination);
}

enum status run_job(const struct run_options *options, struct run_summary *summary,
                    struct error *err)
{
    struct run run;
    *summary = (struct run_summary){0};
    enum status status = run_init(&run, options, summary, err);
    if (status == STATUS_OK)
        status = run_loop(&run, err);
    if (status != STATUS_OK)
        cancel_requests(&run);
    summary->copies_refused = run.shared.copies_refused;
    summary->parts_peak_bytes = run.shared.budget.parts_peak;
    summary->in_flight = options->job->adaptive ? run.pace.width.now : run.limits.in_flight;
    summary->in_flight_max = options->job->adaptive ? run.pace.width.widest : run.limits.in_flight;
    summary->rate_per_s = run.pace.rate.limit;
    summary->cost = run.shared.cost;
    run_release(&run);
    if (status != STATUS_OK)
        run_summary_release(summary);
    return status;
}

void run_summary_release(struct run_summary *s)
{
    for (uint64_t i = 0; s->results != NULL && i < s->count; i++)
        result_release(&s->results[i]);
    free(s->results);
    *s = (struct run_summary){0};
}
