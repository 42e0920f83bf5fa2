/* SPDX-License-Identifier: MIT */
/* The embedded server's objects beyond their bytes: copies, tags, parts, attributes, settings. */
#include "tests/unit/server_bench.h"

#define PART_BYTES (5u << 20)

static void copies_take_what_they_are_told(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/from",
        "Content-Type: text/plain\nx-amz-meta-a: b\nx-amz-tagging: t=1\n"
        "x-amz-storage-class: STANDARD_IA\n",
        "0123456789", 200, "");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/from\n", NULL, 200, "");
    assert_element(b, "ETag", "&quot;781e5e245d69b566979b86e28d23f2c7&quot;");
    ask(b, "GET", "/bucket/to", NULL, NULL, 200, "");
    assert_body(b, "0123456789");
    assert_header(b, "Content-Type", "text/plain");
    assert_header(b, "x-amz-meta-a", "b");
    assert_header(b, "x-amz-tagging-count", "1");
    assert_header(b, "x-amz-storage-class", "");
    ask(b, "PUT", "/bucket/to",
        "x-amz-copy-source: bucket%2Ffrom\nx-amz-metadata-directive: REPLACE\nx-amz-meta-c: d\n"
        "x-amz-tagging-directive: REPLACE\n",
        NULL, 200, "");
    ask(b, "HEAD", "/bucket/to", NULL, NULL, 200, "");
    assert_header(b, "x-amz-meta-a", "");
    assert_header(b, "x-amz-meta-c", "d");
    assert_header(b, "x-amz-tagging-count", "");
    assert_header(b, "Content-Type", "binary/octet-stream");
}

static void copies_are_refused_as_s3_does(void **state)
{
    struct bench *b = *state;
    put(b, "key", "0123456789");
    ask(b, "PUT", "/bucket/key", "x-amz-copy-source: /bucket/key\n", NULL, 400, "InvalidRequest");
    ask(b, "PUT", "/bucket/key",
        "x-amz-copy-source: /bucket/key\nx-amz-metadata-directive: REPLACE\n", NULL, 200, "");
    ask(b, "PUT", "/bucket/key",
        "x-amz-copy-source: /bucket/key\nx-amz-storage-class: STANDARD_IA\n", NULL, 200, "");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/none\n", NULL, 404, "NoSuchKey");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /missing/key\n", NULL, 404, "NoSuchBucket");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: nonsense\n", NULL, 400, "InvalidArgument");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/key%zz\n", NULL, 400,
        "InvalidArgument");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/key\nx-amz-metadata-directive: WHAT\n",
        NULL, 400, "InvalidArgument");
    ask(b, "PUT", "/bucket/to",
        "x-amz-copy-source: /bucket/key\nx-amz-copy-source-if-match: \"0\"\n", NULL, 412,
        "PreconditionFailed");
    ask(b, "PUT", "/bucket/to",
        "x-amz-copy-source: /bucket/key\n"
        "x-amz-copy-source-if-match: \"781e5e245d69b566979b86e28d23f2c7\"\n"
        "x-amz-copy-source-if-unmodified-since: Fri, 24 May 2013 00:00:00 GMT\n",
        NULL, 200, "");
    ask(b, "PUT", "/bucket/to2",
        "x-amz-copy-source: /bucket/key\n"
        "x-amz-copy-source-if-none-match: \"781e5e245d69b566979b86e28d23f2c7\"\n",
        NULL, 412, "PreconditionFailed");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/key\nif-none-match: *\n", NULL, 412,
        "PreconditionFailed");
    ask(b, "GET", "/bucket/to2", NULL, NULL, 404, "NoSuchKey");
}

