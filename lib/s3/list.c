/* SPDX-License-Identifier: MIT */
/* list - ListObjectsV2, a page at a time. */
#include "lib/s3/list.h"

#include <stdio.h>
#include <string.h>

#include "lib/s3/list_page.h"

static void copy(char *out, size_t room, const char *text)
{
    snprintf(out, room, "%s", text != NULL ? text : "");
}

void s3_lister_init(struct s3_lister *l, const struct s3_list *list)
{
    memset(l, 0, sizeof *l);
    copy(l->bucket, sizeof l->bucket, list->bucket);
    copy(l->prefix, sizeof l->prefix, list->prefix);
    copy(l->delimiter, sizeof l->delimiter, list->delimiter);
    copy(l->start_after, sizeof l->start_after, list->start_after);
    l->max_keys = list->max_keys;
}

void s3_lister_rewind(struct s3_lister *l)
{
    l->token[0] = l->last_key[0] = l->last_prefix[0] = '\0';
    l->pages = l->entries = 0;
    l->finished = false;
}

static void on_reply(void *ctx, const struct s3_reply *reply)
{
    struct s3_lister *l = ctx;
    struct error error = reply->error;
    enum status status = reply->status;
    if (status == STATUS_OK)
        status = list_page_parse(l, reply->body, reply->body_size, l->on_entry, l->ctx, &error);
    l->on_page(l->ctx, status, &error, reply);
}

enum status s3_lister_next(struct s3_lister *l, struct s3_client *c, s3_entry_fn *on_entry,
                           s3_page_fn *on_page, void *ctx, struct error *err)
{
    struct s3_request *rq;
    enum status status = s3_request_new(c, S3_LIST_OBJECTS, l->bucket, NULL, &rq, err);
    if (status != STATUS_OK)
        return status;
    l->on_entry = on_entry;
    l->on_page = on_page;
    l->ctx = ctx;
    s3_request_query(rq, "list-type", "2");
    s3_request_query(rq, "encoding-type", "url");
    s3_request_query(rq, "prefix", l->prefix);
    if (l->delimiter[0] != '\0')
        s3_request_query(rq, "delimiter", l->delimiter);
    if (l->max_keys > 0) {
        char text[16];
        snprintf(text, sizeof text, "%u", l->max_keys);
        s3_request_query(rq, "max-keys", text);
    }
    if (l->token[0] != '\0')
        s3_request_query(rq, "continuation-token", l->token);
    else if (l->start_after[0] != '\0')
        s3_request_query(rq, "start-after", l->start_after);
    return s3_request_send(rq, on_reply, l, err);
}
