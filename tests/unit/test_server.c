/* SPDX-License-Identifier: MIT */
/* The embedded server over real connections: every operation, and S3's code for every refusal. */
#include "tests/unit/server_bench.h"

static inline int bench_setup_small(void **state)
{
    return bench_setup_with(state, 100000);
}

static void buckets(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/another", NULL, NULL, 200, "");
    assert_header(b, "Location", "/another");
    ask(b, "PUT", "/another", NULL, NULL, 200, "");
    ask(b, "PUT", "/Not_A_Name", NULL, NULL, 400, "InvalidBucketName");
    ask(b, "HEAD", "/another", NULL, NULL, 200, "");
    ask(b, "HEAD", "/missing", NULL, NULL, 404, "");
    ask(b, "GET", "/another?location", NULL, NULL, 200, "");
    ask(b, "GET", "/missing?location", NULL, NULL, 404, "NoSuchBucket");
    ask(b, "GET", "/", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Name>another</Name>", "<Name>bucket</Name>", NULL});
    ask(b, "PUT", "/another/key", NULL, "x", 200, "");
    ask(b, "DELETE", "/another", NULL, NULL, 409, "BucketNotEmpty");
    ask(b, "DELETE", "/another/key", NULL, NULL, 204, "");
    ask(b, "DELETE", "/another", NULL, NULL, 204, "");
    ask(b, "DELETE", "/another", NULL, NULL, 404, "NoSuchBucket");
}

static void objects_keep_their_bytes_and_headers(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/a/key",
        "Content-Type: text/plain\nCache-Control: no-cache\nContent-Encoding: gzip\n"
        "Content-Language: de\nContent-Disposition: attachment\nX-Amz-Meta-Name: Value one\n"
        "x-amz-storage-class: STANDARD_IA\n",
        "0123456789", 200, "");
    assert_header(b, "ETag", "\"781e5e245d69b566979b86e28d23f2c7\"");
    ask(b, "GET", "/bucket/a/key", NULL, NULL, 200, "");
    assert_body(b, "0123456789");
    assert_header(b, "Content-Type", "text/plain");
    assert_header(b, "Cache-Control", "no-cache");
    assert_header(b, "Content-Encoding", "gzip");
    assert_header(b, "Content-Language", "de");
    assert_header(b, "Content-Disposition", "attachment");
    assert_header(b, "x-amz-meta-name", "Value one");
    assert_header(b, "x-amz-storage-class", "STANDARD_IA");
    assert_header(b, "ETag", "\"781e5e245d69b566979b86e28d23f2c7\"");
    assert_header(b, "Accept-Ranges", "bytes");
    ask(b, "HEAD", "/bucket/a/key", NULL, NULL, 200, "");
    assert_header(b, "Content-Length", "10");
    ask(b, "PUT", "/bucket/a/key", NULL, NULL, 200, "");
    ask(b, "GET", "/bucket/a/key", NULL, NULL, 200, "");
    assert_header(b, "Content-Type", "binary/octet-stream");
    assert_header(b, "x-amz-meta-name", "");
    assert_header(b, "Content-Length", "0");
    ask(b, "GET", "/bucket/none", NULL, NULL, 404, "NoSuchKey");
    assert_element(b, "Key", "none");
    ask(b, "HEAD", "/bucket/none", NULL, NULL, 404, "");
    ask(b, "GET", "/missing/none", NULL, NULL, 404, "NoSuchBucket");
    ask(b, "PUT", "/missing/none", NULL, "x", 404, "NoSuchBucket");
}

static void deleting_is_idempotent(void **state)
{
    struct bench *b = *state;
    put(b, "key", "x");
    ask(b, "DELETE", "/bucket/key", "If-Match: \"wrong\"\n", NULL, 412, "PreconditionFailed");
    ask(b, "DELETE", "/bucket/key", NULL, NULL, 204, "");
    ask(b, "DELETE", "/bucket/key", NULL, NULL, 204, "");
    ask(b, "DELETE", "/bucket/key", "If-Match: \"any\"\n", NULL, 404, "NoSuchKey");
    ask(b, "DELETE", "/missing/key", NULL, NULL, 404, "NoSuchBucket");
}

