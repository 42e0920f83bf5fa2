/* SPDX-License-Identifier: MIT */
/* Clocks: the system's runs forward, the fake stands still until told otherwise. */
#include "lib/base/clock.h"
#include "tests/support/unit.h"

static void test_system_runs_forward(void **state)
{
    (void)state;
    const struct clock *c = clock_system();
    struct mono before = clock_mono(c);
    for (int i = 0; i < 1000; i++) {
        struct mono now = clock_mono(c);
        assert_true(mono_since_ns(now, before) >= 0);
        before = now;
    }
    assert_true(wall_unix_s(clock_wall(c)) > 1700000000); /* after this was written */
}

static void test_fake_obeys(void **state)
{
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 1369353600);
    struct mono start = clock_mono(&fake.clock);
    assert_int_equal(clock_mono(&fake.clock).ns, start.ns);
    clock_fake_advance_ms(&fake, 1500);
    assert_int_equal(mono_since_ns(clock_mono(&fake.clock), start), 1500 * NS_PER_MS);
    assert_int_equal(clock_wall(&fake.clock).unix_ns, 1369353601500 * NS_PER_MS);
    assert_int_equal(mono_add_ms(start, 1500).ns, clock_mono(&fake.clock).ns);
    assert_true(mono_since_s(clock_mono(&fake.clock), start) == 1.5);
}

static void test_unix_seconds_round_down(void **state)
{
    (void)state;
    assert_int_equal(wall_unix_s((struct wall){0}), 0);
    assert_int_equal(wall_unix_s((struct wall){NS_PER_S - 1}), 0);
    assert_int_equal(wall_unix_s((struct wall){-1}), -1);
    assert_int_equal(wall_unix_s((struct wall){-NS_PER_S}), -1);
    assert_int_equal(wall_unix_s((struct wall){-NS_PER_S - 1}), -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system_runs_forward),
        cmocka_unit_test(test_fake_obeys),
        cmocka_unit_test(test_unix_seconds_round_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
