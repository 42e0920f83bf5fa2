/* SPDX-License-Identifier: MIT */
/* Request targets and hosts: what bucket, key and parameters they name. */
#include "bench/server/request.h"

#include <string.h>

#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void buckets_in_hosts(void **state)
{
    static const struct {
        const char *host, *domain, *bucket;
    } cases[] = {
        {"bucket.localhost", NULL, "bucket"},
        {"bucket.localhost:9000", NULL, "bucket"},
        {"BUCKET.LOCALHOST", NULL, ""}, /* buckets are in lower case */
        {"bucket.LOCALHOST", NULL, "bucket"},
        {"a.b-c.localhost:1", NULL, "a.b-c"},
        {"localhost:9000", NULL, ""},
        {".localhost", NULL, ""},
        {"bucketlocalhost", NULL, ""},
        {"s3.localhost", NULL, ""}, /* too short for a bucket */
        {"127.0.0.1:9000", NULL, ""},
        {"[::1]:9000", NULL, ""},
        {"bucket.s3.example.com", NULL, ""},
        {"bucket.s3.example.com:443", "s3.example.com", "bucket"},
        {"bucket.localhost", "s3.example.com", "bucket"},
        {"s3.example.com", "s3.example.com", ""},
        {"example.com", "s3.example.com", ""},
        {"0123456789012345678901234567890123456789012345678901234567890123.localhost", NULL, ""},
        {"", NULL, ""},
        {"bucket.localhost", "", "bucket"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char bucket[S3_BUCKET_MAX + 1];
        request_virtual_bucket(cases[i].host, cases[i].domain, bucket);
        if (strcmp(bucket, cases[i].bucket) != 0)
            fail_msg("%s: '%s'", cases[i].host, bucket);
    }
}

static void targets(void **state)
{
    static const struct {
        const char *target, *virtual_bucket;
        enum code code;
        const char *bucket, *key;
    } cases[] = {
        {"/", "", CODE_NONE, "", ""},
        {"/bucket", "", CODE_NONE, "bucket", ""},
        {"/bucket/", "", CODE_NONE, "bucket", ""},
        {"/bucket/key?a=b", "", CODE_NONE, "bucket", "key"},
        {"/bucket//k%2Fe%20y+", "", CODE_NONE, "bucket", "/k/e y+"},
        {"/bucket/../%01%7f%C3%A9", "", CODE_NONE, "bucket", "../\x01\x7f\xc3\xa9"},
        {"/", "bucket", CODE_NONE, "bucket", ""},
        {"/key/more?uploads", "bucket", CODE_NONE, "bucket", "key/more"},
        {"//key", "bucket", CODE_NONE, "bucket", "/key"},
        {"", "", CODE_INVALID_URI, "", ""},
        {"bucket/key", "", CODE_INVALID_URI, "", ""},
        {"/bucket/%", "", CODE_INVALID_URI, "", ""},
        {"/%/key", "", CODE_INVALID_URI, "", ""},
        {"/bucket/%0", "", CODE_INVALID_URI, "", ""},
        {"/bucket/%00", "", CODE_INVALID_URI, "", ""},
        {"/bucket/key?%zz", "", CODE_INVALID_URI, "bucket", "key"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *r = request_new();
        assert_non_null(r);
        buf_append_str(&r->target, cases[i].target);
        assert_int_equal(request_parse_target(r, cases[i].virtual_bucket), cases[i].code);
        assert_string_equal(r->where.bucket, cases[i].bucket);
        assert_string_equal(r->where.key, cases[i].key);
        assert_int_equal(r->where.key_len, strlen(cases[i].key));
        request_free(r);
    }
}

static void parameters(void **state)
{
    struct request *r = request_new();
    (void)state;
    assert_non_null(r);
    buf_append_str(&r->target, "/b/k?bare&empty=&a+b=c+d%2B&&twice=1&twice=2&=nameless");
    assert_int_equal(request_parse_target(r, ""), CODE_NONE);
    assert_string_equal(request_param(r, "bare"), "");
    assert_string_equal(request_param(r, "empty"), "");
    assert_string_equal(request_param(r, "a b"), "c d+");
    assert_string_equal(request_param(r, "twice"), "1");
    assert_string_equal(request_param(r, ""), "nameless");
    assert_null(request_param(r, "none"));
    assert_int_equal(r->param_count, 6);
    /* A request is used again and again. */
    request_reset(r);
    buf_append_str(&r->target, "/b?");
    for (int i = 0; i <= REQUEST_PARAMS_MAX; i++)
        buf_append_str(&r->target, "x&");
    assert_int_equal(request_parse_target(r, ""), CODE_INVALID_URI);
    request_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_in_hosts),
        cmocka_unit_test(targets),
        cmocka_unit_test(parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
