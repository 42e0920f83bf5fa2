/* SPDX-License-Identifier: MIT */
/* Endpoints: what is accepted, and the hosts and paths built on them. */
#include "tests/support/unit.h"

#include <string.h>

#include "lib/s3/endpoint.h"

static void init_ok(struct s3_endpoint *e, const char *url, const char *region,
                    enum s3_addressing addressing)
{
    assert_int_equal(s3_endpoint_init(e, url, region, addressing, NULL), STATUS_OK);
}

static void test_aws(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {NULL, "s3.us-east-1.amazonaws.com"},
        {"", "s3.us-east-1.amazonaws.com"},
        {"eu-west-1", "s3.eu-west-1.amazonaws.com"},
        {"us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"},
        {"cn-north-1", "s3.cn-north-1.amazonaws.com.cn"},
        {"us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov"},
        {"us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_endpoint e;
        char base[300];
        init_ok(&e, i % 2 ? "" : NULL, table[i][0], S3_ADDRESSING_AUTO);
        snprintf(base, sizeof base, "https://%s", table[i][1]);
        assert_string_equal(e.host, table[i][1]);
        assert_string_equal(e.base, base);
        assert_true(e.is_aws && e.https);
        assert_true(e.costs_money);
        assert_false(e.is_loopback);
    }
}

static void test_urls_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *base;
        const char *host;
        bool https;
    } table[] = {
        {"http://127.0.0.1:9000", "http://127.0.0.1:9000", "127.0.0.1:9000", false},
        {"http://localhost:80/", "http://localhost", "localhost", false},
        {"https://s3.example.org:443", "https://s3.example.org", "s3.example.org", true},
        {"https://s3.example.org:80", "https://s3.example.org:80", "s3.example.org:80", true},
        {"http://[::1]:9000/", "http://[::1]:9000", "[::1]:9000", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_endpoint e;
        init_ok(&e, table[i].url, "eu-west-1", S3_ADDRESSING_AUTO);
        assert_string_equal(e.base, table[i].base);
        assert_string_equal(e.host, table[i].host);
        assert_string_equal(e.region, "eu-west-1");
        assert_int_equal(e.https, table[i].https);
        assert_false(e.is_aws);
    }
}

static void test_urls_refused(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"localhost:9000", "must start with"},
        {"ftp://localhost", "must start with"},
        {"httpsx://localhost", "must start with"},
        {"://localhost", "must start with"},
        {"http://", "host name"},
        {"http://:9000", "host name"},
        {"http://[::1", "host name"},
        {"http://a b/", "nothing more"},
        {"http://localhost:", "port"},
        {"http://localhost:0", "port"},
        {"http://localhost:65536", "port"},
        {"http://localhost:123456789", "port"},
        {"http://localhost:9000/minio", "nothing more"},
        {"http://localhost?x", "nothing more"},
        {"http://localhost\r\nX: y", "nothing more"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_endpoint e = {.host = "kept"};
        struct error err;
        assert_int_equal(s3_endpoint_init(&e, table[i][0], NULL, S3_ADDRESSING_AUTO, &err),
                         STATUS_INVALID);
        assert_non_null(strstr(err.text, table[i][1]));
        assert_string_equal(e.host, "kept");
    }
}

static void test_a_password_is_refused_and_not_repeated(void **state)
{
    (void)state;
    static const char *const table[] = {"https://user:hunter2@host", "user:hunter2@host"};
    for (size_t i = 0; i < 2; i++) {
        struct s3_endpoint e;
        struct error err;
        assert_int_equal(s3_endpoint_init(&e, table[i], NULL, S3_ADDRESSING_AUTO, &err),
                         STATUS_INVALID);
        assert_null(strstr(err.text, "hunter2"));
    }
}

