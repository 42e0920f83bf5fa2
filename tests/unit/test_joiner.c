/* SPDX-License-Identifier: MIT */
/*
 * joiner - with the planner and the budget, on seeded random sources that arrive in random order:
 * the output equals the concatenation, or what the transform makes of it, every part is within its
 * bounds, memory is given back, and no grant is ever waited for in vain, however small the budget.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compactor/joiner.h"
#include "compactor/plan.h"
#include "lib/base/crc.h"
#include "lib/base/rng.h"
#include "lib/s3/multipart.h"
#include "tests/support/unit.h"

#define MIB         (UINT64_C(1) << 20)
#define SOURCES_MAX 64
#define PARTS_MAX   64
#define WINDOW      8

struct flight {
    struct joiner_slot *slot;
    uint64_t at; /* where the piece's bytes begin in the concatenation */
    uint64_t source_at;
};

/* How the sources go through. */
struct way {
    enum newline_kind newline;
    bool copies;
    const struct transform_options *transform;
};

struct world {
    struct rng rng;
    struct way way;
    struct budget budget;
    struct joiner *joiner;
    uint64_t sizes[SOURCES_MAX];
    unsigned sources;
    uint8_t *input; /* the sources, one after another */
    uint64_t input_len;
    uint8_t *expected;
    uint64_t expected_len;
    struct flight flights[WINDOW];
    unsigned flying;
    struct joiner_part *sending[2]; /* taken, not yet given back */
    unsigned sending_count;
    uint8_t *part_data[PARTS_MAX]; /* by number - 1 */
    uint64_t part_size[PARTS_MAX];
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

static bool is_gzip(const struct world *w)
{
    return w->way.transform != NULL && w->way.transform->gzip_level > 0;
}

static bool adds_newlines(const struct world *w)
{
    return w->way.newline == NEWLINE_TEXT ||
           (w->way.transform != NULL && w->way.transform->newline_ensure);
}

/* One source's content into `expected`, and its bytes, compressed or not, into `input`. */
static void make_source(struct world *w, uint64_t size, uint64_t *source_size)
{
    uint8_t *content = w->expected + w->expected_len;
    /* What does not compress makes outputs of several parts. */
    for (uint64_t i = 0; i < size; i += 8) {
        const uint64_t bits = rng_next(&w->rng);
        memcpy(content + i, &bits, size - i < 8 ? size - i : 8);
    }
    if (size > 0)
        content[size - 1] = rng_below(&w->rng, 2) == 0 ? '\n' : 'x';
    *source_size = size;
    if (is_gzip(w)) {
        z_stream z = {.next_in = content,
                      .avail_in = (uInt)size,
                      .next_out = w->input + w->input_len,
                      .avail_out = (uInt)(size + size / 1000 + 100)};
        assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        *source_size = z.total_out;
        deflateEnd(&z);
    } else {
        memcpy(w->input + w->input_len, content, size);
    }
    w->input_len += *source_size;
    w->expected_len += size;
    if (size > 0 && content[size - 1] != '\n' && adds_newlines(w))
        w->expected[w->expected_len++] = '\n';
}

static void make_sources(struct world *w)
{
    uint64_t sizes[SOURCES_MAX] = {0};
    uint64_t total = 0;
    w->sources = 1 + (unsigned)rng_below(&w->rng, 12);
    for (unsigned i = 0; i < w->sources; i++)
        total += sizes[i] = random_size(&w->rng);
    w->input = malloc(total + total / 500 + SOURCES_MAX * 100);
    w->expected = malloc(total + SOURCES_MAX);
    assert_true(w->input != NULL && w->expected != NULL);
    for (unsigned i = 0; i < w->sources; i++)
        make_source(w, sizes[i], &w->sizes[i]);
}

static void keep_part(struct world *w, unsigned number, const void *data, uint64_t size)
{
    assert_in_range(number, 1, PARTS_MAX);
    assert_null(w->part_data[number - 1]);
    w->part_data[number - 1] = malloc(size + 1);
    assert_non_null(w->part_data[number - 1]);
    memcpy(w->part_data[number - 1], data, size);
    w->part_size[number - 1] = size;
    if (number > w->parts)
        w->parts = number;
}

static void land_one(struct world *w)
{
    const unsigned i = (unsigned)rng_below(&w->rng, w->flying);
    const struct flight f = w->flights[i];
    struct error error;
    w->flights[i] = w->flights[--w->flying];
    if (f.slot->part != NULL) {
        memcpy(f.slot->into, w->input + f.at, f.slot->size);
    } else if (f.slot->ends_source) {
        f.slot->source_size = f.at + f.slot->size - f.source_at;
        f.slot->has_crc = true;
        f.slot->crc64nvme = crc_update(CRC_64NVME, 0, w->input + f.source_at, f.slot->source_size);
    }
    assert_ok(joiner_filled(w->joiner, f.slot, &error), &error);
}

static void give_back_one(struct world *w)
{
    joiner_part_free(w->joiner, w->sending[0]);
    w->sending[0] = w->sending[--w->sending_count];
}

/* Takes what is ready, as long as not too much is on its way. */
static void take_parts(struct world *w)
{
    struct joiner_part *part;
    while (w->sending_count < 2 && (part = joiner_take(w->joiner)) != NULL) {
        uint8_t sum[SHA256_SIZE];
        sha256(part->data, part->size, sum);
        assert_memory_equal(part->sha256, sum, sizeof sum);
        if (joiner_is_multipart(w->joiner))
            assert_true(part->crc64nvme == crc_update(CRC_64NVME, 0, part->data, part->size));
        keep_part(w, part->number, part->data, part->size);
        w->sending[w->sending_count++] = part;
    }
}

static void pump(struct world *w)
{
    struct error error;
    do
        assert_ok(joiner_pump(w->joiner, &error), &error);
    while (joiner_is_busy(w->joiner));
}

/* Something that was to come has come: with nothing left of it, a refusal would be a deadlock. */
static void wait_for_something(struct world *w)
{
    take_parts(w);
    assert_true(w->flying > 0 || w->sending_count > 0);
    if (w->sending_count > 0 && (w->flying == 0 || rng_below(&w->rng, 2) == 0))
        give_back_one(w);
    else
        land_one(w);
    pump(w);
}

static void place(struct world *w, const struct plan_piece *piece, uint64_t source_at)
{
    struct joiner_slot *slot;
    for (;;) {
        budget_open_parts(&w->budget);
        const enum joiner_placing placing = joiner_place(w->joiner, piece, "key", &slot);
        if (placing == JOINER_PLACED)
            break;
        assert_int_not_equal(placing, JOINER_NO_MEMORY);
        wait_for_something(w);
    }
    const uint64_t at = source_at + piece->source_offset;
    if (piece->copied)
        keep_part(w, piece->part, w->input + at, piece->size);
    w->flights[w->flying++] = (struct flight){slot, at, source_at};
    while (w->flying > 0 && rng_below(&w->rng, 3) == 0)
        land_one(w);
}

static void place_all(struct world *w)
{
    struct plan plan;
    struct plan_piece piece;
    uint64_t at = 0;
    plan_init(&plan, w->way.copies ? PLAN_COPY : w->way.transform ? PLAN_LAND : PLAN_READ);
    for (unsigned i = 0; i < w->sources; at += w->sizes[i++]) {
        plan_source(&plan, w->sizes[i]);
        while (plan_next(&plan, &piece))
            place(w, &piece, at);
    }
    joiner_close(w->joiner);
    pump(w);
    while (!joiner_drained(w->joiner))
        wait_for_something(w);
    while (w->sending_count > 0)
        give_back_one(w);
}

/* The parts one after another; each is within its bounds. */
static uint8_t *assemble(const struct world *w, uint64_t *len)
{
    *len = 0;
    for (unsigned i = 0; i < w->parts; i++) {
        const bool last = i + 1 == w->parts;
        assert_true(last || w->part_size[i] >= S3_PART_SIZE_MIN);
        if (w->way.transform != NULL)
            assert_true(last ? w->part_size[i] <= plan_part_ceiling(i + 1)
                             : w->part_size[i] == plan_part_ceiling(i + 1));
        *len += w->part_size[i];
    }
    assert_int_equal(joiner_is_multipart(w->joiner), w->parts > 1);
    uint8_t *all = malloc(*len + 1);
    assert_non_null(all);
    uint64_t at = 0;
    for (unsigned i = 0; i < w->parts; at += w->part_size[i++])
        memcpy(all + at, w->part_data[i], w->part_size[i]);
    return all;
}

static void expect_content(const struct world *w, const uint8_t *output, uint64_t len)
{
    if (!is_gzip(w)) {
        assert_true(len == w->expected_len);
        assert_memory_equal(output, w->expected, len);
        return;
    }
    uint8_t *content = malloc(w->expected_len + 1);
    assert_non_null(content);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)output,
                  .avail_in = (uInt)len,
                  .next_out = content,
                  .avail_out = (uInt)w->expected_len + 1};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_true(z.avail_in == 0 && z.total_out == w->expected_len);
    assert_memory_equal(content, w->expected, w->expected_len);
    inflateEnd(&z);
    free(content);
}

