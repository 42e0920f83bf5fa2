/* SPDX-License-Identifier: MIT */
/* op_copy - CopyObject and UploadPartCopy: where the bytes come from, and on which conditions. */
#include <inttypes.h>
#include <string.h>

#include "bench/server/kept_headers.h"
#include "bench/server/ops.h"
#include "bench/server/range.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "bench/server/upload_claim.h"
#include "lib/base/date.h"

#define COPY_MAX_BYTES (UINT64_C(5) << 30)

static const char too_large[] =
    "The specified copy source is larger than the maximum allowable size for a copy source: "
    "5368709120";

struct copy {
    struct buf text; /* the decoded header */
    struct storage_where from;
    struct object *source;
    struct storage_version version; /* of the source */
};

/* "/bucket/key" or "bucket/key", URI-encoded, "?versionId=" after it. */
static enum code source_parse(const char *header, struct copy *c)
{
    static const char version_param[] = "?versionId=";
    if (*header == '/')
        header++;
    const char *version = strstr(header, version_param);
    const size_t len = version != NULL ? (size_t)(version - header) : strlen(header);
    /* "+" is a space, as in a query: clients that encode with a form's rules rely on it. */
    if (uri_decode(&c->text, header, len, 1, NULL) != STATUS_OK)
        return CODE_INVALID_ARGUMENT;
    const size_t key_end = c->text.len;
    buf_append_char(&c->text, '\0');
    if (version != NULL)
        buf_append_str(&c->text, version + strlen(version_param));
    if (c->text.failed != STATUS_OK)
        return CODE_INVALID_ARGUMENT;
    char *slash = strchr(c->text.data, '/');
    if (slash == NULL || slash == c->text.data || slash[1] == '\0')
        return CODE_INVALID_ARGUMENT;
    *slash = '\0';
    c->from =
        (struct storage_where){.bucket = c->text.data,
                               .key = slash + 1,
                               .key_len = key_end - (size_t)(slash + 1 - c->text.data),
                               .version_id = version != NULL ? c->text.data + key_end + 1 : NULL};
    return c->from.key_len > S3_KEY_MAX ? CODE_KEY_TOO_LONG : CODE_NONE;
}

/* Of If-Match and If-Unmodified-Since the former decides, and so with their opposites. */
static bool conditions_hold(const struct request *r, const struct object *source)
{
    const char *if_match = request_header(r, "x-amz-copy-source-if-match");
    const char *if_none_match = request_header(r, "x-amz-copy-source-if-none-match");
    const char *unmodified = request_header(r, "x-amz-copy-source-if-unmodified-since");
    const char *modified = request_header(r, "x-amz-copy-source-if-modified-since");
    const int64_t modified_s = source->modified_ms / 1000;
    char etag[OBJECT_ETAG_SIZE];
    int64_t then_s;
    object_etag(source, etag);
    if (if_match != NULL) {
        if (!etag_list_has(if_match, etag))
            return false;
    } else if (unmodified != NULL && date_parse_http(unmodified, &then_s, NULL) == STATUS_OK &&
               modified_s > then_s) {
        return false;
    }
    if (if_none_match != NULL)
        return !etag_list_has(if_none_match, etag);
    return modified == NULL || date_parse_http(modified, &then_s, NULL) != STATUS_OK ||
           modified_s > then_s;
}

static void copy_release(struct copy *c)
{
    object_unref(c->source);
    buf_release(&c->text);
}

/* False: it has replied. copy_release is due either way. */
static bool copy_open(struct request *r, struct copy *c)
{
    const char *header = request_header(r, "x-amz-copy-source");
    *c = (struct copy){.source = NULL};
    buf_init(&c->text, REQUEST_TARGET_MAX);
    enum code code = source_parse(header, c);
    if (code == CODE_INVALID_ARGUMENT) {
        reply_bad_argument(r,
                           "Copy Source must mention the source bucket and key: "
                           "sourcebucket/sourcekey",
                           "x-amz-copy-source", header);
        return false;
    }
    if (code == CODE_NONE)
        code = storage_get(server_storage(r->server), &c->from, &c->source, &c->version);
    if (code == CODE_METHOD_NOT_ALLOWED) {
        reply_error(r, CODE_INVALID_REQUEST,
                    "The source of a copy request may not specifically refer to a delete marker by "
                    "version id.");
        return false;
    }
    if (code == CODE_NONE && op_is_archived(c->source))
        code = CODE_OBJECT_NOT_IN_ACTIVE_TIER;
    if (code == CODE_NONE && !conditions_hold(r, c->source))
        code = CODE_PRECONDITION_FAILED;
    return !reply_failed(r, code);
}

