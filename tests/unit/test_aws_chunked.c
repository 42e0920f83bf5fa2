/* SPDX-License-Identifier: MIT */
/* The aws-chunked decoder: the published signed examples, every way to cut a body into pieces, and
 * every way to get its framing wrong. */
#include "bench/server/aws_chunked.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define BODY_MAX     (1u << 20)

/* Of the documentation's two examples ("Transferring Payload in Multiple Chunks", without and with
 * trailing headers): 66,560 times 'a' in chunks of 65,536 and 1,024 bytes. */
static const char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static const char *const plain_signatures[] = {
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
};
static const char *const trailer_signatures[] = {
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
};
#define TRAILER "x-amz-checksum-crc32c:sOO8/Q=="
#define TRAILER_SIGNATURE                                                                          \
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"

struct rig {
    struct aws_chunked *decoder;
    struct sigv4_key key;
    struct sigv4_scope scope;
    struct buf content;
};

static int rig_setup(void **state)
{
    static struct rig rig;
    struct rig *r = &rig;
    r->decoder = aws_chunked_new();
    r->scope = (struct sigv4_scope){.region = "us-east-1", .service = "s3"};
    assert_non_null(r->decoder);
    assert_ok(date_parse_amz("20130524T000000Z", &r->scope.unix_s, NULL), NULL);
    sigv4_key_derive(secret, &r->scope, &r->key);
    buf_init(&r->content, BODY_MAX);
    *state = r;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *r = *state;
    aws_chunked_free(r->decoder);
    buf_release(&r->content);
    return 0;
}

static void collect(void *ctx, const void *data, size_t len)
{
    buf_append(ctx, data, len);
}

/* Feeds a body in pieces of `step` bytes (0: of random size). */
static enum code decode(struct rig *r, const struct aws_chunked_options *options, const char *body,
                        size_t len, size_t step)
{
    struct rng rng;
    rng_seed(&rng, len);
    buf_reset(&r->content);
    aws_chunked_start(r->decoder, options);
    for (size_t at = 0; at < len;) {
        size_t n = step != 0 ? step : 1 + rng_below(&rng, 200);
        if (n > len - at)
            n = len - at;
        /* A copy of its own size, so that the sanitizer sees a read past the piece. */
        char *piece = malloc(n);
        assert_non_null(piece);
        memcpy(piece, body + at, n);
        (void)aws_chunked_feed(r->decoder, piece, n, collect, &r->content);
        free(piece);
        at += n;
    }
    return aws_chunked_finish(r->decoder);
}

static void append_chunk(struct buf *b, size_t size, const char *signature)
{
    buf_printf(b, "%zx;chunk-signature=%s\r\n", size, signature);
    for (size_t i = 0; i < size; i++)
        buf_append_char(b, 'a');
    if (size > 0)
        buf_append_str(b, "\r\n");
}

static void build_example(struct buf *b, const char *const *signatures, const char *end)
{
    buf_init(b, BODY_MAX);
    append_chunk(b, 65536, signatures[1]);
    append_chunk(b, 1024, signatures[2]);
    append_chunk(b, 0, signatures[3]);
    buf_append_str(b, end);
    assert_ok(buf_status(b, "the example", NULL), NULL);
}

static struct aws_chunked_options example_options(const struct rig *r, bool has_trailer)
{
    return (struct aws_chunked_options){.decoded_size = 66560,
                                        .has_trailer = has_trailer,
                                        .key = &r->key,
                                        .scope = r->scope,
                                        .seed_signature = has_trailer ? trailer_signatures[0]
                                                                      : plain_signatures[0]};
}

static void test_published_example(void **state)
{
    static const size_t steps[] = {1, 2, 3, 7, 88, 4096, BODY_MAX, 0};
    struct rig *r = *state;
    struct buf body;
    const struct aws_chunked_options options = example_options(r, false);
    build_example(&body, plain_signatures, "\r\n");
    assert_int_equal(body.len, 66824); /* the documentation's Content-Length */
    for (size_t i = 0; i < COUNT(steps); i++) {
        assert_int_equal(decode(r, &options, body.data, body.len, steps[i]), CODE_NONE);
        assert_int_equal(r->content.len, 66560);
        assert_int_equal(strspn(r->content.data, "a"), 66560);
    }
    buf_release(&body);
}

