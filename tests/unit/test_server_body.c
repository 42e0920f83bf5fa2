/* SPDX-License-Identifier: MIT */
/* Bodies as they come over the wire: in signed and unsigned chunks, with trailers, with every
 * checksum, single and in parts. */
#include "lib/s3/checksum.h"
#include "tests/unit/server_bench.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define PART_SIZE    (5u << 20)
#define TEXT_MAX     (64u << 10)
#define SIGNED       "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
#define UNSIGNED     "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

/* Streaming */

/* Asks with a body in the aws-chunked form as it is; `rest` are headers in addition. */
static void ask_unsigned(struct bench *b, const char *body, unsigned decoded, const char *rest,
                         int status, const char *code)
{
    char headers[512];
    snprintf(headers, sizeof headers,
             "Content-Encoding: aws-chunked\nx-amz-content-sha256: " UNSIGNED
             "\nx-amz-decoded-content-length: %u\n%s",
             decoded, rest);
    ask(b, "PUT", "/bucket/key", headers, body, status, code);
}

static void append_chunk(struct wire *w, struct buf *body, const char *data, size_t len)
{
    uint8_t digest[SHA256_SIZE];
    struct buf to_sign;
    buf_init(&to_sign, TEXT_MAX);
    sha256(data, len, digest);
    sigv4_chunk_string_to_sign(&w->scope, w->signature, digest, &to_sign);
    sigv4_signature(&w->signing_key, to_sign.data, to_sign.len, w->signature);
    buf_printf(body, "%zx;chunk-signature=%s\r\n", len, w->signature);
    buf_append(body, data, len);
    buf_append_str(body, len > 0 ? "\r\n" : "");
    buf_release(&to_sign);
}

static void append_trailer(struct wire *w, struct buf *body, const char *line)
{
    uint8_t digest[SHA256_SIZE];
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "%s\n", line);
    sha256(text.data, text.len, digest);
    buf_reset(&text);
    sigv4_trailer_string_to_sign(&w->scope, w->signature, digest, &text);
    sigv4_signature(&w->signing_key, text.data, text.len, w->signature);
    buf_printf(body, "%s\r\nx-amz-trailer-signature:%s\r\n", line, w->signature);
    buf_release(&text);
}

/* Sends "123456789" in one signed chunk; `spoil` changes a byte of it. */
static void ask_signed(struct bench *b, const char *trailer, bool spoil, int status,
                       const char *code)
{
    char headers[512];
    struct buf body;
    struct wire *w = &b->wire;
    const unsigned length = trailer != NULL ? 273u + (unsigned)strlen(trailer) : 181u;
    snprintf(headers, sizeof headers,
             "Content-Encoding: aws-chunked,gzip\nContent-Length: %u\nx-amz-content-sha256: %s\n"
             "x-amz-decoded-content-length: 9\n%s",
             length, trailer != NULL ? SIGNED "-TRAILER" : SIGNED,
             trailer != NULL ? "x-amz-trailer: x-amz-checksum-crc32c\n" : "");
    answer_release(&b->answer);
    wire_send(w, "PUT", "/bucket/key", headers, NULL, 0);
    buf_init(&body, TEXT_MAX);
    append_chunk(w, &body, "123456789", 9);
    append_chunk(w, &body, "", 0);
    if (trailer != NULL)
        append_trailer(w, &body, trailer);
    buf_append_str(&body, "\r\n");
    assert_int_equal(body.len, length);
    if (spoil)
        body.data[strlen("9;chunk-signature=") + 64 + 2] = 'x';
    wire_send_raw(w, body.data, body.len);
    buf_release(&body);
    wire_receive(w, false, &b->answer);
    assert_string_equal(b->answer.code, code);
    assert_int_equal(b->answer.status, status);
}

