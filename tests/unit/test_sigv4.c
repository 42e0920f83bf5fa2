/* SPDX-License-Identifier: MIT */
/* SigV4 against AWS's published examples, every intermediate of them, and against edge cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/base/date.h"
#include "lib/s3/sigv4.h"

/* The published cases, and what they share. */
struct vectors {
    json_t *root;
    const char *access_key_id;
    struct sigv4_scope scope;
    struct sigv4_key key;
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static int vectors_load(void **state)
{
    static struct vectors v;
    v.root = json_load_file(TEST_VECTORS "/sigv4-s3-examples.json", 0, NULL);
    assert_non_null(v.root);
    v.access_key_id = text_of(v.root, "access_key_id");
    v.scope.region = text_of(v.root, "region");
    v.scope.service = text_of(v.root, "service");
    assert_int_equal(date_parse_amz(text_of(v.root, "timestamp"), &v.scope.unix_s, NULL),
                     STATUS_OK);
    sigv4_key_derive(text_of(v.root, "secret_access_key"), &v.scope, &v.key);
    *state = &v;
    return 0;
}

static int vectors_unload(void **state)
{
    struct vectors *v = *state;
    json_decref(v->root);
    sigv4_key_release(&v->key);
    static const struct sigv4_key zero;
    return memcmp(&v->key, &zero, sizeof zero);
}

static struct sigv4_request request_of(const json_t *test, struct sigv4_pair *headers)
{
    struct sigv4_request rq = {
        .method = text_of(test, "method"),
        .encoded_path = text_of(test, "canonical_uri"),
        .encoded_query = text_of(test, "canonical_query"),
        .headers = headers,
        .payload_sha256 = text_of(test, "payload_sha256"),
    };
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(test, "headers"), name, value) headers[rq.header_count++] =
        (struct sigv4_pair){name, json_string_value(value)};
    return rq;
}

static void check_stages(const struct vectors *v, const json_t *test)
{
    struct sigv4_pair headers[SIGV4_HEADERS_MAX];
    struct sigv4_request rq = request_of(test, headers);
    char hex[2 * SHA256_SIZE + 1];
    char signature[SIGV4_SIGNATURE_SIZE];
    struct buf canonical;
    struct buf names;
    struct buf to_sign;
    buf_init(&canonical, 8192);
    buf_init(&names, 1024);
    buf_init(&to_sign, 1024);

    assert_int_equal(sigv4_canonical_request(&rq, &canonical, &names, NULL), STATUS_OK);
    assert_string_equal(canonical.data, text_of(test, "canonical_request"));
    assert_string_equal(names.data, text_of(test, "signed_headers"));
    sigv4_string_to_sign(&v->scope, canonical.data, canonical.len, &to_sign);
    assert_string_equal(to_sign.data, text_of(test, "string_to_sign"));
    hex_encode(v->key.key, SHA256_SIZE, hex);
    assert_string_equal(hex, text_of(test, "signing_key"));
    sigv4_signature(&v->key, to_sign.data, to_sign.len, signature);
    assert_string_equal(signature, text_of(test, "signature"));

    buf_release(&canonical);
    buf_release(&names);
    buf_release(&to_sign);
}

static void check_authorization(const struct vectors *v, const json_t *test)
{
    struct sigv4_pair headers[SIGV4_HEADERS_MAX];
    struct sigv4_request rq = request_of(test, headers);
    struct buf value;
    struct buf expected;
    buf_init(&value, 8192);
    buf_init(&expected, 8192);
    buf_append_str(&value, "kept:");
    assert_int_equal(sigv4_authorization(&rq, &v->scope, v->access_key_id, &v->key, &value, NULL),
                     STATUS_OK);
    buf_printf(&expected,
               "kept:AWS4-HMAC-SHA256 Credential=%s/20130524/us-east-1/s3/aws4_request, "
               "SignedHeaders=%s, Signature=%s",
               v->access_key_id, text_of(test, "signed_headers"), text_of(test, "signature"));
    assert_string_equal(value.data, expected.data);
    buf_release(&value);
    buf_release(&expected);
}

