/* SPDX-License-Identifier: MIT */
/* The embedded server's listings: buckets, objects in both versions, uploads. */
#include "tests/unit/server_bench.h"

static void put_many(struct bench *b)
{
    static const char *const keys_to_put[] = {"a", "d/1", "d/2", "d--x", "e", "f/1", "g"};
    for (size_t i = 0; i < sizeof keys_to_put / sizeof *keys_to_put; i++)
        put(b, keys_to_put[i], "x");
}

static void version_one_goes_on_from_markers(void **state)
{
    struct bench *b = *state;
    put_many(b);
    ask(b, "GET", "/bucket?max-keys=2", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Marker></Marker>", "<MaxKeys>2</MaxKeys>",
                                             "<Key>a</Key>", "<Owner><ID>", "<Key>d--x</Key>",
                                             "<IsTruncated>true</IsTruncated>", NULL});
    assert_element(b, "NextMarker", ""); /* only with a delimiter: the last key is the marker */
    assert_element(b, "KeyCount", "");
    ask(b, "GET", "/bucket?max-keys=2&delimiter=%2F&marker=a", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Key>d--x</Key>", "<Prefix>d/</Prefix>", NULL});
    assert_element(b, "NextMarker", "d/");
    ask(b, "GET", "/bucket?max-keys=2&delimiter=%2F&marker=d%2F", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Key>e</Key>", "<Prefix>f/</Prefix>", NULL});
    assert_null(strstr(b->answer.body.data, "<Prefix>d/</Prefix>"));
    ask(b, "GET", "/bucket?marker=zzz", NULL, NULL, 200, "");
    assert_element(b, "Key", "");
    assert_element(b, "IsTruncated", "false");
}

static void version_two_has_its_own_parameters(void **state)
{
    struct bench *b = *state;
    put_many(b);
    ask(b, "GET", "/bucket?list-type=2&start-after=d%2F1&fetch-owner=true", NULL, NULL, 200, "");
    assert_element(b, "StartAfter", "d/1");
    assert_element(b, "Key", "d/2");
    assert_in_order(b, (const char *const[]){"<Owner>", NULL});
    ask(b, "GET", "/bucket?list-type=2", NULL, NULL, 200, "");
    assert_null(strstr(b->answer.body.data, "<Owner>"));
    ask(b, "GET", "/bucket?list-type=2&delimiter=--", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<CommonPrefixes><Prefix>d--</Prefix>", NULL});
    assert_element(b, "KeyCount", "7");
    ask(b, "GET", "/bucket?list-type=2&max-keys=0", NULL, NULL, 200, "");
    assert_element(b, "IsTruncated", "false");
    assert_element(b, "KeyCount", "0");
    ask(b, "GET", "/bucket?list-type=2&max-keys=5000", NULL, NULL, 200, "");
    assert_element(b, "MaxKeys", "1000");
}

static void nonsense_in_a_listing_is_named(void **state)
{
    struct bench *b = *state;
    ask(b, "GET", "/bucket?list-type=3", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket?max-keys=-1", NULL, NULL, 400, "InvalidArgument");
    assert_element(b, "ArgumentName", "max-keys");
    assert_element(b, "ArgumentValue", "-1");
    ask(b, "GET", "/bucket?max-keys=x", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket?encoding-type=base64", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket?list-type=2&continuation-token=zz", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/missing", NULL, NULL, 404, "NoSuchBucket");
}

static void buckets_are_listed_page_by_page(void **state)
{
    struct bench *b = *state;
    char token[128], target[256];
    ask(b, "PUT", "/alpha", NULL, NULL, 200, "");
    assert_header(b, "x-amz-bucket-arn", "arn:aws:s3:::alpha");
    ask(b, "PUT", "/beta", NULL, NULL, 200, "");
    ask(b, "GET", "/?max-buckets=2", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Name>alpha</Name>", "<Name>beta</Name>", NULL});
    assert_null(strstr(b->answer.body.data, "<Name>bucket</Name>"));
    answer_element(&b->answer, "ContinuationToken", token, sizeof token);
    snprintf(target, sizeof target, "/?max-buckets=2&continuation-token=%s", token);
    ask(b, "GET", target, NULL, NULL, 200, "");
    assert_element(b, "Name", "bucket");
    assert_element(b, "ContinuationToken", "");
    ask(b, "GET", "/?prefix=be", NULL, NULL, 200, "");
    assert_element(b, "Name", "beta");
    assert_null(strstr(b->answer.body.data, "alpha"));
    ask(b, "GET", "/?max-buckets=0", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/?continuation-token=zz", NULL, NULL, 400, "InvalidArgument");
}

static void buckets_are_made_where_the_server_is(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *location;
        int status;
        const char *code;
    } cases[] = {
        {"eu-west-1", 400, "IllegalLocationConstraintException"},
        {"nowhere", 400, "InvalidLocationConstraint"},
        {"us-east-1", 400, "InvalidLocationConstraint"},
        {"", 200, ""},
    };
    char body[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(body, sizeof body,
                 "<CreateBucketConfiguration><LocationConstraint>%s</LocationConstraint>"
                 "</CreateBucketConfiguration>",
                 cases[i].location);
        ask(b, "PUT", "/another", NULL, body, cases[i].status, cases[i].code);
    }
    ask(b, "PUT", "/third", NULL, "not XML", 400, "MalformedXML");
    ask(b, "PUT", "/third", "x-amz-acl: public-read\n", NULL, 400,
        "InvalidBucketAclWithObjectOwnership");
    ask(b, "HEAD", "/third", NULL, NULL, 404, "");
    ask(b, "HEAD", "/another", NULL, NULL, 200, "");
    assert_header(b, "x-amz-bucket-region", "us-east-1");
}

static void create_upload(struct bench *b, const char *key, char id[64])
{
    char target[128];
    snprintf(target, sizeof target, "/bucket/%s?uploads", key);
    ask(b, "POST", target, NULL, NULL, 200, "");
    answer_element(&b->answer, "UploadId", id, 64);
}

static void uploads_are_listed_in_order_and_by_page(void **state)
{
    struct bench *b = *state;
    char ids[4][64], target[256];
    create_upload(b, "x/1", ids[0]);
    create_upload(b, "a", ids[1]);
    create_upload(b, "a", ids[2]);
    create_upload(b, "x/2", ids[3]);
    ask(b, "GET", "/bucket?uploads", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){ids[1], "<Initiator>", ids[2], ids[0], ids[3], NULL});
    ask(b, "GET", "/bucket?uploads&delimiter=%2F", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){ids[1], ids[2], "<Prefix>x/</Prefix>", NULL});
    assert_null(strstr(b->answer.body.data, ids[0]));
    ask(b, "GET", "/bucket?uploads&max-uploads=1", NULL, NULL, 200, "");
    assert_element(b, "NextKeyMarker", "a");
    assert_element(b, "NextUploadIdMarker", ids[1]);
    snprintf(target, sizeof target,
             "/bucket?uploads&max-uploads=1&key-marker=a&upload-id-marker=%s", ids[1]);
    ask(b, "GET", target, NULL, NULL, 200, "");
    assert_element(b, "UploadId", ids[2]);
    ask(b, "GET", "/bucket?uploads&key-marker=a&prefix=x", NULL, NULL, 200, "");
    assert_element(b, "UploadId", ids[0]);
    ask(b, "GET", "/bucket?uploads&max-uploads=-1", NULL, NULL, 400, "InvalidArgument");
}

static void parts_are_listed_by_page(void **state)
{
    struct bench *b = *state;
    char id[64], target[256];
    create_upload(b, "key", id);
    for (int n = 1; n <= 3; n++) {
        snprintf(target, sizeof target, "/bucket/key?partNumber=%d&uploadId=%s", 10 * n, id);
        ask(b, "PUT", target, NULL, "x", 200, "");
    }
    snprintf(target, sizeof target, "/bucket/key?uploadId=%s&max-parts=2", id);
    ask(b, "GET", target, NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<PartNumber>10</PartNumber>",
                                             "<PartNumber>20</PartNumber>", NULL});
    assert_element(b, "NextPartNumberMarker", "20");
    assert_element(b, "IsTruncated", "true");
    snprintf(target, sizeof target, "/bucket/key?uploadId=%s&part-number-marker=20", id);
    ask(b, "GET", target, NULL, NULL, 200, "");
    assert_element(b, "PartNumber", "30");
    assert_element(b, "IsTruncated", "false");
    assert_element(b, "ChecksumAlgorithm", "");
    ask(b, "GET", "/bucket/key?uploadId=none", NULL, NULL, 404, "NoSuchUpload");
    ask(b, "POST", "/bucket/summed?uploads", "x-amz-checksum-algorithm: SHA256\n", NULL, 200, "");
    answer_element(&b->answer, "UploadId", id, sizeof id);
    snprintf(target, sizeof target, "/bucket/summed?uploadId=%s", id);
    ask(b, "GET", target, NULL, NULL, 200, "");
    assert_element(b, "ChecksumAlgorithm", "SHA256");
    assert_element(b, "ChecksumType", "COMPOSITE");
    ask(b, "GET", "/bucket?uploads&prefix=s", NULL, NULL, 200, "");
    assert_element(b, "ChecksumAlgorithm", "SHA256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(version_one_goes_on_from_markers),
        SERVER_TEST(version_two_has_its_own_parameters),
        SERVER_TEST(nonsense_in_a_listing_is_named),
        SERVER_TEST(buckets_are_listed_page_by_page),
        SERVER_TEST(buckets_are_made_where_the_server_is),
        SERVER_TEST(uploads_are_listed_in_order_and_by_page),
        SERVER_TEST(parts_are_listed_by_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
