/* SPDX-License-Identifier: MIT */
/* worker - the two kinds of partition behind one table. */
#include "compactor/worker.h"

#include "compactor/partition.h"
#include "compactor/safe/safe.h"

struct worker_ops {
    void (*free)(void *self);
    enum issue (*issue_control)(void *self);
    enum issue (*issue_fetch)(void *self);
    unsigned (*in_flight)(const void *self);
    bool (*is_finished)(const void *self);
};

/* The kinds have typed functions; calling them through pointers of another type is undefined. */

static void partition_worker_free(void *self)
{
    partition_free(self);
}

static enum issue partition_worker_control(void *self)
{
    return partition_issue_control(self);
}

static enum issue partition_worker_fetch(void *self)
{
    return partition_issue_fetch(self);
}

static unsigned partition_worker_in_flight(const void *self)
{
    return partition_in_flight(self);
}

static bool partition_worker_is_finished(const void *self)
{
    return partition_is_finished(self);
}

static const struct worker_ops partition_ops = {
    .free = partition_worker_free,
    .issue_control = partition_worker_control,
    .issue_fetch = partition_worker_fetch,
    .in_flight = partition_worker_in_flight,
    .is_finished = partition_worker_is_finished,
};

static void safe_worker_free(void *self)
{
    safe_free(self);
}

static enum issue safe_worker_control(void *self)
{
    return safe_issue_control(self);
}

static enum issue safe_worker_fetch(void *self)
{
    return safe_issue_fetch(self);
}

static unsigned safe_worker_in_flight(const void *self)
{
    return safe_in_flight(self);
}

static bool safe_worker_is_finished(const void *self)
{
    return safe_is_finished(self);
}

static const struct worker_ops safe_ops = {
    .free = safe_worker_free,
    .issue_control = safe_worker_control,
    .issue_fetch = safe_worker_fetch,
    .in_flight = safe_worker_in_flight,
    .is_finished = safe_worker_is_finished,
};

enum status worker_init(struct worker *w, struct shared *shared, uint64_t index,
                        struct partition_result *result, struct error *err)
{
    enum status status;
    if (shared->job->safe.enabled) {
        struct safe *made;
        status = safe_new(shared, index, result, &made, err);
        if (status == STATUS_OK)
            *w = (struct worker){&safe_ops, made};
    } else {
        struct partition *made;
        status = partition_new(shared, index, result, &made, err);
        if (status == STATUS_OK)
            *w = (struct worker){&partition_ops, made};
    }
    return status;
}

void worker_free(struct worker *w)
{
    w->ops->free(w->self);
}

enum issue worker_issue_control(struct worker *w)
{
    return w->ops->issue_control(w->self);
}

enum issue worker_issue_fetch(struct worker *w)
{
    return w->ops->issue_fetch(w->self);
}

unsigned worker_in_flight(const struct worker *w)
{
    return w->ops->in_flight(w->self);
}

bool worker_is_finished(const struct worker *w)
{
    return w->ops->is_finished(w->self);
}
