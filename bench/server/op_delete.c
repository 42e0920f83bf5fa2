/* SPDX-License-Identifier: MIT */
/* op_delete - DeleteObjects: up to 1,000 keys of one XML document. */
#include <stdlib.h>
#include <string.h>

#include "bench/server/body.h"
#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/s3/xml.h"

#define KEYS_MAX 1000

/* Where its texts lie in the deletion's, each with a NUL; 0: there is none. */
struct deletion_item {
    size_t key, key_len;
    size_t version_id;
    size_t etag;
};

/* The <Delete> document. */
struct deletion {
    struct buf text; /* begins with a NUL, so that no text is at 0 */
    struct deletion_item items[KEYS_MAX];
    size_t count;
    struct deletion_item next; /* that is being read */
    bool quiet;
};

static size_t keep_text(struct deletion *d, const char *text, size_t len)
{
    const size_t at = d->text.len;
    buf_append(&d->text, text, len);
    buf_append_char(&d->text, '\0');
    return at;
}

static enum status deletion_close(void *ctx, const char *path, const char *text, size_t len,
                                  struct error *err)
{
    struct deletion *d = ctx;
    if (strcmp(path, "Delete/Quiet") == 0) {
        d->quiet = strcmp(text, "true") == 0;
    } else if (strcmp(path, "Delete/Object/Key") == 0) {
        if (len == 0 || d->next.key != 0)
            return error_set(err, STATUS_INVALID, "an empty key, or two");
        d->next.key = keep_text(d, text, len);
        d->next.key_len = len;
    } else if (strcmp(path, "Delete/Object/VersionId") == 0) {
        d->next.version_id = keep_text(d, text, len);
    } else if (strcmp(path, "Delete/Object/ETag") == 0) {
        d->next.etag = keep_text(d, text, len);
    } else if (strcmp(path, "Delete/Object") == 0) {
        if (d->next.key == 0 || d->count == KEYS_MAX)
            return error_set(err, STATUS_INVALID, "an object without a key, or too many");
        d->items[d->count++] = d->next;
        d->next = (struct deletion_item){.key = 0};
    }
    return buf_status(&d->text, "the keys", err);
}

static enum code deletion_read(const struct request *r, struct deletion *d)
{
    static const struct xml_events events = {.close = deletion_close};
    const struct chunk *body = r->body.chunk;
    buf_append_char(&d->text, '\0');
    if (body == NULL ||
        xml_parse(&events, d, (const char *)body->data, body->size, NULL) != STATUS_OK ||
        d->count == 0)
        return CODE_MALFORMED_XML;
    return CODE_NONE;
}

static void append_deleted(struct buf *b, const struct storage_where *where,
                           const struct storage_version *made)
{
    xml_open(b, "Deleted");
    xml_text(b, "Key", where->key, where->key_len);
    if (where->version_id != NULL)
        xml_str(b, "VersionId", where->version_id);
    if (made->is_marker) {
        xml_bool(b, "DeleteMarker", true);
        xml_str(b, "DeleteMarkerVersionId", made->id);
    }
    xml_close(b, "Deleted");
}

static void append_error(struct buf *b, const struct storage_where *where, enum code code)
{
    xml_open(b, "Error");
    xml_text(b, "Key", where->key, where->key_len);
    if (where->version_id != NULL)
        xml_str(b, "VersionId", where->version_id);
    xml_str(b, "Code", code_name(code));
    xml_str(b, "Message", code_message(code));
    xml_close(b, "Error");
}

static void deletion_apply_one(struct request *r, const struct deletion *d,
                               const struct deletion_item *item)
{
    const char *text = d->text.data;
    struct storage_version made = {.id = ""};
    struct storage_condition condition = {.if_match = NULL};
    const struct storage_where where = {.bucket = r->where.bucket,
                                        .key = text + item->key,
                                        .key_len = item->key_len,
                                        .version_id =
                                            item->version_id != 0 ? text + item->version_id : NULL};
    if (item->etag != 0 && server_quirks(r->server) == S3_QUIRKS_NONE)
        condition.if_match = text + item->etag;
    enum code code = CODE_KEY_TOO_LONG;
    if (where.key_len <= S3_KEY_MAX)
        code =
            storage_remove(server_storage(r->server), &where, &condition, request_now_ms(r), &made);
    /* Here, unlike in DeleteObject, a version that cannot be one is a version that is not there. */
    if (code == CODE_INVALID_VERSION)
        code = CODE_NO_SUCH_VERSION;
    if (code != CODE_NONE)
        append_error(&r->reply.shown.body, &where, code);
    else if (!d->quiet)
        append_deleted(&r->reply.shown.body, &where, &made);
}

void op_delete_objects(struct request *r)
{
    struct body_digests digests;
    struct deletion *d = calloc(1, sizeof *d);
    if (d == NULL) {
        reply_error(r, CODE_INTERNAL_ERROR, NULL);
        return;
    }
    buf_init(&d->text, XML_BODY_MAX);
    enum code code = storage_find_bucket(server_storage(r->server), r->where.bucket);
    if (code == CODE_NONE)
        code = body_verify(r, &digests);
    if (code == CODE_NONE)
        code = deletion_read(r, d);
    if (reply_failed(r, code)) {
        ;
    } else if (!body_has_digest(r)) { /* S3 does not take this document without one */
        reply_error(r, CODE_INVALID_REQUEST,
                    "Missing required header for this request: "
                    "Content-MD5 or x-amz-checksum-*");
    } else {
        reply_xml_begin(r, "DeleteResult");
        for (size_t i = 0; i < d->count; i++)
            deletion_apply_one(r, d, &d->items[i]);
        reply_xml_end(r, "DeleteResult");
    }
    buf_release(&d->text);
    free(d);
}
