/* SPDX-License-Identifier: MIT */
/*
 * store - buckets, objects and multipart uploads in memory, with S3's answers.
 *
 * Every function locks the store for its own duration; listings hold it between store_read_begin
 * and store_read_end. Failures are S3's codes, CODE_NONE means done.
 *
 * Ownership: objects handed in are taken over whatever the outcome; objects handed out carry a
 * reference for the caller.
 */
#ifndef KIT_BENCH_SERVER_STORE_H
#define KIT_BENCH_SERVER_STORE_H

#include <stdint.h>

#include "bench/server/codes.h"
#include "bench/server/key_index.h"
#include "bench/server/object.h"

#define PART_NUMBER_MAX  10000
#define PART_MIN_BYTES   (UINT64_C(5) << 20) /* of all but the last part */
#define UPLOAD_ID_SIZE   33
#define STORE_OBJECT_MAX (UINT64_C(5) << 40)

struct store;

struct store_where {
    const char *bucket;
    const char *key;
    size_t key_len;
};

/* If-Match and If-None-Match on a write; raw header values or NULL. */
struct store_condition {
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

struct store_totals {
    uint64_t objects;
    uint64_t object_bytes;
    uint64_t uploads;
};

/* NULL without memory or entropy. */
struct store *store_new(uint64_t memory_limit_bytes);
void store_free(struct store *s);
struct meter *store_meter(struct store *s);
void store_totals(struct store *s, struct store_totals *out);

enum code store_create_bucket(struct store *s, const char *bucket, int64_t now_ms);
enum code store_find_bucket(struct store *s, const char *bucket);
enum code store_remove_bucket(struct store *s, const char *bucket);

enum code store_get(struct store *s, const struct store_where *where, struct object **out);
enum code store_put(struct store *s, const struct store_where *where, struct object *object,
                    const struct store_condition *condition);
/* Removing what is not there is CODE_NONE, unless there is a condition. */
enum code store_remove(struct store *s, const struct store_where *where,
                       const struct store_condition *condition);

enum code store_create_upload(struct store *s, const struct store_where *where, const char *headers,
                              int64_t now_ms, char id[UPLOAD_ID_SIZE]);
enum code store_put_part(struct store *s, const struct store_where *where, const char *upload_id,
                         unsigned number, struct object *part);
struct store_part {
    unsigned number;
    char etag[OBJECT_ETAG_SIZE]; /* quoted */
};
enum code store_complete_upload(struct store *s, const struct store_where *where,
                                const char *upload_id, const struct store_part *parts, size_t count,
                                const struct store_condition *condition, int64_t now_ms,
                                struct object **out);
enum code store_abort_upload(struct store *s, const struct store_where *where,
                             const char *upload_id);

/* The bucket, or NULL when it does not exist; store_read_end is due either way. */
const struct bucket *store_read_begin(struct store *s, const char *bucket);
const struct key_index *store_read_buckets(struct store *s); /* likewise; name -> struct bucket */
void store_read_end(struct store *s);
/* While reading. */
const struct upload *store_find_upload(const struct bucket *b, const struct store_where *where,
                                       const char *upload_id);

/* Whether an If-Match or If-None-Match list names the ETag (quoted); "*" names any. */
int etag_list_has(const char *list, const char *etag);

#endif
