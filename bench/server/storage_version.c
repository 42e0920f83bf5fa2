/* SPDX-License-Identifier: MIT */
/*
 * storage_version - the versions of a key. A key has a history as soon as it has more than one null
 * version to it; the current object is in the bucket's own index as well, so that reads and listings
 * of current objects need not know of versions.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/server/storage_private.h"
#include "lib/base/rng.h"

#define HISTORY_ROOM   4
#define FOREIGN_ID_MIN 24 /* what is shorter or longer is no id of any S3 */
#define FOREIGN_ID_MAX 128
#define ID_LETTERS     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static size_t history_bytes(size_t room)
{
    return offsetof(struct history, versions) + room * sizeof(struct history_version);
}

/* The ids. A number that no other version has, and its hash, so that a made-up id is none. */

void version_id_format(uint64_t id, char out[VERSION_ID_SIZE])
{
    if (id == VERSION_NULL) {
        memcpy(out, "null", sizeof "null");
        return;
    }
    const uint64_t words[2] = {id, rng_mix(id)};
    hex_encode(words, sizeof words, out);
}

bool version_id_parse(const char *text, uint64_t *id)
{
    uint64_t words[2];
    if (strcmp(text, "null") == 0) {
        *id = VERSION_NULL;
        return true;
    }
    const size_t len = strlen(text);
    *id = VERSION_UNKNOWN;
    if (len == VERSION_ID_SIZE - 1 && hex_decode(text, words, sizeof words) == 0 &&
        words[1] == rng_mix(words[0]))
        *id = words[0];
    return len >= FOREIGN_ID_MIN && len <= FOREIGN_ID_MAX && strspn(text, ID_LETTERS) == len;
}

static uint64_t version_id_new(struct storage *s)
{
    uint64_t id;
    do /* the mix is one to one, so ids are as different as the counts */
        id = rng_mix(s->seed + ++s->version_count);
    while (id == VERSION_NULL || id == VERSION_UNKNOWN);
    return id;
}

/* Histories */

const struct history *storage_find_history(const struct bucket *b, const char *key, size_t len)
{
    return b->histories.count == 0 ? NULL : key_index_find(&b->histories, key, len);
}

static struct history *history_find(const struct bucket *b, const struct storage_where *where)
{
    return (struct history *)storage_find_history(b, where->key, where->key_len);
}

void history_drop(void *value)
{
    struct history *h = value;
    for (size_t i = 0; i < h->count; i++)
        object_unref(h->versions[i].object);
    meter_free(h->meter, h, history_bytes(h->room));
}

static struct history_version *history_get(struct history *h, uint64_t id)
{
    for (size_t i = h->count; i-- > 0;)
        if (h->versions[i].id == id)
            return &h->versions[i];
    return NULL;
}

static void history_take_out(struct history *h, struct history_version *v)
{
    object_unref(v->object);
    const size_t after = (size_t)(h->versions + h->count - (v + 1));
    memmove(v, v + 1, after * sizeof *v);
    h->count--;
}

/* A history with room for one version more, in its place in the index; begun with the current
 * object as the null version. NULL without memory, and then nothing has changed. */
static struct history *history_reserve(struct bucket *b, const struct storage_where *where)
{
    struct history *old = history_find(b, where);
    struct object *current = current_find(b, where);
    void *replaced;
    if (old != NULL && old->count < old->room)
        return old;
    const size_t room = old != NULL ? 2 * old->room : HISTORY_ROOM;
    struct history *h = meter_alloc(b->histories.meter, history_bytes(room));
    if (h == NULL)
        return NULL;
    *h = (struct history){.meter = b->histories.meter, .room = room};
    if (key_index_put(&b->histories, where->key, where->key_len, h, &replaced) != STATUS_OK) {
        history_drop(h);
        return NULL;
    }
    if (old != NULL) {
        memcpy(h->versions, old->versions, old->count * sizeof *old->versions);
        h->count = old->count;
        old->count = 0;
        history_drop(old);
    } else if (current != NULL) {
        h->versions[h->count++] =
            (struct history_version){VERSION_NULL, current->modified_ms, object_ref(current)};
    }
    return h;
}

