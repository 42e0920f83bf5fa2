/* SPDX-License-Identifier: MIT */
/* Signature verification: AWS's published examples pass, and nothing that differs from them does. */
#include <jansson.h>

#include "bench/server/auth.h"
#include "lib/base/date.h"
#include "tests/support/unit.h"

#define NOW         INT64_C(1369353600) /* 20130524T000000Z, the examples' time */
#define HEADERS_MAX 16

static const struct s3_server_key keys[] = {
    {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL},
    {"AKIAOTHER", "another secret", NULL},
    {"ASIATEMPORARY", "a secret for a while", "token=for/it"},
};

/* A request that a test may bend before it is verified. */
struct asked {
    struct sigv4_pair headers[HEADERS_MAX];
    size_t header_count;
    const char *method;
    char path[256];
    char query[1024];
    struct buf authorization;
};

static struct auth *auth;
static struct buf evidence;

static int auth_setup(void **state)
{
    (void)state;
    auth = auth_new(keys, 3, "us-east-1");
    buf_init(&evidence, 1u << 20);
    return auth == NULL;
}

static int auth_teardown(void **state)
{
    (void)state;
    auth_free(auth);
    buf_release(&evidence);
    return 0;
}

static void asked_add(struct asked *a, const char *name, const char *value)
{
    assert_true(a->header_count < HEADERS_MAX);
    a->headers[a->header_count++] = (struct sigv4_pair){name, value};
}

static void asked_init(struct asked *a, const char *method, const char *path, const char *query)
{
    *a = (struct asked){.method = method};
    buf_init(&a->authorization, 4096);
    snprintf(a->path, sizeof a->path, "%s", path);
    snprintf(a->query, sizeof a->query, "%s", query);
}

static enum code asked_verify(const struct asked *a, int64_t now, struct auth_result *result)
{
    const struct auth_request request = {.method = a->method,
                                         .path = a->path,
                                         .query = a->query,
                                         .headers = a->headers,
                                         .header_count = a->header_count};
    return auth_verify(auth, &request, now, &evidence, result);
}

/* Signs what is there so far with a key, at a time, for a region. */
static void asked_sign(struct asked *a, const struct s3_server_key *k, int64_t at,
                       const char *region)
{
    const struct sigv4_scope scope = {.unix_s = at, .region = region, .service = "s3"};
    const struct sigv4_request request = {.method = a->method,
                                          .encoded_path = a->path,
                                          .encoded_query = a->query,
                                          .headers = a->headers,
                                          .header_count = a->header_count,
                                          .payload_sha256 = SIGV4_EMPTY_SHA256};
    struct sigv4_key key;
    sigv4_key_derive(k->secret_access_key, &scope, &key);
    assert_ok(
        sigv4_authorization(&request, &scope, k->access_key_id, &key, &a->authorization, NULL),
        NULL);
    sigv4_key_release(&key);
    asked_add(a, "Authorization", a->authorization.data);
}

static void asked_ordinary(struct asked *a, const char *path, const char *query)
{
    asked_init(a, "GET", path, query);
    asked_add(a, "host", "127.0.0.1:1234");
    asked_add(a, "x-amz-content-sha256", SIGV4_EMPTY_SHA256);
    asked_add(a, "x-amz-date", "20130524T000000Z");
}

/* The published examples */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static void asked_example(struct asked *a, json_t *example)
{
    const char *name;
    json_t *value;
    const bool presigned = strcmp(text_of(example, "name"), "presigned-get") == 0;
    asked_init(a, text_of(example, "method"), text_of(example, "canonical_uri"),
               text_of(example, "canonical_query"));
    json_object_foreach(json_object_get(example, "headers"), name, value)
        asked_add(a, name, json_string_value(value));
    if (presigned) {
        const size_t len = strlen(a->query);
        snprintf(a->query + len, sizeof a->query - len, "&X-Amz-Signature=%s",
                 text_of(example, "signature"));
        return;
    }
    buf_printf(&a->authorization,
               "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
               "aws4_request,SignedHeaders=%s,Signature=%s",
               text_of(example, "signed_headers"), text_of(example, "signature"));
    asked_add(a, "Authorization", a->authorization.data);
}

