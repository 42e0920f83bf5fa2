/* SPDX-License-Identifier: MIT */
/* op_object - PUT and DELETE of objects. Reads are in op_read.c, copies in op_copy.c. */
#include <string.h>

#include "bench/server/body.h"
#include "bench/server/kept_headers.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

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
    struct body_digests digests;
    const enum code code = body_verify(r, &digests);
    if (code != CODE_NONE)
        return code;
    if (r->body.chunk == NULL)
        r->body.chunk = chunk_new(storage_meter(server_storage(r->server)), 0);
    if (r->body.chunk == NULL)
        return CODE_INSUFFICIENT_STORAGE;
    struct object *object =
        object_new(r->body.chunk, digests.md5, &digests.checksum, headers, request_now_ms(r));
    r->body.chunk = NULL;
    if (object == NULL)
        return CODE_INSUFFICIENT_STORAGE;
    *out = object;
    return CODE_NONE;
}

static void reply_put(struct request *r, const char *etag, const struct storage_version *version,
                      const struct buf *checksum_lines)
{
    reply_header(r, "ETag", etag);
    op_made_headers(r, version);
    if (request_header(r, "x-amz-server-side-encryption") != NULL)
        reply_header(r, "x-amz-server-side-encryption", "AES256");
    buf_append(&r->reply.shown.headers, checksum_lines->data, checksum_lines->len);
}

void op_put_object(struct request *r)
{
    struct storage_condition condition;
    struct storage_version version = {.id = ""};
    struct object *object = NULL;
    struct buf *headers = &r->kept;
    char etag[OBJECT_ETAG_SIZE];
    enum code code = op_write_condition(r, &condition);
    if (code == CODE_NONE)
        code = kept_headers_collect(r, headers);
    if (code == CODE_NONE)
        code = op_take_body(r, headers->data, &object);
    if (code == CODE_NONE) {
        object_etag(object, etag);
        buf_reset(headers);
        object_checksum_headers(object, headers);
        code = storage_put(server_storage(r->server), &r->where, object, &condition, &version);
    }
    if (!reply_failed(r, code))
        reply_put(r, etag, &version, headers);
}

void op_delete_object(struct request *r)
{
    const enum s3_server_quirks quirks = server_quirks(r->server);
    struct storage_condition condition = {.if_match = request_header(r, "if-match")};
    struct storage_version version = {.id = ""};
    const struct storage_where where = op_where(r);
    if (quirks == S3_QUIRKS_MINIO)
        condition.if_match = NULL;
    enum code code =
        storage_remove(server_storage(r->server), &where, &condition, request_now_ms(r), &version);
    if (quirks == S3_QUIRKS_VERSITYGW && code == CODE_NO_SUCH_KEY)
        code = CODE_NONE;
    if (reply_failed(r, code))
        return;
    r->reply.shown.status = 204;
    op_version_headers(r, &version);
}
