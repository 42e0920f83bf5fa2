/* SPDX-License-Identifier: MIT */
/*
 * key_index - byte strings in order, each with a pointer: a skip list.
 *
 * Find, insert and remove take O(log n) comparisons; a key costs about 36 bytes besides itself.
 * The heights of its towers are hashed from the keys, so the same keys always make the same list.
 * W. Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees", 1990, with p = 1/4.
 *
 * Ownership: keys are copied, values are the caller's. Entries are counted by the meter that the
 * index was made with. Threads: none of its own; iteration must not
 * overlap a change.
 */
#ifndef KIT_BENCH_SERVER_KEY_INDEX_H
#define KIT_BENCH_SERVER_KEY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "bench/server/meter.h"
#include "lib/base/error.h"

#define KEY_INDEX_HEIGHT  12 /* full speed up to 4^12 keys */
#define KEY_INDEX_KEY_MAX UINT16_MAX

struct key_index_entry {
    void *value;
    uint16_t key_len;
    uint8_t height;
    struct key_index_entry *next[]; /* `height` links, then the key and a NUL */
};

struct key_index {
    struct key_index_entry *head[KEY_INDEX_HEIGHT];
    size_t count;
    struct meter *meter;
};

void key_index_init(struct key_index *ix, struct meter *meter);
/* Frees every entry; `drop` (may be NULL) is called with each value. */
void key_index_release(struct key_index *ix, void (*drop)(void *value));

/* The value of a key, or NULL. */
void *key_index_find(const struct key_index *ix, const char *key, size_t len);
/* Sets the value (not NULL) of a key; *old gets the one it replaces, or NULL. Only a new key can
 * fail. */
enum status key_index_put(struct key_index *ix, const char *key, size_t len, void *value,
                          void **old) MUST_USE;
/* Takes a key out and returns its value, or NULL when there was none. */
void *key_index_remove(struct key_index *ix, const char *key, size_t len);

/* The first entry whose key is not less than `key`; NULL at the end. */
const struct key_index_entry *key_index_seek(const struct key_index *ix, const char *key,
                                             size_t len);
/* The first entry after all keys that start with `prefix`; NULL at the end. */
const struct key_index_entry *key_index_seek_past(const struct key_index *ix, const char *prefix,
                                                  size_t len);
static inline const struct key_index_entry *key_index_next(const struct key_index_entry *e)
{
    return e->next[0];
}
static inline const char *key_index_key(const struct key_index_entry *e)
{
    return (const char *)(e->next + e->height);
}

#endif
