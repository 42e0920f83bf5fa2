/* SPDX-License-Identifier: MIT */
/* attempt - one attempt of a request made ready: URL, headers, signature, deadlines. */
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/s3/client_private.h"

#define SERVICE "s3"

/* Above this size, hashing costs more than it says beyond TLS's own integrity. */
#define UNSIGNED_PAYLOAD_MIN (UINT64_C(1) << 20)

#define CONNECT_TIMEOUT_MS  10000
#define STALL_TIMEOUT_MS    60000
#define PROMPT_TIMEOUT_MS   (10 * 60000)
#define TRANSFER_TIMEOUT_MS (6 * 3600000) /* 5 GiB at 250 kB/s */
/* S3 may hold these for minutes, with nothing or white space on the wire. */
#define ASSEMBLY_STALL_TIMEOUT_MS (10 * 60000)
#define ASSEMBLY_TIMEOUT_MS       (60 * 60000)

/* The headers of a request as they are signed, and the texts behind those that we add. */
struct header_set {
    struct sigv4_pair pairs[HTTP_REQUEST_HEADERS_MAX];
    size_t count;
    char amz_date[17];
    char sdk_request[48];
};

static void headers_add(struct header_set *set, const char *name, const char *value)
{
    set->pairs[set->count++] = (struct sigv4_pair){name, value};
}

static void headers_add_callers(struct header_set *set, const struct s3_request *rq)
{
    const char *p = rq->headers.data;
    for (unsigned i = 0; i < rq->header_count; i++) {
        const char *name = p;
        const char *value = name + strlen(name) + 1;
        headers_add(set, name, value);
        p = value + strlen(value) + 1;
    }
}

/* What the client says of whose buckets these are and who pays. */
static void headers_add_account(struct header_set *set, const struct s3_request *rq)
{
    const struct s3_client_options *o = &rq->client->options;
    if (!rq->has_bucket)
        return;
    if (o->expected_bucket_owner)
        headers_add(set, "x-amz-expected-bucket-owner", o->expected_bucket_owner);
    if (o->expected_source_owner && rq->op == S3_UPLOAD_PART_COPY)
        headers_add(set, "x-amz-source-expected-bucket-owner", o->expected_source_owner);
    if (o->requester_pays)
        headers_add(set, "x-amz-request-payer", "requester");
}

static void line_add(struct s3_request *rq, const char *name, const char *value)
{
    rq->line_offset[rq->line_count++] = rq->lines.len;
    buf_append_str(&rq->lines, name);
    /* libcurl drops a header that ends at its colon; a semicolon sends it empty. */
    buf_append_str(&rq->lines, *value ? ": " : ";");
    buf_append(&rq->lines, value, strlen(value) + 1);
}

static void payload_hash(struct s3_request *rq, bool https)
{
    if (rq->payload_sha256[0])
        return;
    const char *text = NULL;
    if (rq->body_size == 0)
        text = SIGV4_EMPTY_SHA256;
    else if (https && rq->body_size >= UNSIGNED_PAYLOAD_MIN)
        text = SIGV4_UNSIGNED_PAYLOAD;
    if (text) {
        snprintf(rq->payload_sha256, sizeof rq->payload_sha256, "%s", text);
        return;
    }
    uint8_t digest[SHA256_SIZE];
    sha256(rq->body, rq->body_size, digest);
    hex_encode(digest, sizeof digest, rq->payload_sha256);
}

/* Derived anew only for another day or key id. */
static const struct sigv4_key *signing_key(struct s3_place *place,
                                           const struct s3_credentials *credentials,
                                           const struct sigv4_scope *scope)
{
    if (strcmp(place->key_owner, credentials->access_key_id) != 0 ||
        !sigv4_key_fits(&place->key, scope)) {
        sigv4_key_derive(credentials->secret_access_key, scope, &place->key);
        snprintf(place->key_owner, sizeof place->key_owner, "%s", credentials->access_key_id);
    }
    return &place->key;
}

/* Adds what is signed beyond the caller's headers, and leaves the signature in c->authorization. */
static enum status sign(struct s3_request *rq, struct s3_place *place,
                        const struct s3_credentials *credentials, struct header_set *set,
                        struct error *err)
{
    struct s3_client *c = rq->client;
    const struct sigv4_scope scope = {
        .unix_s = wall_unix_s(clock_wall(c->options.clock)) + c->clock_offset_s,
        .region = place->endpoint.region,
        .service = SERVICE,
    };
    payload_hash(rq, place->endpoint.https);
    date_format_amz(set->amz_date, scope.unix_s);
    headers_add(set, "x-amz-content-sha256", rq->payload_sha256);
    headers_add(set, "x-amz-date", set->amz_date);
    if (credentials->session_token[0])
        headers_add(set, "x-amz-security-token", credentials->session_token);
    const struct sigv4_request request = {
        .method = s3_op_method(rq->op),
        .encoded_path = rq->url.data + rq->path_offset,
        .encoded_query = rq->query.data,
        .headers = set->pairs,
        .header_count = set->count,
        .payload_sha256 = rq->payload_sha256,
    };
    buf_reset(&c->authorization);
    return sigv4_authorization(&request, &scope, credentials->access_key_id,
                               signing_key(place, credentials, &scope), &c->authorization, err);
}

