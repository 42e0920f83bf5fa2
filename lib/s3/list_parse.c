/* SPDX-License-Identifier: MIT */
/*
 * list_parse - a page of ListObjectsV2: read to its end, then decoded and checked, then handed
 * over. What decides how keys are to be read (EncodingType) may stand after them.
 */
#include "lib/s3/list_parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/units.h"
#include "lib/s3/xml.h"

#define ROOT        "ListBucketResult"
#define ITEMS_FIRST 1024

/* Texts are kept as offsets, since their buf moves while it grows. Offset 0 is "". */
struct item {
    size_t key;
    size_t key_len;
    size_t etag;
    size_t storage_class;
    uint64_t size;
    int64_t last_modified_unix_s;
};

struct items {
    struct item *item;
    size_t count;
    size_t room;
};

struct page {
    struct buf raw;     /* texts as the document has them */
    struct buf decoded; /* keys */
    struct items objects;
    struct items prefixes;
    struct item current;
    bool has_size;
    bool has_modified;
    bool is_root_seen;
    enum { TRUNCATED_UNSAID, TRUNCATED_NO, TRUNCATED_YES } truncated;
    bool url_encoded;
    size_t token;
};

static void page_init(struct page *p)
{
    *p = (struct page){.truncated = TRUNCATED_UNSAID};
    buf_init(&p->raw, XML_BYTES_MAX);
    buf_init(&p->decoded, XML_BYTES_MAX);
    buf_append_char(&p->raw, '\0');
}

static void page_release(struct page *p)
{
    buf_release(&p->raw);
    buf_release(&p->decoded);
    free(p->objects.item);
    free(p->prefixes.item);
}

static enum status items_add(struct items *items, const struct item *item, struct error *err)
{
    if (items->count == items->room) {
        size_t room = items->room ? 2 * items->room : ITEMS_FIRST;
        struct item *more = realloc(items->item, room * sizeof *more);
        if (!more)
            return error_set(err, STATUS_NO_MEMORY, "no memory for a page of a listing");
        items->item = more;
        items->room = room;
    }
    items->item[items->count++] = *item;
    return STATUS_OK;
}

static size_t keep(struct buf *b, const char *text, size_t len)
{
    size_t at = b->len;
    buf_append(b, text, len + 1); /* with its NUL */
    return at;
}

/* ETags serve as If-Match values, which need their quotes; some servers leave them out. */
static size_t keep_etag(struct buf *b, const char *text, size_t len)
{
    if (len > 0 && text[0] == '"')
        return keep(b, text, len);
    size_t at = b->len;
    buf_append_char(b, '"');
    buf_append(b, text, len);
    buf_append(b, "\"", 2);
    return at;
}

static enum status object_add(struct page *p, struct error *err)
{
    if (!p->current.key || !p->has_size || !p->has_modified || !p->current.etag)
        return error_set(err, STATUS_PROTOCOL,
                         "a listed object lacks its Key, Size, LastModified or ETag");
    return items_add(&p->objects, &p->current, err);
}

static enum status object_field(struct page *p, const char *name, const char *text, size_t len,
                                struct error *err)
{
    struct item *item = &p->current;
    if (strcmp(name, "Key") == 0) {
        item->key = keep(&p->raw, text, len);
        item->key_len = len;
    } else if (strcmp(name, "LastModified") == 0) {
        if (date_parse_iso8601(text, &item->last_modified_unix_s, NULL))
            return error_set(err, STATUS_PROTOCOL, "a listed object has a bad LastModified");
        p->has_modified = true;
    } else if (strcmp(name, "ETag") == 0) {
        if (len + 3 > S3_ETAG_MAX)
            return error_set(err, STATUS_PROTOCOL, "a listed object's ETag is too long");
        item->etag = keep_etag(&p->raw, text, len);
    } else if (strcmp(name, "Size") == 0) {
        if (uint_parse(text, 0, INT64_MAX, &item->size, NULL))
            return error_set(err, STATUS_PROTOCOL, "a listed object has a bad Size");
        p->has_size = true;
    } else if (strcmp(name, "StorageClass") == 0) {
        item->storage_class = keep(&p->raw, text, len);
    }
    return STATUS_OK;
}

