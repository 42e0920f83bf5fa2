/* SPDX-License-Identifier: MIT */
/*
 * list_scope - what all listings have in common: a prefix, a delimiter at which names are rolled up
 * into common prefixes, a page size, and names URI-encoded where the client asks for it.
 *
 * Use: list_scope_init, list_scope_read, walk an index, list_scope_release.
 */
#ifndef KIT_BENCH_SERVER_LIST_SCOPE_H
#define KIT_BENCH_SERVER_LIST_SCOPE_H

#include "bench/server/request.h"

#define LIST_PAGE_MAX 1000

struct list_scope {
    const char *prefix, *delimiter;
    size_t prefix_len, delimiter_len;
    uint64_t max;
    uint64_t page; /* a page ends earlier, as it may; 0: at `max` */
    bool url_encoded;
    uint64_t count; /* of entries and groups on this page */
    bool truncated;
    struct buf groups; /* <CommonPrefixes>, which come after the entries */
};

void list_scope_init(struct list_scope *l, const struct request *r);
void list_scope_release(struct list_scope *l);
/* From the parameters; `max_name` is "max-keys" or "max-uploads". False: it has replied. */
bool list_scope_read(struct request *r, const char *max_name, struct list_scope *l);

bool list_scope_has(const struct list_scope *l, const char *name, size_t len);
/* The length of the common prefix that a name, which has the prefix, is rolled up into; 0: none. */
size_t list_scope_group(const struct list_scope *l, const char *name, size_t len);
/* Whether the page is full; marks it truncated then, unless nothing was to be listed at all. */
bool list_scope_full(struct list_scope *l);
void list_scope_add_group(struct list_scope *l, const char *name, size_t len);
/* A name as the client asked for it: as it is, or URI-encoded. */
void list_scope_name(const struct list_scope *l, struct buf *b, const char *element,
                     const char *name, size_t len);
/* Prefix, Delimiter and EncodingType, as they came. */
void list_scope_echo(const struct list_scope *l, struct buf *b);

#endif
