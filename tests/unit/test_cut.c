/* SPDX-License-Identifier: MIT */
/* cut: every limit ends a group, and none splits a source. */
#include "compactor/safe/cut.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"

static struct entry entry_of(unsigned number, uint64_t size)
{
    struct entry e = {.size = size, .last_modified_unix_s = 1000 - (int64_t)number};
    snprintf(e.key, sizeof e.key, "in/%04u", number);
    snprintf(e.etag, sizeof e.etag, "\"%u\"", number);
    return e;
}

/* How many sources of `size` bytes, with manifest lines of `line`, one group takes. */
static unsigned fits(const struct cut_limits *limits, uint64_t size, uint64_t line)
{
    struct cut c;
    struct hash *hash;
    unsigned n = 0;
    assert_ok(hash_new(HASH_SHA256, &hash, NULL), NULL);
    cut_init(&c, limits);
    for (struct entry e = entry_of(0, size); n < 1000 && cut_add(&c, hash, &e, line);
         e = entry_of(n, size))
        n++;
    assert_int_equal(c.sources, n);
    assert_int_equal(c.bytes, n * size);
    hash_free(hash);
    return n;
}

static void limits(void **state)
{
    (void)state;
    struct cut_limits l = cut_limits_default;
    assert_int_equal(fits(&l, 10, 100), 1000);
    l.target_bytes = 95;
    assert_int_equal(fits(&l, 10, 100), 9);
    assert_int_equal(fits(&l, 95, 100), 1);
    assert_int_equal(fits(&l, 1000, 100), 1); /* one that is larger has a group of its own */
    assert_int_equal(fits(&l, 0, 100), 1000);
    l = cut_limits_default;
    l.entries = 7;
    assert_int_equal(fits(&l, 10, 100), 7);
    l = cut_limits_default;
    l.manifest_bytes = 250;
    assert_int_equal(fits(&l, 10, 100), 2);
    l = cut_limits_default;
    l.parts = 3;
    assert_int_equal(fits(&l, UINT64_C(8) << 20, 100), 3);
}

static void what_the_head_will_say(void **state)
{
    (void)state;
    struct cut c;
    struct hash *hash;
    assert_ok(hash_new(HASH_SHA256, &hash, NULL), NULL);
    cut_init(&c, &cut_limits_default);
    struct digest expected = {0};
    for (unsigned i = 0; i < 5; i++) {
        const struct entry e = entry_of(i, i % 2 * 10);
        assert_true(cut_add(&c, hash, &e, 50));
        digest_add(&expected, hash, e.key, e.size, e.etag);
    }
    assert_int_equal(c.nonempty, 2);
    assert_int_equal(c.manifest_bytes, 250);
    assert_int_equal(c.newest_unix_s, 1000);
    assert_string_equal(c.first, "in/0000");
    assert_string_equal(c.last, "in/0004");
    assert_true(digest_equal(&c.digest, &expected));
    hash_free(hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(what_the_head_will_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
