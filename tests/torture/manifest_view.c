/* SPDX-License-Identifier: MIT */
/* manifest_view - see manifest_view.h. */
#include "tests/torture/manifest_view.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/hash.h"

#define SCHEMA "s3-compact-manifest/1"

static enum status wrong(struct error *err, const char *what)
{
    return error_set(err, STATUS_PROTOCOL, "%s", what);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static uint64_t number_of(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

static enum status take_head(const json_t *head, const char *rest, size_t rest_len,
                             struct manifest_view *m, struct error *err)
{
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    const char *schema = text_of(head, "schema");
    const char *hash = text_of(head, "entries_sha256");
    m->output = text_of(head, "output");
    m->generation = (unsigned)number_of(head, "generation");
    m->bytes = number_of(head, "bytes");
    if (schema == NULL || strcmp(schema, SCHEMA) != 0)
        return wrong(err, "another schema");
    if (m->output == NULL || hash == NULL || m->generation == 0)
        return wrong(err, "no output, generation or entries_sha256");
    sha256(rest, rest_len, digest);
    hex_encode(digest, sizeof digest, hex);
    if (strcmp(hex, hash) != 0 || number_of(head, "entries_bytes") != rest_len)
        return wrong(err, "the entries are not those that were hashed");
    return STATUS_OK;
}

static enum status take_entry(const json_t *line, struct manifest_view *m, struct error *err)
{
    struct manifest_view_entry *e = &m->entries[m->count];
    *e = (struct manifest_view_entry){text_of(line, "key"), text_of(line, "etag"),
                                      number_of(line, "size")};
    if (e->key == NULL || e->etag == NULL)
        return wrong(err, "an entry without key or etag");
    if (m->count > 0 && strcmp(e[-1].key, e->key) >= 0)
        return wrong(err, "keys out of order");
    m->count++;
    return STATUS_OK;
}

static enum status check_sums(const json_t *head, const struct manifest_view *m, struct error *err)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < m->count; i++)
        bytes += m->entries[i].size;
    if (bytes != m->bytes || m->count != number_of(head, "sources") || m->count == 0)
        return wrong(err, "counts or sums that do not come out");
    return STATUS_OK;
}

static size_t lines_in(const char *text, size_t len)
{
    size_t lines = 0;
    for (const char *p = text; (p = memchr(p, '\n', len - (size_t)(p - text))) != NULL; p++)
        lines++;
    return lines;
}

/* The next line into `documents`; NULL when it is none. */
static const json_t *next_line(const char **at, const char *end, json_t *documents)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (newline == NULL)
        return NULL;
    json_t *line = json_loadb(*at, (size_t)(newline - *at), JSON_REJECT_DUPLICATES, NULL);
    *at = newline + 1;
    return line != NULL && json_array_append_new(documents, line) == 0 ? line : NULL;
}

enum status manifest_view_parse(const char *text, size_t len, struct manifest_view *out,
                                struct error *err)
{
    const char *at = text;
    const char *const end = text + len;
    json_t *documents = json_array();
    struct manifest_view m = {.documents = documents,
                              .entries = calloc(lines_in(text, len) + 1, sizeof *m.entries)};
    enum status status = STATUS_OK;
    if (documents == NULL || m.entries == NULL) {
        manifest_view_release(&m);
        return error_set(err, STATUS_NO_MEMORY, "out of memory for a manifest");
    }
    const json_t *head = next_line(&at, end, documents);
    if (head == NULL)
        status = wrong(err, "the head is no line of JSON");
    if (status == STATUS_OK)
        status = take_head(head, at, (size_t)(end - at), &m, err);
    while (status == STATUS_OK && at < end) {
        const json_t *line = next_line(&at, end, documents);
        status =
            line == NULL ? wrong(err, "an entry is no line of JSON") : take_entry(line, &m, err);
    }
    if (status == STATUS_OK)
        status = check_sums(head, &m, err);
    if (status == STATUS_OK)
        *out = m;
    else
        manifest_view_release(&m);
    return status;
}

void manifest_view_release(struct manifest_view *m)
{
    json_decref(m->documents);
    free(m->entries);
    *m = (struct manifest_view){0};
}
