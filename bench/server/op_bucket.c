/* SPDX-License-Identifier: MIT */
/* op_bucket - operations on buckets themselves. What can be set of them is in op_setting.c. */
#include <string.h>
#include <strings.h>

#include "bench/server/ops.h"
#include "bench/server/reply.h"
#include "bench/server/server_private.h"
#include "lib/s3/xml.h"

#define BUCKETS_PAGE_MAX 10000
#define DEFAULT_REGION   "us-east-1"

struct bucket_listing {
    const char *prefix, *token;
    char after[S3_BUCKET_MAX + 1]; /* the token, decoded */
    uint64_t max;
};

/* False: it has replied. */
static bool bucket_listing_read(struct request *r, struct bucket_listing *l)
{
    l->prefix = request_text(r, "prefix");
    l->token = request_text(r, "continuation-token");
    const size_t token_len = strlen(l->token);
    if (!request_number(r, "max-buckets", 1, BUCKETS_PAGE_MAX, BUCKETS_PAGE_MAX, &l->max)) {
        reply_bad_argument(r, "Argument max-buckets must be an integer between 1 and 10000",
                           "max-buckets", request_text(r, "max-buckets"));
        return false;
    }
    if (token_len / 2 >= sizeof l->after || token_len % 2 != 0 ||
        hex_decode(l->token, l->after, token_len / 2) != 0) {
        reply_bad_argument(r, "The continuation token provided is incorrect", "continuation-token",
                           l->token);
        return false;
    }
    return true;
}

static void append_buckets(const struct request *r, const struct bucket_listing *l,
                           const struct key_index *buckets, struct buf *b)
{
    const struct key_index_entry *last = NULL;
    const char *from = strcmp(l->after, l->prefix) > 0 ? l->after : l->prefix;
    const struct key_index_entry *e = key_index_seek(buckets, from, strlen(from));
    uint64_t count = 0;
    for (; e != NULL && strncmp(key_index_key(e), l->prefix, strlen(l->prefix)) == 0;
         e = key_index_next(e)) {
        const struct bucket *bucket = e->value;
        if (l->after[0] != '\0' && strcmp(key_index_key(e), l->after) <= 0)
            continue;
        if (last != NULL && count == l->max) {
            xml_close(b, "Buckets");
            xml_open(b, "ContinuationToken");
            buf_append_hex(b, key_index_key(last), last->key_len);
            xml_close(b, "ContinuationToken");
            return;
        }
        last = e;
        count++;
        xml_open(b, "Bucket");
        xml_str(b, "Name", key_index_key(e));
        xml_time(b, "CreationDate", bucket->created_ms);
        xml_str(b, "BucketRegion", server_region(r->server));
        xml_close(b, "Bucket");
    }
    xml_close(b, "Buckets");
}

void op_list_buckets(struct request *r)
{
    struct buf *b = &r->reply.shown.body;
    struct storage *store = server_storage(r->server);
    struct bucket_listing l = {.after = ""};
    if (!bucket_listing_read(r, &l))
        return;
    reply_xml_begin(r, "ListAllMyBucketsResult");
    xml_owner(b, "Owner");
    xml_open(b, "Buckets");
    append_buckets(r, &l, storage_read_buckets(store), b);
    storage_read_end(store);
    if (l.prefix[0] != '\0')
        xml_str(b, "Prefix", l.prefix);
    reply_xml_end(r, "ListAllMyBucketsResult");
}

static enum status location_close(void *ctx, const char *path, const char *text, size_t len,
                                  struct error *err)
{
    struct buf *location = ctx;
    if (strcmp(path, "CreateBucketConfiguration/LocationConstraint") == 0)
        buf_append(location, text, len);
    return buf_status(location, "the location", err);
}

/* "eu-west-1" and its like: another region, not nonsense. */
static bool is_region_name(const char *text)
{
    const size_t len = strlen(text);
    return len > 6 && len < 32 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
           strchr(text, '-') != NULL && text[len - 1] >= '1' && text[len - 1] <= '9';
}

/* What the <CreateBucketConfiguration> asks for must be where this server is. */
static enum code check_location(const struct request *r)
{
    static const struct xml_events events = {.close = location_close};
    const char *region = server_region(r->server);
    const struct chunk *body = r->body.chunk;
    enum code code = CODE_NONE;
    struct buf location;
    if (body == NULL || body->size == 0)
        return CODE_NONE;
    buf_init(&location, 64);
    if (xml_parse(&events, &location, (const char *)body->data, body->size, NULL) != STATUS_OK)
        code = CODE_MALFORMED_XML;
    else if (strcmp(location.data, DEFAULT_REGION) == 0)
        code = CODE_INVALID_LOCATION; /* it is named by naming none */
    else if (location.len > 0 && strcmp(location.data, region) != 0)
        code = is_region_name(location.data) ? CODE_ILLEGAL_LOCATION : CODE_INVALID_LOCATION;
    buf_release(&location);
    return code;
}

static enum code check_new_bucket(const struct request *r)
{
    const char *acl = request_header(r, "x-amz-acl");
    const char *lock = request_header(r, "x-amz-bucket-object-lock-enabled");
    if (s3_bucket_name_check(r->where.bucket, NULL) != STATUS_OK)
        return CODE_INVALID_BUCKET_NAME;
    if (acl != NULL && strcmp(acl, "private") != 0)
        return CODE_INVALID_BUCKET_ACL;
    if (lock != NULL && strcasecmp(lock, "true") == 0)
        return CODE_NOT_IMPLEMENTED;
    return check_location(r);
}

void op_create_bucket(struct request *r)
{
    struct storage *store = server_storage(r->server);
    if (reply_failed(r, check_new_bucket(r)))
        return;
    const enum code code = storage_create_bucket(store, r->where.bucket, request_now_ms(r));
    /* In us-east-1, creating one's own bucket again succeeds; elsewhere it is refused. */
    if (code == CODE_BUCKET_ALREADY_OWNED &&
        strcmp(server_region(r->server), DEFAULT_REGION) != 0) {
        reply_error(r, code, NULL);
        return;
    }
    if (code != CODE_BUCKET_ALREADY_OWNED && reply_failed(r, code))
        return;
    struct buf *headers = &r->reply.shown.headers;
    buf_printf(headers, "Location: /%s\nx-amz-bucket-arn: arn:aws:s3:::%s\n", r->where.bucket,
               r->where.bucket);
}

void op_head_bucket(struct request *r)
{
    if (reply_failed(r, storage_find_bucket(server_storage(r->server), r->where.bucket)))
        return;
    reply_header(r, "x-amz-bucket-region", server_region(r->server));
    reply_header(r, "x-amz-access-point-alias", "false");
    reply_header(r, "Content-Type", "application/xml");
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
    if (strcmp(region, DEFAULT_REGION) != 0)
        buf_append_str(&r->reply.shown.body, region);
    reply_xml_end(r, "LocationConstraint");
}