static void tags_are_kept_apart_from_the_object(void **state)
{
    struct bench *b = *state;
    char modified[64];
    ask(b, "PUT", "/bucket/key", "x-amz-tagging: a=1&b=%20x%2B&c\nx-amz-meta-m: n\n", "x", 200, "");
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, "x-amz-tagging-count", "3");
    assert_header(b, "x-amz-tagging", "");
    answer_header(&b->answer, "Last-Modified", modified, sizeof modified);
    ask(b, "GET", "/bucket/key?tagging", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Key>a</Key><Value>1</Value>",
                                             "<Key>b</Key><Value> x+</Value>",
                                             "<Key>c</Key><Value></Value>", NULL});
    ask(b, "PUT", "/bucket/key?tagging", NULL,
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v &amp; w</Value></Tag></TagSet></Tagging>", 400,
        "InvalidTag");
    ask(b, "PUT", "/bucket/key?tagging", NULL,
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>", 200, "");
    ask(b, "GET", "/bucket/key?tagging", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<TagSet><Tag><Key>k</Key><Value>v</Value></Tag>"
                                             "</TagSet>",
                                             NULL});
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, "Last-Modified", modified);
    assert_header(b, "x-amz-meta-m", "n");
    ask(b, "DELETE", "/bucket/key?tagging", NULL, NULL, 204, "");
    ask(b, "GET", "/bucket/key?tagging", NULL, NULL, 200, "");
    assert_element(b, "TagSet", "");
    ask(b, "GET", "/bucket/none?tagging", NULL, NULL, 404, "NoSuchKey");
}

static void tags_have_limits(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *tags;
        int status;
        const char *code;
    } cases[] = {
        {"a=1&a=2", 400, "InvalidArgument"},
        {"=x", 400, "InvalidArgument"},
        {"a=%zz", 400, "InvalidArgument"},
        {"a%3F=1", 400, "InvalidTag"},
        {"a=%21", 400, "InvalidTag"},
        {"a&b&c&d&e&f&g&h&i&j", 200, ""},
        {"a&b&c&d&e&f&g&h&i&j&k", 400, "BadRequest"},
        {"&&a=1&&", 200, ""},
        {"%C3%A9=%C3%A9", 200, ""},
    };
    char header[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(header, sizeof header, "x-amz-tagging: %s\n", cases[i].tags);
        ask(b, "PUT", "/bucket/key", header, "x", cases[i].status, cases[i].code);
    }
}

/* Ten tags of the longest keys and values, in the longest characters. */
static void the_largest_tags_fit(void **state)
{
    struct bench *b = *state;
    struct buf body;
    buf_init(&body, 1u << 20);
    buf_append_str(&body, "<Tagging><TagSet>");
    for (int tag = 0; tag < 10; tag++) {
        buf_printf(&body, "<Tag><Key>%d", tag);
        for (int i = 0; i < 127; i++)
            buf_append_str(&body, "\xf0\x9f\x98\x80");
        buf_append_str(&body, "</Key><Value>");
        for (int i = 0; i < 256; i++)
            buf_append_str(&body, "\xf0\x9f\x98\x80");
        buf_append_str(&body, "</Value></Tag>");
    }
    buf_append_str(&body, "</TagSet></Tagging>");
    put(b, "key", "x");
    ask(b, "PUT", "/bucket/key?tagging", NULL, body.data, 200, "");
    ask(b, "GET", "/bucket/key?tagging", NULL, NULL, 200, "");
    assert_non_null(strstr(b->answer.body.data, strstr(body.data, "<TagSet>")));
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, "x-amz-tagging-count", "10");
    buf_release(&body);
}

static void replies_can_be_overridden(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/key", "Content-Type: text/plain\nCache-Control: no-cache\n", "x", 200,
        "");
    ask(b, "GET",
        "/bucket/key?response-content-disposition=attachment%3B%20filename%3Dx"
        "&response-content-type=a%2Fb",
        NULL, NULL, 200, "");
    assert_header(b, "Content-Type", "a/b");
    assert_header(b, "Content-Disposition", "attachment; filename=x");
    assert_header(b, "Cache-Control", "no-cache");
    ask(b, "GET", "/bucket/key?response-content-type=a%0AEvil%3A%20b", NULL, NULL, 400,
        "InvalidArgument");
    assert_header(b, "Evil", "");
}

static void metadata_is_joined_and_may_be_empty(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/key", "x-amz-meta-empty:\nx-amz-meta-many: 1,2,3\n", "x", 200, "");
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_non_null(strstr(b->answer.head.data, "x-amz-meta-empty:"));
    assert_header(b, "x-amz-meta-many", "1,2,3");
}

