/* SPDX-License-Identifier: MIT */
/*
 * multipart - uploads in parts.
 *
 * Servers disagree on what copied parts must bring where a checksum algorithm was declared at
 * creation, so that is for the caller to say.
 */
#include "lib/s3/multipart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/s3/multipart_parse.h"
#include "lib/s3/object_private.h"
#include "lib/s3/uri.h"
#include "lib/s3/xml.h"

#define FULL_OBJECT  "FULL_OBJECT"
#define PART_XML_MAX (6 * S3_ETAG_MAX + CHECKSUM_TEXT_SIZE + 160)

enum status s3_upload_create(struct s3_client *c, const struct s3_write *write, s3_done_fn *done,
                             void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status =
        s3_request_new(c, S3_CREATE_MULTIPART_UPLOAD, write->bucket, write->key, &rq, err);
    if (status)
        return status;
    s3_request_query(rq, "uploads", NULL);
    if (write->checksum != CHECKSUM_NONE) {
        s3_request_header(rq, "x-amz-checksum-algorithm", checksum_info(write->checksum)->name);
        s3_request_header(rq, "x-amz-checksum-type", FULL_OBJECT);
    }
    status = s3_write_headers(rq, write, err);
    if (status) {
        s3_request_cancel(rq);
        return status;
    }
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_created(const struct s3_reply *reply, struct s3_upload *upload,
                              struct error *err)
{
    return s3_xml_text(reply->body, reply->body_size, "InitiateMultipartUploadResult/UploadId",
                       upload->id, sizeof upload->id, err);
}

static enum status part_check(unsigned number, uint64_t size, struct error *err)
{
    if (number < 1 || number > S3_PARTS_MAX)
        return error_set(err, STATUS_INVALID, "part number %u is not within 1 to %d", number,
                         S3_PARTS_MAX);
    if (size > S3_PART_SIZE_MAX)
        return error_set(err, STATUS_INVALID, "a part of %" PRIu64 " bytes is larger than 5 GiB",
                         size);
    return STATUS_OK;
}

static enum status part_request_new(struct s3_client *c, enum s3_op op,
                                    const struct s3_upload *upload, unsigned number,
                                    struct s3_request **out, struct error *err)
{
    char text[16];
    enum status status = s3_request_new(c, op, upload->bucket, upload->key, out, err);
    if (status)
        return status;
    snprintf(text, sizeof text, "%u", number);
    s3_request_query(*out, "partNumber", text);
    s3_request_query(*out, "uploadId", upload->id);
    return STATUS_OK;
}

static void checksum_header(struct s3_request *rq, enum checksum_algorithm algorithm,
                            const uint8_t *digest)
{
    char text[CHECKSUM_TEXT_SIZE];
    checksum_encode(algorithm, digest, text);
    s3_request_header(rq, checksum_info(algorithm)->header, text);
}

enum status s3_upload_part(struct s3_client *c, const struct s3_upload *upload, unsigned number,
                           const void *data, uint64_t size, const struct s3_part_sums *sums,
                           s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    char hex[SHA256_HEX_SIZE];
    const bool hashed = sums != NULL && sums->sha256 != NULL;
    enum status status = part_check(number, size, err);
    if (!status)
        status = part_request_new(c, S3_UPLOAD_PART, upload, number, &rq, err);
    if (status)
        return status;
    if (hashed)
        hex_encode(sums->sha256, SHA256_SIZE, hex);
    if (sums != NULL && sums->algorithm != CHECKSUM_NONE)
        checksum_header(rq, sums->algorithm, sums->checksum);
    s3_request_body(rq, data, size, hashed ? hex : NULL);
    return s3_request_send(rq, done, ctx, err);
}

static void copy_headers(struct s3_request *rq, const struct s3_part_copy *copy,
                         const char *encoded_source)
{
    s3_request_header(rq, "x-amz-copy-source", encoded_source);
    if (copy->if_match)
        s3_request_header(rq, "x-amz-copy-source-if-match", copy->if_match);
    if (copy->ranged)
        s3_request_headerf(rq, "x-amz-copy-source-range", "bytes=%" PRIu64 "-%" PRIu64,
                           copy->offset, copy->offset + copy->size - 1);
}

enum status s3_upload_part_copy(struct s3_client *c, const struct s3_upload *upload,
                                unsigned number, const struct s3_part_copy *copy, s3_done_fn *done,
                                void *ctx, struct error *err)
{
    struct s3_request *rq;
    struct buf source;
    enum status status = part_check(number, copy->ranged ? copy->size : 0, err);
    if (!status && copy->ranged && copy->size == 0)
        status = error_set(err, STATUS_INVALID, "a range to copy cannot be empty");
    if (status)
        return status;
    buf_init(&source, 3 * (S3_BUCKET_MAX + S3_KEY_MAX + 2));
    buf_append_char(&source, '/');
    uri_encode(&source, copy->source_bucket, strlen(copy->source_bucket), 0);
    buf_append_char(&source, '/');
    uri_encode(&source, copy->source_key, strlen(copy->source_key), 1);
    status = buf_status(&source, "a copy's source", err);
    if (!status)
        status = part_request_new(c, S3_UPLOAD_PART_COPY, upload, number, &rq, err);
    if (!status) {
        copy_headers(rq, copy, source.data);
        status = s3_request_send(rq, done, ctx, err);
    }
    buf_release(&source);
    return status;
}

enum status s3_part_copied(const struct s3_reply *reply, char etag[S3_ETAG_MAX], struct error *err)
{
    return s3_xml_text(reply->body, reply->body_size, "CopyPartResult/ETag", etag, S3_ETAG_MAX,
                       err);
}

static void part_append(struct buf *body, const struct s3_part *part,
                        enum checksum_algorithm algorithm)
{
    char text[CHECKSUM_TEXT_SIZE];
    buf_printf(body, "<Part><PartNumber>%u</PartNumber><ETag>", part->number);
    xml_escape(body, part->etag, strlen(part->etag));
    buf_append_str(body, "</ETag>");
    if (algorithm != CHECKSUM_NONE) {
        const char *element = checksum_info(algorithm)->element;
        checksum_encode(algorithm, part->checksum, text);
        buf_printf(body, "<%s>%s</%s>", element, text, element);
    }
    buf_append_str(body, "</Part>");
}

static enum status complete_body_append(struct buf *body, const struct s3_completion *what,
                                        struct error *err)
{
    const struct s3_part *parts = what->parts;
    if (what->count < 1 || what->count > S3_PARTS_MAX)
        return error_set(err, STATUS_INVALID, "an upload has 1 to %d parts, not %zu", S3_PARTS_MAX,
                         what->count);
    buf_append_str(body, "<CompleteMultipartUpload "
                         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < what->count; i++) {
        if (i > 0 && parts[i].number <= parts[i - 1].number)
            return error_set(err, STATUS_INVALID, "part %u comes after part %u", parts[i].number,
                             parts[i - 1].number);
        part_append(body, &parts[i], what->algorithm);
    }
    buf_append_str(body, "</CompleteMultipartUpload>");
    return buf_status(body, "the list of parts", err);
}

static enum status complete_send(struct s3_client *c, const struct s3_upload *upload,
                                 const struct s3_completion *what, const struct buf *body,
                                 s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status =
        s3_request_new(c, S3_COMPLETE_MULTIPART_UPLOAD, upload->bucket, upload->key, &rq, err);
    if (status)
        return status;
    s3_request_query(rq, "uploadId", upload->id);
    s3_request_header(rq, "Content-Type", "application/xml");
    s3_write_condition(rq, what->create_only, what->if_match);
    if (what->algorithm != CHECKSUM_NONE) {
        checksum_header(rq, what->algorithm, what->checksum);
        s3_request_header(rq, "x-amz-checksum-type", FULL_OBJECT);
    }
    s3_request_body_copy(rq, body->data, body->len);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_complete(struct s3_client *c, const struct s3_upload *upload,
                               const struct s3_completion *what, s3_done_fn *done, void *ctx,
                               struct error *err)
{
    struct buf body;
    buf_init(&body, S3_PARTS_MAX * PART_XML_MAX);
    enum status status = complete_body_append(&body, what, err);
    if (!status)
        status = complete_send(c, upload, what, &body, done, ctx, err);
    buf_release(&body);
    return status;
}

enum status s3_upload_completed(const struct s3_reply *reply, char etag[S3_ETAG_MAX],
                                struct error *err)
{
    return s3_xml_text(reply->body, reply->body_size, "CompleteMultipartUploadResult/ETag", etag,
                       S3_ETAG_MAX, err);
}

enum status s3_upload_abort(struct s3_client *c, const struct s3_upload *upload, s3_done_fn *done,
                            void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status =
        s3_request_new(c, S3_ABORT_MULTIPART_UPLOAD, upload->bucket, upload->key, &rq, err);
    if (status)
        return status;
    s3_request_query(rq, "uploadId", upload->id);
    s3_request_forgive(rq, "NoSuchUpload");
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_upload_list(struct s3_client *c, const char *bucket, const char *prefix,
                           s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_LIST_MULTIPART_UPLOADS, bucket, NULL, &rq, err);
    if (status)
        return status;
    s3_request_query(rq, "encoding-type", "url");
    s3_request_query(rq, "max-uploads", "1000");
    s3_request_query(rq, "prefix", prefix);
    s3_request_query(rq, "uploads", NULL);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_uploads_parse(const struct s3_reply *reply, const char *bucket, s3_upload_fn *each,
                             void *ctx, struct error *err)
{
    return s3_uploads_read(reply->body, reply->body_size, bucket, each, ctx, err);
}
