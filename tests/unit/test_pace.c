/* SPDX-License-Identifier: MIT */
/* pace against simulated servers: events in virtual time, seeded, no clock. */
#include "compactor/pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define FLIGHT_MAX  2048
#define SERVERS_MAX 256

/* What answers. Requests wait for the first free of `servers` (0: one for each), and at most
 * limit_per_s are accepted a second, out of a bucket that holds one second's worth. */
struct sim_server {
    double median_ms;
    double sigma; /* of the lognormal */
    unsigned servers;
    double limit_per_s; /* 0: none */
};

enum what { REPLY, REFUSAL, WAKE };

struct event {
    int64_t at_ns;
    int64_t sent_ns;
    enum what what;
};

struct sim {
    struct sim_server server;
    struct rng rng;
    struct pace pace;
    struct pace_totals totals;
    uint64_t attempts;
    struct mono now;
    unsigned at_most; /* requests that the run has to send at a time */
    double tokens;
    int64_t tokens_at_ns;
    int64_t free_ns[SERVERS_MAX];
    struct event flight[FLIGHT_MAX]; /* waiting ones included */
    unsigned count;
};

static void sim_init(struct sim *s, struct sim_server server, unsigned max)
{
    memset(s, 0, sizeof *s);
    s->server = server;
    s->tokens = server.limit_per_s;
    s->at_most = max;
    rng_seed(&s->rng, 1);
    pace_init(&s->pace, max, s->now);
}

static int64_t service_ns(struct sim *s)
{
    const double ms = s->server.median_ms * exp(s->server.sigma * rng_normal(&s->rng));
    return (int64_t)(ms * (double)NS_PER_MS);
}

static bool accepts(struct sim *s)
{
    const double limit = s->server.limit_per_s;
    if (limit == 0)
        return true;
    const double seconds = (double)(s->now.ns - s->tokens_at_ns) / (double)NS_PER_S;
    s->tokens = fmin(limit, s->tokens + seconds * limit);
    s->tokens_at_ns = s->now.ns;
    if (s->tokens < 1)
        return false;
    s->tokens -= 1;
    return true;
}

static int64_t done_at(struct sim *s)
{
    if (s->server.servers == 0)
        return s->now.ns + service_ns(s);
    unsigned first = 0;
    for (unsigned i = 1; i < s->server.servers; i++)
        if (s->free_ns[i] < s->free_ns[first])
            first = i;
    const int64_t begins = s->free_ns[first] > s->now.ns ? s->free_ns[first] : s->now.ns;
    s->free_ns[first] = begins + service_ns(s);
    return s->free_ns[first];
}

static void send(struct sim *s, struct event *e)
{
    e->sent_ns = s->now.ns;
    e->what = accepts(s) ? REPLY : REFUSAL;
    e->at_ns = e->what == REPLY ? done_at(s) : s->now.ns + NS_PER_MS;
}

static void start_what_may(struct sim *s)
{
    while (s->count < s->at_most && s->count < pace_in_flight(&s->pace) &&
           pace_may_start(&s->pace, s->now)) {
        assert_in_range(s->count, 0, FLIGHT_MAX - 1);
        send(s, &s->flight[s->count++]);
        pace_started(&s->pace);
    }
}

static struct event *next_event(struct sim *s)
{
    struct event *next = NULL;
    for (unsigned i = 0; i < s->count; i++)
        if (next == NULL || s->flight[i].at_ns < next->at_ns)
            next = &s->flight[i];
    return next;
}

/* A refused request is tried again after full jitter up to a second, as the client does. */
static void happen(struct sim *s, struct event *e)
{
    if (e->what == WAKE) {
        send(s, e);
        return;
    }
    s->attempts++;
    s->totals.service_us += (uint64_t)((s->now.ns - e->sent_ns) / NS_PER_US);
    if (e->what == REFUSAL) {
        s->totals.refused++;
        e->what = WAKE;
        e->at_ns = s->now.ns + (int64_t)(rng_unit(&s->rng) * (double)NS_PER_S);
        return;
    }
    s->totals.replies++;
    *e = s->flight[--s->count];
}

/* Runs for so long, and gives the replies a second. */
static double sim_run(struct sim *s, int64_t seconds)
{
    const struct mono end = mono_add_ms(s->now, seconds * 1000);
    const uint64_t before = s->totals.replies;
    while (s->now.ns < end.ns) {
        pace_observe(&s->pace, s->now, &s->totals);
        start_what_may(s);
        const int64_t waited = s->now.ns + pace_wait_ms(&s->pace, s->now, 200) * NS_PER_MS;
        struct event *next = next_event(s);
        if (next == NULL || (waited > s->now.ns && waited < next->at_ns)) {
            s->now.ns = waited;
            continue;
        }
        s->now.ns = next->at_ns > s->now.ns ? next->at_ns : s->now.ns;
        happen(s, next);
    }
    return (double)(s->totals.replies - before) / (double)seconds;
}

static void widens_while_throughput_grows(void **state)
{
    struct sim *s = *state;
    sim_init(s, (struct sim_server){.median_ms = 26, .sigma = 0.4}, 1024);
    sim_run(s, 3);
    assert_int_equal(pace_in_flight(&s->pace), 1024);
}

