/* SPDX-License-Identifier: MIT */
/*
 * sigv4 - AWS Signature Version 4 for S3. It is on the path of every request, so it works in the
 * caller's buffers: what is sorted is an array of indices on the stack.
 */
#include "lib/s3/sigv4.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/s3/uri.h"

#define ALGORITHM   "AWS4-HMAC-SHA256"
#define TERMINATOR  "aws4_request"
#define SECRET_MAX  256
#define EXPIRES_MAX 604800

/* One part of a query: "name=value", or a bare name. */
struct query_part {
    const char *name;
    const char *value;
    size_t name_len;
    size_t value_len;
};

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int header_compare(const char *a, const char *b)
{
    for (;; a++, b++) {
        int difference = (unsigned char)to_lower(*a) - (unsigned char)to_lower(*b);
        if (difference || !*a)
            return difference;
    }
}

/* Insertion sort: stable, so values of one name keep their order, and requests have few headers
 * that come nearly sorted. */
static void headers_sort(const struct sigv4_request *rq, uint8_t order[SIGV4_HEADERS_MAX])
{
    for (size_t i = 0; i < rq->header_count; i++) {
        size_t at = i;
        while (at > 0 && header_compare(rq->headers[order[at - 1]].name, rq->headers[i].name) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = (uint8_t)i;
    }
}

static int bytes_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int difference = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (difference)
        return difference;
    return a_len < b_len ? -1 : a_len > b_len;
}

static int query_compare(const struct query_part *a, const struct query_part *b)
{
    int difference = bytes_compare(a->name, a->name_len, b->name, b->name_len);
    return difference ? difference : bytes_compare(a->value, a->value_len, b->value, b->value_len);
}

static struct query_part query_part_read(const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals ? (size_t)(equals - text) : len;
    return (struct query_part){
        .name = text,
        .value = equals ? equals + 1 : text + len,
        .name_len = name_len,
        .value_len = equals ? len - name_len - 1 : 0,
    };
}

/* Splits and sorts; the number of parts, or -1 when there are more than SIGV4_QUERY_MAX. */
static int query_split(const char *query, struct query_part parts[SIGV4_QUERY_MAX])
{
    int count = 0;
    for (const char *p = query; *p;) {
        size_t len = strcspn(p, "&");
        if (len > 0) {
            if (count == SIGV4_QUERY_MAX)
                return -1;
            struct query_part part = query_part_read(p, len);
            int at = count++;
            for (; at > 0 && query_compare(&parts[at - 1], &part) > 0; at--)
                parts[at] = parts[at - 1];
            parts[at] = part;
        }
        p += len + (p[len] == '&');
    }
    return count;
}

static enum status query_append(const char *query, struct buf *out, struct error *err)
{
    struct query_part parts[SIGV4_QUERY_MAX];
    int count = query_split(query, parts);
    if (count < 0)
        return error_set(err, STATUS_LIMIT, "a query to be signed has more than %d parameters",
                         SIGV4_QUERY_MAX);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(out, '&');
        buf_append(out, parts[i].name, parts[i].name_len);
        buf_append_char(out, '=');
        buf_append(out, parts[i].value, parts[i].value_len);
    }
    return STATUS_OK;
}

