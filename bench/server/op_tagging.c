/* SPDX-License-Identifier: MIT */
/* op_tagging - GetObjectTagging, PutObjectTagging and DeleteObjectTagging. */
#include "bench/server/body.h"
#include "bench/server/kept_headers.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "bench/server/tags.h"

void op_get_object_tagging(struct request *r)
{
    const struct storage_where where = op_where(r);
    struct storage_version version = {.id = ""};
    struct object *object;
    const enum code code = storage_get(server_storage(r->server), &where, &object, &version);
    if (code != CODE_NONE) {
        op_read_failed(r, code, &version);
        return;
    }
    size_t len = 0;
    const char *tags = object_header(object, TAGS_HEADER, &len);
    op_version_headers(r, &version);
    reply_xml_begin(r, "Tagging");
    tags_write_xml(tags != NULL ? tags : "", len, &r->reply.shown.body);
    reply_xml_end(r, "Tagging");
    object_unref(object);
}

/* An object is immutable: another one with the same bytes takes its place. */
static enum code set_tags(const struct request *r, const char *tags,
                          struct storage_version *version)
{
    const struct storage_where where = op_where(r);
    struct storage *store = server_storage(r->server);
    struct object *object;
    struct buf headers;
    enum code code = storage_get(store, &where, &object, version);
    if (code != CODE_NONE)
        return code;
    buf_init(&headers, KEPT_HEADERS_MAX);
    kept_headers_copy_but(object_headers(object), KEPT_TAGS, &headers);
    if (tags[0] != '\0')
        buf_printf(&headers, TAGS_HEADER ": %s\n", tags);
    struct object *tagged = object_with_headers(object, headers.data);
    code = CODE_INSUFFICIENT_STORAGE;
    if (headers.failed != STATUS_OK)
        object_unref(tagged);
    else if (tagged != NULL)
        code = storage_replace(store, &where, object, tagged);
    buf_release(&headers);
    object_unref(object);
    return code;
}

static void reply_tagged(struct request *r, const char *tags, int status)
{
    struct storage_version version = {.id = ""};
    const enum code code = set_tags(r, tags, &version);
    if (code != CODE_NONE) {
        op_read_failed(r, code, &version);
        return;
    }
    op_version_headers(r, &version);
    r->reply.shown.status = status;
}

void op_put_object_tagging(struct request *r)
{
    const struct chunk *body = r->body.chunk;
    struct body_digests digests;
    struct buf tags;
    buf_init(&tags, TAGS_TEXT_MAX);
    enum code code = body_verify(r, &digests);
    if (code == CODE_NONE)
        code = body == NULL ? CODE_MALFORMED_XML
                            : tags_from_xml((const char *)body->data, body->size, &tags);
    if (!reply_failed(r, code))
        reply_tagged(r, tags.data, 200);
    buf_release(&tags);
}

void op_delete_object_tagging(struct request *r)
{
    reply_tagged(r, "", 204);
}
