/* SPDX-License-Identifier: MIT */
/* strict_json - see strict_json.h. */
#include "bench/server/strict_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 640

const char *strict_shown(const char *text, char out[STRICT_SHOWN_SIZE])
{
    size_t n = 0;
    for (; n < STRICT_SHOWN_SIZE - 1 && text[n] != '\0'; n++)
        out[n] = (unsigned char)text[n] < ' ' || text[n] == 0x7f ? '?' : text[n];
    out[n] = '\0';
    return out;
}

enum status strict_parse(const char *text, size_t len, json_t **out, struct error *err)
{
    json_error_t problem;
    char shown[STRICT_SHOWN_SIZE];
    if (len > STRICT_BYTES_MAX)
        return error_set(err, STATUS_LIMIT, "the file has %zu bytes, more than %u", len,
                         STRICT_BYTES_MAX);
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL)
        return error_set(err, STATUS_INVALID, "not JSON: line %d, column %d: %s", problem.line,
                         problem.column, strict_shown(problem.text, shown));
    *out = root;
    return STATUS_OK;
}

static void names_append(char names[NAMES_MAX], size_t *len, const char *name)
{
    const int n = snprintf(names + *len, NAMES_MAX - *len, "%s%s", *len > 0 ? ", " : "", name);
    if (n > 0)
        *len += (size_t)n;
    if (*len >= NAMES_MAX)
        *len = NAMES_MAX - 1;
}

static const struct strict_field *field_find(const struct strict_field *fields, const char *name)
{
    for (const struct strict_field *f = fields; f->type != STRICT_TYPE_END; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

static enum status unknown_field(const char *where, const struct strict_field *fields,
                                 const char *name, struct error *err)
{
    char names[NAMES_MAX] = "", shown[STRICT_SHOWN_SIZE];
    size_t len = 0;
    for (const struct strict_field *f = fields; f->type != STRICT_TYPE_END; f++)
        names_append(names, &len, f->name);
    return error_set(err, STATUS_INVALID, "%s: unknown field \"%s\" (allowed: %s)", where,
                     strict_shown(name, shown), names);
}

static enum status wrong(const char *where, const struct strict_field *f, const char *allowed,
                         struct error *err)
{
    return error_set(err, STATUS_INVALID, "%s: \"%s\" must be %s", where, f->name, allowed);
}

static enum status read_text(const json_t *value, const char *where, const struct strict_field *f,
                             const char **out, struct error *err)
{
    char allowed[64];
    const size_t len = json_string_length(value);
    snprintf(allowed, sizeof allowed, "a text of %" PRIu64 " to %" PRIu64 " bytes", f->min, f->max);
    if (!json_is_string(value) || len < f->min || len > f->max)
        return wrong(where, f, allowed, err);
    *out = json_string_value(value);
    return STATUS_OK;
}

static enum status read_uint(const json_t *value, const char *where, const struct strict_field *f,
                             uint64_t *out, struct error *err)
{
    char allowed[64];
    const json_int_t n = json_integer_value(value);
    snprintf(allowed, sizeof allowed, "a whole number, %" PRIu64 " to %" PRIu64, f->min, f->max);
    if (!json_is_integer(value) || n < 0 || (uint64_t)n < f->min || (uint64_t)n > f->max)
        return wrong(where, f, allowed, err);
    *out = (uint64_t)n;
    return STATUS_OK;
}

static enum status read_int(const json_t *value, const char *where, const struct strict_field *f,
                            int64_t *out, struct error *err)
{
    char allowed[64];
    const json_int_t n = json_integer_value(value);
    const int64_t most = (int64_t)f->max;
    snprintf(allowed, sizeof allowed, "a whole number, -%" PRId64 " to %" PRId64, most, most);
    if (!json_is_integer(value) || n < -most || n > most)
        return wrong(where, f, allowed, err);
    *out = n;
    return STATUS_OK;
}

static enum status read_real(const json_t *value, const char *where, const struct strict_field *f,
                             double *out, struct error *err)
{
    char allowed[64];
    const double x = json_number_value(value);
    snprintf(allowed, sizeof allowed, "a number, %g to %g", f->low, f->high);
    if (!json_is_number(value) || !(x >= f->low && x <= f->high))
        return wrong(where, f, allowed, err);
    *out = x;
    return STATUS_OK;
}

static enum status read_choice(const json_t *value, const char *where, const struct strict_field *f,
                               int *out, struct error *err)
{
    char names[NAMES_MAX] = "";
    size_t len = 0;
    for (int i = 0; f->choices[i] != NULL; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), f->choices[i]) == 0) {
            *out = i + 1;
            return STATUS_OK;
        }
    }
    for (int i = 0; f->choices[i] != NULL; i++)
        names_append(names, &len, f->choices[i]);
    return error_set(err, STATUS_INVALID, "%s: \"%s\" must be one of: %s", where, f->name, names);
}

static enum status read_field(const json_t *value, const char *where, const struct strict_field *f,
                              void *out, struct error *err)
{
    void *at = (char *)out + f->offset;
    switch (f->type) {
    case STRICT_TYPE_TEXT:
        return read_text(value, where, f, at, err);
    case STRICT_TYPE_UINT:
        return read_uint(value, where, f, at, err);
    case STRICT_TYPE_INT:
        return read_int(value, where, f, at, err);
    case STRICT_TYPE_REAL:
        return read_real(value, where, f, at, err);
    case STRICT_TYPE_CHOICE:
        return read_choice(value, where, f, at, err);
    case STRICT_TYPE_BOOL:
        if (!json_is_boolean(value))
            return wrong(where, f, "true or false", err);
        *(bool *)at = json_is_true(value);
        return STATUS_OK;
    case STRICT_TYPE_NESTED:
        if (!json_is_object(value) && !json_is_array(value))
            return wrong(where, f, "an object or an array", err);
        *(const json_t **)at = value;
        return STATUS_OK;
    case STRICT_TYPE_END:
        break;
    }
    return STATUS_OK;
}

enum status strict_read(const json_t *object, const char *where, const struct strict_field *fields,
                        void *out, uint64_t *given, struct error *err)
{
    uint64_t seen = 0;
    if (!json_is_object(object))
        return error_set(err, STATUS_INVALID, "%s must be an object, { ... }", where);
    /* jansson iterates through non-const handles, and changes nothing. */
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(walked); i != NULL; i = json_object_iter_next(walked, i)) {
        const char *name = json_object_iter_key(i);
        const struct strict_field *f = field_find(fields, name);
        if (f == NULL)
            return unknown_field(where, fields, name, err);
        const enum status status = read_field(json_object_iter_value(i), where, f, out, err);
        if (status != STATUS_OK)
            return status;
        seen |= UINT64_C(1) << (f - fields);
    }
    if (given != NULL)
        *given = seen;
    return STATUS_OK;
}