static void check_example(json_t *example)
{
    struct asked a;
    struct auth_result result;
    asked_example(&a, example);
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    assert_string_equal(result.access_key_id, "AKIAIOSFODNN7EXAMPLE");
    assert_string_equal(result.payload_sha256, text_of(example, "payload_sha256"));

    const char *method = a.method;
    a.method = "DELETE";
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    a.method = method;
    const size_t len = strlen(a.path);
    snprintf(a.path + len, sizeof a.path - len, "x");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    a.path[len] = '\0';
    const size_t query_len = strlen(a.query);
    snprintf(a.query + query_len, sizeof a.query - query_len, "&more=1");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    a.query[query_len] = '\0';
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    buf_release(&a.authorization);
}

static void published_examples_pass_and_their_variations_do_not(void **state)
{
    (void)state;
    json_t *root = json_load_file(TEST_VECTORS "/sigv4-s3-examples.json", 0, NULL);
    assert_non_null(root);
    size_t i;
    json_t *example;
    json_array_foreach(json_object_get(root, "cases"), i, example) check_example(example);
    assert_int_equal(i, 6);
    json_decref(root);
}

static void every_digit_of_the_signature_counts(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_ordinary(&a, "/bucket/key", "");
    asked_sign(&a, &keys[0], NOW, "us-east-1");
    char *signature = strstr(a.authorization.data, "Signature=") + strlen("Signature=");
    for (size_t i = 0; i < SIGV4_SIGNATURE_SIZE - 1; i++) {
        const char digit = signature[i];
        signature[i] = digit == '0' ? '1' : '0';
        assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
        signature[i] = digit;
    }
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    signature[10] = '\0';
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    buf_release(&a.authorization);
}

/* Who, where, when */

static void check_signed(const struct s3_server_key *k, int64_t at, int64_t now, const char *region,
                         enum code expected)
{
    struct asked a;
    struct auth_result result;
    char date[17];
    date_format_amz(date, at);
    asked_init(&a, "GET", "/bucket/key", "");
    asked_add(&a, "host", "127.0.0.1:1234");
    asked_add(&a, "x-amz-content-sha256", SIGV4_EMPTY_SHA256);
    asked_add(&a, "x-amz-date", date);
    asked_sign(&a, k, at, region);
    assert_int_equal(asked_verify(&a, now, &result), expected);
    buf_release(&a.authorization);
}

static void keys_regions_and_clocks(void **state)
{
    (void)state;
    const struct s3_server_key stranger = {"AKIASTRANGER", "x", NULL};
    const struct s3_server_key impostor = {"AKIAOTHER", "not that secret", NULL};
    check_signed(&keys[0], NOW, NOW, "us-east-1", CODE_NONE);
    check_signed(&keys[1], NOW, NOW, "us-east-1", CODE_NONE);
    check_signed(&stranger, NOW, NOW, "us-east-1", CODE_INVALID_ACCESS_KEY_ID);
    check_signed(&impostor, NOW, NOW, "us-east-1", CODE_SIGNATURE_DOES_NOT_MATCH);
    check_signed(&keys[0], NOW, NOW, "eu-west-1", CODE_AUTHORIZATION_HEADER_MALFORMED);
    check_signed(&keys[0], NOW, NOW + 900, "us-east-1", CODE_NONE);
    check_signed(&keys[0], NOW, NOW + 901, "us-east-1", CODE_REQUEST_TIME_TOO_SKEWED);
    check_signed(&keys[0], NOW, NOW - 900, "us-east-1", CODE_NONE);
    check_signed(&keys[0], NOW, NOW - 901, "us-east-1", CODE_REQUEST_TIME_TOO_SKEWED);
    /* The cached key is of another day now, and of the first again. */
    check_signed(&keys[0], NOW + 86400, NOW + 86400, "us-east-1", CODE_NONE);
    check_signed(&keys[0], NOW, NOW, "us-east-1", CODE_NONE);
}

static void the_scope_is_of_the_day_of_the_request(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_ordinary(&a, "/bucket/key", "");
    asked_sign(&a, &keys[0], NOW - 86400, "us-east-1"); /* x-amz-date says NOW */
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_AUTHORIZATION_HEADER_MALFORMED);
    buf_release(&a.authorization);
}

