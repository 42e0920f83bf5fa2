/* SPDX-License-Identifier: MIT */
/* op_bucket - operations on buckets themselves. */
#include <string.h>

#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"

#define OWNER_ID "s3-bench"

void op_list_buckets(struct request *r)
{
    struct buf *b = &r->reply.shown.body;
    struct storage *store = server_storage(r->server);
    reply_xml_begin(r, "ListAllMyBucketsResult");
    buf_append_str(b, "<Owner><ID>" OWNER_ID "</ID><DisplayName>" OWNER_ID
                      "</DisplayName></Owner><Buckets>");
    const struct key_index *buckets = storage_read_buckets(store);
    for (const struct key_index_entry *e = buckets->head[0]; e != NULL; e = key_index_next(e)) {
        const struct bucket *bucket = e->value;
        xml_open(b, "Bucket");
        xml_str(b, "Name", key_index_key(e));
        xml_time(b, "CreationDate", bucket->created_ms);
        xml_close(b, "Bucket");
    }
    storage_read_end(store);
    xml_close(b, "Buckets");
    reply_xml_end(r, "ListAllMyBucketsResult");
}

void op_create_bucket(struct request *r)
{
    if (s3_bucket_name_check(r->where.bucket, NULL) != STATUS_OK) {
        reply_error(r, CODE_INVALID_BUCKET_NAME, NULL);
        return;
    }
    struct storage *store = server_storage(r->server);
    const enum code code = storage_create_bucket(store, r->where.bucket, request_now_ms(r));
    /* In us-east-1, creating one's own bucket again succeeds; elsewhere it is refused. */
    if (code == CODE_BUCKET_ALREADY_OWNED && strcmp(server_region(r->server), "us-east-1") != 0) {
        reply_error(r, code, NULL);
        return;
    }
    if (code != CODE_BUCKET_ALREADY_OWNED && reply_failed(r, code))
        return;
    reply_header(r, "Location", r->target.data);
}

void op_head_bucket(struct request *r)
{
    if (!reply_failed(r, storage_find_bucket(server_storage(r->server), r->where.bucket)))
        reply_header(r, "x-amz-bucket-region", server_region(r->server));
}

void op_delete_bucket(struct request *r)
{
    if (!reply_failed(r, storage_remove_bucket(server_storage(r->server), r->where.bucket)))
        r->reply.shown.status = 204;
}

void op_get_bucket_location(struct request *r)
{
    if (reply_failed(r, storage_find_bucket(server_storage(r->server), r->where.bucket)))
        return;
    const char *region = server_region(r->server);
    reply_xml_begin(r, "LocationConstraint");
    /* us-east-1 is the empty constraint. */
    if (strcmp(region, "us-east-1") != 0)
        buf_append_str(&r->reply.shown.body, region);
    reply_xml_end(r, "LocationConstraint");
}
