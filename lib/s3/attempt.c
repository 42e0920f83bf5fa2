/* SPDX-License-Identifier: MIT */
/* attempt - one attempt of a request: made ready, signed, judged, counted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/s3/client_private.h"

#define CONNECT_TIMEOUT_MS        10000
#define STALL_TIMEOUT_MS          60000
#define COMPLETE_STALL_TIMEOUT_MS 600000 /* S3 may assemble an upload for minutes */
#define TOTAL_TIMEOUT_MS          3600000

/* ---- making it ready ---- */

static void add_line(struct s3_request *rq, size_t *count, size_t *offsets, const char *name,
                     const char *value)
{
    offsets[(*count)++] = rq->lines.len;
    buf_append_str(&rq->lines, name);
    /* curl drops a header that ends at its colon; a semicolon sends it empty. */
    buf_append_str(&rq->lines, value[0] != '\0' ? ": " : ";");
    buf_append(&rq->lines, value, strlen(value) + 1);
}

static void payload_hash(struct s3_request *rq)
{
    if (rq->payload_sha256[0] != '\0')
        return;
    if (rq->body_size == 0) {
        memcpy(rq->payload_sha256, SIGV4_EMPTY_SHA256, sizeof rq->payload_sha256);
        return;
    }
    uint8_t sum[SHA256_SIZE];
    sha256(rq->body, rq->body_size, sum);
    hex_encode(sum, sizeof sum, rq->payload_sha256);
}

/* The caller's headers as pairs. */
static size_t caller_pairs(const struct s3_request *rq, struct sigv4_pair *pairs)
{
    const char *p = rq->headers.data;
    for (unsigned i = 0; i < rq->header_count; i++) {
        pairs[i].name = p;
        p += strlen(p) + 1;
        pairs[i].value = p;
        p += strlen(p) + 1;
    }
    return rq->header_count;
}

/* The derived key, made anew only for another day, region or key id. */
static const struct sigv4_key *signing_key(struct s3_client *c, const struct s3_credentials *cred,
                                           const struct sigv4_scope *scope)
{
    if (strcmp(c->key_owner, cred->access_key_id) != 0 || !sigv4_key_fits(&c->key, scope)) {
        sigv4_key_derive(cred->secret_access_key, scope, &c->key);
        snprintf(c->key_owner, sizeof c->key_owner, "%s", cred->access_key_id);
    }
    return &c->key;
}

static enum status sign(struct s3_request *rq, const struct s3_credentials *cred,
                        const struct sigv4_scope *scope, const char *path,
                        const struct sigv4_pair *pairs, size_t count, struct error *err)
{
    struct s3_client *c = rq->client;
    const struct sigv4_request request = {
        .method = s3_op_method(rq->op),
        .encoded_path = path,
        .encoded_query = rq->query.data,
        .headers = pairs,
        .header_count = count,
        .payload_sha256 = rq->payload_sha256,
    };
    buf_reset(&c->authorization);
    return sigv4_authorization(&request, scope, cred->access_key_id, signing_key(c, cred, scope),
                               &c->authorization, err);
}

/* Builds the URL; *path_offset is where the path begins in it. */
static void build_url(struct s3_request *rq, size_t *path_offset)
{
    const struct s3_endpoint *e = &rq->client->options.endpoint;
    const char *bucket = rq->has_bucket ? rq->bucket : NULL;
    buf_reset(&rq->url);
    s3_endpoint_scheme_host(e, bucket, &rq->url);
    *path_offset = rq->url.len;
    s3_endpoint_path(e, bucket, rq->has_key ? rq->key : NULL, &rq->url);
}

static enum status sign_and_list(struct s3_request *rq, const char *path,
                                 const struct s3_credentials *cred, size_t *line_count,
                                 size_t *offsets, struct error *err)
{
    struct s3_client *c = rq->client;
    struct sigv4_pair pairs[S3_HEADERS_MAX + ADDED_LINES_MAX];
    struct buf host;
    char date[17];
    char retry[48];
    size_t n = caller_pairs(rq, pairs);
    const struct sigv4_scope scope = {.unix_s = wall_unix_s(clock_wall(c->options.clock)) +
                                                c->clock_offset_s,
                                      .region = c->options.endpoint.region,
                                      .service = "s3"};
    snprintf(retry, sizeof retry, "attempt=%u; max=%u", rq->attempt, c->options.max_attempts);
    pairs[n++] = (struct sigv4_pair){"amz-sdk-request", retry};
    enum status status = STATUS_OK;
    if (cred != NULL) {
        payload_hash(rq);
        date_format_amz(date, scope.unix_s);
        pairs[n++] = (struct sigv4_pair){"x-amz-date", date};
        pairs[n++] = (struct sigv4_pair){"x-amz-content-sha256", rq->payload_sha256};
        if (cred->session_token[0] != '\0')
            pairs[n++] = (struct sigv4_pair){"x-amz-security-token", cred->session_token};
    }
    for (size_t i = 0; i < n; i++)
        add_line(rq, line_count, offsets, pairs[i].name, pairs[i].value);
    if (cred == NULL)
        return STATUS_OK;
    buf_init(&host, 512);
    s3_endpoint_host(&c->options.endpoint, rq->has_bucket ? rq->bucket : NULL, &host);
    pairs[n++] = (struct sigv4_pair){"host", host.data};
    status = sign(rq, cred, &scope, path, pairs, n, err);
    buf_release(&host);
    if (status == STATUS_OK)
        add_line(rq, line_count, offsets, "Authorization", c->authorization.data);
    return status;
}