static void what_s3_wants_signed_must_be(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_ordinary(&a, "/bucket/key", "");
    asked_sign(&a, &keys[0], NOW, "us-east-1");
    asked_add(&a, "User-Agent", "need not be");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    asked_add(&a, "x-amz-meta-smuggled", "in");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_ACCESS_DENIED);
    buf_release(&a.authorization);

    asked_init(&a, "GET", "/bucket/key", ""); /* without a host */
    asked_add(&a, "x-amz-content-sha256", SIGV4_EMPTY_SHA256);
    asked_add(&a, "x-amz-date", "20130524T000000Z");
    asked_sign(&a, &keys[0], NOW, "us-east-1");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_ACCESS_DENIED);
    buf_release(&a.authorization);
}

static void broken_authorizations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *authorization;
        enum code code;
    } cases[] = {
        {"", CODE_INVALID_ARGUMENT},
        {"Bearer x", CODE_INVALID_ARGUMENT},
        {"AWS4-HMAC-SHA256X y", CODE_INVALID_ARGUMENT},
        {"invalid", CODE_INVALID_ARGUMENT},
        {"AWS AKIA:oldstyle=", CODE_INVALID_REQUEST},
        {"AWS4-HMAC-SHA256", CODE_AUTHORIZATION_HEADER_MALFORMED},
        {"AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0",
         CODE_AUTHORIZATION_HEADER_MALFORMED},
        {"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host",
         CODE_AUTHORIZATION_HEADER_MALFORMED},
        {"AWS4-HMAC-SHA256 ,,,=,", CODE_AUTHORIZATION_HEADER_MALFORMED},
        {"AWS4-HMAC-SHA256 Credential=AKIAOTHER/20130524/us-east-1/ec2/aws4_request, "
         "SignedHeaders=host, Signature=0",
         CODE_AUTHORIZATION_HEADER_MALFORMED},
        /* What is wrong with the scope comes before an unknown key. */
        {"AWS4-HMAC-SHA256 Credential=NONE/20130524/us-east-1/ec2/aws4_request, "
         "SignedHeaders=host, Signature=0",
         CODE_AUTHORIZATION_HEADER_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a;
        struct auth_result result;
        asked_ordinary(&a, "/bucket/key", "");
        asked_add(&a, "authorization", cases[i].authorization);
        assert_int_equal(asked_verify(&a, NOW, &result), cases[i].code);
    }
}

static void a_signed_request_names_its_payload_and_date(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_ordinary(&a, "/", "");
    asked_sign(&a, &keys[0], NOW, "us-east-1");
    a.headers[1].name = "x-other";
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_INVALID_REQUEST);
    a.headers[1].name = "x-amz-content-sha256";
    a.headers[2].name = "x-other";
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_ACCESS_DENIED);
    buf_release(&a.authorization);
}

/* One thing, written in several ways */

static void spelling_of_the_target_does_not_matter(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_ordinary(&a, "/b/a%20b%2Bc~/../%C3%A9", "prefix=a%2Fb&list-type=2&empty=");
    asked_sign(&a, &keys[0], NOW, "us-east-1");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    snprintf(a.path, sizeof a.path, "/b/a%%20b+c%%7e/../%%c3%%a9");
    snprintf(a.query, sizeof a.query, "empty&list-type=2&prefix=a/b");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    snprintf(a.path, sizeof a.path, "/b/%%C3%%A9"); /* "/../" is part of the key */
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    snprintf(a.path, sizeof a.path, "/b/a%%2"); /* not even an escape */
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    buf_release(&a.authorization);
}

/* Presigned */

static void asked_presign(struct asked *a, int64_t at, unsigned expires_s)
{
    const struct sigv4_scope scope = {.unix_s = at, .region = "us-east-1", .service = "s3"};
    struct sigv4_key key;
    struct buf query;
    asked_init(a, "GET", "/bucket/key", "");
    asked_add(a, "Host", "127.0.0.1:1234");
    buf_init(&query, 4096);
    sigv4_key_derive(keys[0].secret_access_key, &scope, &key);
    assert_ok(sigv4_presign("GET", "127.0.0.1:1234", a->path, &scope, keys[0].access_key_id, NULL,
                            &key, expires_s, &query, NULL),
              NULL);
    snprintf(a->query, sizeof a->query, "%s", query.data);
    sigv4_key_release(&key);
    buf_release(&query);
}

