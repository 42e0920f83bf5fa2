/* SPDX-License-Identifier: MIT */
/* kept_headers - see kept_headers.h. */
#include "bench/server/kept_headers.h"

#include <string.h>
#include <strings.h>

#include "bench/server/object_checksum.h"
#include "bench/server/reply.h"
#include "bench/server/tags.h"

#define META_PREFIX      "x-amz-meta-"
#define CLASS_HEADER     "x-amz-storage-class"
#define REDIRECT_HEADER  "x-amz-website-redirect-location"
#define ENCRYPTION       "x-amz-server-side-encryption"
#define CUSTOMER_KEY     "x-amz-server-side-encryption-customer-"
#define TRANSFER_CODING  "aws-chunked"
#define KEPT_COUNT(list) (sizeof(list) / sizeof *(list))

/* How S3 spells them, whatever the client did, and the parameter that replaces each in a reply. */
static const struct kept {
    const char *name;
    const char *override;
} kept[] = {
    {"Cache-Control", "response-cache-control"},
    {"Content-Disposition", "response-content-disposition"},
    {"Content-Encoding", "response-content-encoding"},
    {"Content-Language", "response-content-language"},
    {"Content-Type", "response-content-type"},
    {"Expires", "response-expires"},
};

static const char *const storage_classes[] = {
    "STANDARD", "REDUCED_REDUNDANCY",  "STANDARD_IA", "ONEZONE_IA",
    "GLACIER",  "INTELLIGENT_TIERING", "GLACIER_IR",  "DEEP_ARCHIVE",
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static void append_line(struct buf *out, const char *name, const char *value)
{
    buf_append_str(out, name);
    buf_append(out, ": ", 2);
    buf_append_str(out, value);
    buf_append_char(out, '\n');
}

/* Collecting */

/* aws-chunked is about the transfer: what remains of the list is the object's. */
static void append_encodings(struct buf *out, const char *name, const char *list)
{
    const char *separator = strstr(list, ", ") != NULL ? ", " : ","; /* as the client wrote it */
    bool any = false;
    for (const char *p = list; *p != '\0';) {
        p += strspn(p, " \t,");
        size_t len = strcspn(p, ",");
        const char *next = p + len;
        while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
            len--;
        if (len > 0 &&
            (len != strlen(TRANSFER_CODING) || strncasecmp(p, TRANSFER_CODING, len) != 0)) {
            buf_append_str(out, any ? "" : name);
            buf_append_str(out, any ? separator : ": ");
            buf_append(out, p, len);
            any = true;
        }
        p = next;
    }
    if (any)
        buf_append_char(out, '\n');
}

static void append_known(const struct sigv4_pair *header, struct buf *out)
{
    for (size_t i = 0; i < KEPT_COUNT(kept); i++) {
        if (strcasecmp(kept[i].name, header->name) != 0 || header->value[0] == '\0')
            continue;
        if (strcmp(kept[i].name, "Content-Encoding") == 0)
            append_encodings(out, kept[i].name, header->value);
        else
            append_line(out, kept[i].name, header->value);
    }
}

/* In lower case, and with the values of all headers of that name, as S3 gives it back. */
static void append_meta(const struct request *r, size_t index, struct buf *out)
{
    const char *name = r->headers[index].name;
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return; /* it came with the first */
    for (const char *p = name; *p != '\0'; p++)
        buf_append_char(out, *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p);
    buf_append_str(out, ": ");
    buf_append_str(out, r->headers[index].value);
    for (size_t i = index + 1; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            buf_printf(out, ",%s", r->headers[i].value);
    buf_append_char(out, '\n');
}

enum code kept_headers_metadata(const struct request *r, struct buf *out)
{
    size_t meta_bytes = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct sigv4_pair *h = &r->headers[i];
        if (starts_with(h->name, META_PREFIX)) {
            meta_bytes += strlen(h->name) - strlen(META_PREFIX) + strlen(h->value);
            append_meta(r, i, out);
        } else {
            append_known(h, out);
        }
    }
    if (meta_bytes > USER_METADATA_MAX)
        return CODE_METADATA_TOO_LARGE;
    return out->failed == STATUS_OK ? CODE_NONE : CODE_REQUEST_HEADER_TOO_LARGE;
}

static enum code append_class(const struct request *r, struct buf *out)
{
    const char *class = request_header(r, CLASS_HEADER);
    if (class == NULL || strcmp(class, "STANDARD") == 0)
        return CODE_NONE; /* the default is not sent */
    for (size_t i = 0; i < KEPT_COUNT(storage_classes); i++) {
        if (strcmp(storage_classes[i], class) != 0)
            continue;
        append_line(out, CLASS_HEADER, class);
        return CODE_NONE;
    }
    return CODE_INVALID_STORAGE_CLASS;
}

/* Without keys there is only the encryption that needs none of the client. */
static enum code append_encryption(const struct request *r, struct buf *out)
{
    const char *algorithm = request_header(r, ENCRYPTION);
    for (size_t i = 0; i < r->header_count; i++)
        if (starts_with(r->headers[i].name, CUSTOMER_KEY))
            return CODE_NOT_IMPLEMENTED;
    if (algorithm == NULL)
        return CODE_NONE;
    if (starts_with(algorithm, "aws:kms"))
        return CODE_NOT_IMPLEMENTED;
    if (strcmp(algorithm, "AES256") != 0)
        return CODE_INVALID_ARGUMENT;
    append_line(out, ENCRYPTION, algorithm);
    return CODE_NONE;
}

/* Access lists are off, as in every bucket that S3 makes today: only those that change nothing. */
static enum code check_acl(const struct request *r)
{
    const char *acl = request_header(r, "x-amz-acl");
    for (size_t i = 0; i < r->header_count; i++)
        if (starts_with(r->headers[i].name, "x-amz-grant-"))
            return CODE_ACCESS_CONTROL_LIST_NOT_SUPPORTED;
    if (acl == NULL || strcmp(acl, "private") == 0 || strcmp(acl, "bucket-owner-full-control") == 0)
        return CODE_NONE;
    return CODE_ACCESS_CONTROL_LIST_NOT_SUPPORTED;
}

enum code kept_headers_placement(const struct request *r, struct buf *out)
{
    const char *redirect = request_header(r, REDIRECT_HEADER);
    if (redirect != NULL)
        append_line(out, REDIRECT_HEADER, redirect);
    if (request_header(r, "x-amz-object-lock-mode") != NULL ||
        request_header(r, "x-amz-object-lock-legal-hold") != NULL)
        return CODE_NO_OBJECT_LOCK;
    enum code code = check_acl(r);
    if (code == CODE_NONE)
        code = append_class(r, out);
    if (code == CODE_NONE)
        code = append_encryption(r, out);
    return code;
}

enum code kept_headers_tags(const struct request *r, struct buf *out)
{
    const char *header = request_header(r, TAGS_HEADER);
    struct buf tags;
    if (header == NULL || header[0] == '\0')
        return CODE_NONE;
    buf_init(&tags, TAGS_TEXT_MAX);
    const enum code code = tags_from_header(header, &tags);
    if (code == CODE_NONE && tags.len > 0)
        append_line(out, TAGS_HEADER, tags.data);
    buf_release(&tags);
    return code;
}

enum code kept_headers_collect(const struct request *r, struct buf *out)
{
    enum code code = kept_headers_metadata(r, out);
    if (code == CODE_NONE)
        code = kept_headers_placement(r, out);
    if (code == CODE_NONE)
        code = kept_headers_tags(r, out);
    if (code == CODE_NONE && out->failed != STATUS_OK)
        code = CODE_REQUEST_HEADER_TOO_LARGE;
    return code;
}

/* Lines */

static enum kept_piece piece_of(const char *line, bool *placed)
{
    *placed = starts_with(line, CLASS_HEADER ":") || starts_with(line, REDIRECT_HEADER ":") ||
              starts_with(line, ENCRYPTION);
    return starts_with(line, TAGS_HEADER ":") ? KEPT_TAGS : KEPT_METADATA;
}

static const char *line_end(const char *line)
{
    const char *newline = strchr(line, '\n');
    return newline != NULL ? newline + 1 : line + strlen(line);
}

void kept_headers_copy(const char *lines, enum kept_piece piece, struct buf *out)
{
    for (const char *p = lines, *end; *p != '\0'; p = end) {
        bool placed;
        end = line_end(p);
        if (piece_of(p, &placed) == piece && !placed)
            buf_append(out, p, (size_t)(end - p));
    }
}

void kept_headers_copy_but(const char *lines, enum kept_piece piece, struct buf *out)
{
    for (const char *p = lines, *end; *p != '\0'; p = end) {
        bool placed;
        end = line_end(p);
        if (piece_of(p, &placed) != piece)
            buf_append(out, p, (size_t)(end - p));
    }
}

/* The override of a stored line, or NULL. */
static const char *override_of(const struct request *r, const char *line)
{
    for (size_t i = 0; i < KEPT_COUNT(kept); i++) {
        const size_t len = strlen(kept[i].name);
        if (strncasecmp(line, kept[i].name, len) == 0 && line[len] == ':')
            return request_param(r, kept[i].override);
    }
    return NULL;
}

bool kept_headers_overridden(const struct request *r, bool *good)
{
    bool any = false;
    *good = true;
    for (size_t i = 0; i < KEPT_COUNT(kept); i++) {
        const char *value = request_param(r, kept[i].override);
        for (const char *p = value; p != NULL && *p != '\0'; p++)
            *good = *good && (unsigned char)*p >= ' ' && *p != 0x7f;
        any = any || value != NULL;
    }
    return any;
}

void kept_headers_reply(struct request *r, const struct object *o)
{
    struct buf *out = &r->reply.shown.headers;
    bool typed = request_param(r, "response-content-type") != NULL;
    for (const char *p = object_headers(o), *end; *p != '\0'; p = end) {
        bool placed;
        const enum kept_piece piece = piece_of(p, &placed);
        end = line_end(p);
        typed = typed || starts_with(p, "Content-Type:");
        if (piece != KEPT_TAGS && override_of(r, p) == NULL)
            buf_append(out, p, (size_t)(end - p));
    }
    for (size_t i = 0; i < KEPT_COUNT(kept); i++)
        if (request_param(r, kept[i].override) != NULL)
            append_line(out, kept[i].name, request_param(r, kept[i].override));
    if (!typed)
        append_line(out, "Content-Type", "binary/octet-stream");
    size_t len;
    const char *tags = object_header(o, TAGS_HEADER, &len);
    if (tags != NULL)
        buf_printf(out, "x-amz-tagging-count: %zu\n", tags_count(tags, len));
}
