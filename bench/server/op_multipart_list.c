/* SPDX-License-Identifier: MIT */
/* op_multipart_list - ListMultipartUploads and ListParts. */
#include <string.h>

#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

#define PAGE_MAX 1000

static void append_name(struct buf *b, const char *element, const char *text, bool url_encoded)
{
    if (!url_encoded) {
        xml_str(b, element, text);
        return;
    }
    xml_open(b, element);
    uri_encode(b, text, strlen(text), 1);
    xml_close(b, element);
}

struct uploads_page {
    const char *prefix, *key_marker, *id_marker;
    uint64_t max;
    bool url_encoded;
    uint64_t count;
    const struct key_index_entry *last;
    bool truncated;
};

/* Entries are named key NUL id. */
static const char *entry_id(const struct key_index_entry *e)
{
    return key_index_key(e) + strlen(key_index_key(e)) + 1;
}

static bool is_past_marker(const struct uploads_page *p, const struct key_index_entry *e)
{
    const int order = strcmp(key_index_key(e), p->key_marker);
    if (order != 0 || p->key_marker[0] == '\0')
        return order > 0;
    return p->id_marker[0] != '\0' && strcmp(entry_id(e), p->id_marker) > 0;
}

static void uploads_walk(struct uploads_page *p, const struct key_index *uploads, struct buf *b)
{
    const char *from = strcmp(p->key_marker, p->prefix) > 0 ? p->key_marker : p->prefix;
    const struct key_index_entry *e = key_index_seek(uploads, from, strlen(from));
    for (; e != NULL && strncmp(key_index_key(e), p->prefix, strlen(p->prefix)) == 0;
         e = key_index_next(e)) {
        if (!is_past_marker(p, e))
            continue;
        if (p->count == p->max) {
            p->truncated = p->count > 0;
            return;
        }
        const struct upload *u = e->value;
        p->last = e;
        p->count++;
        xml_open(b, "Upload");
        append_name(b, "Key", key_index_key(e), p->url_encoded);
        xml_str(b, "UploadId", u->id);
        buf_append_str(b, "<StorageClass>STANDARD</StorageClass>");
        xml_time(b, "Initiated", u->initiated_ms);
        xml_close(b, "Upload");
    }
}

static void append_uploads(const struct request *r, struct uploads_page *p,
                           const struct key_index *uploads, struct buf *b)
{
    xml_str(b, "Bucket", r->where.bucket);
    append_name(b, "Prefix", p->prefix, p->url_encoded);
    append_name(b, "KeyMarker", p->key_marker, p->url_encoded);
    xml_str(b, "UploadIdMarker", p->id_marker);
    if (p->url_encoded)
        xml_str(b, "EncodingType", "url");
    xml_u64(b, "MaxUploads", p->max);
    uploads_walk(p, uploads, b);
    xml_bool(b, "IsTruncated", p->truncated);
    if (p->truncated) {
        append_name(b, "NextKeyMarker", key_index_key(p->last), p->url_encoded);
        xml_str(b, "NextUploadIdMarker", entry_id(p->last));
    }
}

void op_list_uploads(struct request *r)
{
    const char *encoding = request_param(r, "encoding-type");
    struct uploads_page page = {.prefix = request_text(r, "prefix"),
                                .key_marker = request_text(r, "key-marker"),
                                .id_marker = request_text(r, "upload-id-marker"),
                                .url_encoded = encoding != NULL};
    if (request_text(r, "delimiter")[0] != '\0') {
        reply_error(r, CODE_NOT_IMPLEMENTED, NULL);
        return;
    }
    if ((encoding != NULL && strcmp(encoding, "url") != 0) ||
        !request_number(r, "max-uploads", 0, INT32_MAX, PAGE_MAX, &page.max)) {
        reply_error(r, CODE_INVALID_ARGUMENT, NULL);
        return;
    }
    if (page.max > PAGE_MAX)
        page.max = PAGE_MAX;
    struct storage *store = server_storage(r->server);
    const struct bucket *bucket = storage_read_begin(store, r->where.bucket);
    if (bucket != NULL) {
        reply_xml_begin(r, "ListMultipartUploadsResult");
        append_uploads(r, &page, &bucket->uploads, &r->reply.shown.body);
    }
    storage_read_end(store);
    if (bucket == NULL)
        reply_error(r, CODE_NO_SUCH_BUCKET, NULL);
    else
        reply_xml_end(r, "ListMultipartUploadsResult");
}

static void append_parts(struct buf *b, const struct upload *u, uint64_t marker, uint64_t max)
{
    uint64_t count = 0, last = marker;
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
    reply_xml_begin(r, "ListPartsResult");
    xml_str(b, "Bucket", r->where.bucket);
    xml_text(b, "Key", r->where.key, r->where.key_len);
    xml_str(b, "UploadId", u->id);
    buf_append_str(b, "<StorageClass>STANDARD</StorageClass>");
    xml_u64(b, "PartNumberMarker", marker);
    xml_u64(b, "MaxParts", max);
    append_parts(b, u, marker, max);
    reply_xml_end(r, "ListPartsResult");
    return CODE_NONE;
}

void op_list_parts(struct request *r)
{
    uint64_t marker, max;
    if (!request_number(r, "part-number-marker", 0, INT32_MAX, 0, &marker) ||
        !request_number(r, "max-parts", 0, INT32_MAX, PAGE_MAX, &max)) {
        reply_error(r, CODE_INVALID_ARGUMENT, NULL);
        return;
    }
    if (max > PAGE_MAX)
        max = PAGE_MAX;
    struct storage *store = server_storage(r->server);
    const struct bucket *bucket = storage_read_begin(store, r->where.bucket);
    const enum code code = reply_parts(r, bucket, marker, max);
    storage_read_end(store);
    reply_failed(r, code);
}