static void ranges(void **state)
{
    struct bench *b = *state;
    put(b, "key", "0123456789");
    ask(b, "GET", "/bucket/key", "Range: bytes=2-4\n", NULL, 206, "");
    assert_body(b, "234");
    assert_header(b, "Content-Range", "bytes 2-4/10");
    ask(b, "GET", "/bucket/key", "Range: bytes=-3\n", NULL, 206, "");
    assert_body(b, "789");
    ask(b, "GET", "/bucket/key", "Range: bytes=7-\n", NULL, 206, "");
    assert_body(b, "789");
    ask(b, "HEAD", "/bucket/key", "Range: bytes=0-0\n", NULL, 206, "");
    assert_header(b, "Content-Length", "1");
    ask(b, "GET", "/bucket/key", "Range: bytes=10-\n", NULL, 416, "InvalidRange");
    assert_header(b, "Content-Range", "bytes */10");
    ask(b, "GET", "/bucket/key", "Range: bytes=0-1,5-6\n", NULL, 200, "");
}

static void reads_with_conditions(void **state)
{
    struct bench *b = *state;
    const char *etag = "If-Match: \"781e5e245d69b566979b86e28d23f2c7\"\n";
    put(b, "key", "0123456789");
    ask(b, "GET", "/bucket/key", etag, NULL, 200, "");
    ask(b, "GET", "/bucket/key", "If-Match: \"0\"\n", NULL, 412, "PreconditionFailed");
    ask(b, "HEAD", "/bucket/key", "If-Match: \"0\"\n", NULL, 412, "");
    ask(b, "GET", "/bucket/key", "If-None-Match: \"0\"\n", NULL, 200, "");
    ask(b, "GET", "/bucket/key", "If-None-Match: *\n", NULL, 304, "");
    ask(b, "GET", "/bucket/key", "If-Modified-Since: Fri, 24 May 2013 00:00:00 GMT\n", NULL, 200,
        "");
    ask(b, "GET", "/bucket/key", "If-Unmodified-Since: Fri, 24 May 2013 00:00:00 GMT\n", NULL, 412,
        "PreconditionFailed");
}

static void writes_with_conditions(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/key", "If-None-Match: *\n", "one", 200, "");
    ask(b, "PUT", "/bucket/key", "If-None-Match: *\n", "two", 412, "PreconditionFailed");
    ask(b, "PUT", "/bucket/key", "If-Match: \"0\"\n", "two", 412, "PreconditionFailed");
    ask(b, "PUT", "/bucket/key", "If-None-Match: \"0\"\n", "two", 501, "NotImplemented");
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "one");
    ask(b, "PUT", "/bucket/key", "If-Match: \"f97c5d29941bfb1b2fdab0874906ab82\"\n", "two", 200,
        "");
    ask(b, "PUT", "/bucket/none", "If-Match: \"0\"\n", "two", 404, "NoSuchKey");
}

