/* SPDX-License-Identifier: MIT */
/*
 * joiner - with the planner and the budget, on seeded random sources that arrive in random order:
 * the output equals the concatenation, every part is within its bounds, memory is given back, and
 * no grant is ever waited for in vain, however small the budget.
 */
#include <stdlib.h>
#include <string.h>

#include "compactor/joiner.h"
#include "compactor/plan.h"
#include "lib/base/rng.h"
#include "lib/s3/multipart.h"
#include "tests/support/unit.h"

#define MIB         (UINT64_C(1) << 20)
#define SOURCES_MAX 64
#define WINDOW      8

struct flight {
    struct joiner_slot *slot;
    uint64_t at; /* where the piece's bytes begin in the concatenation */
};

struct world {
    struct rng rng;
    struct budget budget;
    struct joiner *joiner;
    enum newline_kind newline;
    uint64_t sizes[SOURCES_MAX];
    unsigned sources;
    uint8_t *input; /* the sources, one after another */
    uint64_t input_len;
    uint8_t *expected;
    uint64_t expected_len;
    uint8_t *output;
    uint64_t output_len;
    struct flight flights[WINDOW];
    unsigned flying;
    unsigned parts;
};

static uint64_t random_size(struct rng *rng)
{
    switch (rng_below(rng, 4)) {
    case 0:
        return rng_below(rng, 4);
    case 1:
        return rng_below(rng, 50000);
    case 2:
        return 2 * MIB + rng_below(rng, 3 * MIB);
    default:
        return rng_below(rng, 12 * MIB);
    }
}

static void make_sources(struct world *w)
{
    w->sources = 1 + (unsigned)rng_below(&w->rng, 12);
    for (unsigned i = 0; i < w->sources; i++)
        w->input_len += w->sizes[i] = random_size(&w->rng);
    w->input = malloc(w->input_len + 1);
    w->expected = malloc(w->input_len + SOURCES_MAX);
    w->output = malloc(w->input_len + SOURCES_MAX);
    assert_true(w->input != NULL && w->expected != NULL && w->output != NULL);
    for (uint64_t i = 0; i < w->input_len; i += 64)
        memset(w->input + i, (int)(rng_next(&w->rng) % 251),
               w->input_len - i < 64 ? w->input_len - i : 64);
    uint64_t at = 0;
    for (unsigned i = 0; i < w->sources; at += w->sizes[i++]) {
        if (w->sizes[i] == 0)
            continue;
        if (rng_below(&w->rng, 2) == 0)
            w->input[at + w->sizes[i] - 1] = '\n';
        memcpy(w->expected + w->expected_len, w->input + at, w->sizes[i]);
        w->expected_len += w->sizes[i];
        if (w->newline == NEWLINE_TEXT && w->input[at + w->sizes[i] - 1] != '\n')
            w->expected[w->expected_len++] = '\n';
    }
}

static void land_one(struct world *w)
{
    const unsigned i = (unsigned)rng_below(&w->rng, w->flying);
    const struct flight f = w->flights[i];
    w->flights[i] = w->flights[--w->flying];
    memcpy(f.slot->part->data + f.slot->offset, w->input + f.at, f.slot->size);
    assert_int_equal(joiner_filled(w->joiner, f.slot, NULL), STATUS_OK);
}

static void take_parts(struct world *w)
{
    struct joiner_part *part;
    while ((part = joiner_take(w->joiner)) != NULL) {
        uint8_t sum[SHA256_SIZE];
        assert_int_equal(part->number, ++w->parts);
        sha256(part->data, part->size, sum);
        assert_memory_equal(part->sha256, sum, sizeof sum);
        memcpy(w->output + w->output_len, part->data, part->size);
        w->output_len += part->size;
        assert_true(w->output_len == w->expected_len || part->size >= S3_PART_SIZE_MIN);
        joiner_part_free(w->joiner, part);
    }
}

/* Places one piece, landing others whenever the joiner cannot take it: with nothing in flight and
 * nothing to take, a refusal would be a deadlock. */
static void place(struct world *w, const struct plan_piece *piece, uint64_t at)
{
    struct joiner_slot *slot;
    for (;;) {
        budget_open_parts(&w->budget);
        const enum joiner_placing placing = joiner_place(w->joiner, piece, &slot);
        if (placing == JOINER_PLACED)
            break;
        assert_int_not_equal(placing, JOINER_NO_MEMORY);
        const uint64_t held = w->budget.parts_held;
        take_parts(w);
        assert_true(w->flying > 0 || w->budget.parts_held < held);
        if (w->flying > 0)
            land_one(w);
    }
    w->flights[w->flying++] = (struct flight){slot, at};
    while (w->flying > 0 && rng_below(&w->rng, 3) == 0)
        land_one(w);
}

