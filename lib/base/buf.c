/* SPDX-License-Identifier: MIT */
/* buf - see buf.h. */
#include "lib/base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define BUF_FIRST_ALLOCATION 64

/* What `data` points to while nothing is owned; never written to. */
static const char nothing[1] = "";

static bool owns_memory(const struct buf *b)
{
    return b->allocated > 0;
}

void buf_init(struct buf *b, size_t max_len)
{
    /* Half the address space, so that sums of a length and an addition cannot wrap. */
    size_t max = max_len < SIZE_MAX / 2 ? max_len : SIZE_MAX / 2;
    *b = (struct buf){.data = (char *)nothing, .max = max};
}

void buf_release(struct buf *b)
{
    if (owns_memory(b))
        free(b->data);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->failed = STATUS_OK;
    buf_truncate(b, 0);
}

void buf_truncate(struct buf *b, size_t len)
{
    assert(len <= b->len);
    b->len = len;
    if (owns_memory(b))
        b->data[len] = '\0';
}

/* Grows by doubling, never past the ceiling and its NUL. */
static bool grow(struct buf *b, size_t needed)
{
    size_t size = owns_memory(b) ? b->allocated : BUF_FIRST_ALLOCATION;
    while (size < needed)
        size *= 2;
    if (size > b->max + 1)
        size = b->max + 1;
    char *data = realloc(owns_memory(b) ? b->data : NULL, size);
    if (!data)
        return false;
    b->data = data;
    b->allocated = size;
    return true;
}

void *buf_reserve(struct buf *b, size_t len)
{
    if (b->failed)
        return NULL;
    if (len > b->max - b->len) {
        b->failed = STATUS_LIMIT;
        return NULL;
    }
    size_t needed = b->len + len + 1;
    if (needed > b->allocated) {
        if (!grow(b, needed)) {
            b->failed = STATUS_NO_MEMORY;
            return NULL;
        }
        b->data[b->len] = '\0';
    }
    return b->data + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
    assert(b->len + len < b->allocated);
    b->len += len;
    b->data[b->len] = '\0';
}

/* As is nearly always so: then neither the ceiling nor the allocator need be asked. */
static bool has_room(const struct buf *b, size_t len)
{
    return b->failed == STATUS_OK && len < b->allocated && b->len < b->allocated - len;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return;
    void *to = has_room(b, len) ? b->data + b->len : buf_reserve(b, len);
    if (!to)
        return;
    memcpy(to, data, len);
    buf_commit(b, len);
}

void buf_append_str(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_append_char(struct buf *b, char c)
{
    if (!has_room(b, 1)) {
        buf_append(b, &c, 1);
        return;
    }
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    if (b->failed)
        return;
    va_list again;
    va_copy(again, args);
    /* Most texts fit into what is there; the others are written a second time. */
    size_t room = b->allocated - (owns_memory(b) ? b->len : 0);
    int length = vsnprintf(room > 0 ? b->data + b->len : NULL, room, format, args);
    if (length < 0) {
        b->failed = STATUS_LIMIT;
    } else if ((size_t)length < room) {
        b->len += (size_t)length;
    } else {
        if (room > 0)
            b->data[b->len] = '\0';
        char *to = buf_reserve(b, (size_t)length);
        if (to) {
            vsnprintf(to, (size_t)length + 1, format, again);
            b->len += (size_t)length;
        }
    }
    va_end(again);
}

void buf_append_hex(struct buf *b, const void *data, size_t len)
{
    char *to = buf_reserve(b, len < SIZE_MAX / 2 ? 2 * len : SIZE_MAX);
    if (!to)
        return;
    hex_encode(data, len, to);
    buf_commit(b, 2 * len);
}

void buf_append_base64(struct buf *b, const void *data, size_t len)
{
    size_t size = len < SIZE_MAX / 2 ? BASE64_SIZE(len) - 1 : SIZE_MAX;
    char *to = buf_reserve(b, size);
    if (!to)
        return;
    base64_encode(data, len, to);
    buf_commit(b, size);
}

enum status buf_status(const struct buf *b, const char *what, struct error *err)
{
    if (b->failed == STATUS_OK)
        return STATUS_OK;
    if (b->failed == STATUS_NO_MEMORY)
        return error_set(err, STATUS_NO_MEMORY, "no memory for %s", what);
    return error_set(err, b->failed, "%s would be longer than %zu bytes", what, b->max);
}

char *buf_take(struct buf *b)
{
    char *data = NULL;
    if (!b->failed && b->len > 0) {
        data = b->data;
        buf_init(b, b->max);
    } else {
        buf_release(b);
    }
    return data;
}

bool buf_equals(const struct buf *b, const char *text)
{
    size_t len = strlen(text);
    return b->len == len && (len == 0 || memcmp(b->data, text, len) == 0);
}
