/* SPDX-License-Identifier: MIT */
/*
 * s3-compact on a real server: outputs equal the concatenation in every shape of a run, and are
 * never replaced by less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/rng.h"
#include "lib/s3/object.h"
#include "tests/integration/compact_world.h"

#define RANGE "--from", "2024-01-14", "--to", "2024-01-16"

static void run_quiet(const struct world *w, const char *const *args, int exit_code)
{
    world_says(w, args, exit_code, NULL);
}

static void seed_small(const struct world *w)
{
    store_put_text(w->store, w->bucket, "in/2024/01/14/b.json", "b\n");
    store_put_text(w->store, w->bucket, "in/2024/01/14/a.json", "a\n");
    store_put_text(w->store, w->bucket, "in/2024/01/14/deep/er/c.json", "c\n");
    store_put_text(w->store, w->bucket, "in/2024/01/14/a10.json", "a10\n");
    store_put_text(w->store, w->bucket, "in/2024/01/15/odd key+&%20=.json", "odd\n");
    store_put_text(w->store, w->bucket, "in/2024/01/155/no.json", "not of the 15th\n");
    store_put_text(w->store, w->bucket, "in/2024/01/15-bak/no.json", "nor this\n");
}

#define OUT_14 "out/2024/01/14/out-2024-01-14.json"
#define OUT_15 "out/2024/01/15/out-2024-01-15.json"

static void joins_in_key_order(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    world_run(&w, FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination), 0, &ran);
    world_expect(&w, OUT_14, "a\na10\nb\nc\n");
    world_expect(&w, OUT_15, "odd\n");
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 2);
    assert_int_equal(store_count(w.store, w.bucket, "in/"), 7); /* sources are left alone */
    assert_non_null(strstr(ran.out.data, "2024-01-14  4 objects  10 B -> s3://"));
    assert_non_null(strstr(ran.out.data, "3 partitions: 2 compacted, 1 empty"));
    process_result_release(&ran);
    world_close(&w);
}

static void every_shape_gives_the_same_bytes(void **state)
{
    static const char *const shapes[][5] = {
        {"--mode", "sequential", "--quiet", "--overwrite", NULL},
        {"--fan-out", "objects", "-j64", "--overwrite", NULL},
        {"--fan-out", "objects", "-j2", "--overwrite", NULL},
        {"--fan-out", "partitions", "-j3", "--overwrite", NULL},
    };
    struct world w;
    struct buf expected;
    struct rng rng;
    world_open(&w, *state);
    buf_init(&expected, STORE_OBJECT_MAX);
    rng_seed(&rng, 7);
    /* Sizes around S3's limits make several parts and a source cut in ranges. */
    static const size_t sizes[] = {1, 0, 300000, 3 << 20, (3 << 20) + 1, 9 << 20, 5 << 20, 77};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char key[64];
        char *data = malloc(sizes[i] + 1);
        assert_non_null(data);
        for (size_t at = 0; at < sizes[i]; at++)
            data[at] = (char)rng_next(&rng);
        snprintf(key, sizeof key, "in/2024/01/14/%02zu.bin", i);
        store_put(w.store, w.bucket, key, data, sizes[i]);
        buf_append(&expected, data, sizes[i]);
        free(data);
    }
    char etag[2][S3_ETAG_MAX];
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const char *const *s = shapes[i];
        run_quiet(&w,
                  FIXTURE_ARGS("s3-compact", RANGE, "--memory", "16MiB", w.source, w.destination,
                               s[0], s[1], s[2], s[3]),
                  0);
        world_expect_bytes(&w, "out/2024/01/14/out-2024-01-14.bin", expected.data, expected.len);
        store_header(w.store, w.bucket, "out/2024/01/14/out-2024-01-14.bin", "etag", etag[i > 0],
                     sizeof etag[0]);
        assert_true(i == 0 || strcmp(etag[0], etag[1]) == 0); /* the same parts, too */
        assert_int_equal(store_open_uploads(w.store, w.bucket, "out/2024/01/14/out-2024-01-14.bin"),
                         0);
    }
    buf_release(&expected);
    world_close(&w);
}

