/* SPDX-License-Identifier: MIT */
/* storage - buckets and objects. Versions and uploads have files of their own. */
#include "bench/server/storage.h"

#include <stdlib.h>
#include <string.h>

#include "bench/server/storage_private.h"
#include "lib/base/rng.h"

static void object_drop(void *value)
{
    object_unref(value);
}

static void bucket_free(struct bucket *b)
{
    struct meter *meter = b->objects.meter;
    key_index_release(&b->objects, object_drop);
    key_index_release(&b->histories, history_drop);
    key_index_release(&b->uploads, upload_drop);
    meter_free(meter, b, sizeof *b);
}

static void bucket_drop(void *value)
{
    bucket_free(value);
}

struct storage *storage_new(uint64_t memory_limit_bytes)
{
    struct storage *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->meter.limit_bytes = memory_limit_bytes;
    key_index_init(&s->buckets, &s->meter);
    if (rng_entropy(&s->seed, sizeof s->seed) != 0 || pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s);
        return NULL;
    }
    return s;
}

void storage_free(struct storage *s)
{
    if (s == NULL)
        return;
    key_index_release(&s->buckets, bucket_drop);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct meter *storage_meter(struct storage *s)
{
    return &s->meter;
}

void storage_totals(struct storage *s, struct storage_totals *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->totals;
    pthread_mutex_unlock(&s->lock);
}

struct bucket *storage_bucket(struct storage *s, const char *name)
{
    return key_index_find(&s->buckets, name, strlen(name));
}

int etag_list_has(const char *list, const char *etag)
{
    const size_t len = strlen(etag);
    for (const char *p = list; *p != '\0';) {
        p += strspn(p, " \t,");
        size_t n = strcspn(p, ",");
        const char *next = p + n;
        while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
            n--;
        if (n == 1 && p[0] == '*')
            return 1;
        if (n > 2 && strncmp(p, "W/", 2) == 0) {
            p += 2;
            n -= 2;
        }
        /* Clients send it with and without its quotes. */
        if ((n == len && memcmp(p, etag, n) == 0) || (n == len - 2 && memcmp(p, etag + 1, n) == 0))
            return 1;
        p = next;
    }
    return 0;
}

enum code storage_check(const struct object *now, const struct storage_condition *condition)
{
    if (condition == NULL || (condition->if_match == NULL && condition->if_none_match == NULL))
        return CODE_NONE;
    char etag[OBJECT_ETAG_SIZE] = "";
    if (now != NULL)
        object_etag(now, etag);
    if (condition->if_match != NULL) {
        if (now == NULL)
            return CODE_NO_SUCH_KEY;
        if (!etag_list_has(condition->if_match, etag))
            return CODE_PRECONDITION_FAILED;
    }
    if (condition->if_none_match != NULL && now != NULL &&
        etag_list_has(condition->if_none_match, etag))
        return CODE_PRECONDITION_FAILED;
    return CODE_NONE;
}

/* The index of current objects */

struct object *current_find(const struct bucket *b, const struct storage_where *where)
{
    return key_index_find(&b->objects, where->key, where->key_len);
}

enum code current_set(struct storage *s, struct bucket *b, const struct storage_where *where,
                      struct object *object)
{
    void *old = NULL;
    if (object == NULL) {
        old = key_index_remove(&b->objects, where->key, where->key_len);
        s->totals.objects -= old != NULL;
    } else if (key_index_put(&b->objects, where->key, where->key_len, object, &old) != STATUS_OK) {
        object_unref(object);
        return CODE_INSUFFICIENT_STORAGE;
    } else {
        s->totals.objects += old == NULL;
        s->totals.object_bytes += object->size;
    }
    if (old != NULL)
        s->totals.object_bytes -= ((struct object *)old)->size;
    object_unref(old);
    return CODE_NONE;
}

enum code storage_set(struct storage *s, struct bucket *b, const struct storage_where *where,
                      struct object *object, struct storage_version *version)
{
    if (b->versioning != VERSIONING_NEVER)
        return version_push(s, b, where, object, object->modified_ms, version);
    return current_set(s, b, where, object);
}

/* Buckets */

static struct bucket *bucket_new(struct meter *meter, int64_t now_ms)
{
    struct bucket *b = meter_alloc(meter, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (struct bucket){.created_ms = now_ms};
    key_index_init(&b->objects, meter);
    key_index_init(&b->histories, meter);
    key_index_init(&b->uploads, meter);
    return b;
}

enum code storage_create_bucket(struct storage *s, const char *bucket, int64_t now_ms)
{
    struct bucket *b = bucket_new(&s->meter, now_ms);
    if (b == NULL)
        return CODE_INSUFFICIENT_STORAGE;
    enum code code = CODE_BUCKET_ALREADY_OWNED;
    pthread_mutex_lock(&s->lock);
    if (storage_bucket(s, bucket) == NULL) {
        void *old;
        code = key_index_put(&s->buckets, bucket, strlen(bucket), b, &old) == STATUS_OK
                   ? CODE_NONE
                   : CODE_INSUFFICIENT_STORAGE;
    }
    pthread_mutex_unlock(&s->lock);
    if (code != CODE_NONE)
        bucket_free(b);
    return code;
}

enum code storage_find_bucket(struct storage *s, const char *bucket)
{
    pthread_mutex_lock(&s->lock);
    const enum code code = storage_bucket(s, bucket) == NULL ? CODE_NO_SUCH_BUCKET : CODE_NONE;
    pthread_mutex_unlock(&s->lock);
    return code;
}

enum code storage_remove_bucket(struct storage *s, const char *bucket)
{
    enum code code = CODE_NONE;
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, bucket);
    if (b == NULL) {
        code = CODE_NO_SUCH_BUCKET;
    } else if (b->objects.count > 0) {
        code = CODE_BUCKET_NOT_EMPTY;
    } else if (b->histories.count > 0) {
        code = CODE_BUCKET_HAS_VERSIONS;
    } else {
        key_index_remove(&s->buckets, bucket, strlen(bucket));
        s->totals.uploads -= b->uploads.count;
        bucket_free(b);
    }
    pthread_mutex_unlock(&s->lock);
    return code;
}

enum code storage_get_versioning(struct storage *s, const char *bucket, enum versioning *out)
{
    pthread_mutex_lock(&s->lock);
    const struct bucket *b = storage_bucket(s, bucket);
    if (b != NULL)
        *out = b->versioning;
    pthread_mutex_unlock(&s->lock);
    return b != NULL ? CODE_NONE : CODE_NO_SUCH_BUCKET;
}

enum code storage_set_versioning(struct storage *s, const char *bucket, enum versioning versioning)
{
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, bucket);
    if (b != NULL)
        b->versioning = versioning;
    pthread_mutex_unlock(&s->lock);
    return b != NULL ? CODE_NONE : CODE_NO_SUCH_BUCKET;
}