static void presigned_urls_expire(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_presign(&a, NOW, 3600);
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_NONE);
    assert_int_equal(asked_verify(&a, NOW + 3600, &result), CODE_NONE);
    assert_int_equal(asked_verify(&a, NOW + 3601, &result), CODE_ACCESS_DENIED);
    assert_string_equal(result.detail, "Request has expired");
    assert_int_equal(asked_verify(&a, NOW - 901, &result), CODE_ACCESS_DENIED);
    char *expires = strstr(a.query, "X-Amz-Expires=") + strlen("X-Amz-Expires=");
    *expires = '9'; /* a longer life was not signed */
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    *expires = 'x';
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_AUTHORIZATION_QUERY_ERROR);
}

/* Both ends of a query's parameter are kept; what stands between is another value. */
static void malformed_presigned_urls_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        const char *detail; /* begins so */
    } cases[] = {
        {"X-Amz-Algorithm=", "AWS4-HMAC-SHA1", "X-Amz-Algorithm only supports"},
        {"X-Amz-Credential=", "AKIA", "Error parsing the X-Amz-Credential parameter; the Cred"},
        {"X-Amz-Credential=", "AKIAOTHER/20130524/us-east-1/ec2/aws4_request",
         "Error parsing the X-Amz-Credential parameter; the service 'ec2' is wrong"},
        {"X-Amz-Credential=", "AKIAOTHER/20130524/mars-1/s3/aws4_request",
         "Error parsing the X-Amz-Credential parameter; the region 'mars-1' is wrong"},
        {"X-Amz-Credential=", "AKIAOTHER/20130524/us-east-1/s3/aws5_request",
         "Error parsing the X-Amz-Credential parameter; the terminal 'aws5_request' is wrong"},
        {"X-Amz-Credential=", "AKIAOTHER/20130525/us-east-1/s3/aws4_request",
         "Error parsing the X-Amz-Credential parameter; the date '20130525' is wrong"},
        {"X-Amz-Date=", "yesterday", "X-Amz-Date must be in the ISO8601 Long Format"},
        {"X-Amz-Expires=", "-1", "X-Amz-Expires must be non-negative"},
        {"X-Amz-Expires=", "soon", "X-Amz-Expires should be a number"},
        {"X-Amz-Expires=", "604801", "X-Amz-Expires must be less than a week"},
        {"X-Amz-SignedHeaders=", NULL, "Query-string authentication version 4 requires the"},
        {"X-Amz-Signature=", NULL, "Query-string authentication version 4 requires the"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a;
        struct auth_result result;
        char rest[1024];
        asked_presign(&a, NOW, 3600);
        char *at = strstr(a.query, cases[i].name);
        assert_non_null(at);
        snprintf(rest, sizeof rest, "%s", at + strcspn(at, "&"));
        snprintf(at, sizeof a.query - (size_t)(at - a.query), "%s%s%s",
                 cases[i].value != NULL ? cases[i].name : "X=",
                 cases[i].value != NULL ? cases[i].value : "", rest);
        assert_int_equal(asked_verify(&a, NOW, &result), CODE_AUTHORIZATION_QUERY_ERROR);
        result.detail[strlen(cases[i].detail)] = '\0';
        assert_string_equal(result.detail, cases[i].detail);
    }
}

/* Version 2. The published example, whose bucket is in the Host header. */
#define V2_QUERY                                                                                   \
    "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&"              \
    "Expires=1175139620"
#define V2_EXPIRES INT64_C(1175139620)

static enum code v2_verify(struct auth *a, const char *method, const char *query,
                           const struct sigv4_pair *headers, size_t count, int64_t now,
                           struct auth_result *result)
{
    const struct auth_request request = {.method = method,
                                         .path = "/photos/puppy.jpg",
                                         .query = query,
                                         .host_bucket = "johnsmith",
                                         .headers = headers,
                                         .header_count = count};
    buf_reset(&evidence);
    return auth_verify(a, &request, now, &evidence, result);
}