/* The path is signed before the query joins it. */
static enum status build_path(struct s3_request *rq, const struct s3_endpoint *endpoint,
                              struct error *err)
{
    const char *bucket = rq->has_bucket ? rq->bucket : NULL;
    buf_reset(&rq->url);
    s3_endpoint_scheme_host(endpoint, bucket, &rq->url);
    rq->path_offset = rq->url.len;
    s3_endpoint_path(endpoint, bucket, rq->has_key ? rq->key : NULL, &rq->url);
    buf_reset(&rq->client->host);
    s3_endpoint_host(endpoint, bucket, &rq->client->host);
    enum status status = buf_status(&rq->client->host, "a host name", err);
    return status ? status : buf_status(&rq->url, "a request's URL", err);
}

static enum status build_headers(struct s3_request *rq, struct s3_place *place,
                                 const struct s3_credentials *credentials, struct error *err)
{
    struct s3_client *c = rq->client;
    struct header_set set;
    set.count = 0;
    headers_add(&set, "Host", c->host.data);
    headers_add_callers(&set, rq);
    headers_add_account(&set, rq);
    enum status status = STATUS_OK;
    if (credentials)
        status = sign(rq, place, credentials, &set, err);
    if (status)
        return status;
    buf_reset(&rq->lines);
    rq->line_count = 0;
    for (size_t i = 0; i < set.count; i++)
        line_add(rq, set.pairs[i].name, set.pairs[i].value);
    if (credentials)
        line_add(rq, "Authorization", c->authorization.data);
    /* Not signed: proxies may change them. */
    line_add(rq, "User-Agent", c->options.user_agent);
    snprintf(set.sdk_request, sizeof set.sdk_request, "attempt=%u; max=%u", rq->attempt,
             c->options.max_attempts);
    line_add(rq, "amz-sdk-request", set.sdk_request);
    status = buf_status(&rq->lines, "a request's headers", err);
    for (size_t i = 0; i < rq->line_count; i++)
        rq->line[i] = rq->lines.data + rq->line_offset[i];
    return status;
}

static bool is_assembly(enum s3_op op)
{
    return op == S3_COMPLETE_MULTIPART_UPLOAD || op == S3_UPLOAD_PART_COPY ||
           op == S3_DELETE_OBJECTS;
}

static bool is_transfer(enum s3_op op)
{
    return op == S3_GET_OBJECT || op == S3_PUT_OBJECT || op == S3_UPLOAD_PART;
}

static void set_deadlines(enum s3_op op, struct http_exchange *x)
{
    x->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    x->stall_timeout_ms = is_assembly(op) ? ASSEMBLY_STALL_TIMEOUT_MS : STALL_TIMEOUT_MS;
    x->total_timeout_ms = PROMPT_TIMEOUT_MS;
    if (is_assembly(op))
        x->total_timeout_ms = ASSEMBLY_TIMEOUT_MS;
    else if (is_transfer(op))
        x->total_timeout_ms = TRANSFER_TIMEOUT_MS;
}

static void set_exchange(struct s3_request *rq, const struct s3_endpoint *endpoint)
{
    struct http_exchange *x = &rq->exchange;
    x->method = s3_op_method(rq->op);
    x->url = rq->url.data;
    x->headers = rq->line;
    x->header_count = rq->line_count;
    x->body = rq->body;
    x->body_size = rq->body_size;
    /* libcurl replays a request when a kept connection turns out dead, which the caller never
     * sees: a second Complete finds no upload any more, and a first that went well looks failed. */
    x->fresh_connect = rq->op == S3_COMPLETE_MULTIPART_UPLOAD;
    x->proxy = endpoint->is_loopback ? "" : NULL;
    x->into = rq->into;
    x->into_capacity = rq->into_capacity;
    set_deadlines(rq->op, x);
}

enum status attempt_prepare(struct s3_request *rq, struct error *err)
{
    struct s3_client *c = rq->client;
    struct s3_place *place = client_place(c, rq->bucket);
    const struct s3_credentials *credentials = NULL;
    enum status status = STATUS_OK;
    if (c->options.credentials)
        status = s3_credentials_get(c->options.credentials, &credentials, err);
    if (!status)
        status = build_path(rq, &place->endpoint, err);
    if (status)
        return status;
    rq->attempt++;
    rq->credentials_generation = c->credentials_generation;
    snprintf(rq->signed_region, sizeof rq->signed_region, "%s", place->endpoint.region);
    status = build_headers(rq, place, credentials, err);
    if (status)
        return status;
    if (rq->query.len > 0) {
        buf_append_char(&rq->url, '?');
        buf_append(&rq->url, rq->query.data, rq->query.len);
        status = buf_status(&rq->url, "a request's URL", err);
    }
    set_exchange(rq, &place->endpoint);
    return status;
}
