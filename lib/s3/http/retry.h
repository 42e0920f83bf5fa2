/* SPDX-License-Identifier: MIT */
/*
 * retry - what to do after an attempt failed: a pure policy and the state that bounds it.
 *
 * Full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015):
 * delay = rand * min(cap, base * 2^(attempt - 1)), base 50 ms, for throttling 1 s, cap 20 s; a
 * Retry-After is obeyed where it is longer, up to the cap. A token bucket of 500 (a retry costs 5,
 * after a timeout 10, after SlowDown none; a success returns 1) keeps a sick server from being
 * stormed, as the AWS SDKs' standard mode does.
 */
#ifndef KIT_S3_HTTP_RETRY_H
#define KIT_S3_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/rng.h"
#include "lib/s3/http/transport.h"

#define RETRY_BASE_MS            50
#define RETRY_THROTTLE_BASE_MS   1000
#define RETRY_CAP_MS             20000
#define RETRY_TOKENS_MAX         500
#define RETRY_TOKENS_PER_RETRY   5
#define RETRY_TOKENS_PER_TIMEOUT 10

/* Reasons are counted under these names; S3's own codes keep theirs. */
enum retry_reason {
    RETRY_NONE = 0,
    RETRY_CONNECT,         /* "Connect" */
    RETRY_RESET,           /* "Reset" */
    RETRY_TIMEOUT,         /* "Timeout" */
    RETRY_TRUNCATED,       /* "TruncatedBody" */
    RETRY_CHECKSUM,        /* "ChecksumMismatch", once */
    RETRY_SLOW_DOWN,       /* "SlowDown": 503 SlowDown, 429 */
    RETRY_REQUEST_TIMEOUT, /* "RequestTimeout" */
    RETRY_INTERNAL_ERROR,  /* "InternalError" */
    RETRY_UNAVAILABLE,     /* "ServiceUnavailable" and any other 5xx of 500 502 503 504 */
    RETRY_CLOCK_SKEW,      /* "RequestTimeTooSkewed", once, after the offset was corrected */
    RETRY_REGION,          /* "Region", once, after the endpoint was rebuilt */
    RETRY_CREDENTIALS,     /* "ExpiredToken", once, after the credentials were fetched anew */
    RETRY_REASON_COUNT
};
const char *retry_reason_name(enum retry_reason reason);

/* What is known of a finished attempt. */
struct retry_outcome {
    enum http_outcome outcome;
    int http_status;
    const char *s3_code; /* "" when the body had none */
    bool checksum_mismatch;
    int64_t retry_after_ms; /* 0 when not sent */
};

/* Why this attempt may be retried, or RETRY_NONE. Pure. Region and credentials are not told from
 * here: whether they can be put right depends on the endpoint and the provider. */
enum retry_reason retry_classify(const struct retry_outcome *o);

struct retry_state {
    struct rng rng;
    int tokens;
};
void retry_state_init(struct retry_state *s, uint64_t seed);
/* Takes tokens and gives the delay before attempt `attempt + 1`, or -1 when out of tokens.
 * `attempt` counts from 1. */
int64_t retry_delay_ms(struct retry_state *s, enum retry_reason reason, unsigned attempt,
                       int64_t retry_after_ms);
void retry_success(struct retry_state *s);

#endif