static void never_less_than_before(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    const char *const *again =
        (const char *const[]){"s3-compact", RANGE, w.source, w.destination, NULL};
    run_quiet(&w, again, 0);
    world_run(&w, again, 0, &ran);
    assert_non_null(strstr(ran.out.data, "2 unchanged, 1 empty"));
    process_result_release(&ran);
    store_delete(w.store, w.bucket, "in/2024/01/14/a.json");
    world_run(&w, again, 1, &ran);
    assert_non_null(strstr(ran.err.data, "gone or changed"));
    assert_non_null(strstr(ran.err.data, "--overwrite"));
    process_result_release(&ran);
    world_expect(&w, OUT_14, "a\na10\nb\nc\n");
    run_quiet(&w, FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination, "--overwrite"), 0);
    world_expect(&w, OUT_14, "a10\nb\nc\n");
    store_put_text(w.store, w.bucket, OUT_15, "somebody else's\n");
    world_run(&w, again, 1, &ran);
    assert_non_null(strstr(ran.err.data, "was not written by s3-compact"));
    process_result_release(&ran);
    world_expect(&w, OUT_15, "somebody else's\n");
    world_close(&w);
}

static void one_output_a_suffix(void **state)
{
    struct world w;
    world_open(&w, *state);
    store_put_text(w.store, w.bucket, "in/2024/01/14/1.json", "j1\n");
    store_put_text(w.store, w.bucket, "in/2024/01/14/2.csv", "c2\n");
    store_put_text(w.store, w.bucket, "in/2024/01/14/3.json", "j3\n");
    run_quiet(&w, FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination), 0);
    world_expect(&w, OUT_14, "j1\nj3\n");
    world_expect(&w, "out/2024/01/14/out-2024-01-14.csv", "c2\n");
    snprintf(w.destination, sizeof w.destination, "s3://%s/first", w.bucket);
    run_quiet(&w, FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination, "--suffix", "first"),
              0);
    world_expect(&w, "first/2024/01/14/first-2024-01-14.json", "j1\nc2\nj3\n");
    world_close(&w);
}

static void newlines(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    store_put_text(w.store, w.bucket, "in/2024/01/14/1.json", "one");
    store_put_text(w.store, w.bucket, "in/2024/01/14/2.json", "two\n");
    store_put_text(w.store, w.bucket, "in/2024/01/14/3.json", "");
    store_put_text(w.store, w.bucket, "in/2024/01/14/4.json", "four");
    world_run(&w, FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination), 0, &ran);
    world_expect(&w, OUT_14, "onetwo\nfour");
    assert_non_null(strstr(ran.err.data, "2 of 4 sources do not end in a newline"));
    process_result_release(&ran);
    world_run(&w, FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination, "--newline", "ensure"),
              1, &ran);
    assert_non_null(strstr(ran.err.data, "another --newline"));
    process_result_release(&ran);
    run_quiet(&w,
              FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination, "--newline", "ensure",
                           "--overwrite"),
              0);
    world_expect(&w, OUT_14, "one\ntwo\nfour\n");
    world_close(&w);
}

static void one_and_plan(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    world_run(&w, FIXTURE_ARGS("s3-compact", "plan", RANGE, w.source, w.destination), 0, &ran);
    json_t *plan = json_loads(ran.out.data, 0, NULL);
    json_t *places = json_object_get(plan, "s3_locations");
    assert_int_equal(json_array_size(places), 3);
    json_t *first = json_array_get(places, 0);
    run_quiet(&w,
              FIXTURE_ARGS("s3-compact", "one", json_string_value(json_object_get(first, "src")),
                           json_string_value(json_object_get(first, "dest"))),
              0);
    json_decref(plan);
    process_result_release(&ran);
    world_expect(&w, OUT_14, "a\na10\nb\nc\n");
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 1);
    run_quiet(&w, FIXTURE_ARGS("s3-compact", "--part", "2/2", RANGE, w.source, w.destination), 0);
    assert_true(store_exists(w.store, w.bucket, OUT_15));
    world_close(&w);
}

static void json_tells_what_happened(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    world_run(&w,
              FIXTURE_ARGS("s3-compact", "--json", "--mode", "sequential", RANGE, w.source,
                           w.destination),
              0, &ran);
    json_t *doc = json_loads(ran.out.data, 0, NULL);
    assert_non_null(doc);
    assert_string_equal(json_string_value(json_object_get(doc, "schema")), "s3-compact/1");
    assert_string_equal(json_string_value(json_object_get(doc, "status")), "done");
    json_t *partitions = json_object_get(doc, "partitions");
    assert_int_equal(json_array_size(partitions), 3);
    json_t *output = json_array_get(json_object_get(json_array_get(partitions, 0), "outputs"), 0);
    assert_string_equal(json_string_value(json_object_get(output, "key")), OUT_14);
    /* printf 'a\na10\nb\nc\n' | sha256sum */
    assert_string_equal(json_string_value(json_object_get(output, "sha256")),
                        "c6b07825d2bd70b904ef21f7870ac46b9863deb1664b3539b0fb517f2b7d9eaa");
    json_t *connections = json_object_get(doc, "connections");
    assert_int_equal(json_integer_value(json_object_get(connections, "in_flight_max")), 1);
    json_t *gets = json_object_get(json_object_get(doc, "requests"), "GetObject");
    assert_int_equal(json_integer_value(json_object_get(gets, "count")), 5);
    json_decref(doc);
    process_result_release(&ran);
    world_close(&w);
}

