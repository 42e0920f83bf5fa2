/* SPDX-License-Identifier: MIT */
/* generation: the log's names, the state table and the step table of docs/crash-safety.md. */
#include "compactor/safe/generation.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"

#define TOKEN  "0123456789abcdef0123456789abcdef"
#define DIGEST "00000000000000010000000000000002000000000000000300000000000000ff"

static void states(void **state)
{
    (void)state;
    static const struct {
        unsigned marks;
        enum generation_state state;
    } rows[] = {
        {MARK_MANIFEST, GENERATION_OPEN},
        {MARK_MANIFEST | MARK_SUM, GENERATION_OPEN},
        {MARK_MANIFEST | MARK_SUM | MARK_VERIFIED_HEAD, GENERATION_CHECKED},
        {MARK_MANIFEST | MARK_VERIFIED_READ, GENERATION_READ},
        {MARK_MANIFEST | MARK_VERIFIED_HEAD | MARK_VERIFIED_READ, GENERATION_READ},
        {MARK_MANIFEST | MARK_VERIFIED_HEAD | MARK_KEPT, GENERATION_KEPT},
        {MARK_MANIFEST | MARK_VERIFIED_READ | MARK_DELETED, GENERATION_DELETED},
        {MARK_MANIFEST | MARK_VERIFIED_READ | MARK_KEPT | MARK_DELETED, GENERATION_DELETED},
        {MARK_MANIFEST | MARK_SUM | MARK_ABANDONED, GENERATION_ABANDONED},
        {MARK_MANIFEST | MARK_ABANDONED | MARK_KEPT, GENERATION_BROKEN},
        {MARK_MANIFEST | MARK_ABANDONED | MARK_DELETED, GENERATION_BROKEN},
        {MARK_MANIFEST | MARK_ABANDONED | MARK_VERIFIED_HEAD, GENERATION_BROKEN},
        {MARK_MANIFEST | MARK_ABANDONED | MARK_VERIFIED_READ, GENERATION_BROKEN},
        {0, GENERATION_BROKEN},
        {MARK_SUM, GENERATION_BROKEN},
        {MARK_KEPT, GENERATION_BROKEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(generation_state(&(struct generation){.marks = rows[i].marks}),
                         rows[i].state);
}

#define M MARK_MANIFEST
#define H MARK_VERIFIED_HEAD
#define R MARK_VERIFIED_READ
#define K MARK_KEPT
#define D MARK_DELETED
#define A MARK_ABANDONED

static const struct step_row {
    unsigned marks;
    enum output_seen seen;
    bool lost;
    bool swept;
    enum generation_step keeps;   /* sources left, verified by a HEAD */
    enum generation_step reads;   /* sources left, verified by reading */
    enum generation_step deletes; /* sources deleted */
} step_rows[] = {
    {M, SEEN_NOT_LOOKED, 0, 0, STEP_LOOK, STEP_LOOK, STEP_LOOK},
    {M, SEEN_ABSENT, 0, 0, STEP_BUILD, STEP_BUILD, STEP_BUILD},
    {M, SEEN_ABSENT, 1, 0, STEP_ABANDON, STEP_ABANDON, STEP_ABANDON},
    {M, SEEN_TOMBSTONE, 0, 0, STEP_MARK_ABANDONED, STEP_MARK_ABANDONED, STEP_MARK_ABANDONED},
    {M, SEEN_TOMBSTONE, 1, 0, STEP_MARK_ABANDONED, STEP_MARK_ABANDONED, STEP_MARK_ABANDONED},
    {M, SEEN_FOREIGN, 0, 0, STEP_FAIL_FOREIGN, STEP_FAIL_FOREIGN, STEP_FAIL_FOREIGN},
    {M, SEEN_OUTPUT, 0, 0, STEP_VERIFY_HEAD, STEP_VERIFY_READ, STEP_VERIFY_READ},
    {M, SEEN_OUTPUT, 1, 0, STEP_VERIFY_HEAD, STEP_VERIFY_READ, STEP_VERIFY_READ},
    {M | H, SEEN_NOT_LOOKED, 0, 0, STEP_LOOK, STEP_LOOK, STEP_LOOK},
    {M | H, SEEN_OUTPUT, 0, 0, STEP_MARK_KEPT, STEP_VERIFY_READ, STEP_VERIFY_READ},
    {M | H, SEEN_ABSENT, 0, 0, STEP_FAIL_MISSING, STEP_FAIL_MISSING, STEP_FAIL_MISSING},
    {M | H, SEEN_ABSENT, 1, 0, STEP_FAIL_MISSING, STEP_FAIL_MISSING, STEP_FAIL_MISSING},
    {M | H, SEEN_TOMBSTONE, 0, 0, STEP_FAIL_BROKEN, STEP_FAIL_BROKEN, STEP_FAIL_BROKEN},
    {M | R, SEEN_OUTPUT, 0, 0, STEP_MARK_KEPT, STEP_MARK_KEPT, STEP_DELETE},
    {M | R, SEEN_OUTPUT, 0, 1, STEP_MARK_KEPT, STEP_MARK_KEPT, STEP_MARK_DELETED},
    {M | R, SEEN_ABSENT, 0, 0, STEP_FAIL_MISSING, STEP_FAIL_MISSING, STEP_FAIL_MISSING},
    {M | H | K, SEEN_NOT_LOOKED, 0, 0, STEP_NONE, STEP_NONE, STEP_LOOK},
    {M | H | K, SEEN_OUTPUT, 0, 0, STEP_NONE, STEP_NONE, STEP_VERIFY_READ},
    {M | H | K, SEEN_ABSENT, 0, 0, STEP_NONE, STEP_NONE, STEP_FAIL_MISSING},
    {M | R | K, SEEN_OUTPUT, 0, 0, STEP_NONE, STEP_NONE, STEP_DELETE},
    {M | R | D, SEEN_NOT_LOOKED, 0, 0, STEP_NONE, STEP_NONE, STEP_NONE},
    {M | R | K | D, SEEN_NOT_LOOKED, 0, 0, STEP_NONE, STEP_NONE, STEP_NONE},
    {M | A, SEEN_NOT_LOOKED, 0, 0, STEP_NONE, STEP_NONE, STEP_NONE},
    {M | A | K, SEEN_NOT_LOOKED, 0, 0, STEP_FAIL_BROKEN, STEP_FAIL_BROKEN, STEP_FAIL_BROKEN},
};

static void steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof step_rows / sizeof step_rows[0]; i++) {
        const struct step_row *row = &step_rows[i];
        const struct generation_view view = {.generation = {.number = 1, .marks = row->marks},
                                             .seen = row->seen,
                                             .source_lost = row->lost,
                                             .swept = row->swept};
        const enum generation_step got[] = {
            generation_next(&view, &(struct generation_goal){0}),
            generation_next(&view, &(struct generation_goal){.read_back = true}),
            generation_next(&view, &(struct generation_goal){.read_back = true, .deletes = true}),
        };
        if (got[0] != row->keeps || got[1] != row->reads || got[2] != row->deletes)
            print_error("row %zu: %d %d %d\n", i, got[0], got[1], got[2]);
        assert_int_equal(got[0], row->keeps);
        assert_int_equal(got[1], row->reads);
        assert_int_equal(got[2], row->deletes);
    }
}

