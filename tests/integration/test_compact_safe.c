/* SPDX-License-Identifier: MIT */
/* The crash-safe mode on a real server: what it writes, what it refuses, and what it deletes. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/compact_world.h"

#define RANGE "--from", "2024-01-14", "--to", "2024-01-15"

#define NAME_14 "out/2024/01/14/out-2024-01-14"
#define NAME_15 "out/2024/01/15/out-2024-01-15"
#define LOG_14  "out/_compaction/log/2024/01/14/"

static void seed(const struct world *w)
{
    world_put(w, "in/2024/01/14/a.json", "a\n");
    world_put(w, "in/2024/01/14/b.json", "b\n");
    world_put(w, "in/2024/01/14/deep/c.json", "c\n");
    world_put(w, "in/2024/01/15/odd key+&%20=\xc3\xa9.json", "odd\n");
}

/* The servers that honour If-Match on DELETE, by what the project knows of them. */
static bool deletes_conditionally(const struct world *w)
{
    return w->fixture->endpoint.kind != TEST_ENDPOINT_MINIO;
}

static void fresh_then_unchanged(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed(&w);
    const char *const *again =
        FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination);
    world_says(&w, again, 0, "2 partitions: 2 compacted");
    world_expect(&w, NAME_14 "-g00001.json", "a\nb\nc\n");
    world_expect(&w, NAME_15 "-g00001.json", "odd\n");
    assert_true(store_exists(w.store, w.bucket, "out/_compaction/config.state"));
    assert_true(store_exists(w.store, w.bucket, LOG_14 "g00001.manifest.state"));
    assert_true(store_exists(w.store, w.bucket, LOG_14 "g00001.verified-head.state"));
    assert_int_equal(store_count(w.store, w.bucket, LOG_14), 4);
    assert_int_equal(store_count(w.store, w.bucket, "in/"), 4);
    world_says(&w, again, 0, "2 partitions: 2 unchanged");
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 11);
    /* Unchanged costs the config, and a page of the log and of the sources a partition. */
    world_run(&w,
              FIXTURE_ARGS("s3-compact", "--json", "--manifest", RANGE, w.source, w.destination), 0,
              &ran);
    json_t *doc = json_loads(ran.out.data, 0, NULL);
    json_t *requests = json_object_get(doc, "requests");
    assert_int_equal(json_object_size(requests), 2);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(requests, "ListObjectsV2"), "count")),
        4);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(requests, "GetObject"), "count")), 1);
    json_decref(doc);
    process_result_release(&ran);
    world_close(&w);
}

static void late_and_changed_objects(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    const char *const *again =
        FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination);
    world_says(&w, again, 0, NULL);
    world_put(&w, "in/2024/01/14/aa.json", "late\n");
    world_says(&w, again, 0, "2 partitions: 1 compacted, 1 unchanged");
    world_expect(&w, NAME_14 "-g00002.json", "late\n");
    world_expect(&w, NAME_14 "-g00001.json", "a\nb\nc\n");
    world_says(&w, again, 0, "2 unchanged");
    world_put(&w, "in/2024/01/14/b.json", "changed\n");
    world_says(&w, again, 1, "1 source changed after it was compacted, \"in/2024/01/14/b.json\"");
    assert_false(store_exists(w.store, w.bucket, NAME_14 "-g00003.json"));
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--manifest", "--changed", "new", RANGE, w.source,
                            w.destination),
               0, "1 compacted");
    world_expect(&w, NAME_14 "-g00003.json", "changed\n");
    world_says(&w, again, 0, "2 unchanged"); /* its ETag is named now */
    world_close(&w);
}

static void the_same_bytes_again_are_no_new_source(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed(&w);
    world_says(&w, FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination), 0,
               NULL);
    world_put(&w, "in/2024/01/14/b.json", "b\n");
    world_put(&w, "in/2024/01/14/d.json", "d\n");
    world_run(&w,
              FIXTURE_ARGS("s3-compact", "--json", "--manifest", RANGE, w.source, w.destination), 0,
              &ran);
    json_t *doc = json_loads(ran.out.data, 0, NULL);
    json_t *first = json_array_get(json_object_get(doc, "partitions"), 0);
    json_t *output = json_array_get(json_object_get(first, "outputs"), 0);
    assert_int_equal(json_integer_value(json_object_get(output, "sources")), 1);
    json_decref(doc);
    process_result_release(&ran);
    world_expect(&w, NAME_14 "-g00002.json", "d\n");
    world_close(&w);
}