static void run_world(uint64_t seed, uint64_t budget_bytes, enum newline_kind newline)
{
    struct world w = {.newline = newline};
    struct plan plan;
    struct plan_piece piece;
    uint64_t nonempty = 0;
    rng_seed(&w.rng, seed);
    budget_init(&w.budget, budget_bytes);
    make_sources(&w);
    for (unsigned i = 0; i < w.sources; i++)
        nonempty += w.sizes[i] > 0;
    const struct joiner_options options = {.source_bytes = w.input_len,
                                           .sources = nonempty,
                                           .newline = newline,
                                           .window = WINDOW,
                                           .budget = &w.budget};
    assert_int_equal(joiner_new(&options, &w.joiner, NULL), STATUS_OK);
    plan_init(&plan, PLAN_READ);
    uint64_t at = 0;
    for (unsigned i = 0; i < w.sources; at += w.sizes[i++]) {
        plan_source(&plan, w.sizes[i]);
        while (plan_next(&plan, &piece))
            place(&w, &piece, at + piece.source_offset);
    }
    joiner_close(w.joiner);
    while (w.flying > 0)
        land_one(&w);
    assert_true(joiner_is_settled(w.joiner));
    take_parts(&w);
    assert_true(joiner_drained(w.joiner));
    uint8_t whole[SHA256_SIZE];
    uint8_t expected[SHA256_SIZE];
    joiner_sha256(w.joiner, whole);
    sha256(w.expected, w.expected_len, expected);
    assert_memory_equal(whole, expected, sizeof whole);
    assert_true(w.output_len == w.expected_len);
    assert_memory_equal(w.output, w.expected, w.expected_len);
    assert_true(joiner_bytes(w.joiner) == w.expected_len);
    joiner_free(w.joiner);
    assert_int_equal(w.budget.parts_held, 0);
    free(w.input);
    free(w.expected);
    free(w.output);
}

static void test_output_equals_concatenation(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        run_world(seed, 256 * MIB, NEWLINE_COUNTED);
        run_world(seed, 256 * MIB, NEWLINE_TEXT);
    }
}

static void test_smallest_budget_never_deadlocks(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 110; seed++) {
        run_world(seed, BUDGET_MIN_BYTES, NEWLINE_COUNTED);
        run_world(seed, BUDGET_MIN_BYTES, NEWLINE_TEXT);
    }
}

static void test_freed_half_way(void **state)
{
    (void)state;
    struct budget budget;
    struct joiner *joiner;
    struct joiner_slot *slot;
    budget_init(&budget, 64 * MIB);
    const struct joiner_options options = {.source_bytes = 20 * MIB,
                                           .sources = 1,
                                           .newline = NEWLINE_IGNORED,
                                           .window = WINDOW,
                                           .budget = &budget};
    assert_int_equal(joiner_new(&options, &joiner, NULL), STATUS_OK);
    const struct plan_piece pieces[] = {{.part = 1, .size = 8 * MIB},
                                        {.part = 2, .source_offset = 8 * MIB, .size = 8 * MIB}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(joiner_place(joiner, &pieces[i], &slot), JOINER_PLACED);
    assert_null(joiner_take(joiner)); /* the first is closed, but not filled */
    joiner_free(joiner);
    assert_int_equal(budget.parts_held, 0);
}

/* A second listing may name more than the first, by which the parts were sized. */
static void test_refuses_more_than_announced(void **state)
{
    (void)state;
    struct budget budget;
    struct joiner *joiner;
    struct joiner_slot *slot;
    budget_init(&budget, 64 * MIB);
    const struct joiner_options options = {.source_bytes = 100,
                                           .sources = 2,
                                           .newline = NEWLINE_TEXT,
                                           .window = WINDOW,
                                           .budget = &budget};
    const struct plan_piece first = {.part = 1, .size = 60, .whole = true, .ends_source = true};
    const struct plan_piece long_one = {.part = 1, .size = 41, .whole = true, .ends_source = true};
    const struct plan_piece second = {.part = 1, .size = 30, .whole = true, .ends_source = true};
    const struct plan_piece third = {.part = 1, .size = 1, .whole = true, .ends_source = true};
    assert_int_equal(joiner_new(&options, &joiner, NULL), STATUS_OK);
    assert_int_equal(joiner_place(joiner, &first, &slot), JOINER_PLACED);
    assert_int_equal(joiner_place(joiner, &long_one, &slot), JOINER_TOO_MUCH);
    assert_int_equal(joiner_place(joiner, &second, &slot), JOINER_PLACED);
    assert_int_equal(joiner_place(joiner, &third, &slot), JOINER_TOO_MUCH);
    joiner_free(joiner);
    assert_int_equal(budget.parts_held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_equals_concatenation),
        cmocka_unit_test(test_smallest_budget_never_deadlocks),
        cmocka_unit_test(test_freed_half_way),
        cmocka_unit_test(test_refuses_more_than_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