static void check_presigned(const struct vectors *v, const json_t *test)
{
    struct buf query;
    struct buf expected;
    buf_init(&query, 8192);
    buf_init(&expected, 8192);
    assert_int_equal(sigv4_presign(text_of(test, "method"), "examplebucket.s3.amazonaws.com",
                                   text_of(test, "canonical_uri"), &v->scope, v->access_key_id,
                                   NULL, &v->key, 86400, &query, NULL),
                     STATUS_OK);
    buf_printf(&expected, "%s&X-Amz-Signature=%s", text_of(test, "canonical_query"),
               text_of(test, "signature"));
    assert_string_equal(query.data, expected.data);
    buf_release(&query);
    buf_release(&expected);
}

static void check_chunks(const struct vectors *v, const json_t *test)
{
    static char content[65536];
    char signature[SIGV4_SIGNATURE_SIZE];
    struct buf to_sign;
    const json_t *chunk;
    size_t i;
    buf_init(&to_sign, 1024);
    memset(content, 'a', sizeof content);
    snprintf(signature, sizeof signature, "%s", text_of(test, "signature"));
    json_array_foreach(json_object_get(test, "chunks"), i, chunk)
    {
        uint8_t digest[SHA256_SIZE];
        sha256(content, (size_t)json_integer_value(json_object_get(chunk, "chunk_bytes")), digest);
        buf_reset(&to_sign);
        sigv4_chunk_string_to_sign(&v->scope, signature, digest, &to_sign);
        assert_string_equal(to_sign.data, text_of(chunk, "string_to_sign"));
        sigv4_signature(&v->key, to_sign.data, to_sign.len, signature);
        assert_string_equal(signature, text_of(chunk, "signature"));
    }
    assert_int_equal(i, 3);
    buf_release(&to_sign);
}

static void test_published_examples(void **state)
{
    const struct vectors *v = *state;
    const json_t *test;
    size_t i;
    json_array_foreach(json_object_get(v->root, "cases"), i, test)
    {
        check_stages(v, test);
        if (strcmp(text_of(test, "name"), "presigned-get") == 0)
            check_presigned(v, test);
        else
            check_authorization(v, test);
        if (json_object_get(test, "chunks"))
            check_chunks(v, test);
    }
    assert_int_equal(i, 6);
}

static void canonical_is(const struct sigv4_request *rq, const char *expected)
{
    struct buf canonical;
    struct buf names;
    buf_init(&canonical, 8192);
    buf_init(&names, 1024);
    assert_int_equal(sigv4_canonical_request(rq, &canonical, &names, NULL), STATUS_OK);
    assert_string_equal(canonical.data, expected);
    buf_release(&canonical);
    buf_release(&names);
}

static void test_query_is_sorted_by_name_then_value(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"b=2&a=1", "a=1&b=2"},
        {"a=2&a=1&a", "a=&a=1&a=2"},
        {"uploads", "uploads="},
        {"a-b=1&a=1", "a=1&a-b=1"}, /* by name, not by "name=value": '-' sorts before '=' */
        {"%7A=1&Z=1&a%2F=1", "%7A=1&Z=1&a%2F=1"},
        {"&a=b=c&&", "a=b=c"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sigv4_request rq = {
            .method = "GET",
            .encoded_path = "/",
            .encoded_query = table[i][0],
            .headers = &(struct sigv4_pair){"Host", "h"},
            .header_count = 1,
            .payload_sha256 = SIGV4_UNSIGNED_PAYLOAD,
        };
        char expected[256];
        snprintf(expected, sizeof expected, "GET\n/\n%s\nhost:h\n\nhost\nUNSIGNED-PAYLOAD",
                 table[i][1]);
        canonical_is(&rq, expected);
    }
}

