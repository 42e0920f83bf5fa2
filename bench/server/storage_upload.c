/* SPDX-License-Identifier: MIT */
/* storage_upload - multipart uploads: kept per bucket in order of key, then id. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/server/storage_private.h"
#include "lib/base/rng.h"

/* Keys hold no NUL, so key NUL id sorts by key and is unambiguous. */
struct upload_name {
    char text[KEY_INDEX_KEY_MAX];
    size_t len;
};

static int upload_name_set(struct upload_name *name, const struct storage_where *where,
                           const char *upload_id)
{
    const size_t id_len = strlen(upload_id);
    name->len = where->key_len + 1 + id_len;
    if (name->len > sizeof name->text)
        return -1;
    memcpy(name->text, where->key, where->key_len);
    name->text[where->key_len] = '\0';
    memcpy(name->text + where->key_len + 1, upload_id, id_len);
    return 0;
}

void upload_drop(void *value)
{
    struct upload *u = value;
    for (size_t i = 0; i < u->part_room; i++)
        object_unref(u->parts[i]);
    meter_free(u->meter, u->parts, u->part_room * sizeof(struct object *));
    meter_free(u->meter, u->headers, u->headers_len + 1);
    meter_free(u->meter, u, sizeof *u);
}

const struct upload *storage_find_upload(const struct bucket *b, const struct storage_where *where,
                                         const char *upload_id)
{
    struct upload_name name;
    if (upload_name_set(&name, where, upload_id) != 0)
        return NULL;
    return key_index_find(&b->uploads, name.text, name.len);
}

/* Ids of one server grow, so that uploads of a key are listed in the order they were begun. */
static void upload_id_new(struct storage *s, char id[UPLOAD_ID_SIZE])
{
    const uint64_t count = ++s->upload_count;
    snprintf(id, UPLOAD_ID_SIZE, "%016" PRIx64 "%016" PRIx64, count, rng_mix(s->seed + count));
}

static struct upload *upload_new(struct storage *s, const char *headers,
                                 const struct upload_checksum *checksum, int64_t now_ms)
{
    struct upload *u = meter_alloc(&s->meter, sizeof *u);
    if (u == NULL)
        return NULL;
    *u = (struct upload){.initiated_ms = now_ms, .meter = &s->meter, .checksum = *checksum};
    u->headers_len = headers != NULL ? strlen(headers) : 0;
    u->headers = meter_alloc(&s->meter, u->headers_len + 1);
    if (u->headers == NULL) {
        upload_drop(u);
        return NULL;
    }
    if (u->headers_len > 0)
        memcpy(u->headers, headers, u->headers_len);
    u->headers[u->headers_len] = '\0';
    upload_id_new(s, u->id);
    return u;
}

