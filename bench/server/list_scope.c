/* SPDX-License-Identifier: MIT */
/* list_scope - see list_scope.h. */
#include "bench/server/list_scope.h"

#include <string.h>

#include "bench/server/reply.h"

void list_scope_init(struct list_scope *l, const struct request *r)
{
    *l = (struct list_scope){.prefix = "", .delimiter = "", .page = r->reply.shown.page_keys};
    buf_init(&l->groups, r->reply.shown.body.max);
}

void list_scope_release(struct list_scope *l)
{
    buf_release(&l->groups);
}

bool list_scope_read(struct request *r, const char *max_name, struct list_scope *l)
{
    const char *encoding = request_param(r, "encoding-type");
    char message[96];
    l->prefix = request_text(r, "prefix");
    l->prefix_len = strlen(l->prefix);
    l->delimiter = request_text(r, "delimiter");
    l->delimiter_len = strlen(l->delimiter);
    l->url_encoded = encoding != NULL && encoding[0] != '\0';
    if (l->url_encoded && strcmp(encoding, "url") != 0) {
        reply_bad_argument(r, "Invalid Encoding Method specified in Request", "encoding-type",
                           encoding);
        return false;
    }
    if (!request_number(r, max_name, 0, INT32_MAX, LIST_PAGE_MAX, &l->max)) {
        snprintf(message, sizeof message, "Argument %s must be an integer between 0 and 2147483647",
                 max_name);
        reply_bad_argument(r, message, max_name, request_text(r, max_name));
        return false;
    }
    if (l->max > LIST_PAGE_MAX)
        l->max = LIST_PAGE_MAX;
    return true;
}

bool list_scope_has(const struct list_scope *l, const char *name, size_t len)
{
    return len >= l->prefix_len && memcmp(name, l->prefix, l->prefix_len) == 0;
}

size_t list_scope_group(const struct list_scope *l, const char *name, size_t len)
{
    if (l->delimiter_len == 0 || len < l->prefix_len)
        return 0;
    /* Keys hold no NUL, so they can be searched as strings. */
    const char *found = strstr(name + l->prefix_len, l->delimiter);
    return found == NULL ? 0 : (size_t)(found - name) + l->delimiter_len;
}

bool list_scope_full(struct list_scope *l)
{
    if (l->count < l->max && (l->page == 0 || l->count < l->page))
        return false;
    l->truncated = l->count > 0;
    return true;
}

void list_scope_add_group(struct list_scope *l, const char *name, size_t len)
{
    l->count++;
    xml_open(&l->groups, "CommonPrefixes");
    list_scope_name(l, &l->groups, "Prefix", name, len);
    xml_close(&l->groups, "CommonPrefixes");
}

void list_scope_name(const struct list_scope *l, struct buf *b, const char *element,
                     const char *name, size_t len)
{
    if (!l->url_encoded) {
        xml_text(b, element, name, len);
        return;
    }
    xml_open(b, element);
    uri_encode(b, name, len, 1);
    xml_close(b, element);
}

void list_scope_echo(const struct list_scope *l, struct buf *b)
{
    list_scope_name(l, b, "Prefix", l->prefix, l->prefix_len);
    if (l->delimiter_len > 0)
        list_scope_name(l, b, "Delimiter", l->delimiter, l->delimiter_len);
    if (l->url_encoded)
        xml_str(b, "EncodingType", "url");
}