static void test_regions_cannot_change_the_host(void **state)
{
    (void)state;
    static const char *const bad[] = {"evil.example/", "a b", "eu.west", "a@b", "x:1"};
    struct s3_endpoint e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(s3_endpoint_init(&e, NULL, bad[i], S3_ADDRESSING_AUTO, NULL),
                         STATUS_INVALID);
    init_ok(&e, NULL, "eu-west-1", S3_ADDRESSING_AUTO);
    assert_int_equal(s3_endpoint_set_region(&e, "x/y", NULL), STATUS_INVALID);
    assert_int_equal(s3_endpoint_set_region(&e, "us-west-2", NULL), STATUS_OK);
    assert_string_equal(e.host, "s3.us-west-2.amazonaws.com");
    init_ok(&e, "http://localhost:1", NULL, S3_ADDRESSING_AUTO);
    assert_int_equal(s3_endpoint_set_region(&e, "mars", NULL), STATUS_OK);
    assert_string_equal(e.host, "localhost:1");
    assert_string_equal(e.region, "mars");
}

static void test_addressing(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum s3_addressing addressing;
        const char *bucket;
        const char *key;
        const char *expected;
    } table[] = {
        {"", S3_ADDRESSING_AUTO, "logs", "a b/c",
         "https://logs.s3.us-east-1.amazonaws.com /a%20b/c"},
        {"", S3_ADDRESSING_AUTO, "my.logs", "k", "https://s3.us-east-1.amazonaws.com /my.logs/k"},
        {"", S3_ADDRESSING_PATH, "logs", "", "https://s3.us-east-1.amazonaws.com /logs"},
        {"", S3_ADDRESSING_AUTO, "logs", NULL, "https://logs.s3.us-east-1.amazonaws.com /"},
        {"", S3_ADDRESSING_AUTO, NULL, NULL, "https://s3.us-east-1.amazonaws.com /"},
        {"http://h:1", S3_ADDRESSING_AUTO, "logs", "/../x//", "http://h:1 /logs//../x//"},
        {"http://h:1", S3_ADDRESSING_VIRTUAL, "logs", "x", "http://logs.h:1 /x"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_endpoint e;
        struct buf b;
        buf_init(&b, 1000);
        init_ok(&e, table[i].url, NULL, table[i].addressing);
        s3_endpoint_scheme_host(&e, table[i].bucket, &b);
        buf_append_char(&b, ' ');
        s3_endpoint_path(&e, table[i].bucket, table[i].key, &b);
        assert_string_equal(b.data, table[i].expected);
        buf_release(&b);
    }
}

static void test_whose_host_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool costs_money;
        bool is_loopback;
    } table[] = {
        {"https://s3.eu-west-1.amazonaws.com", true, false},
        {"https://bucket.vpce-1a2b3c4d.s3.us-east-1.vpce.amazonaws.com", true, false},
        {"https://s3.cn-north-1.amazonaws.com.cn", true, false},
        {"https://S3.DUALSTACK.EU-WEST-1.API.AWS:443", true, false},
        {"https://amazonaws.com.example.org", false, false},
        {"https://notamazonaws.com", false, false},
        {"http://127.0.0.1:9000", false, true},
        {"http://127.9.9.9", false, true},
        {"http://LocalHost:9000", false, true},
        {"http://[::1]:9000", false, true},
        {"http://127.0.0.1.example.org", false, false},
        {"http://localhost.example.org", false, false},
        {"http://10.0.0.1:9000", false, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_endpoint e;
        init_ok(&e, table[i].url, NULL, S3_ADDRESSING_AUTO);
        assert_int_equal(e.costs_money, table[i].costs_money);
        assert_int_equal(e.is_loopback, table[i].is_loopback);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aws),
        cmocka_unit_test(test_urls_accepted),
        cmocka_unit_test(test_urls_refused),
        cmocka_unit_test(test_a_password_is_refused_and_not_repeated),
        cmocka_unit_test(test_regions_cannot_change_the_host),
        cmocka_unit_test(test_addressing),
        cmocka_unit_test(test_whose_host_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
