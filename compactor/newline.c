/* SPDX-License-Identifier: MIT */
/* newline - final newlines of plain and gzip sources. */
#include "compactor/newline.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define INFLATE_CHUNK    65536
#define GZIP_WINDOW_BITS (16 + MAX_WBITS) /* zlib: gzip framing required */

struct newline {
    enum newline_kind kind;
    bool has_content;
    uint8_t last;
    z_stream stream;
    bool stream_ready;
    bool within_member;
    uint8_t *scratch; /* NEWLINE_GZIP only */
};

static const uint8_t text_newline[] = {'\n'};
/* A member that holds "\n": header (no name, no time, unknown system), the fixed-Huffman block that
 * zlib makes of it, CRC-32 and length. */
static const uint8_t gzip_newline[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00,
                                       0x00, 0x00, 0xff, 0xe3, 0x02, 0x00, 0x93,
                                       0x06, 0xd7, 0x32, 0x01, 0x00, 0x00, 0x00};

enum status newline_new(enum newline_kind kind, struct newline **out, struct error *err)
{
    struct newline *n = calloc(1, sizeof *n);
    if (n == NULL)
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    n->kind = kind;
    if (kind == NEWLINE_GZIP) {
        n->scratch = malloc(INFLATE_CHUNK);
        if (n->scratch == NULL || inflateInit2(&n->stream, GZIP_WINDOW_BITS) != Z_OK) {
            newline_free(n);
            return error_set(err, STATUS_NO_MEMORY, "out of memory for zlib");
        }
        n->stream_ready = true;
    }
    *out = n;
    return STATUS_OK;
}

void newline_free(struct newline *n)
{
    if (n == NULL)
        return;
    if (n->stream_ready)
        inflateEnd(&n->stream);
    free(n->scratch);
    free(n);
}

static enum status inflate_more(struct newline *n, struct error *err)
{
    z_stream *z = &n->stream;
    do {
        z->next_out = n->scratch;
        z->avail_out = INFLATE_CHUNK;
        n->within_member = true;
        const int result = inflate(z, Z_NO_FLUSH);
        const size_t got = INFLATE_CHUNK - z->avail_out;
        if (got > 0) {
            n->has_content = true;
            n->last = n->scratch[got - 1];
        }
        if (result == Z_STREAM_END) {
            n->within_member = false;
            inflateReset(z);
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return error_set(err, STATUS_PROTOCOL, "is not valid gzip (%s)",
                             z->msg != NULL ? z->msg : "no header");
        }
    } while (z->avail_in > 0 || (n->within_member && z->avail_out == 0));
    return STATUS_OK;
}

enum status newline_feed(struct newline *n, const void *data, size_t len, struct error *err)
{
    if (n->kind == NEWLINE_IGNORED || len == 0)
        return STATUS_OK;
    if (n->kind == NEWLINE_GZIP) {
        n->stream.next_in = (Bytef *)(uintptr_t)data;
        n->stream.avail_in = (uInt)len; /* pieces are at most a part, far below 4 GiB */
        return inflate_more(n, err);
    }
    n->has_content = true;
    n->last = ((const uint8_t *)data)[len - 1];
    return STATUS_OK;
}

enum status newline_end(struct newline *n, bool *missing, struct error *err)
{
    if (n->within_member)
        return error_set(err, STATUS_PROTOCOL, "ends within a gzip member");
    *missing = n->has_content && n->last != '\n';
    n->has_content = false;
    return STATUS_OK;
}

const uint8_t *newline_bytes(enum newline_kind kind, size_t *len)
{
    if (kind == NEWLINE_TEXT) {
        *len = sizeof text_newline;
        return text_newline;
    }
    if (kind == NEWLINE_GZIP) {
        *len = sizeof gzip_newline;
        return gzip_newline;
    }
    *len = 0;
    return NULL;
}
