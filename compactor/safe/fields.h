/* SPDX-License-Identifier: MIT */
/*
 * fields - typed members of one JSON object of untrusted text. The first that is missing or wrong
 * sets the status, later ones do nothing: one check at the end is enough.
 *
 *     struct fields f;
 *     if (fields_open(&f, text, len, "s3-compact-sum/1", "the sum record", err) == STATUS_OK) {
 *         fields_u64(&f, "bytes", &bytes);
 *         ...
 *     }
 *     status = fields_close(&f);
 */
#ifndef KIT_COMPACTOR_SAFE_FIELDS_H
#define KIT_COMPACTOR_SAFE_FIELDS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct fields {
    json_t *root;
    const json_t *object; /* root, or a member of it */
    const char *what;     /* for messages */
    struct error *err;
    enum status status;
};

/* `schema` NULL: the object has none. fields_close must follow, whatever came. */
enum status fields_open(struct fields *f, const char *text, size_t len, const char *schema,
                        const char *what, struct error *err);
enum status fields_close(struct fields *f) MUST_USE;

/* A string of less than `room` bytes, without NUL characters. */
void fields_str(struct fields *f, const char *name, char *out, size_t room);
/* Likewise, or null, which gives "". */
void fields_str_or_null(struct fields *f, const char *name, char *out, size_t room);
void fields_u64(struct fields *f, const char *name, uint64_t *out);
/* Exactly 2 * len hexadecimal digits. */
void fields_hex(struct fields *f, const char *name, uint8_t *out, size_t len);
/* ISO 8601 in UTC to Unix seconds. */
void fields_time(struct fields *f, const char *name, int64_t *out);
/* Later fields are those of this member; back to the root with NULL. */
void fields_enter(struct fields *f, const char *name);
/* Sets the status, unless it is set already. */
void fields_fail(struct fields *f, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
