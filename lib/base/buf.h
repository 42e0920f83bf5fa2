/* SPDX-License-Identifier: MIT */
/*
 * buf - a growable byte string that is born with a ceiling.
 *
 * Use: buf_init with the largest size it may ever have, append, read `data`/`len`, buf_release.
 * `data` is always NUL-terminated once anything was appended or reserved, and "" before that, so a
 * buf that holds text can be read as a C string.
 *
 * Failure is sticky: an append that would pass the ceiling (or whose allocation fails) leaves the
 * content as it was and marks the buf failed; later appends do nothing. So a run of appends needs
 * one check of buf_status at its end.
 *
 * Ownership: the caller owns the struct; buf_take hands the memory over. Threads: none of its own.
 */
#ifndef KIT_BASE_BUF_H
#define KIT_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

struct buf {
    char *data;       /* never NULL; do not free */
    size_t len;       /* bytes, without the NUL */
    size_t allocated; /* bytes owned; 0 while nothing is */
    size_t max;       /* ceiling for len */
    enum status failed;
};

void buf_init(struct buf *b, size_t max_len);
/* Frees the memory; the buf is as after buf_init with the same ceiling. Accepts a zeroed struct. */
void buf_release(struct buf *b);
/* Forgets content and failure, keeps the memory. */
void buf_reset(struct buf *b);
/* Cuts to `len` bytes, which must not be more than there are. */
void buf_truncate(struct buf *b, size_t len);

void buf_append(struct buf *b, const void *data, size_t len);
void buf_append_str(struct buf *b, const char *text);
void buf_append_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args);
/* Lower-case hexadecimal. */
void buf_append_hex(struct buf *b, const void *data, size_t len);
void buf_append_base64(struct buf *b, const void *data, size_t len);

/* Makes room for `len` more bytes and returns where they go (add them to b->len with
 * buf_commit), or NULL when the buf failed. */
void *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);

/* STATUS_OK, or STATUS_LIMIT / STATUS_NO_MEMORY with `what` named in the text. */
enum status buf_status(const struct buf *b, const char *what, struct error *err) MUST_USE;
/* Moves the memory out (free() it); NULL when failed or empty. The buf is empty afterwards. */
char *buf_take(struct buf *b);
bool buf_equals(const struct buf *b, const char *text);

#endif