static void expect_digests(struct world *w, const uint8_t *output, uint64_t len)
{
    uint8_t whole[SHA256_SIZE];
    uint8_t expected[SHA256_SIZE];
    uint64_t crc = 0;
    sha256(output, len, expected);
    assert_int_equal(joiner_sha256(w->joiner, whole), !w->way.copies);
    if (!w->way.copies)
        assert_memory_equal(whole, expected, sizeof whole);
    assert_int_equal(joiner_crc64nvme(w->joiner, &crc), joiner_is_multipart(w->joiner));
    if (joiner_is_multipart(w->joiner))
        assert_true(crc == crc_update(CRC_64NVME, 0, output, len));
    assert_true(joiner_bytes(w->joiner) == len);
}

static void run_world(uint64_t seed, uint64_t budget_bytes, struct way way)
{
    struct world w = {.way = way};
    uint64_t nonempty = 0;
    rng_seed(&w.rng, seed);
    budget_init(&w.budget, budget_bytes);
    make_sources(&w);
    for (unsigned i = 0; i < w.sources; i++)
        nonempty += w.sizes[i] > 0;
    const struct joiner_options options = {.source_bytes = w.input_len,
                                           .sources = nonempty,
                                           .newline = way.newline,
                                           .copies = way.copies,
                                           .transform = way.transform,
                                           .window = WINDOW,
                                           .budget = &w.budget};
    if (way.copies && w.input_len <= plan_part_ceiling(1))
        goto out; /* written with one PUT, which the census decides */
    assert_int_equal(joiner_new(&options, &w.joiner, NULL), STATUS_OK);
    place_all(&w);
    uint64_t len;
    uint8_t *output = assemble(&w, &len);
    expect_content(&w, output, len);
    expect_digests(&w, output, len);
    free(output);
    joiner_free(w.joiner);
    assert_int_equal(w.budget.parts_held, 0);
    for (unsigned i = 0; i < w.parts; i++)
        free(w.part_data[i]);
out:
    free(w.input);
    free(w.expected);
}

