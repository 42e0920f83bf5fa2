/* SPDX-License-Identifier: MIT */
/* fault_listing - see fault_listing.h. */
#include "bench/server/fault_listing.h"

#include <string.h>

#include "lib/s3/xml.h"

#define OPEN  "<Contents>"
#define CLOSE "</Contents>"

/* A stretch of a text. */
struct span {
    size_t at, len;
};

/* The next "<name>...</name>", with its tags. */
static bool element_find(const char *text, size_t from, const char *open, const char *close,
                         struct span *out)
{
    const char *start = strstr(text + from, open);
    const char *end = start != NULL ? strstr(start, close) : NULL;
    if (end == NULL)
        return false;
    *out =
        (struct span){.at = (size_t)(start - text), .len = (size_t)(end - start) + strlen(close)};
    return true;
}

/* Puts `with` in the place of a stretch. */
static void splice(struct buf *b, struct span where, const struct buf *with)
{
    struct buf changed;
    buf_init(&changed, b->max);
    buf_append(&changed, b->data, where.at);
    buf_append(&changed, with->data, with->len);
    buf_append(&changed, b->data + where.at + where.len, b->len - where.at - where.len);
    buf_release(b);
    *b = changed;
}

static void change_token(struct buf *b, const char *open, const char *close, const char *token)
{
    struct span found;
    struct buf with;
    if (token == NULL || !element_find(b->data, 0, open, close, &found))
        return;
    buf_init(&with, b->max);
    buf_append_str(&with, open);
    xml_escape(&with, token, strlen(token));
    buf_append_str(&with, close);
    splice(b, found, &with);
    buf_release(&with);
}

static void change_entries(struct buf *b, enum fault_listing kind)
{
    struct span first, second;
    struct buf with;
    if (!element_find(b->data, 0, OPEN, CLOSE, &first) ||
        !element_find(b->data, first.at + first.len, OPEN, CLOSE, &second))
        return;
    buf_init(&with, b->max);
    if (kind == FAULT_LISTING_UNORDERED)
        buf_append(&with, b->data + second.at, second.len);
    buf_append(&with, b->data + first.at, first.len);
    if (kind == FAULT_LISTING_REPEATED) {
        buf_append(&with, b->data + first.at, first.len);
        buf_append(&with, b->data + second.at, second.len);
    }
    const struct span both = {.at = first.at, .len = second.at + second.len - first.at};
    splice(b, both, &with);
    buf_release(&with);
}

void fault_listing_change(struct request *r, enum fault_listing kind)
{
    struct buf *b = &r->reply.shown.body;
    if (r->reply.object != NULL || b->len == 0)
        return;
    if (kind != FAULT_LISTING_STALE_TOKEN) {
        change_entries(b, kind);
        return;
    }
    change_token(b, "<NextContinuationToken>", "</NextContinuationToken>",
                 request_param(r, "continuation-token"));
    change_token(b, "<NextMarker>", "</NextMarker>", request_param(r, "marker"));
}
