/* SPDX-License-Identifier: MIT */
/* verdict - what a finished attempt came to, and what can be put right before the next. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/units.h"
#include "lib/s3/client_private.h"

#define SKEW_MAX_S (15 * 60) /* S3 refuses a request that is signed further off than this */

static bool is_success_status(const struct http_exchange *x)
{
    return x->outcome == HTTP_DONE && x->http_status >= 200 && x->http_status < 300;
}

/* S3 answers 200 to a Complete, a copy or a DeleteObjects before it knows whether it succeeds; from
 * others an <Error> under a 200 comes of a broken server or proxy, and is no success either. Only
 * what an object holds is nobody's business. */
static bool may_fail_with_200(enum s3_op op)
{
    return op != S3_GET_OBJECT;
}

/* The one size that the body may have: one that did not fit where it was to go differs too. */
static bool size_differs(const struct s3_request *rq)
{
    const struct http_exchange *x = &rq->exchange;
    if (!rq->has_expected_size || x->http_status < 200 || x->http_status >= 300)
        return false;
    if (x->outcome == HTTP_TOO_LARGE)
        return true;
    return x->outcome == HTTP_DONE && x->body_bytes != rq->expected_size;
}

/* Copies a reply header of moderate length; false when there is none. */
static bool header_text(const struct http_exchange *x, const char *name, char *out, size_t room)
{
    size_t len;
    const char *value = http_reply_header(x, name, &len);
    if (!value || len == 0 || len >= room)
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

/* A body of the right size may still be of another place, from a cache between us and the server. */
static bool offset_differs(const struct s3_request *rq, uint64_t *begins)
{
    const struct http_exchange *x = &rq->exchange;
    char range[64];
    *begins = 0;
    if (!rq->has_expected_offset || !is_success_status(x))
        return false;
    if (header_text(x, "content-range", range, sizeof range)) {
        char *dash = strchr(range, '-');
        if (strncmp(range, "bytes ", 6) != 0 || dash == NULL)
            return true;
        *dash = '\0';
        if (uint_parse(range + 6, 0, UINT64_MAX, begins, NULL) != STATUS_OK)
            return true;
    }
    return *begins != rq->expected_offset;
}

/* Server's clock minus ours, from the reply's Date. */
static bool clock_offset(const struct s3_request *rq, int64_t *offset_s)
{
    char date[64];
    int64_t server_s;
    if (!header_text(&rq->exchange, "date", date, sizeof date) ||
        date_parse_http(date, &server_s, NULL))
        return false;
    *offset_s = server_s - wall_unix_s(clock_wall(rq->client->options.clock));
    return true;
}

/* "120", or a date. */
static int64_t retry_after_ms(const struct s3_request *rq)
{
    char text[64];
    uint64_t seconds;
    int64_t date_s;
    if (!header_text(&rq->exchange, "retry-after", text, sizeof text))
        return 0;
    if (uint_parse(text, 0, RETRY_CAP_MS, &seconds, NULL) == STATUS_OK)
        return (int64_t)seconds * 1000;
    if (date_parse_http(text, &date_s, NULL))
        return 0;
    const struct s3_client *c = rq->client;
    int64_t now_s = wall_unix_s(clock_wall(c->options.clock)) + c->clock_offset_s;
    return date_s > now_s && date_s - now_s < RETRY_CAP_MS ? (date_s - now_s) * 1000 : 0;
}

/* ---- what can be put right ---- */

static bool correct_clock(struct s3_request *rq)
{
    int64_t offset_s;
    if (!clock_offset(rq, &offset_s))
        return false;
    rq->client->clock_offset_s = offset_s;
    return true;
}

/* Replies to HEAD have no body that would say what is wrong. */
static bool is_silent_skew(const struct s3_request *rq)
{
    int64_t offset_s;
    if (strcmp(rq->exchange.method, "HEAD") != 0 || rq->exchange.http_status != 403 ||
        !clock_offset(rq, &offset_s))
        return false;
    int64_t off_by_s = offset_s - rq->client->clock_offset_s;
    return off_by_s > SKEW_MAX_S || off_by_s < -SKEW_MAX_S;
}

static bool is_expired_token(const struct s3_request *rq, const char *code)
{
    return rq->client->options.credentials &&
           (strcmp(code, "ExpiredToken") == 0 || strcmp(code, "ExpiredTokenException") == 0);
}

/* Many requests find out at the same time; the credentials are dropped once. */
static void renew_credentials(struct s3_request *rq)
{
    struct s3_client *c = rq->client;
    if (rq->credentials_generation != c->credentials_generation)
        return;
    s3_credentials_expire(c->options.credentials);
    c->credentials_generation++;
}

static bool may_name_region(int http_status)
{
    return http_status == 301 || http_status == 307 || http_status == 400;
}

/* Moves the bucket to the region that the reply names, unless that is where we asked. Location is
 * never followed: it would take the signature along. */
static bool correct_region(struct s3_request *rq, const struct s3_error *e)
{
    const struct http_exchange *x = &rq->exchange;
    char region[64];
    if (!rq->has_bucket || !may_name_region(x->http_status))
        return false;
    snprintf(region, sizeof region, "%s", e->region);
    if (!region[0] && !header_text(x, "x-amz-bucket-region", region, sizeof region))
        return false;
    if (strcmp(region, rq->signed_region) == 0)
        return false;
    return client_move_bucket(rq->client, rq->bucket, region, NULL) == STATUS_OK;
}

static bool was_corrected(const struct s3_request *rq, enum retry_reason reason)
{
    return rq->corrected & (1u << reason);
}

/* Why to try again, once that has been made worth while. */
static enum retry_reason reason_to_retry(struct s3_request *rq, const struct s3_error *e,
                                         bool checksum_mismatch)
{
    const struct http_exchange *x = &rq->exchange;
    const struct retry_outcome o = {.outcome = x->outcome,
                                    .http_status = x->http_status,
                                    .s3_code = e->code,
                                    .checksum_mismatch = checksum_mismatch};
    enum retry_reason reason = retry_classify(&o);
    if (reason == RETRY_NONE && x->outcome == HTTP_DONE) {
        if (is_silent_skew(rq))
            reason = RETRY_CLOCK_SKEW;
        else if (is_expired_token(rq, e->code))
            reason = RETRY_CREDENTIALS;
        else if (!was_corrected(rq, RETRY_REGION) && correct_region(rq, e))
            reason = RETRY_REGION;
    }
    if (reason != RETRY_CLOCK_SKEW && reason != RETRY_CREDENTIALS && reason != RETRY_REGION &&
        reason != RETRY_CHECKSUM)
        return reason;
    if (was_corrected(rq, reason) || (reason == RETRY_CLOCK_SKEW && !correct_clock(rq)))
        return RETRY_NONE;
    if (reason == RETRY_CREDENTIALS)
        renew_credentials(rq);
    rq->corrected |= 1u << reason;
    return reason;
}

/* ---- what to tell ---- */

static void describe_transport(const struct s3_request *rq, struct verdict *v)
{
    const struct http_exchange *x = &rq->exchange;
    enum status status = x->outcome == HTTP_TOO_LARGE ? STATUS_PROTOCOL : STATUS_NETWORK;
    v->status =
        error_set(&v->error, status, "%s s3://%s/%.480s at %.200s: %s (%s)", s3_op_name(rq->op),
                  rq->bucket, rq->key, client_place(rq->client, rq->bucket)->endpoint.base,
                  x->detail, http_outcome_name(x->outcome));
    for (char *p = v->error.text; *p; p++) { /* keys may hold control characters */
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    }
}

static void describe(const struct s3_request *rq, struct verdict *v)
{
    if (rq->exchange.outcome != HTTP_DONE)
        describe_transport(rq, v);
    else
        v->status = s3_error_describe(rq->op, rq->exchange.http_status, &v->s3,
                                      rq->has_bucket ? rq->bucket : NULL,
                                      rq->has_key ? rq->key : NULL, &v->error);
}

void attempt_judge(struct s3_request *rq, struct verdict *out)
{
    struct http_exchange *x = &rq->exchange;
    const struct buf *body = &x->reply_body;
    *out = (struct verdict){.status = STATUS_OK};
    if (size_differs(rq)) {
        snprintf(x->detail, sizeof x->detail,
                 "%" PRIu64 "%s bytes arrived where there should be %" PRIu64, x->body_bytes,
                 x->outcome == HTTP_TOO_LARGE ? " or more" : "", rq->expected_size);
        x->outcome = HTTP_TRUNCATED;
    }
    uint64_t begins;
    if (offset_differs(rq, &begins)) {
        snprintf(x->detail, sizeof x->detail,
                 "a range from byte %" PRIu64 " arrived where one from byte %" PRIu64
                 " was asked for",
                 begins, rq->expected_offset);
        x->outcome = HTTP_TRUNCATED;
    }
    bool checksum_mismatch = is_success_status(x) && !reply_checksum_holds(x);
    if (is_success_status(x) && !checksum_mismatch &&
        !(may_fail_with_200(rq->op) && s3_body_is_error(body->data, body->len)))
        return;
    if (checksum_mismatch) {
        out->status = error_set(&out->error, STATUS_PROTOCOL,
                                "%s s3://%s/%.480s: the body is not what its checksum says",
                                s3_op_name(rq->op), rq->bucket, rq->key);
    } else {
        if (x->outcome == HTTP_DONE)
            (void)s3_error_parse(body->data, body->len, &out->s3);
        if (rq->forgiven && strcmp(out->s3.code, rq->forgiven) == 0)
            return;
        describe(rq, out);
    }
    out->retry = reason_to_retry(rq, &out->s3, checksum_mismatch);
    out->retry_after_ms = x->outcome == HTTP_DONE ? retry_after_ms(rq) : 0;
}