static void checksums(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *headers;
        int status;
        const char *code;
    } cases[] = {
        {"Content-MD5: JfnnlDI7RTiF9RgfG2JNCw==\n", 200, ""},
        {"Content-MD5: JfnnlDI7RTiF9RgfG2JNCA==\n", 400, "BadDigest"},
        {"Content-MD5: not-base64\n", 400, "InvalidDigest"},
        {"x-amz-checksum-crc32: y/Q5Jg==\n", 200, ""},
        {"x-amz-checksum-crc32: y/Q5Jw==\n", 400, "BadDigest"},
        {"x-amz-checksum-crc32c: 4waSgw==\n", 200, ""},
        {"x-amz-checksum-crc32c: 4waSgg==\n", 400, "BadDigest"},
        {"x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n", 200, ""},
        {"x-amz-checksum-sha256: AeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n", 400, "BadDigest"},
        {"x-amz-checksum-crc64nvme: rosUhgp5mIg=\n", 200, ""},
        {"x-amz-checksum-crc64nvme: AAAAAAAAAAA=\n", 400, "BadDigest"},
        {"x-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEE=\n", 200, ""},
        {"x-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEA=\n", 400, "BadDigest"},
        {"x-amz-checksum-crc32: y/Q5Jg\n", 400, "InvalidRequest"},
        {"x-amz-checksum-crc32: y/Q5Jg==-1\n", 400, "InvalidRequest"},
        {"x-amz-checksum-md5: JfnnlDI7RTiF9RgfG2JNCw==\n", 400, "InvalidRequest"},
        {"x-amz-checksum-crc32: y/Q5Jg==\nx-amz-checksum-crc32c: 4waSgw==\n", 400,
         "InvalidRequest"},
        {"x-amz-checksum-crc32: y/Q5Jg==\nx-amz-sdk-checksum-algorithm: CRC32\n", 200, ""},
        {"x-amz-checksum-crc32: y/Q5Jg==\nx-amz-sdk-checksum-algorithm: SHA1\n", 400,
         "InvalidRequest"},
        {"x-amz-sdk-checksum-algorithm: CRC32\n", 400, "InvalidRequest"},
        {"x-amz-sdk-checksum-algorithm: ROT13\n", 400, "InvalidRequest"},
        {"x-amz-trailer: x-amz-checksum-crc32\n", 400, "InvalidRequest"},
        {"x-amz-content-sha256: "
         "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225\n",
         200, ""},
        {"x-amz-content-sha256: "
         "05e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225\n",
         400, "XAmzContentSHA256Mismatch"},
        {"x-amz-content-sha256: UNSIGNED-PAYLOAD\n", 200, ""},
        {"x-amz-content-sha256: what\n", 400, "InvalidArgument"},
        {"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n", 411, "MissingContentLength"},
        {"x-amz-content-sha256: STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD\n", 501, "NotImplemented"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(b, "PUT", "/bucket/key", cases[i].headers, "123456789", cases[i].status, cases[i].code);
        ask(b, "GET", "/bucket/key", NULL, NULL, cases[i].status == 200 ? 200 : 404,
            cases[i].status == 200 ? "" : "NoSuchKey");
        assert_ok(s3_server_remove(b->server, "bucket", "key", NULL), NULL);
    }
    ask(b, "PUT", "/bucket/key", "x-amz-checksum-crc32: y/Q5Jg==\n", "123456789", 200, "");
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, "x-amz-checksum-crc32", "");
    ask(b, "GET", "/bucket/key", "x-amz-checksum-mode: ENABLED\n", NULL, 200, "");
    assert_header(b, "x-amz-checksum-crc32", "y/Q5Jg==");
    assert_header(b, "x-amz-checksum-type", "FULL_OBJECT");
    ask(b, "GET", "/bucket/key", "x-amz-checksum-mode: ENABLED\nRange: bytes=0-1\n", NULL, 206, "");
    assert_header(b, "x-amz-checksum-crc32", "");
    /* Without one of the client's, S3 makes its own. */
    ask(b, "PUT", "/bucket/key", NULL, "123456789", 200, "");
    assert_header(b, "x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
    ask(b, "HEAD", "/bucket/key", "x-amz-checksum-mode: ENABLED\n", NULL, 200, "");
    assert_header(b, "x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
    /* Of nothing, too. */
    ask(b, "PUT", "/bucket/key", "x-amz-checksum-sha1: 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\n", "", 200,
        "");
    assert_header(b, "x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    ask(b, "PUT", "/bucket/key", "x-amz-checksum-crc32: y/Q5Jg==\n", "", 400, "BadDigest");
}

static void odd_keys(void **state)
{
    struct bench *b = *state;
    static const char *const targets[] = {
        "/bucket/a%20b",
        "/bucket/a%2Bb",
        "/bucket//x//y",
        "/bucket/./z",
        "/bucket/../q",
        "/bucket/%2541",
        "/bucket/a%26b%3Dc%3Fd%23e",
        "/bucket/k%01%7F",
        "/bucket/%C3%A9",
        "/bucket/%3C%22%27%3E",
        "/bucket/~._-",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        ask(b, "PUT", targets[i], NULL, targets[i], 200, "");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        ask(b, "GET", targets[i], NULL, NULL, 200, "");
        assert_body(b, targets[i]);
    }
    ask(b, "GET", "/bucket?list-type=2&encoding-type=url", NULL, NULL, 200, "");
    assert_element(b, "EncodingType", "url");
    assert_non_null(strstr(b->answer.body.data, "<Key>k%01%7F</Key>"));
    ask(b, "DELETE", "/bucket/k%01%7F", NULL, NULL, 204, "");
    ask(b, "GET", "/bucket?list-type=2", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Key>%41", "<Key>../q", "<Key>./z", "<Key>/x//y",
                                             "<Key>&lt;", "<Key>a b", "<Key>a&amp;b", "<Key>a+b",
                                             "<Key>~._-", "<Key>\xc3\xa9", NULL});
    ask(b, "GET", "/bucket/a%00b", NULL, NULL, 400, "InvalidURI");
    ask(b, "GET", "/bucket/a%zzb", NULL, NULL, 400, "InvalidURI");
    ask(b, "GET", "/%zz/a", NULL, NULL, 400, "InvalidURI");
    ask(b, "GET", "/%", NULL, NULL, 400, "InvalidURI");
}

static void listing_rolls_up_at_the_delimiter(void **state)
{
    struct bench *b = *state;
    put(b, "a/1", "");
    put(b, "a/2", "");
    put(b, "b", "");
    put(b, "c/x/1", "");
    put(b, "c/y", "");
    ask(b, "GET", "/bucket?list-type=2&delimiter=%2F", NULL, NULL, 200, "");
    assert_element(b, "KeyCount", "3");
    assert_in_order(b, (const char *const[]){"<Key>b</Key>", "<Prefix>a/</Prefix>",
                                             "<Prefix>c/</Prefix>", NULL});
    ask(b, "GET", "/bucket?list-type=2&delimiter=%2F&prefix=c%2F", NULL, NULL, 200, "");
    assert_element(b, "KeyCount", "2");
    assert_in_order(b, (const char *const[]){"<Key>c/y</Key>", "<Prefix>c/x/</Prefix>", NULL});
    ask(b, "GET", "/bucket?list-type=2&start-after=b", NULL, NULL, 200, "");
    assert_element(b, "KeyCount", "2");
    assert_element(b, "Key", "c/x/1");
    ask(b, "GET", "/bucket?list-type=2&prefix=nothing", NULL, NULL, 200, "");
    assert_element(b, "KeyCount", "0");
    ask(b, "GET", "/bucket?list-type=2&max-keys=0", NULL, NULL, 200, "");
    assert_element(b, "IsTruncated", "false");
    ask(b, "GET", "/bucket?list-type=2&max-keys=x", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket?list-type=2&continuation-token=zz", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/bucket?list-type=2&encoding-type=x", NULL, NULL, 400, "InvalidArgument");
    ask(b, "GET", "/missing?list-type=2", NULL, NULL, 404, "NoSuchBucket");
}

/* All pages of a listing, whatever their size, name the same things once. */
static void pages_join_up(void **state)
{
    struct bench *b = *state;
    char key[32], target[512], token[256];
    int things = 0; /* every third is a key, the others are alone in a directory */
    for (int i = 0; i < 30; i++, things++) {
        snprintf(key, sizeof key, i % 3 == 0 ? "%02d" : "%02d/x", i);
        put(b, key, "");
    }
    for (int page_size = 1; page_size <= 12; page_size++) {
        int found = 0, pages = 0;
        token[0] = '\0';
        do {
            snprintf(target, sizeof target, "/bucket?list-type=2&delimiter=%%2F&max-keys=%d%s%s",
                     page_size, token[0] != '\0' ? "&continuation-token=" : "", token);
            ask(b, "GET", target, NULL, NULL, 200, "");
            found += (int)strtol(answer_element(&b->answer, "KeyCount", b->text, sizeof b->text),
                                 NULL, 10);
            pages++;
            answer_element(&b->answer, "NextContinuationToken", token, sizeof token);
        } while (token[0] != '\0' && pages < 100);
        assert_int_equal(found, things);
        assert_element(b, "IsTruncated", "false");
    }
}

static void deleting_many(void **state)
{
    struct bench *b = *state;
    static const char body[] = "<Delete><Object><Key>a</Key></Object><Object><Key>b &amp; c</Key>"
                               "</Object><Object><Key>never there</Key></Object></Delete>";
    put(b, "a", "");
    put(b, "b & c", "");
    put(b, "d", "");
    ask(b, "POST", "/bucket?delete", NULL, body, 400, "InvalidRequest");
    ask(b, "POST", "/bucket?delete", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\n", body, 400,
        "BadDigest");
    uint8_t digest[MD5_SIZE];
    struct buf header;
    buf_init(&header, 1024);
    md5(body, strlen(body), digest);
    buf_append_str(&header, "Content-MD5: ");
    buf_append_base64(&header, digest, sizeof digest);
    buf_append_char(&header, '\n');
    ask(b, "POST", "/bucket?delete", header.data, body, 200, "");
    assert_in_order(b, (const char *const[]){"<Deleted><Key>a</Key>", "<Key>b &amp; c</Key>",
                                             "<Key>never there</Key>", NULL});
    buf_release(&header);
    ask(b, "GET", "/bucket?list-type=2", NULL, NULL, 200, "");
    assert_element(b, "KeyCount", "1");
    ask(b, "POST", "/bucket?delete", "x-amz-checksum-crc32: AAAAAA==\n", NULL, 400, "MalformedXML");
}

/* Refusals of the front door */

static void what_is_not_there_says_so(void **state)
{
    struct bench *b = *state;
    put(b, "key", "x");
    ask(b, "GET", "/bucket?analytics", NULL, NULL, 501, "NotImplemented");
    ask(b, "GET", "/bucket/key?torrent", NULL, NULL, 501, "NotImplemented");
    ask(b, "PUT", "/bucket?policy", NULL, "{}", 501, "NotImplemented");
    ask(b, "DELETE", "/bucket?lifecycle", NULL, NULL, 501, "NotImplemented");
    ask(b, "PUT", "/bucket/key?restore", NULL, NULL, 501, "NotImplemented");
    ask(b, "POST", "/bucket/key", NULL, NULL, 405, "MethodNotAllowed");
    ask(b, "PATCH", "/bucket/key", NULL, NULL, 405, "MethodNotAllowed");
    ask(b, "PUT", "/bucket/key?uploads", NULL, "x", 405, "MethodNotAllowed");
    ask(b, "DELETE", "/bucket", NULL, NULL, 409, "BucketNotEmpty");
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "x");
}

