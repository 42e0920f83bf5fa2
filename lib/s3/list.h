/* SPDX-License-Identifier: MIT */
/*
 * list - ListObjectsV2 as a pager: one request a page, entries handed over in key order.
 *
 *     s3_lister_init(&l, &(struct s3_list){.bucket = b, .prefix = p});
 *     s3_lister_next(&l, client, on_entry, on_page, ctx, err);   one page; again until l.finished
 *
 * Only IsTruncated ends a listing. Checked: keys ascend strictly in raw bytes over all pages and
 * start with the prefix; a continuation token is new; EncodingType is echoed before anything is
 * decoded. Any breach is STATUS_PROTOCOL. A page is parsed to its end before its first entry is
 * handed over, so a broken page hands over nothing.
 */
#ifndef KIT_S3_LIST_H
#define KIT_S3_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/s3/client.h"
#include "lib/s3/object.h"
#include "lib/s3/uri.h"

#define S3_TOKEN_MAX       4096
#define S3_EMPTY_PAGES_MAX 1000 /* in a row, before a listing counts as one that never ends */

struct s3_list {
    const char *bucket;
    const char *prefix;      /* "" for all */
    const char *delimiter;   /* NULL for none */
    const char *start_after; /* NULL for none */
    unsigned max_keys;       /* 0: 1,000 */
};

struct s3_list_entry {
    const char *key; /* decoded, NUL-terminated; valid during the call */
    size_t key_len;
    uint64_t size;
    int64_t last_modified_unix_s;
    const char *etag;          /* with quotes */
    const char *storage_class; /* "" when absent */
    bool is_common_prefix;     /* then only the key is set */
};
/* Returning anything but STATUS_OK ends the page with that error. */
typedef enum status s3_entry_fn(void *ctx, const struct s3_list_entry *entry, struct error *err);
/* `status` is STATUS_OK when the page was good; then lister->finished tells whether it was the last. */
typedef void s3_page_fn(void *ctx, enum status status, const struct error *error,
                        const struct s3_reply *reply);

struct s3_lister {
    char bucket[S3_BUCKET_MAX + 1];
    char prefix[S3_KEY_MAX + 1];
    char delimiter[8];
    char start_after[S3_KEY_MAX + 1];
    unsigned max_keys;
    char token[S3_TOKEN_MAX + 1];
    char last_key[S3_KEY_MAX + 1];
    char last_prefix[S3_KEY_MAX + 1]; /* last common prefix */
    uint64_t pages;
    uint64_t entries;
    unsigned empty_pages; /* in a row */
    bool finished;
    bool too_long; /* a name did not fit: s3_lister_next refuses */
    /* of the page in flight */
    s3_entry_fn *on_entry;
    s3_page_fn *on_page;
    void *ctx;
};

void s3_lister_init(struct s3_lister *l, const struct s3_list *list);
/* Starts over from the first page. */
void s3_lister_rewind(struct s3_lister *l);
/* Requests the next page; the lister must stay put until on_page. */
enum status s3_lister_next(struct s3_lister *l, struct s3_client *c, s3_entry_fn *on_entry,
                           s3_page_fn *on_page, void *ctx, struct error *err) MUST_USE;

#endif
