/* SPDX-License-Identifier: MIT */
/* records - sum records and markers. */
#include "compactor/safe/records.h"

#include <string.h>

#include "compactor/job.h"
#include "compactor/safe/fields.h"
#include "lib/tool/json.h"

#define SUM_SCHEMA      "s3-compact-sum/1"
#define VERIFIED_SCHEMA "s3-compact-verified/1"
#define DONE_SCHEMA     "s3-compact-done/1"

static void open_line(struct json *j, struct buf *out, const char *schema, const char *manifest)
{
    json_init(j, out, false);
    json_begin_object(j, NULL);
    json_str(j, "schema", schema);
    json_str(j, "manifest", manifest);
}

static void close_line(struct json *j, struct buf *out)
{
    json_end(j);
    buf_append_char(out, '\n');
}

static void write_sum(struct json *j, const struct sum_record *r)
{
    char hex[SHA256_HEX_SIZE];
    hex_encode(r->sha256, sizeof r->sha256, hex);
    json_u64(j, "bytes", r->bytes);
    json_str(j, "sha256", hex);
}

void sum_record_write(const struct sum_record *r, const char *token, const char *manifest,
                      struct buf *out)
{
    struct json j;
    open_line(&j, out, SUM_SCHEMA, manifest);
    json_str(&j, "token", token);
    write_sum(&j, r);
    close_line(&j, out);
}

enum status sum_record_read(const char *text, size_t len, const char *token, const char *manifest,
                            struct sum_record *out, struct error *err)
{
    struct fields f;
    struct sum_record made = {0};
    char its_token[TOKEN_HEX_SIZE] = "";
    char its_manifest[SHA256_HEX_SIZE] = "";
    fields_open(&f, text, len, SUM_SCHEMA, "the sum record", err);
    fields_str(&f, "token", its_token, sizeof its_token);
    fields_str(&f, "manifest", its_manifest, sizeof its_manifest);
    fields_u64(&f, "bytes", &made.bytes);
    fields_hex(&f, "sha256", made.sha256, sizeof made.sha256);
    if (f.status == STATUS_OK &&
        (strcmp(its_token, token) != 0 || strcmp(its_manifest, manifest) != 0))
        fields_fail(&f, "it is that of another output");
    enum status status = fields_close(&f);
    if (status == STATUS_OK)
        *out = made;
    return status;
}

void verified_record_write(const struct verified_record *r, struct buf *out)
{
    struct json j;
    open_line(&j, out, VERIFIED_SCHEMA, r->manifest);
    json_str(&j, "output", r->output);
    json_str(&j, "etag", r->etag);
    write_sum(&j, r->sum);
    json_str(&j, "token", r->token);
    json_bool(&j, "read_back", r->read_back);
    close_line(&j, out);
}

void done_record_write(const char *manifest, const char *outcome, uint64_t sources,
                       const struct sweep_counts *counts, struct buf *out)
{
    struct json j;
    open_line(&j, out, DONE_SCHEMA, manifest);
    json_str(&j, "outcome", outcome);
    json_u64(&j, "sources", sources);
    json_u64(&j, "deleted", counts->deleted);
    json_u64(&j, "gone", counts->gone);
    json_u64(&j, "newer", counts->newer);
    close_line(&j, out);
}
