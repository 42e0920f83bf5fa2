/* SPDX-License-Identifier: MIT */
/* checker_store - see checker_store.h. */
#include "tests/torture/checker_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_MAX (64u << 20)

static void *or_end(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "torture: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* The store is locked while keys are gone through, so contents are read afterwards. */
static void note_key(void *ctx, const char *key, uint64_t size)
{
    struct store_copy *s = ctx;
    (void)size;
    if (s->count == s->room) {
        s->room = s->room == 0 ? 64 : 2 * s->room;
        s->items = or_end(realloc(s->items, s->room * sizeof *s->items));
    }
    struct stored *o = &s->items[s->count++];
    o->key = or_end(strdup(key));
    buf_init(&o->data, OBJECT_MAX);
}

void store_copy_take(struct s3_server *server, const char *bucket, struct store_copy *out)
{
    *out = (struct store_copy){0};
    s3_server_keys(server, bucket, note_key, out);
    for (size_t i = 0; i < out->count; i++)
        if (s3_server_get(server, bucket, out->items[i].key, &out->items[i].data, NULL) !=
            STATUS_OK) {
            fprintf(stderr, "torture: cannot read \"%s\"\n", out->items[i].key);
            exit(EXIT_FAILURE);
        }
}

void store_copy_release(struct store_copy *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].key);
        buf_release(&s->items[i].data);
    }
    free(s->items);
    *s = (struct store_copy){0};
}

const struct stored *store_copy_find(const struct store_copy *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->items[i].key, key) == 0)
            return &s->items[i];
    return NULL;
}