static void signed_chunks(void **state)
{
    struct bench *b = *state;
    ask_signed(b, NULL, false, 200, "");
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "123456789");
    assert_header(b, "Content-Encoding", "gzip");
    ask_signed(b, NULL, true, 403, "SignatureDoesNotMatch");
    ask_signed(b, "x-amz-checksum-crc32c:4waSgw==", false, 200, "");
    assert_header(b, "x-amz-checksum-crc32c", "4waSgw==");
    ask_signed(b, "x-amz-checksum-crc32c:4waSgg==", false, 400, "BadDigest");
    ask_signed(b, "x-amz-checksum-crc32c:4waS", false, 400, "InvalidRequest");
    ask_signed(b, "x-amz-checksum-crc32:y/Q5Jg==", false, 400, "MalformedTrailerError");
    ask_signed(b, "x-amz-checksum-crc32c:4waSgw==", true, 403, "SignatureDoesNotMatch");
}

static void unsigned_chunks(void **state)
{
    struct bench *b = *state;
    static const char crc[] = "x-amz-trailer: x-amz-checksum-crc32\n";
    ask_unsigned(b, "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", 9, crc, 200,
                 "");
    assert_header(b, "x-amz-checksum-crc32", "y/Q5Jg==");
    ask(b, "GET", "/bucket/key", "x-amz-checksum-mode: ENABLED\n", NULL, 200, "");
    assert_body(b, "123456789");
    assert_header(b, "Content-Encoding", "");
    assert_header(b, "x-amz-checksum-crc32", "y/Q5Jg==");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\n\r\n", 9, "", 200, "");
    assert_header(b, "x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
    ask_unsigned(b, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 0, crc, 200, "");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jw==\r\n\r\n", 9, crc, 400,
                 "BadDigest");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\n\r\n", 9, crc, 400, "MalformedTrailerError");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\n\r\n", 8, "", 400, "IncompleteBody");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\n\r\n", 10, "", 400, "IncompleteBody");
    ask_unsigned(b, "123456789", 9, "", 400, "IncompleteBody");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", 9,
                 "x-amz-trailer: x-amz-checksum-rot13\n", 400, "InvalidRequest");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", 9,
                 "x-amz-trailer: x-amz-checksum-crc32\nx-amz-checksum-crc32: y/Q5Jg==\n", 400,
                 "InvalidRequest");
    ask_unsigned(b, "9\r\n123456789\r\n0\r\n\r\n", 9, "Content-MD5: JfnnlDI7RTiF9RgfG2JNCA==\n",
                 400, "BadDigest");
}

/* HTTP's own chunks around those of S3. */
static void chunks_within_chunks(void **state)
{
    struct bench *b = *state;
    ask_unsigned(b, "5\r\n9\r\n12\r\n7\r\n3456789\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", 9,
                 "Transfer-Encoding: chunked\n", 200, "");
    ask(b, "GET", "/bucket/key", NULL, NULL, 200, "");
    assert_body(b, "123456789");
    ask_unsigned(b, "5\r\n9\r\n12\r\n0\r\n\r\n", 9, "Transfer-Encoding: chunked\n", 400,
                 "IncompleteBody");
}

static void streaming_is_for_uploads(void **state)
{
    struct bench *b = *state;
    ask(b, "POST", "/bucket?delete",
        "x-amz-content-sha256: " UNSIGNED "\nx-amz-decoded-content-length: 1\n",
        "1\r\nx\r\n0\r\n\r\n", 400, "InvalidRequest");
}

/* Parts */

static const char part_of_b[] = "and the last part";

struct upload {
    char id[64];
    char etags[2][64];
    char *big; /* the first part */
};

static void upload_create(struct bench *b, struct upload *u, const char *headers)
{
    ask(b, "POST", "/bucket/key?uploads", headers, NULL, 200, "");
    answer_element(&b->answer, "UploadId", u->id, sizeof u->id);
}

static void upload_put(struct bench *b, struct upload *u, unsigned number, const char *headers,
                       const char *code)
{
    char target[256];
    snprintf(target, sizeof target, "/bucket/key?partNumber=%u&uploadId=%s", number, u->id);
    ask(b, "PUT", target, headers, number == 1 ? u->big : part_of_b, code[0] ? 400 : 200, code);
    if (code[0] == '\0')
        answer_header(&b->answer, "ETag", u->etags[number - 1], 64);
}

