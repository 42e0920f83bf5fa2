/* SPDX-License-Identifier: MIT */
/* The embedded server's multipart uploads over real connections. */
#include "tests/unit/server_bench.h"

#define PART_BYTES (5u << 20)

static void create_upload(struct bench *b, const char *key, char id[64])
{
    char target[256];
    snprintf(target, sizeof target, "/bucket/%s?uploads", key);
    ask(b, "POST", target, "Content-Type: text/plain\nx-amz-meta-a: b\n", NULL, 200, "");
    answer_element(&b->answer, "UploadId", id, 64);
    assert_int_equal(strlen(id), 32);
}

static void ask_part(struct bench *b, const char *id, int number, const char *headers,
                     const void *body, size_t len, int status, const char *code)
{
    char target[256];
    snprintf(target, sizeof target, "/bucket/big?partNumber=%d&uploadId=%s", number, id);
    wire_ask(&b->wire, "PUT", target, headers, body, len, &b->answer);
    assert_int_equal(b->answer.status, status);
    assert_string_equal(b->answer.code, code);
}

static void ask_complete(struct bench *b, const char *id, const char *headers, const char *parts,
                         int status, const char *code)
{
    char target[256], body[1024];
    snprintf(target, sizeof target, "/bucket/big?uploadId=%s", id);
    snprintf(body, sizeof body, "<CompleteMultipartUpload>%s</CompleteMultipartUpload>", parts);
    ask(b, "POST", target, headers, body, status, code);
}

static void multipart_with_a_copied_part(void **state)
{
    struct bench *b = *state;
    char id[64], target[256], parts[512], etag[2][64];
    char *large = malloc(PART_BYTES);
    assert_non_null(large);
    memset(large, 'L', PART_BYTES);
    put(b, "source", "0123456789");
    create_upload(b, "big", id);
    ask_part(b, id, 1, NULL, large, PART_BYTES, 200, "");
    answer_header(&b->answer, "ETag", etag[0], sizeof etag[0]);
    ask_part(b, id, 7,
             "x-amz-copy-source: /bucket/source\nx-amz-copy-source-range: bytes=3-5\n"
             "x-amz-copy-source-if-match: \"781e5e245d69b566979b86e28d23f2c7\"\n",
             NULL, 0, 200, "");
    answer_element(&b->answer, "ETag", etag[1], sizeof etag[1]);
    snprintf(target, sizeof target, "/bucket/big?uploadId=%s", id);
    ask(b, "GET", target, NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<PartNumber>1</PartNumber>", "<Size>5242880</Size>",
                                             "<PartNumber>7</PartNumber>", "<Size>3</Size>", NULL});
    ask(b, "GET", "/bucket?uploads", NULL, NULL, 200, "");
    assert_element(b, "UploadId", id);
    ask(b, "GET", "/bucket/big", NULL, NULL, 404, "NoSuchKey");
    snprintf(parts, sizeof parts,
             "<Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part>"
             "<Part><PartNumber>7</PartNumber><ETag>%s</ETag></Part>",
             etag[0], etag[1]);
    ask_complete(b, id, NULL, parts, 200, "");
    ask(b, "GET", "/bucket/big", "Range: bytes=5242878-\n", NULL, 206, "");
    assert_body(b, "LL345");
    assert_header(b, "x-amz-meta-a", "b");
    assert_header(b, "Content-Type", "text/plain");
    assert_non_null(strstr(answer_header(&b->answer, "ETag", b->text, sizeof b->text), "-2\""));
    wire_ask(&b->wire, "GET", "/bucket/big", NULL, NULL, 0, &b->answer);
    assert_int_equal(b->answer.body.len, PART_BYTES + 3);
    ask_complete(b, id, NULL, parts, 200, ""); /* again: as S3, it answers as before */
    assert_non_null(strstr(b->answer.body.data, "-2&quot;</ETag>"));
    ask(b, "DELETE", "/bucket/big", NULL, NULL, 204, "");
    ask_complete(b, id, NULL, parts, 404, "NoSuchUpload");
    free(large);
}

static void multipart_refusals(void **state)
{
    struct bench *b = *state;
    char id[64], target[256];
    put(b, "big", "already there");
    create_upload(b, "big", id);
    ask_part(b, "0123", 1, NULL, "x", 1, 404, "NoSuchUpload");
    ask_part(b, id, 0, NULL, "x", 1, 400, "InvalidArgument");
    ask_part(b, id, 10001, NULL, "x", 1, 400, "InvalidArgument");
    ask_part(b, id, 1, "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\n", "x", 1, 400, "BadDigest");
    ask_part(b, id, 1, "x-amz-copy-source: /bucket/none\n", NULL, 0, 404, "NoSuchKey");
    ask_part(b, id, 1, "x-amz-copy-source: /bucket/big\nx-amz-copy-source-if-match: \"0\"\n", NULL,
             0, 412, "PreconditionFailed");
    ask_part(b, id, 1, "x-amz-copy-source: /bucket/big\nx-amz-copy-source-range: bytes=0-99\n",
             NULL, 0, 400, "InvalidArgument");
    ask_part(b, id, 1, NULL, "x", 1, 200, "");
    ask_part(b, id, 2, NULL, "y", 1, 200, "");
    ask_complete(b, id, NULL, "", 400, "MalformedXML");
    ask_complete(b, id, NULL, "<Part><PartNumber>", 400, "MalformedXML");
    ask_complete(b, id, NULL, "<Part><PartNumber>1</PartNumber></Part>", 400, "MalformedXML");
    ask_complete(b, id, NULL, "<Part><ETag>x</ETag></Part>", 400, "MalformedXML");
    ask_complete(b, id, NULL, "<Part><PartNumber>0</PartNumber><ETag>x</ETag></Part>", 400,
                 "InvalidArgument");
    ask_complete(b, id, NULL, "<Part><PartNumber>3</PartNumber><ETag>x</ETag></Part>", 400,
                 "InvalidPart");
    static const char x[] = "<Part><PartNumber>1</PartNumber><ETag>"
                            "9dd4e461268c8034f5c8564e155c67a6</ETag></Part>";
    static const char x_and_y[] = "<Part><PartNumber>1</PartNumber><ETag>"
                                  "9dd4e461268c8034f5c8564e155c67a6</ETag></Part>"
                                  "<Part><PartNumber>2</PartNumber><ETag>"
                                  "415290769594460e2e485922904f345d</ETag></Part>";
    static const char y_and_x[] = "<Part><PartNumber>2</PartNumber><ETag>"
                                  "415290769594460e2e485922904f345d</ETag></Part>"
                                  "<Part><PartNumber>1</PartNumber><ETag>"
                                  "9dd4e461268c8034f5c8564e155c67a6</ETag></Part>";
    ask_complete(b, id, NULL, x_and_y, 400, "EntityTooSmall");
    ask_complete(b, id, NULL, y_and_x, 400, "InvalidPartOrder");
    ask_complete(b, id, "If-None-Match: *\n", x, 412, "PreconditionFailed");
    snprintf(target, sizeof target, "/bucket/big?uploadId=%s", id);
    ask(b, "DELETE", target, NULL, NULL, 204, "");
    ask(b, "DELETE", target, NULL, NULL, 404, "NoSuchUpload");
    struct s3_server_stats stats;
    s3_server_stats(b->server, &stats);
    assert_int_equal(stats.open_uploads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(multipart_with_a_copied_part),
        SERVER_TEST(multipart_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
