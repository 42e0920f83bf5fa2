/* SPDX-License-Identifier: MIT */
/* digest - order does not matter, everything else does. */

#include "compactor/digest.h"
#include "tests/support/unit.h"

static struct hash *hash;

static int setup(void **state)
{
    (void)state;
    return hash_new(HASH_SHA256, &hash, NULL) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    hash_free(hash);
    return 0;
}

static void test_order_is_free(void **state)
{
    (void)state;
    struct digest a = {0};
    struct digest b = {0};
    digest_add(&a, hash, "k1", 1, "\"e1\"");
    digest_add(&a, hash, "k2", 2, "\"e2\"");
    digest_add(&b, hash, "k2", 2, "\"e2\"");
    assert_false(digest_equal(&a, &b));
    digest_add(&b, hash, "k1", 1, "\"e1\"");
    assert_true(digest_equal(&a, &b));
}

static void test_which_source_counts(void **state)
{
    (void)state;
    struct digest none = {0};
    struct digest first = {0};
    struct digest second = {0};
    digest_add(&none, hash, "key", 1, "\"e\"");
    digest_add_nth(&first, hash, 0, "key", 1, "\"e\"");
    digest_add_nth(&second, hash, 1, "key", 1, "\"e\"");
    assert_true(digest_equal(&none, &first));
    assert_false(digest_equal(&first, &second));
}

static void test_each_field_counts(void **state)
{
    (void)state;
    struct digest base = {0};
    digest_add(&base, hash, "key", 1, "\"e\"");
    struct digest key = {0};
    struct digest size = {0};
    struct digest etag = {0};
    struct digest twice = base;
    digest_add(&key, hash, "kez", 1, "\"e\"");
    digest_add(&size, hash, "key", 2, "\"e\"");
    digest_add(&etag, hash, "key", 1, "\"f\"");
    digest_add(&twice, hash, "key", 1, "\"e\"");
    assert_false(digest_equal(&base, &key));
    assert_false(digest_equal(&base, &size));
    assert_false(digest_equal(&base, &etag));
    assert_false(digest_equal(&base, &twice));
}

static void test_text_round_trip(void **state)
{
    (void)state;
    struct digest d = {0};
    struct digest back = {0};
    char text[DIGEST_HEX_SIZE];
    digest_add(&d, hash, "key", 1, "\"e\"");
    digest_format(&d, text);
    assert_true(digest_parse(text, &back));
    assert_true(digest_equal(&d, &back));
    text[DIGEST_HEX_SIZE - 2] = 'x';
    assert_false(digest_parse(text, &back));
    assert_false(digest_parse("", &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_free),
        cmocka_unit_test(test_which_source_counts),
        cmocka_unit_test(test_each_field_counts),
        cmocka_unit_test(test_text_round_trip),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
