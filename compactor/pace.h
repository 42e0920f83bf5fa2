/* SPDX-License-Identifier: MIT */
/*
 * pace - how many requests a run may have in flight, and how many a second it may start, found
 * while it runs. Pure: it sees totals and the time, and never the network.
 *
 *     pace_init(&pace, 1024, now);
 *     loop:  pace_observe(&pace, now, &totals);
 *            while (in_flight < pace_in_flight(&pace) && pace_may_start(&pace, now))
 *                start one, and pace_started(&pace);
 *            wait for a reply, at most pace_wait_ms(&pace, now, ...)
 *
 * Width. By Little's law, requests in flight = throughput * service time: while a server has room,
 * twice as many in flight give twice the throughput; once it has none, only the service time grows
 * in proportion. So the width is doubled while that is worth it, and kept where it is not. Where
 * the first doubling already was in vain it is halved, while that costs next to nothing. A wider
 * one is tried again from time to time. A window in which the run itself had too little to send
 * says nothing about the server and is passed over.
 *
 * Rate. A server that answers SlowDown limits requests a second. What it accepts while it refuses
 * is its limit; from then on requests are started at a little less, which creeps up until the next
 * refusal, in steps that grow while there is none.
 *
 * Threads: belongs to one. No allocation, no clock of its own.
 */
#ifndef KIT_COMPACTOR_PACE_H
#define KIT_COMPACTOR_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"

#define PACE_START 64 /* requests in flight before anything is known */
#define PACE_MIN   16 /* narrower would save nothing */

/* All since the start, and never falling. */
struct pace_totals {
    uint64_t replies;    /* reads of sources that went well */
    uint64_t service_us; /* of all attempts that got a reply, added up */
    uint64_t refused;    /* attempts answered with SlowDown */
};

enum pace_phase { PACE_WIDENING, PACE_NARROWING, PACE_HOLDING, PACE_TRYING };

/* What the width is found with. */
struct pace_width {
    unsigned max;
    unsigned now;
    unsigned widest; /* ever */
    enum pace_phase phase;
    unsigned good;    /* to go back to */
    double good_rate; /* replies a second that it gave; 0: not known yet */
    unsigned in_vain; /* windows of this width that brought too little */
    struct mono hold_until;
    struct pace_totals base; /* at the window's start */
    struct mono began;
    bool settling; /* the first replies after a change belong to the width before */
};

/* What the rate is found with. */
struct pace_rate {
    double limit;      /* requests started a second; 0: none */
    double refused_at; /* the limit when refusals last came */
    double step;       /* share by which it grows next */
    unsigned calm;     /* steps since then */
    struct mono grows_at;
    uint64_t step_started; /* requests, when the present step began */
    bool measuring;        /* refusals have come */
    uint64_t base_started;
    uint64_t base_refused;
    struct mono began;
    struct mono deaf_until; /* refusals before then are of requests sent before the last cut */
    uint64_t seen_refused;
    double tokens; /* requests that may start; negative while refused ones have to be made up for */
    struct mono tokens_at;
};

struct pace {
    struct pace_width width;
    struct pace_rate rate;
    uint64_t started;
};

/* `max`: requests in flight at the most, at least 1. */
void pace_init(struct pace *p, unsigned max, struct mono now);
void pace_observe(struct pace *p, struct mono now, const struct pace_totals *totals);

unsigned pace_in_flight(const struct pace *p);
/* Whether one more request may start now; pace_started says that it did. */
bool pace_may_start(struct pace *p, struct mono now);
void pace_started(struct pace *p);
/* After pace_may_start said no: until it would not. After yes, `most_ms`, which is the most in any
 * case: what is waited for is a reply then. */
int64_t pace_wait_ms(const struct pace *p, struct mono now, int64_t most_ms);

#endif
