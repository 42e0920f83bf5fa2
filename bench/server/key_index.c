/* SPDX-License-Identifier: MIT */
/* key_index - the skip list. A "link" is the place that points to an entry on one level. */
#include "bench/server/key_index.h"

#include <assert.h>
#include <string.h>

#include "lib/base/rng.h"

/* Bytes in order, a prefix before what it starts: S3's order of UTF-8 keys. */
static int key_compare(const struct key_index_entry *e, const char *key, size_t len)
{
    const size_t common = e->key_len < len ? e->key_len : len;
    const int order = memcmp(key_index_key(e), key, common);
    if (order != 0)
        return order;
    return (e->key_len > len) - (e->key_len < len);
}

static uint8_t tower_height(const char *key, size_t len)
{
    uint64_t bits = rng_hash(0, key, len);
    uint8_t height = 1;
    for (; height < KEY_INDEX_HEIGHT && (bits & 3) == 0; bits >>= 2)
        height++;
    return height;
}

/* Fills `path` with the link on each level before which all keys are less than `key`. */
static void find_links(struct key_index *ix, const char *key, size_t len,
                       struct key_index_entry **path[KEY_INDEX_HEIGHT])
{
    struct key_index_entry **links = ix->head;
    for (size_t level = KEY_INDEX_HEIGHT; level-- > 0;) {
        while (links[level] != NULL && key_compare(links[level], key, len) < 0)
            links = links[level]->next;
        path[level] = &links[level];
    }
}

static size_t entry_bytes(size_t height, size_t key_len)
{
    return offsetof(struct key_index_entry, next) + height * sizeof(struct key_index_entry *) +
           key_len + 1;
}

static struct key_index_entry *entry_new(struct meter *meter, const char *key, size_t len,
                                         void *value)
{
    const uint8_t height = tower_height(key, len);
    struct key_index_entry *e = meter_alloc(meter, entry_bytes(height, len));
    if (e == NULL)
        return NULL;
    e->value = value;
    e->key_len = (uint16_t)len;
    e->height = height;
    char *copy = (char *)(e->next + height);
    memcpy(copy, key, len);
    copy[len] = '\0';
    return e;
}

static void entry_free(struct meter *meter, struct key_index_entry *e)
{
    meter_free(meter, e, entry_bytes(e->height, e->key_len));
}

void key_index_init(struct key_index *ix, struct meter *meter)
{
    *ix = (struct key_index){.meter = meter};
}

void key_index_release(struct key_index *ix, void (*drop)(void *value))
{
    for (struct key_index_entry *e = ix->head[0]; e != NULL;) {
        struct key_index_entry *next = e->next[0];
        if (drop != NULL)
            drop(e->value);
        entry_free(ix->meter, e);
        e = next;
    }
    key_index_init(ix, ix->meter);
}

const struct key_index_entry *key_index_seek(const struct key_index *ix, const char *key,
                                             size_t len)
{
    struct key_index_entry *const *links = ix->head;
    for (size_t level = KEY_INDEX_HEIGHT; level-- > 0;)
        while (links[level] != NULL && key_compare(links[level], key, len) < 0)
            links = links[level]->next;
    return links[0];
}

const struct key_index_entry *key_index_seek_past(const struct key_index *ix, const char *prefix,
                                                  size_t len)
{
    char bound[KEY_INDEX_KEY_MAX];
    assert(len <= sizeof bound);
    memcpy(bound, prefix, len);
    /* The least string after all with the prefix: its last byte that can grow, grown. */
    while (len > 0 && (unsigned char)bound[len - 1] == 0xff)
        len--;
    if (len == 0)
        return NULL;
    bound[len - 1] = (char)(unsigned char)((unsigned char)bound[len - 1] + 1);
    return key_index_seek(ix, bound, len);
}

void *key_index_find(const struct key_index *ix, const char *key, size_t len)
{
    const struct key_index_entry *e = key_index_seek(ix, key, len);
    return e != NULL && key_compare(e, key, len) == 0 ? e->value : NULL;
}

enum status key_index_put(struct key_index *ix, const char *key, size_t len, void *value,
                          void **old)
{
    assert(value != NULL && len <= KEY_INDEX_KEY_MAX);
    struct key_index_entry **path[KEY_INDEX_HEIGHT];
    find_links(ix, key, len, path);
    struct key_index_entry *e = *path[0];
    if (e != NULL && key_compare(e, key, len) == 0) {
        *old = e->value;
        e->value = value;
        return STATUS_OK;
    }
    e = entry_new(ix->meter, key, len, value);
    if (e == NULL)
        return STATUS_NO_MEMORY;
    for (size_t level = 0; level < e->height; level++) {
        e->next[level] = *path[level];
        *path[level] = e;
    }
    ix->count++;
    *old = NULL;
    return STATUS_OK;
}

void *key_index_remove(struct key_index *ix, const char *key, size_t len)
{
    struct key_index_entry **path[KEY_INDEX_HEIGHT];
    find_links(ix, key, len, path);
    struct key_index_entry *e = *path[0];
    if (e == NULL || key_compare(e, key, len) != 0)
        return NULL;
    for (size_t level = 0; level < e->height; level++)
        *path[level] = e->next[level];
    void *value = e->value;
    entry_free(ix->meter, e);
    ix->count--;
    return value;
}
