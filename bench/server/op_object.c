/* SPDX-License-Identifier: MIT */
/* op_object - GET, HEAD, PUT and DELETE of objects. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "bench/server/checksum.h"
#include "bench/server/kept_headers.h"
#include "bench/server/ops.h"
#include "bench/server/range.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/base/date.h"

/* RFC 9110, 13.2.2: If-Match before If-Unmodified-Since, If-None-Match before If-Modified-Since. */
static enum code read_condition(const struct request *r, const struct object *o, const char *etag)
{
    const int64_t modified_s = o->modified_ms / 1000;
    const char *if_match = request_header(r, "if-match");
    const char *if_none_match = request_header(r, "if-none-match");
    const char *unmodified_since = request_header(r, "if-unmodified-since");
    const char *modified_since = request_header(r, "if-modified-since");
    int64_t then_s;
    if (if_match != NULL) {
        if (!etag_list_has(if_match, etag))
            return CODE_PRECONDITION_FAILED;
    } else if (unmodified_since != NULL &&
               date_parse_http(unmodified_since, &then_s, NULL) == STATUS_OK &&
               modified_s > then_s) {
        return CODE_PRECONDITION_FAILED;
    }
    if (if_none_match != NULL)
        return etag_list_has(if_none_match, etag) ? CODE_NOT_MODIFIED : CODE_NONE;
    if (modified_since != NULL && date_parse_http(modified_since, &then_s, NULL) == STATUS_OK &&
        modified_s <= then_s)
        return CODE_NOT_MODIFIED;
    return CODE_NONE;
}

static void reply_object_headers(struct request *r, const struct object *o, const char *etag,
                                 bool whole)
{
    struct buf *b = &r->reply.shown.headers;
    const char *mode = request_header(r, "x-amz-checksum-mode");
    buf_append_str(b, "Last-Modified: ");
    date_append_http(b, o->modified_ms / 1000);
    buf_append_char(b, '\n');
    reply_header(r, "ETag", etag);
    reply_header(r, "Accept-Ranges", "bytes");
    kept_headers_append(o->headers, whole && mode != NULL && strcasecmp(mode, "ENABLED") == 0, b);
}

void op_get_object(struct request *r)
{
    struct reply *reply = &r->reply;
    struct object *object;
    if (reply_failed(r, storage_get(server_storage(r->server), &r->where, &object)))
        return;
    char etag[OBJECT_ETAG_SIZE];
    object_etag(object, etag);
    struct range range = {.offset = 0, .len = object->size};
    enum code code = read_condition(r, object, etag);
    const enum range_result result = range_parse(r->shown.range, object->size, &range);
    if (code == CODE_NONE && result == RANGE_UNSATISFIABLE)
        code = CODE_INVALID_RANGE;
    if (code != CODE_NONE)
        reply_error(r, code, NULL);
    if (code == CODE_INVALID_RANGE)
        buf_printf(&reply->shown.headers, "Content-Range: bytes */%" PRIu64 "\n", object->size);
    if (code == CODE_NOT_MODIFIED)
        reply_header(r, "ETag", etag);
    if (code != CODE_NONE) {
        object_unref(object);
        return;
    }
    reply_object_headers(r, object, etag, result == RANGE_ALL);
    if (result == RANGE_PART) {
        reply->shown.status = 206;
        buf_printf(&reply->shown.headers,
                   "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\n", range.offset,
                   range.offset + range.len - 1, object->size);
    }
    reply->object = object;
    reply->offset = range.offset;
    reply->len = range.len;
}

/* S3 knows only "*" for If-None-Match on writes. */
enum code op_write_condition(const struct request *r, struct storage_condition *out)
{
    *out = (struct storage_condition){.if_match = request_header(r, "if-match"),
                                      .if_none_match = request_header(r, "if-none-match")};
    if (out->if_none_match != NULL && strcmp(out->if_none_match, "*") != 0)
        return CODE_NOT_IMPLEMENTED;
    return CODE_NONE;
}

enum code op_take_body(struct request *r, const char *headers, struct object **out)
{
    uint8_t md5[MD5_SIZE];
    const enum code code = checksum_verify(r, md5);
    if (code != CODE_NONE)
        return code;
    if (r->body.chunk == NULL)
        r->body.chunk = chunk_new(storage_meter(server_storage(r->server)), 0);
    if (r->body.chunk == NULL)
        return CODE_INSUFFICIENT_STORAGE;
    struct object *object = object_new(r->body.chunk, md5, headers, request_now_ms(r));
    r->body.chunk = NULL;
    if (object == NULL)
        return CODE_INSUFFICIENT_STORAGE;
    *out = object;
    return CODE_NONE;
}

void op_put_object(struct request *r)
{
    struct storage_condition condition;
    struct object *object = NULL;
    struct buf headers;
    char etag[OBJECT_ETAG_SIZE];
    buf_init(&headers, KEPT_HEADERS_MAX);
    enum code code = op_write_condition(r, &condition);
    if (code == CODE_NONE)
        code = kept_headers_collect(r, &headers);
    if (code == CODE_NONE)
        code = op_take_body(r, headers.data, &object);
    if (code == CODE_NONE) {
        object_etag(object, etag);
        code = storage_put(server_storage(r->server), &r->where, object, &condition);
    }
    buf_release(&headers);
    if (reply_failed(r, code))
        return;
    reply_header(r, "ETag", etag);
    checksum_append_headers(r, &r->reply.shown.headers);
}

void op_delete_object(struct request *r)
{
    const struct storage_condition condition = {.if_match = request_header(r, "if-match")};
    if (!reply_failed(r, storage_remove(server_storage(r->server), &r->where, &condition)))
        r->reply.shown.status = 204;
}
