/* SPDX-License-Identifier: MIT */
/* object - GET, HEAD, PUT, DELETE. */
#include "lib/s3/object.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/hash.h"
#include "lib/s3/write.h"

#define METADATA_PREFIX   "x-amz-meta-"
#define METADATA_NAME_MAX 128

enum status s3_get_object(struct s3_client *c, const struct s3_get *get, s3_done_fn *done,
                          void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_GET_OBJECT, get->bucket, get->key, &rq, err);
    if (status != STATUS_OK)
        return status;
    if (get->if_match != NULL)
        s3_request_header(rq, "If-Match", get->if_match);
    if (get->ranged)
        s3_request_headerf(rq, "Range", "bytes=%" PRIu64 "-%" PRIu64, get->offset,
                           get->offset + get->size - 1);
    s3_request_into(rq, get->into, get->size);
    s3_request_expect_size(rq, get->size);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_head_object(struct s3_client *c, const char *bucket, const char *key,
                           s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_HEAD_OBJECT, bucket, key, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_request_accept(rq, 404);
    return s3_request_send(rq, done, ctx, err);
}

static void optional_header(const struct s3_reply *reply, const char *name,
                            char out[S3_CONTENT_MAX])
{
    if (!s3_reply_header(reply, name, out, S3_CONTENT_MAX))
        out[0] = '\0';
}

enum status s3_object_info(const struct s3_reply *reply, struct s3_object_info *out,
                           struct error *err)
{
    struct s3_object_info info = {0};
    char modified[64];
    if (!s3_reply_header_u64(reply, "content-length", &info.size))
        return error_set(err, STATUS_PROTOCOL, "the server did not say how long the object is");
    if (!s3_reply_header(reply, "etag", info.etag, sizeof info.etag))
        return error_set(err, STATUS_PROTOCOL, "the server did not send the object's ETag");
    if (s3_reply_header(reply, "last-modified", modified, sizeof modified)) {
        enum status status = date_parse_http(modified, &info.last_modified_unix_s, err);
        if (status != STATUS_OK)
            return status;
    }
    optional_header(reply, "content-type", info.content_type);
    optional_header(reply, "content-encoding", info.content_encoding);
    *out = info;
    return STATUS_OK;
}

bool s3_object_metadata(const struct s3_reply *reply, const char *name, char *out, size_t room)
{
    char header[sizeof METADATA_PREFIX + METADATA_NAME_MAX];
    const int len = snprintf(header, sizeof header, METADATA_PREFIX "%s", name);
    return len > 0 && (size_t)len < sizeof header && s3_reply_header(reply, header, out, room);
}

void s3_write_headers(struct s3_request *rq, const struct s3_write *write)
{
    if (write->content_type != NULL && write->content_type[0] != '\0')
        s3_request_header(rq, "Content-Type", write->content_type);
    if (write->content_encoding != NULL && write->content_encoding[0] != '\0')
        s3_request_header(rq, "Content-Encoding", write->content_encoding);
    for (size_t i = 0; i < write->metadata_count; i++) {
        char header[sizeof METADATA_PREFIX + METADATA_NAME_MAX];
        snprintf(header, sizeof header, METADATA_PREFIX "%s", write->metadata[i].name);
        s3_request_header(rq, header, write->metadata[i].value);
    }
}

void s3_body_with_sha256(struct s3_request *rq, const void *data, uint64_t size,
                         const uint8_t *sha256_or_null)
{
    char hex[SHA256_HEX_SIZE];
    if (sha256_or_null != NULL)
        hex_encode(sha256_or_null, SHA256_SIZE, hex);
    s3_request_body(rq, data, size, sha256_or_null != NULL ? hex : NULL);
}

enum status s3_put_object(struct s3_client *c, const struct s3_write *write, const void *data,
                          uint64_t size, const uint8_t *sha256_or_null, s3_done_fn *done, void *ctx,
                          struct error *err)
{
    struct s3_request *rq;
    uint8_t sum[SHA256_SIZE];
    struct buf checksum;
    enum status status = s3_request_new(c, S3_PUT_OBJECT, write->bucket, write->key, &rq, err);
    if (status != STATUS_OK)
        return status;
    s3_write_headers(rq, write);
    if (write->create_only)
        s3_request_header(rq, "If-None-Match", "*");
    if (sha256_or_null == NULL)
        sha256(data, size, sum);
    else
        memcpy(sum, sha256_or_null, sizeof sum);
    buf_init(&checksum, 64);
    buf_append_base64(&checksum, sum, sizeof sum);
    s3_request_header(rq, "x-amz-checksum-sha256", checksum.data);
    buf_release(&checksum);
    s3_body_with_sha256(rq, data, size, sum);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_delete_object(struct s3_client *c, const char *bucket, const char *key,
                             s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_DELETE_OBJECT, bucket, key, &rq, err);
    return status == STATUS_OK ? s3_request_send(rq, done, ctx, err) : status;
}
