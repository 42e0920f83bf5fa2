/* SPDX-License-Identifier: MIT */
/*
 * error - the status every fallible function returns, and the text that explains it.
 *
 * A function that can fail returns `enum status` and takes a `struct error *` last. On failure it
 * fills the error and returns its status, so `return error_set(err, STATUS_IO, "...")` is the whole
 * failure path: it never allocates. On success the error is left alone. Callers may pass NULL when
 * the text is not wanted. Outputs of a failed function are untouched.
 *
 * The text is one line without a trailing newline; it says what is wrong and, where known, what to
 * do about it. Text longer than ERROR_TEXT_MAX is cut. Secrets never go into it.
 *
 * Threads: an error belongs to one thread at a time.
 */
#ifndef KIT_BASE_ERROR_H
#define KIT_BASE_ERROR_H

#include <stdarg.h>

#define ERROR_TEXT_MAX 1024

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_arg)                                                       \
    __attribute__((format(printf, format_index, first_arg)))

enum status {
    STATUS_OK = 0,
    STATUS_INVALID,      /* the caller's input is malformed or contradictory */
    STATUS_NOT_FOUND,    /* a bucket, key, upload, file or profile does not exist */
    STATUS_PRECONDITION, /* a condition did not hold: If-Match, If-None-Match, "already there" */
    STATUS_DENIED,       /* credentials missing, wrong or without the permission */
    STATUS_NETWORK,      /* no usable reply: connect, TLS, reset, deadline */
    STATUS_PROTOCOL,     /* a reply that contradicts itself or the protocol */
    STATUS_REMOTE,       /* the service answered with any other error */
    STATUS_LIMIT,        /* a named limit would be exceeded */
    STATUS_NO_MEMORY,    /* an allocation failed */
    STATUS_IO,           /* a local file or descriptor failed */
    STATUS_CANCELLED,    /* given up on request of the caller */
};

struct error {
    enum status status;
    char text[ERROR_TEXT_MAX];
};

/* Fills `err` (may be NULL) and returns `status`, which must not be STATUS_OK. */
enum status error_set(struct error *err, enum status status, const char *format, ...)
    PRINTF_LIKE(3, 4);
enum status error_set_v(struct error *err, enum status status, const char *format, va_list args);

#ifdef __clang_analyzer__
/* It sees one file at a time: tell it that what comes back is the status that went in. */
#define error_set(err, status, ...) (error_set((err), (status), __VA_ARGS__), (status))
#endif

/* Puts "<prefix>: " in front of the text that is already there. No-op on NULL. */
void error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Copies `from` (not NULL) to `to` (may be NULL) and returns its status. */
enum status error_copy(struct error *to, const struct error *from);

/* A short lower-case name of a status, for logs: "not-found". Never NULL. */
const char *status_name(enum status status);

#endif