static void urls_of_version_2_hold_until_they_expire(void **state)
{
    (void)state;
    struct auth_result result;
    assert_int_equal(v2_verify(auth, "GET", V2_QUERY, NULL, 0, V2_EXPIRES, &result), CODE_NONE);
    assert_string_equal(result.access_key_id, "AKIAIOSFODNN7EXAMPLE");
    assert_int_equal(v2_verify(auth, "GET", V2_QUERY, NULL, 0, V2_EXPIRES + 1, &result),
                     CODE_ACCESS_DENIED);
    assert_string_equal(result.detail, "Request has expired");
    assert_int_equal(v2_verify(auth, "PUT", V2_QUERY, NULL, 0, 0, &result),
                     CODE_SIGNATURE_DOES_NOT_MATCH);
    assert_non_null(strstr(evidence.data, "/johnsmith/photos/puppy.jpg"));
    assert_int_equal(
        v2_verify(auth, "GET", "AWSAccessKeyId=NONE&Signature=x&Expires=1", NULL, 0, 0, &result),
        CODE_INVALID_ACCESS_KEY_ID);
    assert_int_equal(v2_verify(auth, "GET", "AWSAccessKeyId=AKIAOTHER&Signature=x&Expires=-1", NULL,
                               0, 0, &result),
                     CODE_ACCESS_DENIED);
    assert_int_equal(
        v2_verify(auth, "GET", "AWSAccessKeyId=AKIAOTHER&Signature=x", NULL, 0, 0, &result),
        CODE_ACCESS_DENIED);
    assert_int_equal(v2_verify(auth, "GET", V2_QUERY "&X-Amz-Algorithm=AWS4-HMAC-SHA256", NULL, 0,
                               V2_EXPIRES, &result),
                     CODE_AUTHORIZATION_QUERY_ERROR);
    /* S3 takes them in its oldest regions alone. */
    struct auth *other = auth_new(keys, 3, "eu-central-1");
    assert_int_equal(v2_verify(other, "GET", V2_QUERY, NULL, 0, V2_EXPIRES, &result),
                     CODE_INVALID_REQUEST);
    assert_non_null(strstr(result.detail, "Please use AWS4-HMAC-SHA256"));
    auth_free(other);
}

static void version_2_signs_headers_and_subresources(void **state)
{
    (void)state;
    struct auth_result result;
    const struct sigv4_pair headers[] = {{"Content-Type", "image/jpeg"},
                                         {"X-Amz-Meta-User_Name", "b"},
                                         {"x-amz-acl", "private"},
                                         {"x-amz-meta-user_name", "c"},
                                         {"content-md5", "digest"}};
    const char *query = "versionId=3%2F4&x-amz-meta-a=a%20value&other=1&x-amz-acl=another&uploads&"
                        "AWSAccessKeyId=AKIAOTHER&Signature=none&Expires=1175139620";
    assert_int_equal(v2_verify(auth, "PUT", query, headers, 5, V2_EXPIRES, &result),
                     CODE_SIGNATURE_DOES_NOT_MATCH);
    assert_non_null(strstr(evidence.data,
                           "<StringToSign>PUT&#xA;digest&#xA;image/jpeg&#xA;1175139620&#xA;"
                           "x-amz-acl:private&#xA;x-amz-meta-a:a value&#xA;"
                           "x-amz-meta-user_name:b,c&#xA;"
                           "/johnsmith/photos/puppy.jpg?uploads&amp;versionId=3/4</StringToSign>"));
}

static void one_way_to_sign_is_enough(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_presign(&a, NOW, 3600);
    asked_add(&a, "x-amz-date", "20130524T000000Z");
    asked_add(&a, "x-amz-content-sha256", SIGV4_EMPTY_SHA256);
    asked_sign(&a, &keys[0], NOW, "us-east-1");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_INVALID_ARGUMENT);
    buf_release(&a.authorization);
    /* And a presigned one must sign what it adds. */
    asked_presign(&a, NOW, 3600);
    asked_add(&a, "X-Amz-Acl", "public-read");
    asked_add(&a, "x-amz-tagging", "a=b");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_ACCESS_DENIED);
    assert_non_null(
        strstr(evidence.data, "<HeadersNotSigned>x-amz-acl, x-amz-tagging</HeadersNotSigned>"));
}

