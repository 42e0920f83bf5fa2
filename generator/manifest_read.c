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

static enum status read_text(const struct reader *r, const json_t *line, const char *name,
                             char *out, size_t room, struct error *err)
{
    const json_t *value = json_object_get(line, name);
    if (!json_is_string(value))
        return line_invalid(r, err, "\"%s\" is missing or no string", name);
    size_t len = json_string_length(value);
    if (len >= room)
        return line_invalid(r, err, "\"%s\" is longer than %zu bytes", name, room - 1);
    memcpy(out, json_string_value(value), len + 1);
    return STATUS_OK;
}

static enum status read_number(const struct reader *r, const json_t *line, const char *name,
                               uint64_t *out, struct error *err)
{
    const json_t *value = json_object_get(line, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return line_invalid(r, err, "\"%s\" is missing or no whole number", name);
    *out = (uint64_t)json_integer_value(value);
    return STATUS_OK;
}

static enum status read_sha256(const struct reader *r, const json_t *line, uint8_t out[SHA256_SIZE],
                               struct error *err)
{
    char hex[SHA256_HEX_SIZE];
    enum status status = read_text(r, line, "sha256", hex, sizeof hex, err);
    if (status != STATUS_OK)
        return status;
    if (strlen(hex) != sizeof hex - 1 || hex_decode(hex, out, SHA256_SIZE) != 0)
        return line_invalid(r, err, "\"sha256\" is not 64 hexadecimal digits");
    return STATUS_OK;
}

/* Fields are read in turn until one fails. */
#define READ_TEXT(name, out)                                                                       \
    do {                                                                                           \
        enum status status_ = read_text(r, line, name, out, sizeof out, err);                      \
        if (status_ != STATUS_OK)                                                                  \
            return status_;                                                                        \
    } while (0)
#define READ_NUMBER(name, out)                                                                     \
    do {                                                                                           \
        enum status status_ = read_number(r, line, name, out, err);                                \
        if (status_ != STATUS_OK)                                                                  \
            return status_;                                                                        \
    } while (0)

static enum status read_head(struct reader *r, const json_t *line, struct error *err)
{
    char schema[64];
    struct manifest_head *h = &r->head;
    READ_TEXT("schema", schema);
    if (strcmp(schema, MANIFEST_SCHEMA) != 0)
        return line_invalid(r, err, "schema \"%s\" is not known here (%s is)", schema,
                            MANIFEST_SCHEMA);
    READ_NUMBER("algorithm", &h->algorithm);
    READ_TEXT("format", h->format);
    READ_NUMBER("seed", &h->seed);
    READ_NUMBER("rows", &h->rows);
    READ_NUMBER("files", &h->files);
    READ_TEXT("from", h->from);
    READ_TEXT("to", h->to);
    READ_TEXT("date_format", h->date_format);
    READ_TEXT("bucket", h->bucket);
    READ_TEXT("prefix", h->prefix);
    return STATUS_OK;
}

static enum status read_object(struct reader *r, const json_t *line, struct error *err)
{
    struct manifest_object o;
    READ_TEXT("key", o.key);
    READ_NUMBER("size", &o.size);
    READ_NUMBER("rows", &o.rows);
    READ_TEXT("date", o.date);
    enum status status = read_sha256(r, line, o.sha256, err);
    if (status != STATUS_OK)
        return status;
    if (r->open_objects > 0 && strcmp(o.key, r->last_key) <= 0)
        return line_invalid(r, err, "key \"%s\" is out of order", o.key);
    if (r->open_objects > 0 && strcmp(o.date, r->last_date) != 0)
        return line_invalid(r, err, "the line of the partition of %s is missing", r->last_date);
    if (o.size > UINT64_MAX / 2 - r->open_bytes)
        return line_invalid(r, err, "the sizes add up to more than can be");
    memcpy(r->last_key, o.key, sizeof o.key);
    memcpy(r->last_date, o.date, sizeof o.date);
    r->objects++;
    r->open_objects++;
    r->open_bytes += o.size;
    return r->visitor->object ? r->visitor->object(r->visitor->ctx, &o, err) : STATUS_OK;
}

static enum status read_partition(struct reader *r, const json_t *line, struct error *err)
{
    struct manifest_partition p;
    READ_TEXT("partition", p.partition);
    READ_TEXT("date", p.date);
    READ_NUMBER("objects", &p.objects);
    READ_NUMBER("bytes", &p.bytes);
    enum status status = read_sha256(r, line, p.sha256, err);
    if (status != STATUS_OK)
        return status;
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
