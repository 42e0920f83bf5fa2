/* SPDX-License-Identifier: MIT */
/*
 * multipart - uploads in parts: create, part, part copy, complete, abort, list.
 */
#ifndef KIT_S3_MULTIPART_H
#define KIT_S3_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/s3/client.h"
#include "lib/s3/object.h"

#define S3_UPLOAD_ID_MAX 1024
#define S3_PARTS_MAX     10000
#define S3_PART_SIZE_MIN (UINT64_C(5) << 20)
#define S3_PART_SIZE_MAX (UINT64_C(5) << 30)

struct s3_upload {
    char bucket[S3_BUCKET_MAX + 1];
    char key[S3_KEY_MAX + 1];
    char id[S3_UPLOAD_ID_MAX + 1];
};

enum status s3_upload_create(struct s3_client *c, const struct s3_write *write, s3_done_fn *done,
                             void *ctx, struct error *err) MUST_USE;
/* Reads the upload id out of a good reply of s3_upload_create; bucket and key are the caller's. */
enum status s3_upload_created(const struct s3_reply *reply, struct s3_upload *upload,
                              struct error *err) MUST_USE;

/* Digests of a part that are known already. */
struct s3_part_sums {
    const uint8_t *sha256;             /* signs the payload; NULL: computed, or over TLS left out */
    enum checksum_algorithm algorithm; /* as declared when the upload was created */
    const uint8_t *checksum;
};
/* `number` is 1..S3_PARTS_MAX; `sums` may be NULL. The ETag is in the reply's header "etag". */
enum status s3_upload_part(struct s3_client *c, const struct s3_upload *upload, unsigned number,
                           const void *data, uint64_t size, const struct s3_part_sums *sums,
                           s3_done_fn *done, void *ctx, struct error *err) MUST_USE;

struct s3_part_copy {
    const char *source_bucket;
    const char *source_key;
    const char *if_match; /* ETag with quotes */
    bool ranged;
    uint64_t offset;
    uint64_t size;
};
enum status s3_upload_part_copy(struct s3_client *c, const struct s3_upload *upload,
                                unsigned number, const struct s3_part_copy *copy, s3_done_fn *done,
                                void *ctx, struct error *err) MUST_USE;
/* The ETag in the body of a good part copy. */
enum status s3_part_copied(const struct s3_reply *reply, char etag[S3_ETAG_MAX],
                           struct error *err) MUST_USE;

struct s3_part {
    unsigned number;
    char etag[S3_ETAG_MAX];
    uint8_t checksum[CHECKSUM_SIZE_MAX]; /* where the upload declared an algorithm */
};
struct s3_completion {
    const struct s3_part *parts; /* in ascending order */
    size_t count;
    bool create_only; /* see struct s3_write */
    const char *if_match;
    enum checksum_algorithm algorithm; /* as declared when the upload was created */
    const uint8_t *checksum;           /* of the full object: the server refuses another */
};
/* What is pointed to may go when this returns. Sent on a fresh connection, so that libcurl cannot
 * replay it, with a relaxed stall deadline. */
enum status s3_upload_complete(struct s3_client *c, const struct s3_upload *upload,
                               const struct s3_completion *what, s3_done_fn *done, void *ctx,
                               struct error *err) MUST_USE;
/* The ETag in the body of a good Complete; STATUS_PROTOCOL when there is none. */
enum status s3_upload_completed(const struct s3_reply *reply, char etag[S3_ETAG_MAX],
                                struct error *err) MUST_USE;
/* A reply of STATUS_NOT_FOUND means that the upload is gone already, and counts as no failure. */
enum status s3_upload_abort(struct s3_client *c, const struct s3_upload *upload, s3_done_fn *done,
                            void *ctx, struct error *err) MUST_USE;

/* Open uploads under a prefix, one page (MinIO answers only for a whole key as the prefix). */
typedef enum status s3_upload_fn(void *ctx, const struct s3_upload *upload, struct error *err);
enum status s3_upload_list(struct s3_client *c, const char *bucket, const char *prefix,
                           s3_done_fn *done, void *ctx, struct error *err) MUST_USE;
enum status s3_uploads_parse(const struct s3_reply *reply, const char *bucket, s3_upload_fn *each,
                             void *ctx, struct error *err) MUST_USE;

#endif
