/* SPDX-License-Identifier: MIT */
/* op_attributes - GetObjectAttributes. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/base/date.h"
#include "lib/base/units.h"

#define PARTS_PAGE_MAX 1000

enum attribute { ATTRIBUTE_ETAG, CHECKSUM, OBJECT_PARTS, STORAGE_CLASS, OBJECT_SIZE, ATTRIBUTES };

static const char *const attribute_names[ATTRIBUTES] = {
    [ATTRIBUTE_ETAG] = "ETag",        [CHECKSUM] = "Checksum",      [OBJECT_PARTS] = "ObjectParts",
    [STORAGE_CLASS] = "StorageClass", [OBJECT_SIZE] = "ObjectSize",
};

struct attributes_request {
    bool wanted[ATTRIBUTES];
    uint64_t max_parts;
    uint64_t marker;
};

/* "ETag, ObjectSize" */
static bool read_wanted(const char *text, struct attributes_request *a)
{
    bool any = false;
    for (const char *p = text + strspn(text, " ,"); *p != '\0'; p += strspn(p, " ,")) {
        const size_t len = strcspn(p, " ,");
        size_t i = 0;
        while (i < ATTRIBUTES &&
               (strlen(attribute_names[i]) != len || strncmp(attribute_names[i], p, len) != 0))
            i++;
        if (i == ATTRIBUTES)
            return false;
        a->wanted[i] = any = true;
        p += len;
    }
    return any;
}

/* Some clients send a header each. */
static bool read_all_wanted(const struct request *r, const char *header,
                            struct attributes_request *a)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, header) == 0 && !read_wanted(r->headers[i].value, a))
            return false;
    return true;
}

static bool read_number(const struct request *r, const char *header, uint64_t otherwise,
                        uint64_t *out)
{
    const char *text = request_header(r, header);
    *out = otherwise;
    return text == NULL || uint_parse(text, 0, INT32_MAX, out, NULL) == STATUS_OK;
}

/* False: it has replied. */
static bool attributes_read(struct request *r, struct attributes_request *a)
{
    const char *problem = NULL, *header = "x-amz-object-attributes";
    const char *wanted = request_header(r, header);
    if (wanted == NULL || wanted[0] == '\0') {
        reply_error(r, CODE_INVALID_REQUEST,
                    "The x-amz-object-attributes header specifying the attributes to be retrieved "
                    "is either missing or empty");
        return false;
    }
    if (!read_all_wanted(r, header, a))
        problem = "Invalid attribute name specified.";
    else if (!read_number(r, header = "x-amz-max-parts", PARTS_PAGE_MAX, &a->max_parts) ||
             !read_number(r, header = "x-amz-part-number-marker", 0, &a->marker))
        problem = "The value must be an integer between 0 and 2147483647";
    if (a->max_parts > PARTS_PAGE_MAX)
        a->max_parts = PARTS_PAGE_MAX;
    const char *value = request_header(r, header);
    if (problem != NULL)
        reply_bad_argument(r, problem, header, value != NULL ? value : "");
    return problem == NULL;
}

/* Each part is shown only where it has a checksum of its own, as S3 does; their number always is. */
static void append_parts(struct buf *b, const struct object *o, const struct attributes_request *a)
{
    uint64_t count = 0, last = 0;
    bool truncated = false;
    struct buf parts;
    buf_init(&parts, b->max);
    const bool shown = o->part_count > 0 && !object_part(o, 0)->checksum_unasked;
    for (size_t i = 0; i < o->part_count && shown; i++) {
        const struct object *part = object_part(o, i);
        if (part->part_number <= a->marker)
            continue;
        if (count == a->max_parts) {
            truncated = true;
            break;
        }
        count++;
        last = part->part_number;
        xml_open(&parts, "Part");
        xml_u64(&parts, "PartNumber", part->part_number);
        xml_u64(&parts, "Size", part->size);
        object_checksum_part_element(part, &parts);
        xml_close(&parts, "Part");
    }
    xml_open(b, "ObjectParts");
    xml_u64(b, "PartsCount", o->part_count);
    xml_u64(b, "PartNumberMarker", a->marker);
    xml_u64(b, "NextPartNumberMarker", last);
    xml_u64(b, "MaxParts", a->max_parts);
    xml_bool(b, "IsTruncated", truncated);
    buf_append(b, parts.data, parts.len);
    xml_close(b, "ObjectParts");
    buf_release(&parts);
}

static void append_attributes(struct buf *b, const struct object *o,
                              const struct attributes_request *a)
{
    char etag[OBJECT_ETAG_SIZE];
    size_t len;
    object_etag(o, etag);
    if (a->wanted[ATTRIBUTE_ETAG])
        xml_text(b, "ETag", etag + 1, strlen(etag) - 2); /* without its quotes, only here */
    if (a->wanted[CHECKSUM] && o->checksum_algorithm != CHECKSUM_NONE) {
        xml_open(b, "Checksum");
        object_checksum_elements(o, b);
        xml_close(b, "Checksum");
    }
    if (a->wanted[OBJECT_PARTS] && o->part_count > 0)
        append_parts(b, o, a);
    if (a->wanted[STORAGE_CLASS]) {
        const char *class = object_storage_class(o, &len);
        xml_text(b, "StorageClass", class, len);
    }
    if (a->wanted[OBJECT_SIZE])
        xml_u64(b, "ObjectSize", o->size);
}

void op_get_object_attributes(struct request *r)
{
    struct attributes_request a = {.max_parts = 0};
    const struct storage_where where = op_where(r);
    struct storage_version version = {.id = ""};
    struct object *object;
    if (!attributes_read(r, &a))
        return;
    const enum code code = storage_get(server_storage(r->server), &where, &object, &version);
    if (code != CODE_NONE) {
        op_read_failed(r, code, &version);
        return;
    }
    struct buf *headers = &r->reply.shown.headers;
    buf_append_str(headers, "Last-Modified: ");
    date_append_http(headers, object->modified_ms / 1000);
    buf_append_char(headers, '\n');
    op_version_headers(r, &version);
    reply_xml_begin(r, "GetObjectAttributesResponse");
    append_attributes(&r->reply.shown.body, object, &a);
    reply_xml_end(r, "GetObjectAttributesResponse");
    object_unref(object);
}
