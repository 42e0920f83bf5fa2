/* SPDX-License-Identifier: MIT */
/*
 * entries - front-coded records in budgeted chunks.
 *
 * Record: varint shared key bytes, varint further key bytes, those bytes, varint size, varint
 * LastModified (zigzag), a byte of group and source, ETag: a byte 0 and 16 bytes for a quoted lower-case MD5,
 * otherwise its length and the text. A record never spans chunks; front coding does.
 */
#include "compactor/entries.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define MD5_ETAG_LEN (2 * MD5_SIZE + 2) /* its hexadecimal digits and the quotes */
#define RECORD_MAX   (5 * 10 + S3_KEY_MAX + 2 + S3_ETAG_MAX)

struct entries_chunk {
    struct entries_chunk *next;
    uint32_t len;
    uint8_t data[ENTRIES_CHUNK - sizeof(struct entries_chunk *) - 2 * sizeof(uint32_t)];
};

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static const uint8_t *get_varint(const uint8_t *p, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        v |= (uint64_t)(*p & 0x7f) << shift;
        if ((*p++ & 0x80) == 0)
            break;
    }
    *out = v;
    return p;
}

static uint64_t zigzag(int64_t v)
{
    return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static size_t shared_front(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] != '\0' && a[n] == b[n])
        n++;
    return n;
}

/* Upper-case digits would not survive the round trip, so they are kept as text. */
static bool etag_is_md5(const char *etag, size_t len, uint8_t md5_out[MD5_SIZE])
{
    if (len != MD5_ETAG_LEN || etag[0] != '"' || etag[len - 1] != '"')
        return false;
    for (size_t i = 1; i < len - 1; i++)
        if (etag[i] >= 'A' && etag[i] <= 'F')
            return false;
    return hex_decode(etag + 1, md5_out, MD5_SIZE) == 0;
}

static uint8_t *put_etag(uint8_t *p, const char *etag)
{
    const size_t len = strlen(etag);
    uint8_t md5_bytes[MD5_SIZE];
    if (etag_is_md5(etag, len, md5_bytes)) {
        *p++ = 0;
        memcpy(p, md5_bytes, MD5_SIZE);
        return p + MD5_SIZE;
    }
    *p++ = (uint8_t)(len + 1);
    memcpy(p, etag, len);
    return p + len;
}

static const uint8_t *get_etag(const uint8_t *p, char out[S3_ETAG_MAX])
{
    const size_t mark = *p++;
    if (mark == 0) {
        out[0] = '"';
        hex_encode(p, MD5_SIZE, out + 1);
        memcpy(out + 1 + 2 * MD5_SIZE, "\"", 2);
        return p + MD5_SIZE;
    }
    memcpy(out, p, mark - 1);
    out[mark - 1] = '\0';
    return p + mark - 1;
}

void entries_init(struct entries *e, struct budget *budget)
{
    *e = (struct entries){.budget = budget};
}

static void drop_first(struct entries *e)
{
    struct entries_chunk *chunk = e->first;
    e->first = chunk->next;
    if (e->first == NULL)
        e->last = NULL;
    free(chunk);
    budget_give_entries(e->budget, ENTRIES_CHUNK);
}

void entries_release(struct entries *e)
{
    while (e->first != NULL)
        drop_first(e);
    e->count = 0;
    e->last_key[0] = '\0';
}

static enum status add_chunk(struct entries *e, struct error *err)
{
    if (e->insist)
        budget_insist_entries(e->budget, ENTRIES_CHUNK);
    else if (!budget_take_entries(e->budget, ENTRIES_CHUNK))
        return error_set(err, STATUS_LIMIT, "the listing exceeds its share of --memory");
    struct entries_chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL) {
        budget_give_entries(e->budget, ENTRIES_CHUNK);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for the listing");
    }
    chunk->next = NULL;
    chunk->len = 0;
    if (e->last == NULL)
        e->first = chunk;
    else
        e->last->next = chunk;
    e->last = chunk;
    return STATUS_OK;
}

enum status entries_append(struct entries *e, const struct entry *entry, struct error *err)
{
    uint8_t record[RECORD_MAX];
    const size_t shared = shared_front(e->last_key, entry->key);
    const size_t rest = strlen(entry->key + shared);
    uint8_t *p = put_varint(record, shared);
    p = put_varint(p, rest);
    memcpy(p, entry->key + shared, rest);
    p = put_varint(p + rest, entry->size);
    p = put_varint(p, zigzag(entry->last_modified_unix_s));
    *p++ = (uint8_t)(entry->group | entry->source << 4);
    p = put_etag(p, entry->etag);

    const size_t len = (size_t)(p - record);
    if (e->last == NULL || e->last->len + len > sizeof e->last->data) {
        enum status status = add_chunk(e, err);
        if (status != STATUS_OK)
            return status;
    }
    memcpy(e->last->data + e->last->len, record, len);
    e->last->len += (uint32_t)len;
    memcpy(e->last_key + shared, entry->key + shared, rest + 1);
    e->count++;
    return STATUS_OK;
}

void entries_reader_init(struct entries_reader *r, struct entries *e, bool trim)
{
    *r = (struct entries_reader){.entries = e, .trim = trim};
}

/* Moves to a chunk that has something left to read; false when there is none yet. */
static bool advance(struct entries_reader *r)
{
    if (r->chunk == NULL) {
        r->chunk = r->entries->first;
        r->offset = 0;
    }
    while (r->chunk != NULL && r->offset == r->chunk->len) {
        if (r->chunk->next == NULL)
            return false;
        r->chunk = r->chunk->next;
        r->offset = 0;
        if (r->trim)
            drop_first(r->entries);
    }
    return r->chunk != NULL;
}

bool entries_read(struct entries_reader *r, struct entry *out)
{
    if (!advance(r))
        return false;
    if (r->read == 0)
        out->key[0] = '\0';
    uint64_t shared;
    uint64_t rest;
    uint64_t modified;
    const uint8_t *p = r->chunk->data + r->offset;
    p = get_varint(p, &shared);
    p = get_varint(p, &rest);
    memcpy(out->key + shared, p, rest);
    out->key[shared + rest] = '\0';
    p = get_varint(p + rest, &out->size);
    p = get_varint(p, &modified);
    out->last_modified_unix_s = unzigzag(modified);
    out->group = *p & 15u;
    out->source = *p++ >> 4;
    p = get_etag(p, out->etag);
    r->offset = (uint32_t)(p - r->chunk->data);
    r->read++;
    return true;
}
