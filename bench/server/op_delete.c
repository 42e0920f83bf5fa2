/* SPDX-License-Identifier: MIT */
/* op_delete - DeleteObjects: up to 1,000 keys of one XML document. */
#include <stdlib.h>
#include <string.h>

#include "bench/server/checksum.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/s3/xml.h"

#define KEYS_MAX 1000

/* The <Delete> document; keys lie in `text`, each with a NUL. */
struct deletion {
    struct buf text;
    size_t lengths[KEYS_MAX];
    size_t count;
    bool has_key; /* of the object that is being read */
    bool quiet;
};

static enum status deletion_close(void *ctx, const char *path, const char *text, size_t len,
                                  struct error *err)
{
    struct deletion *d = ctx;
    if (strcmp(path, "Delete/Quiet") == 0) {
        d->quiet = strcmp(text, "true") == 0;
    } else if (strcmp(path, "Delete/Object/Key") == 0) {
        if (d->count == KEYS_MAX || len == 0 || d->has_key)
            return error_set(err, STATUS_LIMIT, "too many keys, or an empty one");
        d->lengths[d->count++] = len;
        d->has_key = true;
        buf_append(&d->text, text, len);
        buf_append_char(&d->text, '\0');
    } else if (strcmp(path, "Delete/Object") == 0) {
        if (!d->has_key)
            return error_set(err, STATUS_INVALID, "an object without a key");
        d->has_key = false;
    }
    return buf_status(&d->text, "the keys", err);
}

static enum code deletion_read(const struct request *r, struct deletion *d)
{
    const struct xml_events events = {.close = deletion_close};
    const struct chunk *body = r->body.chunk;
    if (body == NULL ||
        xml_parse(&events, d, (const char *)body->data, body->size, NULL) != STATUS_OK ||
        d->count == 0)
        return CODE_MALFORMED_XML;
    return CODE_NONE;
}

static void append_result(struct buf *b, const struct storage_where *where, enum code code,
                          bool quiet)
{
    if (code == CODE_NONE && quiet)
        return;
    const char *element = code == CODE_NONE ? "Deleted" : "Error";
    xml_open(b, element);
    xml_text(b, "Key", where->key, where->key_len);
    if (code != CODE_NONE) {
        xml_str(b, "Code", code_name(code));
        xml_str(b, "Message", code_message(code));
    }
    xml_close(b, element);
}

static void deletion_apply(struct request *r, const struct deletion *d)
{
    struct storage *store = server_storage(r->server);
    struct storage_where where = {.bucket = r->where.bucket, .key = d->text.data};
    reply_xml_begin(r, "DeleteResult");
    for (size_t i = 0; i < d->count; i++) {
        where.key_len = d->lengths[i];
        const enum code code =
            where.key_len > S3_KEY_MAX ? CODE_KEY_TOO_LONG : storage_remove(store, &where, NULL);
        append_result(&r->reply.shown.body, &where, code, d->quiet);
        where.key += where.key_len + 1;
    }
    reply_xml_end(r, "DeleteResult");
}

/* S3 does not take this document without a digest of it. */
static bool has_digest(const struct request *r)
{
    return request_header(r, "content-md5") != NULL ||
           request_header(r, "x-amz-checksum-crc32") != NULL ||
           request_header(r, "x-amz-checksum-crc32c") != NULL ||
           request_header(r, "x-amz-checksum-sha256") != NULL;
}

void op_delete_objects(struct request *r)
{
    uint8_t md5[MD5_SIZE];
    struct deletion *d = calloc(1, sizeof *d);
    if (d == NULL) {
        reply_error(r, CODE_INTERNAL_ERROR, NULL);
        return;
    }
    buf_init(&d->text, XML_BODY_MAX);
    enum code code = storage_find_bucket(server_storage(r->server), r->where.bucket);
    if (code == CODE_NONE)
        code = checksum_verify(r, md5);
    if (code == CODE_NONE)
        code = deletion_read(r, d);
    if (code != CODE_NONE)
        reply_error(r, code, NULL);
    else if (!has_digest(r))
        reply_error(r, CODE_INVALID_REQUEST,
                    "Missing required header for this request: "
                    "Content-MD5 or x-amz-checksum-*");
    else
        deletion_apply(r, d);
    buf_release(&d->text);
    free(d);
}
