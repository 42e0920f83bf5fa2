/* SPDX-License-Identifier: MIT */
/* list_page - ListBucketResult, read into records, checked, and only then handed over. */
#include "lib/s3/list_page.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/units.h"
#include "lib/s3/xml.h"

#define PAGE_TEXT_MAX (24u << 20) /* decoded keys, ETags and classes of one page */
#define FIELD_MAX     256         /* ETag, storage class */
#define ROOT          "ListBucketResult"

/* Offsets into the page's text, since that may move while it grows. */
struct record {
    size_t key;
    size_t key_len;
    size_t etag;
    size_t storage_class;
    uint64_t size;
    int64_t modified_unix_s;
    bool is_common_prefix;
};

struct page {
    const struct s3_lister *lister;
    struct buf text; /* NUL-terminated strings */
    struct record *records;
    size_t count;
    size_t room;
    struct record current;
    unsigned current_fields; /* bit set of enum field */
    bool root_seen;
    bool truncated;
    bool truncated_seen;
    bool url_encoded;
    bool has_token;
    char token[S3_TOKEN_MAX + 1];
};

enum field { FIELD_KEY = 1, FIELD_SIZE = 2, FIELD_MODIFIED = 4, FIELD_ETAG = 8 };

static size_t keep_text(struct page *p, const char *text, size_t len)
{
    const size_t at = p->text.len;
    buf_append(&p->text, text, len);
    buf_append_char(&p->text, '\0');
    return at;
}

/* Keys are kept raw until the end of the page: EncodingType may follow them. */
static enum status on_entry_field(struct page *p, const char *field, const char *text, size_t len,
                                  struct error *err)
{
    struct record *r = &p->current;
    if (strcmp(field, "Key") == 0) {
        r->key = keep_text(p, text, len);
        r->key_len = len;
        p->current_fields |= FIELD_KEY;
    } else if (strcmp(field, "Size") == 0) {
        p->current_fields |= FIELD_SIZE;
        return uint_parse(text, 0, UINT64_MAX, &r->size, err);
    } else if (strcmp(field, "LastModified") == 0) {
        p->current_fields |= FIELD_MODIFIED;
        return date_parse_iso8601(text, &r->modified_unix_s, err);
    } else if (strcmp(field, "ETag") == 0 && len < FIELD_MAX) {
        p->current_fields |= FIELD_ETAG;
        r->etag = keep_text(p, text, len);
    } else if (strcmp(field, "StorageClass") == 0 && len < FIELD_MAX) {
        r->storage_class = keep_text(p, text, len);
    }
    return STATUS_OK;
}

static enum status add_record(struct page *p, struct error *err)
{
    if (p->count == p->room) {
        const size_t room = p->room == 0 ? 1024 : 2 * p->room;
        struct record *grown = realloc(p->records, room * sizeof *grown);
        if (grown == NULL)
            return error_set(err, STATUS_NO_MEMORY, "out of memory for a listing's page");
        p->records = grown;
        p->room = room;
    }
    p->records[p->count++] = p->current;
    p->current = (struct record){0};
    p->current_fields = 0;
    return STATUS_OK;
}

static enum status on_contents_end(struct page *p, struct error *err)
{
    if (p->current_fields != (FIELD_KEY | FIELD_SIZE | FIELD_MODIFIED | FIELD_ETAG))
        return error_set(err, STATUS_PROTOCOL,
                         "a listing's entry lacks its Key, Size, LastModified or ETag");
    return add_record(p, err);
}

static enum status on_truncated(struct page *p, const char *text, struct error *err)
{
    p->truncated_seen = true;
    p->truncated = strcmp(text, "true") == 0;
    if (!p->truncated && strcmp(text, "false") != 0)
        return error_set(err, STATUS_PROTOCOL, "a listing's IsTruncated is \"%.20s\"", text);
    return STATUS_OK;
}

static enum status on_token(struct page *p, const char *text, size_t len, struct error *err)
{
    if (len == 0 || len > S3_TOKEN_MAX)
        return error_set(err, STATUS_PROTOCOL, "a listing's continuation token has %zu bytes", len);
    memcpy(p->token, text, len + 1);
    p->has_token = true;
    return STATUS_OK;
}

static enum status on_open(void *ctx, const char *path, struct error *err)
{
    struct page *p = ctx;
    if (!p->root_seen && strcmp(path, ROOT) != 0)
        return error_set(err, STATUS_PROTOCOL, "the reply to a listing is a <%.40s>", path);
    p->root_seen = true;
    return STATUS_OK;
}

static enum status on_close(void *ctx, const char *path, const char *text, size_t len,
                            struct error *err)
{
    static const char contents[] = ROOT "/Contents/";
    struct page *p = ctx;
    if (strncmp(path, contents, sizeof contents - 1) == 0)
        return on_entry_field(p, path + sizeof contents - 1, text, len, err);
    if (strcmp(path, ROOT "/Contents") == 0)
        return on_contents_end(p, err);
    if (strcmp(path, ROOT "/CommonPrefixes/Prefix") == 0) {
        p->current = (struct record){.key_len = len, .is_common_prefix = true};
        p->current.key = keep_text(p, text, len);
        return add_record(p, err);
    }
    if (strcmp(path, ROOT "/IsTruncated") == 0)
        return on_truncated(p, text, err);
    if (strcmp(path, ROOT "/NextContinuationToken") == 0)
        return on_token(p, text, len, err);
    if (strcmp(path, ROOT "/EncodingType") == 0)
        p->url_encoded = strcmp(text, "url") == 0;
    return STATUS_OK;
}