static enum status page_field(struct page *p, const char *name, const char *text, size_t len,
                              struct error *err)
{
    if (strcmp(name, "IsTruncated") == 0) {
        bool yes = strcmp(text, "true") == 0;
        if (!yes && strcmp(text, "false") != 0)
            return error_set(err, STATUS_PROTOCOL, "IsTruncated is neither true nor false");
        p->truncated = yes ? TRUNCATED_YES : TRUNCATED_NO;
    } else if (strcmp(name, "NextContinuationToken") == 0) {
        if (len > S3_TOKEN_MAX)
            return error_set(err, STATUS_PROTOCOL, "the continuation token is too long");
        p->token = keep(&p->raw, text, len);
    } else if (strcmp(name, "EncodingType") == 0 && len > 0) {
        if (strcmp(text, "url") != 0)
            return error_set(err, STATUS_PROTOCOL, "EncodingType is '%.40s', not 'url'", text);
        p->url_encoded = true;
    } else if (strcmp(name, "CommonPrefixes/Prefix") == 0) {
        struct item item = {.key = keep(&p->raw, text, len), .key_len = len};
        return items_add(&p->prefixes, &item, err);
    }
    return STATUS_OK;
}

static enum status on_open(void *ctx, const char *path, struct error *err)
{
    struct page *p = ctx;
    if (!p->is_root_seen && strcmp(path, ROOT) != 0)
        return error_set(err, STATUS_PROTOCOL, "the reply is not a " ROOT " document");
    p->is_root_seen = true;
    if (strcmp(path, ROOT "/Contents") == 0) {
        p->current = (struct item){.key = 0};
        p->has_size = p->has_modified = false;
    }
    return STATUS_OK;
}

static enum status on_close(void *ctx, const char *path, const char *text, size_t len,
                            struct error *err)
{
    static const char contents[] = "Contents";
    const size_t contents_len = sizeof contents - 1;
    const char *name = path + strlen(ROOT);
    if (*name != '/')
        return STATUS_OK;
    name++;
    if (strncmp(name, contents, contents_len) != 0)
        return page_field(ctx, name, text, len, err);
    if (name[contents_len] == '/')
        return object_field(ctx, name + contents_len + 1, text, len, err);
    return name[contents_len] ? STATUS_OK : object_add(ctx, err);
}

static enum status page_read(struct page *p, const char *body, size_t len, struct error *err)
{
    static const struct xml_events events = {.open = on_open, .close = on_close};
    enum status status = xml_parse(&events, p, body, len, err);
    if (status)
        return status;
    if (p->truncated == TRUNCATED_UNSAID)
        return error_set(err, STATUS_PROTOCOL, "the page lacks IsTruncated");
    if (p->truncated == TRUNCATED_YES && !p->raw.data[p->token])
        return error_set(err, STATUS_PROTOCOL, "the page is truncated but has no token to go on");
    return buf_status(&p->raw, "a page of a listing", err);
}

/* Reads a key as EncodingType says, and lets it point into p->decoded from now on. */
static enum status key_decode(struct page *p, struct item *item, struct error *err)
{
    const char *raw = p->raw.data + item->key;
    size_t at = p->decoded.len;
    if (p->url_encoded) {
        if (uri_decode(&p->decoded, raw, item->key_len, 1, err))
            return error_set(err, STATUS_PROTOCOL, "a listed key is not URL-encoded: '%.200s'",
                             raw);
    } else {
        buf_append(&p->decoded, raw, item->key_len);
    }
    item->key = at;
    item->key_len = p->decoded.len - at;
    buf_append_char(&p->decoded, '\0');
    if (item->key_len == 0 || item->key_len > S3_KEY_MAX)
        return error_set(err, STATUS_PROTOCOL, "a listed key has %zu bytes; S3 allows 1 to %d",
                         item->key_len, S3_KEY_MAX);
    return buf_status(&p->decoded, "the keys of a listing", err);
}

/* Decodes all keys of one kind and checks that they start with the prefix and ascend. strcmp
 * compares bytes as unsigned, as S3's order wants it. */
