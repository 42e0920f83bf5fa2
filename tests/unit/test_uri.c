/* SPDX-License-Identifier: MIT */
/* URIs, bucket names and URI encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/s3/uri.h"

static void test_parse_good(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *bucket;
        const char *key;
    } table[] = {
        {"s3://logs", "logs", ""},
        {"s3://logs/", "logs", ""},
        {"s3://logs/a/b.json", "logs", "a/b.json"},
        {"s3://logs//a//", "logs", "/a//"},
        {"s3://my.bucket-1/a b#c?d=%20+", "my.bucket-1", "a b#c?d=%20+"},
        {"s3://logs/../x\x01\xc3\xa4", "logs", "../x\x01\xc3\xa4"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_uri uri;
        assert_int_equal(s3_uri_parse(table[i].text, &uri, NULL), STATUS_OK);
        assert_string_equal(uri.bucket, table[i].bucket);
        assert_string_equal(uri.key, table[i].key);
    }
}

static void test_parse_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"", "not an S3 URI"},
        {"logs/a", "not an S3 URI"},
        {"S3://logs", "not an S3 URI"},
        {"https://logs.s3.amazonaws.com/a", "not an S3 URI"},
        {"arn:aws:s3:::logs", "ARN"},
        {"s3://arn:aws:s3:eu-west-1:1:accesspoint/x", "access point"},
        {"s3://", "names no bucket"},
        {"s3:///key", "names no bucket"},
        {"s3://ab/x", "3 to 63"},
        {"s3://Logs/x", "may only hold"},
        {"s3://my_logs/x", "may only hold"},
        {"s3://-logs/x", "start and end"},
        {"s3://logs./x", "start and end"},
        {"s3://a..b/x", "two dots"},
        {"s3://a.-b/x", "a dot beside a hyphen"},
        {"s3://a-.b/x", "a dot beside a hyphen"},
        {"s3://192.168.0.1/x", "IP address"},
        {"s3://data--usw2-az1--x-s3/x", "S3 Express"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_uri uri = {.bucket = "kept", .key = "kept"};
        struct error err;
        assert_int_equal(s3_uri_parse(table[i].text, &uri, &err), STATUS_INVALID);
        assert_non_null(strstr(err.text, table[i].says));
        assert_string_equal(uri.bucket, "kept");
    }
}

static void test_parse_lengths(void **state)
{
    (void)state;
    char text[5 + 70 + 1 + S3_KEY_MAX + 2];
    struct s3_uri uri;

    int head = snprintf(text, sizeof text, "s3://%063d/", 1);
    memset(text + head, 'k', S3_KEY_MAX);
    text[head + S3_KEY_MAX] = '\0';
    assert_int_equal(s3_uri_parse(text, &uri, NULL), STATUS_OK);
    assert_int_equal(strlen(uri.bucket), S3_BUCKET_MAX);
    assert_int_equal(strlen(uri.key), S3_KEY_MAX);
    assert_int_equal(s3_uri_make_prefix(&uri, NULL), STATUS_INVALID);

    text[head + S3_KEY_MAX] = 'k';
    text[head + S3_KEY_MAX + 1] = '\0';
    assert_int_equal(s3_uri_parse(text, &uri, NULL), STATUS_INVALID);
    snprintf(text, sizeof text, "s3://%064d/", 1);
    assert_int_equal(s3_uri_parse(text, &uri, NULL), STATUS_INVALID);
}

static void test_make_prefix(void **state)
{
    (void)state;
    static const char *const table[][2] = {{"", ""}, {"a", "a/"}, {"a/", "a/"}, {"a/b", "a/b/"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_uri uri = {.bucket = "logs"};
        snprintf(uri.key, sizeof uri.key, "%s", table[i][0]);
        assert_int_equal(s3_uri_make_prefix(&uri, NULL), STATUS_OK);
        assert_string_equal(uri.key, table[i][1]);
    }
}

static void test_append(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    s3_uri_append(&b, "logs", "a b/c");
    assert_string_equal(b.data, "s3://logs/a b/c");
    buf_release(&b);
}

static void test_encode(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    uri_encode(&b, "", 0, 0);
    assert_int_equal(b.len, 0);
    const char text[] = "AZaz09-._~/ +%&=?#\x01\x7f\xc3\xa4*'()";
    uri_encode(&b, text, strlen(text), 1);
    assert_string_equal(b.data, "AZaz09-._~/%20%2B%25%26%3D%3F%23%01%7F%C3%A4%2A%27%28%29");
    buf_reset(&b);
    uri_encode(&b, "a/b", 3, 0);
    assert_string_equal(b.data, "a%2Fb");
    buf_release(&b);
}

/* Every text of up to five of these characters, against what decoding and encoding make of it. */
static void test_is_encoded(void **state)
{
    (void)state;
    static const char letters[] = "%2Fb1+/";
    enum { LETTERS = sizeof letters - 1, LENGTH = 5 };
    struct buf decoded, encoded;
    buf_init(&decoded, 64);
    buf_init(&encoded, 64);
    unsigned found = 0;
    for (size_t number = 0; number < LETTERS * LETTERS * LETTERS * LETTERS * LETTERS; number++) {
        char text[LENGTH];
        size_t rest = number;
        for (size_t i = 0; i < LENGTH; i++, rest /= LETTERS)
            text[i] = letters[rest % LETTERS];
        for (int keep_slash = 0; keep_slash <= 1; keep_slash++) {
            buf_reset(&decoded);
            buf_reset(&encoded);
            bool same = uri_decode(&decoded, text, LENGTH, !keep_slash, NULL) == STATUS_OK;
            uri_encode(&encoded, decoded.data, decoded.len, keep_slash);
            same = same && encoded.len == LENGTH && memcmp(encoded.data, text, LENGTH) == 0;
            assert_int_equal(uri_is_encoded(text, LENGTH, keep_slash), same);
            found += same;
        }
    }
    assert_true(found > 1000); /* both answers were met */
    buf_release(&decoded);
    buf_release(&encoded);
}

