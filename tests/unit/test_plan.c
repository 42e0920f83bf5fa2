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
        plan_init(&plan, PLAN_READ);
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

/* ---- copying ---- */

#define SOURCES_MAX 60

/* A partition of random sizes, its large sources copied. */
struct copying {
    struct plan plan;
    uint64_t part_bytes[1000]; /* by number - 1 */
    bool part_copied[1000];
    uint64_t borrowed; /* of the source before it was copied */
};

static void count_piece(struct copying *c, const struct plan_piece *piece, uint64_t source_size)
{
    assert_in_range(piece->part, 1, 1000);
    uint64_t *bytes = &c->part_bytes[piece->part - 1];
    assert_true(*bytes == 0 || !(piece->copied || c->part_copied[piece->part - 1]));
    c->part_copied[piece->part - 1] = piece->copied;
    *bytes += piece->size;
    if (piece->borrowed) {
        assert_true(piece->source_offset == 0 && !piece->copied && !piece->ends_source);
        assert_true(*bytes == S3_PART_SIZE_MIN);
    }
    if (piece->copied)
        assert_true(source_size >= S3_PART_SIZE_MIN);
}

static void check_copied_parts(const struct copying *c)
{
    for (unsigned n = 1; n <= c->plan.parts; n++) {
        const uint64_t bytes = c->part_bytes[n - 1];
        assert_true(bytes > 0);
        assert_true(n == c->plan.parts || bytes >= S3_PART_SIZE_MIN);
        assert_true(bytes <= (c->part_copied[n - 1] ? S3_PART_SIZE_MAX : plan_part_ceiling(n)));
        if (c->part_copied[n - 1])
            assert_true(bytes >= S3_PART_SIZE_MIN);
    }
}

static uint64_t random_copy_size(struct rng *rng)
{
    switch (rng_below(rng, 5)) {
    case 0:
        return S3_PART_SIZE_MAX + rng_below(rng, 3) - 1;
    case 1:
        return 2 * S3_PART_SIZE_MAX + rng_below(rng, 12 * MIB);
    case 2:
        return 10 * MIB + rng_below(rng, 3) - 1;
    default:
        return random_size(rng);
    }
}

/* Each source once and in order, whichever way its pieces go, and every part within its limits. */
static void test_copies_keep_order_and_limits(void **state)
{
    (void)state;
    uint64_t copies = 0;
    uint64_t borrowed = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct copying c = {.borrowed = 0};
        struct rng rng;
        struct plan_piece piece;
        rng_seed(&rng, seed);
        plan_init(&c.plan, PLAN_COPY);
        uint64_t bytes = 0;
        unsigned part = 0;
        for (uint64_t n = rng_below(&rng, SOURCES_MAX); n > 0; n--) {
            const uint64_t size = random_copy_size(&rng);
            uint64_t done = 0;
            plan_source(&c.plan, size);
            while (plan_next(&c.plan, &piece)) {
                assert_true(piece.source_offset == done && piece.size > 0);
                assert_true(piece.part == part || piece.part == part + 1);
                part = piece.part;
                done += piece.size;
                assert_int_equal(piece.ends_source, done == size);
                count_piece(&c, &piece, size);
                borrowed += piece.borrowed;
            }
            assert_true(done == size);
            bytes += size;
        }
        check_copied_parts(&c);
        assert_true(c.plan.bytes == bytes);
        copies += c.plan.copies;
    }
    assert_true(copies > 1000 && borrowed > 1000);
}

static void expect_piece(struct plan *p, unsigned part, uint64_t offset, uint64_t size, bool copied)
{
    struct plan_piece piece;
    assert_true(plan_next(p, &piece));
    assert_int_equal(piece.part, part);
    assert_true(piece.source_offset == offset && piece.size == size);
    assert_int_equal(piece.copied, copied);
}

static void test_a_small_part_borrows(void **state)
{
    (void)state;
    struct plan_piece none;
    struct plan p;
    plan_init(&p, PLAN_COPY);
    plan_source(&p, 1 * MIB);
    expect_piece(&p, 1, 0, 1 * MIB, false);
    assert_false(plan_next(&p, &none));
    plan_source(&p, 9 * MIB); /* lends 4 and is copied from there on */
    expect_piece(&p, 1, 0, 4 * MIB, false);
    expect_piece(&p, 2, 4 * MIB, 5 * MIB, true);
    assert_false(plan_next(&p, &none));
    plan_source(&p, 1);
    expect_piece(&p, 3, 0, 1, false);
    assert_false(plan_next(&p, &none));
    plan_source(&p, 9 * MIB); /* lending would leave too little: read, and what is left with it */
    expect_piece(&p, 3, 0, 8 * MIB - 1, false);
    expect_piece(&p, 4, 8 * MIB - 1, 1 * MIB + 1, false);
    assert_false(plan_next(&p, &none));
    plan_source(&p, 2 * S3_PART_SIZE_MAX); /* lends, then two ranges of which none is too small */
    expect_piece(&p, 4, 0, 4 * MIB - 1, false);
    expect_piece(&p, 5, 4 * MIB - 1, S3_PART_SIZE_MAX, true);
    expect_piece(&p, 6, S3_PART_SIZE_MAX + 4 * MIB - 1, S3_PART_SIZE_MAX - 4 * MIB + 1, true);
    assert_false(plan_next(&p, &none));
    plan_source(&p, S3_PART_SIZE_MAX + 1);
    expect_piece(&p, 7, 0, S3_PART_SIZE_MAX + 1 - S3_PART_SIZE_MIN, true);
    expect_piece(&p, 8, S3_PART_SIZE_MAX + 1 - S3_PART_SIZE_MIN, S3_PART_SIZE_MIN, true);
    assert_false(plan_next(&p, &none));
}

static void test_landing_parts_do_not_grow(void **state)
{
    (void)state;
    struct plan_piece piece;
    struct plan p;
    plan_init(&p, PLAN_LAND);
    plan_source(&p, 20000 * 8 * MIB);
    while (plan_next(&p, &piece))
        assert_true(piece.size == plan_part_ceiling(1));
    assert_int_equal(p.parts, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_every_byte_once_in_order),
        cmocka_unit_test(test_copies_keep_order_and_limits),
        cmocka_unit_test(test_a_small_part_borrows),
        cmocka_unit_test(test_landing_parts_do_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
