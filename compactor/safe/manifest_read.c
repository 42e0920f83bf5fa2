/* SPDX-License-Identifier: MIT */
/* manifest_read - the reading half of manifest.h: every claim is checked. */
#include <inttypes.h>
#include <string.h>

#include "compactor/safe/fields.h"
#include "compactor/safe/layout.h"
#include "compactor/safe/manifest.h"
#include "compactor/safe/manifest_schema.h"

#define PUSH_MAX (1u << 20)

enum status safe_manifest_reader_init(struct safe_manifest_reader *r,
                                      const struct safe_manifest_expected *expected,
                                      struct error *err)
{
    *r = (struct safe_manifest_reader){.expected = *expected, .newest_unix_s = INT64_MIN};
    buf_init(&r->pending, PUSH_MAX + SAFE_MANIFEST_LINE_MAX);
    enum status status = hash_new(HASH_SHA256, &r->hash, err);
    if (status == STATUS_OK)
        status = hash_new(HASH_SHA256, &r->digest_hash, err);
    if (status == STATUS_OK && expected->size > SAFE_MANIFEST_BYTES_MAX + SAFE_MANIFEST_LINE_MAX)
        status =
            error_set(err, STATUS_LIMIT,
                      "the manifest of generation %u has %" PRIu64 " bytes; none is that large",
                      expected->generation, expected->size);
    if (status != STATUS_OK)
        safe_manifest_reader_release(r);
    return status;
}

void safe_manifest_reader_release(struct safe_manifest_reader *r)
{
    buf_release(&r->pending);
    hash_free(r->hash);
    hash_free(r->digest_hash);
    r->hash = NULL;
    r->digest_hash = NULL;
}

enum status safe_manifest_push(struct safe_manifest_reader *r, const void *data, size_t len,
                               struct error *err)
{
    const size_t left = r->pending.len - r->pending_at;
    if (left > 0)
        memmove(r->pending.data, r->pending.data + r->pending_at, left);
    buf_truncate(&r->pending, left);
    r->pending_at = 0;
    r->pushed += len;
    buf_append(&r->pending, data, len);
    return buf_status(&r->pending, "a manifest's bytes", err);
}

static enum status invalid(const struct safe_manifest_reader *r, struct error *err,
                           const char *problem)
{
    return error_set(err, STATUS_PROTOCOL, "the manifest of generation %u, line %" PRIu64 ": %s",
                     r->expected.generation, r->entries + (r->has_head ? 2 : 1), problem);
}

/* One of two words: whether it is the second. */
static bool read_choice(struct fields *f, const char *name, const char *no, const char *yes)
{
    char text[16] = "";
    fields_str(f, name, text, sizeof text);
    if (strcmp(text, no) != 0 && strcmp(text, yes) != 0)
        fields_fail(f, "\"%s\" is neither %s nor %s", name, no, yes);
    return strcmp(text, yes) == 0;
}

static void read_shape(struct fields *f, struct shape *out)
{
    uint64_t gzip_level = 0;
    fields_enter(f, "options");
    out->newline_ensure = read_choice(f, "newline", "keep", "ensure");
    out->csv_header_once = read_choice(f, "csv_header", "keep", "once");
    fields_u64(f, "gzip_level", &gzip_level);
    if (gzip_level > 9)
        fields_fail(f, "\"gzip_level\" is more than 9");
    else
        out->gzip_level = (int)gzip_level;
    fields_enter(f, NULL);
}

static void read_digest(struct fields *f, struct digest *out)
{
    char text[DIGEST_HEX_SIZE] = "";
    fields_str(f, "digest", text, sizeof text);
    if (f->status == STATUS_OK && !digest_parse(text, out))
        fields_fail(f, "\"digest\" is not a digest");
}

/* Its own key says what it must be about. */
static enum status check_head(const struct safe_manifest_reader *r,
                              const struct safe_manifest_head *h, uint64_t generation,
                              struct error *err)
{
    char output[S3_KEY_MAX + 1];
    enum status status =
        layout_output(r->expected.output_dir, r->expected.generation, h->suffix, output, err);
    if (status != STATUS_OK)
        return status;
    if (generation != r->expected.generation)
        return invalid(r, err, "it is of another generation");
    if (strcmp(h->partition, r->expected.partition) != 0)
        return invalid(r, err, "it is of another partition");
    if (strcmp(h->source, r->expected.source) != 0)
        return invalid(r, err, "it is of another source");
    if (strcmp(h->output, output) != 0)
        return invalid(r, err, "its output is not the one that its generation has");
    if (shape_check(&h->shape, h->suffix, err) != STATUS_OK)
        return invalid(r, err, "its options do not fit its suffix");
    if (h->sources == 0 || h->sources > SAFE_MANIFEST_ENTRIES_MAX || h->nonempty > h->sources)
        return invalid(r, err, "the number of sources cannot be");
    return STATUS_OK;
}

