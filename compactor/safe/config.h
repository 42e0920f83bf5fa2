/* SPDX-License-Identifier: MIT */
/*
 * config - what a destination of the crash-safe mode is made from: written once, and every run
 * after it must agree. config_ensure and config_load send requests and wait for them; the rest is
 * pure.
 */
#ifndef KIT_COMPACTOR_SAFE_CONFIG_H
#define KIT_COMPACTOR_SAFE_CONFIG_H

#include "compactor/job.h"
#include "lib/base/buf.h"

struct config {
    char source[S3_BUCKET_MAX + S3_KEY_MAX + 8]; /* "s3://logs/raw/" */
    char date_format[DATE_FORMAT_MAX + 1];       /* "" for a single partition */
    char match[16];                              /* "partition" */
    char suffix[16];                             /* "known" or "first" */
};

void config_of_job(const struct job *job, struct config *out);
void config_write(const struct config *c, struct buf *out);
enum status config_read(const char *text, size_t len, struct config *out,
                        struct error *err) MUST_USE;
/* STATUS_INVALID names the first difference and both values. */
enum status config_compare(const struct config *kept, const struct config *wanted,
                           struct error *err) MUST_USE;

/* Writes the destination's config where there is none, and compares it otherwise; with `write`
 * false a missing one is as good as an equal one. STATUS_INVALID when it differs. */
enum status config_ensure(struct s3_client *client, const struct job *job, bool write,
                          struct error *err) MUST_USE;
/* STATUS_NOT_FOUND when the destination (a prefix) has none. */
enum status config_load(struct s3_client *client, const char *bucket, const char *prefix,
                        struct config *out, struct error *err) MUST_USE;
/* For plain mode. STATUS_INVALID when there is anything under _compaction/. */
enum status config_refuse_state(struct s3_client *client, const struct job *job,
                                struct error *err) MUST_USE;

#endif
