/* SPDX-License-Identifier: MIT */
/* pace - see pace.h. */
#include "compactor/pace.h"

#include <math.h>

/* A window is long enough for its rate to mean something. */
#define WINDOW_MS      100
#define WINDOW_REPLIES 256
#define WINDOW_ROUNDS  4 /* replies a place in flight */
#define BUSY_SHARE     0.75

#define WORTH_DOUBLING 1.20 /* of the rate, to go on doubling */
#define WORTH_KEEPING  1.05 /* to stay at the wider one */
#define WORTH_TRYING   1.15
#define SAME           0.97
#define IN_VAIN_MAX    2 /* windows, so that one that was disturbed decides nothing */
#define HOLD_MS        5000

#define REFUSED_MANY   20
#define MEASURE_MS     10
#define MEASURE_MS_MAX 250
#define BELOW          0.97 /* of what the server accepts */
#define NEAR           0.9  /* of what it refused */
#define USED           0.8
#define STEP_SMALL     0.01
#define STEP_LARGE     0.08
#define STEP_EVERY_MS  200
#define STEP_EVERY_S   (STEP_EVERY_MS / 1000.0)
#define STEPS_ALIKE    5
#define DEAF_MS        50
#define BURST_S        0.005

void pace_init(struct pace *p, unsigned max, struct mono now)
{
    const unsigned start = max < PACE_START ? max : PACE_START;
    *p = (struct pace){
        .width = {.max = max, .now = start, .widest = start, .good = start, .began = now},
        .rate = {.step = STEP_SMALL, .tokens_at = now},
    };
}

/* ---- width ---- */

static void window_restart(struct pace_width *w, struct mono now, const struct pace_totals *totals)
{
    w->base = *totals;
    w->began = now;
}

static void width_set(struct pace_width *w, unsigned width)
{
    w->settling = width != w->now;
    w->now = width;
    w->in_vain = 0;
    if (width > w->widest)
        w->widest = width;
}

static void width_hold(struct pace_width *w, struct mono now)
{
    width_set(w, w->good);
    w->phase = PACE_HOLDING;
    w->hold_until = mono_add_ms(now, HOLD_MS);
}

static void width_accept(struct pace_width *w, double rate)
{
    w->good = w->now;
    w->good_rate = rate;
}

static unsigned doubled(const struct pace_width *w)
{
    return w->now > w->max / 2 ? w->max : 2 * w->now;
}

static void widen(struct pace_width *w, struct mono now, double rate)
{
    if (rate >= WORTH_DOUBLING * w->good_rate) {
        width_accept(w, rate);
        if (w->now == w->max)
            width_hold(w, now);
        else
            width_set(w, doubled(w));
        return;
    }
    if (++w->in_vain < IN_VAIN_MAX)
        return;
    if (rate >= WORTH_KEEPING * w->good_rate)
        width_accept(w, rate);
    if (w->good > PACE_START || w->good <= PACE_MIN) {
        width_hold(w, now);
        return;
    }
    w->phase = PACE_NARROWING;
    width_set(w, w->good / 2);
}

static void narrow(struct pace_width *w, struct mono now, double rate)
{
    if (rate >= SAME * w->good_rate) {
        w->good = w->now; /* the rate to compare with stays: no creeping down */
        if (w->now / 2 >= PACE_MIN)
            width_set(w, w->now / 2);
        else
            width_hold(w, now);
    } else if (++w->in_vain == IN_VAIN_MAX) {
        width_hold(w, now);
    }
}

static void hold(struct pace_width *w, struct mono now, double rate)
{
    w->good_rate = rate;
    if (mono_since_ns(now, w->hold_until) < 0 || w->now == w->max)
        return;
    w->phase = PACE_TRYING;
    width_set(w, w->now + w->now / 2 < w->max ? w->now + w->now / 2 : w->max);
}

static void try(struct pace_width *w, struct mono now, double rate)
{
    if (rate < WORTH_TRYING * w->good_rate) {
        width_hold(w, now);
        return;
    }
    width_accept(w, rate);
    w->phase = PACE_WIDENING;
    width_set(w, doubled(w));
}

static void window_judge(struct pace_width *w, struct mono now, double rate)
{
    switch (w->phase) {
    case PACE_WIDENING:
        widen(w, now, rate);
        break;
    case PACE_NARROWING:
        narrow(w, now, rate);
        break;
    case PACE_HOLDING:
        hold(w, now, rate);
        break;
    case PACE_TRYING:
        try(w, now, rate);
        break;
    }
}

static void width_observe(struct pace_width *w, struct mono now, const struct pace_totals *totals)
{
    const uint64_t replies = totals->replies - w->base.replies;
    if (w->settling) {
        if (replies < w->now)
            return;
        w->settling = false;
        window_restart(w, now, totals);
        return;
    }
    const double seconds = mono_since_s(now, w->began);
    if (replies < WINDOW_REPLIES || replies < (uint64_t)WINDOW_ROUNDS * w->now ||
        seconds * 1000 < WINDOW_MS)
        return;
    const double busy = (double)(totals->service_us - w->base.service_us) / 1e6 / seconds;
    if (busy >= BUSY_SHARE * w->now && totals->refused == w->base.refused)
        window_judge(w, now, (double)replies / seconds);
    window_restart(w, now, totals);
}