/* A key with nothing but one null version needs no history. */
static void history_tidy(struct bucket *b, const struct storage_where *where, struct history *h)
{
    const bool plain =
        h->count == 1 && h->versions[0].id == VERSION_NULL && h->versions[0].object != NULL;
    if (h->count > 0 && !plain)
        return;
    key_index_remove(&b->histories, where->key, where->key_len);
    history_drop(h);
}

/* Versions */

static const struct history_version *plain_version(const struct object *object,
                                                   struct history_version *scratch)
{
    *scratch = (struct history_version){VERSION_NULL, object->modified_ms, (struct object *)object};
    return scratch;
}

const struct history_version *version_find(const struct bucket *b,
                                           const struct storage_where *where,
                                           struct history_version *scratch, enum code *code)
{
    struct history *h = history_find(b, where);
    const struct object *current = h == NULL ? current_find(b, where) : NULL;
    *code = CODE_NONE;
    if (where->version_id == NULL) {
        *code = CODE_NO_SUCH_KEY;
        if (h != NULL)
            return &h->versions[h->count - 1];
        return current != NULL ? plain_version(current, scratch) : NULL;
    }
    uint64_t id;
    if (!version_id_parse(where->version_id, &id)) {
        *code = CODE_INVALID_VERSION;
        return NULL;
    }
    *code = CODE_NO_SUCH_VERSION;
    if (h != NULL)
        return history_get(h, id);
    return current != NULL && id == VERSION_NULL ? plain_version(current, scratch) : NULL;
}

void version_describe(const struct bucket *b, const struct history_version *v,
                      struct storage_version *out)
{
    if (out == NULL)
        return;
    *out = (struct storage_version){.is_marker = v->object == NULL, .modified_ms = v->modified_ms};
    if (b->versioning != VERSIONING_NEVER)
        version_id_format(v->id, out->id);
}

enum code version_push(struct storage *s, struct bucket *b, const struct storage_where *where,
                       struct object *object, int64_t now_ms, struct storage_version *version)
{
    struct history_version added = {VERSION_NULL, now_ms, object};
    enum code code = CODE_INSUFFICIENT_STORAGE;
    struct history *h = NULL;
    if (b->versioning == VERSIONING_ENABLED)
        added.id = version_id_new(s);
    const bool plain = added.id == VERSION_NULL && object != NULL && history_find(b, where) == NULL;
    if (!plain && (h = history_reserve(b, where)) == NULL)
        goto out;
    code = current_set(s, b, where, object != NULL ? object_ref(object) : NULL);
    if (code == CODE_NONE && h != NULL) {
        struct history_version *null = added.id == VERSION_NULL ? history_get(h, added.id) : NULL;
        if (null != NULL)
            history_take_out(h, null);
        added.object = object != NULL ? object_ref(object) : NULL;
        h->versions[h->count++] = added;
    }
    if (code == CODE_NONE)
        version_describe(b, &added, version);
    if (h != NULL)
        history_tidy(b, where, h);
out:
    object_unref(object);
    return code;
}

enum code version_remove(struct storage *s, struct bucket *b, const struct storage_where *where,
                         struct storage_version *version)
{
    struct history_version scratch;
    enum code code;
    const struct history_version *found = version_find(b, where, &scratch, &code);
    struct history *h = history_find(b, where);
    if (code == CODE_INVALID_VERSION)
        return code;
    if (version != NULL) {
        *version = (struct storage_version){.is_marker = found != NULL && found->object == NULL};
        snprintf(version->id, sizeof version->id, "%s", where->version_id);
    }
    if (found == NULL)
        return CODE_NONE;
    if (h == NULL)
        return current_set(s, b, where, NULL);
    struct history_version *gone = history_get(h, found->id);
    if (gone == &h->versions[h->count - 1]) {
        struct object *next = h->count > 1 ? gone[-1].object : NULL;
        code = current_set(s, b, where, next != NULL ? object_ref(next) : NULL);
        if (code != CODE_NONE)
            return code;
    }
    history_take_out(h, gone);
    history_tidy(b, where, h);
    return CODE_NONE;
}

void version_replace(struct bucket *b, const struct storage_where *where, const struct object *old,
                     struct object *object)
{
    struct history *h = history_find(b, where);
    for (size_t i = 0; h != NULL && i < h->count; i++) {
        if (h->versions[i].object != old)
            continue;
        object_unref(h->versions[i].object);
        h->versions[i].object = object_ref(object);
    }
}
