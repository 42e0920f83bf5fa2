/* SPDX-License-Identifier: MIT */
/* kept_headers - see kept_headers.h. */
#include "bench/server/kept_headers.h"

#include <string.h>
#include <strings.h>

#include "bench/server/checksum.h"

#define META_PREFIX     "x-amz-meta-"
#define CHECKSUM_PREFIX "x-amz-checksum-"

/* How S3 spells them, whatever the client did. */
static const char *const kept[] = {
    "Cache-Control",       "Content-Disposition",
    "Content-Encoding",    "Content-Language",
    "Content-Type",        "Expires",
    "x-amz-storage-class", "x-amz-website-redirect-location",
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static void append_line(struct buf *out, const char *name, const char *value)
{
    buf_append_str(out, name);
    buf_append(out, ": ", 2);
    buf_append_str(out, value);
    buf_append_char(out, '\n');
}

static void append_known(const struct sigv4_pair *header, struct buf *out)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (strcasecmp(kept[i], header->name) != 0)
            continue;
        /* The default class is not sent. */
        if (starts_with(kept[i], "x-amz-storage") && strcmp(header->value, "STANDARD") == 0)
            return;
        append_line(out, kept[i], header->value);
        return;
    }
}

static void append_meta(const char *header, const char *value, struct buf *out)
{
    /* S3 gives user metadata back in lower case. */
    for (const char *p = header; *p != '\0'; p++)
        buf_append_char(out, *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p);
    append_line(out, "", value);
}

enum code kept_headers_collect(const struct request *r, struct buf *out)
{
    size_t meta_bytes = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct sigv4_pair *h = &r->headers[i];
        if (starts_with(h->name, META_PREFIX)) {
            meta_bytes += strlen(h->name) - strlen(META_PREFIX) + strlen(h->value);
            append_meta(h->name, h->value, out);
        } else {
            append_known(h, out);
        }
    }
    checksum_append_headers(r, out);
    if (meta_bytes > USER_METADATA_MAX || out->failed != STATUS_OK)
        return CODE_REQUEST_HEADER_TOO_LARGE;
    return CODE_NONE;
}

void kept_headers_append(const char *lines, bool with_checksums, struct buf *out)
{
    bool typed = false;
    for (const char *p = lines != NULL ? lines : ""; *p != '\0';) {
        const size_t len = strcspn(p, "\n");
        const size_t line = len + (p[len] == '\n');
        typed = typed || starts_with(p, "Content-Type:");
        if (with_checksums || !starts_with(p, CHECKSUM_PREFIX))
            buf_append(out, p, line);
        p += line;
    }
    if (!typed)
        append_line(out, "Content-Type", "binary/octet-stream");
}