static void who_may_ask(void **state)
{
    struct bench *b = *state;
    const struct s3_server_key impostor = {"AKIAFIRST", "guessed", NULL},
                               stranger = {"AKIANOBODY", "x", NULL};
    put(b, "key", "x");
    b->wire.key = NULL;
    ask(b, "GET", "/bucket/key", NULL, NULL, 403, "AccessDenied");
    b->wire.key = &impostor;
    ask(b, "GET", "/bucket/key", NULL, NULL, 403, "SignatureDoesNotMatch");
    ask(b, "PUT", "/bucket/key", NULL, "overwritten", 403, "SignatureDoesNotMatch");
    b->wire.key = &stranger;
    ask(b, "GET", "/bucket/key", NULL, NULL, 403, "InvalidAccessKeyId");
    b->wire.key = &keys[1];
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "x");
}

static void the_host_may_name_the_bucket(void **state)
{
    struct bench *b = *state;
    char path_host[sizeof b->wire.host];
    snprintf(path_host, sizeof path_host, "%s", b->wire.host);
    snprintf(b->wire.host, sizeof b->wire.host, "bucket.localhost:%u", b->wire.port);
    ask(b, "PUT", "/a/key?x-id=PutObject", NULL, "virtual", 200, "");
    ask(b, "PUT", "//odd/../key", NULL, "odd", 200, "");
    ask(b, "GET", "/?list-type=2", NULL, NULL, 200, "");
    assert_in_order(b, (const char *const[]){"<Key>/odd/../key</Key>", "<Key>a/key</Key>", NULL});
    snprintf(b->wire.host, sizeof b->wire.host, "another.localhost:%u", b->wire.port);
    ask(b, "GET", "/a/key", NULL, NULL, 404, "NoSuchBucket");
    ask(b, "PUT", "/", NULL, NULL, 200, "");
    snprintf(b->wire.host, sizeof b->wire.host, "localhost:%u", b->wire.port);
    ask(b, "GET", "/bucket/a/key", NULL, NULL, 200, "");
    assert_body(b, "virtual");
    snprintf(b->wire.host, sizeof b->wire.host, "%s", path_host);
    ask(b, "GET", "/bucket//odd/../key", NULL, NULL, 200, "");
    assert_body(b, "odd");
    ask(b, "HEAD", "/another", NULL, NULL, 200, "");
}