/* Objects */

static enum code get_locked(const struct bucket *b, const struct storage_where *where,
                            struct object **out, struct storage_version *version)
{
    struct history_version scratch;
    enum code code;
    const struct history_version *v = version_find(b, where, &scratch, &code);
    if (v == NULL)
        return code;
    version_describe(b, v, version);
    if (v->object == NULL)
        return where->version_id != NULL ? CODE_METHOD_NOT_ALLOWED : CODE_NO_SUCH_KEY;
    *out = object_ref(v->object);
    return CODE_NONE;
}

enum code storage_get(struct storage *s, const struct storage_where *where, struct object **out,
                      struct storage_version *version)
{
    enum code code = CODE_NO_SUCH_BUCKET;
    pthread_mutex_lock(&s->lock);
    const struct bucket *b = storage_bucket(s, where->bucket);
    if (b != NULL)
        code = get_locked(b, where, out, version);
    pthread_mutex_unlock(&s->lock);
    return code;
}

enum code storage_put(struct storage *s, const struct storage_where *where, struct object *object,
                      const struct storage_condition *condition, struct storage_version *version)
{
    enum code code = CODE_NO_SUCH_BUCKET;
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, where->bucket);
    if (b != NULL)
        code = storage_check(current_find(b, where), condition);
    if (code == CODE_NONE)
        code = storage_set(s, b, where, object, version);
    else
        object_unref(object);
    pthread_mutex_unlock(&s->lock);
    return code;
}

static enum code remove_locked(struct storage *s, struct bucket *b,
                               const struct storage_where *where, int64_t now_ms,
                               struct storage_version *version)
{
    if (where->version_id != NULL)
        return version_remove(s, b, where, version);
    if (b->versioning != VERSIONING_NEVER)
        return version_push(s, b, where, NULL, now_ms, version);
    return current_set(s, b, where, NULL);
}

enum code storage_remove(struct storage *s, const struct storage_where *where,
                         const struct storage_condition *condition, int64_t now_ms,
                         struct storage_version *version)
{
    enum code code = CODE_NO_SUCH_BUCKET;
    struct history_version scratch;
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, where->bucket);
    if (b != NULL) {
        const struct history_version *v = version_find(b, where, &scratch, &code);
        if (code != CODE_INVALID_VERSION)
            code = storage_check(v != NULL ? v->object : NULL, condition);
    }
    if (code == CODE_NONE)
        code = remove_locked(s, b, where, now_ms, version);
    pthread_mutex_unlock(&s->lock);
    return code;
}

enum code storage_replace(struct storage *s, const struct storage_where *where,
                          const struct object *old, struct object *object)
{
    enum code code = CODE_NO_SUCH_BUCKET;
    struct history_version scratch;
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, where->bucket);
    if (b != NULL) {
        const struct history_version *v = version_find(b, where, &scratch, &code);
        code = v != NULL && v->object == old ? CODE_NONE : CODE_CONDITIONAL_CONFLICT;
    }
    if (code == CODE_NONE) {
        version_replace(b, where, old, object);
        if (current_find(b, where) == old)
            code = current_set(s, b, where, object_ref(object)); /* there is one, so it is done */
    }
    object_unref(object);
    pthread_mutex_unlock(&s->lock);
    return code;
}

const struct bucket *storage_read_begin(struct storage *s, const char *bucket)
{
    pthread_mutex_lock(&s->lock);
    return storage_bucket(s, bucket);
}

const struct key_index *storage_read_buckets(struct storage *s)
{
    pthread_mutex_lock(&s->lock);
    return &s->buckets;
}

void storage_read_end(struct storage *s)
{
    pthread_mutex_unlock(&s->lock);
}
