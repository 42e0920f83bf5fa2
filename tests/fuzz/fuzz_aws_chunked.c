/* SPDX-License-Identifier: MIT */
/*
 * fuzz_aws_chunked - the decoder of aws-chunked bodies. The first byte says whether chunks are signed
 * and trailers announced, the second is the size of the content; the rest is the body. However it is
 * cut, it must come to the same.
 */
#include <string.h>

#include "bench/server/aws_chunked.h"
#include "tests/fuzz/fuzz.h"

struct content {
    size_t len;
    uint8_t bytes[1u << 16];
};

static void take(void *ctx, const void *data, size_t len)
{
    struct content *c = ctx;
    FUZZ_MUST(len <= sizeof c->bytes - c->len);
    memcpy(c->bytes + c->len, data, len);
    c->len += len;
}

static enum code decode(struct aws_chunked *d, const struct aws_chunked_options *options,
                        const uint8_t *body, size_t size, size_t step, struct content *c)
{
    c->len = 0;
    aws_chunked_start(d, options);
    for (size_t at = 0; at < size; at += step)
        (void)aws_chunked_feed(d, body + at, size - at < step ? size - at : step, take, c);
    const enum code code = aws_chunked_finish(d);
    FUZZ_MUST(c->len <= options->decoded_size);
    FUZZ_MUST(code != CODE_NONE || c->len == options->decoded_size);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct content whole, pieces;
    static const struct sigv4_key key = {.date = "20130524", .region = "us-east-1"};
    char value[AWS_CHUNKED_LINE_MAX];
    struct aws_chunked *d = aws_chunked_new();
    if (size < 2 || d == NULL) {
        aws_chunked_free(d);
        return 0;
    }
    const struct aws_chunked_options options = {
        .decoded_size = data[1],
        .has_trailer = (data[0] & 1) != 0,
        .key = data[0] & 2 ? &key : NULL,
        .scope = {.unix_s = 1369353600, .region = "us-east-1", .service = "s3"},
        .seed_signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    };
    const enum code code = decode(d, &options, data + 2, size - 2, size, &whole);
    (void)aws_chunked_trailer(d, "x-amz-checksum-crc32", value, sizeof value);
    for (size_t step = 1; step <= 3; step++) {
        FUZZ_MUST(decode(d, &options, data + 2, size - 2, step, &pieces) == code);
        FUZZ_MUST(pieces.len == whole.len && memcmp(pieces.bytes, whole.bytes, whole.len) == 0);
    }
    aws_chunked_free(d);
    return 0;
}