static const struct transform_options newlines = {.newline_ensure = true};
static const struct transform_options recompressed = {.gzip_level = 1, .newline_ensure = true};

static void run_ways(uint64_t first_seed, unsigned seeds, uint64_t budget_bytes)
{
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
        run_world(seed, budget_bytes, (struct way){.newline = NEWLINE_COUNTED});
        run_world(seed, budget_bytes, (struct way){.newline = NEWLINE_TEXT});
        run_world(seed, budget_bytes, (struct way){.newline = NEWLINE_COUNTED, .copies = true});
        run_world(seed, budget_bytes, (struct way){.transform = &newlines});
    }
    for (uint64_t seed = first_seed; seed < first_seed + 1; seed++)
        run_world(seed, budget_bytes, (struct way){.transform = &recompressed});
}

static void test_output_equals_concatenation(void **state)
{
    (void)state;
    run_ways(0, 3, 256 * MIB);
}

static void test_smallest_budget_never_deadlocks(void **state)
{
    (void)state;
    run_ways(100, 3, BUDGET_MIN_BYTES);
}

static void test_freed_half_way(void **state)
{
    (void)state;
    const struct transform_options *const transforms[] = {NULL, &newlines, &recompressed};
    for (int k = 0; k < 3; k++) {
        struct budget budget;
        struct joiner *joiner;
        struct joiner_slot *slot;
        budget_init(&budget, 64 * MIB);
        const struct joiner_options options = {.source_bytes = 20 * MIB,
                                               .sources = 1,
                                               .newline = NEWLINE_IGNORED,
                                               .transform = transforms[k],
                                               .window = WINDOW,
                                               .budget = &budget};
        assert_int_equal(joiner_new(&options, &joiner, NULL), STATUS_OK);
        const struct plan_piece pieces[] = {{.part = 1, .size = 8 * MIB},
                                            {.part = 2, .source_offset = 8 * MIB, .size = 8 * MIB}};
        for (int i = 0; i < 2; i++)
            assert_int_equal(joiner_place(joiner, &pieces[i], "key", &slot), JOINER_PLACED);
        assert_null(joiner_take(joiner)); /* the first is closed, but not filled */
        joiner_free(joiner);
        assert_int_equal(budget.parts_held, 0);
    }
}

