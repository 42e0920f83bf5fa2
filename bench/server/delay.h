/* SPDX-License-Identifier: MIT */
/*
 * delay - a queue of things that are due at a time: a heap and one thread that hands out what has
 * become due, in batches of about a millisecond, so that thousands wait without a thread each.
 */
#ifndef KIT_BENCH_SERVER_DELAY_H
#define KIT_BENCH_SERVER_DELAY_H

#include "lib/base/clock.h"
#include "lib/base/error.h"

struct delay_queue;

/* `wake` is called on the queue's thread, once for each item. */
enum status delay_queue_new(void (*wake)(void *item), struct delay_queue **out,
                            struct error *err) MUST_USE;
/* Wakes everything at once, and from now on refuses. */
void delay_queue_stop(struct delay_queue *q);
void delay_queue_free(struct delay_queue *q); /* stops first; accepts NULL */
/* 0, or -1 when the queue is stopping or has no memory: then `item` is not woken. */
int delay_queue_add(struct delay_queue *q, struct mono due, void *item);

#endif
