/* SPDX-License-Identifier: MIT */
/* object - counted chunks, and objects as slices of them. */
#include "bench/server/object.h"

#include <string.h>

static size_t chunk_bytes(size_t size)
{
    return offsetof(struct chunk, data) + size;
}

struct chunk *chunk_new(struct meter *meter, size_t size)
{
    struct chunk *c = meter_alloc(meter, chunk_bytes(size));
    if (c == NULL)
        return NULL;
    atomic_init(&c->refs, 1);
    c->meter = meter;
    c->size = size;
    return c;
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
    meter_free(c->meter, c, chunk_bytes(c->size));
}

/* What an object consists of, before it is one. */
struct draft {
    size_t slices;
    size_t parts;
    const struct object_checksum *checksum; /* or NULL */
    const char *headers;
    int64_t modified_ms;
};

static size_t object_bytes(size_t slices, size_t parts, size_t headers_len,
                           enum checksum_algorithm algorithm)
{
    return offsetof(struct object, slices) + slices * sizeof(struct slice) +
           parts * sizeof(struct object *) + headers_len + 1 + checksum_info(algorithm)->size;
}

static struct object **object_parts(const struct object *o)
{
    return (struct object **)(o->slices + o->slice_count);
}

static uint8_t *checksum_digest(const struct object *o)
{
    return (uint8_t *)(object_parts(o) + o->part_count) + o->headers_len + 1;
}

static void object_set_checksum(struct object *o, const struct object_checksum *checksum)
{
    o->checksum_algorithm = (uint8_t)checksum->algorithm;
    o->checksum_composite = checksum->composite;
    o->checksum_unasked = checksum->unasked;
    memcpy(checksum_digest(o), checksum->digest, checksum_info(checksum->algorithm)->size);
}

/* With its headers and checksum in place, slices and parts to be filled in. */
static struct object *object_alloc(struct meter *meter, const struct draft *draft)
{
    static const struct object_checksum none = {.algorithm = CHECKSUM_NONE};
    const struct object_checksum *checksum = draft->checksum != NULL ? draft->checksum : &none;
    const size_t headers_len = draft->headers != NULL ? strlen(draft->headers) : 0;
    struct object *o = headers_len > UINT16_MAX
                           ? NULL
                           : meter_alloc(meter, object_bytes(draft->slices, draft->parts,
                                                             headers_len, checksum->algorithm));
    if (o == NULL)
        return NULL;
    memset(o, 0, offsetof(struct object, slices));
    atomic_init(&o->refs, 1);
    o->modified_ms = draft->modified_ms;
    o->part_count = (uint16_t)draft->parts;
    o->slice_count = (uint32_t)draft->slices;
    o->headers_len = (uint16_t)headers_len;
    char *headers = (char *)(object_parts(o) + o->part_count);
    if (headers_len > 0)
        memcpy(headers, draft->headers, headers_len);
    headers[headers_len] = '\0';
    object_set_checksum(o, checksum);
    return o;
}

static void object_set_slice(struct object *o, size_t index, const struct slice *slice)
{
    o->slices[index] = (struct slice){chunk_ref(slice->chunk), slice->offset, slice->len};
    o->size += slice->len;
}

const char *object_headers(const struct object *o)
{
    return (const char *)(object_parts(o) + o->part_count);
}

const char *object_header(const struct object *o, const char *name, size_t *len)
{
    const size_t name_len = strlen(name);
    for (const char *line = object_headers(o); *line != '\0';) {
        const size_t line_len = strcspn(line, "\n");
        if (line_len >= name_len + 2 && memcmp(line, name, name_len) == 0 &&
            line[name_len] == ':') {
            *len = line_len - name_len - 2;
            return line + name_len + 2;
        }
        line += line_len + (line[line_len] == '\n');
    }
    return NULL;
}

void object_checksum(const struct object *o, struct object_checksum *out)
{
    out->algorithm = o->checksum_algorithm;
    out->composite = o->checksum_composite;
    out->unasked = o->checksum_unasked;
    memcpy(out->digest, checksum_digest(o), checksum_info(out->algorithm)->size);
}

const struct object *object_part(const struct object *o, size_t index)
{
    return object_parts(o)[index];
}

struct object *object_new(struct chunk *chunk, const uint8_t md5[MD5_SIZE],
                          const struct object_checksum *checksum, const char *headers,
                          int64_t modified_ms)
{
    const struct draft draft = {
        .slices = 1, .checksum = checksum, .headers = headers, .modified_ms = modified_ms};
    const struct slice all = {.chunk = chunk, .len = chunk->size};
    struct object *o = object_alloc(chunk->meter, &draft);
    if (o != NULL) {
        memcpy(o->md5, md5, MD5_SIZE);
        object_set_slice(o, 0, &all);
    }
    chunk_unref(chunk);
    return o;
}

/* S3's ETag of a multipart object: the MD5 of its parts' MD5s. */
static int digest_of_digests(struct object *const *objects, size_t count, uint8_t out[MD5_SIZE])
{
    struct buf digests;
    buf_init(&digests, count * MD5_SIZE);
    for (size_t i = 0; i < count; i++)
        buf_append(&digests, objects[i]->md5, MD5_SIZE);
    md5(digests.data, digests.len, out);
    const int result = digests.failed == STATUS_OK ? 0 : -1;
    buf_release(&digests);
    return result;
}

