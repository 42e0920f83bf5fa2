/* SPDX-License-Identifier: MIT */
/* segment: a listing in pieces, marked by what manifests name. */
#include "compactor/safe/segment.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"

static struct entry entry_of(unsigned number)
{
    struct entry e = {.size = number, .last_modified_unix_s = 5};
    snprintf(e.key, sizeof e.key, "in/%07u", number);
    snprintf(e.etag, sizeof e.etag, "\"%u\"", number);
    return e;
}

static void append(struct entries *e, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const struct entry entry = entry_of(i);
        assert_ok(entries_append(e, &entry, NULL), NULL);
    }
}

static void segments_cover_the_listing(void **state)
{
    (void)state;
    struct budget budget;
    struct entries entries;
    struct segment s;
    struct segment_pass pass;
    const unsigned total = 2 * SEGMENT_SOURCES + 17;
    budget_init(&budget, UINT64_C(1) << 30);
    entries_init(&entries, &budget);
    append(&entries, 0, total);
    assert_ok(segment_init(&s, &entries, NULL), NULL);
    unsigned seen = 0;
    for (segment_begin(&s); s.count > 0; segment_begin(&s)) {
        assert_true(s.count == SEGMENT_SOURCES || s.count == 17);
        for (int again = 0; again < 2; again++) {
            unsigned n = 0;
            segment_pass_init(&pass, &s);
            while (segment_pass_next(&pass)) {
                assert_int_equal(pass.index, n);
                assert_int_equal(pass.entry.size, seen + n);
                n++;
            }
            assert_int_equal(n, s.count);
            assert_string_equal(s.last, pass.entry.key);
        }
        seen += (unsigned)s.count;
        segment_advance(&s);
    }
    assert_int_equal(seen, total);
    segment_release(&s);
    entries_release(&entries);
    assert_int_equal(budget.entries_held, 0);
}

/* The queue may be filled while it is worked off. */
static void more_may_come_later(void **state)
{
    (void)state;
    struct budget budget;
    struct entries entries;
    struct segment s;
    struct segment_pass pass;
    budget_init(&budget, UINT64_C(1) << 30);
    entries_init(&entries, &budget);
    assert_ok(segment_init(&s, &entries, NULL), NULL);
    segment_begin(&s);
    assert_int_equal(s.count, 0);
    append(&entries, 0, 3);
    segment_begin(&s);
    assert_int_equal(s.count, 3);
    append(&entries, 3, 5); /* of the next one */
    assert_int_equal(segment_waiting(&s), 2);
    segment_advance(&s);
    segment_begin(&s);
    segment_pass_init(&pass, &s);
    assert_true(segment_pass_next(&pass));
    assert_string_equal(pass.entry.key, "in/0000003");
    assert_true(segment_pass_next(&pass));
    assert_false(segment_pass_next(&pass));
    segment_release(&s);
    entries_release(&entries);
}

static void marks(void **state)
{
    (void)state;
    struct budget budget;
    struct entries entries;
    struct segment s;
    struct segment_merge m;
    budget_init(&budget, UINT64_C(1) << 30);
    entries_init(&entries, &budget);
    append(&entries, 10, 16);
    assert_ok(segment_init(&s, &entries, NULL), NULL);
    segment_begin(&s);
    /* One manifest has 11 as it was before, and 13; 5 and 14.5 are listed no more. */
    segment_merge_init(&m, &s);
    struct entry named = entry_of(5);
    assert_false(segment_merge_meet(&m, &s, &named));
    named = entry_of(11);
    snprintf(named.etag, sizeof named.etag, "%s", "\"before\"");
    assert_false(segment_merge_meet(&m, &s, &named));
    named = entry_of(13);
    named.last_modified_unix_s = 4; /* the same bytes, written again */
    assert_true(segment_merge_meet(&m, &s, &named));
    /* Another has 11 as it is now. */
    segment_merge_init(&m, &s);
    named = entry_of(11);
    assert_false(segment_merge_meet(&m, &s, &named));
    named = entry_of(12);
    snprintf(named.etag, sizeof named.etag, "%s", "\"before\"");
    assert_false(segment_merge_meet(&m, &s, &named));
    /* A third has 11 as it was at first: it stays named. */
    segment_merge_init(&m, &s);
    named = entry_of(11);
    snprintf(named.etag, sizeof named.etag, "%s", "\"at first\"");
    assert_false(segment_merge_meet(&m, &s, &named));
    named = entry_of(99);
    assert_false(segment_merge_meet(&m, &s, &named));
    assert_false(m.has_entry);
    static const enum segment_mark expected[] = {SEGMENT_NEW,   SEGMENT_NAMED, SEGMENT_CHANGED,
                                                 SEGMENT_NAMED, SEGMENT_NEW,   SEGMENT_NEW};
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(segment_mark_of(&s, i), expected[i]);
    segment_release(&s);
    entries_release(&entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_cover_the_listing),
        cmocka_unit_test(more_may_come_later),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