static void dry_run_writes_nothing(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    world_run(&w, FIXTURE_ARGS("s3-compact", "--dry-run", RANGE, w.source, w.destination), 0, &ran);
    assert_non_null(strstr(ran.out.data, "would write"));
    assert_non_null(strstr(ran.out.data, "5 GetObject, 2 PutObject"));
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 0);
    process_result_release(&ran);
    world_close(&w);
}

static void nothing_found_is_explained(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    world_run(
        &w,
        FIXTURE_ARGS("s3-compact", "--date-format", "dt=%Y-%m-%d", RANGE, w.source, w.destination),
        0, &ran);
    assert_non_null(strstr(ran.err.data, "in/dt=2024-01-16/"));
    assert_non_null(strstr(ran.err.data, "in/2024/01/14/a.json"));
    process_result_release(&ran);
    world_run(&w,
              FIXTURE_ARGS("s3-compact", "--require-objects", "--json", "--date-format",
                           "dt=%Y-%m-%d", RANGE, w.source, w.destination),
              1, &ran);
    assert_non_null(strstr(ran.out.data, "\"status\":\"failed\""));
    process_result_release(&ran);
    world_close(&w);
}

static void missing_buckets_are_told_apart(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    world_run(&w, FIXTURE_ARGS("s3-compact", RANGE, "s3://no-such-bucket-here/", w.destination), 1,
              &ran);
    assert_non_null(strstr(ran.err.data, "source"));
    const char *said = strstr(ran.err.data, "NoSuchBucket");
    assert_non_null(said);
    assert_null(strstr(said + 1, "NoSuchBucket")); /* once, though all three dates fail */
    assert_non_null(strstr(said, "2 more partitions failed in the same way"));
    process_result_release(&ran);
    world_run(
        &w, FIXTURE_ARGS("s3-compact", RANGE, "--overwrite", w.source, "s3://no-such-bucket-here/"),
        1, &ran);
    assert_non_null(strstr(ran.err.data, "destination"));
    assert_non_null(strstr(ran.err.data, "NoSuchBucket"));
    process_result_release(&ran);
    world_close(&w);
}

/* Sources that cannot be gzip would not fit the memory that gzip sources are planned with. */
static void too_short_for_gzip(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    for (int i = 0; i < 60; i++) {
        char key[64];
        snprintf(key, sizeof key, "in/2024/01/14/%02d.json.gz", i);
        store_put_text(w.store, w.bucket, key, "x");
    }
    world_run(&w, FIXTURE_ARGS("s3-compact", RANGE, "--newline", "ensure", w.source, w.destination),
              1, &ran);
    assert_non_null(strstr(ran.err.data, "is no gzip"));
    assert_int_equal(store_count(w.store, w.bucket, "out/"), 0);
    process_result_release(&ran);
    world_close(&w);
}

static void results_that_cannot_be_written_are_a_failure(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    seed_small(&w);
    fixture_run_into(w.fixture, "/dev/full",
                     FIXTURE_ARGS("s3-compact", RANGE, w.source, w.destination), &ran);
    assert_int_equal(ran.exit_code, 1);
    assert_non_null(strstr(ran.err.data, "standard output cannot be written"));
    world_expect(&w, OUT_14, "a\na10\nb\nc\n"); /* the work itself was done */
    process_result_release(&ran);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_in_key_order),
        cmocka_unit_test(every_shape_gives_the_same_bytes),
        cmocka_unit_test(never_less_than_before),
        cmocka_unit_test(one_output_a_suffix),
        cmocka_unit_test(newlines),
        cmocka_unit_test(too_short_for_gzip),
        cmocka_unit_test(results_that_cannot_be_written_are_a_failure),
        cmocka_unit_test(one_and_plan),
        cmocka_unit_test(json_tells_what_happened),
        cmocka_unit_test(dry_run_writes_nothing),
        cmocka_unit_test(nothing_found_is_explained),
        cmocka_unit_test(missing_buckets_are_told_apart),
    };
    return FIXTURE_MAIN(tests);
}