static void check_token(const struct s3_server_key *k, const char *token, enum code expected)
{
    struct asked a;
    struct auth_result result;
    asked_ordinary(&a, "/bucket/key", "");
    if (token != NULL)
        asked_add(&a, "x-amz-security-token", token);
    asked_sign(&a, k, NOW, "us-east-1");
    assert_int_equal(asked_verify(&a, NOW, &result), expected);
    buf_release(&a.authorization);
}

static void temporary_keys_come_with_their_token(void **state)
{
    (void)state;
    check_token(&keys[2], "token=for/it", CODE_NONE);
    check_token(&keys[2], "token=for/me", CODE_INVALID_TOKEN);
    check_token(&keys[2], NULL, CODE_INVALID_ACCESS_KEY_ID);
    check_token(&keys[2], "", CODE_INVALID_ACCESS_KEY_ID);
    check_token(&keys[0], "whatever", CODE_NONE);
}

static void a_refusal_shows_what_was_computed(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    const struct s3_server_key impostor = {"AKIAOTHER", "not that secret", NULL};
    asked_ordinary(&a, "/bucket/key", "");
    asked_sign(&a, &impostor, NOW, "us-east-1");
    buf_reset(&evidence);
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_SIGNATURE_DOES_NOT_MATCH);
    assert_non_null(strstr(evidence.data, "<AWSAccessKeyId>AKIAOTHER</AWSAccessKeyId>"));
    assert_non_null(strstr(evidence.data, "<StringToSign>AWS4-HMAC-SHA256"));
    assert_non_null(strstr(evidence.data, "<CanonicalRequest>GET"));
    assert_null(strstr(evidence.data, keys[1].secret_access_key));
    buf_reset(&evidence);
    assert_int_equal(asked_verify(&a, NOW + 1000, &result), CODE_REQUEST_TIME_TOO_SKEWED);
    assert_non_null(strstr(evidence.data, "<RequestTime>2013-05-24T00:00:00"));
    assert_non_null(strstr(evidence.data, "<ServerTime>2013-05-24T00:16:40"));
    buf_release(&a.authorization);
}

static void anonymous_requests_need_a_server_without_keys(void **state)
{
    (void)state;
    struct asked a;
    struct auth_result result;
    asked_init(&a, "GET", "/bucket/key", "");
    asked_add(&a, "host", "127.0.0.1:1234");
    assert_int_equal(asked_verify(&a, NOW, &result), CODE_ACCESS_DENIED);
    struct auth *open = auth_new(NULL, 0, "us-east-1");
    const struct auth_request request = {.method = "GET",
                                         .path = "/bucket/key",
                                         .query = "",
                                         .headers = a.headers,
                                         .header_count = 1};
    assert_int_equal(auth_verify(open, &request, NOW, NULL, &result), CODE_NONE);
    assert_string_equal(result.access_key_id, "");
    auth_free(open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_pass_and_their_variations_do_not),
        cmocka_unit_test(every_digit_of_the_signature_counts),
        cmocka_unit_test(keys_regions_and_clocks),
        cmocka_unit_test(the_scope_is_of_the_day_of_the_request),
        cmocka_unit_test(what_s3_wants_signed_must_be),
        cmocka_unit_test(broken_authorizations_are_refused),
        cmocka_unit_test(a_signed_request_names_its_payload_and_date),
        cmocka_unit_test(spelling_of_the_target_does_not_matter),
        cmocka_unit_test(presigned_urls_expire),
        cmocka_unit_test(malformed_presigned_urls_are_refused),
        cmocka_unit_test(urls_of_version_2_hold_until_they_expire),
        cmocka_unit_test(version_2_signs_headers_and_subresources),
        cmocka_unit_test(one_way_to_sign_is_enough),
        cmocka_unit_test(temporary_keys_come_with_their_token),
        cmocka_unit_test(a_refusal_shows_what_was_computed),
        cmocka_unit_test(anonymous_requests_need_a_server_without_keys),
    };
    return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
