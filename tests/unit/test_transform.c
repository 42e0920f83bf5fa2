/* SPDX-License-Identifier: MIT */
/*
 * transform - every combination of its options on sources cut into random pieces, into outputs with
 * random room: what comes out does not depend on either, and is what the options promise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compactor/transform.h"
#include "lib/base/buf.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define OUTPUT_MAX (16u << 20)

struct source {
    char *data;
    size_t len;
};

static struct source plain_source(const char *text)
{
    struct source s = {malloc(strlen(text) + 1), strlen(text)};
    assert_non_null(s.data);
    memcpy(s.data, text, s.len + 1);
    return s;
}

/* `text` as `members` gzip members. */
static struct source gzip_source(const char *text, size_t len, unsigned members)
{
    const size_t room = len + 100 * (size_t)members;
    struct source s = {malloc(room), 0};
    assert_non_null(s.data);
    for (unsigned i = 0; i < members; i++) {
        const size_t from = len * i / members;
        const size_t to = len * (i + 1) / members;
        z_stream z = {.next_in = (Bytef *)(uintptr_t)(text + from),
                      .avail_in = (uInt)(to - from),
                      .next_out = (Bytef *)s.data + s.len,
                      .avail_out = (uInt)(room - s.len)};
        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        s.len += z.total_out;
        deflateEnd(&z);
    }
    return s;
}

/* Runs one step to its end, giving `room` bytes at a time, or random room when 0. */
static enum status run_step(struct transform *t, enum transform_step step, const void *in,
                            size_t len, struct rng *rng, struct buf *out, struct error *err)
{
    struct transform_io io = {.in = in, .in_len = len};
    for (;;) {
        enum transform_outcome outcome;
        const size_t room = rng == NULL ? 1u << 20 : rng_below(rng, 3) * rng_below(rng, 5000);
        io.out = buf_reserve(out, room + 1);
        assert_non_null(io.out);
        io.out_room = room;
        enum status status = transform_run(t, step, &io, &outcome, err);
        if (status != STATUS_OK)
            return status;
        buf_commit(out, room - io.out_room);
        if (outcome == TRANSFORM_DONE) {
            assert_int_equal(io.in_len, 0);
            return STATUS_OK;
        }
        if (outcome == TRANSFORM_NEEDS_ROOM)
            assert_int_equal(io.out_room, 0);
    }
}

static enum status run_source(struct transform *t, const struct source *s, struct rng *rng,
                              struct buf *out, struct error *err)
{
    for (size_t at = 0; at < s->len;) {
        const size_t left = s->len - at;
        const size_t n = rng == NULL ? left : 1 + rng_below(rng, left < 3000 ? left : 3000);
        enum status status = run_step(t, TRANSFORM_FEED, s->data + at, n, rng, out, err);
        if (status != STATUS_OK)
            return status;
        at += n;
    }
    return run_step(t, TRANSFORM_END_SOURCE, NULL, 0, rng, out, err);
}

/* The whole output; `seed` 0 goes in one piece a source with much room. */
static enum status run_all(const struct transform_options *options, const struct source *sources,
                           size_t count, uint64_t seed, struct buf *out,
                           struct transform_counts *counts, struct error *err)
{
    struct transform *t;
    struct rng rng;
    rng_seed(&rng, seed);
    enum status status = transform_new(options, &t, err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = run_source(t, &sources[i], seed == 0 ? NULL : &rng, out, err);
    if (status == STATUS_OK)
        status = run_step(t, TRANSFORM_FINISH, NULL, 0, seed == 0 ? NULL : &rng, out, err);
    transform_counts(t, counts);
    transform_free(t);
    return status;
}

/* Inflates exactly one member and nothing behind it. */
static void inflate_one_member(const struct buf *in, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)in->data, .avail_in = (uInt)in->len};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    int result = Z_OK;
    while (result == Z_OK) {
        z.next_out = buf_reserve(out, 65536);
        z.avail_out = 65536;
        result = inflate(&z, Z_NO_FLUSH);
        buf_commit(out, 65536 - z.avail_out);
    }
    assert_int_equal(result, Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    inflateEnd(&z);
}

/* What comes out holds `expected`, whole or as one member, however it is cut. */
static void expect(const struct transform_options *options, const struct source *sources,
                   size_t count, const char *expected, size_t expected_len,
                   struct transform_counts expected_counts)
{
    struct buf first;
    buf_init(&first, OUTPUT_MAX);
    const uint64_t seeds = expected_len > (1u << 20) ? 3 : 12;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct buf out, text;
        struct transform_counts counts;
        struct error error;
        buf_init(&out, OUTPUT_MAX);
        buf_init(&text, OUTPUT_MAX);
        assert_ok(run_all(options, sources, count, seed, &out, &counts, &error), &error);
        if (options->gzip_level > 0)
            inflate_one_member(&out, &text);
        else
            buf_append(&text, out.data, out.len);
        assert_int_equal(text.len, expected_len);
        assert_memory_equal(text.data, expected, expected_len);
        assert_true(counts.missing_newlines == expected_counts.missing_newlines);
        assert_true(counts.headers_dropped == expected_counts.headers_dropped);
        if (seed == 0)
            buf_append(&first, out.data, out.len);
        assert_int_equal(out.len, first.len);
        assert_memory_equal(out.data, first.data, first.len);
        buf_release(&out);
        buf_release(&text);
    }
    buf_release(&first);
}

static void free_sources(struct source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(sources[i].data);
}

