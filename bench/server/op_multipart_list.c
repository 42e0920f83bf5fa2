/* SPDX-License-Identifier: MIT */
/* op_multipart_list - ListMultipartUploads and ListParts. */
#include <string.h>

#include "bench/server/list_scope.h"
#include "bench/server/object_checksum.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

struct uploads_page {
    struct list_scope scope;
    const char *key_marker, *id_marker;
    bool exact_key; /* a prefix is a whole key, as MinIO has it */
    const struct key_index_entry *last;
    size_t last_group_len;
};

/* Entries are named key NUL id. */
static const char *entry_id(const struct key_index_entry *e)
{
    return key_index_key(e) + strlen(key_index_key(e)) + 1;
}

/* An id alone is no marker. */
static bool is_past_marker(const struct uploads_page *p, const struct key_index_entry *e)
{
    const int order = strcmp(key_index_key(e), p->key_marker);
    if (order != 0 || p->key_marker[0] == '\0')
        return order > 0;
    return p->id_marker[0] != '\0' && strcmp(entry_id(e), p->id_marker) > 0;
}

static const char *headers_class(const struct upload *u, size_t *len)
{
    static const char name[] = "x-amz-storage-class: ";
    const char *found = strstr(u->headers, name);
    if (found == NULL || (found != u->headers && found[-1] != '\n')) {
        *len = strlen("STANDARD");
        return "STANDARD";
    }
    found += sizeof name - 1;
    *len = strcspn(found, "\n");
    return found;
}

/* Which checksum the object will have; only where the client chose one. */
static void append_checksum_kind(const struct upload *u, struct buf *b)
{
    if (!u->checksum.declared)
        return;
    xml_str(b, "ChecksumAlgorithm", checksum_info(u->checksum.algorithm)->name);
    xml_str(b, "ChecksumType", object_checksum_type(u->checksum.composite));
}

static void append_upload(const struct uploads_page *p, const struct key_index_entry *e,
                          struct buf *b)
{
    const struct upload *u = e->value;
    size_t class_len;
    const char *class = headers_class(u, &class_len);
    xml_open(b, "Upload");
    list_scope_name(&p->scope, b, "Key", key_index_key(e), strlen(key_index_key(e)));
    xml_str(b, "UploadId", u->id);
    xml_owner(b, "Initiator");
    xml_owner(b, "Owner");
    xml_text(b, "StorageClass", class, class_len);
    xml_time(b, "Initiated", u->initiated_ms);
    append_checksum_kind(u, b);
    xml_close(b, "Upload");
}

static void uploads_walk(struct uploads_page *p, const struct key_index *uploads, struct buf *b)
{
    struct list_scope *scope = &p->scope;
    const char *from = strcmp(p->key_marker, scope->prefix) > 0 ? p->key_marker : scope->prefix;
    const struct key_index_entry *e = key_index_seek(uploads, from, strlen(from));
    size_t skipped_len = strlen(p->key_marker); /* a common prefix that came last */
    if (skipped_len > 0 && list_scope_has(scope, p->key_marker, skipped_len) &&
        list_scope_group(scope, p->key_marker, skipped_len) == skipped_len)
        e = key_index_seek_past(uploads, p->key_marker, skipped_len);
    while (e != NULL && list_scope_has(scope, key_index_key(e), strlen(key_index_key(e)))) {
        const char *key = key_index_key(e);
        if (!is_past_marker(p, e) ||
            (p->exact_key && scope->prefix_len > 0 && strcmp(key, scope->prefix) != 0)) {
            e = key_index_next(e);
            continue;
        }
        if (list_scope_full(scope))
            return;
        p->last = e;
        p->last_group_len = list_scope_group(scope, key, strlen(key));
        if (p->last_group_len > 0) {
            list_scope_add_group(scope, key, p->last_group_len);
            e = key_index_seek_past(uploads, key, p->last_group_len);
            continue;
        }
        scope->count++;
        append_upload(p, e, b);
        e = key_index_next(e);
    }
}

static void append_uploads(const struct request *r, struct uploads_page *p,
                           const struct key_index *uploads, struct buf *b)
{
    const struct list_scope *scope = &p->scope;
    xml_str(b, "Bucket", r->where.bucket);
    list_scope_echo(scope, b);
    list_scope_name(scope, b, "KeyMarker", p->key_marker, strlen(p->key_marker));
    xml_str(b, "UploadIdMarker", p->id_marker);
    xml_u64(b, "MaxUploads", scope->max);
    uploads_walk(p, uploads, b);
    buf_append(b, scope->groups.data, scope->groups.len);
    xml_bool(b, "IsTruncated", scope->truncated);
    if (!scope->truncated)
        return;
    const char *key = key_index_key(p->last);
    const bool group = p->last_group_len > 0;
    list_scope_name(scope, b, "NextKeyMarker", key, group ? p->last_group_len : strlen(key));
    xml_str(b, "NextUploadIdMarker", group ? "" : entry_id(p->last));
}

