/* SPDX-License-Identifier: MIT */
/* content - the first source's headers win, however late they arrive. */
#include <stdio.h>

#include "compactor/content.h"
#include "tests/support/unit.h"

static void test_first_wins_late(void **state)
{
    (void)state;
    struct content c;
    bool dropped;
    content_init(&c);
    content_note(&c, "text/plain", "", false);
    content_note(&c, "text/plain", "", false);
    assert_false(content_known(&c));
    content_note(&c, "application/json", "zstd", true);
    assert_true(content_known(&c));
    assert_string_equal(content_type(&c), "application/json");
    assert_string_equal(content_encoding(&c, 3, &dropped), "zstd");
    assert_false(dropped);
    assert_int_equal(content_differing(&c), 2);
}

static void test_gzip_only_on_one_member(void **state)
{
    (void)state;
    struct content c;
    bool dropped;
    content_init(&c);
    content_note(&c, "application/json", "gzip", true);
    assert_string_equal(content_encoding(&c, 1, &dropped), "gzip");
    assert_false(dropped);
    assert_string_equal(content_encoding(&c, 2, &dropped), "");
    assert_true(dropped);
}

static void test_many_kinds(void **state)
{
    (void)state;
    struct content c;
    content_init(&c);
    for (int i = 0; i < 3 * CONTENT_KINDS_MAX; i++) {
        char type[32];
        snprintf(type, sizeof type, "text/x-%d", i);
        content_note(&c, type, "", false);
    }
    content_note(&c, "text/first", "", true);
    assert_string_equal(content_type(&c), "text/first");
    assert_int_equal(content_differing(&c), 3 * CONTENT_KINDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_wins_late),
        cmocka_unit_test(test_gzip_only_on_one_member),
        cmocka_unit_test(test_many_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
