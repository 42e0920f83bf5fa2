/* SPDX-License-Identifier: MIT */
/* op_list - ListObjectsV2: keys in byte order, rolled up at a delimiter. */
#include <string.h>

#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

#define PAGE_MAX 1000

struct listing {
    const char *prefix, *delimiter, *start_after;
    size_t prefix_len, delimiter_len;
    uint64_t max_keys;
    bool url_encoded;
    /* Where the last page ended: after a key, or after all keys of a common prefix. */
    struct buf after;
    bool after_group;

    uint64_t count;
    bool truncated;
    const struct key_index_entry *last; /* of this page */
    size_t last_group_len;              /* when it ended in a common prefix; otherwise 0 */
    struct buf groups;                  /* CommonPrefixes, which come after the contents */
};

/* A token is the hexadecimal form of a kind and the name that the page ended with. */
#define TOKEN_KEY   'k'
#define TOKEN_GROUP 'g'

static bool token_read(const char *token, struct listing *l)
{
    char name[S3_KEY_MAX + 1];
    const size_t len = strlen(token) / 2;
    if (len < 2 || len > sizeof name || hex_decode(token, name, len) != 0 ||
        strlen(token) != 2 * len || (name[0] != TOKEN_KEY && name[0] != TOKEN_GROUP))
        return false;
    buf_append(&l->after, name + 1, len - 1);
    l->after_group = name[0] == TOKEN_GROUP;
    return l->after.failed == STATUS_OK;
}

static void token_write(const struct listing *l, struct buf *b)
{
    const bool group = l->last_group_len > 0;
    const char kind = group ? TOKEN_GROUP : TOKEN_KEY;
    xml_open(b, "NextContinuationToken");
    buf_append_hex(b, &kind, 1);
    buf_append_hex(b, key_index_key(l->last), group ? l->last_group_len : l->last->key_len);
    xml_close(b, "NextContinuationToken");
}

static enum code listing_read(const struct request *r, struct listing *l)
{
    const char *type = request_text(r, "list-type");
    const char *encoding = request_param(r, "encoding-type");
    const char *token = request_param(r, "continuation-token");
    l->prefix = request_text(r, "prefix");
    l->prefix_len = strlen(l->prefix);
    l->delimiter = request_text(r, "delimiter");
    l->delimiter_len = strlen(l->delimiter);
    l->start_after = request_text(r, "start-after");
    if (strcmp(type, "2") != 0 || (encoding != NULL && strcmp(encoding, "url") != 0) ||
        !request_number(r, "max-keys", 0, INT32_MAX, PAGE_MAX, &l->max_keys))
        return CODE_INVALID_ARGUMENT;
    l->url_encoded = encoding != NULL;
    if (l->max_keys > PAGE_MAX)
        l->max_keys = PAGE_MAX;
    if (token != NULL)
        return token_read(token, l) ? CODE_NONE : CODE_INVALID_ARGUMENT;
    buf_append_str(&l->after, l->start_after);
    return l->after.failed == STATUS_OK ? CODE_NONE : CODE_INVALID_ARGUMENT;
}

/* Names as the client asked for them: as they are, or URI-encoded. */
static void append_name(const struct listing *l, struct buf *b, const char *element,
                        const char *name, size_t len)
{
    if (!l->url_encoded) {
        xml_text(b, element, name, len);
        return;
    }
    xml_open(b, element);
    uri_encode(b, name, len, 1);
    xml_close(b, element);
}

static void append_object(const struct listing *l, struct buf *b, const struct key_index_entry *e)
{
    const struct object *o = e->value;
    char etag[OBJECT_ETAG_SIZE];
    size_t class_len;
    const char *class = object_storage_class(o, &class_len);
    object_etag(o, etag);
    xml_open(b, "Contents");
    append_name(l, b, "Key", key_index_key(e), e->key_len);
    xml_time(b, "LastModified", o->modified_ms);
    xml_str(b, "ETag", etag);
    xml_u64(b, "Size", o->size);
    xml_text(b, "StorageClass", class, class_len);
    xml_close(b, "Contents");
}

