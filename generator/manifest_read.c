/* SPDX-License-Identifier: MIT */
/* manifest_read - the reading half of manifest.h: a line at a time, everything checked. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/manifest.h"

struct reader {
    const struct manifest_visitor *visitor;
    const char *path;
    uint64_t line;
    struct manifest_head head;
    uint64_t objects; /* of the whole file */
    /* Objects since the last partition line. */
    uint64_t open_objects;
    uint64_t open_bytes;
    char last_key[MANIFEST_FIELD_MAX + 1];
    char last_date[MANIFEST_DATE_MAX];
};

static enum status line_invalid(const struct reader *r, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);

static enum status line_invalid(const struct reader *r, struct error *err, const char *format, ...)
{
    struct error detail;
    va_list args;
    va_start(args, format);
    error_set_v(&detail, STATUS_INVALID, format, args);
    va_end(args);
    return error_set(err, STATUS_INVALID, "%s:%" PRIu64 ": %s", r->path, r->line, detail.text);
}

/* The fields of one line, read in turn; after the first that is not right the rest are left alone,
 * so that one check of `status` at the end is enough. */
struct fields {
    const struct reader *reader;
    const json_t *line;
    struct error *err;
    enum status status;
};

static void field_text(struct fields *f, const char *name, char *out, size_t room)
{
    if (f->status != STATUS_OK)
        return;
    const json_t *value = json_object_get(f->line, name);
    size_t len = json_string_length(value); /* 0 for what is no string */
    if (!json_is_string(value))
        f->status = line_invalid(f->reader, f->err, "\"%s\" is missing or no string", name);
    else if (len >= room)
        f->status =
            line_invalid(f->reader, f->err, "\"%s\" is longer than %zu bytes", name, room - 1);
    else
        memcpy(out, json_string_value(value), len + 1);
}

