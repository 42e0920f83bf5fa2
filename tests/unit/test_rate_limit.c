/* SPDX-License-Identifier: MIT */
/* Token buckets: how many requests pass in a given time, on a clock that is handed in. */
#include "bench/server/rate_limit.h"
#include "tests/support/unit.h"

static const struct rate_limit_model small = {.get_per_s = 100, .put_per_s = 10};

/* How many of `asked` requests at one time pass. */
static unsigned take(struct rate_limit *limit, const char *bucket, const char *key, bool write,
                     int64_t at_ms, unsigned asked)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < asked; i++)
        passed += rate_limit_take(limit, bucket, key, write, (struct mono){at_ms * NS_PER_MS});
    return passed;
}

static void a_second_holds_as_many_as_it_says(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new(&small);
    assert_int_equal(take(limit, "b", "k", false, 1000, 1000), 100);
    assert_int_equal(take(limit, "b", "other", false, 1000, 10), 0); /* one bucket, one limit */
    assert_int_equal(take(limit, "b", "k", true, 1000, 1000), 10);   /* writes count apart */
    assert_int_equal(take(limit, "b", "k", false, 1500, 1000), 50);
    assert_int_equal(take(limit, "b", "k", true, 1500, 1000), 5);
    assert_int_equal(take(limit, "b", "k", false, 60000, 1000),
                     100); /* no more than one second's */
    rate_limit_free(limit);
}

static void fractions_are_not_lost(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new(&small);
    unsigned passed = 0;
    assert_int_equal(take(limit, "b", "k", true, 0, 10), 10);
    for (int64_t ms = 1; ms <= 10000; ms++)
        passed += take(limit, "b", "k", true, ms, 1);
    assert_in_range(passed, 99, 100);
    rate_limit_free(limit);
}

static void prefixes_have_limits_of_their_own(void **state)
{
    (void)state;
    struct rate_limit_model deep = small;
    struct rate_limit *limit = rate_limit_new(&small);
    assert_int_equal(take(limit, "b1", "a/b/c", true, 1, 20), 10);
    assert_int_equal(take(limit, "b2", "a/b/c", true, 1, 20), 10);
    rate_limit_free(limit);
    deep.prefix_depth = 2;
    limit = rate_limit_new(&deep);
    assert_int_equal(take(limit, "b", "a/b/c", true, 1, 20), 10);
    assert_int_equal(take(limit, "b", "a/b/d/e", true, 1, 20), 0);
    assert_int_equal(take(limit, "b", "a/c/d", true, 1, 20), 10);
    assert_int_equal(take(limit, "b", "a", true, 1, 20), 10); /* fewer slashes than asked for */
    rate_limit_free(limit);
}

static void no_rate_is_no_limit(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new(&(struct rate_limit_model){.put_per_s = 1});
    assert_int_equal(take(limit, "b", "k", false, 1, 5000), 5000);
    assert_int_equal(take(limit, "b", "k", true, 1, 5000), 1);
    rate_limit_free(limit);
}

static void more_prefixes_than_there_is_room_for(void **state)
{
    (void)state;
    struct rate_limit_model deep = {.put_per_s = 1, .prefix_depth = 1};
    struct rate_limit *limit = rate_limit_new(&deep);
    char key[32];
    for (int i = 0; i < 4 * RATE_LIMIT_PREFIXES_MAX; i++) {
        snprintf(key, sizeof key, "prefix-%d/x", i);
        assert_int_equal(take(limit, "b", key, true, i, 2), 1); /* each is new, and then full */
    }
    rate_limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_holds_as_many_as_it_says),
        cmocka_unit_test(fractions_are_not_lost),
        cmocka_unit_test(prefixes_have_limits_of_their_own),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(more_prefixes_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
