/* SPDX-License-Identifier: MIT */
/* auth_v2 - see auth_v2.h. */
#include "bench/server/auth_v2.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/hash.h"
#include "lib/base/units.h"
#include "lib/s3/uri.h"

#define AMZ_PREFIX  "x-amz-"
#define TOKEN_PARAM "x-amz-security-token"
#define AMZ_PAIRS   (2 * SIGV4_HEADERS_MAX)
#define EXPIRES_MAX (UINT64_C(1) << 40) /* far beyond any calendar, and far from overflow */

/* The value of a parameter as it was sent, *len bytes; NULL when there is none. */
static const char *query_find(const char *query, const char *name, size_t *len)
{
    const size_t name_len = strlen(name);
    for (const char *p = query; *p != '\0';) {
        const size_t n = strcspn(p, "&");
        if (n >= name_len && memcmp(p, name, name_len) == 0 &&
            (n == name_len || p[name_len] == '=')) {
            const char *value = p + name_len + (n > name_len);
            *len = (size_t)(p + n - value);
            return value;
        }
        p += n + (p[n] == '&');
    }
    return NULL;
}

bool auth_v2_exists(const char *query)
{
    size_t len;
    return query_find(query, "AWSAccessKeyId", &len) != NULL &&
           query_find(query, "Signature", &len) != NULL;
}

/* Into `text`, which has room beforehand so that nothing moves; NULL when it is not there, or cannot
 * be decoded. */
static char *field_read(const char *query, const char *name, struct buf *text)
{
    size_t len;
    const size_t at = text->len;
    const char *value = query_find(query, name, &len);
    if (value == NULL || uri_decode(text, value, len, 0, NULL) != STATUS_OK)
        return NULL;
    buf_append_char(text, '\0');
    return text->data + at;
}

enum code auth_v2_read(const struct auth_request *request, struct buf *text, struct auth_claim *out,
                       struct auth_result *result)
{
    uint64_t expires_s;
    buf_reset(text);
    if (buf_reserve(text, strlen(request->query) + 4) == NULL)
        return CODE_INTERNAL_ERROR;
    out->version_2 = out->presigned = true;
    out->access_key_id = field_read(request->query, "AWSAccessKeyId", text);
    out->signature = field_read(request->query, "Signature", text);
    out->session_token = field_read(request->query, TOKEN_PARAM, text);
    const char *expires = field_read(request->query, "Expires", text);
    if (out->access_key_id == NULL || out->signature == NULL || expires == NULL)
        return auth_refuse(result, CODE_ACCESS_DENIED,
                           "Query-string authentication requires the Signature, Expires and "
                           "AWSAccessKeyId parameters");
    if (uint_parse(expires, 0, EXPIRES_MAX, &expires_s, NULL) != STATUS_OK)
        return auth_refuse(result, CODE_ACCESS_DENIED,
                           "Invalid date (should be seconds since "
                           "epoch): %.40s",
                           expires);
    out->unix_s = (int64_t)expires_s;
    return CODE_NONE;
}

/* The x-amz- headers; and those in the query that no header repeats, as SDKs write them there. */

struct amz_pair {
    const char *name, *value;
    size_t name_len, value_len;
    size_t place; /* among all, as they came */
    bool escaped;
};

static bool is_amz(const char *name, size_t len)
{
    return len > strlen(AMZ_PREFIX) && strncasecmp(name, AMZ_PREFIX, strlen(AMZ_PREFIX)) == 0;
}

static int name_order(const struct amz_pair *x, const struct amz_pair *y)
{
    const size_t common = x->name_len < y->name_len ? x->name_len : y->name_len;
    const int order = strncasecmp(x->name, y->name, common);
    return order != 0 ? order : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

/* Of one name they stay in order. */
static int amz_order(const void *a, const void *b)
{
    const struct amz_pair *x = a, *y = b;
    const int order = name_order(x, y);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static size_t amz_from_headers(const struct auth_request *request, struct amz_pair *out)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count && count < AMZ_PAIRS; i++) {
        const struct sigv4_pair *h = &request->headers[i];
        const size_t len = strlen(h->name);
        if (is_amz(h->name, len))
            out[count++] = (struct amz_pair){
                .name = h->name, .name_len = len, .value = h->value, .value_len = strlen(h->value)};
    }
    return count;
}