static void test_decode(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(uri_decode(&b, "a%2fb+c%2B%e4%01", 16, 1, NULL), STATUS_OK);
    assert_string_equal(b.data, "a/b c+\xe4\x01");
    buf_reset(&b);
    assert_int_equal(uri_decode(&b, "a+b", 3, 0, NULL), STATUS_OK);
    assert_string_equal(b.data, "a+b");

    static const char *const bad[] = {"%", "a%2", "a%zz", "%0g", "a%00b", "a%4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(uri_decode(&b, bad[i], strlen(bad[i]), 1, NULL), STATUS_INVALID);
        assert_string_equal(b.data, "a+b"); /* what was there before is still there */
    }
    assert_int_equal(uri_decode(&b, "a\0b", 3, 1, NULL), STATUS_INVALID);
    buf_release(&b);

    buf_init(&b, 2);
    assert_int_equal(uri_decode(&b, "abc", 3, 1, NULL), STATUS_LIMIT);
    buf_release(&b);
}

static void test_round_trip_of_all_bytes(void **state)
{
    (void)state;
    char all[255];
    struct buf encoded;
    struct buf decoded;
    buf_init(&encoded, 4096);
    buf_init(&decoded, 4096);
    for (int i = 1; i < 256; i++)
        all[i - 1] = (char)i;
    for (int keep_slash = 0; keep_slash < 2; keep_slash++) {
        buf_reset(&encoded);
        buf_reset(&decoded);
        uri_encode(&encoded, all, sizeof all, keep_slash);
        assert_int_equal(uri_decode(&decoded, encoded.data, encoded.len, 1, NULL), STATUS_OK);
        assert_int_equal(decoded.len, sizeof all);
        assert_memory_equal(decoded.data, all, sizeof all);
    }
    buf_release(&encoded);
    buf_release(&decoded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_good),
        cmocka_unit_test(test_parse_bad),
        cmocka_unit_test(test_parse_lengths),
        cmocka_unit_test(test_make_prefix),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_is_encoded),
        cmocka_unit_test(test_round_trip_of_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
