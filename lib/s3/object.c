/* SPDX-License-Identifier: MIT */
/* object - GET, HEAD, PUT and DELETE of one object. */
#include "lib/s3/object.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/hash.h"
#include "lib/s3/client_private.h"
#include "lib/s3/object_private.h"

enum status s3_get_object(struct s3_client *c, const struct s3_get *get, s3_done_fn *done,
                          void *ctx, struct error *err)
{
    struct s3_request *rq;
    if (get->ranged && get->size == 0)
        return error_set(err, STATUS_INVALID, "a range to get cannot be empty");
    enum status status = s3_request_new(c, S3_GET_OBJECT, get->bucket, get->key, &rq, err);
    if (status)
        return status;
    if (get->if_match)
        s3_request_header(rq, "If-Match", get->if_match);
    if (get->ranged) {
        s3_request_headerf(rq, "Range", "bytes=%" PRIu64 "-%" PRIu64, get->offset,
                           get->offset + get->size - 1);
        s3_request_expect_offset(rq, get->offset);
    } else {
        s3_request_header(rq, "x-amz-checksum-mode", "ENABLED");
    }
    s3_request_into(rq, get->into, get->size);
    s3_request_expect_size(rq, get->size);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_get_small_object(struct s3_client *c, const char *bucket, const char *key,
                                void *into, size_t capacity, s3_done_fn *done, void *ctx,
                                struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_GET_OBJECT, bucket, key, &rq, err);
    if (status)
        return status;
    s3_request_into(rq, into, capacity);
    s3_request_accept(rq, 404);
    return s3_request_send(rq, done, ctx, err);
}

static enum status head_send(struct s3_client *c, const char *bucket, const char *key,
                             bool checksum, s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_HEAD_OBJECT, bucket, key, &rq, err);
    if (status)
        return status;
    if (checksum)
        s3_request_header(rq, "x-amz-checksum-mode", "ENABLED");
    s3_request_accept(rq, 404);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_head_object(struct s3_client *c, const char *bucket, const char *key,
                           s3_done_fn *done, void *ctx, struct error *err)
{
    return head_send(c, bucket, key, false, done, ctx, err);
}

enum status s3_head_object_checksum(struct s3_client *c, const char *bucket, const char *key,
                                    s3_done_fn *done, void *ctx, struct error *err)
{
    return head_send(c, bucket, key, true, done, ctx, err);
}

/* A header that may be absent, but not longer than it may be. */
static enum status header_copy(const struct s3_reply *reply, const char *name, char *out,
                               size_t room, struct error *err)
{
    size_t len = 0;
    const char *value = http_reply_header(reply->exchange, name, &len);
    if (len >= room)
        return error_set(err, STATUS_PROTOCOL, "the reply's %s has %zu bytes; %zu are kept", name,
                         len, room - 1);
    memcpy(out, value ? value : "", len);
    out[len] = '\0';
    return STATUS_OK;
}

enum status s3_object_info(const struct s3_reply *reply, struct s3_object_info *out,
                           struct error *err)
{
    struct s3_object_info info = {.size = 0};
    char modified[64];
    enum status status = header_copy(reply, "etag", info.etag, sizeof info.etag, err);
    if (!status)
        status = header_copy(reply, "last-modified", modified, sizeof modified, err);
    if (!status)
        status =
            header_copy(reply, "content-type", info.content_type, sizeof info.content_type, err);
    if (!status)
        status = header_copy(reply, "content-encoding", info.content_encoding,
                             sizeof info.content_encoding, err);
    if (status)
        return status;
    if (!info.etag[0])
        return error_set(err, STATUS_PROTOCOL, "the reply of %s has no ETag",
                         s3_op_name(reply->op));
    if (!s3_reply_header_u64(reply, "content-length", &info.size))
        return error_set(err, STATUS_PROTOCOL, "the reply of %s has no Content-Length",
                         s3_op_name(reply->op));
    if (modified[0] && date_parse_http(modified, &info.last_modified_unix_s, NULL))
        return error_set(err, STATUS_PROTOCOL, "the reply of %s has a bad Last-Modified",
                         s3_op_name(reply->op));
    *out = info;
    return STATUS_OK;
}

bool s3_object_checksum(const struct s3_reply *reply, enum checksum_algorithm algorithm,
                        uint8_t digest[CHECKSUM_SIZE_MAX])
{
    return reply_checksum_sent(reply->exchange, algorithm, digest);
}

