/* SPDX-License-Identifier: MIT */
/* request - storage of requests, and their parsed parts. The routes are in route.c. */
#include "bench/server/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/server/kept_headers.h"
#include "lib/base/units.h"

#define REPLY_BODY_MAX       (64u << 20)
#define REPLY_HEADERS_MAX    (16u << 10)
#define REQUEST_EVIDENCE_MAX (256u << 10)
#define POOLED_BUF_MAX       (32u << 10) /* kept for the next request; larger ones are freed */

struct request *request_new(void)
{
    struct request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    buf_init(&r->target, REQUEST_TARGET_MAX);
    buf_init(&r->text, 2 * REQUEST_TARGET_MAX + S3_BUCKET_MAX + 1);
    buf_init(&r->evidence, REQUEST_EVIDENCE_MAX);
    buf_init(&r->kept, KEPT_HEADERS_MAX);
    buf_init(&r->reply.shown.body, REPLY_BODY_MAX);
    buf_init(&r->reply.shown.headers, REPLY_HEADERS_MAX);
    request_reset(r);
    return r;
}

void request_free(struct request *r)
{
    if (r == NULL)
        return;
    request_reset(r);
    buf_release(&r->target);
    buf_release(&r->text);
    buf_release(&r->evidence);
    buf_release(&r->kept);
    buf_release(&r->reply.shown.body);
    buf_release(&r->reply.shown.headers);
    hash_free(r->md5);
    hash_free(r->sha256);
    checksum_release(&r->claimed_sum);
    checksum_release(&r->kept_sum);
    aws_chunked_free(r->decoder);
    free(r);
}

/* As many requests are kept as were ever in flight: a page of a listing in each of a thousand would
 * be half a gigabyte. */
static void buf_rest(struct buf *b)
{
    if (b->allocated > POOLED_BUF_MAX)
        buf_release(b);
    buf_reset(b);
}

void request_reset(struct request *r)
{
    chunk_unref(r->body.chunk);
    object_unref(r->reply.object);
    const struct buf body = r->reply.shown.body, headers = r->reply.shown.headers;
    memset(&r->server, 0, sizeof *r - offsetof(struct request, server));
    r->next = NULL;
    r->reply.shown.body = body;
    r->reply.shown.headers = headers;
    struct buf *const bufs[] = {&r->target,           &r->text,
                                &r->evidence,         &r->kept,
                                &r->reply.shown.body, &r->reply.shown.headers};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        buf_rest(bufs[i]);
    r->fault_name = "";
    r->reply.shown.cut_after = UINT64_MAX;
    r->reply.shown.stall_after = UINT64_MAX;
    r->reply.shown.corrupt_at = UINT64_MAX;
    r->reply.shown.shorten_to = UINT64_MAX;
}

/* One of 64 bits for a name in any case. Most of the names that a request is asked for it does not
 * have, and its bits tell so without a comparison. */
static uint64_t name_bit(const char *name)
{
    const unsigned first = (unsigned char)name[0] | 0x20u;
    return UINT64_C(1) << ((first + strlen(name)) & 63);
}

bool request_add_header(struct request *r, const char *name, const char *value)
{
    if (r->header_count == REQUEST_HEADERS_MAX)
        return false;
    r->headers[r->header_count++] = (struct sigv4_pair){.name = name, .value = value};
    r->header_names |= name_bit(name);
    return true;
}

/* Decodes into r->text, which has room beforehand so that nothing moves; NULL for a bad escape. */
static const char *decode(struct request *r, const char *text, size_t len, int plus_is_space,
                          size_t *decoded_len)
{
    const size_t at = r->text.len;
    if (uri_decode(&r->text, text, len, plus_is_space, NULL) != STATUS_OK)
        return NULL;
    if (decoded_len != NULL)
        *decoded_len = r->text.len - at;
    buf_append_char(&r->text, '\0');
    return r->text.data + at;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    const size_t end_len = strlen(end);
    return len > end_len && strncasecmp(text + len - end_len, end, end_len) == 0;
}

void request_virtual_bucket(const char *host, const char *domain, char out[S3_BUCKET_MAX + 1])
{
    const char *const domains[] = {domain, VIRTUAL_DOMAIN_DEFAULT};
    const size_t len = strcspn(host, ":");
    out[0] = '\0';
    for (size_t i = 0; i < 2 && out[0] == '\0'; i++) {
        if (domains[i] == NULL || !ends_with(host, len, domains[i]))
            continue;
        const size_t bucket_len = len - strlen(domains[i]) - 1;
        if (host[bucket_len] != '.' || bucket_len > S3_BUCKET_MAX)
            continue;
        memcpy(out, host, bucket_len);
        out[bucket_len] = '\0';
        if (s3_bucket_name_check(out, NULL) != STATUS_OK)
            out[0] = '\0';
    }
}

