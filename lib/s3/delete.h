/* SPDX-License-Identifier: MIT */
/*
 * delete - DeleteObjects: up to 1,000 keys in one request. It ignores ETags on the servers we
 * tried, so it is for what the kit itself wrote and for cleaning up, never for sources.
 */
#ifndef KIT_S3_DELETE_H
#define KIT_S3_DELETE_H

#include <stddef.h>

#include "lib/s3/client.h"

#define S3_DELETE_MAX 1000

/* The keys may go when this returns. */
enum status s3_delete_objects(struct s3_client *c, const char *bucket, const char *const *keys,
                              size_t count, s3_done_fn *done, void *ctx,
                              struct error *err) MUST_USE;
/* Checks a good reply for per-key errors: the first one is the error, `failed` counts them. */
enum status s3_delete_result(const struct s3_reply *reply, size_t *failed,
                             struct error *err) MUST_USE;

#endif
