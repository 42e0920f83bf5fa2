/* SPDX-License-Identifier: MIT */
/* reply - see reply.h. */
#include "bench/server/reply.h"

#include <inttypes.h>
#include <string.h>

#include "bench/server/server_private.h"
#include "lib/base/date.h"
#include "lib/s3/xml.h"

#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"
#define OWNER_ID  "7a1f0c6d35b24e8f9d20c4b86e5f3a917a1f0c6d35b24e8f9d20c4b86e5f3a91"

void reply_clear(struct request *r)
{
    buf_reset(&r->reply.shown.body);
    buf_reset(&r->reply.shown.headers);
    object_unref(r->reply.object);
    r->reply.object = NULL;
    r->reply.shown.status = 200;
}

void reply_header(struct request *r, const char *name, const char *value)
{
    struct buf *b = &r->reply.shown.headers;
    buf_append_str(b, name);
    buf_append(b, ": ", 2);
    buf_append_str(b, value);
    buf_append_char(b, '\n');
}

void reply_error(struct request *r, enum code code, const char *detail)
{
    reply_error_with(r, code, detail, NULL);
}

void reply_bad_argument(struct request *r, const char *message, const char *name, const char *value)
{
    const char *const elements[] = {"ArgumentName", name, "ArgumentValue", value, NULL};
    reply_error_with(r, CODE_INVALID_ARGUMENT, message, elements);
}

static void append_error(struct request *r, const char *code, const char *message,
                         const char *const *elements)
{
    struct buf *b = &r->reply.shown.body;
    char id[REQUEST_ID_SIZE];
    reply_header(r, "Content-Type", "application/xml");
    buf_append_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml_open(b, "Error");
    xml_str(b, "Code", code);
    xml_str(b, "Message", message);
    if (r->where.bucket != NULL && r->where.bucket[0] != '\0')
        xml_str(b, "BucketName", r->where.bucket);
    if (r->where.key != NULL && r->where.key_len > 0)
        xml_text(b, "Key", r->where.key, r->where.key_len);
    for (; elements != NULL && elements[0] != NULL; elements += 2)
        xml_str(b, elements[0], elements[1]);
    if (r->refused != CODE_NONE && r->evidence.failed == STATUS_OK)
        buf_append(b, r->evidence.data, r->evidence.len);
    request_id(r, id);
    xml_str(b, "RequestId", id);
    xml_str(b, "HostId", REPLY_HOST_ID);
    xml_close(b, "Error");
}

void reply_error_with(struct request *r, enum code code, const char *detail,
                      const char *const *elements)
{
    reply_clear(r);
    r->reply.shown.status = code_http_status(code);
    if (code == CODE_NOT_MODIFIED)
        return;
    append_error(r, code_name(code),
                 detail != NULL && detail[0] != '\0' ? detail : code_message(code), elements);
}

void reply_error_named(struct request *r, int status, const char *code, const char *message)
{
    reply_clear(r);
    r->reply.shown.status = status;
    if (message == NULL)
        message = code_message_of(code);
    append_error(r, code, message != NULL ? message : "A fault was asked for here.", NULL);
}

bool reply_failed(struct request *r, enum code code)
{
    if (code == CODE_NONE)
        return false;
    reply_error(r, code, r->refused_detail);
    return true;
}

void reply_xml_begin(struct request *r, const char *root)
{
    reply_header(r, "Content-Type", "application/xml");
    buf_append_str(&r->reply.shown.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buf_printf(&r->reply.shown.body, "<%s xmlns=\"" NAMESPACE "\">", root);
}

void reply_xml_end(struct request *r, const char *root)
{
    xml_close(&r->reply.shown.body, root);
    if (r->reply.shown.body.failed != STATUS_OK)
        reply_error(r, CODE_INTERNAL_ERROR, NULL);
}

void xml_open(struct buf *b, const char *name)
{
    buf_append_char(b, '<');
    buf_append_str(b, name);
    buf_append_char(b, '>');
}

void xml_close(struct buf *b, const char *name)
{
    buf_append(b, "</", 2);
    buf_append_str(b, name);
    buf_append_char(b, '>');
}

void xml_text(struct buf *b, const char *name, const char *text, size_t len)
{
    xml_open(b, name);
    xml_escape(b, text, len);
    xml_close(b, name);
}

void xml_str(struct buf *b, const char *name, const char *text)
{
    xml_text(b, name, text, strlen(text));
}

void xml_u64(struct buf *b, const char *name, uint64_t value)
{
    xml_open(b, name);
    buf_printf(b, "%" PRIu64, value);
    xml_close(b, name);
}

void xml_bool(struct buf *b, const char *name, bool value)
{
    xml_str(b, name, value ? "true" : "false");
}

void xml_time(struct buf *b, const char *name, int64_t unix_ms)
{
    xml_open(b, name);
    date_append_iso8601(b, unix_ms / 1000);
    xml_close(b, name);
}

static void append_owner(struct buf *b, const char *name)
{
    xml_str(b, "ID", OWNER_ID);
    xml_str(b, "DisplayName", "s3-bench");
    xml_close(b, name);
}

void xml_owner(struct buf *b, const char *name)
{
    xml_open(b, name);
    append_owner(b, name);
}

void xml_typed_owner(struct buf *b, const char *name)
{
    buf_printf(b,
               "<%s xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
               "xsi:type=\"CanonicalUser\">",
               name);
    append_owner(b, name);
}
