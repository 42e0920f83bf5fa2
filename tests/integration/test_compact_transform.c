/* SPDX-License-Identifier: MIT */
/*
 * s3-compact with options that change the bytes on their way: one CSV header, one gzip member; and
 * what cannot be joined is refused before anything is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <jansson.h>

#include "lib/base/rng.h"
#include "lib/s3/object.h"
#include "tests/integration/compact_world.h"

#define DAY     "--from", "2024-01-14", "--to", "2024-01-14"
#define IN(x)   "in/2024/01/14/" x
#define OUT(x)  "out/2024/01/14/out-2024-01-14" x
#define CONTENT (96u << 20)

static void run_quiet(const struct world *w, const char *const *args)
{
    world_says(w, args, 0, NULL);
}

/* Expects failure with this on stderr, and no output. */
static void refused(const struct world *w, const char *const *args, const char *why)
{
    struct process_result ran;
    world_run(w, args, 1, &ran);
    if (strstr(ran.err.data, why) == NULL)
        print_error("expected \"%s\" in: %s\n", why, ran.err.data);
    assert_non_null(strstr(ran.err.data, why));
    assert_int_equal(store_count(w->store, w->bucket, "out/"), 0);
    process_result_release(&ran);
}

/* ---- gzip ---- */

static void gzip(struct buf *out, const void *data, size_t len)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t room = deflateBound(&z, (uLong)len);
    z.next_out = buf_reserve(out, room);
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_commit(out, room - z.avail_out);
    deflateEnd(&z);
}

/* Text as so many members. */
static void put_gzip(const struct world *w, const char *key, const char *text, unsigned members)
{
    struct buf data;
    const size_t len = strlen(text);
    buf_init(&data, CONTENT);
    for (unsigned i = 0; i < members; i++)
        gzip(&data, text + len * i / members, len * (i + 1) / members - len * i / members);
    store_put(w->store, w->bucket, key, data.data, data.len);
    buf_release(&data);
}