/* ---- rate ---- */

/* Of `refused_at` requests a second the server took about `accepted_per_s`. Never cut by more than
 * half: that looks too little while requests wait to be tried again, because they keep their
 * places. */
static void rate_cut(struct pace *p, struct mono now, double refused_at, double accepted_per_s)
{
    struct pace_rate *r = &p->rate;
    r->refused_at = refused_at;
    r->limit = BELOW * fmin(r->refused_at, accepted_per_s);
    r->limit = fmax(1, fmax(r->limit, r->refused_at / 2));
    r->step = STEP_SMALL;
    r->calm = 0;
    r->measuring = false;
    r->grows_at = mono_add_ms(now, STEP_EVERY_MS);
    r->step_started = p->started;
    r->deaf_until = mono_add_ms(now, DEAF_MS);
}

/* What was accepted since the first refusal, once that is enough to go by. */
static void rate_measure(struct pace *p, struct mono now, uint64_t refused)
{
    struct pace_rate *r = &p->rate;
    const double ms = mono_since_s(now, r->began) * 1000;
    const uint64_t refusals = refused - r->base_refused;
    if (ms < MEASURE_MS || (refusals < REFUSED_MANY && ms < MEASURE_MS_MAX))
        return;
    const uint64_t started = p->started - r->base_started;
    rate_cut(p, now, r->limit, started > refusals ? (double)(started - refusals) / (ms / 1000) : 0);
}

/* Quickly back to where it was refused, and slowly on from there. A limit that was not made use of
 * has not been tried, and stays. */
static void rate_grow(struct pace *p, struct mono now)
{
    struct pace_rate *r = &p->rate;
    if (r->limit == 0 || mono_since_ns(now, r->grows_at) < 0)
        return;
    const double used = (double)(p->started - r->step_started) / STEP_EVERY_S;
    r->grows_at = mono_add_ms(now, STEP_EVERY_MS);
    r->step_started = p->started;
    if (used < USED * r->limit)
        return;
    if (r->limit < NEAR * r->refused_at) {
        r->limit *= 1 + STEP_LARGE;
        return;
    }
    r->limit *= 1 + r->step;
    if (++r->calm % STEPS_ALIKE == 0)
        r->step = fmin(STEP_LARGE, 2 * r->step);
}

/* Replies a second in the present window, or where that has hardly begun, in a good one. */
static double rate_now(const struct pace_width *w, struct mono now,
                       const struct pace_totals *totals)
{
    const double seconds = mono_since_s(now, w->began);
    if (2 * seconds * 1000 < WINDOW_MS && w->good_rate > 0)
        return w->good_rate;
    return (double)(totals->replies - w->base.replies) / fmax(seconds, 0.001);
}

static void rate_observe(struct pace *p, struct mono now, const struct pace_totals *totals)
{
    struct pace_rate *r = &p->rate;
    const uint64_t refusals = totals->refused - r->seen_refused;
    r->seen_refused = totals->refused;
    if (r->limit > 0)
        r->tokens -= (double)refusals; /* they will be tried again, at the cost of new ones */
    if (r->measuring) {
        rate_measure(p, now, totals->refused);
    } else if (refusals == 0) {
        rate_grow(p, now);
    } else if (r->limit == 0) {
        rate_cut(p, now, rate_now(&p->width, now, totals), 0); /* at once: it may be far beyond */
    } else if (mono_since_ns(now, r->deaf_until) >= 0) {
        r->measuring = true;
        r->began = now;
        r->base_started = p->started;
        r->base_refused = totals->refused - refusals;
    }
}

static double tokens_at(const struct pace_rate *r, struct mono now)
{
    const double most = fmax(1, r->limit * BURST_S);
    return fmin(most, r->tokens + mono_since_s(now, r->tokens_at) * r->limit);
}

/* ---- together ---- */

void pace_observe(struct pace *p, struct mono now, const struct pace_totals *totals)
{
    rate_observe(p, now, totals);
    width_observe(&p->width, now, totals);
}

unsigned pace_in_flight(const struct pace *p)
{
    return p->width.now;
}

bool pace_may_start(struct pace *p, struct mono now)
{
    struct pace_rate *r = &p->rate;
    if (r->limit == 0)
        return true;
    r->tokens = tokens_at(r, now);
    r->tokens_at = now;
    return r->tokens >= 1;
}

void pace_started(struct pace *p)
{
    p->started++;
    if (p->rate.limit > 0)
        p->rate.tokens -= 1;
}

int64_t pace_wait_ms(const struct pace *p, struct mono now, int64_t most_ms)
{
    const struct pace_rate *r = &p->rate;
    if (r->limit == 0 || r->tokens >= 1)
        return most_ms;
    const double missing_s = (1 - r->tokens) / r->limit - mono_since_s(now, r->tokens_at);
    const double ms = ceil(fmax(0, missing_s) * 1000);
    return ms < (double)most_ms ? (int64_t)ms : most_ms;
}
