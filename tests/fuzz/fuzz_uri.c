/* SPDX-License-Identifier: MIT */
/* fuzz_uri - S3 URIs, and escapes. What is accepted is written back as it was; what was encoded is
 * decoded to the same. */
#include <string.h>

#include "lib/s3/uri.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX 4096

static void check_uri(const char *text)
{
    struct s3_uri uri;
    struct s3_uri again;
    struct buf b;
    if (s3_uri_parse(text, &uri, NULL) != STATUS_OK)
        return;
    FUZZ_MUST(s3_bucket_name_check(uri.bucket, NULL) == STATUS_OK);
    FUZZ_MUST(strlen(uri.key) <= S3_KEY_MAX);
    buf_init(&b, 2 * TEXT_MAX);
    s3_uri_append(&b, uri.bucket, uri.key);
    FUZZ_MUST(s3_uri_parse(b.data, &again, NULL) == STATUS_OK);
    FUZZ_MUST(strcmp(uri.bucket, again.bucket) == 0 && strcmp(uri.key, again.key) == 0);
    if (s3_uri_make_prefix(&uri, NULL) == STATUS_OK)
        FUZZ_MUST(uri.key[0] == '\0' || uri.key[strlen(uri.key) - 1] == '/');
    buf_release(&b);
}

static void check_escapes(const char *text, size_t len)
{
    struct buf encoded;
    struct buf decoded;
    buf_init(&encoded, 4 * TEXT_MAX);
    buf_init(&decoded, 4 * TEXT_MAX);
    for (int keep_slash = 0; keep_slash < 2; keep_slash++) {
        buf_reset(&encoded);
        buf_reset(&decoded);
        uri_encode(&encoded, text, len, keep_slash);
        FUZZ_MUST(uri_decode(&decoded, encoded.data, encoded.len, 1, NULL) == STATUS_OK);
        FUZZ_MUST(decoded.len == len && memcmp(decoded.data, text, len) == 0);
    }
    buf_reset(&decoded);
    if (uri_decode(&decoded, text, len, 0, NULL) == STATUS_OK)
        FUZZ_MUST(decoded.len <= len && strlen(decoded.data) == decoded.len);
    buf_release(&encoded);
    buf_release(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_uri(text);
    check_escapes(text, strlen(text));
    return 0;
}