/* Decodes in place: the result is never longer. */
static enum status decode_key(struct page *p, struct record *r, struct buf *scratch,
                              struct error *err)
{
    buf_reset(scratch);
    enum status status = uri_decode(scratch, p->text.data + r->key, r->key_len, 1, err);
    if (status != STATUS_OK)
        return status;
    memcpy(p->text.data + r->key, scratch->data, scratch->len + 1);
    r->key_len = scratch->len;
    return STATUS_OK;
}

static enum status decode_keys(struct page *p, struct error *err)
{
    struct buf scratch;
    enum status status = STATUS_OK;
    buf_init(&scratch, XML_TEXT_MAX);
    for (size_t i = 0; p->url_encoded && i < p->count && status == STATUS_OK; i++)
        if (memchr(p->text.data + p->records[i].key, '%', p->records[i].key_len) != NULL ||
            memchr(p->text.data + p->records[i].key, '+', p->records[i].key_len) != NULL)
            status = decode_key(p, &p->records[i], &scratch, err);
    buf_release(&scratch);
    return status;
}

static enum status check_key(const struct page *p, const struct record *r, const char *previous,
                             struct error *err)
{
    const char *key = p->text.data + r->key;
    if (r->key_len == 0 || r->key_len > S3_KEY_MAX)
        return error_set(err, STATUS_PROTOCOL, "a listed key has %zu bytes", r->key_len);
    if (strncmp(key, p->lister->prefix, strlen(p->lister->prefix)) != 0)
        return error_set(err, STATUS_PROTOCOL,
                         "the listing of \"%s\" holds \"%.200s\", which is outside of it",
                         p->lister->prefix, key);
    if (previous[0] != '\0' && strcmp(previous, key) >= 0)
        return error_set(
            err, STATUS_PROTOCOL,
            "the listing is out of order: \"%.200s\" comes after \"%.200s\"; directory "
            "buckets are not supported",
            key, previous);
    return STATUS_OK;
}

static enum status check_page(const struct page *p, struct error *err)
{
    const char *key = p->lister->last_key;
    const char *prefix = p->lister->last_prefix;
    if (!p->root_seen || !p->truncated_seen)
        return error_set(err, STATUS_PROTOCOL, "the listing does not say whether it is complete");
    if (p->truncated && !p->has_token)
        return error_set(err, STATUS_PROTOCOL,
                         "the listing goes on, but has no continuation token");
    if (p->truncated && strcmp(p->token, p->lister->token) == 0)
        return error_set(err, STATUS_PROTOCOL,
                         "the listing repeats its continuation token and would never end");
    for (size_t i = 0; i < p->count; i++) {
        const struct record *r = &p->records[i];
        const char **previous = r->is_common_prefix ? &prefix : &key;
        enum status status = check_key(p, r, *previous, err);
        if (status != STATUS_OK)
            return status;
        *previous = p->text.data + r->key;
    }
    return STATUS_OK;
}

static enum status hand_over(const struct page *p, s3_entry_fn *on_entry, void *ctx,
                             struct error *err)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct record *r = &p->records[i];
        const struct s3_list_entry entry = {
            .key = p->text.data + r->key,
            .key_len = r->key_len,
            .size = r->size,
            .last_modified_unix_s = r->modified_unix_s,
            .etag = p->text.data + r->etag,
            .storage_class = p->text.data + r->storage_class,
            .is_common_prefix = r->is_common_prefix,
        };
        enum status status = on_entry(ctx, &entry, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void move_on(struct s3_lister *l, const struct page *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct record *r = &p->records[i];
        char *last = r->is_common_prefix ? l->last_prefix : l->last_key;
        memcpy(last, p->text.data + r->key, r->key_len + 1);
    }
    memcpy(l->token, p->truncated ? p->token : "", p->truncated ? strlen(p->token) + 1 : 1);
    l->finished = !p->truncated;
    l->entries += p->count;
    l->pages++;
}

enum status list_page_parse(struct s3_lister *l, const char *body, size_t len,
                            s3_entry_fn *on_entry, void *ctx, struct error *err)
{
    static const struct xml_events events = {.open = on_open, .close = on_close};
    struct page page = {.lister = l};
    buf_init(&page.text, PAGE_TEXT_MAX);
    buf_append_char(&page.text, '\0'); /* offset 0 is the empty string of absent fields */
    enum status status = xml_parse(&events, &page, body, len, err);
    if (status == STATUS_OK)
        status = buf_status(&page.text, "a listing's page", err);
    if (status == STATUS_OK)
        status = decode_keys(&page, err);
    if (status == STATUS_OK)
        status = check_page(&page, err);
    if (status == STATUS_OK)
        status = hand_over(&page, on_entry, ctx, err);
    if (status == STATUS_OK)
        move_on(l, &page);
    buf_release(&page.text);
    free(page.records);
    return status;
}
