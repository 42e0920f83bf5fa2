/* SPDX-License-Identifier: MIT */
/* Which partitions and which of their objects: --discover, --match, --min-age and their like. */
#include <stdio.h>
#include <string.h>

#include "lib/s3/object.h"
#include "tests/integration/compact_world.h"

#define DAY "--from", "2024-01-14", "--to", "2024-01-14"

#define OUT_14 "out/2024/01/14/out-2024-01-14.json"

static void discovers_what_is_there(void **state)
{
    struct world w;
    world_open(&w, *state);
    world_put(&w, "in/2023/12/31/a.json", "z\n");
    world_put(&w, "in/2024/01/14/a.json", "a\n");
    world_put(&w, "in/2024/01/15/a.json", "b\n");
    world_put(&w, "in/2024/1/16/no.json", "not padded\n");
    world_put(&w, "in/2024/13/01/no.json", "no month\n");
    world_put(&w, "in/2024/02/30/no.json", "no day\n");
    world_put(&w, "in/2024/01/17-bak/no.json", "no day\n");
    world_put(&w, "in/readme.txt", "no date\n");
    world_put(&w, "in/9998/01/01/future.json", "not over\n");
    const char *const *again = FIXTURE_ARGS("s3-compact", "--discover", w.source, w.destination);
    world_says(&w, again, 0, "3 partitions: 3 compacted");
    world_says(&w, again, 0, "3 partitions: 3 unchanged");
    world_expect_keys(&w, "out/",
                      "out/2023/12/31/out-2023-12-31.json\n" OUT_14 "\n"
                      "out/2024/01/15/out-2024-01-15.json\n");
    /* Bounds, either alone. */
    world_says(
        &w,
        FIXTURE_ARGS("s3-compact", "--discover", "--from", "2024-01-01", w.source, w.destination),
        0, "2 partitions: 2 unchanged");
    world_says(
        &w, FIXTURE_ARGS("s3-compact", "--discover", "--to", "2024-01-14", w.source, w.destination),
        0, "2 partitions: 2 unchanged");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--discover", "--days", "30", w.source, w.destination), 0,
               "nothing to compact: expected keys such as \"in/");
    world_close(&w);
}

static void discovery_passes_the_destination_over(void **state)
{
    struct world w;
    char all[128];
    world_open(&w, *state);
    world_put(&w, "2023/a.json", "a\n");
    world_put(&w, "2024/b.json", "b\n");
    snprintf(all, sizeof all, "s3://%s/", w.bucket);
    snprintf(w.destination, sizeof w.destination, "s3://%s/1999/", w.bucket);
    const char *const *again =
        FIXTURE_ARGS("s3-compact", "--discover", "--date-format", "%Y", all, w.destination);
    world_says(&w, again, 0, "2 partitions: 2 compacted");
    world_says(&w, again, 0, "2 partitions: 2 unchanged"); /* 1999/ is there now, and ours */
    world_expect_keys(&w, "1999/", "1999/2023/1999-2023.json\n1999/2024/1999-2024.json\n");
    world_close(&w);
}

static void discovers_for_a_plan(void **state)
{
    struct world w;
    char want[1024];
    world_open(&w, *state);
    world_put(&w, "in/d=2024-01-14/h=03/a.json", "a\n");
    world_put(&w, "in/d=2024-01-14/h=23/a.json", "b\n");
    world_put(&w, "in/d=2024-01-14/h=24/a.json", "c\n");
    snprintf(want, sizeof want,
             "{\"s3_locations\":[{\"src\":\"%sd=2024-01-14/h=03/\","
             "\"dest\":\"%sd=2024-01-14/h=03/\"},{\"src\":\"%sd=2024-01-14/h=23/\","
             "\"dest\":\"%sd=2024-01-14/h=23/\"}]}\n",
             w.source, w.destination, w.source, w.destination);
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "plan", "--discover", "--date-format", "d=%Y-%m-%d/h=%H",
                            w.source, w.destination),
               0, want);
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "plan", "--discover", w.source, "s3://no-such-bucket-x/"),
               0, "{\"s3_locations\":[]}");
    world_says(
        &w,
        FIXTURE_ARGS("s3-compact", "plan", "--discover", "s3://no-such-bucket-x/", w.destination),
        1, "NoSuchBucket");
    world_close(&w);
}

