/* SPDX-License-Identifier: MIT */
/* uri - "s3://bucket/key" references, bucket names, and S3's URI encoding. */
#include "lib/s3/uri.h"

#include <stdint.h>
#include <string.h>

#define SCHEME "s3://"

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "192.168.5.4": four groups of digits, whatever their values. */
static bool looks_like_address(const char *name)
{
    unsigned dots = 0;
    for (const char *p = name; *p; p++) {
        if (*p == '.')
            dots++;
        else if (*p < '0' || *p > '9')
            return false;
    }
    return dots == 3;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

enum status s3_bucket_name_check(const char *name, struct error *err)
{
    size_t len = strlen(name);
    if (len < 3 || len > S3_BUCKET_MAX)
        return error_set(err, STATUS_INVALID, "bucket name '%.80s' must have 3 to %d characters",
                         name, S3_BUCKET_MAX);
    for (size_t i = 0; i < len; i++) {
        if (!is_lower_or_digit(name[i]) && name[i] != '.' && name[i] != '-')
            return error_set(err, STATUS_INVALID,
                             "bucket name '%s' may only hold a-z, 0-9, '.' and '-'", name);
    }
    if (!is_lower_or_digit(name[0]) || !is_lower_or_digit(name[len - 1]))
        return error_set(err, STATUS_INVALID,
                         "bucket name '%s' must start and end with a letter or a digit", name);
    if (strstr(name, ".."))
        return error_set(err, STATUS_INVALID, "bucket name '%s' has two dots in a row", name);
    if (strstr(name, ".-") || strstr(name, "-."))
        return error_set(err, STATUS_INVALID, "bucket name '%s' has a dot beside a hyphen", name);
    if (looks_like_address(name))
        return error_set(err, STATUS_INVALID, "bucket name '%s' looks like an IP address", name);
    if (ends_with(name, "--x-s3"))
        return error_set(err, STATUS_INVALID,
                         "'%s' is an S3 Express directory bucket, which is not supported; use a "
                         "general-purpose bucket",
                         name);
    return STATUS_OK;
}

enum status s3_uri_parse(const char *text, struct s3_uri *out, struct error *err)
{
    if (strncmp(text, "arn:", 4) == 0)
        return error_set(err, STATUS_INVALID,
                         "'%.200s' is an ARN, which is not supported; give s3://BUCKET/PREFIX/",
                         text);
    if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
        return error_set(err, STATUS_INVALID,
                         "'%.200s' is not an S3 URI; it must look like s3://BUCKET/PREFIX/", text);
    const char *bucket = text + strlen(SCHEME);
    if (strncmp(bucket, "arn:", 4) == 0)
        return error_set(err, STATUS_INVALID,
                         "'%.200s' names an access point, which is not supported; give "
                         "s3://BUCKET/PREFIX/",
                         text);
    size_t bucket_len = strcspn(bucket, "/");
    if (bucket_len == 0)
        return error_set(err, STATUS_INVALID, "'%.200s' names no bucket", text);
    struct s3_uri uri = {0};
    if (bucket_len > S3_BUCKET_MAX)
        return error_set(err, STATUS_INVALID, "bucket name '%.*s' is longer than %d characters",
                         bucket_len > 80 ? 80 : (int)bucket_len, bucket, S3_BUCKET_MAX);
    memcpy(uri.bucket, bucket, bucket_len);
    enum status status = s3_bucket_name_check(uri.bucket, err);
    if (status)
        return status;
    const char *key = bucket[bucket_len] ? bucket + bucket_len + 1 : "";
    size_t key_len = strlen(key);
    if (key_len > S3_KEY_MAX)
        return error_set(err, STATUS_INVALID, "the key of '%.100s...' has %zu bytes; S3 allows %d",
                         text, key_len, S3_KEY_MAX);
    memcpy(uri.key, key, key_len);
    *out = uri;
    return STATUS_OK;
}

enum status s3_uri_make_prefix(struct s3_uri *uri, struct error *err)
{
    size_t len = strlen(uri->key);
    if (len == 0 || uri->key[len - 1] == '/')
        return STATUS_OK;
    if (len == S3_KEY_MAX)
        return error_set(err, STATUS_INVALID,
                         "the prefix '%.100s...' leaves no room for its final slash", uri->key);
    uri->key[len] = '/';
    uri->key[len + 1] = '\0';
    return STATUS_OK;
}

void s3_uri_append(struct buf *b, const char *bucket, const char *key)
{
    buf_append_str(b, SCHEME);
    buf_append_str(b, bucket);
    buf_append_char(b, '/');
    buf_append_str(b, key);
}

/* Unreserved characters, as bits: every byte of every request's path and query is looked up. */
static bool is_unreserved(char c)
{
    static const uint64_t set[4] = {UINT64_C(0x03ff600000000000), UINT64_C(0x47fffffe87fffffe)};
    const uint8_t byte = (uint8_t)c;
    return (set[byte >> 6] >> (byte & 63) & 1) != 0;
}

void uri_encode(struct buf *out, const char *text, size_t len, int keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        if (is_unreserved(text[i]) || (keep_slash && text[i] == '/'))
            continue;
        uint8_t byte = (uint8_t)text[i];
        char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        buf_append(out, text + start, i - start);
        buf_append(out, escape, sizeof escape);
        start = i + 1;
    }
    buf_append(out, text + start, len - start);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that the escape at text[0] stands for; 0 when it is broken or stands for NUL. */
static char escape_value(const char *text, size_t len)
{
    if (len < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0)
        return 0;
    return (char)(uint8_t)(hex_value(text[1]) * 16 + hex_value(text[2]));
}

static bool is_upper_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

bool uri_is_encoded(const char *text, size_t len, int keep_slash)
{
    for (size_t i = 0; i < len; i++) {
        if (is_unreserved(text[i]) || (keep_slash && text[i] == '/'))
            continue;
        if (text[i] != '%' || len - i < 3 || !is_upper_hex(text[i + 1]) ||
            !is_upper_hex(text[i + 2]))
            return false;
        const char value = escape_value(text + i, len - i);
        if (value == '\0' || is_unreserved(value) || (keep_slash && value == '/'))
            return false;
        i += 2;
    }
    return true;
}

/* Three searches of libc's are faster than one of ours. */
static bool is_plain(const char *text, size_t len, int plus_is_space)
{
    return memchr(text, '%', len) == NULL && memchr(text, '\0', len) == NULL &&
           !(plus_is_space && memchr(text, '+', len) != NULL);
}

enum status uri_decode(struct buf *out, const char *text, size_t len, int plus_is_space,
                       struct error *err)
{
    size_t before = out->len;
    size_t start = 0;
    size_t i = is_plain(text, len, plus_is_space) ? len : 0;
    for (; i < len; i++) {
        char c = text[i];
        if (c != '%' && c != '\0' && !(c == '+' && plus_is_space))
            continue;
        char value = c == '+' ? ' ' : c == '%' ? escape_value(text + i, len - i) : '\0';
        if (!value) {
            buf_truncate(out, before);
            return error_set(err, STATUS_INVALID, "bad URI escape at byte %zu of '%.*s'", i,
                             len > 200 ? 200 : (int)len, text);
        }
        buf_append(out, text + start, i - start);
        buf_append_char(out, value);
        if (c == '%')
            i += 2;
        start = i + 1;
    }
    buf_append(out, text + start, len - start);
    return buf_status(out, "a decoded URI", err);
}