/* A source that is not what it is taken for is named. */
static void test_errors_name_the_source(void **state)
{
    (void)state;
    const struct transform_options *const transforms[] = {NULL, &recompressed};
    for (int k = 0; k < 2; k++) {
        struct budget budget;
        struct joiner *joiner;
        struct joiner_slot *slot;
        struct error error;
        budget_init(&budget, 64 * MIB);
        const struct joiner_options options = {.source_bytes = 8,
                                               .sources = 1,
                                               .newline = NEWLINE_GZIP,
                                               .transform = transforms[k],
                                               .window = WINDOW,
                                               .budget = &budget};
        assert_int_equal(joiner_new(&options, &joiner, NULL), STATUS_OK);
        const struct plan_piece piece = {.part = 1, .size = 8, .whole = true, .ends_source = true};
        assert_int_equal(joiner_place(joiner, &piece, "in/a.gz", &slot), JOINER_PLACED);
        memcpy(slot->into, "not gzip", 8);
        assert_int_equal(joiner_filled(joiner, slot, &error), STATUS_PROTOCOL);
        assert_non_null(strstr(error.text, "\"in/a.gz\" is not valid gzip"));
        joiner_free(joiner);
        assert_int_equal(budget.parts_held, 0);
    }
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
    assert_int_equal(joiner_place(joiner, &first, "a", &slot), JOINER_PLACED);
    assert_int_equal(joiner_place(joiner, &long_one, "b", &slot), JOINER_TOO_MUCH);
    assert_int_equal(joiner_place(joiner, &second, "b", &slot), JOINER_PLACED);
    assert_int_equal(joiner_place(joiner, &third, "c", &slot), JOINER_TOO_MUCH);
    joiner_free(joiner);
    assert_int_equal(budget.parts_held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_equals_concatenation),
        cmocka_unit_test(test_smallest_budget_never_deadlocks),
        cmocka_unit_test(test_freed_half_way),
        cmocka_unit_test(test_errors_name_the_source),
        cmocka_unit_test(test_refuses_more_than_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
