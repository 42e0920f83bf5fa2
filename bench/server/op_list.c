/* SPDX-License-Identifier: MIT */
/* op_list - ListObjects, versions 1 and 2: keys in byte order, rolled up at a delimiter. */
#include <string.h>

#include "bench/server/list_scope.h"
#include "bench/server/object_checksum.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

struct listing {
    struct list_scope scope;
    bool is_v2;
    bool with_owner;
    /* Where the last page ended: after a key, or after all keys of a common prefix. */
    struct buf after;
    bool after_group;

    const struct key_index_entry *last; /* of this page */
    size_t last_group_len;              /* when it ended in a common prefix; otherwise 0 */
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

/* Where a client wants to go on. What it names may be a common prefix that it has been given. */
static void start_after(struct listing *l, const char *name)
{
    const size_t len = strlen(name);
    buf_append(&l->after, name, len);
    l->after_group =
        list_scope_has(&l->scope, name, len) && list_scope_group(&l->scope, name, len) == len;
}

/* False: it has replied. */
static bool listing_read(struct request *r, struct listing *l)
{
    const char *token = l->is_v2 ? request_param(r, "continuation-token") : NULL;
    if (l->is_v2 && strcmp(request_text(r, "list-type"), "2") != 0) {
        reply_bad_argument(r, "Invalid list type", "list-type", request_text(r, "list-type"));
        return false;
    }
    if (!list_scope_read(r, "max-keys", &l->scope))
        return false;
    l->with_owner = !l->is_v2 || strcmp(request_text(r, "fetch-owner"), "true") == 0;
    if (token == NULL) {
        start_after(l, request_text(r, l->is_v2 ? "start-after" : "marker"));
    } else if (!token_read(token, l)) {
        reply_bad_argument(r, "The continuation token provided is incorrect", "continuation-token",
                           token);
        return false;
    }
    return true;
}

static void append_object(const struct listing *l, struct buf *b, const struct key_index_entry *e)
{
    const struct object *o = e->value;
    char etag[OBJECT_ETAG_SIZE];
    size_t class_len;
    const char *class = object_storage_class(o, &class_len);
    object_etag(o, etag);
    xml_open(b, "Contents");
    list_scope_name(&l->scope, b, "Key", key_index_key(e), e->key_len);
    xml_time(b, "LastModified", o->modified_ms);
    xml_str(b, "ETag", etag);
    object_checksum_kind(o, b);
    xml_u64(b, "Size", o->size);
    if (l->with_owner)
        xml_owner(b, "Owner");
    xml_text(b, "StorageClass", class, class_len);
    xml_close(b, "Contents");
}

static const struct key_index_entry *listing_start(const struct listing *l,
                                                   const struct key_index *ix)
{
    const struct buf *after = &l->after;
    const struct list_scope *scope = &l->scope;
    const size_t common = after->len < scope->prefix_len ? after->len : scope->prefix_len;
    const int order = memcmp(after->data, scope->prefix, common);
    if (after->len == 0 || order < 0 || (order == 0 && after->len < scope->prefix_len))
        return key_index_seek(ix, scope->prefix, scope->prefix_len);
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
    struct list_scope *scope = &l->scope;
    const struct key_index_entry *e = listing_start(l, ix);
    while (e != NULL && list_scope_has(scope, key_index_key(e), e->key_len)) {
        if (list_scope_full(scope))
            return;
        l->last = e;
        l->last_group_len = list_scope_group(scope, key_index_key(e), e->key_len);
        if (l->last_group_len == 0) {
            scope->count++;
            append_object(l, b, e);
            e = key_index_next(e);
            continue;
        }
        list_scope_add_group(scope, key_index_key(e), l->last_group_len);
        e = key_index_seek_past(ix, key_index_key(e), l->last_group_len);
    }
}

/* A parameter of the request is repeated when it was given. */
static void echo_name(const struct request *r, const struct listing *l, struct buf *b,
                      const char *param, const char *element)
{
    const char *value = request_param(r, param);
    if (value != NULL)
        list_scope_name(&l->scope, b, element, value, strlen(value));
}

static void append_parameters(const struct request *r, const struct listing *l, struct buf *b)
{
    const char *token = request_param(r, "continuation-token");
    xml_str(b, "Name", r->where.bucket);
    list_scope_echo(&l->scope, b);
    if (l->is_v2) {
        echo_name(r, l, b, "start-after", "StartAfter");
        if (token != NULL)
            xml_str(b, "ContinuationToken", token);
    } else {
        const char *marker = request_text(r, "marker");
        list_scope_name(&l->scope, b, "Marker", marker, strlen(marker));
    }
    xml_u64(b, "MaxKeys", l->scope.max);
}

static void append_end(const struct listing *l, struct buf *b)
{
    const struct list_scope *scope = &l->scope;
    buf_append(b, scope->groups.data, scope->groups.len);
    if (l->is_v2)
        xml_u64(b, "KeyCount", scope->count);
    xml_bool(b, "IsTruncated", scope->truncated);
    if (!scope->truncated)
        return;
    if (l->is_v2)
        token_write(l, b);
    else if (scope->delimiter_len > 0) /* otherwise the last key is the marker */
        list_scope_name(scope, b, "NextMarker", key_index_key(l->last),
                        l->last_group_len > 0 ? l->last_group_len : l->last->key_len);
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
        append_end(l, b);
    }
    storage_read_end(store);
    if (bucket == NULL)
        reply_error(r, CODE_NO_SUCH_BUCKET, NULL);
    else if (l->scope.groups.failed != STATUS_OK)
        reply_error(r, CODE_INTERNAL_ERROR, NULL);
    else
        reply_xml_end(r, "ListBucketResult");
}

void op_list_objects(struct request *r)
{
    struct listing l = {.is_v2 = r->operation == OP_LIST_OBJECTS};
    list_scope_init(&l.scope, r);
    buf_init(&l.after, REQUEST_TARGET_MAX);
    if (listing_read(r, &l))
        reply_listing(r, &l);
    buf_release(&l.after);
    list_scope_release(&l.scope);
}
