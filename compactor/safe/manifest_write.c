/* SPDX-License-Identifier: MIT */
/* manifest_write - the writing half of manifest.h. */
#include <string.h>

#include "compactor/safe/manifest.h"
#include "compactor/safe/manifest_schema.h"
#include "lib/base/date.h"
#include "lib/tool/json.h"

#define TIME_TEXT_MAX  40
#define LINE_FRAME_MAX 128 /* names, quotes, a size of 20 digits and a time */

static void write_time(struct json *j, const char *name, int64_t unix_s)
{
    struct buf text;
    buf_init(&text, TIME_TEXT_MAX);
    date_append_iso8601(&text, unix_s);
    json_str(j, name, text.data);
    if (text.failed != STATUS_OK)
        j->out->failed = text.failed; /* a manifest without its time would be refused for ever */
    buf_release(&text);
}

enum status safe_manifest_append(struct buf *text, const struct entry *entry, struct error *err)
{
    struct json j;
    if (!utf8_is_valid(entry->key) || !utf8_is_valid(entry->etag))
        return error_set(err, STATUS_INVALID,
                         "the key \"%.200s\" is not valid UTF-8, so that no manifest can name it; "
                         "rename the object, or compact without --manifest",
                         entry->key);
    json_init(&j, text, false);
    json_begin_object(&j, NULL);
    json_str(&j, "key", entry->key);
    json_u64(&j, "size", entry->size);
    json_str(&j, "etag", entry->etag);
    write_time(&j, "modified", entry->last_modified_unix_s);
    json_end(&j);
    buf_append_char(text, '\n');
    return buf_status(text, "a manifest", err);
}

/* JSON writes any byte in six at the most, and most keys as they are. */
static uint64_t text_bound(const char *text)
{
    uint64_t len = 0;
    bool plain = true;
    for (; text[len] != '\0'; len++) {
        const unsigned char c = (unsigned char)text[len];
        plain = plain && c >= ' ' && c != '"' && c != '\\' && c != 0x7f;
    }
    return plain ? len : 6 * len;
}

uint64_t safe_manifest_line_bound(const struct entry *entry)
{
    return LINE_FRAME_MAX + text_bound(entry->key) + text_bound(entry->etag);
}

static void write_hex(struct json *j, const char *name, const uint8_t sum[SHA256_SIZE])
{
    char hex[SHA256_HEX_SIZE];
    hex_encode(sum, SHA256_SIZE, hex);
    json_str(j, name, hex);
}

static void write_head(const struct safe_manifest_head *h, struct buf *out)
{
    struct json j;
    char digest[DIGEST_HEX_SIZE];
    digest_format(&h->digest, digest);
    json_init(&j, out, false);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", SAFE_MANIFEST_SCHEMA);
    json_u64(&j, "generation", h->generation);
    json_str(&j, "token", h->token);
    json_str(&j, "partition", h->partition);
    json_str(&j, "source", h->source);
    json_str(&j, "output", h->output);
    json_str(&j, "suffix", h->suffix);
    json_begin_object(&j, "options");
    json_str(&j, "newline", h->shape.newline_ensure ? "ensure" : "keep");
    json_str(&j, "csv_header", h->shape.csv_header_once ? "once" : "keep");
    json_u64(&j, "gzip_level", (uint64_t)h->shape.gzip_level);
    json_end(&j);
    json_str(&j, "first", h->first);
    json_str(&j, "last", h->last);
    json_u64(&j, "sources", h->sources);
    json_u64(&j, "nonempty", h->nonempty);
    json_u64(&j, "bytes", h->bytes);
    write_time(&j, "newest", h->newest_unix_s);
    json_str(&j, "digest", digest);
    json_u64(&j, "entries_bytes", h->entries_bytes);
    write_hex(&j, "entries_sha256", h->entries_sha256);
    json_end(&j);
}

enum status safe_manifest_finish(struct safe_manifest_head *head, struct buf *text,
                                 char digest_hex[SHA256_HEX_SIZE], struct error *err)
{
    struct buf line;
    uint8_t digest[SHA256_SIZE];
    head->entries_bytes = text->len;
    sha256(text->data, text->len, head->entries_sha256);
    buf_init(&line, SAFE_MANIFEST_LINE_MAX);
    write_head(head, &line);
    enum status status = buf_status(&line, "a manifest's head", err);
    const size_t entries = text->len;
    const size_t front = line.len + 1;
    if (status == STATUS_OK && buf_reserve(text, front) == NULL)
        status = buf_status(text, "a manifest", err);
    if (status == STATUS_OK) {
        buf_commit(text, front);
        memmove(text->data + front, text->data, entries);
        memcpy(text->data, line.data, line.len);
        text->data[line.len] = '\n';
        sha256(line.data, line.len, digest);
        hex_encode(digest, sizeof digest, digest_hex);
    }
    buf_release(&line);
    return status;
}