static void test_published_example_with_trailer(void **state)
{
    static const char *const ends[] = {
        TRAILER "\r\n" TRAILER_SIGNATURE "\r\n\r\n",
        TRAILER "\n" TRAILER_SIGNATURE "\n\n",
        TRAILER "\n\r\n" TRAILER_SIGNATURE "\r\n\r\n",
        "X-Amz-Checksum-CRC32C: sOO8/Q== \r\n" TRAILER_SIGNATURE "\r\n\r\n",
    };
    struct rig *r = *state;
    const struct aws_chunked_options options = example_options(r, true);
    for (size_t i = 0; i < COUNT(ends); i++)
        for (size_t step = 0; step < 3; step++) {
            struct buf body;
            char value[16];
            build_example(&body, trailer_signatures, ends[i]);
            assert_int_equal(decode(r, &options, body.data, body.len, step), CODE_NONE);
            assert_int_equal(r->content.len, 66560);
            assert_int_equal(aws_chunked_trailer_count(r->decoder), 1);
            assert_true(aws_chunked_trailer(r->decoder, "x-amz-checksum-crc32c", value, 16));
            assert_string_equal(value, "sOO8/Q==");
            assert_false(aws_chunked_trailer(r->decoder, "x-amz-checksum-crc32c", value, 8));
            assert_false(aws_chunked_trailer(r->decoder, "x-amz-checksum-crc32", value, 16));
            buf_release(&body);
        }
}

/* Whatever byte of a signed body is another one, the body is refused. */
static void test_every_byte_counts(void **state)
{
    struct rig *r = *state;
    struct buf body;
    struct rng rng;
    const struct aws_chunked_options options = example_options(r, true);
    build_example(&body, trailer_signatures, TRAILER "\r\n" TRAILER_SIGNATURE "\r\n\r\n");
    rng_seed(&rng, 3);
    for (int round = 0; round < 400; round++) {
        /* Of the framing each, of the content a few. */
        size_t at = round < 90 ? (size_t)round : rng_below(&rng, body.len - 4);
        if (round >= 200)
            at = body.len - 4 - (size_t)(round - 199);
        const char was = body.data[at];
        body.data[at] = (char)(was ^ 1);
        const enum code code = decode(r, &options, body.data, body.len, BODY_MAX);
        /* One byte has two spellings: the last CR of a line is a blank more or less to a trailer. */
        if (code == CODE_NONE)
            fail_msg("byte %zu may be %#x instead of %#x", at, (unsigned)(was ^ 1), (unsigned)was);
        body.data[at] = was;
    }
    assert_int_equal(decode(r, &options, body.data, body.len, BODY_MAX), CODE_NONE);
    buf_release(&body);
}

/* Cut off anywhere, it is not whole. */
static void test_every_end_but_the_last(void **state)
{
    struct rig *r = *state;
    static const char body[] = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    const struct aws_chunked_options options = {.decoded_size = 3, .has_trailer = true};
    for (size_t len = 0; len < sizeof body - 1; len++)
        assert_int_equal(decode(r, &options, body, len, 1), CODE_INCOMPLETE_BODY);
    assert_int_equal(decode(r, &options, body, sizeof body - 1, 1), CODE_NONE);
    assert_string_equal(r->content.data, "abc");
}