void op_list_uploads(struct request *r)
{
    struct storage *store = server_storage(r->server);
    struct uploads_page page = {.key_marker = request_text(r, "key-marker"),
                                .id_marker = request_text(r, "upload-id-marker"),
                                .exact_key = server_quirks(r->server) == S3_QUIRKS_MINIO};
    list_scope_init(&page.scope, r);
    if (list_scope_read(r, "max-uploads", &page.scope)) {
        const struct bucket *bucket = storage_read_begin(store, r->where.bucket);
        if (bucket != NULL) {
            reply_xml_begin(r, "ListMultipartUploadsResult");
            append_uploads(r, &page, &bucket->uploads, &r->reply.shown.body);
        }
        storage_read_end(store);
        if (bucket == NULL)
            reply_error(r, CODE_NO_SUCH_BUCKET, NULL);
        else if (page.scope.groups.failed != STATUS_OK)
            reply_error(r, CODE_INTERNAL_ERROR, NULL);
        else
            reply_xml_end(r, "ListMultipartUploadsResult");
    }
    list_scope_release(&page.scope);
}

static void append_parts(struct buf *b, const struct upload *u, uint64_t marker, uint64_t max)
{
    uint64_t count = 0, last = 0;
    bool truncated = false;
    for (uint64_t n = marker + 1; n <= u->part_room && !truncated; n++) {
        const struct object *part = u->parts[n - 1];
        if (part == NULL)
            continue;
        if (count == max) {
            truncated = count > 0;
            break;
        }
        char etag[OBJECT_ETAG_SIZE];
        object_etag(part, etag);
        count++;
        last = n;
        xml_open(b, "Part");
        xml_u64(b, "PartNumber", n);
        xml_time(b, "LastModified", part->modified_ms);
        xml_str(b, "ETag", etag);
        xml_u64(b, "Size", part->size);
        object_checksum_part_element(part, b);
        xml_close(b, "Part");
    }
    xml_u64(b, "NextPartNumberMarker", last);
    xml_bool(b, "IsTruncated", truncated);
}

/* Under the store's lock. */
static enum code reply_parts(struct request *r, const struct bucket *bucket, uint64_t marker,
                             uint64_t max)
{
    if (bucket == NULL)
        return CODE_NO_SUCH_BUCKET;
    const struct upload *u = storage_find_upload(bucket, &r->where, r->shown.upload_id);
    if (u == NULL)
        return CODE_NO_SUCH_UPLOAD;
    struct buf *b = &r->reply.shown.body;
    size_t class_len;
    const char *class = headers_class(u, &class_len);
    reply_xml_begin(r, "ListPartsResult");
    xml_str(b, "Bucket", r->where.bucket);
    xml_text(b, "Key", r->where.key, r->where.key_len);
    xml_str(b, "UploadId", u->id);
    xml_owner(b, "Initiator");
    xml_owner(b, "Owner");
    xml_text(b, "StorageClass", class, class_len);
    if (u->checksum.declared) {
        xml_str(b, "ChecksumAlgorithm", checksum_info(u->checksum.algorithm)->name);
        xml_str(b, "ChecksumType", object_checksum_type(u->checksum.composite));
    }
    append_checksum_kind(u, b);
    xml_u64(b, "PartNumberMarker", marker);
    xml_u64(b, "MaxParts", max);
    append_parts(b, u, marker, max);
    reply_xml_end(r, "ListPartsResult");
    return CODE_NONE;
}

/* False: it has replied. */
static bool read_number(struct request *r, const char *name, uint64_t otherwise, uint64_t *out)
{
    char message[96];
    if (request_number(r, name, 0, INT32_MAX, otherwise, out))
        return true;
    snprintf(message, sizeof message, "Argument %s must be an integer between 0 and 2147483647",
             name);
    reply_bad_argument(r, message, name, request_text(r, name));
    return false;
}

void op_list_parts(struct request *r)
{
    uint64_t marker, max;
    if (!read_number(r, "part-number-marker", 0, &marker) ||
        !read_number(r, "max-parts", LIST_PAGE_MAX, &max))
        return;
    if (max > LIST_PAGE_MAX)
        max = LIST_PAGE_MAX;
    struct storage *store = server_storage(r->server);
    const struct bucket *bucket = storage_read_begin(store, r->where.bucket);
    const enum code code = reply_parts(r, bucket, marker, max);
    storage_read_end(store);
    reply_failed(r, code);
}