static enum status keys_check(const struct s3_lister *l, struct page *p, struct items *items,
                              const char *last, struct error *err)
{
    size_t prefix_len = strlen(l->prefix);
    for (size_t i = 0; i < items->count; i++) {
        enum status status = key_decode(p, &items->item[i], err);
        if (status)
            return status;
        const char *key = p->decoded.data + items->item[i].key;
        const char *before = i > 0 ? p->decoded.data + items->item[i - 1].key : last;
        if (strncmp(key, l->prefix, prefix_len) != 0)
            return error_set(err, STATUS_PROTOCOL, "the listed key '%.200s' lies outside '%.200s'",
                             key, l->prefix);
        if (strcmp(before, key) >= 0 && *before)
            return error_set(err, STATUS_PROTOCOL,
                             "the listing is out of order: '%.200s' comes after '%.200s'", key,
                             before);
    }
    return STATUS_OK;
}

static enum status progress_check(const struct s3_lister *l, const struct page *p,
                                  struct error *err)
{
    if (p->truncated != TRUNCATED_YES)
        return STATUS_OK;
    if (strcmp(p->raw.data + p->token, l->token) == 0)
        return error_set(err, STATUS_PROTOCOL,
                         "the server repeats its continuation token; the listing would not end");
    if (p->objects.count + p->prefixes.count == 0 && l->empty_pages >= S3_EMPTY_PAGES_MAX)
        return error_set(err, STATUS_PROTOCOL, "%d empty pages in a row", S3_EMPTY_PAGES_MAX);
    return STATUS_OK;
}

static enum status hand_over(const struct s3_lister *l, const struct page *p,
                             const struct item *item, bool is_prefix, struct error *err)
{
    assert(item != NULL);
    const struct s3_list_entry entry = {
        .key = p->decoded.data + item->key,
        .key_len = item->key_len,
        .size = item->size,
        .last_modified_unix_s = item->last_modified_unix_s,
        .etag = p->raw.data + item->etag,
        .storage_class = p->raw.data + item->storage_class,
        .is_common_prefix = is_prefix,
    };
    return l->on_entry(l->ctx, &entry, err);
}

/* Objects and common prefixes come as two ascending runs: merged, they are in key order. */
static bool prefix_is_next(const struct page *p, size_t object, size_t prefix)
{
    if (object == p->objects.count || prefix == p->prefixes.count)
        return object == p->objects.count;
    return strcmp(p->decoded.data + p->prefixes.item[prefix].key,
                  p->decoded.data + p->objects.item[object].key) < 0;
}

static enum status hand_over_all(const struct s3_lister *l, const struct page *p, struct error *err)
{
    size_t object = 0;
    size_t prefix = 0;
    enum status status = STATUS_OK;
    while (!status && (object < p->objects.count || prefix < p->prefixes.count)) {
        if (prefix_is_next(p, object, prefix))
            status = hand_over(l, p, &p->prefixes.item[prefix++], true, err);
        else
            status = hand_over(l, p, &p->objects.item[object++], false, err);
    }
    return status;
}

static void last_remember(char last[S3_KEY_MAX + 1], const struct page *p,
                          const struct items *items)
{
    if (items->count == 0)
        return;
    const struct item *item = &items->item[items->count - 1];
    memcpy(last, p->decoded.data + item->key, item->key_len + 1);
}

static void move_on(struct s3_lister *l, const struct page *p)
{
    size_t entries = p->objects.count + p->prefixes.count;
    last_remember(l->last_key, p, &p->objects);
    last_remember(l->last_prefix, p, &p->prefixes);
    l->pages++;
    l->entries += entries;
    l->empty_pages = entries > 0 ? 0 : l->empty_pages + 1;
    l->finished = p->truncated == TRUNCATED_NO;
    const char *token = p->raw.data + p->token;
    memcpy(l->token, token, strlen(token) + 1);
}

enum status s3_lister_take_page(struct s3_lister *l, const char *body, size_t len,
                                struct error *err)
{
    struct page page;
    page_init(&page);
    enum status status = page_read(&page, body, len, err);
    if (!status)
        status = keys_check(l, &page, &page.objects, l->last_key, err);
    if (!status)
        status = keys_check(l, &page, &page.prefixes, l->last_prefix, err);
    if (!status)
        status = progress_check(l, &page, err);
    if (!status)
        status = hand_over_all(l, &page, err);
    if (!status)
        move_on(l, &page);
    page_release(&page);
    return status;
}