bool s3_object_metadata(const struct s3_reply *reply, const char *name, char *out, size_t room)
{
    char header[S3_METADATA_MAX];
    int n = snprintf(header, sizeof header, "x-amz-meta-%s", name);
    if (n < 0 || (size_t)n >= sizeof header)
        return false;
    for (char *p = header; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
    return s3_reply_header(reply, header, out, room);
}

static size_t metadata_size(const struct s3_write *write)
{
    size_t size = 0;
    for (size_t i = 0; i < write->metadata_count; i++)
        size += strlen(write->metadata[i].name) + strlen(write->metadata[i].value);
    return size;
}

static void header_if(struct s3_request *rq, const char *name, const char *value)
{
    if (value && *value)
        s3_request_header(rq, name, value);
}

static void keeping_headers(struct s3_request *rq, const struct s3_keeping *k)
{
    header_if(rq, "x-amz-storage-class", k->storage_class);
    header_if(rq, "x-amz-server-side-encryption", k->encryption);
    header_if(rq, "x-amz-server-side-encryption-aws-kms-key-id", k->kms_key_id);
    header_if(rq, "x-amz-tagging", k->tagging);
}

enum status s3_write_headers(struct s3_request *rq, const struct s3_write *write, struct error *err)
{
    if (metadata_size(write) > S3_METADATA_MAX)
        return error_set(err, STATUS_LIMIT, "user metadata has %zu bytes; S3 allows %d",
                         metadata_size(write), S3_METADATA_MAX);
    header_if(rq, "Content-Type", write->content_type);
    header_if(rq, "Content-Encoding", write->content_encoding);
    if (write->keeping)
        keeping_headers(rq, write->keeping);
    for (size_t i = 0; i < write->metadata_count; i++) {
        char name[S3_METADATA_MAX + 16];
        snprintf(name, sizeof name, "x-amz-meta-%s", write->metadata[i].name);
        s3_request_header(rq, name, write->metadata[i].value);
    }
    return STATUS_OK;
}

void s3_write_condition(struct s3_request *rq, bool create_only, const char *if_match)
{
    if (create_only) {
        s3_request_header(rq, "If-None-Match", "*");
        s3_request_accept(rq, 412);
    } else if (if_match) {
        s3_request_header(rq, "If-Match", if_match);
        s3_request_accept(rq, 412);
        s3_request_accept(rq, 404);
    }
}

/* The payload's hash signs it, and is its checksum too unless another one is asked for. */
static void payload_attach(struct s3_request *rq, const struct s3_write *write, const void *data,
                           uint64_t size, const uint8_t hash[SHA256_SIZE])
{
    char hex[SHA256_HEX_SIZE];
    char text[CHECKSUM_TEXT_SIZE];
    uint8_t digest[CHECKSUM_SIZE_MAX];
    const enum checksum_algorithm algorithm =
        write->checksum != CHECKSUM_NONE ? write->checksum : CHECKSUM_SHA256;
    if (algorithm == CHECKSUM_SHA256)
        memcpy(digest, hash, SHA256_SIZE);
    else
        checksum_of(algorithm, size > 0 ? data : "", size, digest);
    checksum_encode(algorithm, digest, text);
    hex_encode(hash, SHA256_SIZE, hex);
    s3_request_body(rq, data, size, hex);
    s3_request_header(rq, checksum_info(algorithm)->header, text);
}

enum status s3_put_object(struct s3_client *c, const struct s3_write *write, const void *data,
                          uint64_t size, const uint8_t *sha256_given, s3_done_fn *done, void *ctx,
                          struct error *err)
{
    struct s3_request *rq;
    uint8_t hash[SHA256_SIZE];
    enum status status = s3_request_new(c, S3_PUT_OBJECT, write->bucket, write->key, &rq, err);
    if (status)
        return status;
    status = s3_write_headers(rq, write, err);
    if (status) {
        s3_request_cancel(rq);
        return status;
    }
    s3_write_condition(rq, write->create_only, write->if_match);
    if (sha256_given)
        memcpy(hash, sha256_given, sizeof hash);
    else
        sha256(size > 0 ? data : "", size, hash);
    payload_attach(rq, write, data, size, hash);
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_delete_object(struct s3_client *c, const char *bucket, const char *key,
                             s3_done_fn *done, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_DELETE_OBJECT, bucket, key, &rq, err);
    if (status)
        return status;
    return s3_request_send(rq, done, ctx, err);
}

enum status s3_delete_object_if(struct s3_client *c, const char *bucket, const char *key,
                                const char *if_match, s3_done_fn *done, void *ctx,
                                struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_DELETE_OBJECT, bucket, key, &rq, err);
    if (status)
        return status;
    s3_request_header(rq, "If-Match", if_match);
    s3_request_accept(rq, 404);
    s3_request_accept(rq, 412);
    return s3_request_send(rq, done, ctx, err);
}
