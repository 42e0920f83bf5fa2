/* SPDX-License-Identifier: MIT */
/*
 * object - GET, HEAD, PUT and DELETE of one object. Each function builds and sends one request.
 */
#ifndef KIT_S3_OBJECT_H
#define KIT_S3_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/s3/checksum.h"
#include "lib/s3/client.h"
#include "lib/s3/uri.h"

#define S3_ETAG_MAX     130  /* with its quotes and NUL */
#define S3_CONTENT_MAX  256  /* Content-Type and Content-Encoding values kept */
#define S3_METADATA_MAX 2048 /* bytes of user metadata: S3's own limit */

struct s3_get {
    const char *bucket;
    const char *key;
    const char *if_match; /* ETag with quotes, or NULL */
    uint64_t offset;      /* with size: a Range when `ranged` */
    uint64_t size;        /* bytes expected; the reply must have exactly these */
    bool ranged;
    void *into; /* at least `size` bytes */
};
/* What is got whole is held against the checksum that the server has of it, if it has one. */
enum status s3_get_object(struct s3_client *c, const struct s3_get *get, s3_done_fn *done,
                          void *ctx, struct error *err) MUST_USE;

/* An object whose size is not known beforehand, of at most `capacity` bytes; reply->into_size tells.
 * A 404 is an answer (STATUS_NOT_FOUND). A larger one is STATUS_PROTOCOL. */
enum status s3_get_small_object(struct s3_client *c, const char *bucket, const char *key,
                                void *into, size_t capacity, s3_done_fn *done, void *ctx,
                                struct error *err) MUST_USE;

/* HEAD; a 404 is an answer (STATUS_NOT_FOUND), not a failure. */
enum status s3_head_object(struct s3_client *c, const char *bucket, const char *key,
                           s3_done_fn *done, void *ctx, struct error *err) MUST_USE;
/* The same, asking for the checksums that the server keeps. */
enum status s3_head_object_checksum(struct s3_client *c, const char *bucket, const char *key,
                                    s3_done_fn *done, void *ctx, struct error *err) MUST_USE;

/* What GET and HEAD replies say of an object. */
struct s3_object_info {
    uint64_t size; /* Content-Length (of the whole object only for HEAD) */
    char etag[S3_ETAG_MAX];
    int64_t last_modified_unix_s;
    char content_type[S3_CONTENT_MAX]; /* "" when absent */
    char content_encoding[S3_CONTENT_MAX];
};
enum status s3_object_info(const struct s3_reply *reply, struct s3_object_info *out,
                           struct error *err) MUST_USE;
/* The checksum of the whole object that a reply brings where it was asked for; false when there is
 * none of this algorithm, or one made of the checksums of parts. */
bool s3_object_checksum(const struct s3_reply *reply, enum checksum_algorithm algorithm,
                        uint8_t digest[CHECKSUM_SIZE_MAX]);
/* A user metadata value by its name without "x-amz-meta-"; false when absent. */
bool s3_object_metadata(const struct s3_reply *reply, const char *name, char *out, size_t room);

struct s3_metadata {
    const char *name; /* without "x-amz-meta-" */
    const char *value;
};
/* How an object to be written is kept; NULL leaves each to the bucket. */
struct s3_keeping {
    const char *storage_class;
    const char *encryption; /* "AES256", "aws:kms", "aws:kms:dsse" */
    const char *kms_key_id;
    const char *tagging; /* "name=value&...", URL-encoded */
};
/* What an object to be written carries; shared by PUT and CreateMultipartUpload. */
struct s3_write {
    const char *bucket;
    const char *key;
    const char *content_type;     /* NULL or "": not sent */
    const char *content_encoding; /* NULL or "": not sent */
    const struct s3_metadata *metadata;
    size_t metadata_count;
    const struct s3_keeping *keeping; /* NULL for the bucket's own */
    /* Conditions, one of them at the most; in an upload they are the completion's. */
    bool create_only;     /* If-None-Match: * */
    const char *if_match; /* only over the object with this ETag (with quotes); NULL: over any */
    /* What the server is to check and keep. With CHECKSUM_NONE a PUT brings its SHA-256, which is
     * computed anyway, and an upload in parts brings nothing. An upload may declare an algorithm that
     * has a checksum of the full object; then each part and the completion bring it. */
    enum checksum_algorithm checksum;
};
/* `data` stays the caller's until `done`. `sha256` (raw, may be NULL: computed) signs the payload
 * and is sent as x-amz-checksum-sha256, unless `write` names another checksum. With a condition, 412
 * is an answer (STATUS_PRECONDITION); with if_match 404 is one too (STATUS_NOT_FOUND: the object is
 * gone). Some servers ignore if_match. */
enum status s3_put_object(struct s3_client *c, const struct s3_write *write, const void *data,
                          uint64_t size, const uint8_t *sha256, s3_done_fn *done, void *ctx,
                          struct error *err) MUST_USE;

enum status s3_delete_object(struct s3_client *c, const char *bucket, const char *key,
                             s3_done_fn *done, void *ctx, struct error *err) MUST_USE;
/* Only while its ETag is `if_match` (with quotes). 404 (gone already) and 412 (another object by
 * now) are answers: STATUS_NOT_FOUND and STATUS_PRECONDITION. Some servers ignore the condition. */
enum status s3_delete_object_if(struct s3_client *c, const char *bucket, const char *key,
                                const char *if_match, s3_done_fn *done, void *ctx,
                                struct error *err) MUST_USE;

#endif
