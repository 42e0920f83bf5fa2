/* SPDX-License-Identifier: MIT */
/* op_multipart - multipart uploads: create, part, part copy, complete, abort. */
#include <stdlib.h>
#include <string.h>

#include "bench/server/body.h"
#include "bench/server/kept_headers.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "bench/server/upload_claim.h"
#include "lib/base/units.h"
#include "lib/s3/xml.h"

void op_create_upload(struct request *r)
{
    char id[UPLOAD_ID_SIZE];
    struct upload_checksum checksum = UPLOAD_CHECKSUM_DEFAULT;
    struct buf headers;
    buf_init(&headers, KEPT_HEADERS_MAX);
    enum code code = kept_headers_collect(r, &headers);
    if (code == CODE_NONE)
        code = upload_claim_create(r, &checksum);
    if (code == CODE_NONE)
        code = storage_create_upload(server_storage(r->server), &r->where, headers.data, &checksum,
                                     request_now_ms(r), id);
    buf_release(&headers);
    if (reply_failed(r, code))
        return;
    struct buf *b = &r->reply.shown.body;
    if (checksum.declared) {
        reply_header(r, "x-amz-checksum-algorithm", checksum_info(checksum.algorithm)->name);
        reply_header(r, "x-amz-checksum-type", object_checksum_type(checksum.composite));
    }
    reply_xml_begin(r, "InitiateMultipartUploadResult");
    xml_str(b, "Bucket", r->where.bucket);
    xml_text(b, "Key", r->where.key, r->where.key_len);
    xml_str(b, "UploadId", id);
    reply_xml_end(r, "InitiateMultipartUploadResult");
}

bool op_part_number_is_bad(struct request *r)
{
    if (r->shown.part_number != 0)
        return false;
    reply_bad_argument(r, code_message(CODE_BAD_PART_NUMBER), "partNumber",
                       request_text(r, "partNumber"));
    return true;
}

void op_upload_part(struct request *r)
{
    struct object *part = NULL;
    char etag[OBJECT_ETAG_SIZE];
    if (op_part_number_is_bad(r))
        return;
    enum code code = op_take_body(r, NULL, &part);
    if (code == CODE_NONE) {
        object_etag(part, etag);
        code = storage_put_part(server_storage(r->server), &r->where, r->shown.upload_id,
                                r->shown.part_number, part);
    }
    if (reply_failed(r, code))
        return;
    reply_header(r, "ETag", etag);
    object_checksum_header(&r->body.claimed, 0, &r->reply.shown.headers);
}

#define CHECKSUM_ELEMENT "CompleteMultipartUpload/Part/Checksum"

/* The <CompleteMultipartUpload> document. */
struct completion {
    struct storage_part *parts;
    size_t count;
    struct storage_part next;
    bool has_number;
    bool has_bad_number;
};

static enum status completion_close(void *ctx, const char *path, const char *text, size_t len,
                                    struct error *err)
{
    struct completion *c = ctx;
    uint64_t number;
    if (strcmp(path, "CompleteMultipartUpload/Part/PartNumber") == 0) {
        c->has_number = true;
        if (uint_parse(text, 1, PART_NUMBER_MAX, &number, NULL) == STATUS_OK)
            c->next.number = (unsigned)number;
        else
            c->has_bad_number = true;
    } else if (strcmp(path, "CompleteMultipartUpload/Part/ETag") == 0) {
        const bool quoted = len > 1 && text[0] == '"' && text[len - 1] == '"';
        if (len >= sizeof c->next.etag - 2)
            len = 0; /* is no ETag of ours */
        snprintf(c->next.etag, sizeof c->next.etag, quoted ? "%.*s" : "\"%.*s\"", (int)len, text);
    } else if (strncmp(path, CHECKSUM_ELEMENT, strlen(CHECKSUM_ELEMENT)) == 0) {
        if (!upload_claim_part(strrchr(path, '/') + 1, text, &c->next.checksum))
            return error_set(err, STATUS_INVALID, "no checksum");
    } else if (strcmp(path, "CompleteMultipartUpload/Part") == 0) {
        if (c->count == PART_NUMBER_MAX || !c->has_number || c->next.etag[0] == '\0')
            return error_set(err, STATUS_INVALID, "too many parts, or one that is not named");
        c->has_number = false;
        c->parts[c->count++] = c->next;
        c->next = (struct storage_part){.number = 0};
    }
    return STATUS_OK;
}

static enum code completion_read(const struct request *r, struct completion *c)
{
    const struct xml_events events = {.close = completion_close};
    const struct chunk *body = r->body.chunk;
    if (body == NULL ||
        xml_parse(&events, c, (const char *)body->data, body->size, NULL) != STATUS_OK ||
        c->count == 0)
        return CODE_MALFORMED_XML;
    return c->has_bad_number ? CODE_BAD_PART_NUMBER : CODE_NONE;
}

static void reply_completed(struct request *r, const struct object *object)
{
    char etag[OBJECT_ETAG_SIZE];
    struct buf *b = &r->reply.shown.body;
    object_etag(object, etag);
    reply_xml_begin(r, "CompleteMultipartUploadResult");
    xml_open(b, "Location");
    buf_printf(b, "%s/%s/", s3_server_url(r->server), r->where.bucket);
    uri_encode(b, r->where.key, r->where.key_len, 1); /* leaves nothing that XML would escape */
    xml_close(b, "Location");
    xml_str(b, "Bucket", r->where.bucket);
    xml_text(b, "Key", r->where.key, r->where.key_len);
    xml_str(b, "ETag", etag);
    object_checksum_elements(object, b);
    reply_xml_end(r, "CompleteMultipartUploadResult");
}

void op_complete_upload(struct request *r)
{
    struct storage_completion completion = {.upload_id = r->shown.upload_id,
                                            .now_ms = request_now_ms(r)};
    struct storage_version version = {.id = ""};
    struct object *object = NULL;
    struct body_digests digests;
    uint64_t size;
    char refusal[STORAGE_REFUSAL_SIZE] = "";
    struct completion c = {.parts = calloc(PART_NUMBER_MAX, sizeof *c.parts)};
    enum code code =
        c.parts == NULL ? CODE_INTERNAL_ERROR : op_write_condition(r, &completion.condition);
    if (code == CODE_NONE)
        code = upload_claim_complete(r, &completion, &size);
    if (code == CODE_NONE)
        code = body_verify(r, &digests);
    if (code == CODE_NONE)
        code = completion_read(r, &c);
    completion.parts = c.parts;
    completion.count = c.count;
    if (code == CODE_NONE)
        code = storage_complete_upload(server_storage(r->server), &r->where, &completion, &object,
                                       &version, refusal);
    free(c.parts);
    if (refusal[0] != '\0')
        request_refuse(r, code, "%s", refusal);
    if (!reply_failed(r, code)) {
        op_made_headers(r, &version);
        reply_completed(r, object);
    }
    object_unref(object);
}

void op_abort_upload(struct request *r)
{
    if (!reply_failed(
            r, storage_abort_upload(server_storage(r->server), &r->where, r->shown.upload_id)))
        r->reply.shown.status = 204;
}
