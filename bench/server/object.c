/* SPDX-License-Identifier: MIT */
/* object - counted chunks, and objects as slices of them. */
#include "bench/server/object.h"

#include <stdlib.h>
#include <string.h>

struct chunk *chunk_new(struct meter *meter, size_t size)
{
    const uint64_t before = atomic_fetch_add(&meter->used_bytes, size);
    if (meter->limit_bytes != 0 && before + size > meter->limit_bytes)
        goto refused;
    struct chunk *c = malloc(sizeof *c + size);
    if (c == NULL)
        goto refused;
    atomic_init(&c->refs, 1);
    c->meter = meter;
    c->size = size;
    return c;
refused:
    atomic_fetch_sub(&meter->used_bytes, size);
    return NULL;
}

struct chunk *chunk_ref(struct chunk *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void chunk_unref(struct chunk *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    atomic_fetch_sub(&c->meter->used_bytes, c->size);
    free(c);
}

static struct object *object_alloc(size_t slice_count, const char *headers, int64_t modified_ms)
{
    struct object *o = calloc(1, sizeof *o + slice_count * sizeof *o->slices);
    if (o == NULL)
        return NULL;
    atomic_init(&o->refs, 1);
    o->modified_ms = modified_ms;
    if (headers != NULL && headers[0] != '\0') {
        o->headers = strdup(headers);
        if (o->headers == NULL) {
            free(o);
            return NULL;
        }
    }
    return o;
}

static void object_add_slice(struct object *o, struct chunk *chunk, size_t offset, size_t len)
{
    o->slices[o->slice_count++] = (struct slice){chunk_ref(chunk), offset, len};
    o->size += len;
}

struct object *object_new(struct chunk *chunk, const uint8_t md5[MD5_SIZE], const char *headers,
                          int64_t modified_ms)
{
    struct object *o = object_alloc(1, headers, modified_ms);
    if (o != NULL) {
        memcpy(o->md5, md5, MD5_SIZE);
        object_add_slice(o, chunk, 0, chunk->size);
    }
    chunk_unref(chunk);
    return o;
}

struct object *object_join(struct object *const *objects, size_t count, const char *headers,
                           int64_t modified_ms)
{
    size_t slices = 0;
    for (size_t i = 0; i < count; i++)
        slices += objects[i]->slice_count;
    struct object *o = object_alloc(slices, headers, modified_ms);
    if (o == NULL)
        return NULL;
    struct buf digests;
    buf_init(&digests, count * MD5_SIZE);
    for (size_t i = 0; i < count; i++) {
        buf_append(&digests, objects[i]->md5, MD5_SIZE);
        for (size_t j = 0; j < objects[i]->slice_count; j++) {
            const struct slice *s = &objects[i]->slices[j];
            object_add_slice(o, s->chunk, s->offset, s->len);
        }
    }
    o->parts = (uint16_t)count;
    md5(digests.data, digests.len, o->md5);
    if (digests.failed != STATUS_OK) {
        object_unref(o);
        o = NULL;
    }
    buf_release(&digests);
    return o;
}

void object_pieces(const struct object *o, uint64_t offset, uint64_t len,
                   void (*each)(void *ctx, const struct slice *piece), void *ctx)
{
    uint64_t skip = offset, left = len;
    for (size_t i = 0; i < o->slice_count && left > 0; i++) {
        struct slice piece = o->slices[i];
        if (skip >= piece.len) {
            skip -= piece.len;
            continue;
        }
        piece.offset += (size_t)skip;
        piece.len -= (size_t)skip;
        skip = 0;
        if (piece.len > left)
            piece.len = (size_t)left;
        left -= piece.len;
        each(ctx, &piece);
    }
}

struct cut {
    struct object *object;
    struct hash *md5;
};

static void cut_piece(void *ctx, const struct slice *piece)
{
    struct cut *cut = ctx;
    object_add_slice(cut->object, piece->chunk, piece->offset, piece->len);
    hash_update(cut->md5, piece->chunk->data + piece->offset, piece->len);
}

struct object *object_cut(const struct object *source, uint64_t offset, uint64_t len,
                          int64_t modified_ms)
{
    struct cut cut = {.object = object_alloc(source->slice_count, NULL, modified_ms)};
    if (cut.object == NULL || hash_new(HASH_MD5, &cut.md5, NULL) != STATUS_OK) {
        object_unref(cut.object);
        return NULL;
    }
    object_pieces(source, offset, len, cut_piece, &cut);
    hash_finish(cut.md5, cut.object->md5);
    hash_free(cut.md5);
    return cut.object;
}

struct object *object_ref(struct object *o)
{
    atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
    return o;
}

void object_unref(struct object *o)
{
    if (o == NULL || atomic_fetch_sub(&o->refs, 1) != 1)
        return;
    for (size_t i = 0; i < o->slice_count; i++)
        chunk_unref(o->slices[i].chunk);
    free(o->headers);
    free(o);
}

void object_etag(const struct object *o, char out[OBJECT_ETAG_SIZE])
{
    char hex[2 * MD5_SIZE + 1];
    hex_encode(o->md5, MD5_SIZE, hex);
    if (o->parts == 0)
        snprintf(out, OBJECT_ETAG_SIZE, "\"%s\"", hex);
    else
        snprintf(out, OBJECT_ETAG_SIZE, "\"%s-%u\"", hex, (unsigned)o->parts);
}

static void append_piece(void *ctx, const struct slice *piece)
{
    buf_append(ctx, piece->chunk->data + piece->offset, piece->len);
}

void object_append(const struct object *o, uint64_t offset, uint64_t len, struct buf *out)
{
    object_pieces(o, offset, len, append_piece, out);
}

const char *object_storage_class(const struct object *o, size_t *len)
{
    static const char name[] = "x-amz-storage-class: ";
    const char *found = o->headers == NULL ? NULL : strstr(o->headers, name);
    if (found == NULL) {
        *len = strlen("STANDARD");
        return "STANDARD";
    }
    found += sizeof name - 1;
    *len = strcspn(found, "\n");
    return found;
}
