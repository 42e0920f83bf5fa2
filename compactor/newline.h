/* SPDX-License-Identifier: MIT */
/*
 * newline - whether a source ends in a newline, looked at while its bytes go by.
 *
 * Plain text shows it in the last byte. A gzip source has to be inflated to know, member after
 * member, with a window that zlib bounds; its newline is then added as a member of its own, so the
 * raw members stay untouched (RFC 1952 allows any number of them).
 */
#ifndef KIT_COMPACTOR_NEWLINE_H
#define KIT_COMPACTOR_NEWLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

enum newline_kind {
    NEWLINE_IGNORED, /* not looked at: compressed bytes that are only passed on */
    NEWLINE_COUNTED, /* plain text; a missing one is counted, not added */
    NEWLINE_TEXT,    /* plain text; a missing one is added */
    NEWLINE_GZIP,    /* gzip; a missing one is added as a member */
};

#define NEWLINE_ADDED_MAX 32 /* bytes that newline_bytes can return */
#define NEWLINE_GZIP_MIN  18 /* header and trailer: the least that a gzip source has */

struct newline;

enum status newline_new(enum newline_kind kind, struct newline **out, struct error *err) MUST_USE;
void newline_free(struct newline *n);
/* The next bytes of the current source. STATUS_PROTOCOL when a gzip source is not gzip. */
enum status newline_feed(struct newline *n, const void *data, size_t len,
                         struct error *err) MUST_USE;
/* The source is over: tells whether it had content without a final newline, and starts the next.
 * STATUS_PROTOCOL when a gzip source stops within a member. */
enum status newline_end(struct newline *n, bool *missing, struct error *err) MUST_USE;
/* What to add for a missing newline, NULL with *len 0 where nothing is added. */
const uint8_t *newline_bytes(enum newline_kind kind, size_t *len);

#endif
