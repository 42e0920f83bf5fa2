/* SPDX-License-Identifier: MIT */
/* The embedded server's versioned buckets over real connections. */
#include "tests/unit/server_bench.h"

static void set_versioning(struct bench *b, const char *status)
{
    char body[128];
    snprintf(body, sizeof body,
             "<VersioningConfiguration><Status>%s</Status></VersioningConfiguration>", status);
    ask(b, "PUT", "/bucket?versioning", NULL, body, 200, "");
}

/* Puts and keeps the version's id. */
static void put_version(struct bench *b, const char *body, char id[64])
{
    ask(b, "PUT", "/bucket/key", NULL, body, 200, "");
    answer_header(&b->answer, "x-amz-version-id", id, 64);
}

static void ask_version(struct bench *b, const char *method, const char *id, int status,
                        const char *code)
{
    char target[128];
    snprintf(target, sizeof target, "/bucket/key?versionId=%s", id);
    ask(b, method, target, NULL, NULL, status, code);
}

static void versioning_is_off_until_set(void **state)
{
    struct bench *b = *state;
    ask(b, "GET", "/bucket?versioning", NULL, NULL, 200, "");
    assert_element(b, "Status", "");
    set_versioning(b, "Enabled");
    ask(b, "GET", "/bucket?versioning", NULL, NULL, 200, "");
    assert_element(b, "Status", "Enabled");
    set_versioning(b, "Suspended");
    ask(b, "GET", "/bucket?versioning", NULL, NULL, 200, "");
    assert_element(b, "Status", "Suspended");
    ask(b, "PUT", "/bucket?versioning", NULL,
        "<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>", 400,
        "MalformedXML");
    ask(b, "PUT", "/bucket?versioning", NULL, "<VersioningConfiguration/>", 400,
        "IllegalVersioningConfigurationException");
    ask(b, "PUT", "/missing?versioning", NULL, "<VersioningConfiguration/>", 404, "NoSuchBucket");
}

static void every_put_makes_a_version(void **state)
{
    struct bench *b = *state;
    char first[64], second[64];
    put(b, "key", "null version");
    set_versioning(b, "Enabled");
    put_version(b, "first", first);
    put_version(b, "second", second);
    assert_int_equal(strlen(first), 32);
    assert_string_not_equal(first, second);
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "second");
    assert_header(b, "x-amz-version-id", second);
    ask_version(b, "GET", first, 200, "");
    assert_body(b, "first");
    assert_header(b, "x-amz-version-id", first);
    ask_version(b, "GET", "null", 200, "");
    assert_body(b, "null version");
    ask_version(b, "GET", "short", 400, "InvalidArgument");
    ask_version(b, "GET", "0123456789abcdef0123456789abcdef", 404, "NoSuchVersion");
    ask(b, "GET", "/bucket?list-type=2", NULL, NULL, 200, "");
    assert_element(b, "KeyCount", "1");
}

static void a_delete_hides_and_can_be_undone(void **state)
{
    struct bench *b = *state;
    char first[64], marker[64];
    set_versioning(b, "Enabled");
    put_version(b, "first", first);
    ask(b, "DELETE", "/bucket/key", NULL, NULL, 204, "");
    assert_header(b, "x-amz-delete-marker", "true");
    answer_header(&b->answer, "x-amz-version-id", marker, sizeof marker);
    ask(b, "GET", "/bucket/key", NULL, NULL, 404, "NoSuchKey");
    assert_header(b, "x-amz-delete-marker", "true");
    assert_header(b, "x-amz-version-id", marker);
    ask_version(b, "GET", marker, 405, "MethodNotAllowed");
    assert_header(b, "Allow", "DELETE");
    assert_header(b, "x-amz-delete-marker", "true");
    ask_version(b, "HEAD", marker, 405, "");
    ask_version(b, "GET", first, 200, "");
    ask(b, "PUT", "/bucket/key", "If-Match: *\n", "x", 404, "NoSuchKey");
    ask(b, "DELETE", "/bucket", NULL, NULL, 409, "BucketNotEmpty");
    ask_version(b, "DELETE", marker, 204, "");
    assert_header(b, "x-amz-delete-marker", "true");
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "first");
    ask_version(b, "DELETE", first, 204, "");
    assert_header(b, "x-amz-delete-marker", "");
    ask_version(b, "GET", first, 404, "NoSuchVersion");
    ask_version(b, "DELETE", first, 204, "");
    ask(b, "DELETE", "/bucket", NULL, NULL, 204, "");
}

static void a_marker_is_no_object_for_conditions(void **state)
{
    struct bench *b = *state;
    set_versioning(b, "Enabled");
    ask(b, "DELETE", "/bucket/key", NULL, NULL, 204, "");
    assert_header(b, "x-amz-delete-marker", "true");
    ask(b, "PUT", "/bucket/key", "If-None-Match: *\n", "x", 200, "");
    ask(b, "PUT", "/bucket/key", "If-None-Match: *\n", "x", 412, "PreconditionFailed");
    ask(b, "DELETE", "/bucket/key", "If-Match: \"0\"\n", NULL, 412, "PreconditionFailed");
}