static void reply_copied(struct request *r, const char *root, const struct copy *c,
                         const struct object *made, const char *etag)
{
    const bool is_part = r->operation == OP_UPLOAD_PART_COPY;
    struct buf *b = &r->reply.shown.body;
    if (c->version.id[0] != '\0')
        reply_header(r, "x-amz-copy-source-version-id", c->version.id);
    reply_xml_begin(r, root);
    xml_time(b, "LastModified", made->modified_ms);
    xml_str(b, "ETag", etag);
    if (is_part)
        object_checksum_part_element(made, b);
    else
        object_checksum_elements(made, b);
    reply_xml_end(r, root);
}

/* CopyObject */

/* COPY, which is the default, or REPLACE. */
static bool directive_read(const struct request *r, const char *header, bool *replace)
{
    const char *value = request_header(r, header);
    *replace = value != NULL && strcmp(value, "REPLACE") == 0;
    return value == NULL || *replace || strcmp(value, "COPY") == 0;
}

static enum code copied_headers(const struct request *r, const struct copy *c,
                                bool replace_metadata, bool replace_tags, struct buf *out)
{
    enum code code = CODE_NONE;
    const char *lines = object_headers(c->source);
    if (replace_metadata)
        code = kept_headers_metadata(r, out);
    else
        kept_headers_copy(lines, KEPT_METADATA, out);
    if (code == CODE_NONE)
        code = kept_headers_placement(r, out);
    if (code == CODE_NONE && replace_tags)
        code = kept_headers_tags(r, out);
    else
        kept_headers_copy(lines, KEPT_TAGS, out);
    if (code == CODE_NONE && out->failed != STATUS_OK)
        code = CODE_REQUEST_HEADER_TOO_LARGE;
    return code;
}

/* A copy onto itself must change something, or name an old version. */
static bool changes_nothing(const struct request *r, const struct copy *c, bool replace_metadata)
{
    return !replace_metadata && c->from.version_id == NULL &&
           strcmp(c->from.bucket, r->where.bucket) == 0 && c->from.key_len == r->where.key_len &&
           memcmp(c->from.key, r->where.key, r->where.key_len) == 0 &&
           request_header(r, "x-amz-storage-class") == NULL &&
           request_header(r, "x-amz-website-redirect-location") == NULL &&
           request_header(r, "x-amz-server-side-encryption") == NULL;
}

/* False: it has replied. */
static bool copy_check(struct request *r, const struct copy *c, bool *replace_metadata,
                       bool *replace_tags)
{
    if (!directive_read(r, "x-amz-metadata-directive", replace_metadata)) {
        reply_bad_argument(r, "Unknown metadata directive.", "x-amz-metadata-directive",
                           request_header(r, "x-amz-metadata-directive"));
        return false;
    }
    if (!directive_read(r, "x-amz-tagging-directive", replace_tags)) {
        reply_bad_argument(r, "Unknown tagging directive.", "x-amz-tagging-directive",
                           request_header(r, "x-amz-tagging-directive"));
        return false;
    }
    const char *problem = NULL;
    if (c->source->size > COPY_MAX_BYTES)
        problem = too_large;
    else if (changes_nothing(r, c, *replace_metadata))
        problem = "This copy request is illegal because it is trying to copy an object to itself "
                  "without changing the object's metadata, storage class, website redirect "
                  "location or encryption attributes.";
    if (problem != NULL)
        reply_error(r, CODE_INVALID_REQUEST, problem);
    return problem == NULL;
}