static void set_exchange(struct s3_request *rq, size_t line_count)
{
    struct http_exchange *x = &rq->exchange;
    const bool complete = rq->op == S3_COMPLETE_MULTIPART_UPLOAD;
    x->method = s3_op_method(rq->op);
    x->url = rq->url.data;
    x->headers = rq->line;
    x->header_count = line_count;
    x->body = rq->body;
    x->body_size = rq->body_size;
    /* A replay by libcurl on a dead connection must not happen to what is not replay-safe. */
    x->fresh_connect = complete;
    x->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    x->stall_timeout_ms = complete ? COMPLETE_STALL_TIMEOUT_MS : STALL_TIMEOUT_MS;
    x->total_timeout_ms = TOTAL_TIMEOUT_MS;
    x->into = rq->into;
    x->into_capacity = rq->into_capacity;
}

enum status attempt_prepare(struct s3_request *rq, struct error *err)
{
    const struct s3_credentials *cred = NULL;
    size_t offsets[S3_HEADERS_MAX + ADDED_LINES_MAX];
    size_t line_count = 0;
    size_t path_offset;
    enum status status = STATUS_OK;
    if (rq->client->options.credentials != NULL)
        status = s3_credentials_get(rq->client->options.credentials, &cred, err);
    if (status != STATUS_OK)
        return status;
    rq->attempt++;
    build_url(rq, &path_offset);
    buf_reset(&rq->lines);
    status = buf_status(&rq->url, "a request's URL", err);
    if (status == STATUS_OK)
        status = sign_and_list(rq, rq->url.data + path_offset, cred, &line_count, offsets, err);
    if (status != STATUS_OK)
        return status;
    if (rq->query.len > 0) {
        buf_append_char(&rq->url, '?');
        buf_append(&rq->url, rq->query.data, rq->query.len);
    }
    add_line(rq, &line_count, offsets, "User-Agent", rq->client->options.user_agent);
    status = buf_status(&rq->url, "a request's URL", err);
    if (status == STATUS_OK)
        status = buf_status(&rq->lines, "a request's headers", err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < line_count; i++)
        rq->line[i] = rq->lines.data + offsets[i];
    set_exchange(rq, line_count);
    return STATUS_OK;
}

/* ---- judging it ---- */

/* Operations that answer 200 before they know whether they succeed. */
static bool may_fail_with_200(enum s3_op op)
{
    return op == S3_COMPLETE_MULTIPART_UPLOAD || op == S3_UPLOAD_PART_COPY ||
           op == S3_DELETE_OBJECTS;
}

static bool is_success(const struct s3_request *rq)
{
    const struct http_exchange *x = &rq->exchange;
    if (x->outcome != HTTP_DONE || x->http_status < 200 || x->http_status > 299)
        return false;
    return !may_fail_with_200(rq->op) || !s3_body_is_error(x->reply_body.data, x->reply_body.len);
}

static bool size_is_wrong(const struct s3_request *rq)
{
    const struct http_exchange *x = &rq->exchange;
    const uint64_t got = x->into != NULL ? x->into_size : x->body_bytes;
    return rq->has_expected_size && got != rq->expected_size;
}

static int64_t retry_after_ms(const struct http_exchange *x)
{
    size_t len;
    const char *text = http_reply_header(x, "retry-after", &len);
    if (text == NULL || len == 0 || text[0] < '0' || text[0] > '9')
        return 0; /* the date form is left to the back-off */
    const long seconds = strtol(text, NULL, 10);
    return seconds > RETRY_CAP_MS / 1000 ? RETRY_CAP_MS : seconds * 1000;
}

/* Takes the server's clock from the reply; false when it does not say. */
static bool correct_clock(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    size_t len;
    char text[64];
    int64_t server_s;
    const char *date = http_reply_header(&rq->exchange, "date", &len);
    if (date == NULL || len >= sizeof text)
        return false;
    memcpy(text, date, len);
    text[len] = '\0';
    if (date_parse_http(text, &server_s, NULL) != STATUS_OK)
        return false;
    c->clock_offset_s = server_s - wall_unix_s(clock_wall(c->options.clock));
    return true;
}