static void test_plain_csv(void **state)
{
    (void)state;
    struct source s[] = {plain_source("a,b\n1,2"), plain_source("a,b\n"), plain_source(""),
                         plain_source("a,b\n3,4")};
    static const char kept[] = "a,b\n1,23,4";
    static const char ensured[] = "a,b\n1,2\n3,4\n";
    expect(&(struct transform_options){.csv_header_once = true}, s, 4, kept, strlen(kept),
           (struct transform_counts){2, 2});
    expect(&(struct transform_options){.csv_header_once = true, .newline_ensure = true}, s, 4,
           ensured, strlen(ensured), (struct transform_counts){2, 2});
    free_sources(s, 4);
}

static void test_recompressed_csv(void **state)
{
    (void)state;
    static const char first[] = "a,b\n1,2";
    static const char second[] = "a,b\n3,4\n";
    static const char expected[] = "a,b\n1,2\n3,4\n";
    struct source s[] = {gzip_source(first, strlen(first), 2),
                         gzip_source(second, strlen(second), 5), gzip_source("", 0, 1),
                         gzip_source("a,b", 3, 1)};
    for (int level = 1; level <= 9; level++)
        expect(&(struct transform_options){.gzip_level = level,
                                           .csv_header_once = true,
                                           .newline_ensure = true},
               s, 4, expected, strlen(expected), (struct transform_counts){1, 2});
    free_sources(s, 4);
}

/* Megabytes of rows, so that chunks, slices and members end in many places. */
static void test_large_sources(void **state)
{
    (void)state;
    struct buf rows;
    struct source s[3];
    struct buf expected;
    struct rng rng;
    rng_seed(&rng, 3);
    buf_init(&rows, OUTPUT_MAX);
    buf_init(&expected, OUTPUT_MAX);
    for (int i = 0; i < 3; i++) {
        buf_reset(&rows);
        buf_append_str(&rows, "id,value\n");
        while (rows.len < (1u << 19) * (unsigned)(i + 1))
            buf_printf(&rows, "%u,%llx\n", (unsigned)rows.len, (unsigned long long)rng_next(&rng));
        s[i] = gzip_source(rows.data, rows.len, 1 + 3 * (unsigned)i);
        const size_t header = i == 0 ? 0 : strlen("id,value\n");
        buf_append(&expected, rows.data + header, rows.len - header);
    }
    expect(&(struct transform_options){.gzip_level = 1, .csv_header_once = true}, s, 3,
           expected.data, expected.len, (struct transform_counts){0, 2});
    free_sources(s, 3);
    buf_release(&rows);
    buf_release(&expected);
}

/* A source that inflates a thousandfold takes no more memory than any other. */
static void test_what_inflates_far(void **state)
{
    (void)state;
    const size_t len = 8u << 20;
    char *zeros = calloc(1, len);
    assert_non_null(zeros);
    memset(zeros, '0', len);
    struct source s[] = {gzip_source(zeros, len, 1)};
    assert_true(s[0].len < len / 900);
    expect(&(struct transform_options){.gzip_level = 1}, s, 1, zeros, len,
           (struct transform_counts){1, 0});
    free_sources(s, 1);
    free(zeros);
}

static void test_no_source_is_an_empty_member(void **state)
{
    (void)state;
    expect(&(struct transform_options){.gzip_level = 6}, NULL, 0, "", 0,
           (struct transform_counts){0, 0});
}

static void test_header_of_the_member(void **state)
{
    (void)state;
    struct source s[] = {gzip_source("x\n", 2, 1)};
    struct buf out;
    struct transform_counts counts;
    buf_init(&out, OUTPUT_MAX);
    assert_int_equal(
        run_all(&(struct transform_options){.gzip_level = 6}, s, 1, 0, &out, &counts, NULL),
        STATUS_OK);
    /* No name, no time: nothing that differs from run to run. */
    static const uint8_t header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0};
    assert_memory_equal(out.data, header, sizeof header);
    buf_release(&out);
    free_sources(s, 1);
}

static void refused(const struct transform_options *options, const struct source *s, size_t count,
                    const char *why)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct buf out;
        struct transform_counts counts;
        struct error error;
        buf_init(&out, OUTPUT_MAX);
        assert_int_not_equal(run_all(options, s, count, seed, &out, &counts, &error), STATUS_OK);
        assert_non_null(strstr(error.text, why));
        buf_release(&out);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    const struct transform_options gzip = {.gzip_level = 6};
    const struct transform_options csv = {.csv_header_once = true};
    struct source s[] = {plain_source("not gzip"),
                         gzip_source("some text\n", 10, 1),
                         plain_source("Obj\x01 and so on"),
                         gzip_source("Obj\x01\x02", 5, 1),
                         plain_source("a,b\n"),
                         plain_source("c,d\n")};
    refused(&gzip, &s[0], 1, "is not valid gzip");
    struct source cut = {s[1].data, s[1].len - 1};
    refused(&gzip, &cut, 1, "ends within a gzip member");
    s[1].data[s[1].len - 6] ^= 1; /* its CRC */
    refused(&gzip, &s[1], 1, "is not valid gzip");
    refused(&csv, &s[4], 2, "another line");
    struct buf out;
    struct transform_counts counts;
    struct error error;
    buf_init(&out, OUTPUT_MAX);
    for (int i = 2; i <= 3; i++) { /* known by the first bytes that come, which are never few */
        const struct transform_options *options = i == 2 ? &csv : &gzip;
        assert_int_equal(run_all(options, &s[i], 1, 0, &out, &counts, &error), STATUS_INVALID);
        assert_non_null(strstr(error.text, "is Avro"));
    }
    buf_release(&out);
    free_sources(s, sizeof s / sizeof s[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_csv),
        cmocka_unit_test(test_recompressed_csv),
        cmocka_unit_test(test_large_sources),
        cmocka_unit_test(test_what_inflates_far),
        cmocka_unit_test(test_no_source_is_an_empty_member),
        cmocka_unit_test(test_header_of_the_member),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