static void test_headers_are_folded_and_joined(void **state)
{
    (void)state;
    static const struct sigv4_pair headers[] = {
        {"X-Amz-Meta-B", "  two   words\t "},
        {"x-amz-meta-a", "1"},
        {"HOST", "h"},
        {"x-amz-meta-A", " 2 "},
        {"x-amz-meta", ""},
    };
    canonical_is(&(struct sigv4_request){.method = "PUT",
                                         .encoded_path = "/a//../b%20c",
                                         .encoded_query = "",
                                         .headers = headers,
                                         .header_count = 5,
                                         .payload_sha256 = "x"},
                 "PUT\n/a//../b%20c\n\nhost:h\nx-amz-meta:\nx-amz-meta-a:1,2\n"
                 "x-amz-meta-b:two words\n\nhost;x-amz-meta;x-amz-meta-a;x-amz-meta-b\nx");
}

static void test_limits(void **state)
{
    (void)state;
    struct sigv4_pair headers[SIGV4_HEADERS_MAX + 1];
    struct buf out;
    struct buf names;
    struct buf query;
    buf_init(&out, 65536);
    buf_init(&names, 65536);
    buf_init(&query, 65536);
    for (size_t i = 0; i <= SIGV4_HEADERS_MAX; i++)
        headers[i] = (struct sigv4_pair){"a", "b"};
    struct sigv4_request rq = {
        .method = "GET",
        .encoded_path = "/",
        .encoded_query = "",
        .headers = headers,
        .header_count = SIGV4_HEADERS_MAX + 1,
        .payload_sha256 = "x",
    };
    buf_append_str(&out, "kept");
    assert_int_equal(sigv4_canonical_request(&rq, &out, &names, NULL), STATUS_LIMIT);
    rq.header_count = SIGV4_HEADERS_MAX;
    assert_int_equal(sigv4_canonical_request(&rq, &out, &names, NULL), STATUS_OK);
    buf_truncate(&out, 4);
    for (int i = 0; i <= SIGV4_QUERY_MAX; i++)
        buf_printf(&query, "p%d=1&", i);
    rq.encoded_query = query.data;
    assert_int_equal(sigv4_canonical_request(&rq, &out, &names, NULL), STATUS_LIMIT);
    assert_string_equal(out.data, "kept");
    buf_release(&out);
    buf_init(&out, 20);
    rq.encoded_query = "";
    assert_int_equal(sigv4_canonical_request(&rq, &out, &names, NULL), STATUS_LIMIT);
    buf_release(&out);
    buf_release(&names);
    buf_release(&query);
}

static void test_key_fits_its_day_and_region_only(void **state)
{
    const struct vectors *v = *state;
    struct sigv4_scope other = v->scope;
    assert_true(sigv4_key_fits(&v->key, &v->scope));
    other.unix_s += 86399;
    assert_true(sigv4_key_fits(&v->key, &other));
    other.unix_s++;
    assert_false(sigv4_key_fits(&v->key, &other));
    other = v->scope;
    other.region = "us-east-2";
    assert_false(sigv4_key_fits(&v->key, &other));
}

static void test_presign_bounds_and_token(void **state)
{
    const struct vectors *v = *state;
    struct buf query;
    buf_init(&query, 8192);
    assert_int_equal(
        sigv4_presign("GET", "h", "/k", &v->scope, "AK", NULL, &v->key, 0, &query, NULL),
        STATUS_INVALID);
    assert_int_equal(
        sigv4_presign("GET", "h", "/k", &v->scope, "AK", NULL, &v->key, 604801, &query, NULL),
        STATUS_INVALID);
    assert_int_equal(query.len, 0);
    assert_int_equal(
        sigv4_presign("GET", "h", "/k", &v->scope, "AK", "t+/=", &v->key, 604800, &query, NULL),
        STATUS_OK);
    assert_non_null(strstr(query.data, "&X-Amz-Security-Token=t%2B%2F%3D&X-Amz-SignedHeaders="));
    buf_release(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_examples),
        cmocka_unit_test(test_query_is_sorted_by_name_then_value),
        cmocka_unit_test(test_headers_are_folded_and_joined),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_key_fits_its_day_and_region_only),
        cmocka_unit_test(test_presign_bounds_and_token),
    };
    return cmocka_run_group_tests(tests, vectors_load, vectors_unload);
}
