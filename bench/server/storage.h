/* SPDX-License-Identifier: MIT */
/*
 * storage - buckets, objects and multipart uploads in memory, with S3's answers.
 *
 * Every function locks the store for its own duration; listings hold it between storage_read_begin
 * and storage_read_end. Failures are S3's codes, CODE_NONE means done.
 *
 * Ownership: objects handed in are taken over whatever the outcome; objects handed out carry a
 * reference for the caller.
 */
#ifndef KIT_BENCH_SERVER_STORAGE_H
#define KIT_BENCH_SERVER_STORAGE_H

#include <stdint.h>

#include "bench/server/codes.h"
#include "bench/server/key_index.h"
#include "bench/server/object.h"

#define PART_NUMBER_MAX    10000
#define PART_MIN_BYTES     (UINT64_C(5) << 20) /* of all but the last part */
#define UPLOAD_ID_SIZE     33
#define STORAGE_OBJECT_MAX (UINT64_C(5) << 40)

struct storage;

struct storage_where {
    const char *bucket;
    const char *key;
    size_t key_len;
};

/* If-Match and If-None-Match on a write; raw header values or NULL. */
struct storage_condition {
    const char *if_match;
    const char *if_none_match;
};

/* A bucket as listings see it. */
struct bucket {
    int64_t created_ms;
    struct key_index objects; /* key -> struct object */
    struct key_index uploads; /* key NUL id -> struct upload */
};
struct upload {
    char id[UPLOAD_ID_SIZE];
    int64_t initiated_ms;
    char *headers;         /* for the object to be; or NULL */
    struct object **parts; /* by number, from 1; NULL where there is none */
    size_t part_room;
};

struct storage_totals {
    uint64_t objects;
    uint64_t object_bytes;
    uint64_t uploads;
};

/* NULL without memory or entropy. */
struct storage *storage_new(uint64_t memory_limit_bytes);
void storage_free(struct storage *s);
struct meter *storage_meter(struct storage *s);
void storage_totals(struct storage *s, struct storage_totals *out);

enum code storage_create_bucket(struct storage *s, const char *bucket, int64_t now_ms);
enum code storage_find_bucket(struct storage *s, const char *bucket);
enum code storage_remove_bucket(struct storage *s, const char *bucket);

enum code storage_get(struct storage *s, const struct storage_where *where, struct object **out);
enum code storage_put(struct storage *s, const struct storage_where *where, struct object *object,
                      const struct storage_condition *condition);
/* Removing what is not there is CODE_NONE, unless there is a condition. */
enum code storage_remove(struct storage *s, const struct storage_where *where,
                         const struct storage_condition *condition);

enum code storage_create_upload(struct storage *s, const struct storage_where *where,
                                const char *headers, int64_t now_ms, char id[UPLOAD_ID_SIZE]);
enum code storage_put_part(struct storage *s, const struct storage_where *where,
                           const char *upload_id, unsigned number, struct object *part);
struct storage_part {
    unsigned number;
    char etag[OBJECT_ETAG_SIZE]; /* quoted */
};
enum code storage_complete_upload(struct storage *s, const struct storage_where *where,
                                  const char *upload_id, const struct storage_part *parts,
                                  size_t count, const struct storage_condition *condition,
                                  int64_t now_ms, struct object **out);
enum code storage_abort_upload(struct storage *s, const struct storage_where *where,
                               const char *upload_id);

/* The bucket, or NULL when it does not exist; storage_read_end is due either way. */
const struct bucket *storage_read_begin(struct storage *s, const char *bucket);
const struct key_index *storage_read_buckets(
    struct storage *s); /* likewise; name -> struct bucket */
void storage_read_end(struct storage *s);
/* While reading. */
const struct upload *storage_find_upload(const struct bucket *b, const struct storage_where *where,
                                         const char *upload_id);

/* Whether an If-Match or If-None-Match list names the ETag (quoted); "*" names any. */
int etag_list_has(const char *list, const char *etag);

#endif