static void storage_classes(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/ia", "x-amz-storage-class: ONEZONE_IA\n", "x", 200, "");
    ask(b, "PUT", "/bucket/cold", "x-amz-storage-class: DEEP_ARCHIVE\n", "x", 200, "");
    ask(b, "PUT", "/bucket/none", "x-amz-storage-class: FROZEN\n", "x", 400, "InvalidStorageClass");
    ask(b, "GET", "/bucket?list-type=2", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<StorageClass>DEEP_ARCHIVE</StorageClass>",
                                             "<StorageClass>ONEZONE_IA</StorageClass>", NULL});
    ask(b, "GET", "/bucket/ia", NULL, NULL, 200, "");
    ask(b, "HEAD", "/bucket/cold", NULL, NULL, 200, "");
    assert_header(b, "x-amz-storage-class", "DEEP_ARCHIVE");
    ask(b, "GET", "/bucket/cold", NULL, NULL, 403, "InvalidObjectState");
    ask(b, "PUT", "/bucket/to", "x-amz-copy-source: /bucket/cold\n", NULL, 403,
        "ObjectNotInActiveTierError");
}

/* Two parts, numbered 1 and 3. */
static void make_multipart(struct bench *b)
{
    char id[64], target[256], body[512], etags[2][64];
    char *large = malloc(PART_BYTES);
    assert_non_null(large);
    memset(large, 'L', PART_BYTES);
    ask(b, "POST", "/bucket/big?uploads", NULL, NULL, 200, "");
    answer_element(&b->answer, "UploadId", id, sizeof id);
    for (int i = 0; i < 2; i++) {
        snprintf(target, sizeof target, "/bucket/big?partNumber=%d&uploadId=%s", 2 * i + 1, id);
        wire_ask(&b->wire, "PUT", target, NULL, large, i == 0 ? PART_BYTES : 7, &b->answer);
        assert_int_equal(b->answer.status, 200);
        answer_header(&b->answer, "ETag", etags[i], sizeof etags[i]);
    }
    free(large);
    snprintf(target, sizeof target, "/bucket/big?uploadId=%s", id);
    snprintf(body, sizeof body,
             "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part><Part>"
             "<PartNumber>3</PartNumber><ETag>%s</ETag></Part></CompleteMultipartUpload>",
             etags[0], etags[1]);
    ask(b, "POST", target, NULL, body, 200, "");
}

