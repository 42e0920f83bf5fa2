/* SPDX-License-Identifier: MIT */
/* units - see units.h. */
#include "lib/base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"B", 1},
    {"k", UINT64_C(1) << 10},
    {"KiB", UINT64_C(1) << 10},
    {"kB", UINT64_C(1000)},
    {"M", UINT64_C(1) << 20},
    {"MiB", UINT64_C(1) << 20},
    {"MB", UINT64_C(1000000)},
    {"G", UINT64_C(1) << 30},
    {"GiB", UINT64_C(1) << 30},
    {"GB", UINT64_C(1000000000)},
    {"T", UINT64_C(1) << 40},
    {"TiB", UINT64_C(1) << 40},
    {"TB", UINT64_C(1000000000000)},
    {NULL, 0},
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};

/* A decimal number as read: whole + fraction / scale. */
struct decimal {
    uint64_t whole;
    uint64_t fraction;
    uint64_t scale;
};

#define FRACTION_DIGITS_MAX 6 /* so that fraction * factor stays below 2^64 for every unit */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool append_digit(uint64_t *value, char c)
{
    const uint64_t digit = (uint64_t)(c - '0');
    if (*value > (UINT64_MAX - digit) / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

/* Reads the number at *p and moves on; false when there is none or it is too long. */
static bool read_decimal(const char **p, struct decimal *out)
{
    struct decimal d = {.scale = 1};
    const char *c = *p;
    if (!is_digit(*c))
        return false;
    for (; is_digit(*c); c++) {
        if (!append_digit(&d.whole, *c))
            return false;
    }
    if (*c == '.') {
        const char *first = ++c;
        for (; is_digit(*c) && c - first < FRACTION_DIGITS_MAX; c++) {
            d.fraction = d.fraction * 10 + (uint64_t)(*c - '0');
            d.scale *= 10;
        }
        if (c == first || is_digit(*c))
            return false;
    }
    *p = c;
    *out = d;
    return true;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name; units++) {
        if (strcasecmp(units->name, name) == 0)
            return units;
    }
    return NULL;
}

static bool scale(const struct decimal *d, uint64_t factor, uint64_t max, uint64_t *out)
{
    const uint64_t part = d->fraction * factor / d->scale;
    if (part > max || d->whole > (max - part) / factor)
        return false;
    *out = d->whole * factor + part;
    return true;
}

enum status size_parse(const char *text, uint64_t *bytes, struct error *err)
{
    const char *p = text;
    struct decimal d;
    if (!read_decimal(&p, &d))
        goto invalid;
    p += strspn(p, " ");
    const struct unit *unit = find_unit(size_units, *p ? p : "B");
    /* Half a byte is a slip, 1.1 GiB is rounded down to whole bytes. */
    if (!unit || (unit->factor == 1 && d.scale > 1))
        goto invalid;
    if (!scale(&d, unit->factor, UINT64_MAX, bytes))
        return error_set(err, STATUS_INVALID, "\"%.64s\" is more bytes than can be counted", text);
    return STATUS_OK;
invalid:
    return error_set(err, STATUS_INVALID, "\"%.64s\" is not a size (expected e.g. 512, 64k, 8MiB)",
                     text);
}

enum status duration_parse(const char *text, int64_t *ms, struct error *err)
{
    const char *p = text;
    struct decimal d;
    if (!read_decimal(&p, &d))
        goto invalid;
    p += strspn(p, " ");
    const bool is_zero = d.whole == 0 && d.fraction == 0;
    const struct unit *unit = find_unit(duration_units, *p == '\0' && is_zero ? "s" : p);
    if (!unit)
        goto invalid;
    uint64_t value;
    if (!scale(&d, unit->factor, INT64_MAX, &value))
        return error_set(err, STATUS_INVALID, "\"%.64s\" is longer than can be counted", text);
    *ms = (int64_t)value;
    return STATUS_OK;
invalid:
    return error_set(err, STATUS_INVALID,
                     "\"%.64s\" is not a duration (expected e.g. 250ms, 30s, 10m, 2h, 1d)", text);
}

/* All of `text` as digits. Too large a number counts as UINT64_MAX, with *overflow. */
static bool read_whole(const char *text, uint64_t *out, bool *overflow)
{
    *overflow = false;
    *out = 0;
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++) {
        if (!*overflow && !append_digit(out, *text))
            *overflow = true;
    }
    return *text == '\0';
}