struct object *object_join(struct object *const *objects, size_t count,
                           const struct object_checksum *checksum, const char *headers,
                           int64_t modified_ms)
{
    uint8_t digest[MD5_SIZE];
    struct draft draft = {
        .parts = count, .checksum = checksum, .headers = headers, .modified_ms = modified_ms};
    for (size_t i = 0; i < count; i++)
        draft.slices += objects[i]->slice_count;
    if (digest_of_digests(objects, count, digest) != 0)
        return NULL;
    struct object *o = object_alloc(objects[0]->slices[0].chunk->meter, &draft);
    if (o == NULL)
        return NULL;
    memcpy(o->md5, digest, MD5_SIZE);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < objects[i]->slice_count; j++)
            object_set_slice(o, at++, &objects[i]->slices[j]);
        object_parts(o)[i] = object_ref(objects[i]);
    }
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

static void count_piece(void *ctx, const struct slice *piece)
{
    (void)piece;
    ++*(size_t *)ctx;
}

struct cut {
    struct object *object;
    size_t at;
    struct hash *md5; /* NULL: the digest is known */
    struct checksum sum;
};

static void cut_piece(void *ctx, const struct slice *piece)
{
    struct cut *cut = ctx;
    object_set_slice(cut->object, cut->at++, piece);
    if (cut->md5 != NULL)
        hash_update(cut->md5, piece->chunk->data + piece->offset, piece->len);
    checksum_update(&cut->sum, piece->chunk->data + piece->offset, piece->len);
}

/* Digests that the source has already are not made again. */
static enum status cut_digests_start(struct cut *cut, const struct object_piece *piece,
                                     struct object_checksum *known)
{
    const struct object *source = piece->source;
    const bool whole = piece->offset == 0 && piece->len == source->size;
    object_checksum(source, known);
    const bool sum_known = whole && known->algorithm == piece->algorithm && !known->composite;
    known->unasked = piece->unasked;
    known->composite = false;
    known->algorithm = piece->algorithm;
    if (checksum_start(&cut->sum, sum_known ? CHECKSUM_NONE : piece->algorithm, NULL) != STATUS_OK)
        return STATUS_NO_MEMORY;
    return whole && source->part_count == 0 ? STATUS_OK : hash_new(HASH_MD5, &cut->md5, NULL);
}

/* The slices, all of them digested on the way. */
static void cut_fill(struct cut *cut, const struct object_piece *piece, bool empty)
{
    const struct object *source = piece->source;
    if (empty)
        object_set_slice(cut->object, 0, &(struct slice){.chunk = source->slices[0].chunk});
    object_pieces(source, piece->offset, piece->len, cut_piece, cut);
    if (cut->md5 != NULL)
        hash_finish(cut->md5, cut->object->md5);
    else
        memcpy(cut->object->md5, source->md5, MD5_SIZE);
    if (cut->sum.algorithm != CHECKSUM_NONE)
        checksum_finish(&cut->sum, checksum_digest(cut->object));
}

struct object *object_cut(const struct object_piece *piece, const char *headers,
                          int64_t modified_ms)
{
    struct object_checksum checksum;
    struct draft draft = {.checksum = &checksum, .headers = headers, .modified_ms = modified_ms};
    struct cut cut = {.at = 0};
    object_pieces(piece->source, piece->offset, piece->len, count_piece, &draft.slices);
    const bool empty = draft.slices == 0;
    if (empty)
        draft.slices = 1;
    if (cut_digests_start(&cut, piece, &checksum) == STATUS_OK)
        cut.object = object_alloc(piece->source->slices[0].chunk->meter, &draft);
    if (cut.object != NULL)
        cut_fill(&cut, piece, empty);
    hash_free(cut.md5);
    checksum_release(&cut.sum);
    return cut.object;
}

struct object *object_with_headers(const struct object *source, const char *headers)
{
    struct object_checksum checksum;
    object_checksum(source, &checksum);
    const struct draft draft = {.slices = source->slice_count,
                                .parts = source->part_count,
                                .checksum = &checksum,
                                .headers = headers,
                                .modified_ms = source->modified_ms};
    struct object *o = object_alloc(source->slices[0].chunk->meter, &draft);
    if (o == NULL)
        return NULL;
    memcpy(o->md5, source->md5, MD5_SIZE);
    for (size_t i = 0; i < source->slice_count; i++)
        object_set_slice(o, i, &source->slices[i]);
    for (size_t i = 0; i < source->part_count; i++)
        object_parts(o)[i] = object_ref(object_parts(source)[i]);
    return o;
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
    struct meter *meter = o->slices[0].chunk->meter;
    for (size_t i = 0; i < o->slice_count; i++)
        chunk_unref(o->slices[i].chunk);
    /* Parts have no parts themselves, so this goes one level deep. */
    for (size_t i = 0; i < o->part_count; i++)
        object_unref(object_parts(o)[i]);
    meter_free(meter, o,
               object_bytes(o->slice_count, o->part_count, o->headers_len, o->checksum_algorithm));
}

void object_etag(const struct object *o, char out[OBJECT_ETAG_SIZE])
{
    char hex[2 * MD5_SIZE + 1];
    hex_encode(o->md5, MD5_SIZE, hex);
    if (o->part_count == 0)
        snprintf(out, OBJECT_ETAG_SIZE, "\"%s\"", hex);
    else
        snprintf(out, OBJECT_ETAG_SIZE, "\"%s-%u\"", hex, (unsigned)o->part_count);
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
    const char *found = object_header(o, "x-amz-storage-class", len);
    if (found != NULL)
        return found;
    *len = strlen("STANDARD");
    return "STANDARD";
}
