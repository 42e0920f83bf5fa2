/* SPDX-License-Identifier: MIT */
/* entries - what goes in comes out, however odd, and the budget is kept. */
#include <stdio.h>
#include <string.h>

#include "compactor/entries.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define COUNT 20000

/* The i-th of a reproducible sequence of odd entries. */
static void make_entry(uint64_t i, struct entry *out)
{
    struct rng rng;
    rng_seed(&rng, i);
    const int len = (int)rng_below(&rng, 40);
    int at = snprintf(out->key, sizeof out->key, "p/%08llu-", (unsigned long long)i);
    for (int k = 0; k < len; k++)
        out->key[at++] = (char)(1 + rng_below(&rng, 255));
    out->key[at] = '\0';
    out->size = rng_next(&rng) >> rng_below(&rng, 64);
    out->last_modified_unix_s = (int64_t)rng_next(&rng) >> rng_below(&rng, 64);
    out->group = (unsigned)rng_below(&rng, 16);
    out->source = (unsigned)rng_below(&rng, 16);
    static const char *const etags[] = {"\"d41d8cd98f00b204e9800998ecf8427e\"",
                                        "\"D41D8CD98F00B204E9800998ECF8427E\"",
                                        "\"d41d8cd98f00b204e9800998ecf8427e-12\"", "\"\"", "odd"};
    snprintf(out->etag, sizeof out->etag, "%s", etags[rng_below(&rng, 5)]);
}

static void expect_entry(const struct entry *got, uint64_t i)
{
    struct entry want;
    make_entry(i, &want);
    assert_string_equal(got->key, want.key);
    assert_string_equal(got->etag, want.etag);
    assert_true(got->size == want.size);
    assert_true(got->last_modified_unix_s == want.last_modified_unix_s);
    assert_int_equal(got->group, want.group);
    assert_int_equal(got->source, want.source);
}

static void test_round_trip_twice(void **state)
{
    (void)state;
    struct budget budget;
    struct entries e;
    struct entry entry;
    budget_init(&budget, UINT64_C(64) << 20);
    entries_init(&e, &budget);
    for (uint64_t i = 0; i < COUNT; i++) {
        make_entry(i, &entry);
        assert_int_equal(entries_append(&e, &entry, NULL), STATUS_OK);
    }
    for (int pass = 0; pass < 2; pass++) {
        struct entries_reader r;
        entries_reader_init(&r, &e, false);
        for (uint64_t i = 0; i < COUNT; i++) {
            assert_true(entries_read(&r, &entry));
            expect_entry(&entry, i);
        }
        assert_false(entries_read(&r, &entry));
    }
    entries_release(&e);
    assert_int_equal(budget.entries_held, 0);
}

static void test_trimming_queue_stays_small(void **state)
{
    (void)state;
    struct budget budget;
    struct entries e;
    struct entries_reader r;
    struct entry in;
    struct entry out;
    budget_init(&budget, 16 * ENTRIES_CHUNK);
    entries_init(&e, &budget);
    entries_reader_init(&r, &e, true);
    uint64_t read = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        make_entry(i, &in);
        assert_int_equal(entries_append(&e, &in, NULL), STATUS_OK);
        if (i < 100)
            continue; /* a reader that lags behind */
        assert_true(entries_read(&r, &out));
        expect_entry(&out, read++);
    }
    while (entries_read(&r, &out))
        expect_entry(&out, read++);
    assert_int_equal(read, COUNT);
    entries_release(&e);
    assert_int_equal(budget.entries_held, 0);
}

static void test_budget_refuses_and_insisting_does_not_ask(void **state)
{
    (void)state;
    struct budget budget;
    struct entries e;
    struct entry entry;
    budget_init(&budget, 8 * ENTRIES_CHUNK); /* two chunks for entries */
    entries_init(&e, &budget);
    uint64_t i = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        make_entry(i++, &entry);
        status = entries_append(&e, &entry, NULL);
    }
    assert_int_equal(status, STATUS_LIMIT);
    assert_int_equal(budget.entries_held, 2 * ENTRIES_CHUNK);
    e.insist = true;
    assert_int_equal(entries_append(&e, &entry, NULL), STATUS_OK);
    assert_int_equal(budget.entries_held, 3 * ENTRIES_CHUNK);
    entries_release(&e);
    assert_int_equal(budget.entries_held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_twice),
        cmocka_unit_test(test_trimming_queue_stays_small),
        cmocka_unit_test(test_budget_refuses_and_insisting_does_not_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