/* The object's content; it is one member and nothing else. */
static void get_one_member(const struct world *w, const char *key, struct buf *content)
{
    struct buf got;
    buf_init(&got, STORE_OBJECT_MAX);
    store_get(w->store, w->bucket, key, &got);
    z_stream z = {.next_in = (Bytef *)got.data, .avail_in = (uInt)got.len};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    int result = Z_OK;
    while (result == Z_OK) {
        z.next_out = buf_reserve(content, 1u << 20);
        assert_non_null(z.next_out);
        z.avail_out = 1u << 20;
        result = inflate(&z, Z_NO_FLUSH);
        buf_commit(content, (1u << 20) - z.avail_out);
    }
    assert_int_equal(result, Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    inflateEnd(&z);
    buf_release(&got);
}

static void expect_one_member(const struct world *w, const char *key, const char *text)
{
    struct buf content;
    buf_init(&content, CONTENT);
    get_one_member(w, key, &content);
    assert_string_equal(content.data, text);
    buf_release(&content);
}

/* ---- tests ---- */

static void one_csv_header(void **state)
{
    struct world w;
    struct process_result ran;
    world_open(&w, *state);
    store_put_text(w.store, w.bucket, IN("1.csv"), "a,b\n1,2\n");
    store_put_text(w.store, w.bucket, IN("2.csv"), "");
    store_put_text(w.store, w.bucket, IN("3.csv"), "a,b\n3,4");
    store_put_text(w.store, w.bucket, IN("4.csv"), "a,b\r\n5,6\n");
    world_run(&w,
              FIXTURE_ARGS("s3-compact", "--json", DAY, "--csv-header", "once", "--newline",
                           "ensure", w.source, w.destination),
              0, &ran);
    world_expect(&w, OUT(".csv"), "a,b\n1,2\n3,4\n5,6\n");
    json_t *doc = json_loads(ran.out.data, 0, NULL);
    json_t *outputs =
        json_object_get(json_array_get(json_object_get(doc, "partitions"), 0), "outputs");
    json_t *output = json_array_get(outputs, 0);
    assert_int_equal(json_integer_value(json_object_get(output, "csv_headers_dropped")), 2);
    assert_int_equal(json_integer_value(json_object_get(output, "bytes")), 16);
    json_decref(doc);
    process_result_release(&ran);
    /* What it was joined with is on record. */
    world_run(&w,
              FIXTURE_ARGS("s3-compact", DAY, "--csv-header", "once", "--newline", "ensure",
                           w.source, w.destination),
              0, &ran);
    assert_non_null(strstr(ran.out.data, "1 unchanged"));
    process_result_release(&ran);
    world_run(&w, FIXTURE_ARGS("s3-compact", DAY, "--newline", "ensure", w.source, w.destination),
              1, &ran);
    assert_non_null(strstr(ran.err.data, "--csv-header"));
    process_result_release(&ran);
    world_close(&w);
}

static void headers_that_differ_are_named(void **state)
{
    struct world w;
    world_open(&w, *state);
    store_put_text(w.store, w.bucket, IN("1.csv"), "a,b\n1,2\n");
    store_put_text(w.store, w.bucket, IN("2.csv"), "a,c\n3,4\n");
    refused(&w, FIXTURE_ARGS("s3-compact", DAY, "--csv-header", "once", w.source, w.destination),
            "\"" IN("2.csv") "\" begins with another line");
    world_close(&w);
}

static void one_gzip_member(void **state)
{
    struct world w;
    struct process_result ran;
    char first[S3_ETAG_MAX];
    char second[S3_ETAG_MAX];
    world_open(&w, *state);
    put_gzip(&w, IN("1.csv.gz"), "a,b\n1,2\n", 2);
    put_gzip(&w, IN("2.csv.gz"), "", 1);
    store_put_text(w.store, w.bucket, IN("3.csv.gz"), "");
    put_gzip(&w, IN("4.csv.gz"), "a,b\n3,4", 3);
    put_gzip(&w, IN("5.csv.gz"), "a,b\n5,6\n", 1);
    world_run(&w, FIXTURE_ARGS("s3-compact", DAY, "--gzip", "recompress", w.source, w.destination),
              0, &ran);
    expect_one_member(&w, OUT(".csv.gz"), "a,b\n1,2\na,b\n3,4a,b\n5,6\n");
    assert_non_null(strstr(ran.err.data, "1 of 5 sources do not end in a newline"));
    process_result_release(&ran);
    run_quiet(&w,
              FIXTURE_ARGS("s3-compact", DAY, "--overwrite", "--gzip", "recompress=9",
                           "--csv-header", "once", "--newline", "ensure", w.source, w.destination));
    expect_one_member(&w, OUT(".csv.gz"), "a,b\n1,2\n3,4\n5,6\n");
    /* Nothing in it depends on when or how it was made. */
    store_header(w.store, w.bucket, OUT(".csv.gz"), "etag", first, sizeof first);
    run_quiet(&w, FIXTURE_ARGS("s3-compact", DAY, "--overwrite", "--gzip", "recompress=9",
                               "--csv-header", "once", "--newline", "ensure", "--mode",
                               "sequential", w.source, w.destination));
    store_header(w.store, w.bucket, OUT(".csv.gz"), "etag", second, sizeof second);
    assert_string_equal(first, second);
    world_close(&w);
}

struct wait {
    bool over;
    enum status status;
};

static void on_put(void *ctx, const struct s3_reply *reply)
{
    struct wait *wait = ctx;
    *wait = (struct wait){true, reply->status};
}

static void put_encoded(const struct world *w, const char *key, const struct buf *data)
{
    struct wait wait = {false, STATUS_OK};
    const struct s3_write write = {
        .bucket = w->bucket, .key = key, .content_type = "text/csv", .content_encoding = "gzip"};
    struct s3_client *client = store_client(w->store);
    assert_ok(s3_put_object(client, &write, data->data, data->len, NULL, on_put, &wait, NULL),
              NULL);
    while (!wait.over)
        assert_ok(s3_client_poll(client, 1000, NULL), NULL);
    assert_int_equal(wait.status, STATUS_OK);
}

static void expect_encoding(const struct world *w, const char *expected)
{
    char encoding[64];
    store_header(w->store, w->bucket, OUT(".csv.gz"), "content-encoding", encoding,
                 sizeof encoding);
    assert_string_equal(encoding, expected);
}

/* Only one member may be declared as the encoding of the whole. */
static void content_encoding_is_carried_over_by_one_member(void **state)
{
    struct world w;
    struct buf data;
    world_open(&w, *state);
    buf_init(&data, 4096);
    gzip(&data, "a\n", 2);
    put_encoded(&w, IN("1.csv.gz"), &data);
    put_encoded(&w, IN("2.csv.gz"), &data);
    run_quiet(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination));
    expect_encoding(&w, "");
    run_quiet(&w, FIXTURE_ARGS("s3-compact", DAY, "--overwrite", "--gzip", "recompress", w.source,
                               w.destination));
    expect_encoding(&w, "gzip");
    buf_release(&data);
    world_close(&w);
}