static void target_size_and_suffixes_cut_groups(void **state)
{
    struct world w;
    world_open(&w, *state);
    for (int c = 'a'; c <= 'e'; c++) {
        char key[64];
        snprintf(key, sizeof key, "in/2024/01/14/%c.json", c);
        world_put(&w, key, "1234\n");
    }
    world_put(&w, "in/2024/01/14/b.csv", "x,y\n");
    world_put(&w, "in/2024/01/14/big.json", "larger than the target\n");
    const char *const *again =
        FIXTURE_ARGS("s3-compact", "--target-size", "10", RANGE, w.source, w.destination);
    world_says(&w, again, 0, "1 compacted");
    world_expect_keys(&w, "out/2024/",
                      NAME_14 "-g00001.json\n" NAME_14 "-g00002.json\n" NAME_14
                              "-g00003.json\n" NAME_14 "-g00004.json\n" NAME_14 "-g00005.csv\n");
    world_expect(&w, NAME_14 "-g00001.json", "1234\n1234\n");
    world_expect(&w, NAME_14 "-g00002.json", "larger than the target\n");
    world_expect(&w, NAME_14 "-g00003.json", "1234\n1234\n");
    world_expect(&w, NAME_14 "-g00004.json", "1234\n");
    world_expect(&w, NAME_14 "-g00005.csv", "x,y\n");
    world_says(&w, again, 0, "1 unchanged");
    world_close(&w);
}

static void deletes_what_it_read_back(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    world_put(&w, "in/2024/01/16/other.json", "of another date\n");
    const char *const *plain_flag =
        FIXTURE_ARGS("s3-compact", "--delete-sources", RANGE, w.source, w.destination);
    const char *const *insisting =
        FIXTURE_ARGS("s3-compact", "--delete-sources", "--allow-unconditional-delete", RANGE,
                     w.source, w.destination);
    if (!deletes_conditionally(&w)) {
        world_says(&w, plain_flag, 1, "the server ignores If-Match on DeleteObject");
        assert_int_equal(store_count(w.store, w.bucket, "in/"), 5);
    }
    const char *const *again = deletes_conditionally(&w) ? plain_flag : insisting;
    world_says(&w, again, 0, "4 sources deleted");
    world_expect_keys(&w, "in/", "in/2024/01/16/other.json\n");
    world_expect(&w, NAME_14 "-g00001.json", "a\nb\nc\n");
    assert_true(store_exists(w.store, w.bucket, LOG_14 "g00001.verified-read.state"));
    assert_true(store_exists(w.store, w.bucket, LOG_14 "g00001.done-deleted.state"));
    world_says(&w, again, 0, "2 unchanged");
    world_put(&w, "in/2024/01/14/a.json", "late\n"); /* a key that was deleted */
    world_says(&w, again, 1, "--changed new");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--delete-sources", "--allow-unconditional-delete",
                            "--changed", "new", RANGE, w.source, w.destination),
               0, "1 source deleted");
    world_expect(&w, NAME_14 "-g00002.json", "late\n");
    world_expect_keys(&w, "out/_compaction/probe", "");
    world_expect_keys(&w, "in/_compaction", "");
    world_close(&w);
}

static void kept_sources_can_be_deleted_later(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    world_says(&w, FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination), 0,
               NULL);
    world_put(&w, "in/2024/01/14/late.json", "late\n");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--delete-sources", "--allow-unconditional-delete", RANGE,
                            w.source, w.destination),
               0, "5 sources deleted");
    assert_int_equal(store_count(w.store, w.bucket, "in/"), 0);
    world_expect(&w, NAME_14 "-g00001.json", "a\nb\nc\n");
    world_expect(&w, NAME_14 "-g00002.json", "late\n");
    world_close(&w);
}

static void the_two_modes_keep_apart(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    const char *const *plain = FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination);
    const char *const *safe =
        FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination);
    world_says(&w, plain, 0, "2 compacted");
    world_says(&w, safe, 1, "is an output of plain mode");
    world_says(&w, plain, 2, "is kept by the crash-safe mode");
    store_delete(w.store, w.bucket, NAME_14 ".json");
    store_delete(w.store, w.bucket, NAME_15 ".json");
    world_says(&w, safe, 0, "2 compacted");
    world_close(&w);
}

static void another_configuration_is_refused(void **state)
{
    struct world w;
    char other[128];
    world_open(&w, *state);
    seed(&w);
    world_says(&w, FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination), 0,
               NULL);
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--manifest", RANGE, "--date-format", "%Y-%m-%d",
                            w.source, w.destination),
               2, "kept with --date-format \"%Y/%m/%d\", and this run has \"%Y-%m-%d\"");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--manifest", RANGE, "--suffix", "first", w.source,
                            w.destination),
               2, "--suffix");
    snprintf(other, sizeof other, "s3://%s/in2/", w.bucket);
    world_says(&w, FIXTURE_ARGS("s3-compact", "--manifest", RANGE, other, w.destination), 2, "SRC");
    world_close(&w);
}

static void a_foreign_object_fails_its_partition(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    world_put(&w, NAME_14 "-g00001.json", "somebody else's\n");
    const char *const *again =
        FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination);
    world_says(&w, again, 1, "somebody else's object");
    world_expect(&w, NAME_14 "-g00001.json", "somebody else's\n");
    world_expect(&w, NAME_15 "-g00001.json", "odd\n");
    world_says(&w, FIXTURE_ARGS("s3-compact", "status", w.destination), 0,
               "open, another object in its place");
    store_delete(w.store, w.bucket, NAME_14 "-g00001.json");
    world_says(&w, again, 0, "1 compacted, 1 unchanged");
    world_expect(&w, NAME_14 "-g00001.json", "a\nb\nc\n");
    world_close(&w);
}

