/* SPDX-License-Identifier: MIT */
/* retry - which failures are tried again, and after how long. */
#include "lib/s3/http/retry.h"

#include <string.h>

const char *retry_reason_name(enum retry_reason reason)
{
    static const char *const names[RETRY_REASON_COUNT] = {
        [RETRY_NONE] = "None",
        [RETRY_CONNECT] = "Connect",
        [RETRY_RESET] = "Reset",
        [RETRY_TIMEOUT] = "Timeout",
        [RETRY_TRUNCATED] = "TruncatedBody",
        [RETRY_CHECKSUM] = "ChecksumMismatch",
        [RETRY_SLOW_DOWN] = "SlowDown",
        [RETRY_REQUEST_TIMEOUT] = "RequestTimeout",
        [RETRY_INTERNAL_ERROR] = "InternalError",
        [RETRY_UNAVAILABLE] = "ServiceUnavailable",
        [RETRY_CLOCK_SKEW] = "RequestTimeTooSkewed",
        [RETRY_REGION] = "Region",
        [RETRY_CREDENTIALS] = "ExpiredToken",
    };
    return names[reason];
}

struct code_reason {
    const char *code;
    enum retry_reason reason;
};

static enum retry_reason classify_code(const char *code)
{
    static const struct code_reason codes[] = {
        {"SlowDown", RETRY_SLOW_DOWN},
        {"RequestTimeout", RETRY_REQUEST_TIMEOUT},
        {"InternalError", RETRY_INTERNAL_ERROR},
        {"ServiceUnavailable", RETRY_UNAVAILABLE},
        {"RequestTimeTooSkewed", RETRY_CLOCK_SKEW},
    };
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].reason;
    return RETRY_NONE;
}

static enum retry_reason classify_status(int http_status)
{
    switch (http_status) {
    case 429:
        return RETRY_SLOW_DOWN;
    case 500:
    case 502:
    case 503:
    case 504:
        return RETRY_UNAVAILABLE;
    default:
        return RETRY_NONE;
    }
}

enum retry_reason retry_classify(const struct retry_outcome *o)
{
    switch (o->outcome) {
    case HTTP_CONNECT_FAILED:
        return RETRY_CONNECT;
    case HTTP_RESET:
        return RETRY_RESET;
    case HTTP_TIMEOUT:
        return RETRY_TIMEOUT;
    case HTTP_TRUNCATED:
        return RETRY_TRUNCATED;
    case HTTP_TLS_FAILED:
    case HTTP_TOO_LARGE:
    case HTTP_FAILED:
        return RETRY_NONE;
    case HTTP_DONE:
        break;
    }
    if (o->checksum_mismatch)
        return RETRY_CHECKSUM;
    const enum retry_reason reason = classify_code(o->s3_code);
    return reason != RETRY_NONE ? reason : classify_status(o->http_status);
}

void retry_state_init(struct retry_state *s, uint64_t seed)
{
    rng_seed(&s->rng, seed);
    s->tokens = RETRY_TOKENS_MAX;
}

static int64_t backoff_ms(enum retry_reason reason, unsigned attempt)
{
    int64_t ms = reason == RETRY_SLOW_DOWN ? RETRY_THROTTLE_BASE_MS : RETRY_BASE_MS;
    for (unsigned i = 1; i < attempt && ms < RETRY_CAP_MS; i++)
        ms *= 2;
    return ms < RETRY_CAP_MS ? ms : RETRY_CAP_MS;
}

/* What was wrong has been put right: waiting would not help. */
static bool is_correction(enum retry_reason reason)
{
    return reason == RETRY_CLOCK_SKEW || reason == RETRY_REGION || reason == RETRY_CREDENTIALS;
}

/* Refusals of a server that is well, and says how much is too much, must not use up what protects a
 * sick one: their longer backoff is the brake. */
static int tokens_for(enum retry_reason reason)
{
    if (reason == RETRY_SLOW_DOWN)
        return 0;
    const bool timed_out = reason == RETRY_TIMEOUT || reason == RETRY_REQUEST_TIMEOUT;
    return timed_out ? RETRY_TOKENS_PER_TIMEOUT : RETRY_TOKENS_PER_RETRY;
}

int64_t retry_delay_ms(struct retry_state *s, enum retry_reason reason, unsigned attempt,
                       int64_t retry_after_ms)
{
    const int cost = tokens_for(reason);
    if (s->tokens < cost)
        return -1;
    s->tokens -= cost;
    if (is_correction(reason))
        return 0;
    const uint64_t most = (uint64_t)backoff_ms(reason, attempt);
    const int64_t delay = (int64_t)rng_below(&s->rng, most + 1);
    if (retry_after_ms > RETRY_CAP_MS)
        return RETRY_CAP_MS;
    return delay > retry_after_ms ? delay : retry_after_ms;
}

void retry_success(struct retry_state *s)
{
    if (s->tokens < RETRY_TOKENS_MAX)
        s->tokens++;
}