static void test_unsigned_bodies(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *body;
        uint64_t decoded_size;
        bool has_trailer;
        enum code code;
    } cases[] = {
        {"3\r\nabc\r\n0\r\n\r\n", 3, false, CODE_NONE},
        {"0\r\n\r\n", 0, false, CODE_NONE},
        {"00003\r\nabc\r\n000\r\n\r\n", 3, false, CODE_NONE},
        {"A\r\n0123456789\r\n0\r\n\r\n", 10, false, CODE_NONE},
        {"3\r\nabc\r\n0\r\na:b\r\nc:d\r\n\r\n", 3, true, CODE_NONE},
        {"3\r\nabc\r\n0\r\na:b\n\r\n\r\n", 3, true, CODE_NONE},
        {"3\r\nabc\r\n0\r\n\r\n", 3, true, CODE_NONE}, /* the caller misses it */
        /* lengths */
        {"3\r\nabc\r\n0\r\n\r\n", 4, false, CODE_INCOMPLETE_BODY},
        {"3\r\nabc\r\n0\r\n\r\n", 2, false, CODE_INCOMPLETE_BODY},
        {"3\r\nabcd\r\n0\r\n\r\n", 4, false, CODE_INCOMPLETE_BODY},
        {"4\r\nabc\r\n0\r\n\r\n", 4, false, CODE_INCOMPLETE_BODY},
        {"FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"10000000000000003\r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", 3, false, CODE_INVALID_CHUNK_SIZE},
        /* framing */
        {"", 0, false, CODE_INCOMPLETE_BODY},
        {"\r\n", 0, false, CODE_INCOMPLETE_BODY},
        {"3\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"3\r\nabc\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"3\r\nabc\r\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"3 \r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"-3\r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"0x3\r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"3;extension=1\r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"g\r\nabc\r\n0\r\n\r\n", 3, false, CODE_INCOMPLETE_BODY},
        {"abc", 3, false, CODE_INCOMPLETE_BODY},
        {"3\r\nabc\r\n0\r\n\r\nmore", 3, false, CODE_INCOMPLETE_BODY},
        /* trailers */
        {"3\r\nabc\r\n0\r\na:b\r\n\r\n", 3, false, CODE_MALFORMED_TRAILER},
        {"3\r\nabc\r\n0\r\nnothing\r\n\r\n", 3, true, CODE_MALFORMED_TRAILER},
        {"3\r\nabc\r\n0\r\n:b\r\n\r\n", 3, true, CODE_MALFORMED_TRAILER},
        {"3\r\nabc\r\n0\r\na:b\r\nx-amz-trailer-signature:00\r\n\r\n", 3, true,
         CODE_MALFORMED_TRAILER},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t step = 0; step < 4; step++) {
            const struct aws_chunked_options options = {.decoded_size = cases[i].decoded_size,
                                                        .has_trailer = cases[i].has_trailer};
            const enum code code = decode(r, &options, cases[i].body, strlen(cases[i].body), step);
            if (code != cases[i].code)
                fail_msg("case %zu in steps of %zu: %s", i, step, code_name(code));
            assert_true(r->content.len <= cases[i].decoded_size);
        }
}

static void test_signed_bodies(void **state)
{
    struct rig *r = *state;
    struct buf body;
    struct aws_chunked_options options = example_options(r, false);
    /* Signed by another request. */
    build_example(&body, plain_signatures, "\r\n");
    options.seed_signature = trailer_signatures[0];
    assert_int_equal(decode(r, &options, body.data, body.len, 0), CODE_SIGNATURE_DOES_NOT_MATCH);
    /* Not signed at all. */
    options = example_options(r, false);
    options.decoded_size = 3;
    static const char bare[] = "3\r\nabc\r\n0\r\n\r\n";
    assert_int_equal(decode(r, &options, bare, strlen(bare), 0), CODE_INCOMPLETE_BODY);
    buf_release(&body);
    /* A trailer that was announced and did not come, and one that came after the signature. */
    options = example_options(r, true);
    build_example(&body, trailer_signatures, "\r\n");
    assert_int_equal(decode(r, &options, body.data, body.len, 0), CODE_MALFORMED_TRAILER);
    buf_release(&body);
    build_example(&body, trailer_signatures, TRAILER "\r\n" TRAILER_SIGNATURE "\r\na:b\r\n\r\n");
    assert_int_equal(decode(r, &options, body.data, body.len, 0), CODE_MALFORMED_TRAILER);
    buf_release(&body);
    build_example(&body, trailer_signatures, TRAILER "\r\n\r\n");
    assert_int_equal(decode(r, &options, body.data, body.len, 0), CODE_INCOMPLETE_BODY);
    buf_release(&body);
}

static void test_long_lines(void **state)
{
    struct rig *r = *state;
    struct buf body;
    const struct aws_chunked_options options = {.decoded_size = 3, .has_trailer = true};
    buf_init(&body, BODY_MAX);
    buf_printf(&body, "3\r\nabc\r\n0\r\na:%02000d\r\n\r\n", 1);
    assert_int_equal(decode(r, &options, body.data, body.len, 0), CODE_INCOMPLETE_BODY);
    buf_reset(&body);
    buf_append_str(&body, "3\r\nabc\r\n0\r\n");
    for (int i = 0; i < 10; i++)
        buf_printf(&body, "a:%0500d\r\n", 1);
    buf_append_str(&body, "\r\n");
    assert_int_equal(decode(r, &options, body.data, body.len, 0), CODE_MALFORMED_TRAILER);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_example),
        cmocka_unit_test(test_published_example_with_trailer),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_every_end_but_the_last),
        cmocka_unit_test(test_unsigned_bodies),
        cmocka_unit_test(test_signed_bodies),
        cmocka_unit_test(test_long_lines),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
