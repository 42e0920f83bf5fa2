/* SPDX-License-Identifier: MIT */
/* checksum - see checksum.h. CRC32 is zlib's; CRC32C is RFC 3720's polynomial, reflected. */
#include "bench/server/checksum.h"

#include <string.h>
#include <strings.h>

#include <zlib.h>

#define CRC32C_REFLECTED 0x82f63b78u
#define CHECKSUM_PREFIX  "x-amz-checksum-"

static uint32_t crc32c(const unsigned char *data, size_t len)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = (c & 1) ? (c >> 1) ^ CRC32C_REFLECTED : c >> 1;
        table[i] = c;
    }
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++)
        crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
    return ~crc;
}

static bool is_sha256_hex(const char *text)
{
    uint8_t digest[SHA256_SIZE];
    return strlen(text) == 2 * SHA256_SIZE && hex_decode(text, digest, SHA256_SIZE) == 0;
}

/* The values of x-amz-checksum-; its relatives -mode, -type and -algorithm are none. */
static bool is_checksum_value(const char *header)
{
    if (strncasecmp(header, CHECKSUM_PREFIX, strlen(CHECKSUM_PREFIX)) != 0)
        return false;
    const char *what = header + strlen(CHECKSUM_PREFIX);
    return strcasecmp(what, "mode") != 0 && strcasecmp(what, "type") != 0 &&
           strcasecmp(what, "algorithm") != 0;
}

static bool is_known_checksum(const char *header)
{
    const char *what = header + strlen(CHECKSUM_PREFIX);
    return strcasecmp(what, "sha256") == 0 || strcasecmp(what, "crc32") == 0 ||
           strcasecmp(what, "crc32c") == 0;
}

enum code checksum_prepare(struct request *r)
{
    const char *payload = r->payload_sha256;
    r->body.want_sha256 = request_header(r, CHECKSUM_PREFIX "sha256") != NULL;
    if (strncmp(payload, "STREAMING-", 10) == 0)
        return CODE_NOT_IMPLEMENTED;
    if (is_sha256_hex(payload))
        r->body.want_sha256 = true;
    else if (strcmp(payload, SIGV4_UNSIGNED_PAYLOAD) != 0)
        return CODE_INVALID_ARGUMENT;
    for (size_t i = 0; i < r->header_count; i++)
        if (is_checksum_value(r->headers[i].name) && !is_known_checksum(r->headers[i].name))
            return CODE_NOT_IMPLEMENTED;
    /* Nothing to digest is not worth a context. */
    if (r->body.expected == 0)
        r->body.want_sha256 = false;
    return CODE_NONE;
}

/* A base64 header against a digest; true when it is absent. */
static enum code verify_base64(const struct request *r, const char *header, const void *digest,
                               size_t len)
{
    const char *value = request_header(r, header);
    uint8_t sent[SHA256_SIZE];
    if (value == NULL)
        return CODE_NONE;
    if (base64_decode(value, sent, sizeof sent) != (long)len)
        return CODE_INVALID_DIGEST;
    return memcmp(sent, digest, len) == 0 ? CODE_NONE : CODE_BAD_DIGEST;
}

static enum code verify_crc(const struct request *r, const char *header, uint32_t crc)
{
    const uint8_t bytes[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                              (uint8_t)crc};
    return verify_base64(r, header, bytes, sizeof bytes);
}

static enum code verify_sha256(struct request *r)
{
    uint8_t digest[SHA256_SIZE];
    if (r->body.want_sha256)
        hash_finish(r->sha256, digest);
    else
        sha256("", 0, digest);
    if (is_sha256_hex(r->payload_sha256)) {
        char hex[SHA256_HEX_SIZE];
        hex_encode(digest, sizeof digest, hex);
        if (strcasecmp(hex, r->payload_sha256) != 0)
            return CODE_CONTENT_SHA256_MISMATCH;
    }
    return verify_base64(r, CHECKSUM_PREFIX "sha256", digest, sizeof digest);
}

static enum code verify_crcs(struct request *r)
{
    const unsigned char *data = r->body.chunk != NULL ? r->body.chunk->data : NULL;
    const size_t len = r->body.chunk != NULL ? r->body.chunk->size : 0;
    enum code code = CODE_NONE;
    if (request_header(r, CHECKSUM_PREFIX "crc32") != NULL)
        code = verify_crc(r, CHECKSUM_PREFIX "crc32",
                          data == NULL ? 0 : (uint32_t)crc32_z(0, data, len));
    if (code == CODE_NONE && request_header(r, CHECKSUM_PREFIX "crc32c") != NULL)
        code = verify_crc(r, CHECKSUM_PREFIX "crc32c", crc32c(data, len));
    return code;
}

enum code checksum_verify(struct request *r, uint8_t md5_out[MD5_SIZE])
{
    if (r->body.want_md5)
        hash_finish(r->md5, md5_out);
    else
        md5("", 0, md5_out);
    enum code code;
    if ((code = verify_base64(r, "content-md5", md5_out, MD5_SIZE)) != CODE_NONE ||
        (code = verify_sha256(r)) != CODE_NONE)
        return code;
    return verify_crcs(r);
}

void checksum_append_headers(const struct request *r, struct buf *out)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (is_checksum_value(r->headers[i].name))
            buf_printf(out, "%s: %s\n", r->headers[i].name, r->headers[i].value);
}
