/* SPDX-License-Identifier: MIT */
/* Generators: reference outputs, because a seed must mean the same everywhere; then the shapes. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/rng.h"
#include "tests/support/unit.h"

/* The published outputs of SplitMix64 for the seed 1234567. */
static void test_splitmix_reference(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        UINT64_C(6457827717110365317),  UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),  UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };
    for (unsigned i = 0; i < 5; i++)
        assert_true(rng_mix(1234567 + i * UINT64_C(0x9e3779b97f4a7c15)) == want[i]);
}

/* The reference implementation's outputs from the state 1, 2, 3, 4. */
static void test_xoshiro_reference(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        11520,
        0,
        1509978240,
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct rng r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < 10; i++)
        assert_true(rng_next(&r) == want[i]);
}

/* Worked out with big integers, independently of the halves that rng.c multiplies in. */
static void test_seeded_sequence(void **state)
{
    (void)state;
    static const uint64_t raw[] = {UINT64_C(0x15780b2e0c2ec716), UINT64_C(0x6104d9866d113a7e),
                                   UINT64_C(0xae17533239e499a1)};
    static const uint64_t digits[] = {0, 3, 6, 9, 9, 7, 7, 8, 7, 5};
    static const uint64_t wide[] = {UINT64_C(2681029139591840946), UINT64_C(7388145106668446555),
                                    UINT64_C(8095973720557042685), UINT64_C(7852687488934748778)};
    struct rng r;
    rng_seed(&r, 42);
    for (size_t i = 0; i < 3; i++)
        assert_true(rng_next(&r) == raw[i]);
    rng_seed(&r, 42);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(rng_below(&r, 10), digits[i]);
    for (size_t i = 0; i < 4; i++) /* rejects every second draw */
        assert_true(rng_below(&r, (UINT64_C(1) << 63) + 1) == wide[i]);
    int items[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const int shuffled[] = {2, 6, 3, 1, 7, 0, 4, 5};
    rng_shuffle(&r, items, 8, sizeof *items);
    assert_memory_equal(items, shuffled, sizeof items);
}

static void test_hash_is_fixed(void **state)
{
    (void)state;
    assert_true(rng_hash(0, "", 0) == UINT64_C(0x5b21f68ffa77f14c));
    assert_true(rng_hash(7, "2024/01/14", 10) == UINT64_C(0xb19ccd156a617d81));
    assert_true(rng_hash(8, "2024/01/14", 10) != rng_hash(7, "2024/01/14", 10));
}

static void test_below_is_uniform(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 1);
    unsigned counts[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t x = rng_below(&r, 7);
        assert_true(x < 7);
        counts[x]++;
    }
    double chi_square = 0;
    for (int i = 0; i < 7; i++)
        chi_square += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000.0;
    assert_true(chi_square < 22.46); /* 6 degrees of freedom, p = 0.001; the seed is fixed */
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_below(&r, 1), 0);
}

static void test_unit_and_normal_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rng r;
    rng_seed(&r, 2);
    double unit_sum = 0, sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        unit_sum += u;
        double x = rng_normal(&r);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(unit_sum / N - 0.5) < 0.005);
    assert_true(fabs(sum / N) < 0.015);
    assert_true(fabs(squares / N - 1) < 0.02);
}

static void test_shuffle_keeps_large_items_whole(void **state)
{
    (void)state;
    struct item {
        unsigned char bytes[150];
    } items[50];
    for (int i = 0; i < 50; i++)
        memset(&items[i], i, sizeof items[i]);
    struct rng r;
    rng_seed(&r, 3);
    rng_shuffle(&r, items, 50, sizeof *items);
    bool seen[50] = {false};
    unsigned moved = 0;
    for (int i = 0; i < 50; i++) {
        const unsigned char value = items[i].bytes[0];
        for (size_t k = 0; k < sizeof items[i].bytes; k++)
            assert_int_equal(items[i].bytes[k], value);
        assert_false(seen[value]);
        seen[value] = true;
        moved += value != i;
    }
    assert_true(moved > 40);
    rng_shuffle(&r, items, 0, sizeof *items);
}

static void test_entropy_differs(void **state)
{
    (void)state;
    unsigned char a[300] = {0}, b[300] = {0};
    assert_int_equal(rng_entropy(a, sizeof a), 0);
    assert_int_equal(rng_entropy(b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splitmix_reference),
        cmocka_unit_test(test_xoshiro_reference),
        cmocka_unit_test(test_seeded_sequence),
        cmocka_unit_test(test_hash_is_fixed),
        cmocka_unit_test(test_below_is_uniform),
        cmocka_unit_test(test_unit_and_normal_moments),
        cmocka_unit_test(test_shuffle_keeps_large_items_whole),
        cmocka_unit_test(test_entropy_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
