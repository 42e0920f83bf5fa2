/* SPDX-License-Identifier: MIT */
/* multipart - uploads in parts. */
#include "lib/s3/multipart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/s3/write.h"
#include "lib/s3/xml.h"

#define COMPLETE_BODY_MAX (S3_PARTS_MAX * 256)

/* ---- replies that hold one value ---- */

struct wanted {
    const char *path;
    char *out;
    size_t room;
    bool found;
};

static enum status on_close(void *ctx, const char *path, const char *text, size_t len,
                            struct error *err)
{
    struct wanted *w = ctx;
    if (strcmp(path, w->path) != 0)
        return STATUS_OK;
    if (len == 0 || len >= w->room)
        return error_set(err, STATUS_PROTOCOL, "the reply's %s has %zu bytes", path, len);
    memcpy(w->out, text, len + 1);
    w->found = true;
    return STATUS_OK;
}

/* The text of the one element at `path` of a reply; `out` is only valid on success. */
static enum status read_value(const struct s3_reply *reply, const char *path, char *out,
                              size_t room, struct error *err)
{
    static const struct xml_events events = {.close = on_close};
    struct wanted wanted = {.path = path, .out = out, .room = room};
    enum status status = xml_parse(&events, &wanted, reply->body, reply->body_size, err);
    if (status == STATUS_OK && !wanted.found)
        status = error_set(err, STATUS_PROTOCOL, "the reply to %s has no %s", s3_op_name(reply->op),
                           path);
    return status;
}

enum status s3_upload_created(const struct s3_reply *reply, struct s3_upload *upload,
                              struct error *err)
{
    char id[S3_UPLOAD_ID_MAX + 1];
    enum status status =
        read_value(reply, "InitiateMultipartUploadResult/UploadId", id, sizeof id, err);
    if (status == STATUS_OK)
        memcpy(upload->id, id, sizeof id);
    return status;
}

static enum status read_etag(const struct s3_reply *reply, const char *path, char etag[S3_ETAG_MAX],
                             struct error *err)
{
    char text[S3_ETAG_MAX];
    enum status status = read_value(reply, path, text, sizeof text, err);
    if (status == STATUS_OK)
        memcpy(etag, text, sizeof text);
    return status;
}

enum status s3_part_copied(const struct s3_reply *reply, char etag[S3_ETAG_MAX], struct error *err)
{
    return read_etag(reply, "CopyPartResult/ETag", etag, err);
}

enum status s3_upload_completed(const struct s3_reply *reply, char etag[S3_ETAG_MAX],
                                struct error *err)
{
    return read_etag(reply, "CompleteMultipartUploadResult/ETag", etag, err);
}

/* ---- requests ---- */

