/* SPDX-License-Identifier: MIT */
/* S3's error bodies, and the one line that a person gets to see. */
#include "tests/support/unit.h"

#include <string.h>

#include "lib/s3/error.h"

static void test_parse(void **state)
{
    (void)state;
    static const char body[] =
        "\n <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>"
        "<Message>Access &amp; more\x1b[31m denied</Message><Resource>/b/k</Resource>"
        "<Region>eu-west-1</Region><RequestId>R1</RequestId></Error>";
    static const char clean[] =
        "\n <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>"
        "<Message>Access &amp; more&#10;denied</Message><Resource>/b/k</Resource>"
        "<Region>eu-west-1</Region><RequestId>R1</RequestId></Error>";
    struct s3_error e = {.code = "kept"};
    assert_false(s3_error_parse(body, sizeof body - 1, &e)); /* a control character: no XML */
    assert_string_equal(e.code, "kept");
    assert_true(s3_error_parse(clean, sizeof clean - 1, &e));
    assert_string_equal(e.code, "AccessDenied");
    assert_string_equal(e.message, "Access & more?denied"); /* one line, and no escapes */
    assert_string_equal(e.region, "eu-west-1");
    assert_string_equal(e.request_id, "R1");
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",
        "   ",
        "<html><body>Bad gateway</body></html>",
        "<Errors><Code>x</Code></Errors>",
        "<Error><Code>AccessDenied</Code>",
        "<!DOCTYPE Error><Error><Code>x</Code></Error>",
        "<ListBucketResult><Error><Code>x</Code></Error></ListBucketResult>",
        "{\"Error\":1}",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_error e = {.code = "kept"};
        assert_false(s3_error_parse(table[i], strlen(table[i]), &e));
        assert_string_equal(e.code, "kept");
    }
}