/* Moves to the region that the error names; false when it names none, or the one in use. */
static bool correct_region(struct s3_request *rq, const struct s3_error *e)
{
    struct s3_endpoint *endpoint = &rq->client->options.endpoint;
    char region[64];
    size_t len;
    snprintf(region, sizeof region, "%s", e->region);
    const char *header = http_reply_header(&rq->exchange, "x-amz-bucket-region", &len);
    if (region[0] == '\0' && header != NULL && len < sizeof region) {
        memcpy(region, header, len);
        region[len] = '\0';
    }
    if (region[0] == '\0' || strcmp(region, endpoint->region) == 0)
        return false;
    if (endpoint->is_aws)
        return s3_endpoint_set_region(endpoint, region, NULL) == STATUS_OK;
    snprintf(endpoint->region, sizeof endpoint->region, "%s", region);
    return true;
}

static bool once(struct s3_request *rq, enum retry_reason reason)
{
    const unsigned bit = 1u << reason;
    if (rq->retried & bit)
        return false;
    rq->retried |= bit;
    return true;
}

static enum retry_reason reason_to_retry(struct s3_request *rq, const struct s3_error *e,
                                         const struct retry_outcome *o)
{
    if (strcmp(e->code, "ExpiredToken") == 0 && !rq->credentials_renewed) {
        rq->credentials_renewed = true;
        s3_credentials_expire(rq->client->options.credentials);
        return RETRY_REGION; /* at once, and with what is right now */
    }
    const int status = rq->exchange.http_status;
    if (rq->exchange.outcome == HTTP_DONE && (status == 301 || status == 307 || status == 400) &&
        !(rq->retried & (1u << RETRY_REGION)) && correct_region(rq, e)) {
        rq->retried |= 1u << RETRY_REGION;
        return RETRY_REGION;
    }
    const enum retry_reason reason = retry_classify(o);
    if (reason == RETRY_CLOCK_SKEW)
        return once(rq, reason) && correct_clock(rq) ? reason : RETRY_NONE;
    if (reason == RETRY_CHECKSUM)
        return once(rq, reason) ? reason : RETRY_NONE;
    return reason;
}

static void describe_network(const struct s3_request *rq, struct verdict *v)
{
    const struct http_exchange *x = &rq->exchange;
    const bool limit = x->outcome == HTTP_TOO_LARGE;
    v->status = error_set(
        &v->error, limit ? STATUS_PROTOCOL : STATUS_NETWORK, "%s s3://%s/%s at %s: %s (%s)",
        s3_op_name(rq->op), rq->bucket, rq->key, rq->client->options.endpoint.base,
        limit ? "the reply is larger than it may be" : x->detail, http_outcome_name(x->outcome));
}

void attempt_judge(struct s3_request *rq, struct verdict *out)
{
    struct http_exchange *x = &rq->exchange;
    *out = (struct verdict){.status = STATUS_OK};
    if (is_success(rq)) {
        if (!size_is_wrong(rq))
            return;
        x->outcome = HTTP_TRUNCATED;
        snprintf(x->detail, sizeof x->detail, "%" PRIu64 " bytes arrived instead of %" PRIu64,
                 x->into != NULL ? x->into_size : x->body_bytes, rq->expected_size);
    }
    if (x->outcome == HTTP_DONE) {
        s3_error_parse(x->reply_body.data, x->reply_body.len, &out->s3);
        if (rq->forgiven != NULL && strcmp(out->s3.code, rq->forgiven) == 0)
            return;
        out->status =
            s3_error_describe(rq->op, x->http_status, &out->s3, rq->has_bucket ? rq->bucket : NULL,
                              rq->has_key ? rq->key : NULL, &out->error);
    } else {
        describe_network(rq, out);
    }
    const struct retry_outcome o = {
        .outcome = x->outcome, .http_status = x->http_status, .s3_code = out->s3.code};
    out->retry = reason_to_retry(rq, &out->s3, &o);
    out->retry_after_ms = retry_after_ms(x);
}

/* ---- counting it ---- */

void attempt_count(struct s3_request *rq)
{
    struct s3_counters *c = &rq->client->counters;
    struct s3_op_counters *op = &c->op[rq->op];
    const struct http_exchange *x = &rq->exchange;
    op->attempts++;
    op->bytes_in += x->body_bytes;
    op->bytes_out += x->sent_bytes;
    c->connections_opened += x->new_connections;
    c->connections_reused += x->reused_connection;
    if (x->outcome != HTTP_DONE)
        return;
    hist_record_us(&op->ttfb, (uint64_t)(x->first_byte_ns / NS_PER_US));
    hist_record_us(&op->total, (uint64_t)(x->last_byte_ns / NS_PER_US));
}