static enum code parse_path(struct request *r, const char *path, const char *virtual_bucket)
{
    const char *bucket = virtual_bucket, *key = path + 1;
    size_t bucket_len = strlen(virtual_bucket);
    if (bucket_len == 0) {
        bucket = path + 1;
        bucket_len = strcspn(bucket, "/");
        key = bucket + bucket_len;
        if (*key == '/')
            key++;
    }
    size_t key_len;
    bucket = decode(r, bucket, bucket_len, 0, NULL);
    key = decode(r, key, strlen(key), 0, &key_len);
    if (bucket == NULL || key == NULL)
        return CODE_INVALID_URI; /* and names nothing, to whoever looks */
    r->where.bucket = bucket;
    r->where.key = key;
    r->where.key_len = key_len;
    return r->where.key_len > S3_KEY_MAX ? CODE_KEY_TOO_LONG : CODE_NONE;
}

static enum code parse_query(struct request *r)
{
    for (const char *p = r->raw_query; *p != '\0';) {
        const size_t len = strcspn(p, "&");
        if (len > 0) {
            if (r->param_count == REQUEST_PARAMS_MAX)
                return CODE_INVALID_URI;
            const char *equals = memchr(p, '=', len);
            const size_t name_len = equals != NULL ? (size_t)(equals - p) : len;
            struct request_param *param = &r->params[r->param_count];
            param->name = decode(r, p, name_len, 1, NULL);
            param->value = equals != NULL ? decode(r, equals + 1, len - name_len - 1, 1, NULL) : "";
            if (param->name == NULL || param->value == NULL)
                return CODE_INVALID_URI;
            r->param_names |= name_bit(param->name);
            r->param_count++;
        }
        p += len + (p[len] == '&');
    }
    return CODE_NONE;
}

enum code request_parse_target(struct request *r, const char *virtual_bucket)
{
    r->where = (struct storage_where){.bucket = "", .key = ""};
    r->bucket_in_host = virtual_bucket[0] != '\0';
    r->raw_query = "";
    if (r->target.failed != STATUS_OK || r->target.len == 0 || r->target.data[0] != '/' ||
        buf_reserve(&r->text, r->target.len + S3_BUCKET_MAX + 3 + 2 * REQUEST_PARAMS_MAX) == NULL)
        return CODE_INVALID_URI;
    char *question = strchr(r->target.data, '?');
    if (question != NULL) {
        *question = '\0';
        r->raw_query = question + 1;
    }
    const enum code code = parse_path(r, r->target.data, virtual_bucket);
    return code != CODE_NONE ? code : parse_query(r);
}

enum code request_refuse(struct request *r, enum code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->refused_detail, sizeof r->refused_detail, format, args);
    va_end(args);
    return code;
}

const char *request_param(const struct request *r, const char *name)
{
    if ((r->param_names & name_bit(name)) == 0)
        return NULL;
    for (size_t i = 0; i < r->param_count; i++)
        if (strcmp(r->params[i].name, name) == 0)
            return r->params[i].value;
    return NULL;
}

const char *request_text(const struct request *r, const char *name)
{
    const char *value = request_param(r, name);
    return value != NULL ? value : "";
}

const char *request_header(const struct request *r, const char *name)
{
    if ((r->header_names & name_bit(name)) == 0)
        return NULL;
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

bool request_number(const struct request *r, const char *name, uint64_t min, uint64_t max,
                    uint64_t otherwise, uint64_t *out)
{
    const char *value = request_param(r, name);
    if (value == NULL || value[0] == '\0') {
        *out = otherwise;
        return true;
    }
    return uint_parse(value, min, max, out, NULL) == STATUS_OK;
}

int64_t request_now_ms(const struct request *r)
{
    (void)r;
    return clock_wall(clock_system()).unix_ns / NS_PER_MS;
}

void request_id(const struct request *r, char out[REQUEST_ID_SIZE])
{
    uint64_t rest = r->shown.sequence;
    for (size_t i = REQUEST_ID_SIZE - 1; i-- > 0; rest >>= 4)
        out[i] = "0123456789ABCDEF"[rest & 15];
    out[REQUEST_ID_SIZE - 1] = '\0';
}

/* The number in "attempt=2; max=5". */
static unsigned attempt_of(const char *header)
{
    const char *found = header == NULL ? NULL : strstr(header, "attempt=");
    if (found == NULL)
        return 1;
    const unsigned long n = strtoul(found + strlen("attempt="), NULL, 10);
    return n >= 1 && n <= 1000 ? (unsigned)n : 1;
}

void request_describe(struct request *r)
{
    const char *range = request_header(r, "range");
    uint64_t part_number = 0;
    if (!request_number(r, "partNumber", 1, PART_NUMBER_MAX, 0, &part_number))
        part_number = 0;
    r->shown.operation = s3_server_operation_name(r->operation);
    r->shown.bucket = r->where.bucket;
    r->shown.key = r->where.key;
    r->shown.query = r->raw_query;
    r->shown.range = range != NULL ? range : "";
    r->shown.upload_id = request_text(r, "uploadId");
    r->shown.part_number = (unsigned)part_number;
    r->shown.attempt = attempt_of(request_header(r, "amz-sdk-request"));
}
