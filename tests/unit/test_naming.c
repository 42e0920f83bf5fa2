/* SPDX-License-Identifier: MIT */
/* naming - suffix rules and output keys, as tables. */
#include <string.h>

#include "compactor/naming.h"
#include "tests/support/unit.h"

struct suffix_case {
    const char *key;
    const char *known;
    const char *first;
};

static void test_suffixes(void **state)
{
    (void)state;
    static const struct suffix_case cases[] = {
        {"a/b/x.json", ".json", ".json"},
        {"a/b/x.json.gz", ".json.gz", ".json.gz"},
        {"x.log.gz", ".log.gz", ".log.gz"},
        {"x.csv.zst", ".csv.zst", ".csv.zst"},
        {"x.gz", ".gz", ".gz"},
        {"a.b.log.gz", ".log.gz", ".b.log.gz"},
        {"111_CloudTrail_eu_20240114T0005Z_Ab.json.gz", ".json.gz", ".json.gz"},
        {"10.0.0.1.gz", ".gz", ".0.0.1.gz"},
        {"x.odd", ".odd", ".odd"},
        {"x.JSON.GZ", ".JSON.GZ", ".JSON.GZ"},
        {"plain", "", ""},
        {"dir.d/plain", "", ""},
        {".hidden", "", ""},
        {".hidden.json", ".json", ".json"},
        {"..json", "", ""},
        {"x.json.", "", ""},
        {"a/", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char suffix[NAMING_SUFFIX_MAX + 1];
        struct error err;
        assert_int_equal(naming_suffix(SUFFIX_KNOWN, cases[i].key, suffix, &err), STATUS_OK);
        assert_string_equal(suffix, cases[i].known);
        assert_int_equal(naming_suffix(SUFFIX_FIRST, cases[i].key, suffix, &err), STATUS_OK);
        assert_string_equal(suffix, cases[i].first);
    }
}

static void test_suffix_too_long(void **state)
{
    (void)state;
    char key[NAMING_SUFFIX_MAX + 8];
    char suffix[NAMING_SUFFIX_MAX + 1] = "untouched";
    struct error err;
    memset(key, 'x', sizeof key);
    key[1] = '.';
    key[sizeof key - 1] = '\0';
    assert_int_equal(naming_suffix(SUFFIX_KNOWN, key, suffix, &err), STATUS_LIMIT);
    assert_string_equal(suffix, "untouched");
}

static void test_output_keys(void **state)
{
    (void)state;
    char key[S3_KEY_MAX + 1];
    struct error err;
    assert_int_equal(naming_output_key("2024/01/14", ".json.gz", key, &err), STATUS_OK);
    assert_string_equal(key, "2024/01/14/2024-01-14.json.gz");
    assert_int_equal(naming_output_key("c/2024/01/14", ".json.gz", key, &err), STATUS_OK);
    assert_string_equal(key, "c/2024/01/14/c-2024-01-14.json.gz");
    char dir[600];
    memset(dir, 'd', sizeof dir);
    dir[sizeof dir - 1] = '\0';
    assert_int_equal(naming_output_key(dir, "", key, &err), STATUS_LIMIT);
}

static void test_compressions(void **state)
{
    (void)state;
    assert_true(naming_suffix_is_gzip(".json.gz"));
    assert_false(naming_suffix_is_gzip(".json"));
    assert_false(naming_suffix_is_gzip(""));
    assert_true(naming_suffix_is_other_compression(".csv.zst"));
    assert_false(naming_suffix_is_other_compression(".csv"));
    assert_false(naming_suffix_is_other_compression(".gz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suffixes),
        cmocka_unit_test(test_suffix_too_long),
        cmocka_unit_test(test_output_keys),
        cmocka_unit_test(test_compressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