enum status s3_upload_create(struct s3_client *c, const struct s3_write *write, s3_done_fn *done,
                             void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status =
        s3_request_new(c, S3_CREATE_MULTIPART_UPLOAD, write->bucket, write->key, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_request_query(rq, "uploads", NULL);
    s3_write_headers(rq, write);
    return s3_request_send(rq, done, ctx, err);
}

static enum status upload_request(struct s3_client *c, enum s3_op op,
                                  const struct s3_upload *upload, unsigned number,
                                  struct s3_request **out, struct error *err)
{
    enum status status = s3_request_new(c, op, upload->bucket, upload->key, out, err);
    if (status != STATUS_OK)
        return status;
    if (number > 0) {
        char text[16];
        snprintf(text, sizeof text, "%u", number);
        s3_request_query(*out, "partNumber", text);
    }
    s3_request_query(*out, "uploadId", upload->id);
    return STATUS_OK;
}

enum status s3_upload_part(struct s3_client *c, const struct s3_upload *upload, unsigned number,
                           const void *data, uint64_t size, const uint8_t *sha256_or_null,
                           s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = upload_request(c, S3_UPLOAD_PART, upload, number, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_body_with_sha256(rq, data, size, sha256_or_null);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_part_copy(struct s3_client *c, const struct s3_upload *upload,
                                unsigned number, const struct s3_part_copy *copy, s3_done_fn *done,
                                void *ctx, struct error *err)
{
    struct s3_request *rq;
    struct buf source;
    enum status status = upload_request(c, S3_UPLOAD_PART_COPY, upload, number, &rq, err);
    if (status != STATUS_OK)
        return status;
    buf_init(&source, 4 * S3_KEY_MAX + S3_BUCKET_MAX);
    buf_append_char(&source, '/');
    buf_append_str(&source, copy->source_bucket);
    buf_append_char(&source, '/');
    uri_encode(&source, copy->source_key, strlen(copy->source_key), 1);
    s3_request_header(rq, "x-amz-copy-source", source.data);
    buf_release(&source);
    s3_request_header(rq, "x-amz-copy-source-if-match", copy->if_match);
    if (copy->ranged)
        s3_request_headerf(rq, "x-amz-copy-source-range", "bytes=%" PRIu64 "-%" PRIu64,
                           copy->offset, copy->offset + copy->size - 1);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_complete(struct s3_client *c, const struct s3_upload *upload,
                               const struct s3_part *parts, size_t count, bool create_only,
                               s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    struct buf body;
    enum status status = upload_request(c, S3_COMPLETE_MULTIPART_UPLOAD, upload, 0, &rq, err);
    if (status != STATUS_OK)
        return status;
    if (create_only)
        s3_request_header(rq, "If-None-Match", "*");
    s3_request_header(rq, "Content-Type", "application/xml");
    buf_init(&body, COMPLETE_BODY_MAX);
    buf_append_str(&body, "<CompleteMultipartUpload>");
    for (size_t i = 0; i < count; i++) {
        buf_printf(&body, "<Part><PartNumber>%u</PartNumber><ETag>", parts[i].number);
        xml_escape(&body, parts[i].etag, strlen(parts[i].etag));
        buf_append_str(&body, "</ETag></Part>");
    }
    buf_append_str(&body, "</CompleteMultipartUpload>");
    status = buf_status(&body, "the list of parts", err);
    if (status == STATUS_OK)
        s3_request_body_copy(rq, body.data, body.len);
    buf_release(&body);
    if (status != STATUS_OK) {
        s3_request_cancel(rq);
        return status;
    }
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_abort(struct s3_client *c, const struct s3_upload *upload, s3_done_fn *done,
                            void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = upload_request(c, S3_ABORT_MULTIPART_UPLOAD, upload, 0, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_request_accept(rq, 404);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_list(struct s3_client *c, const char *bucket, const char *prefix,
                           s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_LIST_MULTIPART_UPLOADS, bucket, NULL, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_request_query(rq, "uploads", NULL);
    s3_request_query(rq, "encoding-type", "url");
    s3_request_query(rq, "prefix", prefix);
    return s3_request_send(rq, done, ctx, err);
}

/* ---- the list of open uploads ---- */

struct uploads {
    struct s3_upload upload;
    s3_upload_fn *each;
    void *ctx;
};

static enum status copy_text(char *out, size_t room, const char *text, size_t len,
                             struct error *err)
{
    if (len >= room)
        return error_set(err, STATUS_PROTOCOL, "an upload's key or id has %zu bytes", len);
    memcpy(out, text, len + 1);
    return STATUS_OK;
}

static enum status on_upload_close(void *ctx, const char *path, const char *text, size_t len,
                                   struct error *err)
{
    struct uploads *u = ctx;
    if (strcmp(path, "ListMultipartUploadsResult/Upload/UploadId") == 0)
        return copy_text(u->upload.id, sizeof u->upload.id, text, len, err);
    if (strcmp(path, "ListMultipartUploadsResult/Upload") == 0)
        return u->each(u->ctx, &u->upload, err);
    if (strcmp(path, "ListMultipartUploadsResult/Upload/Key") != 0)
        return STATUS_OK;
    struct buf key;
    buf_init(&key, S3_KEY_MAX);
    enum status status = uri_decode(&key, text, len, 1, err);
    if (status == STATUS_OK)
        status = copy_text(u->upload.key, sizeof u->upload.key, key.data, key.len, err);
    buf_release(&key);
    return status;
}

enum status s3_uploads_parse(const struct s3_reply *reply, const char *bucket, s3_upload_fn *each,
                             void *ctx, struct error *err)
{
    static const struct xml_events events = {.close = on_upload_close};
    struct uploads uploads = {.each = each, .ctx = ctx};
    snprintf(uploads.upload.bucket, sizeof uploads.upload.bucket, "%s", bucket);
    return xml_parse(&events, &uploads, reply->body, reply->body_size, err);
}