/* Sources that do not compress, so that the output has several parts, cut at several places. */
static void every_shape_gives_the_same_bytes(void **state)
{
    static const char *const shapes[][5] = {
        {"--mode", "sequential", "--quiet", "--overwrite", NULL},
        {"--fan-out", "objects", "-j64", "--overwrite", NULL},
        {"--fan-out", "objects", "-j2", "--overwrite", NULL},
        {"--fan-out", "partitions", "-j3", "--overwrite", NULL},
    };
    static const size_t sizes[] = {1, 300000, 3u << 20, (3u << 20) + 1, 9u << 20, 5u << 20, 77};
    struct world w;
    struct buf expected, data;
    struct rng rng;
    char etag[2][S3_ETAG_MAX];
    world_open(&w, *state);
    buf_init(&expected, CONTENT);
    buf_init(&data, CONTENT);
    rng_seed(&rng, 7);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char key[64];
        const size_t at = expected.len;
        while (expected.len < at + sizes[i]) {
            const uint64_t bits = rng_next(&rng);
            buf_append(&expected, &bits, sizeof bits);
        }
        buf_reset(&data);
        gzip(&data, expected.data + at, expected.len - at);
        snprintf(key, sizeof key, IN("%02zu.json.gz"), i);
        store_put(w.store, w.bucket, key, data.data, data.len);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const char *const *s = shapes[i];
        struct buf content;
        buf_init(&content, CONTENT);
        run_quiet(&w, FIXTURE_ARGS("s3-compact", DAY, "--gzip", "recompress=1", "--memory", "16MiB",
                                   w.source, w.destination, s[0], s[1], s[2], s[3]));
        get_one_member(&w, OUT(".json.gz"), &content);
        assert_int_equal(content.len, expected.len);
        assert_memory_equal(content.data, expected.data, expected.len);
        store_header(w.store, w.bucket, OUT(".json.gz"), "etag", etag[i > 0], sizeof etag[0]);
        assert_true(i == 0 || strcmp(etag[0], etag[1]) == 0); /* the same parts, too */
        assert_int_equal(store_open_uploads(w.store, w.bucket, OUT(".json.gz")), 0);
        buf_release(&content);
    }
    buf_release(&expected);
    buf_release(&data);
    world_close(&w);
}

static void broken_gzip_is_named(void **state)
{
    struct world w;
    world_open(&w, *state);
    put_gzip(&w, IN("1.json.gz"), "{}\n", 1);
    store_put_text(w.store, w.bucket, IN("2.json.gz"), "not gzip at all, though long enough");
    refused(&w, FIXTURE_ARGS("s3-compact", DAY, "--gzip", "recompress", w.source, w.destination),
            "\"" IN("2.json.gz") "\" is not valid gzip");
    refused(&w, FIXTURE_ARGS("s3-compact", DAY, "--newline", "ensure", w.source, w.destination),
            "\"" IN("2.json.gz") "\" is not valid gzip");
    world_close(&w);
}

static void containers_are_refused(void **state)
{
    static const struct {
        const char *data;
        size_t len;
        const char *why;
    } cases[] = {{"PAR1\x15\x04\x15\x10PAR1", 12, "is Parquet"},
                 {"ORC\x0a\x03\x00\x00", 7, "is ORC"},
                 {"Obj\x01\x04\x16", 6, "is Avro"}};
    struct world w;
    world_open(&w, *state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        store_put_text(w.store, w.bucket, IN("1.dat"), "text\n");
        store_put(w.store, w.bucket, IN("2.dat"), cases[i].data, cases[i].len);
        refused(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination), cases[i].why);
        refused(&w, FIXTURE_ARGS("s3-compact", DAY, w.source, w.destination), IN("2.dat"));
        refused(&w,
                FIXTURE_ARGS("s3-compact", DAY, "--csv-header", "once", w.source, w.destination),
                "2.dat");
    }
    world_close(&w);
}

static void options_that_do_not_fit_the_sources(void **state)
{
    struct world w;
    world_open(&w, *state);
    put_gzip(&w, IN("1.csv.gz"), "a\n", 1);
    refused(&w, FIXTURE_ARGS("s3-compact", DAY, "--csv-header", "once", w.source, w.destination),
            "add --gzip recompress");
    store_delete(w.store, w.bucket, IN("1.csv.gz"));
    store_put_text(w.store, w.bucket, IN("1.csv.zst"), "a\n");
    refused(&w, FIXTURE_ARGS("s3-compact", DAY, "--csv-header", "once", w.source, w.destination),
            "\".csv.zst\" is neither");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_csv_header),
        cmocka_unit_test(headers_that_differ_are_named),
        cmocka_unit_test(one_gzip_member),
        cmocka_unit_test(content_encoding_is_carried_over_by_one_member),
        cmocka_unit_test(every_shape_gives_the_same_bytes),
        cmocka_unit_test(broken_gzip_is_named),
        cmocka_unit_test(containers_are_refused),
        cmocka_unit_test(options_that_do_not_fit_the_sources),
    };
    return FIXTURE_MAIN(tests);
}
