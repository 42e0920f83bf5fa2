/* SPDX-License-Identifier: MIT */
/* storage_private - what storage.c and storage_upload.c share. All under the store's lock. */
#ifndef KIT_BENCH_SERVER_STORAGE_PRIVATE_H
#define KIT_BENCH_SERVER_STORAGE_PRIVATE_H

#include <pthread.h>

#include "bench/server/storage.h"

struct storage {
    pthread_mutex_t lock;
    struct meter meter;
    struct key_index buckets;
    struct storage_totals totals;
    uint64_t upload_seed; /* upload ids cannot be guessed from another server's */
    uint64_t upload_count;
};

struct bucket *storage_bucket(struct storage *s, const char *name);
/* Whether the conditions of a write hold now. */
enum code storage_check(const struct bucket *b, const struct storage_where *where,
                        const struct storage_condition *condition);
/* Puts an object, which is taken over, in its place. */
enum code storage_set(struct storage *s, struct bucket *b, const struct storage_where *where,
                      struct object *object);
void upload_drop(void *value);

#endif
