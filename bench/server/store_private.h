/* SPDX-License-Identifier: MIT */
/* store_private - what store.c and store_upload.c share. All under the store's lock. */
#ifndef KIT_BENCH_SERVER_STORE_PRIVATE_H
#define KIT_BENCH_SERVER_STORE_PRIVATE_H

#include <pthread.h>

#include "bench/server/store.h"

struct store {
    pthread_mutex_t lock;
    struct meter meter;
    struct key_index buckets;
    struct store_totals totals;
    uint64_t upload_seed; /* upload ids cannot be guessed from another server's */
    uint64_t upload_count;
};

struct bucket *store_bucket(struct store *s, const char *name);
/* Whether the conditions of a write hold now. */
enum code store_check(const struct bucket *b, const struct store_where *where,
                      const struct store_condition *condition);
/* Puts an object, which is taken over, in its place. */
enum code store_set(struct store *s, struct bucket *b, const struct store_where *where,
                    struct object *object);
void upload_drop(void *value);

#endif