static void header_name_append(const char *name, struct buf *out)
{
    size_t len = strlen(name);
    char *to = buf_reserve(out, len);
    if (!to)
        return;
    for (size_t i = 0; i < len; i++)
        to[i] = to_lower(name[i]);
    buf_commit(out, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Trimmed, inner runs of blanks as one space. */
static void header_value_append(const char *value, struct buf *out)
{
    while (is_blank(*value))
        value++;
    size_t len = strlen(value);
    while (len > 0 && is_blank(value[len - 1]))
        len--;
    size_t start = 0;
    for (size_t i = 0; i + 1 < len; i++) {
        if (!is_blank(value[i]) || !is_blank(value[i + 1]))
            continue;
        buf_append(out, value + start, i - start);
        while (is_blank(value[i + 1]))
            i++;
        buf_append_char(out, ' ');
        start = i + 1;
    }
    buf_append(out, value + start, len - start);
}

static void headers_append(const struct sigv4_request *rq, const uint8_t *order, struct buf *out)
{
    for (size_t i = 0; i < rq->header_count; i++) {
        const struct sigv4_pair *header = &rq->headers[order[i]];
        if (i > 0 && header_compare(rq->headers[order[i - 1]].name, header->name) == 0) {
            buf_append_char(out, ','); /* values of one name share a line */
        } else {
            if (i > 0)
                buf_append_char(out, '\n');
            header_name_append(header->name, out);
            buf_append_char(out, ':');
        }
        header_value_append(header->value, out);
    }
    buf_append_char(out, '\n');
}

static void signed_headers_append(const struct sigv4_request *rq, const uint8_t *order,
                                  struct buf *out)
{
    for (size_t i = 0; i < rq->header_count; i++) {
        const char *name = rq->headers[order[i]].name;
        if (i > 0 && header_compare(rq->headers[order[i - 1]].name, name) == 0)
            continue;
        if (i > 0)
            buf_append_char(out, ';');
        header_name_append(name, out);
    }
}

/* Sorts the headers into `order` and appends the canonical request. */
static enum status canonical_append(const struct sigv4_request *rq,
                                    uint8_t order[SIGV4_HEADERS_MAX], struct buf *out,
                                    struct error *err)
{
    if (rq->header_count > SIGV4_HEADERS_MAX)
        return error_set(err, STATUS_LIMIT, "a request to be signed has more than %d headers",
                         SIGV4_HEADERS_MAX);
    size_t before = out->len;
    headers_sort(rq, order);
    buf_append_str(out, rq->method);
    buf_append_char(out, '\n');
    buf_append_str(out, rq->encoded_path);
    buf_append_char(out, '\n');
    enum status status = query_append(rq->encoded_query, out, err);
    if (status) {
        buf_truncate(out, before);
        return status;
    }
    buf_append_char(out, '\n');
    headers_append(rq, order, out);
    buf_append_char(out, '\n');
    signed_headers_append(rq, order, out);
    buf_append_char(out, '\n');
    buf_append_str(out, rq->payload_sha256);
    return buf_status(out, "the canonical request", err);
}

enum status sigv4_canonical_request(const struct sigv4_request *request, struct buf *out,
                                    struct buf *signed_headers, struct error *err)
{
    uint8_t order[SIGV4_HEADERS_MAX];
    enum status status = canonical_append(request, order, out, err);
    if (status)
        return status;
    signed_headers_append(request, order, signed_headers);
    return buf_status(signed_headers, "the list of signed headers", err);
}

/* "20130524/us-east-1/s3/aws4_request" */
static void scope_append(const struct sigv4_scope *scope, const char *amz_date, struct buf *out)
{
    buf_append(out, amz_date, 8);
    buf_append_char(out, '/');
    buf_append_str(out, scope->region);
    buf_append_char(out, '/');
    buf_append_str(out, scope->service);
    buf_append_str(out, "/" TERMINATOR);
}

/* The three lines that both kinds of string to sign open with. */
static void preamble_append(const char *algorithm, const struct sigv4_scope *scope, struct buf *out)
{
    char amz_date[17];
    date_format_amz(amz_date, scope->unix_s);
    buf_append_str(out, algorithm);
    buf_append_char(out, '\n');
    buf_append_str(out, amz_date);
    buf_append_char(out, '\n');
    scope_append(scope, amz_date, out);
    buf_append_char(out, '\n');
}

void sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical, size_t len,
                          struct buf *out)
{
    uint8_t digest[SHA256_SIZE];
    sha256(canonical, len, digest); /* first: `canonical` may lie in `out` */
    preamble_append(ALGORITHM, scope, out);
    buf_append_hex(out, digest, sizeof digest);
}

void sigv4_chunk_string_to_sign(const struct sigv4_scope *scope, const char *previous_signature,
                                const uint8_t chunk_sha256[SHA256_SIZE], struct buf *out)
{
    preamble_append(ALGORITHM "-PAYLOAD", scope, out);
    buf_append_str(out, previous_signature);
    buf_append_str(out, "\n" SIGV4_EMPTY_SHA256 "\n");
    buf_append_hex(out, chunk_sha256, SHA256_SIZE);
}

void sigv4_trailer_string_to_sign(const struct sigv4_scope *scope, const char *previous_signature,
                                  const uint8_t trailer_sha256[SHA256_SIZE], struct buf *out)
{
    preamble_append(ALGORITHM "-TRAILER", scope, out);
    buf_append_str(out, previous_signature);
    buf_append_char(out, '\n');
    buf_append_hex(out, trailer_sha256, SHA256_SIZE);
}

void sigv4_key_derive(const char *secret, const struct sigv4_scope *scope, struct sigv4_key *out)
{
    char amz_date[17];
    char start[4 + SECRET_MAX] = "AWS4";
    uint8_t date_key[SHA256_SIZE];
    uint8_t region_key[SHA256_SIZE];
    uint8_t service_key[SHA256_SIZE];
    size_t secret_len = strnlen(secret, SECRET_MAX);

    date_format_amz(amz_date, scope->unix_s);
    memcpy(start + 4, secret, secret_len);
    hmac_sha256(start, 4 + secret_len, amz_date, 8, date_key);
    hmac_sha256(date_key, SHA256_SIZE, scope->region, strlen(scope->region), region_key);
    hmac_sha256(region_key, SHA256_SIZE, scope->service, strlen(scope->service), service_key);
    hmac_sha256(service_key, SHA256_SIZE, TERMINATOR, strlen(TERMINATOR), out->key);
    snprintf(out->date, sizeof out->date, "%.8s", amz_date);
    snprintf(out->region, sizeof out->region, "%s", scope->region);
    cleanse(start, sizeof start);
    cleanse(date_key, sizeof date_key);
    cleanse(region_key, sizeof region_key);
    cleanse(service_key, sizeof service_key);
}

int sigv4_key_fits(const struct sigv4_key *key, const struct sigv4_scope *scope)
{
    char amz_date[17];
    date_format_amz(amz_date, scope->unix_s);
    return memcmp(key->date, amz_date, 8) == 0 && strcmp(key->region, scope->region) == 0;
}

void sigv4_signature(const struct sigv4_key *key, const char *string_to_sign, size_t len,
                     char out[SIGV4_SIGNATURE_SIZE])
{
    uint8_t mac[SHA256_SIZE];
    hmac_sha256(key->key, sizeof key->key, string_to_sign, len, mac);
    hex_encode(mac, sizeof mac, out);
}

void sigv4_key_release(struct sigv4_key *key)
{
    cleanse(key, sizeof *key);
}

/* Stages 2 and 3 for the canonical request that starts at `at` in `scratch`, which is cut back. */
static enum status sign_tail(const struct sigv4_scope *scope, const struct sigv4_key *key,
                             struct buf *scratch, size_t at, char signature[SIGV4_SIGNATURE_SIZE],
                             struct error *err)
{
    size_t text = scratch->len;
    sigv4_string_to_sign(scope, scratch->data + at, text - at, scratch);
    enum status status = buf_status(scratch, "the text to sign", err);
    if (!status)
        sigv4_signature(key, scratch->data + text, scratch->len - text, signature);
    buf_truncate(scratch, at);
    return status;
}

enum status sigv4_authorization(const struct sigv4_request *request,
                                const struct sigv4_scope *scope, const char *access_key_id,
                                const struct sigv4_key *key, struct buf *out, struct error *err)
{
    uint8_t order[SIGV4_HEADERS_MAX];
    char signature[SIGV4_SIGNATURE_SIZE];
    char amz_date[17];
    size_t at = out->len;

    enum status status = canonical_append(request, order, out, err);
    if (!status)
        status = sign_tail(scope, key, out, at, signature, err);
    if (status) {
        buf_truncate(out, at);
        return status;
    }
    date_format_amz(amz_date, scope->unix_s);
    buf_append_str(out, ALGORITHM " Credential=");
    buf_append_str(out, access_key_id);
    buf_append_char(out, '/');
    scope_append(scope, amz_date, out);
    buf_append_str(out, ", SignedHeaders=");
    signed_headers_append(request, order, out);
    buf_append_str(out, ", Signature=");
    buf_append_str(out, signature);
    return buf_status(out, "the Authorization header", err);
}

/* The query in the order of its names, so that it is canonical as it stands. */
static void presign_query_append(const struct sigv4_scope *scope, const char *access_key_id,
                                 const char *session_token, unsigned expires_s, struct buf *out)
{
    char amz_date[17];
    date_format_amz(amz_date, scope->unix_s);
    buf_append_str(out, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
    uri_encode(out, access_key_id, strlen(access_key_id), 0);
    buf_printf(out, "%%2F%.8s%%2F%s%%2F%s%%2F" TERMINATOR, amz_date, scope->region, scope->service);
    buf_printf(out, "&X-Amz-Date=%s&X-Amz-Expires=%u", amz_date, expires_s);
    if (session_token && *session_token) {
        buf_append_str(out, "&X-Amz-Security-Token=");
        uri_encode(out, session_token, strlen(session_token), 0);
    }
    buf_append_str(out, "&X-Amz-SignedHeaders=host");
}

enum status sigv4_presign(const char *method, const char *host, const char *encoded_path,
                          const struct sigv4_scope *scope, const char *access_key_id,
                          const char *session_token, const struct sigv4_key *key,
                          unsigned expires_s, struct buf *out, struct error *err)
{
    char signature[SIGV4_SIGNATURE_SIZE];
    size_t start = out->len;
    if (expires_s < 1 || expires_s > EXPIRES_MAX)
        return error_set(err, STATUS_INVALID, "a presigned URL lasts 1 to %d seconds, not %u",
                         EXPIRES_MAX, expires_s);
    presign_query_append(scope, access_key_id, session_token, expires_s, out);
    size_t end = out->len;
    buf_printf(out, "%s\n%s\n", method, encoded_path);
    char *copy = buf_reserve(out, end - start);
    if (copy) {
        memcpy(copy, out->data + start, end - start);
        buf_commit(out, end - start);
    }
    buf_printf(out, "\nhost:%s\n\nhost\n" SIGV4_UNSIGNED_PAYLOAD, host);
    enum status status = buf_status(out, "the presigned request", err);
    if (!status)
        status = sign_tail(scope, key, out, end, signature, err);
    if (status) {
        buf_truncate(out, start);
        return status;
    }
    buf_append_str(out, "&X-Amz-Signature=");
    buf_append_str(out, signature);
    return buf_status(out, "the presigned query", err);
}
