/* SPDX-License-Identifier: MIT */
/* wake_queue - a binary min-heap; requests know their place in it, so that any can be removed. */
#include <assert.h>
#include <stdlib.h>

#include "lib/s3/client_private.h"

enum status wake_queue_reserve(struct wake_queue *q, size_t room, struct error *err)
{
    if (room <= q->room)
        return STATUS_OK;
    size_t larger = q->room * 2 > room ? q->room * 2 : room;
    struct s3_request **heap = realloc(q->heap, larger * sizeof(struct s3_request *));
    if (!heap)
        return error_set(err, STATUS_NO_MEMORY, "no memory for %zu requests", larger);
    q->heap = heap;
    q->room = larger;
    return STATUS_OK;
}

void wake_queue_release(struct wake_queue *q)
{
    free(q->heap);
    *q = (struct wake_queue){0};
}

static void put(struct wake_queue *q, size_t at, struct s3_request *rq)
{
    q->heap[at] = rq;
    rq->wake_index = at;
}

static void rise(struct wake_queue *q, size_t at, struct s3_request *rq)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (q->heap[parent]->wake.ns <= rq->wake.ns)
            break;
        put(q, at, q->heap[parent]);
        at = parent;
    }
    put(q, at, rq);
}

static void sink(struct wake_queue *q, size_t at, struct s3_request *rq)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= q->count)
            break;
        if (child + 1 < q->count && q->heap[child + 1]->wake.ns < q->heap[child]->wake.ns)
            child++;
        if (rq->wake.ns <= q->heap[child]->wake.ns)
            break;
        put(q, at, q->heap[child]);
        at = child;
    }
    put(q, at, rq);
}

void wake_queue_add(struct wake_queue *q, struct s3_request *rq)
{
    assert(q->count < q->room);
    rise(q, q->count++, rq);
}

void wake_queue_remove(struct wake_queue *q, struct s3_request *rq)
{
    size_t at = rq->wake_index;
    assert(at < q->count && q->heap[at] == rq);
    struct s3_request *last = q->heap[--q->count];
    if (last == rq)
        return;
    /* The last one fills the gap, and may belong above it as well as below. */
    rise(q, at, last);
    sink(q, last->wake_index, last);
}

struct s3_request *wake_queue_first(const struct wake_queue *q)
{
    return q->count > 0 ? q->heap[0] : NULL;
}