/* The length of the common prefix that a key is rolled up into; 0: none. */
static size_t group_length(const struct listing *l, const struct key_index_entry *e)
{
    if (l->delimiter_len == 0)
        return 0;
    /* Keys hold no NUL, so they can be searched as strings. */
    const char *key = key_index_key(e);
    const char *found = strstr(key + l->prefix_len, l->delimiter);
    return found == NULL ? 0 : (size_t)(found - key) + l->delimiter_len;
}

static bool has_prefix(const struct listing *l, const struct key_index_entry *e)
{
    return e->key_len >= l->prefix_len && memcmp(key_index_key(e), l->prefix, l->prefix_len) == 0;
}

static const struct key_index_entry *listing_start(const struct listing *l,
                                                   const struct key_index *ix)
{
    const struct buf *after = &l->after;
    const size_t common = after->len < l->prefix_len ? after->len : l->prefix_len;
    const int order = memcmp(after->data, l->prefix, common);
    if (after->len == 0 || order < 0 || (order == 0 && after->len < l->prefix_len))
        return key_index_seek(ix, l->prefix, l->prefix_len);
    if (l->after_group)
        return key_index_seek_past(ix, after->data, after->len);
    const struct key_index_entry *e = key_index_seek(ix, after->data, after->len);
    if (e != NULL && e->key_len == after->len &&
        memcmp(key_index_key(e), after->data, after->len) == 0)
        e = key_index_next(e);
    return e;
}

static void listing_walk(struct listing *l, const struct key_index *ix, struct buf *b)
{
    const struct key_index_entry *e = listing_start(l, ix);
    while (e != NULL && has_prefix(l, e)) {
        if (l->count == l->max_keys) {
            l->truncated = l->count > 0;
            return;
        }
        l->last = e;
        l->last_group_len = group_length(l, e);
        l->count++;
        if (l->last_group_len == 0) {
            append_object(l, b, e);
            e = key_index_next(e);
            continue;
        }
        xml_open(&l->groups, "CommonPrefixes");
        append_name(l, &l->groups, "Prefix", key_index_key(e), l->last_group_len);
        xml_close(&l->groups, "CommonPrefixes");
        e = key_index_seek_past(ix, key_index_key(e), l->last_group_len);
    }
}

static void append_parameters(const struct request *r, const struct listing *l, struct buf *b)
{
    xml_str(b, "Name", r->where.bucket);
    append_name(l, b, "Prefix", l->prefix, l->prefix_len);
    if (l->delimiter_len > 0)
        append_name(l, b, "Delimiter", l->delimiter, l->delimiter_len);
    if (l->start_after[0] != '\0')
        append_name(l, b, "StartAfter", l->start_after, strlen(l->start_after));
    if (l->url_encoded)
        xml_str(b, "EncodingType", "url");
    if (request_param(r, "continuation-token") != NULL)
        xml_str(b, "ContinuationToken", request_param(r, "continuation-token"));
    xml_u64(b, "MaxKeys", l->max_keys);
}

static void reply_listing(struct request *r, struct listing *l)
{
    struct buf *b = &r->reply.shown.body;
    struct storage *store = server_storage(r->server);
    const struct bucket *bucket = storage_read_begin(store, r->where.bucket);
    if (bucket != NULL) {
        reply_xml_begin(r, "ListBucketResult");
        append_parameters(r, l, b);
        listing_walk(l, &bucket->objects, b);
        buf_append(b, l->groups.data, l->groups.len);
        xml_u64(b, "KeyCount", l->count);
        xml_bool(b, "IsTruncated", l->truncated);
        if (l->truncated)
            token_write(l, b);
    }
    storage_read_end(store);
    if (bucket == NULL)
        reply_error(r, CODE_NO_SUCH_BUCKET, NULL);
    else if (l->groups.failed != STATUS_OK)
        reply_error(r, CODE_INTERNAL_ERROR, NULL);
    else
        reply_xml_end(r, "ListBucketResult");
}

void op_list_objects(struct request *r)
{
    struct listing l = {.count = 0};
    buf_init(&l.after, REQUEST_TARGET_MAX);
    buf_init(&l.groups, r->reply.shown.body.max);
    const enum code code = listing_read(r, &l);
    if (!reply_failed(r, code))
        reply_listing(r, &l);
    buf_release(&l.after);
    buf_release(&l.groups);
}
