/* SPDX-License-Identifier: MIT */
/* json - see json.h. */
#include "lib/tool/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

void json_init(struct json *j, struct buf *out, bool pretty)
{
    *j = (struct json){.out = out, .pretty = pretty};
}

static void new_line(struct json *j)
{
    if (j->pretty)
        buf_printf(j->out, "\n%*s", (int)(2 * j->depth), "");
}

static bool in_range(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

/* Length of the well-formed UTF-8 character at `s` (table 3-7 of the Unicode standard), or 0. The
 * text's NUL ends every test early. */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (in_range(s[0], 0xC2, 0xDF))
        return in_range(s[1], 0x80, 0xBF) ? 2 : 0;
    if (in_range(s[0], 0xE0, 0xEF)) {
        const unsigned char low = s[0] == 0xE0 ? 0xA0 : 0x80;  /* no overlong forms */
        const unsigned char high = s[0] == 0xED ? 0x9F : 0xBF; /* no surrogates */
        return in_range(s[1], low, high) && in_range(s[2], 0x80, 0xBF) ? 3 : 0;
    }
    if (in_range(s[0], 0xF0, 0xF4)) {
        const unsigned char low = s[0] == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = s[0] == 0xF4 ? 0x8F : 0xBF;
        return in_range(s[1], low, high) && in_range(s[2], 0x80, 0xBF) && in_range(s[3], 0x80, 0xBF)
                   ? 4
                   : 0;
    }
    return 0;
}

bool utf8_is_valid(const char *text)
{
    while (*text) {
        const size_t len = utf8_length((const unsigned char *)text);
        if (len == 0)
            return false;
        text += len;
    }
    return true;
}

static void append_ascii(struct buf *out, char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char escaped[] = "\"\\bfnrt";
    const char *at = strchr(plain, c);
    if (at)
        buf_printf(out, "\\%c", escaped[at - plain]);
    else if ((unsigned char)c < 0x20)
        buf_printf(out, "\\u%04x", (unsigned)c);
    else
        buf_append_char(out, c);
}

/* Bytes that stand for themselves: nearly all, so they go out together. */
static size_t plain_length(const char *text)
{
    size_t n = 0;
    while (in_range((unsigned char)text[n], 0x20, 0x7F) && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

static void append_string(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    for (;;) {
        const size_t plain = plain_length(text);
        buf_append(out, text, plain);
        text += plain;
        if (!*text)
            break;
        const size_t len = utf8_length((const unsigned char *)text);
        if (len == 1)
            append_ascii(out, *text);
        else if (len > 1)
            buf_append(out, text, len);
        else
            buf_append_str(out, REPLACEMENT);
        text += len > 0 ? len : 1;
    }
    buf_append_char(out, '"');
}

/* Everything that stands before a value: comma, line, name. */
static void begin_value(struct json *j, const char *name)
{
    if (j->depth == 0)
        return;
    assert(j->array[j->depth - 1] == !name);
    if (!j->first[j->depth - 1])
        buf_append_char(j->out, ',');
    j->first[j->depth - 1] = false;
    new_line(j);
    if (name) {
        append_string(j->out, name);
        buf_append_str(j->out, j->pretty ? ": " : ":");
    }
}

static void begin_container(struct json *j, const char *name, bool is_array)
{
    begin_value(j, name);
    if (j->depth == JSON_DEPTH_MAX) {
        j->out->failed = STATUS_LIMIT;
        return;
    }
    buf_append_char(j->out, is_array ? '[' : '{');
    j->array[j->depth] = is_array;
    j->first[j->depth] = true;
    j->depth++;
}

void json_begin_object(struct json *j, const char *name)
{
    begin_container(j, name, false);
}

void json_begin_array(struct json *j, const char *name)
{
    begin_container(j, name, true);
}

void json_end(struct json *j)
{
    if (j->depth == 0) /* after a failure for depth */
        return;
    j->depth--;
    if (!j->first[j->depth])
        new_line(j);
    buf_append_char(j->out, j->array[j->depth] ? ']' : '}');
}

void json_str(struct json *j, const char *name, const char *value)
{
    begin_value(j, name);
    if (value)
        append_string(j->out, value);
    else
        buf_append_str(j->out, "null");
}

#define DIGITS_MAX 20 /* of 64 bits */

/* At least `width` digits. By hand because a server's log writes a dozen numbers a request. */
static void append_digits(struct buf *out, uint64_t value, unsigned width)
{
    char text[DIGITS_MAX];
    size_t at = sizeof text;
    for (; value > 0 || width > 0; value /= 10) {
        text[--at] = (char)('0' + value % 10);
        width -= width > 0;
    }
    buf_append(out, text + at, sizeof text - at);
}

void json_u64(struct json *j, const char *name, uint64_t value)
{
    begin_value(j, name);
    append_digits(j->out, value, 1);
}

static uint64_t append_sign(struct buf *out, int64_t value)
{
    if (value < 0)
        buf_append_char(out, '-');
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void json_i64(struct json *j, const char *name, int64_t value)
{
    begin_value(j, name);
    append_digits(j->out, append_sign(j->out, value), 1);
}

void json_micro(struct json *j, const char *name, int64_t millionths)
{
    begin_value(j, name);
    const uint64_t all = append_sign(j->out, millionths);
    append_digits(j->out, all / 1000000, 1);
    buf_append_char(j->out, '.');
    append_digits(j->out, all % 1000000, 6);
}

void json_f64(struct json *j, const char *name, double value)
{
    if (!isfinite(value)) {
        json_write_null(j, name);
        return;
    }
    begin_value(j, name);
    char text[32] = "";
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        const double back = strtod(text, NULL);
        if (back == value)
            break;
    }
    buf_append_str(j->out, text);
}

void json_bool(struct json *j, const char *name, bool value)
{
    begin_value(j, name);
    buf_append_str(j->out, value ? "true" : "false");
}

void json_write_null(struct json *j, const char *name)
{
    begin_value(j, name);
    buf_append_str(j->out, "null");
}