/* Over all marks, all that may be seen, and all goals. */
static void no_step_breaks_the_rules(void **state)
{
    (void)state;
    for (unsigned all = 0; all < 128 * 5 * 4 * 3; all++) {
        const struct generation_view v = {
            .generation = {.number = 1, .marks = all % 128},
            .seen = (enum output_seen)(all / 128 % 5),
            .source_lost = all / 640 % 2,
            .swept = all / 1280 % 2,
        };
        const unsigned goal_index = all / 2560;
        const struct generation_goal goal = {.read_back = goal_index > 0,
                                             .deletes = goal_index == 2};
        const unsigned marks = v.generation.marks;
        const enum generation_step step = generation_next(&v, &goal);
        if (step == STEP_DELETE || step == STEP_MARK_DELETED) {
            assert_true(goal.deletes);
            assert_true(marks & MARK_VERIFIED_READ);
            assert_int_equal(v.seen, SEEN_OUTPUT);
        }
        if (step == STEP_BUILD || step == STEP_ABANDON)
            assert_false(marks & (H | R | K | D | A));
        if (step == STEP_ABANDON)
            assert_true(v.source_lost);
        if (step == STEP_MARK_ABANDONED)
            assert_int_equal(v.seen, SEEN_TOMBSTONE);
        if (step == STEP_MARK_KEPT)
            assert_true(marks & (H | R));
    }
}

static void add(struct generations *g, const char *name)
{
    struct error err;
    assert_ok(generations_add(g, name, 100, &err), &err);
}

static void reads_a_log(void **state)
{
    (void)state;
    struct generations g;
    struct error err;
    generations_init(&g);
    add(&g, "g00001.done-kept-" DIGEST ".state");
    add(&g, "g00001.manifest.state");
    add(&g, "g00001.sum-" TOKEN ".state");
    add(&g, "g00001.verified-head.state");
    add(&g, "g00002.done-abandoned.state");
    add(&g, "g00002.manifest.state");
    add(&g, "g00003.manifest.state");
    assert_ok(generations_check(&g, &err), &err);
    assert_int_equal(g.count, 3);
    assert_int_equal(generation_state(&g.items[0]), GENERATION_KEPT);
    assert_int_equal(generation_state(&g.items[1]), GENERATION_ABANDONED);
    assert_int_equal(generation_state(&g.items[2]), GENERATION_OPEN);
    assert_int_equal(g.items[2].manifest_size, 100);
    char text[DIGEST_HEX_SIZE];
    const struct digest sum = generations_digest(&g);
    digest_format(&sum, text);
    assert_string_equal(text, DIGEST);
    generations_release(&g);
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "g00001",
        "g00001.state",
        "g1.manifest.state",
        "g00000.manifest.state",
        "g00001.manifest",
        "g00001.manifest.state/",
        "g00001.manifests.state",
        "g00001.sum-0123.state",
        "g00001.sum-.state",
        "g00001.done-kept.state",
        "g00001.done-kept-00.state",
        "g00001.verified.state",
        "g-0001.manifest.state",
        "h00001.manifest.state",
        "g00002.manifest.state", /* a gap */
        "2024/01/14/g00001.manifest.state",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct generations g;
        struct error err;
        generations_init(&g);
        if (generations_add(&g, names[i], 0, &err) == STATUS_OK)
            print_error("\"%s\" was taken\n", names[i]);
        assert_int_equal(g.count, 0);
        generations_release(&g);
    }
}

static void a_log_without_its_manifest_is_broken(void **state)
{
    (void)state;
    struct generations g;
    struct error err;
    generations_init(&g);
    add(&g, "g00001.manifest.state");
    add(&g, "g00002.verified-read.state");
    assert_status(STATUS_PROTOCOL, generations_check(&g, &err), &err);
    assert_non_null(strstr(err.text, "generation 2"));
    generations_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states),
        cmocka_unit_test(steps),
        cmocka_unit_test(no_step_breaks_the_rules),
        cmocka_unit_test(reads_a_log),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(a_log_without_its_manifest_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
