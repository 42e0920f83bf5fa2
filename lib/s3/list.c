/* SPDX-License-Identifier: MIT */
/* list - the pager: asks for pages, and leaves their reading to list_parse.c. */
#include "lib/s3/list.h"

#include <stdio.h>
#include <string.h>

#include "lib/s3/list_parse.h"

#define MAX_KEYS 1000

static bool copy_name(char *out, size_t room, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    if (len >= room)
        return false;
    memcpy(out, text ? text : "", len + 1);
    return true;
}

void s3_lister_init(struct s3_lister *l, const struct s3_list *list)
{
    *l = (struct s3_lister){.max_keys = list->max_keys ? list->max_keys : MAX_KEYS};
    bool fits = copy_name(l->bucket, sizeof l->bucket, list->bucket) &&
                copy_name(l->prefix, sizeof l->prefix, list->prefix) &&
                copy_name(l->delimiter, sizeof l->delimiter, list->delimiter) &&
                copy_name(l->start_after, sizeof l->start_after, list->start_after);
    l->too_long = !fits;
    s3_lister_rewind(l);
}

void s3_lister_rewind(struct s3_lister *l)
{
    l->token[0] = '\0';
    memcpy(l->last_key, l->start_after, sizeof l->last_key);
    l->last_prefix[0] = '\0';
    l->pages = 0;
    l->entries = 0;
    l->empty_pages = 0;
    l->finished = false;
}

/* on_page may ask for the next page at once, so the lister is not touched after it. */
static void on_reply(void *ctx, const struct s3_reply *reply)
{
    struct s3_lister *l = ctx;
    struct error err = reply->error;
    enum status status = reply->status;
    if (!status) {
        status = s3_lister_take_page(l, reply->body, reply->body_size, &err);
        if (status == STATUS_PROTOCOL || status == STATUS_LIMIT)
            error_prefix(&err, "%s s3://%s/%s", s3_op_name(reply->op), l->bucket, l->prefix);
    }
    l->on_page(l->ctx, status, &err, reply);
}

enum status s3_lister_next(struct s3_lister *l, struct s3_client *c, s3_entry_fn *on_entry,
                           s3_page_fn *on_page, void *ctx, struct error *err)
{
    struct s3_request *rq;
    char max_keys[16];
    if (l->too_long)
        return error_set(err, STATUS_INVALID, "a bucket, prefix or delimiter is too long to list");
    enum status status = s3_request_new(c, S3_LIST_OBJECTS, l->bucket, NULL, &rq, err);
    if (status)
        return status;
    snprintf(max_keys, sizeof max_keys, "%u", l->max_keys);
    if (*l->token)
        s3_request_query(rq, "continuation-token", l->token);
    if (*l->delimiter)
        s3_request_query(rq, "delimiter", l->delimiter);
    s3_request_query(rq, "encoding-type", "url");
    s3_request_query(rq, "list-type", "2");
    s3_request_query(rq, "max-keys", max_keys);
    s3_request_query(rq, "prefix", l->prefix);
    if (*l->start_after && !*l->token)
        s3_request_query(rq, "start-after", l->start_after);
    l->on_entry = on_entry;
    l->on_page = on_page;
    l->ctx = ctx;
    return s3_request_send(rq, on_reply, l, err);
}