/* `sums`: what stands in each part's place for its checksum. */
static void upload_complete(struct bench *b, struct upload *u, const char *sums[2],
                            const char *headers, const char *code)
{
    char target[256], body[1024];
    snprintf(target, sizeof target, "/bucket/key?uploadId=%s", u->id);
    snprintf(body, sizeof body,
             "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag>%s</Part>"
             "<Part><PartNumber>2</PartNumber><ETag>%s</ETag>%s</Part></CompleteMultipartUpload>",
             u->etags[0], sums[0], u->etags[1], sums[1]);
    ask(b, "POST", target, headers, body, code[0] ? 400 : 200, code);
}

struct sums {
    const struct checksum_info *info;
    char part[2][CHECKSUM_TEXT_SIZE];
    char headers[2][128], elements[2][128];
    char whole[64]; /* as S3 writes it */
};

static void sums_make(struct sums *s, const struct upload *u, enum checksum_algorithm algorithm,
                      bool composite)
{
    uint8_t digests[2 * CHECKSUM_SIZE_MAX], whole[CHECKSUM_SIZE_MAX];
    char text[CHECKSUM_TEXT_SIZE];
    const size_t tail = strlen(part_of_b);
    char *all = malloc(PART_SIZE + tail);
    assert_non_null(all);
    memcpy(all, u->big, PART_SIZE);
    memcpy(all + PART_SIZE, part_of_b, tail);
    s->info = checksum_info(algorithm);
    for (int i = 0; i < 2; i++) {
        uint8_t *digest = digests + (size_t)i * s->info->size;
        checksum_of(algorithm, i == 0 ? u->big : part_of_b, i == 0 ? PART_SIZE : tail, digest);
        checksum_encode(algorithm, digest, text);
        memcpy(s->part[i], text, sizeof text);
        snprintf(s->headers[i], sizeof s->headers[i], "%s: %s\n", s->info->header, text);
        snprintf(s->elements[i], sizeof s->elements[i], "<%s>%s</%s>", s->info->element, text,
                 s->info->element);
    }
    if (composite)
        checksum_of(algorithm, digests, 2 * s->info->size, whole);
    else
        checksum_of(algorithm, all, PART_SIZE + tail, whole);
    checksum_encode(algorithm, whole, text);
    snprintf(s->whole, sizeof s->whole, composite ? "%s-2" : "%s", text);
    free(all);
}

static void upload_init(struct upload *u)
{
    u->big = malloc(PART_SIZE + 1);
    assert_non_null(u->big);
    memset(u->big, 'a', PART_SIZE);
    u->big[PART_SIZE] = '\0';
}

static void check_whole(struct bench *b, const struct sums *s, bool composite)
{
    const char *type = composite ? "COMPOSITE" : "FULL_OBJECT";
    assert_element(b, s->info->element, s->whole);
    assert_element(b, "ChecksumType", type);
    ask(b, "HEAD", "/bucket/key", "x-amz-checksum-mode: ENABLED\n", NULL, 200, "");
    assert_header(b, s->info->header, s->whole);
    assert_header(b, "x-amz-checksum-type", type);
    ask(b, "HEAD", "/bucket/key", NULL, NULL, 200, "");
    assert_header(b, s->info->header, "");
}

