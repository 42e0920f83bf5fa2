/* SPDX-License-Identifier: MIT */
/*
 * storage - buckets, objects, their versions and multipart uploads in memory, with S3's answers.
 *
 * Every function locks the store for its own duration; listings hold it between storage_read_begin
 * and storage_read_end. Failures are S3's codes, CODE_NONE means done.
 *
 * A bucket has an index of current objects. A key that was written or deleted while versioning was
 * on has a history besides, whose last version is the current one; what was never versioned pays
 * nothing for it.
 *
 * Ownership: objects handed in are taken over whatever the outcome; objects handed out carry a
 * reference for the caller.
 */
#ifndef KIT_BENCH_SERVER_STORAGE_H
#define KIT_BENCH_SERVER_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/server/codes.h"
#include "bench/server/key_index.h"
#include "bench/server/object_checksum.h"

#define PART_NUMBER_MAX    10000
#define PART_MIN_BYTES     (UINT64_C(5) << 20) /* of all but the last part */
#define UPLOAD_ID_SIZE     33
#define VERSION_ID_SIZE    33
#define VERSION_NULL       0 /* of what was written without versioning; "null" */
#define VERSION_UNKNOWN    UINT64_MAX
#define STORAGE_OBJECT_MAX (UINT64_C(5) << 40)

struct storage;

struct storage_where {
    const char *bucket;
    const char *key;
    size_t key_len;
    const char *version_id; /* as the client wrote it; NULL: the current version */
};

/* Which version a request has met or made. */
struct storage_version {
    char id[VERSION_ID_SIZE]; /* "" in a bucket that was never versioned */
    bool is_marker;
    int64_t modified_ms; /* of a marker */
};

/* If-Match and If-None-Match on a write; raw header values or NULL. */
struct storage_condition {
    const char *if_match;
    const char *if_none_match;
};

enum versioning { VERSIONING_NEVER, VERSIONING_ENABLED, VERSIONING_SUSPENDED };

/* A bucket as listings see it. */
struct bucket {
    int64_t created_ms;
    enum versioning versioning;
    struct key_index objects;   /* key -> struct object, the current ones */
    struct key_index histories; /* key -> struct history */
    struct key_index uploads;   /* key NUL id -> struct upload */
};
struct history_version {
    uint64_t id;
    int64_t modified_ms;
    struct object *object; /* NULL: a delete marker */
};
struct history {
    struct meter *meter;
    size_t count, room;
    struct history_version versions[]; /* the oldest first */
};
struct upload {
    char id[UPLOAD_ID_SIZE];
    int64_t initiated_ms;
    struct meter *meter;
    size_t headers_len;
    char *headers; /* for the object to be */
    struct upload_checksum checksum;
    struct object **parts; /* by number, from 1; NULL where there is none */
    size_t part_room;
};

struct storage_totals {
    uint64_t objects; /* current ones */
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
enum code storage_get_versioning(struct storage *s, const char *bucket, enum versioning *out);
/* Not back to VERSIONING_NEVER. */
enum code storage_set_versioning(struct storage *s, const char *bucket, enum versioning versioning);

/* `version` may be NULL in all of these. It is filled when a version was found or made, and with
 * CODE_NO_SUCH_KEY and CODE_METHOD_NOT_ALLOWED when a delete marker is in the way. */

enum code storage_get(struct storage *s, const struct storage_where *where, struct object **out,
                      struct storage_version *version);
enum code storage_put(struct storage *s, const struct storage_where *where, struct object *object,
                      const struct storage_condition *condition, struct storage_version *version);
/* Without a version id it hides the object under a marker where there are versions. Removing what
 * is not there is CODE_NONE, unless there is a condition. */
enum code storage_remove(struct storage *s, const struct storage_where *where,
                         const struct storage_condition *condition, int64_t now_ms,
                         struct storage_version *version);
/* Puts another object in the place of one version of it, unless that has been replaced meanwhile:
 * CODE_CONDITIONAL_CONFLICT. */
enum code storage_replace(struct storage *s, const struct storage_where *where,
                          const struct object *old, struct object *object);

enum code storage_create_upload(struct storage *s, const struct storage_where *where,
                                const char *headers, const struct upload_checksum *checksum,
                                int64_t now_ms, char id[UPLOAD_ID_SIZE]);
/* The checksum that each part handed to storage_put_part must have. */
enum code storage_upload_checksum(struct storage *s, const struct storage_where *where,
                                  const char *upload_id, struct upload_checksum *out);
enum code storage_put_part(struct storage *s, const struct storage_where *where,
                           const char *upload_id, unsigned number, struct object *part);
struct storage_part {
    unsigned number;
    char etag[OBJECT_ETAG_SIZE];     /* quoted */
    struct object_checksum checksum; /* CHECKSUM_NONE: not said */
};
struct storage_completion {
    const char *upload_id;
    const struct storage_part *parts;
    size_t count;
    struct storage_condition condition;
    int64_t now_ms;
    /* What it says of the object to be, besides. */
    struct object_checksum checksum; /* CHECKSUM_NONE: nothing */
    unsigned checksum_parts;         /* the N of "-N"; 0: not said */
    const char *checksum_type;       /* or NULL */
    const uint64_t *size;            /* or NULL */
};
#define STORAGE_REFUSAL_SIZE 192
/* A completion that is repeated gets the object again, as long as it is there. `refusal` gets a text
 * that says more than the code, or "". */
enum code storage_complete_upload(struct storage *s, const struct storage_where *where,
                                  const struct storage_completion *completion, struct object **out,
                                  struct storage_version *version,
                                  char refusal[STORAGE_REFUSAL_SIZE]);
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
const struct history *storage_find_history(const struct bucket *b, const char *key, size_t len);

void version_id_format(uint64_t id, char out[VERSION_ID_SIZE]);
/* "null", or what version_id_format wrote; what only looks like an id of S3 is VERSION_UNKNOWN. False
 * for what cannot be one. */
bool version_id_parse(const char *text, uint64_t *id);

/* Whether an If-Match or If-None-Match list names the ETag (quoted); "*" names any. */
int etag_list_has(const char *list, const char *etag);

#endif
