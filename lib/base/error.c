/* SPDX-License-Identifier: MIT */
/* error - see error.h. */
#include "lib/base/error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum status error_set_v(struct error *err, enum status status, const char *format, va_list args)
{
    assert(status != STATUS_OK);
    if (err) {
        /* By way of a copy, because the arguments may point into err->text. */
        char text[ERROR_TEXT_MAX];
        vsnprintf(text, sizeof text, format, args);
        err->status = status;
        memcpy(err->text, text, sizeof text);
    }
    return status;
}

enum status(error_set)(struct error *err, enum status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_set_v(err, status, format, args);
    va_end(args);
    return status;
}

void error_prefix(struct error *err, const char *format, ...)
{
    if (!err)
        return;
    char prefix[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);

    const size_t old_len = strlen(err->text);
    char text[2 * ERROR_TEXT_MAX + 2]; /* both whole; then as much of them as fits */
    const size_t len = strlen(prefix);
    memcpy(text, prefix, len);
    memcpy(text + len, ": ", 2);
    memcpy(text + len + 2, err->text, old_len + 1);
    text[ERROR_TEXT_MAX - 1] = '\0';
    memcpy(err->text, text, strlen(text) + 1);
}

enum status error_copy(struct error *to, const struct error *from)
{
    if (to && to != from)
        *to = *from;
    return from->status;
}

const char *status_name(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_INVALID:
        return "invalid";
    case STATUS_NOT_FOUND:
        return "not-found";
    case STATUS_PRECONDITION:
        return "precondition";
    case STATUS_DENIED:
        return "denied";
    case STATUS_NETWORK:
        return "network";
    case STATUS_PROTOCOL:
        return "protocol";
    case STATUS_REMOTE:
        return "remote";
    case STATUS_LIMIT:
        return "limit";
    case STATUS_NO_MEMORY:
        return "no-memory";
    case STATUS_IO:
        return "io";
    case STATUS_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}