/* What S3 says besides, so that whoever signs wrongly finds out why. */
static void refusals_explain_themselves(void **state)
{
    struct bench *b = *state;
    const struct s3_server_key impostor = {"AKIAFIRST", "guessed", NULL};
    b->wire.key = &impostor;
    ask(b, "GET", "/bucket/key", NULL, NULL, 403, "SignatureDoesNotMatch");
    assert_element(b, "AWSAccessKeyId", "AKIAFIRST");
    assert_in_order(b, (const char *const[]){"<StringToSign>", "<SignatureProvided>",
                                             "<CanonicalRequest>GET", NULL});
    b->wire.key = &keys[0];
    ask(b, "GET", "/bucket/none", NULL, NULL, 404, "NoSuchKey");
    assert_element(b, "StringToSign", "");
}

static void limits(void **state)
{
    struct bench *b = *state;
    char target[1200];
    memset(target, 'k', sizeof target);
    memcpy(target, "/bucket/", 8);
    target[8 + 1024] = '\0';
    ask(b, "PUT", target, NULL, "x", 200, "");
    target[8 + 1024] = 'k';
    target[8 + 1025] = '\0';
    ask(b, "PUT", target, NULL, "x", 400, "KeyTooLongError");
    ask(b, "PUT", "/bucket/key", "Content-Length: 5368709121\n", NULL, 400, "EntityTooLarge");
    ask(b, "PUT", "/bucket/key", "Transfer-Encoding: chunked\n", "1\r\nx\r\n0\r\n\r\n", 501,
        "NotImplemented");
    struct buf meta;
    buf_init(&meta, 16384);
    buf_printf(&meta, "x-amz-meta-a: %02050d\n", 1);
    ask(b, "PUT", "/bucket/key", meta.data, "x", 400, "MetadataTooLarge");
    buf_reset(&meta);
    for (int i = 0; i < 70; i++)
        buf_printf(&meta, "X-Header-%d: x\n", i);
    ask(b, "GET", "/bucket/key", meta.data, NULL, 400, "RequestHeaderSectionTooLarge");
    buf_reset(&meta);
    buf_printf(&meta, "X-Header: %08192d\n", 1);
    ask(b, "GET", "/bucket/key", meta.data, NULL, 400, "RequestHeaderSectionTooLarge");
    buf_release(&meta);
}