static void parts_with_every_checksum(void **state)
{
    struct bench *b = *state;
    struct upload u;
    upload_init(&u);
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++)
        for (int composite = 0; composite <= 1; composite++) {
            struct sums s;
            char headers[256], wrong[128], target[128];
            if (composite ? !checksum_info(a)->composite : !checksum_info(a)->full_object)
                continue;
            sums_make(&s, &u, a, composite);
            snprintf(headers, sizeof headers,
                     "x-amz-checksum-algorithm: %s\nx-amz-checksum-type: %s\n", s.info->name,
                     composite ? "COMPOSITE" : "FULL_OBJECT");
            upload_create(b, &u, headers);
            assert_header(b, "x-amz-checksum-algorithm", s.info->name);
            upload_put(b, &u, 1, s.headers[0], "");
            assert_header(b, s.info->header, s.part[0]);
            upload_put(b, &u, 2, s.headers[1], "");
            /* What does not fit is refused, and the upload goes on. */
            upload_put(b, &u, 2, s.headers[0], "BadDigest");
            upload_put(b, &u, 2,
                       a == CHECKSUM_SHA1 ? "x-amz-checksum-crc32: AAAAAA==\n"
                                          : "x-amz-checksum-sha1: 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\n",
                       "InvalidRequest");
            snprintf(target, sizeof target, "/bucket/key?uploadId=%s", u.id);
            ask(b, "GET", target, NULL, NULL, 200, "");
            assert_element(b, "ChecksumAlgorithm", s.info->name);
            assert_in_order(b, (const char *const[]){s.elements[0], s.elements[1], NULL});
            const char *good[2] = {s.elements[0], s.elements[1]};
            const char *bad[2] = {s.elements[1], s.elements[0]};
            upload_complete(b, &u, bad, NULL, "InvalidPart");
            snprintf(wrong, sizeof wrong, "%s: %s\n", s.info->header, s.part[0]);
            upload_complete(b, &u, good, wrong, "BadDigest");
            upload_complete(b, &u, good, "x-amz-mp-object-size: 7\n", "InvalidRequest");
            upload_complete(b, &u, good,
                            composite ? "x-amz-checksum-type: FULL_OBJECT\n"
                                      : "x-amz-checksum-type: COMPOSITE\n",
                            "InvalidRequest");
            snprintf(headers, sizeof headers, "%s: %s\nx-amz-mp-object-size: %zu\n", s.info->header,
                     s.whole, PART_SIZE + strlen(part_of_b));
            upload_complete(b, &u, good, headers, "");
            check_whole(b, &s, composite);
        }
    free(u.big);
}

/* Undeclared, whatever the parts brought: S3's own of the whole object. */
static void parts_without_a_declared_checksum(void **state)
{
    struct bench *b = *state;
    const char *none[2] = {"", ""};
    struct upload u;
    struct sums own, theirs;
    upload_init(&u);
    sums_make(&own, &u, CHECKSUM_CRC64NVME, false);
    sums_make(&theirs, &u, CHECKSUM_CRC32, true);
    upload_create(b, &u, NULL);
    upload_put(b, &u, 1, theirs.headers[0], "");
    assert_header(b, "x-amz-checksum-crc32", theirs.part[0]);
    upload_put(b, &u, 2, NULL, "");
    upload_put(b, &u, 2, theirs.headers[0], "BadDigest");
    upload_complete(b, &u, none, NULL, "");
    check_whole(b, &own, false);
    free(u.big);
}

/* Only a composite checksum needs those of the client; the others S3 makes itself. */
static void parts_whose_checksum_is_missing(void **state)
{
    struct bench *b = *state;
    const char *none[2] = {"", ""};
    struct upload u;
    struct sums s;
    upload_init(&u);
    upload_create(b, &u, "x-amz-checksum-algorithm: SHA256\n");
    upload_put(b, &u, 1, NULL, "InvalidRequest");
    sums_make(&s, &u, CHECKSUM_SHA256, true);
    upload_put(b, &u, 1, s.headers[0], "");
    upload_put(b, &u, 2, s.headers[1], "");
    upload_complete(b, &u, none, NULL, "InvalidRequest");
    upload_create(b, &u, "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: FULL_OBJECT\n");
    upload_put(b, &u, 1, NULL, "");
    upload_put(b, &u, 2, NULL, "");
    upload_complete(b, &u, none, NULL, "");
    sums_make(&s, &u, CHECKSUM_CRC32, false);
    check_whole(b, &s, false);
    free(u.big);
}