static void suspended_writes_replace_the_null_version(void **state)
{
    struct bench *b = *state;
    char first[64];
    set_versioning(b, "Enabled");
    put_version(b, "first", first);
    set_versioning(b, "Suspended");
    ask(b, "PUT", "/bucket/key", NULL, "null one", 200, "");
    assert_header(b, "x-amz-version-id", "");
    ask(b, "PUT", "/bucket/key", NULL, "null two", 200, "");
    ask_version(b, "GET", "null", 200, "");
    assert_body(b, "null two");
    assert_header(b, "x-amz-version-id", "null");
    ask_version(b, "GET", first, 200, "");
    ask(b, "DELETE", "/bucket/key", NULL, NULL, 204, "");
    assert_header(b, "x-amz-version-id", "null");
    assert_header(b, "x-amz-delete-marker", "true");
    ask_version(b, "GET", "null", 405, "MethodNotAllowed");
    ask(b, "GET", "/bucket?versions", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<DeleteMarker>", "<VersionId>null</VersionId>",
                                             "<IsLatest>true</IsLatest>", "<Version>", first,
                                             "<IsLatest>false</IsLatest>", NULL});
    const char *null = strstr(b->answer.body.data, "<VersionId>null");
    assert_non_null(null);
    assert_null(strstr(null + 1, "<VersionId>null")); /* there is only one, the last */
}

static void versions_are_listed_page_by_page(void **state)
{
    struct bench *b = *state;
    char target[256], key[64] = "", id[64] = "";
    struct buf seen;
    buf_init(&seen, 4096);
    put(b, "a", "plain");
    put(b, "key", "null");
    set_versioning(b, "Enabled");
    for (int i = 0; i < 3; i++)
        ask(b, "PUT", "/bucket/key", NULL, "x", 200, "");
    ask(b, "PUT", "/bucket/z", NULL, "x", 200, "");
    ask(b, "DELETE", "/bucket/z", NULL, NULL, 204, "");
    int pages = 0;
    for (bool more = true; more; pages++) {
        snprintf(target, sizeof target, "/bucket?versions&max-keys=2&key-marker=%s%s%s", key,
                 id[0] != '\0' ? "&version-id-marker=" : "", id);
        ask(b, "GET", target, NULL, NULL, 200, "");
        for (const char *p = b->answer.body.data; (p = strstr(p, "<IsLatest>")) != NULL; p++)
            buf_append_char(&seen, p[strlen("<IsLatest>")]);
        more = strstr(b->answer.body.data, "<IsTruncated>true") != NULL;
        answer_element(&b->answer, "NextKeyMarker", key, sizeof key);
        answer_element(&b->answer, "NextVersionIdMarker", id, sizeof id);
    }
    assert_string_equal(seen.data, "ttffftf"); /* a; key, four times; z: its marker, its version */
    assert_int_equal(pages, 4);
    buf_release(&seen);
    ask(b, "GET", "/bucket?versions&version-id-marker=null", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket?versions&prefix=k&delimiter=e", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<CommonPrefixes><Prefix>ke</Prefix>", NULL});
}

static void many_versions_are_deleted_at_once(void **state)
{
    struct bench *b = *state;
    char first[64], body[512], header[128];
    uint8_t digest[MD5_SIZE];
    struct buf digest_text;
    set_versioning(b, "Enabled");
    put_version(b, "first", first);
    snprintf(body, sizeof body,
             "<Delete><Object><Key>key</Key></Object><Object><VersionId>%s</VersionId>"
             "<Key>key</Key></Object></Delete>",
             first);
    buf_init(&digest_text, 64);
    md5(body, strlen(body), digest);
    buf_append_base64(&digest_text, digest, sizeof digest);
    snprintf(header, sizeof header, "Content-MD5: %s\n", digest_text.data);
    buf_release(&digest_text);
    ask(b, "POST", "/bucket?delete", header, body, 200, "");
    assert_in_order(b, (const char *const[]){"<DeleteMarker>true</DeleteMarker>",
                                             "<DeleteMarkerVersionId>", "</Deleted>", "<VersionId>",
                                             first, NULL});
    ask_version(b, "GET", first, 404, "NoSuchVersion");
    ask(b, "GET", "/bucket/key", NULL, NULL, 404, "NoSuchKey");
}

static void copies_and_tags_reach_old_versions(void **state)
{
    struct bench *b = *state;
    char first[64], second[64], text[256];
    set_versioning(b, "Enabled");
    put_version(b, "first", first);
    put_version(b, "second", second);
    snprintf(text, sizeof text, "x-amz-copy-source: /bucket/key?versionId=%s\n", first);
    ask(b, "PUT", "/bucket/key", text, NULL, 200, ""); /* brings it back */
    assert_header(b, "x-amz-copy-source-version-id", first);
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "first");
    snprintf(text, sizeof text, "/bucket/key?tagging&versionId=%s", second);
    ask(b, "PUT", text, NULL,
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>", 200, "");
    assert_header(b, "x-amz-version-id", second);
    ask_version(b, "HEAD", second, 200, "");
    assert_header(b, "x-amz-tagging-count", "1");
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, "x-amz-tagging-count", "");
    ask(b, "DELETE", "/bucket/key", NULL, NULL, 204, "");
    answer_header(&b->answer, "x-amz-version-id", first, sizeof first);
    snprintf(text, sizeof text, "x-amz-copy-source: /bucket/key?versionId=%s\n", first);
    ask(b, "PUT", "/bucket/to", text, NULL, 400, "InvalidRequest");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/key\n", NULL, 404, "NoSuchKey");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(versioning_is_off_until_set),
        SERVER_TEST(every_put_makes_a_version),
        SERVER_TEST(a_delete_hides_and_can_be_undone),
        SERVER_TEST(a_marker_is_no_object_for_conditions),
        SERVER_TEST(suspended_writes_replace_the_null_version),
        SERVER_TEST(versions_are_listed_page_by_page),
        SERVER_TEST(many_versions_are_deleted_at_once),
        SERVER_TEST(copies_and_tags_reach_old_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
