/* SPDX-License-Identifier: MIT */
/* record - the record read back. */
#include "compactor/record.h"

#include <string.h>

#include "lib/base/units.h"
#include "lib/s3/object.h"

static bool metadata_u64(const struct s3_reply *reply, const char *name, uint64_t *out)
{
    char text[24];
    return s3_object_metadata(reply, name, text, sizeof text) &&
           uint_parse(text, 0, UINT64_MAX, out, NULL) == STATUS_OK;
}

static bool metadata_i64(const struct s3_reply *reply, const char *name, int64_t *out)
{
    char text[24];
    return s3_object_metadata(reply, name, text, sizeof text) &&
           int_parse(text, INT64_MIN, INT64_MAX, out, NULL) == STATUS_OK;
}

static bool metadata_is(const struct s3_reply *reply, const char *name, const char *value)
{
    char text[16];
    return s3_object_metadata(reply, name, text, sizeof text) && strcmp(text, value) == 0;
}

bool record_read(const struct s3_reply *reply, struct record *out)
{
    char digest[DIGEST_HEX_SIZE];
    char newline[16];
    if (!metadata_u64(reply, RECORD_SOURCES, &out->sources) ||
        !metadata_u64(reply, RECORD_BYTES, &out->bytes) ||
        !metadata_i64(reply, RECORD_NEWEST, &out->newest_unix_s) ||
        !s3_object_metadata(reply, RECORD_DIGEST, digest, sizeof digest) ||
        !s3_object_metadata(reply, RECORD_NEWLINE, newline, sizeof newline))
        return false;
    out->newline_ensured = strcmp(newline, "ensure") == 0;
    out->csv_header_once = metadata_is(reply, RECORD_CSV, "once");
    out->gzip_recompressed = metadata_is(reply, RECORD_GZIP, "recompress");
    if (!metadata_u64(reply, RECORD_MAX, &out->max_source_bytes))
        out->max_source_bytes = 0;
    return digest_parse(digest, &out->digest);
}