static void field_number(struct fields *f, const char *name, uint64_t *out)
{
    if (f->status != STATUS_OK)
        return;
    const json_t *value = json_object_get(f->line, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        f->status = line_invalid(f->reader, f->err, "\"%s\" is missing or no whole number", name);
    else
        *out = (uint64_t)json_integer_value(value);
}

static void field_sha256(struct fields *f, uint8_t out[SHA256_SIZE])
{
    char hex[SHA256_HEX_SIZE] = "";
    field_text(f, "sha256", hex, sizeof hex);
    if (f->status != STATUS_OK)
        return;
    if (strlen(hex) != sizeof hex - 1 || hex_decode(hex, out, SHA256_SIZE) != 0)
        f->status = line_invalid(f->reader, f->err, "\"sha256\" is not 64 hexadecimal digits");
}

static enum status read_head(struct reader *r, const json_t *line, struct error *err)
{
    char schema[64];
    struct manifest_head *h = &r->head;
    struct fields f = {.reader = r, .line = line, .err = err};
    field_text(&f, "schema", schema, sizeof schema);
    if (f.status == STATUS_OK && strcmp(schema, MANIFEST_SCHEMA) != 0)
        return line_invalid(r, err, "schema \"%s\" is not known here (%s is)", schema,
                            MANIFEST_SCHEMA);
    field_number(&f, "algorithm", &h->algorithm);
    field_text(&f, "format", h->format, sizeof h->format);
    field_number(&f, "seed", &h->seed);
    field_number(&f, "rows", &h->rows);
    field_number(&f, "files", &h->files);
    field_text(&f, "from", h->from, sizeof h->from);
    field_text(&f, "to", h->to, sizeof h->to);
    field_text(&f, "date_format", h->date_format, sizeof h->date_format);
    field_text(&f, "bucket", h->bucket, sizeof h->bucket);
    field_text(&f, "prefix", h->prefix, sizeof h->prefix);
    return f.status;
}

static enum status read_object(struct reader *r, const json_t *line, struct error *err)
{
    struct manifest_object o;
    struct fields f = {.reader = r, .line = line, .err = err};
    field_text(&f, "key", o.key, sizeof o.key);
    field_number(&f, "size", &o.size);
    field_sha256(&f, o.sha256);
    field_number(&f, "rows", &o.rows);
    field_text(&f, "date", o.date, sizeof o.date);
    if (f.status != STATUS_OK)
        return f.status;
    if (r->open_objects > 0 && strcmp(o.key, r->last_key) <= 0)
        return line_invalid(r, err, "key \"%s\" is out of order", o.key);
    if (r->open_objects > 0 && strcmp(o.date, r->last_date) != 0)
        return line_invalid(r, err, "the line of the partition of %s is missing", r->last_date);
    if (o.size > UINT64_MAX / 2 - r->open_bytes)
        return line_invalid(r, err, "the sizes add up to more than can be");
    snprintf(r->last_key, sizeof r->last_key, "%s", o.key);
    snprintf(r->last_date, sizeof r->last_date, "%s", o.date);
    r->objects++;
    r->open_objects++;
    r->open_bytes += o.size;
    return r->visitor->object ? r->visitor->object(r->visitor->ctx, &o, err) : STATUS_OK;
}

static enum status read_partition(struct reader *r, const json_t *line, struct error *err)
{
    struct manifest_partition p;
    struct fields f = {.reader = r, .line = line, .err = err};
    field_text(&f, "partition", p.partition, sizeof p.partition);
    field_text(&f, "date", p.date, sizeof p.date);
    field_number(&f, "objects", &p.objects);
    field_number(&f, "bytes", &p.bytes);
    field_sha256(&f, p.sha256);
    if (f.status != STATUS_OK)
        return f.status;
    if (p.objects != r->open_objects || p.bytes != r->open_bytes)
        return line_invalid(r, err,
                            "the partition has %" PRIu64 " objects of %" PRIu64
                            " bytes, the lines before it %" PRIu64 " of %" PRIu64,
                            p.objects, p.bytes, r->open_objects, r->open_bytes);
    if (strncmp(r->last_key, p.partition, strlen(p.partition)) != 0)
        return line_invalid(r, err, "key \"%s\" is not under \"%s\"", r->last_key, p.partition);
    r->open_objects = 0;
    r->open_bytes = 0;
    return r->visitor->partition ? r->visitor->partition(r->visitor->ctx, &p, err) : STATUS_OK;
}

static enum status read_line(struct reader *r, const char *text, size_t len,
                             struct manifest_head *head, struct error *err)
{
    json_error_t where;
    json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(line)) {
        bool parsed = line != NULL;
        json_decref(line);
        return line_invalid(r, err, "not a JSON object%s%s", parsed ? "" : ": ",
                            parsed ? "" : where.text);
    }
    enum status status;
    if (r->line == 1)
        status = read_head(r, line, err);
    else if (json_object_get(line, "key"))
        status = read_object(r, line, err);
    else if (json_object_get(line, "partition"))
        status = read_partition(r, line, err);
    else
        status = line_invalid(r, err, "neither an object nor a partition");
    json_decref(line);
    if (status == STATUS_OK && r->line == 1 && head)
        *head = r->head;
    return status;
}

static enum status check_end(const struct reader *r, struct error *err)
{
    if (r->line == 0)
        return error_set(err, STATUS_INVALID, "%s: the file is empty", r->path);
    if (r->open_objects > 0 || r->objects != r->head.files)
        return error_set(err, STATUS_INVALID,
                         "%s: cut off after line %" PRIu64 ": %" PRIu64 " of %" PRIu64 " objects",
                         r->path, r->line, r->objects, r->head.files);
    return STATUS_OK;
}

static enum status read_lines(struct reader *r, FILE *file, char *text, struct manifest_head *head,
                              struct error *err)
{
    while (fgets(text, MANIFEST_LINE_MAX, file)) {
        r->line++;
        size_t len = strlen(text);
        if (len == 0 || text[len - 1] != '\n')
            return line_invalid(r, err,
                                feof(file) ? "the line is cut off" : "the line is too long");
        enum status status = read_line(r, text, len, head, err);
        if (status != STATUS_OK)
            return status;
    }
    if (ferror(file))
        return error_set(err, STATUS_IO, "cannot read %s: %s", r->path, strerror(errno));
    return check_end(r, err);
}

enum status manifest_read(const char *path, struct manifest_head *head,
                          const struct manifest_visitor *visitor, struct error *err)
{
    static const struct manifest_visitor nobody = {0};
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO,
                         "cannot read the manifest %s: %s", path, strerror(errno));
    struct reader r = {.visitor = visitor ? visitor : &nobody, .path = path};
    char *text = malloc(MANIFEST_LINE_MAX);
    enum status status = text ? read_lines(&r, file, text, head, err)
                              : error_set(err, STATUS_NO_MEMORY, "out of memory for a line");
    free(text);
    fclose(file);
    return status;
}