/* A copy has its source's algorithm or the one it asks for, of all bytes. */
static void copies_carry_checksums(void **state)
{
    struct bench *b = *state;
    ask(b, "PUT", "/bucket/from", "x-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEE=\n",
        "123456789", 200, "");
    ask(b, "PUT", "/bucket/key", "x-amz-copy-source: bucket/from\n", NULL, 200, "");
    assert_element(b, "ChecksumSHA1", "98O8HYCOBHMq32eZZczDTKeuNEE=");
    assert_element(b, "ChecksumType", "FULL_OBJECT");
    ask(b, "PUT", "/bucket/key",
        "x-amz-copy-source: bucket/from\nx-amz-checksum-algorithm: CRC32C\n", NULL, 200, "");
    assert_element(b, "ChecksumCRC32C", "4waSgw==");
    ask(b, "HEAD", "/bucket/key", "x-amz-checksum-mode: ENABLED\n", NULL, 200, "");
    assert_header(b, "x-amz-checksum-crc32c", "4waSgw==");
    ask(b, "PUT", "/bucket/key", "x-amz-copy-source: bucket/from\nx-amz-checksum-algorithm: X\n",
        NULL, 400, "InvalidRequest");
    /* A part that is copied has its upload's. */
    struct upload u;
    char target[256];
    upload_create(b, &u, "x-amz-checksum-algorithm: CRC32\n");
    snprintf(target, sizeof target, "/bucket/key?partNumber=1&uploadId=%s", u.id);
    ask(b, "PUT", target, "x-amz-copy-source: bucket/from\n", NULL, 200, "");
    assert_element(b, "ChecksumCRC32", "y/Q5Jg==");
}

static void uploads_that_are_refused(void **state)
{
    struct bench *b = *state;
    static const char *const headers[] = {
        "x-amz-checksum-algorithm: MD4\n",
        "x-amz-checksum-type: COMPOSITE\n",
        "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: WHATEVER\n",
        "x-amz-checksum-algorithm: SHA256\nx-amz-checksum-type: FULL_OBJECT\n",
        "x-amz-checksum-algorithm: CRC64NVME\nx-amz-checksum-type: COMPOSITE\n",
    };
    for (size_t i = 0; i < COUNT(headers); i++)
        ask(b, "POST", "/bucket/key?uploads", headers[i], NULL, 400, "InvalidRequest");
}

/* Two are refused for being two, whatever each says, and a completion's likewise. */
static void one_checksum_is_enough(void **state)
{
    struct bench *b = *state;
    static const char two[] = "x-amz-checksum-crc32: wrong\nx-amz-checksum-sha1: wrong\n";
    static const char parts[] = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x"
                                "</ETag></Part></CompleteMultipartUpload>";
    struct upload u;
    char target[256];
    ask(b, "PUT", "/bucket/key", two, "123456789", 400, "InvalidRequest");
    assert_element(b, "Message",
                   "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                   "allowed.");
    assert_element(b, "HostId", "czMtYmVuY2gtc2VydmVy");
    assert_header(b, "x-amz-id-2", "czMtYmVuY2gtc2VydmVy");
    upload_create(b, &u, "");
    snprintf(target, sizeof target, "/bucket/key?uploadId=%s", u.id);
    ask(b, "POST", target,
        "x-amz-checksum-crc32: y/Q5Jg==\nx-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEE=\n",
        parts, 400, "InvalidRequest");
    assert_element(b, "Message",
                   "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                   "allowed.");
    ask(b, "POST", target, "x-amz-checksum-type: WHATEVER\n", parts, 400, "InvalidRequest");
    assert_element(b, "Message", "Value for x-amz-checksum-type header is invalid.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(signed_chunks),
        SERVER_TEST(unsigned_chunks),
        SERVER_TEST(chunks_within_chunks),
        SERVER_TEST(streaming_is_for_uploads),
        SERVER_TEST(parts_with_every_checksum),
        SERVER_TEST(parts_without_a_declared_checksum),
        SERVER_TEST(parts_whose_checksum_is_missing),
        SERVER_TEST(copies_carry_checksums),
        SERVER_TEST(uploads_that_are_refused),
        SERVER_TEST(one_checksum_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