static size_t amz_from_query(const struct auth_request *request, struct amz_pair *out, size_t count)
{
    const size_t headers = count;
    for (const char *p = request->query; *p != '\0' && count < AMZ_PAIRS;) {
        const size_t len = strcspn(p, "&");
        const char *equals = memchr(p, '=', len);
        struct amz_pair pair = {
            .name = p, .value = "", .place = SIGV4_HEADERS_MAX + count, .escaped = true};
        pair.name_len = equals != NULL ? (size_t)(equals - p) : len;
        if (equals != NULL) {
            pair.value = equals + 1;
            pair.value_len = len - pair.name_len - 1;
        }
        bool repeated = false;
        for (size_t i = 0; i < headers; i++)
            repeated |= name_order(&out[i], &pair) == 0;
        if (is_amz(p, pair.name_len) && !repeated)
            out[count++] = pair;
        p += len + (p[len] == '&');
    }
    return count;
}

static bool append_value(const char *value, size_t len, bool escaped, struct buf *out)
{
    if (escaped)
        return uri_decode(out, value, len, 1, NULL) == STATUS_OK;
    buf_append(out, value, len);
    return true;
}

static bool append_amz(const struct auth_request *request, struct buf *out)
{
    struct amz_pair pairs[AMZ_PAIRS];
    const size_t count = amz_from_query(request, pairs, amz_from_headers(request, pairs));
    qsort(pairs, count, sizeof *pairs, amz_order);
    for (size_t i = 0; i < count; i++) {
        const struct amz_pair *p = &pairs[i];
        if (i > 0 && name_order(p - 1, p) == 0) {
            buf_truncate(out, out->len - 1); /* several of one name are one line */
            buf_append_char(out, ',');
        } else {
            auth_append_lower(out, p->name, p->name_len);
            buf_append_char(out, ':');
        }
        if (!append_value(p->value, p->value_len, p->escaped, out))
            return false;
        buf_append_char(out, '\n');
    }
    return true;
}

/* The parameters that are signed as part of the resource, in byte order. */
static const char *const subresources[] = {
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
};

static bool append_resource(const struct auth_request *request, struct buf *out)
{
    char separator = '?';
    if (request->host_bucket != NULL && request->host_bucket[0] != '\0') {
        buf_append_char(out, '/');
        buf_append_str(out, request->host_bucket);
    }
    buf_append_str(out, request->path);
    for (size_t i = 0; i < sizeof subresources / sizeof *subresources; i++) {
        size_t len;
        const char *value = query_find(request->query, subresources[i], &len);
        if (value == NULL)
            continue;
        buf_append_char(out, separator);
        buf_append_str(out, subresources[i]);
        separator = '&';
        if (len > 0)
            buf_append_char(out, '=');
        if (!append_value(value, len, true, out))
            return false;
    }
    return true;
}

static void append_header_line(const struct auth_request *request, const char *name,
                               struct buf *out)
{
    const char *value = auth_header(request, name);
    buf_append_str(out, value != NULL ? value : "");
    buf_append_char(out, '\n');
}

bool auth_v2_string_to_sign(const struct auth_request *request, const struct auth_claim *c,
                            struct buf *out)
{
    buf_append_str(out, request->method);
    buf_append_char(out, '\n');
    append_header_line(request, "content-md5", out);
    append_header_line(request, "content-type", out);
    buf_printf(out, "%" PRId64 "\n", c->unix_s);
    return append_amz(request, out) && append_resource(request, out) && out->failed == STATUS_OK;
}

void auth_v2_signature(const char *secret, const struct buf *string_to_sign,
                       char out[AUTH_V2_SIGNATURE_SIZE])
{
    uint8_t mac[SHA1_SIZE];
    hmac_sha1(secret, strlen(secret), string_to_sign->data, string_to_sign->len, mac);
    base64_encode(mac, sizeof mac, out);
}