/* The longest of both at once: a listing after a key and with a prefix that are all escapes, and
 * headers just below their limit, in many lines. */
static void the_longest_requests_fit(void **state)
{
    struct bench *b = *state;
    struct buf target, headers;
    buf_init(&target, 16384);
    buf_init(&headers, 16384);
    buf_append_str(&target, "/bucket?list-type=2&prefix=");
    for (int i = 0; i < 1024; i++)
        buf_append_str(&target, "%C3");
    buf_append_str(&target, "&start-after=");
    for (int i = 0; i < 1024; i++)
        buf_append_str(&target, "%C3");
    for (int i = 0; i < 40; i++)
        buf_printf(&headers, "X-Header-%02d: %0180d\n", i, i);
    ask(b, "GET", target.data, headers.data, NULL, 200, "");
    buf_release(&target);
    buf_release(&headers);
}

static void the_memory_limit_is_an_answer(void **state)
{
    struct bench *b = *state; /* may store 100,000 bytes */
    char *body = calloc(1, 90001);
    assert_non_null(body);
    memset(body, 'x', 90000);
    ask(b, "PUT", "/bucket/first", NULL, body, 200, "");
    ask(b, "PUT", "/bucket/second", NULL, body, 507, "InsufficientStorage");
    ask(b, "DELETE", "/bucket/first", NULL, NULL, 204, "");
    ask(b, "PUT", "/bucket/second", NULL, body, 200, "");
    free(body);
}

