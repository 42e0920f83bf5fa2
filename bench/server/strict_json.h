/* SPDX-License-Identifier: MIT */
/*
 * strict_json - reads JSON objects by a table of their fields, and refuses everything that the
 * table does not name: a setting that is misspelt must not be a setting that is ignored.
 *
 *     static const struct strict_field fields[] = {
 *         STRICT_UINT("status", offsetof(struct x, status), 200, 599),
 *         STRICT_END,
 *     };
 *     status = strict_read(object, "rule 2: then", fields, &x, &given, err);
 *
 * Errors are one line: where, field, what was found, what is allowed. Fields that are absent leave
 * their place in the struct as it was.
 */
#ifndef KIT_BENCH_SERVER_STRICT_JSON_H
#define KIT_BENCH_SERVER_STRICT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/error.h"

#define STRICT_FIELDS_MAX 64
#define STRICT_BYTES_MAX  (1u << 20) /* of a document */

enum strict_type {
    STRICT_TYPE_END,
    STRICT_TYPE_TEXT,   /* const char *: min to max bytes; lives as long as the document */
    STRICT_TYPE_UINT,   /* uint64_t within [min, max] */
    STRICT_TYPE_INT,    /* int64_t within [-max, max] */
    STRICT_TYPE_REAL,   /* double within [low, high] */
    STRICT_TYPE_BOOL,   /* bool */
    STRICT_TYPE_CHOICE, /* int: index into `choices`, from 1, so that 0 can mean none */
    STRICT_TYPE_NESTED, /* const json_t *: an object or array that the caller reads */
};

struct strict_field {
    const char *name;
    enum strict_type type;
    size_t offset;
    uint64_t min, max;
    double low, high;
    const char *const *choices; /* ended by NULL */
};

#define STRICT_END                                                                                 \
    {                                                                                              \
        .type = STRICT_TYPE_END                                                                    \
    }
#define STRICT_TEXT(n, at, shortest, longest)                                                      \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_TEXT, .offset = (at), .min = (shortest), .max = (longest) \
    }
#define STRICT_UINT(n, at, lo, hi)                                                                 \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_UINT, .offset = (at), .min = (lo), .max = (hi)            \
    }
#define STRICT_INT(n, at, hi)                                                                      \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_INT, .offset = (at), .max = (hi)                          \
    }
#define STRICT_REAL(n, at, lo, hi)                                                                 \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_REAL, .offset = (at), .low = (lo), .high = (hi)           \
    }
#define STRICT_BOOL(n, at)                                                                         \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_BOOL, .offset = (at)                                      \
    }
#define STRICT_CHOICE(n, at, c)                                                                    \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_CHOICE, .offset = (at), .choices = (c)                    \
    }
#define STRICT_NESTED(n, at)                                                                       \
    {                                                                                              \
        .name = (n), .type = STRICT_TYPE_NESTED, .offset = (at)                                    \
    }

/* Text of the document as an error can show it: on one line, and cut. */
#define STRICT_SHOWN_SIZE 65
const char *strict_shown(const char *text, char out[STRICT_SHOWN_SIZE]);

/* A whole document; a syntax error names line and column. The caller decrefs it. */
enum status strict_parse(const char *text, size_t len, json_t **out, struct error *err) MUST_USE;
/* Reads `object` (which may be anything: it is checked) into `out`. Bit i of *given (may be NULL)
 * tells whether fields[i] was there. */
enum status strict_read(const json_t *object, const char *where, const struct strict_field *fields,
                        void *out, uint64_t *given, struct error *err) MUST_USE;

#endif
