/* SPDX-License-Identifier: MIT */
/* storage_private - what the files of the store share. All under its lock. */
#ifndef KIT_BENCH_SERVER_STORAGE_PRIVATE_H
#define KIT_BENCH_SERVER_STORAGE_PRIVATE_H

#include <pthread.h>

#include "bench/server/storage.h"

/* Completions that are remembered, for those that are repeated. */
#define COMPLETED_MAX 256

struct completed_upload {
    char id[UPLOAD_ID_SIZE];
    uint64_t where; /* hash of bucket and key */
    uint8_t md5[MD5_SIZE];
    uint16_t part_count;
    char version_id[VERSION_ID_SIZE];
};

struct storage {
    pthread_mutex_t lock;
    struct meter meter;
    struct key_index buckets;
    struct storage_totals totals;
    uint64_t seed; /* ids cannot be guessed from another server's */
    uint64_t upload_count;
    uint64_t version_count;
    struct completed_upload completed[COMPLETED_MAX]; /* a ring */
    size_t completed_count;
};

struct bucket *storage_bucket(struct storage *s, const char *name);
/* Whether the conditions of a write hold now. */
enum code storage_check(const struct object *now, const struct storage_condition *condition);
/* Puts an object, which is taken over, in its place; versioned where the bucket is. */
enum code storage_set(struct storage *s, struct bucket *b, const struct storage_where *where,
                      struct object *object, struct storage_version *version);

/* The index of current objects, with the totals. `object` is taken over; NULL removes. Only a key
 * that is not there yet can fail. */
enum code current_set(struct storage *s, struct bucket *b, const struct storage_where *where,
                      struct object *object);
struct object *current_find(const struct bucket *b, const struct storage_where *where);

/* Versions, in storage_version.c. */

void history_drop(void *value);
/* The version that `where` names, a marker too; NULL when there is none. The result is valid until
 * the next change; `scratch` is for what has no history. */
const struct history_version *version_find(const struct bucket *b,
                                           const struct storage_where *where,
                                           struct history_version *scratch, enum code *code);
void version_describe(const struct bucket *b, const struct history_version *v,
                      struct storage_version *out);
/* Adds an object (taken over), or a delete marker when it is NULL, on top of a key's versions. */
enum code version_push(struct storage *s, struct bucket *b, const struct storage_where *where,
                       struct object *object, int64_t now_ms, struct storage_version *version);
/* Removes one version for good; CODE_NONE also when it is not there. */
enum code version_remove(struct storage *s, struct bucket *b, const struct storage_where *where,
                         struct storage_version *version);
/* In the history too, where there is one. */
void version_replace(struct bucket *b, const struct storage_where *where, const struct object *old,
                     struct object *object);

void upload_drop(void *value);

/* Whether what a completion says of a part's checksum fits, and must be said. */
enum code upload_checksum_check_part(const struct upload_checksum *kind,
                                     const struct storage_part *named, const struct object *part,
                                     char refusal[STORAGE_REFUSAL_SIZE]);
/* The checksum of the object to be, if it is what the completion expects. */
enum code upload_checksum_make(const struct upload_checksum *kind,
                               const struct storage_completion *c, struct object *const *chosen,
                               struct object_checksum *sum, char refusal[STORAGE_REFUSAL_SIZE]);

#endif