static void test_a_200_that_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool is_error;
    } table[] = {
        {"<Error><Code>InternalError</Code></Error>", true},
        {"\r\n  \t<?xml version=\"1.0\"?>\n<Error xmlns=\"x\"><Code>x</Code></Error>", true},
        {"\xef\xbb\xbf<?xml version=\"1.0\"?><Error></Error>", true},
        {"<?xml version=\"1.0\"?><CompleteMultipartUploadResult/>", false},
        {"<ErrorDocument/>", false},
        {"<?xml version=\"1.0\"", false},
        {"", false},
        {"<Erro", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(s3_body_is_error(table[i].body, strlen(table[i].body)), table[i].is_error);
}

static void describe_is(enum s3_op op, int http_status, const struct s3_error *e, const char *key,
                        enum status status, const char *text)
{
    struct error err;
    assert_int_equal(s3_error_describe(op, http_status, e, "logs", key, &err), status);
    assert_string_equal(err.text, text);
    assert_int_equal(err.status, status);
}

static void test_describe(void **state)
{
    (void)state;
    const struct s3_error denied = {.code = "AccessDenied", .message = "Access Denied"};
    describe_is(S3_PUT_OBJECT, 403, &denied, "a/b", STATUS_DENIED,
                "PutObject s3://logs/a/b: AccessDenied, HTTP 403: Access Denied; allow "
                "s3:PutObject on arn:aws:s3:::logs/*");
    describe_is(S3_LIST_OBJECTS, 403, &denied, NULL, STATUS_DENIED,
                "ListObjectsV2 s3://logs: AccessDenied, HTTP 403: Access Denied; allow "
                "s3:ListBucket on arn:aws:s3:::logs");
    describe_is(S3_HEAD_OBJECT, 403, NULL, "k", STATUS_DENIED,
                "HeadObject s3://logs/k: HTTP 403; allow s3:GetObject on arn:aws:s3:::logs/*, and "
                "s3:ListBucket on the bucket (without it a missing object is a 403 too)");
    describe_is(S3_DELETE_OBJECTS, 0, &denied, "k", STATUS_DENIED,
                "DeleteObjects s3://logs/k: AccessDenied: Access Denied; allow s3:DeleteObject on "
                "arn:aws:s3:::logs/*");
    describe_is(S3_HEAD_OBJECT, 404, NULL, "k", STATUS_NOT_FOUND,
                "HeadObject s3://logs/k: HTTP 404; it does not exist");
    describe_is(S3_LIST_OBJECTS, 404, &(struct s3_error){.code = "NoSuchBucket"}, NULL,
                STATUS_NOT_FOUND,
                "ListObjectsV2 s3://logs: NoSuchBucket, HTTP 404; create the bucket or check its "
                "name and the endpoint");
    describe_is(S3_GET_OBJECT, 412, &(struct s3_error){.code = "PreconditionFailed"}, "k",
                STATUS_PRECONDITION,
                "GetObject s3://logs/k: PreconditionFailed, HTTP 412; the object has changed since "
                "it was listed");
    describe_is(
        S3_PUT_OBJECT, 412, &(struct s3_error){.code = "PreconditionFailed"}, "k",
        STATUS_PRECONDITION,
        "PutObject s3://logs/k: PreconditionFailed, HTTP 412; another object of that name is "
        "there already");
    describe_is(S3_LIST_OBJECTS, 301,
                &(struct s3_error){.code = "PermanentRedirect", .region = "eu-west-1"}, NULL,
                STATUS_REMOTE,
                "ListObjectsV2 s3://logs: PermanentRedirect, HTTP 301; the bucket is in region "
                "eu-west-1: give --region eu-west-1");
    describe_is(S3_LIST_OBJECTS, 301, NULL, NULL, STATUS_REMOTE,
                "ListObjectsV2 s3://logs: HTTP 301; the bucket is in another region: check "
                "--region and the endpoint");
    describe_is(S3_GET_OBJECT, 500, &(struct s3_error){.code = "Odd", .message = "m"}, "k\n",
                STATUS_REMOTE, "GetObject s3://logs/k?: Odd, HTTP 500: m");
}

static void test_status_of_codes(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int http_status;
        enum status status;
        const char *says;
    } table[] = {
        {"InvalidAccessKeyId", 403, STATUS_DENIED, "unknown"},
        {"SignatureDoesNotMatch", 403, STATUS_DENIED, "secret access key"},
        {"ExpiredToken", 400, STATUS_DENIED, "expired"},
        {"RequestTimeTooSkewed", 403, STATUS_DENIED, "clock"},
        {"NoSuchUpload", 404, STATUS_NOT_FOUND, "aborted"},
        {"BucketAlreadyExists", 409, STATUS_PRECONDITION, "choose another"},
        {"ConditionalRequestConflict", 409, STATUS_PRECONDITION, "again"},
        {"InvalidObjectState", 403, STATUS_DENIED, "restore"},
        {"SlowDown", 503, STATUS_REMOTE, "concurrency"},
        {"NotImplemented", 501, STATUS_REMOTE, "does not support"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct s3_error e = {.message = ""};
        struct error err;
        snprintf(e.code, sizeof e.code, "%s", table[i].code);
        assert_int_equal(s3_error_describe(S3_GET_OBJECT, table[i].http_status, &e, "b", "k", &err),
                         table[i].status);
        assert_non_null(strstr(err.text, table[i].says));
        assert_non_null(strstr(err.text, table[i].code));
    }
}

static void test_a_long_key_leaves_room_for_the_advice(void **state)
{
    (void)state;
    char key[1025];
    struct s3_error denied = {.code = "AccessDenied"};
    struct error err;
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    memset(denied.message, 'm', sizeof denied.message - 1);
    assert_int_equal(s3_error_describe(S3_GET_OBJECT, 403, &denied, "logs", key, &err),
                     STATUS_DENIED);
    assert_non_null(strstr(err.text, "allow s3:GetObject"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_a_200_that_is_an_error),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_status_of_codes),
        cmocka_unit_test(test_a_long_key_leaves_room_for_the_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
