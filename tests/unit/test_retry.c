/* SPDX-License-Identifier: MIT */
/* retry - the rules as a table, the bounds of the delays, the token bucket. */
#include "lib/s3/http/retry.h"
#include "tests/support/unit.h"

struct rule {
    enum http_outcome outcome;
    int http_status;
    const char *code;
    enum retry_reason reason;
};

static void test_rules(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {HTTP_CONNECT_FAILED, 0, "", RETRY_CONNECT},
        {HTTP_RESET, 0, "", RETRY_RESET},
        {HTTP_TIMEOUT, 0, "", RETRY_TIMEOUT},
        {HTTP_TRUNCATED, 200, "", RETRY_TRUNCATED},
        {HTTP_TLS_FAILED, 0, "", RETRY_NONE},
        {HTTP_TOO_LARGE, 200, "", RETRY_NONE},
        {HTTP_DONE, 503, "SlowDown", RETRY_SLOW_DOWN},
        {HTTP_DONE, 429, "", RETRY_SLOW_DOWN},
        {HTTP_DONE, 500, "InternalError", RETRY_INTERNAL_ERROR},
        {HTTP_DONE, 200, "InternalError", RETRY_INTERNAL_ERROR},
        {HTTP_DONE, 500, "", RETRY_UNAVAILABLE},
        {HTTP_DONE, 502, "", RETRY_UNAVAILABLE},
        {HTTP_DONE, 503, "ServiceUnavailable", RETRY_UNAVAILABLE},
        {HTTP_DONE, 504, "", RETRY_UNAVAILABLE},
        {HTTP_DONE, 501, "NotImplemented", RETRY_NONE},
        {HTTP_DONE, 400, "RequestTimeout", RETRY_REQUEST_TIMEOUT},
        {HTTP_DONE, 403, "RequestTimeTooSkewed", RETRY_CLOCK_SKEW},
        {HTTP_DONE, 400, "ExpiredToken", RETRY_NONE},
        {HTTP_DONE, 403, "AccessDenied", RETRY_NONE},
        {HTTP_DONE, 404, "NoSuchKey", RETRY_NONE},
        {HTTP_DONE, 409, "OperationAborted", RETRY_NONE},
        {HTTP_DONE, 412, "PreconditionFailed", RETRY_NONE},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct retry_outcome o = {.outcome = rules[i].outcome,
                                        .http_status = rules[i].http_status,
                                        .s3_code = rules[i].code};
        assert_int_equal(retry_classify(&o), rules[i].reason);
    }
    const struct retry_outcome mismatch = {
        .http_status = 200, .s3_code = "", .checksum_mismatch = true};
    assert_int_equal(retry_classify(&mismatch), RETRY_CHECKSUM);
}

/* The largest of many draws for one attempt, which must stay below `most` and come near it. */
static void expect_delays(enum retry_reason reason, unsigned attempt, int64_t most)
{
    int64_t largest = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct retry_state s;
        retry_state_init(&s, seed);
        const int64_t delay = retry_delay_ms(&s, reason, attempt, 0);
        assert_true(delay >= 0 && delay <= most);
        if (delay > largest)
            largest = delay;
    }
    assert_true(largest > most * 9 / 10);
}

static void test_full_jitter(void **state)
{
    (void)state;
    expect_delays(RETRY_RESET, 1, 50);
    expect_delays(RETRY_RESET, 3, 200);
    expect_delays(RETRY_RESET, 30, RETRY_CAP_MS);
    expect_delays(RETRY_SLOW_DOWN, 1, 1000);
    expect_delays(RETRY_SLOW_DOWN, 2, 2000);
    expect_delays(RETRY_SLOW_DOWN, 12, RETRY_CAP_MS);
}

static void test_retry_after_is_obeyed(void **state)
{
    (void)state;
    struct retry_state s;
    retry_state_init(&s, 1);
    assert_true(retry_delay_ms(&s, RETRY_SLOW_DOWN, 1, 7000) == 7000);
    assert_true(retry_delay_ms(&s, RETRY_SLOW_DOWN, 1, 10 * RETRY_CAP_MS) == RETRY_CAP_MS);
}

static void test_bucket_runs_dry_and_fills(void **state)
{
    (void)state;
    struct retry_state s;
    retry_state_init(&s, 1);
    for (int i = 0; i < RETRY_TOKENS_MAX / RETRY_TOKENS_PER_RETRY; i++)
        assert_true(retry_delay_ms(&s, RETRY_RESET, 1, 0) >= 0);
    assert_true(retry_delay_ms(&s, RETRY_RESET, 1, 0) == -1);
    assert_true(retry_delay_ms(&s, RETRY_SLOW_DOWN, 1, 0) >= 0); /* costs nothing */
    for (int i = 0; i < RETRY_TOKENS_PER_RETRY; i++)
        retry_success(&s);
    assert_true(retry_delay_ms(&s, RETRY_TIMEOUT, 1, 0) == -1); /* costs twice as much */
    assert_true(retry_delay_ms(&s, RETRY_RESET, 1, 0) >= 0);
    for (int i = 0; i < 2 * RETRY_TOKENS_MAX; i++)
        retry_success(&s);
    assert_int_equal(s.tokens, RETRY_TOKENS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_full_jitter),
        cmocka_unit_test(test_retry_after_is_obeyed),
        cmocka_unit_test(test_bucket_runs_dry_and_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