static void stays_where_the_server_has_no_more(void **state)
{
    struct sim *s = *state;
    const struct sim_server server = {.median_ms = 30, .sigma = 0.4, .servers = 200};
    const double capacity = 200 / (30 * exp(0.4 * 0.4 / 2)) * 1000;
    sim_init(s, server, 1024);
    sim_run(s, 5);
    assert_in_range(pace_in_flight(&s->pace), 192, 512);
    assert_true(sim_run(s, 5) > 0.97 * capacity);
}

static void narrows_where_the_start_was_too_wide(void **state)
{
    struct sim *s = *state;
    const struct sim_server server = {.median_ms = 0.7, .sigma = 0.4, .servers = 2};
    const double capacity = 2 / (0.7 * exp(0.4 * 0.4 / 2)) * 1000;
    sim_init(s, server, 1024);
    sim_run(s, 5);
    assert_in_range(pace_in_flight(&s->pace), PACE_MIN, PACE_START);
    assert_true(sim_run(s, 5) > 0.97 * capacity);
}

/* The limit of S3 for a prefix, under the latencies of simulated s3-standard. */
static void keeps_just_below_a_limit(void **state)
{
    struct sim *s = *state;
    sim_init(s, (struct sim_server){.median_ms = 28, .sigma = 0.45, .limit_per_s = 5500}, 1024);
    sim_run(s, 5);
    assert_true((double)s->totals.refused < 0.02 * (double)s->attempts);
    const struct sim settled = *s;
    assert_true(sim_run(s, 20) > 0.95 * 5500);
    assert_true((double)(s->totals.refused - settled.totals.refused) <
                0.01 * (double)(s->attempts - settled.attempts));
}

static void follows_a_limit_that_rises_and_falls(void **state)
{
    struct sim *s = *state;
    sim_init(s, (struct sim_server){.median_ms = 28, .sigma = 0.45, .limit_per_s = 1000}, 1024);
    sim_run(s, 10);
    s->server.limit_per_s = 3000;
    sim_run(s, 15);
    assert_true(sim_run(s, 10) > 0.95 * 3000);
    s->server.limit_per_s = 500;
    sim_run(s, 5);
    const struct sim settled = *s;
    assert_true(sim_run(s, 10) > 0.93 * 500);
    assert_true((double)(s->totals.refused - settled.totals.refused) <
                0.02 * (double)(s->attempts - settled.attempts));
}

static void learns_nothing_from_a_run_with_too_little_to_send(void **state)
{
    struct sim *s = *state;
    sim_init(s, (struct sim_server){.median_ms = 26, .sigma = 0.4}, 1024);
    s->at_most = 10;
    sim_run(s, 10);
    assert_int_equal(pace_in_flight(&s->pace), PACE_START);
}

static void never_goes_beyond_its_maximum(void **state)
{
    struct sim *s = *state;
    sim_init(s, (struct sim_server){.median_ms = 5, .sigma = 0.2}, 100);
    sim_run(s, 5);
    assert_int_equal(pace_in_flight(&s->pace), 100);
    sim_init(s, (struct sim_server){.median_ms = 5, .sigma = 0.2}, 3);
    sim_run(s, 5);
    assert_int_equal(pace_in_flight(&s->pace), 3);
}

static void waits_as_long_as_the_rate_wants(void **state)
{
    struct pace p;
    struct mono now = {0};
    (void)state;
    pace_init(&p, 64, now);
    assert_int_equal(pace_wait_ms(&p, now, 200), 200); /* no limit, so only for replies */
    p.rate.limit = 10;
    p.rate.tokens = 0;
    assert_false(pace_may_start(&p, now));
    assert_int_equal(pace_wait_ms(&p, now, 200), 100);
    assert_int_equal(pace_wait_ms(&p, now, 50), 50);
    now = mono_add_ms(now, 60);
    assert_in_range(pace_wait_ms(&p, now, 200), 40, 41);
    now = mono_add_ms(now, 60);
    assert_int_equal(pace_wait_ms(&p, now, 200), 0);
    assert_true(pace_may_start(&p, now));
    assert_int_equal(pace_wait_ms(&p, now, 200), 200);
    pace_started(&p);
    assert_false(pace_may_start(&p, now));
}

/* Otherwise it would have grown beyond all bounds when the run can use it again. */
static void keeps_a_limit_that_it_does_not_reach(void **state)
{
    struct sim *s = *state;
    sim_init(s, (struct sim_server){.median_ms = 28, .sigma = 0.45, .limit_per_s = 1000}, 1024);
    sim_run(s, 10);
    s->at_most = 4;
    sim_run(s, 30);
    assert_in_range((unsigned)s->pace.rate.limit, 400, 1200);
}

static int make_sim(void **state)
{
    *state = malloc(sizeof(struct sim));
    return *state == NULL ? -1 : 0;
}

static int free_sim(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widens_while_throughput_grows),
        cmocka_unit_test(stays_where_the_server_has_no_more),
        cmocka_unit_test(narrows_where_the_start_was_too_wide),
        cmocka_unit_test(keeps_just_below_a_limit),
        cmocka_unit_test(follows_a_limit_that_rises_and_falls),
        cmocka_unit_test(keeps_a_limit_that_it_does_not_reach),
        cmocka_unit_test(learns_nothing_from_a_run_with_too_little_to_send),
        cmocka_unit_test(never_goes_beyond_its_maximum),
        cmocka_unit_test(waits_as_long_as_the_rate_wants),
    };
    return cmocka_run_group_tests(tests, make_sim, free_sim);
}
