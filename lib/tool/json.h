/* SPDX-License-Identifier: MIT */
/*
 * json - a streaming JSON writer with sticky failure. (Reading is jansson's.)
 *
 *     json_begin_object(&j); json_str(&j, "status", "done"); json_u64(&j, "bytes", n); json_end(&j);
 *
 * Inside an object every value has a name; inside an array pass NULL. Strings are taken as UTF-8;
 * bytes that are not are written as U+FFFD, so that the document is always valid.
 */
#ifndef KIT_TOOL_JSON_H
#define KIT_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"

#define JSON_DEPTH_MAX 32

/* Whether a string would be written as it is, and nothing replaced. */
bool utf8_is_valid(const char *text);

struct json {
    struct buf *out;
    unsigned depth;
    bool array[JSON_DEPTH_MAX];
    bool first[JSON_DEPTH_MAX];
    bool pretty; /* two spaces an indent; otherwise one line */
};

void json_init(struct json *j, struct buf *out, bool pretty);
void json_begin_object(struct json *j, const char *name);
void json_begin_array(struct json *j, const char *name);
void json_end(struct json *j);
void json_str(struct json *j, const char *name, const char *value); /* NULL writes null */
void json_u64(struct json *j, const char *name, uint64_t value);
void json_i64(struct json *j, const char *name, int64_t value);
/* A number of millionths as a decimal fraction: 1500000 is 1.500000. */
void json_micro(struct json *j, const char *name, int64_t millionths);
/* Shortest form that reads back as the same double; NaN and infinities write null. */
void json_f64(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);
/* Not json_null, which is jansson's: one program links both. */
void json_write_null(struct json *j, const char *name);

#endif
