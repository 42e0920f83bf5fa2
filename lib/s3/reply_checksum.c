/* SPDX-License-Identifier: MIT */
/*
 * reply_checksum - the checksum that S3 sends along with a body where the request asked for it
 * (x-amz-checksum-mode: ENABLED), against the body.
 */
#include <string.h>
#include <strings.h>

#include "lib/s3/checksum.h"
#include "lib/s3/client_private.h"

#define CHECKSUM_PREFIX "x-amz-checksum-"

/* Copies a header's value; false when there is none, or it is longer than any checksum of ours. */
static bool header_text(const struct http_exchange *x, const char *name, char *out, size_t room)
{
    size_t len = 0;
    const char *value = http_reply_header(x, name, &len);
    if (value == NULL || len >= room)
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

bool reply_checksum_sent(const struct http_exchange *x, enum checksum_algorithm algorithm,
                         uint8_t digest[CHECKSUM_SIZE_MAX])
{
    char text[CHECKSUM_TEXT_SIZE + 1];
    if (!header_text(x, checksum_info(algorithm)->header, text, sizeof text))
        return false;
    char type[16];
    if (header_text(x, "x-amz-checksum-type", type, sizeof type) &&
        strcasecmp(type, "COMPOSITE") == 0)
        return false;
    /* "...-7" is made of the checksums of 7 parts, and does not decode. */
    return checksum_decode(algorithm, text, digest);
}

bool reply_checksum_holds(const struct http_exchange *x)
{
    const void *body = x->into ? x->into : x->reply_body.data;
    const size_t len = x->into ? (size_t)x->into_size : x->reply_body.len;
    /* A range's reply (206) carries the checksum of the whole object. */
    if (x->http_status != 200 || strcmp(x->method, "GET") != 0 ||
        strstr(x->reply_headers.data, CHECKSUM_PREFIX) == NULL)
        return true;
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++) {
        uint8_t sent[CHECKSUM_SIZE_MAX];
        uint8_t digest[CHECKSUM_SIZE_MAX];
        if (!reply_checksum_sent(x, a, sent))
            continue;
        checksum_of(a, body, len, digest);
        /* One is enough: servers send no more. */
        return memcmp(sent, digest, checksum_info(a)->size) == 0;
    }
    return true;
}
