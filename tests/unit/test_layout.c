/* SPDX-License-Identifier: MIT */
/* layout: keys of the crash-safe mode. */
#include "compactor/safe/layout.h"

#include <string.h>

#include "tests/support/unit.h"

static void keys(void **state)
{
    (void)state;
    char key[S3_KEY_MAX + 1];
    struct error err;
    assert_ok(layout_config("out/", key, &err), &err);
    assert_string_equal(key, "out/_compaction/config.state");
    assert_ok(layout_config("", key, &err), &err);
    assert_string_equal(key, "_compaction/config.state");
    assert_ok(layout_log("out/", NULL, key, &err), &err);
    assert_string_equal(key, "out/_compaction/log/");
    assert_ok(layout_log("out/", "2024/01/14", key, &err), &err);
    assert_string_equal(key, "out/_compaction/log/2024/01/14/");
    assert_ok(layout_record(key, 3, "manifest", key, &err), &err);
    assert_string_equal(key, "out/_compaction/log/2024/01/14/g00003.manifest.state");
    assert_ok(layout_output("out/2024/01/14", 12, ".json.gz", key, &err), &err);
    assert_string_equal(key, "out/2024/01/14/out-2024-01-14-g00012.json.gz");
    assert_ok(layout_probe("in/", "abc", key, &err), &err);
    assert_string_equal(key, "in/_compaction/probe-abc.state");
}

static void roots(void **state)
{
    (void)state;
    char root[S3_KEY_MAX + 1];
    struct error err;
    const struct selection dated = {.destination = {"b", "out/"}};
    const struct selection single = {.destination = {"b", "out/2024"}, .single = true};
    const struct partition_name name = {.destination_dir = "out/2024/01"};
    assert_ok(layout_root(&dated, root, &err), &err);
    assert_string_equal(root, "out/");
    assert_string_equal(layout_partition(&dated, &name), "2024/01");
    assert_ok(layout_root(&single, root, &err), &err);
    assert_string_equal(root, "out/2024/");
    assert_string_equal(layout_partition(&single, &name), "");
}

static void plain_outputs(void **state)
{
    (void)state;
    assert_true(layout_is_plain_output("out/14", "out/14/out-14"));
    assert_true(layout_is_plain_output("out/14", "out/14/out-14.json"));
    assert_true(layout_is_plain_output("out/14", "out/14/out-14.json.gz"));
    assert_false(layout_is_plain_output("out/14", "out/14/out-14-g00001.json"));
    assert_false(layout_is_plain_output("out/14", "out/14/out-14.d/x"));
    assert_false(layout_is_plain_output("out/14", "out/14/other.json"));
}

static void too_long(void **state)
{
    (void)state;
    char key[S3_KEY_MAX + 1];
    char dst[S3_KEY_MAX + 1];
    struct error err;
    memset(dst, 'x', S3_KEY_MAX);
    dst[S3_KEY_MAX] = '\0';
    assert_status(STATUS_LIMIT, layout_config(dst, key, &err), &err);
    assert_status(STATUS_LIMIT, layout_log(dst, "2024", key, &err), &err);
    assert_status(STATUS_LIMIT, layout_output(dst, 1, "", key, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(roots),
        cmocka_unit_test(plain_outputs),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
