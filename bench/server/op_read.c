/* SPDX-License-Identifier: MIT */
/* op_read - GetObject and HeadObject. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "bench/server/kept_headers.h"
#include "bench/server/object_checksum.h"
#include "bench/server/ops.h"
#include "bench/server/range.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/base/date.h"

/* What of an object is to be sent. */
struct view {
    struct object *object;
    struct storage_version version;
    char etag[OBJECT_ETAG_SIZE];
    struct range range;
    bool partial;              /* 206 */
    const struct object *part; /* asked for by its number; or NULL */
};

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

static void append_validators(struct request *r, const struct view *v)
{
    struct buf *b = &r->reply.shown.headers;
    buf_append_str(b, "Last-Modified: ");
    date_append_http(b, v->object->modified_ms / 1000);
    buf_append_char(b, '\n');
    reply_header(r, "ETag", v->etag);
    op_version_headers(r, &v->version);
}

/* A part by its number; an object that has no parts is its own first one. */
static enum code view_choose_part(struct view *v, unsigned number)
{
    const struct object *o = v->object;
    v->partial = true;
    if (o->part_count == 0)
        return number == 1 ? CODE_NONE : CODE_INVALID_PART_NUMBER;
    v->range.offset = 0;
    for (size_t i = 0; i < o->part_count; i++) {
        const struct object *part = object_part(o, i);
        v->range.len = part->size;
        v->part = part;
        if (part->part_number == number)
            return CODE_NONE;
        v->range.offset += part->size;
    }
    return CODE_INVALID_PART_NUMBER;
}

static enum code view_choose_range(struct view *v, const char *text)
{
    const enum range_result result = range_parse(text, v->object->size, &v->range);
    v->partial = result == RANGE_PART;
    return result == RANGE_UNSATISFIABLE ? CODE_INVALID_RANGE : CODE_NONE;
}

static void refuse_range(struct request *r, const struct view *v)
{
    char size[24];
    const char *const elements[] = {"RangeRequested", r->shown.range, "ActualObjectSize", size,
                                    NULL};
    snprintf(size, sizeof size, "%" PRIu64, v->object->size);
    reply_error_with(r, CODE_INVALID_RANGE, NULL, elements);
    buf_printf(&r->reply.shown.headers, "Content-Range: bytes */%s\n", size);
}

static void view_refuse(struct request *r, const struct view *v, enum code code)
{
    if (code == CODE_INVALID_RANGE) {
        refuse_range(r, v);
        return;
    }
    if (code == CODE_INVALID_OBJECT_STATE) {
        size_t len;
        char class[32];
        const char *name = object_storage_class(v->object, &len);
        snprintf(class, sizeof class, "%.*s", (int)len, name);
        const char *const elements[] = {"StorageClass", class, NULL};
        reply_error_with(r, code, NULL, elements);
        return;
    }
    reply_error(r, code, NULL);
    if (code == CODE_NOT_MODIFIED)
        append_validators(r, v);
}

static enum code view_choose(const struct request *r, struct view *v)
{
    v->range = (struct range){.offset = 0, .len = v->object->size};
    object_etag(v->object, v->etag);
    if (r->operation == OP_GET_OBJECT && op_is_archived(v->object))
        return CODE_INVALID_OBJECT_STATE;
    const enum code code = read_condition(r, v->object, v->etag);
    if (code != CODE_NONE)
        return code;
    if (request_param(r, "partNumber") != NULL)
        return view_choose_part(v, r->shown.part_number);
    return view_choose_range(v, r->shown.range);
}

/* The whole object's, or that of the part which was asked for; a range has none. */
static void append_checksums(struct request *r, const struct view *v)
{
    const char *mode = request_header(r, "x-amz-checksum-mode");
    struct buf *out = &r->reply.shown.headers;
    const bool is_range = v->partial && request_param(r, "partNumber") == NULL;
    if (mode == NULL || strcasecmp(mode, "ENABLED") != 0 || is_range)
        return;
    if (v->part == NULL) {
        object_checksum_headers(v->object, out);
        return;
    }
    struct object_checksum whole, part;
    object_checksum(v->object, &whole);
    object_checksum(v->part, &part);
    if (whole.algorithm == CHECKSUM_NONE || part.algorithm != whole.algorithm)
        return;
    object_checksum_header(&part, 0, out);
    reply_header(r, "x-amz-checksum-type", object_checksum_type(whole.composite));
}

static void view_reply(struct request *r, const struct view *v)
{
    struct reply *reply = &r->reply;
    append_validators(r, v);
    reply_header(r, "Accept-Ranges", "bytes");
    kept_headers_reply(r, v->object);
    append_checksums(r, v);
    if (v->part != NULL)
        buf_printf(&reply->shown.headers, "x-amz-mp-parts-count: %u\n",
                   (unsigned)v->object->part_count);
    if (v->partial && v->range.len > 0)
        buf_printf(&reply->shown.headers,
                   "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\n", v->range.offset,
                   v->range.offset + v->range.len - 1, v->object->size);
    reply->shown.status = v->partial ? 206 : 200;
    reply->object = object_ref(v->object);
    reply->offset = v->range.offset;
    reply->len = v->range.len;
}

/* Whether the parameters fit together; replies itself when they do not. */
static bool is_consistent(struct request *r)
{
    bool good;
    if (kept_headers_overridden(r, &good) && r->shown.access_key_id[0] == '\0') {
        reply_error(r, CODE_INVALID_REQUEST,
                    "Request specific response headers cannot be used for anonymous GET requests.");
        return false;
    }
    if (!good) {
        reply_error(r, CODE_INVALID_ARGUMENT,
                    "Header value cannot be represented using ISO-8859-1.");
        return false;
    }
    const char *number = request_param(r, "partNumber");
    if (number == NULL)
        return true;
    if (r->shown.part_number == 0) {
        reply_bad_argument(r, code_message(CODE_BAD_PART_NUMBER), "partNumber", number);
        return false;
    }
    if (r->shown.range[0] != '\0') {
        reply_error(r, CODE_INVALID_REQUEST,
                    "Cannot specify both Range header and partNumber query parameter");
        return false;
    }
    return true;
}

void op_get_object(struct request *r)
{
    struct view v = {.object = NULL};
    const struct storage_where where = op_where(r);
    if (!is_consistent(r))
        return;
    enum code code = storage_get(server_storage(r->server), &where, &v.object, &v.version);
    if (code != CODE_NONE) {
        op_read_failed(r, code, &v.version);
        return;
    }
    code = view_choose(r, &v);
    if (code == CODE_NONE)
        view_reply(r, &v);
    else
        view_refuse(r, &v, code);
    object_unref(v.object);
}