enum status uint_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out,
                       struct error *err)
{
    uint64_t value;
    bool overflow;
    const bool number = read_whole(text, &value, &overflow);
    if (number && !overflow && value >= min && value <= max) {
        *out = value;
        return STATUS_OK;
    }
    char range[64];
    if (max == UINT64_MAX)
        snprintf(range, sizeof range, "%" PRIu64 " or more", min);
    else
        snprintf(range, sizeof range, "%" PRIu64 " to %" PRIu64, min, max);
    return number
               ? error_set(err, STATUS_INVALID, "%.64s is out of range (expected %s)", text, range)
               : error_set(err, STATUS_INVALID, "\"%.64s\" is not a whole number (expected %s)",
                           text, range);
}

enum status int_parse(const char *text, int64_t min, int64_t max, int64_t *out, struct error *err)
{
    const bool negative = *text == '-';
    /* -(INT64_MIN) does not fit, hence the detour. */
    const uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t magnitude;
    bool overflow;
    if (!read_whole(text + negative, &magnitude, &overflow))
        return error_set(err, STATUS_INVALID,
                         "\"%.64s\" is not a whole number (expected %" PRId64 " to %" PRId64 ")",
                         text, min, max);
    overflow = overflow || magnitude > limit;
    int64_t value = 0;
    if (!overflow && magnitude > 0)
        value = negative ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    if (overflow || value < min || value > max)
        return error_set(err, STATUS_INVALID,
                         "%.64s is out of range (expected %" PRId64 " to %" PRId64 ")", text, min,
                         max);
    *out = value;
    return STATUS_OK;
}

static uint64_t divide_rounded(uint64_t a, uint64_t b)
{
    return a / b + (a % b >= b - a % b);
}

void size_append(struct buf *b, uint64_t bytes)
{
    static const char *const names[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) {
        buf_printf(b, "%" PRIu64 " B", bytes);
        return;
    }
    size_t i = 0;
    uint64_t factor = 1000;
    while (i + 1 < sizeof names / sizeof *names && divide_rounded(bytes, factor) >= 1000) {
        factor *= 1000;
        i++;
    }
    const uint64_t tenths = divide_rounded(bytes, factor / 10);
    if (tenths < 1000)
        buf_printf(b, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, names[i]);
    else
        buf_printf(b, "%" PRIu64 " %s", divide_rounded(bytes, factor), names[i]);
}

void count_append(struct buf *b, uint64_t n)
{
    char digits[32];
    const size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_append_char(b, ',');
        buf_append_char(b, digits[i]);
    }
}

void duration_append_s(struct buf *b, double seconds)
{
    if (!(seconds >= 0 && seconds < 1e15)) {
        buf_append_str(b, "unknown");
        return;
    }
    const uint64_t ms = (uint64_t)llround(seconds * 1000);
    const uint64_t tenths = divide_rounded(ms, 100);
    const uint64_t s = divide_rounded(ms, 1000);
    const uint64_t minutes = divide_rounded(ms, 60000);
    if (ms < 1000)
        buf_printf(b, "%" PRIu64 " ms", ms);
    else if (tenths < 600)
        buf_printf(b, "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
    else if (s < 3600)
        buf_printf(b, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
    else
        buf_printf(b, "%" PRIu64 " h %02" PRIu64 " min", minutes / 60, minutes % 60);
}