enum code storage_create_upload(struct storage *s, const struct storage_where *where,
                                const char *headers, const struct upload_checksum *checksum,
                                int64_t now_ms, char id[UPLOAD_ID_SIZE])
{
    enum code code = CODE_NO_SUCH_BUCKET;
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, where->bucket);
    if (b != NULL) {
        struct upload_name name;
        void *old;
        struct upload *u = upload_new(s, headers, checksum, now_ms);
        code = CODE_NONE;
        if (u == NULL || upload_name_set(&name, where, u->id) != 0 ||
            key_index_put(&b->uploads, name.text, name.len, u, &old) != STATUS_OK)
            code = CODE_INSUFFICIENT_STORAGE;
        if (code == CODE_NONE) {
            memcpy(id, u->id, UPLOAD_ID_SIZE);
            s->totals.uploads++;
        } else if (u != NULL) {
            upload_drop(u);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* Under the lock: the bucket and upload a request names. */
static enum code upload_find(struct storage *s, const struct storage_where *where,
                             const char *upload_id, struct bucket **bucket, struct upload **upload)
{
    *bucket = storage_bucket(s, where->bucket);
    if (*bucket == NULL)
        return CODE_NO_SUCH_BUCKET;
    *upload = (struct upload *)storage_find_upload(*bucket, where, upload_id);
    return *upload == NULL ? CODE_NO_SUCH_UPLOAD : CODE_NONE;
}

enum code storage_upload_checksum(struct storage *s, const struct storage_where *where,
                                  const char *upload_id, struct upload_checksum *out)
{
    struct bucket *b;
    struct upload *u;
    pthread_mutex_lock(&s->lock);
    const enum code code = upload_find(s, where, upload_id, &b, &u);
    if (code == CODE_NONE)
        *out = u->checksum;
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* Under the lock: takes it out of its bucket. */
static struct upload *upload_take(struct storage *s, struct bucket *b,
                                  const struct storage_where *where, const char *upload_id)
{
    struct upload_name name;
    if (upload_name_set(&name, where, upload_id) != 0)
        return NULL;
    s->totals.uploads--;
    return key_index_remove(&b->uploads, name.text, name.len);
}

static int upload_make_room(struct upload *u, size_t number)
{
    size_t room = u->part_room < 4 ? 4 : 2 * u->part_room;
    if (room < number)
        room = number;
    struct object **grown = meter_alloc(u->meter, room * sizeof(struct object *));
    if (grown == NULL)
        return -1;
    memset(grown, 0, room * sizeof(struct object *));
    for (size_t i = 0; i < u->part_room; i++)
        grown[i] = u->parts[i];
    meter_free(u->meter, u->parts, u->part_room * sizeof(struct object *));
    u->parts = grown;
    u->part_room = room;
    return 0;
}

static enum code upload_set_part(struct upload *u, unsigned number, struct object *part)
{
    if (number > u->part_room && upload_make_room(u, number) != 0) {
        object_unref(part);
        return CODE_INSUFFICIENT_STORAGE;
    }
    part->part_number = (uint16_t)number;
    object_unref(u->parts[number - 1]);
    u->parts[number - 1] = part;
    return CODE_NONE;
}

enum code storage_put_part(struct storage *s, const struct storage_where *where,
                           const char *upload_id, unsigned number, struct object *part)
{
    struct bucket *b;
    struct upload *u;
    pthread_mutex_lock(&s->lock);
    enum code code = upload_find(s, where, upload_id, &b, &u);
    if (code == CODE_NONE)
        code = upload_set_part(u, number, part);
    else
        object_unref(part);
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* The parts that a completion names, checked as S3 does. */
static enum code upload_choose(const struct upload *u, const struct storage_completion *c,
                               struct object **chosen, char refusal[STORAGE_REFUSAL_SIZE])
{
    uint64_t total = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct storage_part *named = &c->parts[i];
        if (i > 0 && named->number <= named[-1].number)
            return CODE_INVALID_PART_ORDER;
        if (named->number < 1 || named->number > u->part_room ||
            u->parts[named->number - 1] == NULL)
            return CODE_INVALID_PART;
        chosen[i] = u->parts[named->number - 1];
        char etag[OBJECT_ETAG_SIZE];
        object_etag(chosen[i], etag);
        if (strcmp(etag, named->etag) != 0)
            return CODE_INVALID_PART;
        const enum code code = upload_checksum_check_part(&u->checksum, named, chosen[i], refusal);
        if (code != CODE_NONE)
            return code;
        total += chosen[i]->size;
    }
    for (size_t i = 0; i + 1 < c->count; i++)
        if (chosen[i]->size < PART_MIN_BYTES)
            return CODE_ENTITY_TOO_SMALL;
    if (c->size != NULL && *c->size != total) {
        snprintf(refusal, STORAGE_REFUSAL_SIZE,
                 "The provided 'x-amz-mp-object-size' header value %" PRIu64
                 " does not match what was computed: %" PRIu64,
                 *c->size, total);
        return CODE_INVALID_REQUEST;
    }
    return total > STORAGE_OBJECT_MAX ? CODE_ENTITY_TOO_LARGE : CODE_NONE;
}

/* Completions that are repeated, since their reply was lost, are answered as the first one was. */

static uint64_t where_hash(const struct storage_where *where)
{
    return rng_hash(rng_hash(0, where->bucket, strlen(where->bucket)), where->key, where->key_len);
}

static void completed_remember(struct storage *s, const struct storage_where *where,
                               const struct object *joined, const char *upload_id,
                               const struct storage_version *version)
{
    struct completed_upload *c = &s->completed[s->completed_count++ % COMPLETED_MAX];
    *c = (struct completed_upload){.where = where_hash(where), .part_count = joined->part_count};
    memcpy(c->id, upload_id, UPLOAD_ID_SIZE);
    memcpy(c->md5, joined->md5, MD5_SIZE);
    memcpy(c->version_id, version->id, VERSION_ID_SIZE);
}

/* Whether the parts of a completion are those of the remembered one. */
static bool completed_is_of(const struct completed_upload *c,
                            const struct storage_completion *completion)
{
    uint8_t digests[MD5_SIZE];
    struct hash *md5 = NULL;
    bool good = completion->count == c->part_count && hash_new(HASH_MD5, &md5, NULL) == STATUS_OK;
    for (size_t i = 0; good && i < completion->count; i++) {
        const char *etag = completion->parts[i].etag;
        char hex[2 * MD5_SIZE + 1] = "";
        good = strlen(etag) == 2 * MD5_SIZE + 2;
        if (good)
            memcpy(hex, etag + 1, 2 * MD5_SIZE);
        good = good && hex_decode(hex, digests, MD5_SIZE) == 0;
        hash_update(md5, digests, MD5_SIZE);
    }
    if (good) {
        hash_finish(md5, digests);
        good = memcmp(digests, c->md5, MD5_SIZE) == 0;
    }
    hash_free(md5);
    return good;
}

/* The object that an upload became, if that is still there. */
static enum code completed_find(const struct storage *s, const struct bucket *b,
                                const struct storage_where *where,
                                const struct storage_completion *completion, struct object **out,
                                struct storage_version *version)
{
    const size_t kept = s->completed_count < COMPLETED_MAX ? s->completed_count : COMPLETED_MAX;
    for (size_t i = 0; i < kept; i++) {
        const struct completed_upload *c = &s->completed[i];
        if (strcmp(c->id, completion->upload_id) != 0 || c->where != where_hash(where) ||
            !completed_is_of(c, completion))
            continue;
        struct storage_where made = *where;
        struct history_version scratch;
        enum code code;
        made.version_id = c->version_id[0] != '\0' ? c->version_id : NULL;
        const struct history_version *v = version_find(b, &made, &scratch, &code);
        if (v == NULL || v->object == NULL || v->object->part_count != c->part_count ||
            memcmp(v->object->md5, c->md5, MD5_SIZE) != 0)
            break;
        version_describe(b, v, version);
        *out = object_ref(v->object);
        return CODE_NONE;
    }
    return CODE_NO_SUCH_UPLOAD;
}

static enum code upload_join(struct storage *s, struct bucket *b, const struct upload *u,
                             const struct storage_where *where,
                             const struct storage_completion *completion, struct object **out,
                             struct storage_version *version, char refusal[STORAGE_REFUSAL_SIZE])
{
    struct object_checksum sum;
    struct object **chosen = calloc(completion->count, sizeof(struct object *));
    if (chosen == NULL)
        return CODE_INTERNAL_ERROR;
    enum code code = upload_choose(u, completion, chosen, refusal);
    if (code == CODE_NONE)
        code = upload_checksum_make(&u->checksum, completion, chosen, &sum, refusal);
    if (code == CODE_NONE)
        code = storage_check(current_find(b, where), &completion->condition);
    struct object *joined = NULL;
    if (code == CODE_NONE) {
        joined = object_join(chosen, completion->count, &sum, u->headers, completion->now_ms);
        code = joined == NULL ? CODE_INSUFFICIENT_STORAGE : CODE_NONE;
    }
    if (code == CODE_NONE)
        code = storage_set(s, b, where, object_ref(joined), version);
    free(chosen);
    if (code == CODE_NONE)
        *out = joined;
    else
        object_unref(joined);
    return code;
}

enum code storage_complete_upload(struct storage *s, const struct storage_where *where,
                                  const struct storage_completion *completion, struct object **out,
                                  struct storage_version *version,
                                  char refusal[STORAGE_REFUSAL_SIZE])
{
    struct bucket *b;
    struct upload *u;
    struct storage_version made = {.id = ""};
    refusal[0] = '\0';
    pthread_mutex_lock(&s->lock);
    enum code code = upload_find(s, where, completion->upload_id, &b, &u);
    if (code == CODE_NO_SUCH_UPLOAD) {
        code = completed_find(s, b, where, completion, out, &made);
    } else if (code == CODE_NONE) {
        code = upload_join(s, b, u, where, completion, out, &made, refusal);
        if (code == CODE_NONE) {
            completed_remember(s, where, *out, u->id, &made);
            upload_drop(upload_take(s, b, where, completion->upload_id));
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (code == CODE_NONE && version != NULL)
        *version = made;
    return code;
}

enum code storage_abort_upload(struct storage *s, const struct storage_where *where,
                               const char *upload_id)
{
    struct bucket *b;
    struct upload *u = NULL;
    pthread_mutex_lock(&s->lock);
    const enum code code = upload_find(s, where, upload_id, &b, &u);
    if (code == CODE_NONE)
        u = upload_take(s, b, where, upload_id);
    pthread_mutex_unlock(&s->lock);
    if (code == CODE_NONE)
        upload_drop(u);
    return code;
}
