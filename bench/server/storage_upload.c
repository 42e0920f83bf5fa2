/* SPDX-License-Identifier: MIT */
/* storage_upload - multipart uploads: kept per bucket in order of key, then id. */
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
    free(u->parts);
    free(u->headers);
    free(u);
}

const struct upload *storage_find_upload(const struct bucket *b, const struct storage_where *where,
                                         const char *upload_id)
{
    struct upload_name name;
    if (upload_name_set(&name, where, upload_id) != 0)
        return NULL;
    return key_index_find(&b->uploads, name.text, name.len);
}

static struct upload *upload_new(struct storage *s, const char *headers, int64_t now_ms)
{
    struct upload *u = calloc(1, sizeof *u);
    if (u == NULL)
        return NULL;
    u->initiated_ms = now_ms;
    u->headers = strdup(headers == NULL ? "" : headers);
    if (u->headers == NULL) {
        free(u);
        return NULL;
    }
    const uint64_t id[2] = {rng_mix(s->upload_seed + 2 * s->upload_count),
                            rng_mix(s->upload_seed + 2 * s->upload_count + 1)};
    s->upload_count++;
    hex_encode(id, sizeof id, u->id);
    return u;
}

enum code storage_create_upload(struct storage *s, const struct storage_where *where,
                                const char *headers, int64_t now_ms, char id[UPLOAD_ID_SIZE])
{
    enum code code = CODE_NO_SUCH_BUCKET;
    pthread_mutex_lock(&s->lock);
    struct bucket *b = storage_bucket(s, where->bucket);
    if (b != NULL) {
        struct upload_name name;
        void *old;
        struct upload *u = upload_new(s, headers, now_ms);
        code = CODE_NONE;
        if (u == NULL || upload_name_set(&name, where, u->id) != 0 ||
            key_index_put(&b->uploads, name.text, name.len, u, &old) != STATUS_OK)
            code = CODE_INTERNAL_ERROR;
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

static enum code upload_set_part(struct upload *u, unsigned number, struct object *part)
{
    if (number > u->part_room) {
        size_t room = u->part_room < 4 ? 4 : 2 * u->part_room;
        if (room < number)
            room = number;
        struct object **grown = realloc(u->parts, room * sizeof *grown);
        if (grown == NULL) {
            object_unref(part);
            return CODE_INSUFFICIENT_STORAGE;
        }
        memset(grown + u->part_room, 0, (room - u->part_room) * sizeof *grown);
        u->parts = grown;
        u->part_room = room;
    }
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
static enum code upload_choose(const struct upload *u, const struct storage_part *parts,
                               size_t count, struct object **chosen)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && parts[i].number <= parts[i - 1].number)
            return CODE_INVALID_PART_ORDER;
        if (parts[i].number < 1 || parts[i].number > u->part_room ||
            u->parts[parts[i].number - 1] == NULL)
            return CODE_INVALID_PART;
        chosen[i] = u->parts[parts[i].number - 1];
        char etag[OBJECT_ETAG_SIZE];
        object_etag(chosen[i], etag);
        if (strcmp(etag, parts[i].etag) != 0)
            return CODE_INVALID_PART;
        total += chosen[i]->size;
    }
    for (size_t i = 0; i + 1 < count; i++)
        if (chosen[i]->size < PART_MIN_BYTES)
            return CODE_ENTITY_TOO_SMALL;
    return total > STORAGE_OBJECT_MAX ? CODE_ENTITY_TOO_LARGE : CODE_NONE;
}

enum code storage_complete_upload(struct storage *s, const struct storage_where *where,
                                  const char *upload_id, const struct storage_part *parts,
                                  size_t count, const struct storage_condition *condition,
                                  int64_t now_ms, struct object **out)
{
    struct bucket *b;
    struct upload *u;
    struct object *joined = NULL;
    struct object **chosen = calloc(count, sizeof(struct object *));
    if (chosen == NULL)
        return CODE_INTERNAL_ERROR;
    pthread_mutex_lock(&s->lock);
    enum code code = upload_find(s, where, upload_id, &b, &u);
    if (code == CODE_NONE)
        code = upload_choose(u, parts, count, chosen);
    if (code == CODE_NONE)
        code = storage_check(b, where, condition);
    if (code == CODE_NONE) {
        joined = object_join(chosen, count, u->headers, now_ms);
        code = joined == NULL ? CODE_INSUFFICIENT_STORAGE : CODE_NONE;
    }
    if (code == CODE_NONE)
        code = storage_set(s, b, where, object_ref(joined));
    if (code == CODE_NONE)
        upload_drop(upload_take(s, b, where, upload_id));
    pthread_mutex_unlock(&s->lock);
    free(chosen);
    if (code == CODE_NONE)
        *out = joined;
    else
        object_unref(joined);
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