/* More flat keys than a page holds, a date that fills pages, and a destination in between. */
static void discovers_flat_names(void **state)
{
    struct world w;
    char all[128];
    char key[64];
    world_open(&w, *state);
    for (int i = 0; i < 1100; i++) {
        snprintf(key, sizeof key, "2024-01-14-%04d.log", i);
        world_put(&w, key, "x\n");
    }
    world_put(&w, "2024-01-15T10.log", "y\n");
    world_put(&w, "2024-01-99.log", "no date\n");
    world_put(&w, "0-other.log", "no date\n");
    snprintf(all, sizeof all, "s3://%s/", w.bucket);
    snprintf(w.destination, sizeof w.destination, "s3://%s/2024-02-compacted/", w.bucket);
    const char *const *again = FIXTURE_ARGS("s3-compact", "--discover", "--match", "prefix",
                                            "--date-format", "%Y-%m-%d", all, w.destination);
    world_says(&w, again, 0, "2 partitions: 2 compacted; 1,101 objects");
    world_says(&w, again, 0, "2 partitions: 2 unchanged");
    world_expect(&w, "2024-02-compacted/2024-01-15/2024-02-compacted-2024-01-15.log", "y\n");
    world_close(&w);
}

static void flat_names(void **state)
{
    struct world w;
    char src[160];
    char dst[160];
    world_open(&w, *state);
    world_put(&w, "in/2024-01-14-b.json", "b\n");
    world_put(&w, "in/2024-01-14-a.json", "a\n");
    world_put(&w, "in/2024-01-14/sub.json", "s\n");
    world_put(&w, "in/2024-01-15-c.json", "c\n");
    const char *const *prefix = FIXTURE_ARGS("s3-compact", "--match", "prefix", "--date-format",
                                             "%Y-%m-%d", DAY, w.source, w.destination);
    world_says(&w, prefix, 0, "1 partition: 1 compacted");
    world_expect_keys(&w, "out/", "out/2024-01-14/out-2024-01-14.json\n");
    world_expect(&w, "out/2024-01-14/out-2024-01-14.json", "a\nb\ns\n");
    /* As "plan" prints it, which "one" takes. */
    snprintf(src, sizeof src, "%s2024-01-15", w.source);
    snprintf(dst, sizeof dst, "%s2024-01-15/", w.destination);
    world_says(&w, FIXTURE_ARGS("s3-compact", "one", "--match", "prefix", src, dst), 0,
               "1 partition: 1 compacted");
    world_expect(&w, "out/2024-01-15/out-2024-01-15.json", "c\n");
    /* Of the 14th, or something numbered 140? */
    world_put(&w, "in/2024-01-140.json", "?\n");
    world_says(&w, prefix, 1, "\"in/2024-01-140.json\" goes on with a digit after the date");
    world_expect(&w, "out/2024-01-14/out-2024-01-14.json", "a\nb\ns\n");
    world_close(&w);
}

static void digits_may_follow_a_row_of_digits(void **state)
{
    struct world w;
    world_open(&w, *state);
    world_put(&w, "in/20240114033000.json", "night\n");
    world_put(&w, "in/20240114120000.json", "noon\n");
    world_put(&w, "in/20240115000000.json", "next\n");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", "--match", "prefix", "--date-format", "%Y%m%d", DAY,
                            w.source, w.destination),
               0, "1 partition: 1 compacted; 2 objects");
    world_expect(&w, "out/20240114/out-20240114.json", "night\nnoon\n");
    world_close(&w);
}

static void several_sources_make_one_output(void **state)
{
    struct world w;
    char other[128];
    char second[64];
    world_open(&w, *state);
    snprintf(second, sizeof second, "%s", fixture_bucket(w.fixture));
    snprintf(other, sizeof other, "s3://%s/", second);
    world_put(&w, "in/2024/01/14/b.json", "in b\n");
    world_put(&w, "in/2024/01/14/a.json", "in a\n");
    store_put_text(w.store, second, "2024/01/14/a.json", "other a\n");
    store_put_text(w.store, second, "2024/01/14/c.csv", "other c\n");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, other, w.source, w.destination), 0,
               "1 partition: 1 compacted; 4 objects");
    world_expect(&w, OUT_14, "other a\nin a\nin b\n");
    world_expect(&w, "out/2024/01/14/out-2024-01-14.csv", "other c\n");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, other, w.source, w.destination), 0,
               "1 unchanged");
    /* Their order is that of the bytes. */
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, other, w.destination), 1,
               "3 are listed now, in the order of SRC");
    world_expect(&w, OUT_14, "other a\nin a\nin b\n");
    /* One source fewer is less. */
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination), 1, "gone or changed");
    world_close(&w);
}

static void leaves_what_is_young_or_small(void **state)
{
    struct world w;
    world_open(&w, *state);
    world_put(&w, "in/2024/01/14/a.json", "a\n");
    world_put(&w, "in/2024/01/14/b.json", "b\n");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, "--min-age", "2h", w.source, w.destination), 0,
               "less than --min-age");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, "--min-objects", "3", w.source, w.destination),
               0, "2024-01-14  skipped: 2 objects are fewer than --min-objects 3");
    world_expect_keys(&w, "out/", "");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, "--min-objects", "2", w.source, w.destination),
               0, "1 partition: 1 compacted");
    world_close(&w);
}

