/* SPDX-License-Identifier: MIT */
/* plan - properties of the cut, on seeded random sizes. */

#include "compactor/plan.h"
#include "lib/base/rng.h"
#include "lib/s3/multipart.h"
#include "tests/support/unit.h"

#define MIB (UINT64_C(1) << 20)

static void test_ceilings(void **state)
{
    (void)state;
    static const struct {
        unsigned number;
        uint64_t mib;
    } cases[] = {{1, 8},     {1000, 8},  {1001, 16}, {3000, 16},
                 {3001, 32}, {6000, 32}, {6001, 64}, {10000, 64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(plan_part_ceiling(cases[i].number), cases[i].mib * MIB);
    uint64_t total = 0;
    for (unsigned n = 1; n <= S3_PARTS_MAX; n++)
        total += plan_part_ceiling(n);
    assert_int_equal(total >> 30, 382);
}

/* Sizes of every kind: empty, tiny, near the limits, many parts. */
static uint64_t random_size(struct rng *rng)
{
    switch (rng_below(rng, 6)) {
    case 0:
        return rng_below(rng, 3);
    case 1:
        return rng_below(rng, 20000);
    case 2:
        return 3 * MIB + rng_below(rng, 3) - 1;
    case 3:
        return 8 * MIB + rng_below(rng, 3) - 1;
    case 4:
        return 5 * MIB + rng_below(rng, 3) - 1;
    default:
        return rng_below(rng, 40 * MIB);
    }
}

struct check {
    uint64_t part_bytes;
    unsigned part;
};

static void close_part(const struct check *c, bool last)
{
    if (c->part == 0)
        return;
    assert_true(c->part_bytes <= plan_part_ceiling(c->part));
    assert_true(last || c->part_bytes >= S3_PART_SIZE_MIN);
}

static void check_piece(struct check *c, const struct plan_piece *piece, uint64_t source_size,
                        uint64_t done)
{
    if (piece->part != c->part) {
        assert_int_equal(piece->part, c->part + 1);
        close_part(c, false);
        *c = (struct check){0, piece->part};
    }
    c->part_bytes += piece->size;
    assert_true(piece->size > 0);
    assert_true(piece->source_offset == done);
    assert_int_equal(piece->ends_source, done + piece->size == source_size);
    assert_int_equal(piece->whole, piece->size == source_size);
    if (source_size <= plan_part_ceiling(1) - S3_PART_SIZE_MIN)
        assert_true(piece->whole);
}

static void test_every_byte_once_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct rng rng;
        struct plan plan;
        struct check check = {0};
        struct plan_piece piece;
        rng_seed(&rng, seed);
        plan_init(&plan);
        uint64_t bytes = 0;
        uint64_t pieces = 0;
        for (uint64_t n = rng_below(&rng, 60); n > 0; n--) {
            const uint64_t size = random_size(&rng);
            uint64_t done = 0;
            plan_source(&plan, size);
            while (plan_next(&plan, &piece)) {
                check_piece(&check, &piece, size, done);
                done += piece.size;
                pieces++;
            }
            assert_true(done == size);
            bytes += size;
        }
        close_part(&check, true);
        assert_true(plan.bytes == bytes && plan.pieces == pieces);
        assert_int_equal(plan.parts, check.part);
        if (bytes <= plan_part_ceiling(1))
            assert_true(plan.parts <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_every_byte_once_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
