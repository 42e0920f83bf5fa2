/* SPDX-License-Identifier: MIT */
/*
 * reply_checksum - the checksum that S3 sends along with a body where the request asked for it
 * (x-amz-checksum-mode: ENABLED), against the body.
 */
#include <string.h>
#include <zlib.h>

#include "lib/s3/client_private.h"

struct body {
    const void *data;
    size_t len;
};

static size_t crc32_digest(struct body body, uint8_t out[SHA256_SIZE])
{
    uint32_t crc = (uint32_t)crc32_z(0, body.data, body.len);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(crc >> (24 - 8 * i));
    return 4;
}

static size_t sha256_digest(struct body body, uint8_t out[SHA256_SIZE])
{
    sha256(body.data, body.len, out);
    return SHA256_SIZE;
}

/* The algorithms that we have; what S3 knows besides (CRC32C, SHA1, CRC64NVME) is not checked. */
static const struct {
    const char *header;
    size_t (*digest)(struct body body, uint8_t out[SHA256_SIZE]);
} algorithms[] = {
    {"x-amz-checksum-crc32", crc32_digest},
    {"x-amz-checksum-sha256", sha256_digest},
};

bool reply_checksum_holds(const struct http_exchange *x)
{
    const struct body body = x->into ? (struct body){x->into, (size_t)x->into_size}
                                     : (struct body){x->reply_body.data, x->reply_body.len};
    if (x->http_status != 200 || strcmp(x->method, "GET") != 0)
        return true; /* a range's reply carries the checksum of the whole object */
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        size_t len;
        const char *sent = http_reply_header(x, algorithms[i].header, &len);
        if (!sent || memchr(sent, '-', len))
            continue; /* "...-7" is made of the checksums of 7 parts */
        uint8_t digest[SHA256_SIZE];
        struct buf text;
        buf_init(&text, 64);
        buf_append_base64(&text, digest, algorithms[i].digest(body, digest));
        bool holds = text.failed || (text.len == len && memcmp(text.data, sent, len) == 0);
        buf_release(&text);
        if (!holds)
            return false;
    }
    return true;
}