static enum status read_head(struct safe_manifest_reader *r, const char *line, size_t len,
                             struct error *err)
{
    struct fields f;
    struct safe_manifest_head h = {.generation = r->expected.generation};
    uint64_t generation = 0;
    uint8_t sum[SHA256_SIZE];
    fields_open(&f, line, len, SAFE_MANIFEST_SCHEMA, "a manifest's head", err);
    fields_u64(&f, "generation", &generation);
    fields_str(&f, "token", h.token, sizeof h.token);
    fields_str(&f, "partition", h.partition, sizeof h.partition);
    fields_str(&f, "source", h.source, sizeof h.source);
    fields_str(&f, "output", h.output, sizeof h.output);
    fields_str(&f, "suffix", h.suffix, sizeof h.suffix);
    read_shape(&f, &h.shape);
    fields_str(&f, "first", h.first, sizeof h.first);
    fields_str(&f, "last", h.last, sizeof h.last);
    fields_u64(&f, "sources", &h.sources);
    fields_u64(&f, "nonempty", &h.nonempty);
    fields_u64(&f, "bytes", &h.bytes);
    fields_time(&f, "newest", &h.newest_unix_s);
    read_digest(&f, &h.digest);
    fields_u64(&f, "entries_bytes", &h.entries_bytes);
    fields_hex(&f, "entries_sha256", h.entries_sha256, sizeof h.entries_sha256);
    enum status status = fields_close(&f);
    if (status == STATUS_OK)
        status = check_head(r, &h, generation, err);
    if (status == STATUS_OK && h.entries_bytes + len + 1 != r->expected.size)
        status = invalid(r, err, "the object is longer or shorter than its head says");
    if (status != STATUS_OK)
        return status;
    r->head = h;
    r->has_head = true;
    sha256(line, len, sum);
    hex_encode(sum, sizeof sum, r->digest_hex);
    return STATUS_OK;
}

static enum status count_entry(struct safe_manifest_reader *r, const struct entry *e,
                               struct error *err)
{
    const struct safe_manifest_head *h = &r->head;
    if (r->entries == h->sources)
        return invalid(r, err, "there are more sources than its head says");
    if (strncmp(e->key, r->expected.key_prefix, strlen(r->expected.key_prefix)) != 0)
        return invalid(r, err, "the key is not in the partition");
    if (r->entries > 0 && strcmp(e->key, r->entry.key) <= 0)
        return invalid(r, err, "the keys do not ascend");
    if ((r->entries == 0 && strcmp(e->key, h->first) != 0) ||
        (r->entries + 1 == h->sources) != (strcmp(e->key, h->last) == 0))
        return invalid(r, err, "the first or the last key is not what its head says");
    if (e->size > 0 && r->nonempty == h->nonempty)
        return invalid(r, err, "more sources have bytes than its head says");
    if (e->size > h->bytes - r->bytes)
        return invalid(r, err, "the sizes add up to more than its head says");
    r->bytes += e->size;
    r->nonempty += e->size > 0;
    if (e->last_modified_unix_s > r->newest_unix_s)
        r->newest_unix_s = e->last_modified_unix_s;
    digest_add(&r->digest, r->digest_hash, e->key, e->size, e->etag);
    return STATUS_OK;
}

static enum status read_entry(struct safe_manifest_reader *r, const char *line, size_t len,
                              struct error *err)
{
    struct fields f;
    struct entry e = {.size = 0};
    fields_open(&f, line, len, NULL, "a manifest's entry", err);
    fields_str(&f, "key", e.key, sizeof e.key);
    fields_u64(&f, "size", &e.size);
    fields_str(&f, "etag", e.etag, sizeof e.etag);
    fields_time(&f, "modified", &e.last_modified_unix_s);
    enum status status = fields_close(&f);
    if (status == STATUS_OK)
        status = count_entry(r, &e, err);
    if (status != STATUS_OK)
        return status;
    r->entry = e;
    r->entries++;
    hash_update(r->hash, line, len + 1);
    r->entry_bytes += len + 1;
    return STATUS_OK;
}

static enum status check_end(struct safe_manifest_reader *r, struct error *err)
{
    const struct safe_manifest_head *h = &r->head;
    uint8_t sum[SHA256_SIZE];
    if (!r->has_head || r->pending_at < r->pending.len)
        return invalid(r, err, "it is cut off");
    hash_peek(r->hash, sum);
    if (r->entries != h->sources || r->bytes != h->bytes || r->nonempty != h->nonempty ||
        r->newest_unix_s != h->newest_unix_s || r->entry_bytes != h->entries_bytes ||
        !digest_equal(&r->digest, &h->digest) || memcmp(sum, h->entries_sha256, sizeof sum) != 0)
        return invalid(r, err, "its entries are not what its head says");
    r->ended = true;
    return STATUS_OK;
}

enum safe_manifest_event safe_manifest_read(struct safe_manifest_reader *r, struct error *err)
{
    const char *line = r->pending.data + r->pending_at;
    const size_t left = r->pending.len - r->pending_at;
    const char *end = left > 0 ? memchr(line, '\n', left) : NULL;
    const size_t len = end != NULL ? (size_t)(end - line) : left;
    if (len >= SAFE_MANIFEST_LINE_MAX) {
        (void)invalid(r, err, "the line is longer than any should be");
        return SAFE_MANIFEST_FAILED;
    }
    if (end == NULL && r->pushed < r->expected.size)
        return SAFE_MANIFEST_MORE;
    if (end == NULL)
        return r->ended || check_end(r, err) == STATUS_OK ? SAFE_MANIFEST_END
                                                          : SAFE_MANIFEST_FAILED;
    const bool is_head = !r->has_head;
    const enum status status =
        is_head ? read_head(r, line, len, err) : read_entry(r, line, len, err);
    if (status != STATUS_OK)
        return SAFE_MANIFEST_FAILED;
    r->pending_at += len + 1;
    return is_head ? SAFE_MANIFEST_HEAD : SAFE_MANIFEST_ENTRY;
}
