/* SPDX-License-Identifier: MIT */
/* estimate - a campaign worked by hand. */
#include <math.h>

#include "bench/estimate.h"
#include "tests/support/unit.h"

static void test_by_hand(void **state)
{
    (void)state;
    struct buf text;
    const struct result_settings s = {
        .rounds = 5, .objects = 2000, .object_bytes = 10000, .days = 30, .budget_ms = 600000};
    /* 7 cells, 6 rounds: 42 runs */
    const struct campaign_estimate e = campaign_estimate(&s, 7, prices_builtin());
    assert_int_equal(e.reads, 42 * 2060);
    assert_int_equal(e.writes, 2000 + 42 * 62);
    assert_int_equal(e.bytes, 20000000 + UINT64_C(42) * 60000000);
    assert_true(fabs(e.cost - (86.52 * 0.0004 + 4.604 * 0.005)) < 1e-9);
    buf_init(&text, 256);
    campaign_estimate_append(&e, prices_builtin(), s.budget_ms, &text);
    assert_string_equal(text.data, "86,520 reads and 4,604 writes and listings, 2.5 GB, about "
                                   "$0.0576, at most 10 min 00 s");
    buf_release(&text);
}

static void test_rows_make_bytes(void **state)
{
    (void)state;
    const struct result_settings s = {.rounds = 0, .objects = 1000, .rows = 64, .days = 1};
    const struct campaign_estimate e = campaign_estimate(&s, 1, prices_builtin());
    assert_in_range(e.bytes, 4 * 9000000, 4 * 12000000); /* 64 rows make about 10 KB */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_rows_make_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
