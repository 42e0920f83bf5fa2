/* SPDX-License-Identifier: MIT */
/* counters - what one attempt adds. */
#include "lib/s3/http/counters.h"

#include <stdlib.h>

#include "tests/support/unit.h"

static void test_attempts_add_up(void **state)
{
    (void)state;
    struct s3_counters *c = malloc(sizeof *c);
    assert_non_null(c);
    s3_counters_init(c);
    const struct http_exchange opened = {.outcome = HTTP_DONE,
                                         .http_status = 200,
                                         .body_bytes = 100,
                                         .sent_bytes = 7,
                                         .new_connections = 1,
                                         .first_byte_ns = 2 * NS_PER_MS,
                                         .last_byte_ns = 5 * NS_PER_MS};
    const struct http_exchange kept = {.outcome = HTTP_DONE,
                                       .http_status = 503,
                                       .body_bytes = 11,
                                       .reused_connection = true,
                                       .first_byte_ns = NS_PER_MS,
                                       .last_byte_ns = NS_PER_MS};
    const struct http_exchange nothing = {
        .outcome = HTTP_TIMEOUT, .new_connections = 1, .last_byte_ns = NS_PER_S};
    s3_counters_attempt(c, S3_GET_OBJECT, &opened);
    s3_counters_attempt(c, S3_GET_OBJECT, &kept);
    s3_counters_attempt(c, S3_GET_OBJECT, &nothing);
    const struct s3_op_counters *get = &c->op[S3_GET_OBJECT];
    assert_int_equal(get->attempts, 3);
    assert_int_equal(get->bytes_in, 111);
    assert_int_equal(get->bytes_out, 7);
    assert_int_equal(get->ttfb.count, 2); /* an attempt without a reply has no time */
    assert_int_equal(get->ttfb.max_us, 2000);
    assert_int_equal(get->total.max_us, 5000);
    assert_int_equal(c->connections_opened, 2);
    assert_int_equal(c->connections_reused, 1);
    assert_int_equal(c->op[S3_PUT_OBJECT].attempts, 0);
    struct s3_counters *sum = malloc(sizeof *sum);
    assert_non_null(sum);
    s3_counters_init(sum);
    c->in_flight_max = 5;
    s3_counters_merge(sum, c);
    s3_counters_merge(sum, c);
    get = &sum->op[S3_GET_OBJECT];
    assert_int_equal(get->attempts, 6);
    assert_int_equal(get->bytes_in, 222);
    assert_int_equal(get->ttfb.count, 4);
    assert_int_equal(sum->connections_opened, 4);
    assert_int_equal(sum->connections_reused, 2);
    assert_int_equal(sum->in_flight_max, 5);
    free(sum);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attempts_add_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
