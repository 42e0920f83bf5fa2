/* SPDX-License-Identifier: MIT */
/*
 * worker - one partition under way, of whichever kind the job asks for: a plain one (partition.h)
 * or one of the crash-safe mode (safe/safe.h). A run drives both in the same way.
 */
#ifndef KIT_COMPACTOR_WORKER_H
#define KIT_COMPACTOR_WORKER_H

#include <stdbool.h>

#include "compactor/job.h"
#include "compactor/result.h"

struct worker_ops;
struct worker {
    const struct worker_ops *ops;
    void *self;
};

/* `result` is filled as it goes and outlives the worker. */
enum status worker_init(struct worker *w, struct shared *shared, uint64_t index,
                        struct partition_result *result, struct error *err) MUST_USE;
void worker_free(struct worker *w); /* nothing may be in flight */
/* What later work waits for: listings, looks, writes. */
enum issue worker_issue_control(struct worker *w);
/* Reads, and what else asks for part memory or comes in numbers. */
enum issue worker_issue_fetch(struct worker *w);
unsigned worker_in_flight(const struct worker *w);
/* Over, well or not: result->status tells. */
bool worker_is_finished(const struct worker *w);

#endif