static void parts_are_read_by_number(void **state)
{
    struct bench *b = *state;
    make_multipart(b);
    ask(b, "GET", "/bucket/big?partNumber=3", NULL, NULL, 206, "");
    assert_body(b, "LLLLLLL");
    assert_header(b, "x-amz-mp-parts-count", "2");
    assert_header(b, "Content-Range", "bytes 5242880-5242886/5242887");
    ask(b, "HEAD", "/bucket/big?partNumber=1", NULL, NULL, 206, "");
    assert_header(b, "Content-Length", "5242880");
    ask(b, "GET", "/bucket/big?partNumber=2", NULL, NULL, 416, "InvalidPartNumber");
    ask(b, "GET", "/bucket/big?partNumber=0", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket/big?partNumber=1", "Range: bytes=0-1\n", NULL, 400, "InvalidRequest");
    put(b, "key", "0123456789");
    ask(b, "GET", "/bucket/key?partNumber=1", NULL, NULL, 206, "");
    assert_body(b, "0123456789");
    assert_header(b, "x-amz-mp-parts-count", "");
    ask(b, "GET", "/bucket/key?partNumber=2", NULL, NULL, 416, "InvalidPartNumber");
}

static void a_copy_of_a_multipart_object_is_one_piece(void **state)
{
    struct bench *b = *state;
    make_multipart(b);
    ask(b, "PUT", "/bucket/copy", "x-amz-copy-source: /bucket/big\n", NULL, 200, "");
    ask(b, "HEAD", "/bucket/copy", NULL, NULL, 200, "");
    assert_header(b, "Content-Length", "5242887");
    assert_null(strchr(answer_header(&b->answer, "ETag", b->text, sizeof b->text), '-'));
}

static void attributes(void **state)
{
    struct bench *b = *state;
    make_multipart(b);
    ask(b, "GET", "/bucket/big?attributes",
        "x-amz-object-attributes: ETag,ObjectParts\nx-amz-object-attributes: ObjectSize\n", NULL,
        200, "");
    assert_element(b, "PartsCount", "2");
    assert_element(b, "ObjectSize", "5242887");
    assert_element(b, "StorageClass", "");
    assert_null(strchr(answer_element(&b->answer, "ETag", b->text, sizeof b->text), '"'));
    ask(b, "GET", "/bucket/big?attributes", NULL, NULL, 400, "InvalidRequest");
    ask(b, "GET", "/bucket/big?attributes", "x-amz-object-attributes: Color\n", NULL, 400,
        "InvalidArgument");
    ask(b, "GET", "/bucket/none?attributes", "x-amz-object-attributes: ETag\n", NULL, 404,
        "NoSuchKey");
}

static void settings_are_those_of_a_new_bucket(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *target;
        int status;
        const char *code;
    } cases[] = {
        {"/bucket?acl", 200, ""},
        {"/bucket?policy", 404, "NoSuchBucketPolicy"},
        {"/bucket?lifecycle", 404, "NoSuchLifecycleConfiguration"},
        {"/bucket?cors", 404, "NoSuchCORSConfiguration"},
        {"/bucket?tagging", 404, "NoSuchTagSet"},
        {"/bucket?website", 404, "NoSuchWebsiteConfiguration"},
        {"/bucket?replication", 404, "ReplicationConfigurationNotFoundError"},
        {"/bucket?publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration"},
        {"/bucket?object-lock", 404, "ObjectLockConfigurationNotFoundError"},
        {"/bucket?encryption", 200, ""},
        {"/bucket?ownershipControls", 200, ""},
        {"/bucket?requestPayment", 200, ""},
        {"/bucket?logging", 200, ""},
        {"/bucket?notification", 200, ""},
        {"/bucket?accelerate", 200, ""},
        {"/missing?policy", 404, "NoSuchBucket"},
        {"/bucket/key?acl", 200, ""},
        {"/bucket/none?acl", 404, "NoSuchKey"},
        {"/bucket/key?retention", 400, "InvalidRequest"},
    };
    put(b, "key", "x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ask(b, "GET", cases[i].target, NULL, NULL, cases[i].status, cases[i].code);
    ask(b, "GET", "/bucket?acl", NULL, NULL, 200, "");
    assert_element(b, "Permission", "FULL_CONTROL");
    ask(b, "PUT", "/bucket/key?acl", "x-amz-acl: private\n", NULL, 200, "");
    ask(b, "PUT", "/bucket/key?acl", "x-amz-acl: public-read\n", NULL, 400,
        "AccessControlListNotSupported");
    ask(b, "PUT", "/bucket/other", "x-amz-acl: public-read\n", "x", 400,
        "AccessControlListNotSupported");
}

static void encryption_without_keys_alone(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/key", "x-amz-server-side-encryption: AES256\n", "x", 200, "");
    assert_header(b, "x-amz-server-side-encryption", "AES256");
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, "x-amz-server-side-encryption", "AES256");
    ask(b, "PUT", "/bucket/key", "x-amz-server-side-encryption: aws:kms\n", "x", 501,
        "NotImplemented");
    ask(b, "PUT", "/bucket/key", "x-amz-server-side-encryption-customer-algorithm: AES256\n", "x",
        501, "NotImplemented");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(copies_take_what_they_are_told),
        SERVER_TEST(copies_are_refused_as_s3_does),
        SERVER_TEST(tags_are_kept_apart_from_the_object),
        SERVER_TEST(tags_have_limits),
        SERVER_TEST(the_largest_tags_fit),
        SERVER_TEST(replies_can_be_overridden),
        SERVER_TEST(metadata_is_joined_and_may_be_empty),
        SERVER_TEST(storage_classes),
        SERVER_TEST(parts_are_read_by_number),
        SERVER_TEST(a_copy_of_a_multipart_object_is_one_piece),
        SERVER_TEST(attributes),
        SERVER_TEST(settings_are_those_of_a_new_bucket),
        SERVER_TEST(encryption_without_keys_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