static void copy_apply(struct request *r, const struct copy *c, const char *headers)
{
    struct object_piece all = {.source = c->source, .len = c->source->size};
    struct storage_condition condition;
    struct storage_version version = {.id = ""};
    char etag[OBJECT_ETAG_SIZE];
    if (reply_failed(r, op_write_condition(r, &condition)) ||
        reply_failed(r, upload_claim_copy(r, c->source, &all.algorithm)))
        return;
    struct object *made = object_cut(&all, headers, request_now_ms(r));
    if (made == NULL) {
        reply_error(r, CODE_INSUFFICIENT_STORAGE, NULL);
        return;
    }
    object_etag(made, etag);
    const enum code code =
        storage_put(server_storage(r->server), &r->where, object_ref(made), &condition, &version);
    if (!reply_failed(r, code)) {
        op_made_headers(r, &version);
        reply_copied(r, "CopyObjectResult", c, made, etag);
    }
    object_unref(made);
}

void op_copy_object(struct request *r)
{
    struct copy c;
    bool replace_metadata, replace_tags;
    if (copy_open(r, &c) && copy_check(r, &c, &replace_metadata, &replace_tags)) {
        struct buf headers;
        buf_init(&headers, KEPT_HEADERS_MAX);
        if (!reply_failed(r, copied_headers(r, &c, replace_metadata, replace_tags, &headers)))
            copy_apply(r, &c, headers.data);
        buf_release(&headers);
    }
    copy_release(&c);
}

/* UploadPartCopy */

/* Unlike a GET's, the range must be one and lie within the source. False: it has replied. */
static bool part_range(struct request *r, const struct object *source, struct range *range)
{
    const char *text = request_header(r, "x-amz-copy-source-range");
    struct range wider;
    char problem[96];
    *range = (struct range){.offset = 0, .len = source->size};
    if (text == NULL) {
        if (source->size <= COPY_MAX_BYTES)
            return true;
        reply_error(r, CODE_INVALID_REQUEST, too_large);
        return false;
    }
    if (strncmp(text, "bytes=-", 7) == 0 || range_parse(text, UINT64_MAX, &wider) != RANGE_PART ||
        text[strlen(text) - 1] == '-') {
        reply_bad_argument(r,
                           "The x-amz-copy-source-range value must be of the form "
                           "bytes=first-last where first and last are the zero-based offsets of "
                           "the first and last bytes to copy",
                           "x-amz-copy-source-range", text);
        return false;
    }
    if (range_parse(text, source->size, range) == RANGE_PART && range->len == wider.len)
        return true;
    snprintf(problem, sizeof problem,
             "Range specified is not valid for source object of size: %" PRIu64, source->size);
    reply_bad_argument(r, problem, "x-amz-copy-source-range", text);
    return false;
}

static void part_copy_apply(struct request *r, const struct copy *c)
{
    struct range range;
    char etag[OBJECT_ETAG_SIZE];
    if (!part_range(r, c->source, &range))
        return;
    struct upload_checksum kind = UPLOAD_CHECKSUM_DEFAULT;
    /* A wrong upload is found out when the part is put into it. */
    (void)storage_upload_checksum(server_storage(r->server), &r->where, r->shown.upload_id, &kind);
    if (kind.declared && server_quirks(r->server) == S3_QUIRKS_MINIO)
        kind.algorithm = CHECKSUM_NONE;
    const struct object_piece piece = {.source = c->source,
                                       .offset = range.offset,
                                       .len = range.len,
                                       .algorithm = kind.algorithm,
                                       .unasked = !kind.declared};
    struct object *part = object_cut(&piece, NULL, request_now_ms(r));
    if (part == NULL) {
        reply_error(r, CODE_INSUFFICIENT_STORAGE, NULL);
        return;
    }
    object_etag(part, etag);
    if (!reply_failed(r, storage_put_part(server_storage(r->server), &r->where, r->shown.upload_id,
                                          r->shown.part_number, object_ref(part))))
        reply_copied(r, "CopyPartResult", c, part, etag);
    object_unref(part);
}

void op_upload_part_copy(struct request *r)
{
    struct copy c;
    if (op_part_number_is_bad(r))
        return;
    if (copy_open(r, &c))
        part_copy_apply(r, &c);
    copy_release(&c);
}
