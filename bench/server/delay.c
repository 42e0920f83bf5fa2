/* SPDX-License-Identifier: MIT */
/* delay - a binary min-heap by due time under one lock. */
#include "bench/server/delay.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define BATCH_NS    NS_PER_MS
#define BATCH_ITEMS 256

struct delay_item {
    int64_t due_ns;
    void *item;
};

struct delay_queue {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct delay_item *heap;
    size_t count, room;
    bool stopping;
    void (*wake)(void *item);
};

static void heap_push(struct delay_queue *q, struct delay_item item)
{
    size_t at = q->count++;
    for (; at > 0 && q->heap[(at - 1) / 2].due_ns > item.due_ns; at = (at - 1) / 2)
        q->heap[at] = q->heap[(at - 1) / 2];
    q->heap[at] = item;
}

static void *heap_pop(struct delay_queue *q)
{
    void *top = q->heap[0].item;
    const struct delay_item moved = q->heap[--q->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < q->count; at = child) {
        if (child + 1 < q->count && q->heap[child + 1].due_ns < q->heap[child].due_ns)
            child++;
        if (q->heap[child].due_ns >= moved.due_ns)
            break;
        q->heap[at] = q->heap[child];
    }
    q->heap[at] = moved;
    return top;
}

static void wait_until(struct delay_queue *q, int64_t due_ns)
{
    const struct timespec until = {.tv_sec = due_ns / NS_PER_S, .tv_nsec = due_ns % NS_PER_S};
    pthread_cond_timedwait(&q->changed, &q->lock, &until);
}

/* Under the lock: moves what is due to `batch`. */
static size_t take_due(struct delay_queue *q, int64_t now_ns, void *batch[BATCH_ITEMS])
{
    size_t n = 0;
    while (n < BATCH_ITEMS && q->count > 0 && (q->stopping || q->heap[0].due_ns <= now_ns))
        batch[n++] = heap_pop(q);
    return n;
}

static void *delay_run(void *arg)
{
    struct delay_queue *q = arg;
    int64_t not_before_ns = 0;
    pthread_mutex_lock(&q->lock);
    while (!q->stopping || q->count > 0) {
        const int64_t now_ns = clock_mono(clock_system()).ns;
        void *batch[BATCH_ITEMS];
        if (now_ns < not_before_ns && !q->stopping) {
            wait_until(q, not_before_ns);
            continue;
        }
        const size_t n = take_due(q, now_ns, batch);
        if (n == 0) {
            if (q->count == 0 && !q->stopping)
                pthread_cond_wait(&q->changed, &q->lock);
            else if (q->count > 0)
                wait_until(q, q->heap[0].due_ns);
            continue;
        }
        if (n < BATCH_ITEMS)
            not_before_ns = now_ns + BATCH_NS;
        pthread_mutex_unlock(&q->lock);
        for (size_t i = 0; i < n; i++)
            q->wake(batch[i]);
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static int cond_init_monotonic(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return -1;
    int failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (!failed)
        failed = pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
    return failed ? -1 : 0;
}

enum status delay_queue_new(void (*wake)(void *item), struct delay_queue **out, struct error *err)
{
    struct delay_queue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return error_set(err, STATUS_NO_MEMORY, "no memory for the delay queue");
    q->wake = wake;
    if (pthread_mutex_init(&q->lock, NULL) != 0 || cond_init_monotonic(&q->changed) != 0) {
        free(q);
        return error_set(err, STATUS_NO_MEMORY, "no memory for the delay queue's lock");
    }
    const int failed = pthread_create(&q->thread, NULL, delay_run, q);
    if (failed != 0) {
        pthread_cond_destroy(&q->changed);
        pthread_mutex_destroy(&q->lock);
        free(q);
        return error_set(err, STATUS_IO, "cannot start the delay thread (error %d)", failed);
    }
    *out = q;
    return STATUS_OK;
}

void delay_queue_stop(struct delay_queue *q)
{
    pthread_mutex_lock(&q->lock);
    const bool first = !q->stopping;
    q->stopping = true;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
    if (first)
        pthread_join(q->thread, NULL);
}

void delay_queue_free(struct delay_queue *q)
{
    if (q == NULL)
        return;
    delay_queue_stop(q);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q->heap);
    free(q);
}

/* Under the lock. */
static int heap_grow(struct delay_queue *q)
{
    const size_t room = q->room == 0 ? 64 : 2 * q->room;
    struct delay_item *grown = realloc(q->heap, room * sizeof *grown);
    if (grown == NULL)
        return -1;
    q->heap = grown;
    q->room = room;
    return 0;
}

int delay_queue_add(struct delay_queue *q, struct mono due, void *item)
{
    int result = -1;
    pthread_mutex_lock(&q->lock);
    if (!q->stopping && (q->count < q->room || heap_grow(q) == 0)) {
        heap_push(q, (struct delay_item){.due_ns = due.ns, .item = item});
        if (q->heap[0].item == item)
            pthread_cond_signal(&q->changed);
        result = 0;
    }
    pthread_mutex_unlock(&q->lock);
    return result;
}