static void leaves_large_sources_alone(void **state)
{
    struct world w;
    world_open(&w, *state);
    world_put(&w, "in/2024/01/14/a.json", "a\n");
    world_put(&w, "in/2024/01/14/b.json", "large enough\n");
    world_put(&w, "in/2024/01/14/c.json", "c\n");
    const char *const *small =
        FIXTURE_ARGS("s3-compact", DAY, "--max-source-size", "12", w.source, w.destination);
    world_says(&w, small, 0, "1 partition: 1 compacted; 2 objects");
    world_expect(&w, OUT_14, "a\nc\n");
    world_says(&w, small, 0, "1 partition: 1 unchanged");
    world_says(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination), 1,
               "another --max-source-size");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", DAY, "--json", "--max-source-size", "12", w.source,
                            w.destination),
               0, "\"left_large\":{\"objects\":1,\"bytes\":13}");
    world_says(&w,
               FIXTURE_ARGS("s3-compact", DAY, "--max-source-size", "1", w.source,
                            "s3://no-such-bucket-x/"),
               0, "3 objects are archived or above --max-source-size");
    world_close(&w);
}

static void on_put(void *ctx, const struct s3_reply *reply)
{
    enum status *status = ctx;
    *status = reply->status;
}

static void put_archived(const struct world *w, const char *key, const char *text)
{
    static const struct s3_keeping archived = {.storage_class = "GLACIER"};
    struct s3_client *client = store_client(w->store);
    const struct s3_write write = {.bucket = w->bucket, .key = key, .keeping = &archived};
    enum status status = STATUS_IO;
    struct error err;
    assert_ok(s3_put_object(client, &write, text, strlen(text), NULL, on_put, &status, &err), &err);
    while (s3_client_in_flight(client) > 0)
        assert_ok(s3_client_poll(client, 1000, &err), &err);
    assert_int_equal(status, STATUS_OK);
}

static void archived_sources(void **state)
{
    struct world w;
    world_open(&w, *state);
    if (w.fixture->endpoint.kind != TEST_ENDPOINT_EMBEDDED) { /* the others have no such class */
        world_close(&w);
        return;
    }
    const char *const *plain = FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination);
    const char *const *skip =
        FIXTURE_ARGS("s3-compact", DAY, "--skip-archived", w.source, w.destination);
    world_put(&w, "in/2024/01/14/a.json", "a\n");
    world_put(&w, "in/2024/01/14/b.json", "b\n");
    world_says(&w, plain, 0, "1 compacted");
    /* A lifecycle rule archives what the output was made of: it stays what it is. */
    put_archived(&w, "in/2024/01/14/a.json", "a\n");
    world_says(&w, plain, 0, "1 unchanged");
    world_says(&w, skip, 0, "1 unchanged");
    /* More has come, which cannot be joined to what cannot be read. */
    world_put(&w, "in/2024/01/14/c.json", "c\n");
    world_says(&w, plain, 1, "\"in/2024/01/14/a.json\" (GLACIER); restore them first");
    world_says(&w, skip, 1, "gone or changed");
    world_expect(&w, OUT_14, "a\nb\n");
    /* Nothing was made of them yet. */
    snprintf(w.destination, sizeof w.destination, "s3://%s/new/", w.bucket);
    skip = FIXTURE_ARGS("s3-compact", DAY, "--skip-archived", w.source, w.destination);
    world_says(&w, skip, 0, "1 archived object was left out");
    world_expect(&w, "new/2024/01/14/new-2024-01-14.json", "b\nc\n");
    put_archived(&w, "in/2024/01/14/b.json", "b\n");
    put_archived(&w, "in/2024/01/14/c.json", "c\n");
    snprintf(w.destination, sizeof w.destination, "s3://%s/none/", w.bucket);
    skip = FIXTURE_ARGS("s3-compact", DAY, "--skip-archived", w.source, w.destination);
    world_says(&w, skip, 0, "skipped: 3 objects are archived");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovers_what_is_there),
        cmocka_unit_test(discovery_passes_the_destination_over),
        cmocka_unit_test(discovers_for_a_plan),
        cmocka_unit_test(discovers_flat_names),
        cmocka_unit_test(flat_names),
        cmocka_unit_test(digits_may_follow_a_row_of_digits),
        cmocka_unit_test(several_sources_make_one_output),
        cmocka_unit_test(leaves_what_is_young_or_small),
        cmocka_unit_test(leaves_large_sources_alone),
        cmocka_unit_test(archived_sources),
    };
    return FIXTURE_MAIN(tests);
}
