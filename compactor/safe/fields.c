/* SPDX-License-Identifier: MIT */
/* fields - members of untrusted JSON objects. */
#include "compactor/safe/fields.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/hash.h"

#define TIME_TEXT_MAX 40
#define HEX_TEXT_MAX  129

void fields_fail(struct fields *f, const char *format, ...)
{
    if (f->status != STATUS_OK)
        return;
    struct error detail;
    va_list args;
    va_start(args, format);
    error_set_v(&detail, STATUS_PROTOCOL, format, args);
    va_end(args);
    f->status = error_set(f->err, STATUS_PROTOCOL, "%s: %s", f->what, detail.text);
}

enum status fields_open(struct fields *f, const char *text, size_t len, const char *schema,
                        const char *what, struct error *err)
{
    json_error_t where;
    *f = (struct fields){.what = what, .err = err};
    f->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    f->object = f->root;
    if (f->root == NULL)
        fields_fail(f, "not JSON: %s", where.text);
    else if (!json_is_object(f->root))
        fields_fail(f, "not a JSON object");
    if (schema == NULL || f->status != STATUS_OK)
        return f->status;
    const char *found = json_string_value(json_object_get(f->root, "schema"));
    if (found == NULL || strcmp(found, schema) != 0)
        fields_fail(f, "schema \"%.80s\" is not known here (%s is)", found != NULL ? found : "",
                    schema);
    return f->status;
}

enum status fields_close(struct fields *f)
{
    json_decref(f->root);
    f->root = NULL;
    f->object = NULL;
    return f->status;
}

static const json_t *member(struct fields *f, const char *name)
{
    return f->status == STATUS_OK ? json_object_get(f->object, name) : NULL;
}

void fields_str(struct fields *f, const char *name, char *out, size_t room)
{
    const json_t *value = member(f, name);
    if (f->status != STATUS_OK)
        return;
    const char *text = json_string_value(value);
    const size_t len = json_string_length(value); /* 0 for what is no string */
    if (text == NULL)
        fields_fail(f, "\"%s\" is missing or no string", name);
    else if (len >= room)
        fields_fail(f, "\"%s\" is longer than %zu bytes", name, room - 1);
    else if (memchr(text, '\0', len) != NULL)
        fields_fail(f, "\"%s\" has a NUL in it", name);
    else
        memcpy(out, text, len + 1);
}

void fields_str_or_null(struct fields *f, const char *name, char *out, size_t room)
{
    if (json_is_null(member(f, name)))
        out[0] = '\0';
    else
        fields_str(f, name, out, room);
}

void fields_u64(struct fields *f, const char *name, uint64_t *out)
{
    const json_t *value = member(f, name);
    if (f->status != STATUS_OK)
        return;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        fields_fail(f, "\"%s\" is missing or no whole number", name);
    else
        *out = (uint64_t)json_integer_value(value);
}

void fields_hex(struct fields *f, const char *name, uint8_t *out, size_t len)
{
    char text[HEX_TEXT_MAX] = "";
    fields_str(f, name, text, sizeof text);
    if (f->status == STATUS_OK && (strlen(text) != 2 * len || hex_decode(text, out, len) != 0))
        fields_fail(f, "\"%s\" is not %zu hexadecimal digits", name, 2 * len);
}

void fields_time(struct fields *f, const char *name, int64_t *out)
{
    char text[TIME_TEXT_MAX] = "";
    fields_str(f, name, text, sizeof text);
    if (f->status == STATUS_OK && date_parse_iso8601(text, out, NULL) != STATUS_OK)
        fields_fail(f, "\"%s\" is no time", name);
}

void fields_enter(struct fields *f, const char *name)
{
    if (f->status != STATUS_OK)
        return;
    const json_t *inner = name != NULL ? json_object_get(f->root, name) : f->root;
    if (!json_is_object(inner))
        fields_fail(f, "\"%s\" is missing or no object", name);
    else
        f->object = inner;
}
