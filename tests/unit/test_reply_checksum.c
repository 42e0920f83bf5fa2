/* SPDX-License-Identifier: MIT */
/* reply_checksum - which replies are held against their checksum, and what comes of it. */
#include <string.h>

#include "lib/s3/client_private.h"
#include "tests/support/unit.h"

struct reply {
    struct http_exchange x;
    char body[16];
};

static void reply_init(struct reply *r, const char *headers)
{
    *r = (struct reply){.x = {.method = "GET", .http_status = 200}, .body = "hello"};
    r->x.into = r->body;
    r->x.into_size = strlen(r->body);
    buf_init(&r->x.reply_headers, 1024);
    buf_init(&r->x.reply_body, 64);
    buf_append_str(&r->x.reply_headers, "date: today\n");
    buf_append_str(&r->x.reply_headers, headers);
}

static bool holds(const char *headers, int http_status, const char *method)
{
    struct reply r;
    reply_init(&r, headers);
    r.x.http_status = http_status;
    r.x.method = method;
    const bool result = reply_checksum_holds(&r.x);
    buf_release(&r.x.reply_headers);
    return result;
}

/* The header with the algorithm's checksum of `text`. */
static void header(char *out, size_t room, unsigned algorithm, const char *text)
{
    uint8_t digest[CHECKSUM_SIZE_MAX];
    char base64[CHECKSUM_TEXT_SIZE];
    checksum_of(algorithm, text, strlen(text), digest);
    checksum_encode(algorithm, digest, base64);
    snprintf(out, room, "%s: %s\n", checksum_info(algorithm)->header, base64);
}

static void test_every_algorithm(void **state)
{
    (void)state;
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++) {
        char right[128];
        char wrong[128];
        header(right, sizeof right, a, "hello");
        header(wrong, sizeof wrong, a, "hellp");
        assert_true(holds(right, 200, "GET"));
        assert_false(holds(wrong, 200, "GET"));
        /* Of the whole object, while a part of it came, or nothing. */
        assert_true(holds(wrong, 206, "GET"));
        assert_true(holds(wrong, 200, "HEAD"));
    }
    /* By another's hand: CRC-32 of "hello" is 3610a686. */
    assert_true(holds("x-amz-checksum-crc32: NhCmhg==\n", 200, "GET"));
}

static void test_what_says_nothing_of_the_whole(void **state)
{
    (void)state;
    assert_true(holds("", 200, "GET"));
    assert_true(holds("x-amz-checksum-crc32: AAAAAA==-2\n", 200, "GET"));
    assert_true(holds("x-amz-checksum-sha256: "
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=-10000\n",
                      200, "GET"));
    assert_true(
        holds("x-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-type: COMPOSITE\n", 200, "GET"));
    assert_false(
        holds("x-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-type: FULL_OBJECT\n", 200, "GET"));
    /* Not of a length that this algorithm has. */
    assert_true(holds("x-amz-checksum-crc32: AAAA\n", 200, "GET"));
}

static void test_an_empty_body(void **state)
{
    (void)state;
    struct reply r;
    reply_init(&r, "x-amz-checksum-crc32: AAAAAA==\n");
    r.x.into = NULL; /* what was kept in the reply's own buffer, which is empty */
    assert_true(reply_checksum_holds(&r.x));
    buf_append_str(&r.x.reply_body, "x");
    assert_false(reply_checksum_holds(&r.x));
    buf_release(&r.x.reply_body);
    buf_release(&r.x.reply_headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_algorithm),
        cmocka_unit_test(test_what_says_nothing_of_the_whole),
        cmocka_unit_test(test_an_empty_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
