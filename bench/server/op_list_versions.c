/* SPDX-License-Identifier: MIT */
/*
 * op_list_versions - ListObjectVersions: the versions of each key, the newest first.
 *
 * Keys come from two indexes: those with a history, and those that have only a current object. Both
 * are in order, so they are merged.
 */
#include <string.h>

#include "bench/server/list_scope.h"
#include "bench/server/object_checksum.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

struct version_listing {
    struct list_scope scope;
    const char *key_marker, *id_marker;
    bool after_group; /* the key marker is a common prefix */
    const struct bucket *bucket;
    const struct key_index_entry *plain, *versioned; /* the next of each index */

    /* What the page ended with. */
    const struct key_index_entry *last;
    size_t last_group_len;
    uint64_t last_id;
};

static int entry_order(const struct key_index_entry *a, const struct key_index_entry *b)
{
    const size_t common = a->key_len < b->key_len ? a->key_len : b->key_len;
    const int order = memcmp(key_index_key(a), key_index_key(b), common);
    return order != 0 ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* The entry of the next key; its value is a history when it is l->versioned. */
static const struct key_index_entry *next_key(const struct version_listing *l)
{
    if (l->plain == NULL || l->versioned == NULL)
        return l->plain != NULL ? l->plain : l->versioned;
    return entry_order(l->plain, l->versioned) < 0 ? l->plain : l->versioned;
}

static void skip_key(struct version_listing *l)
{
    const struct key_index_entry *e = next_key(l);
    const bool both =
        l->plain != NULL && l->versioned != NULL && entry_order(l->plain, l->versioned) == 0;
    if (e == l->plain || both)
        l->plain = key_index_next(l->plain);
    if (e == l->versioned)
        l->versioned = key_index_next(l->versioned);
}

static void seek(struct version_listing *l, const char *key, size_t len)
{
    l->plain = key_index_seek(&l->bucket->objects, key, len);
    l->versioned = key_index_seek(&l->bucket->histories, key, len);
}

static void seek_past(struct version_listing *l, const char *prefix, size_t len)
{
    l->plain = key_index_seek_past(&l->bucket->objects, prefix, len);
    l->versioned = key_index_seek_past(&l->bucket->histories, prefix, len);
}

static void append_version(struct version_listing *l, struct buf *b,
                           const struct key_index_entry *e, const struct history_version *v,
                           bool is_latest)
{
    const struct object *o = v->object;
    const char *element = o != NULL ? "Version" : "DeleteMarker";
    char id[VERSION_ID_SIZE];
    version_id_format(v->id, id);
    l->scope.count++;
    l->last = e;
    l->last_group_len = 0;
    l->last_id = v->id;
    xml_open(b, element);
    list_scope_name(&l->scope, b, "Key", key_index_key(e), e->key_len);
    xml_str(b, "VersionId", id);
    xml_bool(b, "IsLatest", is_latest);
    xml_time(b, "LastModified", v->modified_ms);
    if (o != NULL) {
        char etag[OBJECT_ETAG_SIZE];
        size_t class_len;
        const char *class = object_storage_class(o, &class_len);
        object_etag(o, etag);
        xml_str(b, "ETag", etag);
        object_checksum_kind(o, b);
        xml_u64(b, "Size", o->size);
        xml_text(b, "StorageClass", class, class_len);
    }
    xml_owner(b, "Owner");
    xml_close(b, element);
}

/* How many versions of the marker's key come after the marker; those are the oldest. */
static size_t after_marker(const struct version_listing *l, const struct history *h)
{
    uint64_t id;
    if (!version_id_parse(l->id_marker, &id))
        return 0;
    for (size_t i = 0; i < h->count; i++)
        if (h->versions[i].id == id)
            return i;
    return 0;
}

/* The versions of one key; false when the page is full. */
static bool walk_key(struct version_listing *l, const struct key_index_entry *e, struct buf *b)
{
    const bool at_marker = l->id_marker[0] != '\0' && strcmp(key_index_key(e), l->key_marker) == 0;
    if (e != l->versioned) {
        struct object *o = e->value;
        const struct history_version only = {VERSION_NULL, o->modified_ms, o};
        if (at_marker)
            return true;
        if (list_scope_full(&l->scope))
            return false;
        append_version(l, b, e, &only, true);
        return true;
    }
    const struct history *h = e->value;
    for (size_t left = at_marker ? after_marker(l, h) : h->count; left > 0; left--) {
        if (list_scope_full(&l->scope))
            return false;
        append_version(l, b, e, &h->versions[left - 1], left == h->count);
    }
    return true;
}

static void walk_start(struct version_listing *l)
{
    const struct list_scope *scope = &l->scope;
    const size_t len = strlen(l->key_marker);
    if (strcmp(l->key_marker, scope->prefix) < 0 || len == 0) {
        seek(l, scope->prefix, scope->prefix_len);
        return;
    }
    if (l->after_group) {
        seek_past(l, l->key_marker, len);
        return;
    }
    seek(l, l->key_marker, len);
    const struct key_index_entry *e = next_key(l);
    if (e != NULL && l->id_marker[0] == '\0' && strcmp(key_index_key(e), l->key_marker) == 0)
        skip_key(l);
}

static void walk(struct version_listing *l, struct buf *b)
{
    struct list_scope *scope = &l->scope;
    const struct key_index_entry *e;
    for (walk_start(l); (e = next_key(l)) != NULL;) {
        const char *key = key_index_key(e);
        if (!list_scope_has(scope, key, e->key_len))
            return;
        const size_t group = list_scope_group(scope, key, e->key_len);
        if (group == 0) {
            if (!walk_key(l, e, b))
                return;
            skip_key(l);
            continue;
        }
        if (list_scope_full(scope))
            return;
        l->last = e;
        l->last_group_len = group;
        list_scope_add_group(scope, key, group);
        seek_past(l, key, group);
    }
}

static void append_result(const struct request *r, struct version_listing *l, struct buf *b)
{
    const struct list_scope *scope = &l->scope;
    char id[VERSION_ID_SIZE];
    xml_str(b, "Name", r->where.bucket);
    list_scope_echo(scope, b);
    list_scope_name(scope, b, "KeyMarker", l->key_marker, strlen(l->key_marker));
    xml_str(b, "VersionIdMarker", l->id_marker);
    xml_u64(b, "MaxKeys", scope->max);
    walk(l, b);
    buf_append(b, scope->groups.data, scope->groups.len);
    xml_bool(b, "IsTruncated", scope->truncated);
    if (!scope->truncated)
        return;
    const bool group = l->last_group_len > 0;
    list_scope_name(scope, b, "NextKeyMarker", key_index_key(l->last),
                    group ? l->last_group_len : l->last->key_len);
    if (group)
        return;
    version_id_format(l->last_id, id);
    xml_str(b, "NextVersionIdMarker", id);
}

/* False: it has replied. */
static bool read_markers(struct request *r, struct version_listing *l)
{
    uint64_t id;
    l->key_marker = request_text(r, "key-marker");
    l->id_marker = request_text(r, "version-id-marker");
    const size_t len = strlen(l->key_marker);
    l->after_group = len > 0 && list_scope_has(&l->scope, l->key_marker, len) &&
                     list_scope_group(&l->scope, l->key_marker, len) == len;
    const char *problem = NULL;
    if (l->id_marker[0] != '\0' && l->key_marker[0] == '\0')
        problem = "A version-id marker cannot be specified without a key marker.";
    else if (l->id_marker[0] != '\0' && !version_id_parse(l->id_marker, &id))
        problem = "Invalid version id specified";
    if (problem != NULL)
        reply_bad_argument(r, problem, "version-id-marker", l->id_marker);
    return problem == NULL;
}

void op_list_versions(struct request *r)
{
    struct storage *store = server_storage(r->server);
    struct version_listing l = {.key_marker = ""};
    list_scope_init(&l.scope, r);
    if (list_scope_read(r, "max-keys", &l.scope) && read_markers(r, &l)) {
        l.bucket = storage_read_begin(store, r->where.bucket);
        if (l.bucket != NULL) {
            reply_xml_begin(r, "ListVersionsResult");
            append_result(r, &l, &r->reply.shown.body);
        }
        storage_read_end(store);
        if (l.bucket == NULL)
            reply_error(r, CODE_NO_SUCH_BUCKET, NULL);
        else if (l.scope.groups.failed != STATUS_OK)
            reply_error(r, CODE_INTERNAL_ERROR, NULL);
        else
            reply_xml_end(r, "ListVersionsResult");
    }
    list_scope_release(&l.scope);
}
