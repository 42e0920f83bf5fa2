/* SPDX-License-Identifier: MIT */
/* decision - every row of the table. */

#include "compactor/decision.h"
#include "tests/support/unit.h"

static const struct record two = {
    .sources = 2, .bytes = 20, .newest_unix_s = 100, .digest = {{2, 2, 2, 2}}};
static const struct record three = {
    .sources = 3, .bytes = 30, .newest_unix_s = 200, .digest = {{3, 3, 3, 3}}};

static enum decision decide(bool exists, bool ours, const struct record *existing,
                            const struct record *listed, const struct digest *subset)
{
    return decision_make(&(struct decision_input){
        .listed = listed, .exists = exists, .ours = ours, .existing = existing, .subset = subset});
}

static void test_table(void **state)
{
    (void)state;
    const struct digest other = {{9, 9, 9, 9}};
    struct record ensured = two;
    ensured.newline_ensured = true;
    assert_int_equal(decide(false, false, &two, &three, &other), DECISION_CREATE);
    assert_int_equal(decide(true, false, &two, &two, &two.digest), DECISION_REFUSE_FOREIGN);
    assert_int_equal(decide(true, true, &two, &two, &two.digest), DECISION_UNCHANGED);
    assert_int_equal(decide(true, true, &two, &ensured, &two.digest), DECISION_REFUSE_OPTIONS);
    struct record header = two;
    header.csv_header_once = true;
    assert_int_equal(decide(true, true, &header, &two, &two.digest), DECISION_REFUSE_OPTIONS);
    struct record member = two;
    member.gzip_recompressed = true;
    assert_int_equal(decide(true, true, &member, &two, &two.digest), DECISION_REFUSE_OPTIONS);
    assert_int_equal(decide(true, true, &two, &three, &two.digest), DECISION_REPLACE);
    assert_int_equal(decide(true, true, &two, &three, &other), DECISION_REFUSE_LESS);
    struct record smaller = two;
    smaller.max_source_bytes = 1000;
    assert_int_equal(decide(true, true, &two, &smaller, &two.digest), DECISION_UNCHANGED);
    smaller.digest = other;
    assert_int_equal(decide(true, true, &two, &smaller, &other), DECISION_REFUSE_MAXIMUM);
    /* Fewer sources than before never replace, whatever the digests say. */
    assert_int_equal(decide(true, true, &three, &two, &three.digest), DECISION_REFUSE_LESS);
}

static void test_reasons(void **state)
{
    (void)state;
    assert_true(decision_refuses(DECISION_REFUSE_LESS));
    assert_true(decision_refuses(DECISION_REFUSE_FOREIGN));
    assert_true(decision_refuses(DECISION_REFUSE_OPTIONS));
    assert_true(decision_refuses(DECISION_REFUSE_MAXIMUM));
    assert_false(decision_refuses(DECISION_CREATE));
    assert_false(decision_refuses(DECISION_REPLACE));
    assert_false(decision_refuses(DECISION_UNCHANGED));
    assert_int_not_equal(decision_reason(DECISION_REFUSE_LESS)[0], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