static void status_recover_and_verify(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    world_says(&w, FIXTURE_ARGS("s3-compact", "status", w.destination), 2,
               "is not kept by the crash-safe mode");
    world_says(&w, FIXTURE_ARGS("s3-compact", "--manifest", RANGE, w.source, w.destination), 0,
               NULL);
    world_says(&w, FIXTURE_ARGS("s3-compact", "status", w.destination), 0,
               "2024-01-14  3 objects  6 B  kept -> s3://");
    world_says(&w, FIXTURE_ARGS("s3-compact", "status", w.destination), 0,
               "2 partitions, 2 generations: 2 kept");
    world_says(&w, FIXTURE_ARGS("s3-compact", "verify", w.destination), 0, "verified ->");
    world_says(&w, FIXTURE_ARGS("s3-compact", "recover", w.destination), 0, "2 unchanged");
    /* The same size, other bytes: only reading tells, and the metadata has to stay. */
    store_delete(w.store, w.bucket, NAME_15 "-g00001.json");
    world_says(&w, FIXTURE_ARGS("s3-compact", "verify", w.destination), 1, "is not there any more");
    world_says(&w, FIXTURE_ARGS("s3-compact", "verify", w.destination), 1, "1 partition failed");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "recover", "--delete-sources",
                            "--allow-unconditional-delete", w.destination),
               1, "3 sources deleted");
    assert_int_equal(store_count(w.store, w.bucket, "in/"), 1); /* whose output is missing */
    world_close(&w);
}

static void one_partition_by_name(void **state)
{
    struct world w;
    char source[160];
    char directory[160];
    world_open(&w, *state);
    seed(&w);
    snprintf(source, sizeof source, "s3://%s/in/2024/01/14/", w.bucket);
    snprintf(directory, sizeof directory, "s3://%s/out/2024/01/14/", w.bucket);
    const char *const *again = FIXTURE_ARGS("s3-compact", "one", "--manifest", source, directory);
    world_says(&w, again, 0, "1 compacted");
    world_says(&w, again, 0, "1 unchanged");
    world_expect(&w, NAME_14 "-g00001.json", "a\nb\nc\n");
    assert_true(
        store_exists(w.store, w.bucket, "out/2024/01/14/_compaction/log/g00001.manifest.state"));
    world_says(&w, FIXTURE_ARGS("s3-compact", "status", directory), 0, "1 generation: 1 kept");
    world_says(&w, FIXTURE_ARGS("s3-compact", "verify", directory), 0, "verified");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "one", "--delete-sources", "--allow-unconditional-delete",
                            source, directory),
               0, "3 sources deleted");
    world_close(&w);
}

static void a_dry_run_writes_nothing(void **state)
{
    struct world w;
    world_open(&w, *state);
    seed(&w);
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--dry-run", "--delete-sources", "--target-size", "4",
                            RANGE, w.source, w.destination),
               0, "would write -> s3://");
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 0);
    assert_int_equal(store_count(w.store, w.bucket, "in/"), 4);
    world_close(&w);
}

static void large_outputs_go_in_parts(void **state)
{
    static char text[9 << 20];
    struct world w;
    struct buf expected;
    world_open(&w, *state);
    buf_init(&expected, STORE_OBJECT_MAX);
    memset(text, 'x', sizeof text);
    store_put(w.store, w.bucket, "in/2024/01/14/a.bin", text, sizeof text);
    store_put(w.store, w.bucket, "in/2024/01/14/b.bin", "tail\n", 5);
    buf_append(&expected, text, sizeof text);
    buf_append_str(&expected, "tail\n");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--delete-sources", "--allow-unconditional-delete",
                            "--memory", "16MiB", RANGE, w.source, w.destination),
               0, "2 sources deleted");
    struct buf got;
    buf_init(&got, STORE_OBJECT_MAX);
    store_get(w.store, w.bucket, NAME_14 "-g00001.bin", &got);
    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.data, expected.data, got.len);
    buf_release(&got);
    buf_release(&expected);
    assert_int_equal(store_open_uploads(w.store, w.bucket, NAME_14 "-g00001.bin"), 0);
    world_says(&w, FIXTURE_ARGS("s3-compact", "verify", w.destination), 0, "verified");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_then_unchanged),
        cmocka_unit_test(late_and_changed_objects),
        cmocka_unit_test(the_same_bytes_again_are_no_new_source),
        cmocka_unit_test(target_size_and_suffixes_cut_groups),
        cmocka_unit_test(deletes_what_it_read_back),
        cmocka_unit_test(kept_sources_can_be_deleted_later),
        cmocka_unit_test(the_two_modes_keep_apart),
        cmocka_unit_test(another_configuration_is_refused),
        cmocka_unit_test(a_foreign_object_fails_its_partition),
        cmocka_unit_test(status_recover_and_verify),
        cmocka_unit_test(one_partition_by_name),
        cmocka_unit_test(a_dry_run_writes_nothing),
        cmocka_unit_test(large_outputs_go_in_parts),
    };
    return FIXTURE_MAIN(tests);
}