/* Nonsense costs the sender its connection, and no one else anything. */
static void nonsense_is_survived(void **state)
{
    struct bench *b = *state;
    static const char *const nonsense[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET /bucket/key HTTP/9.9\r\n\r\n",
        "GET /bucket/key HTTP/1.1\r\nbroken header\r\n\r\n",
        "PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
        "GET bucket/key HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /bucket/ke",
    };
    put(b, "key", "x");
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        struct wire w;
        wire_open(&w, s3_server_url(b->server), NULL);
        wire_send_raw(&w, nonsense[i], strlen(nonsense[i]));
        wire_close(&w);
        ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    }
}

static void a_client_may_wait_for_100_continue(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/key", "Expect: 100-continue\n", "body", 200, "");
    ask(b, "PUT", "/missing-bucket-is-only-found-out-later/key", "Expect: 100-continue\n", "body",
        404, "NoSuchBucket");
    b->wire.key = NULL;
    ask(b, "PUT", "/bucket/key", "Expect: 100-continue\n", "other", 403, "AccessDenied");
}

static void connections_are_kept(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 10; i++) {
        ask(b, "PUT", "/bucket/key", NULL, "x", 200, "");
        ask(b, "GET", "/bucket/none", NULL, NULL, 404, "NoSuchKey");
    }
    struct s3_server_stats stats;
    s3_server_stats(b->server, &stats);
    assert_int_equal(stats.connections, 1);
    assert_int_equal(stats.requests, 20);
    assert_int_equal(stats.objects, 1);
    uint64_t sum = 0;
    for (unsigned i = 0; s3_server_operation_name(i) != NULL; i++)
        sum += stats.by_operation[i];
    assert_int_equal(sum, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(buckets),
        SERVER_TEST(objects_keep_their_bytes_and_headers),
        SERVER_TEST(deleting_is_idempotent),
        SERVER_TEST(ranges),
        SERVER_TEST(reads_with_conditions),
        SERVER_TEST(writes_with_conditions),
        SERVER_TEST(checksums),
        SERVER_TEST(odd_keys),
        SERVER_TEST(listing_rolls_up_at_the_delimiter),
        SERVER_TEST(pages_join_up),
        SERVER_TEST(deleting_many),
        SERVER_TEST(what_is_not_there_says_so),
        SERVER_TEST(who_may_ask),
        SERVER_TEST(the_host_may_name_the_bucket),
        SERVER_TEST(refusals_explain_themselves),
        SERVER_TEST(limits),
        SERVER_TEST(the_longest_requests_fit),
        cmocka_unit_test_setup_teardown(the_memory_limit_is_an_answer, bench_setup_small,
                                        bench_teardown),
        SERVER_TEST(nonsense_is_survived),
        SERVER_TEST(a_client_may_wait_for_100_continue),
        SERVER_TEST(connections_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
