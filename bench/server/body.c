/* SPDX-License-Identifier: MIT */
/* body - see body.h. The refusals' texts are S3's. */
#include "bench/server/body.h"

#include <string.h>
#include <strings.h>

#include "bench/server/ops.h"
#include "bench/server/server_private.h"
#include "lib/base/units.h"

#define CHECKSUM_PREFIX "x-amz-checksum-"
#define SIZE_HEADER     "x-amz-decoded-content-length"
#define SDK_HEADER      "x-amz-sdk-checksum-algorithm"
#define TRAILER_HEADER  "x-amz-trailer"

/* The forms of a payload that x-amz-content-sha256 names, besides a digest. */
static const struct payload_form {
    const char *name;
    bool framed, is_signed, trailer;
} payload_forms[] = {
    {SIGV4_UNSIGNED_PAYLOAD, false, false, false},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", true, false, true},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true, true, false},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true, true, true},
};

static bool is_upload(const struct request *r)
{
    return r->operation == OP_PUT_OBJECT || r->operation == OP_UPLOAD_PART;
}

static bool is_sha256_hex(const char *text)
{
    uint8_t digest[SHA256_SIZE];
    return strlen(text) == 2 * SHA256_SIZE && hex_decode(text, digest, SHA256_SIZE) == 0;
}

static enum code payload_form_read(struct request *r, struct payload_form *out)
{
    const char *payload = r->payload_sha256;
    *out = (struct payload_form){.name = payload};
    r->body.want_sha256 = is_sha256_hex(payload);
    if (r->body.want_sha256)
        return CODE_NONE;
    for (size_t i = 0; i < sizeof payload_forms / sizeof *payload_forms; i++)
        if (strcmp(payload_forms[i].name, payload) == 0)
            *out = payload_forms[i];
    if (strncmp(payload, "STREAMING-AWS4-ECDSA-", strlen("STREAMING-AWS4-ECDSA-")) == 0)
        return request_refuse(r, CODE_NOT_IMPLEMENTED,
                              "The chunk encoding algorithm %.60s is not supported.", payload);
    if (!out->framed && strcmp(payload, SIGV4_UNSIGNED_PAYLOAD) != 0)
        return request_refuse(r, CODE_INVALID_ARGUMENT,
                              "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-"
                              "PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-"
                              "HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
    if (out->framed && (!is_upload(r) || (out->is_signed && r->signature.key == NULL)))
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "The value of x-amz-content-sha256 header is invalid.");
    return CODE_NONE;
}

/* The bytes of content to come. */
static enum code size_read(struct request *r, const struct payload_form *form,
                           uint64_t content_length)
{
    const bool encoded = request_header(r, "transfer-encoding") != NULL;
    uint64_t size = content_length == UINT64_MAX ? 0 : content_length;
    if (form->framed) {
        const char *decoded = request_header(r, SIZE_HEADER);
        if (decoded == NULL || uint_parse(decoded, 0, UINT64_MAX - 1, &size, NULL) != STATUS_OK ||
            (content_length == UINT64_MAX && !encoded))
            return CODE_MISSING_CONTENT_LENGTH;
    } else if (encoded) {
        return request_refuse(r, CODE_NOT_IMPLEMENTED,
                              "A header you provided implies functionality that is not "
                              "implemented: Transfer-Encoding");
    } else if (is_upload(r) && content_length == UINT64_MAX) {
        return CODE_MISSING_CONTENT_LENGTH;
    }
    r->body.expected = size;
    if (size <= operation_row(r->operation)->body_max)
        return CODE_NONE;
    return is_upload(r) ? CODE_ENTITY_TOO_LARGE : CODE_MAX_MESSAGE_LENGTH_EXCEEDED;
}

/* The values of x-amz-checksum-; its relatives -mode, -type and -algorithm are none. */
static bool is_checksum_value(const char *header)
{
    if (strncasecmp(header, CHECKSUM_PREFIX, strlen(CHECKSUM_PREFIX)) != 0)
        return false;
    const char *what = header + strlen(CHECKSUM_PREFIX);
    return strcasecmp(what, "mode") != 0 && strcasecmp(what, "type") != 0 &&
           strcasecmp(what, "algorithm") != 0;
}

static enum code multiple_checksums(struct request *r)
{
    return request_refuse(r, CODE_INVALID_REQUEST,
                          "Expecting a single x-amz-checksum- header. Multiple checksum Types are "
                          "not allowed.");
}

/* Finds x-amz-checksum-ALGORITHM among the headers, and reads it. */
static enum code claim_from_headers(struct request *r)
{
    struct object_checksum *claimed = &r->body.claimed;
    const struct sigv4_pair *found = NULL;
    for (size_t i = 0; i < r->header_count; i++) {
        if (!is_checksum_value(r->headers[i].name))
            continue;
        if (found != NULL) /* which is wrong before what either of them says */
            return multiple_checksums(r);
        found = &r->headers[i];
    }
    if (found == NULL)
        return CODE_NONE;
    claimed->algorithm = checksum_find_header(found->name);
    if (claimed->algorithm == CHECKSUM_NONE)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "The algorithm type you specified in x-amz-checksum- header is "
                              "invalid.");
    if (!checksum_decode(claimed->algorithm, found->value, claimed->digest))
        return request_refuse(r, CODE_INVALID_REQUEST, "Value for %s header is invalid.",
                              checksum_info(claimed->algorithm)->header);
    return CODE_NONE;
}

/* A trailer is announced by its name. */
static enum code claim_from_trailer(struct request *r, const struct payload_form *form)
{
    const char *trailer = request_header(r, TRAILER_HEADER);
    if (trailer == NULL)
        return CODE_NONE;
    const enum checksum_algorithm algorithm = checksum_find_header(trailer);
    if (!form->trailer || algorithm == CHECKSUM_NONE)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "The value specified in the x-amz-trailer header is not supported");
    if (r->body.claimed.algorithm != CHECKSUM_NONE)
        return multiple_checksums(r);
    r->body.claimed.algorithm = algorithm;
    r->body.in_trailer = true;
    return CODE_NONE;
}

static enum code sdk_algorithm_check(struct request *r)
{
    const char *name = request_header(r, SDK_HEADER);
    if (name == NULL)
        return CODE_NONE;
    if (checksum_find(name) == CHECKSUM_NONE)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "Checksum algorithm provided is unsupported. Please try again with "
                              "any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    if (r->body.claimed.algorithm == CHECKSUM_NONE)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              SDK_HEADER " specified, but no corresponding x-amz-checksum-* or "
                                         "x-amz-trailer headers were found.");
    if (checksum_find(name) != r->body.claimed.algorithm)
        return request_refuse(r, CODE_INVALID_REQUEST,
                              "Value for " SDK_HEADER " header is invalid.");
    return CODE_NONE;
}

/* Which checksum is kept: what the client chose, or its upload. S3 makes one of its own where
 * neither did. */
static enum code kept_choose(struct request *r)
{
    struct upload_checksum kind = UPLOAD_CHECKSUM_DEFAULT;
    if (r->operation == OP_PUT_OBJECT && r->body.claimed.algorithm != CHECKSUM_NONE)
        kind.algorithm = r->body.claimed.algorithm;
    /* A wrong upload is found out when the part is put into it. */
    if (r->operation == OP_UPLOAD_PART &&
        storage_upload_checksum(server_storage(r->server), &r->where, request_text(r, "uploadId"),
                                &kind) == CODE_NONE &&
        kind.declared && kind.algorithm != r->body.claimed.algorithm &&
        (kind.composite || r->body.claimed.algorithm != CHECKSUM_NONE))
        return request_refuse(
            r, CODE_INVALID_REQUEST,
            "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
            checksum_info(kind.algorithm)->name,
            r->body.claimed.algorithm != CHECKSUM_NONE
                ? checksum_info(r->body.claimed.algorithm)->name
                : "null");
    r->body.kept = kind.algorithm;
    r->body.kept_unasked = r->operation == OP_UPLOAD_PART
                               ? !kind.declared
                               : r->body.claimed.algorithm == CHECKSUM_NONE;
    return CODE_NONE;
}

static enum code claims_read(struct request *r, const struct payload_form *form)
{
    enum code code;
    r->body.kept = CHECKSUM_NONE;
    /* There the header is about the object that is to be. */
    if (r->operation == OP_COMPLETE_UPLOAD)
        return CODE_NONE;
    if ((code = claim_from_headers(r)) != CODE_NONE ||
        (code = claim_from_trailer(r, form)) != CODE_NONE ||
        (code = sdk_algorithm_check(r)) != CODE_NONE)
        return code;
    return is_upload(r) ? kept_choose(r) : CODE_NONE;
}

static enum code digests_start(struct request *r)
{
    struct body *body = &r->body;
    if (checksum_start(&r->claimed_sum, body->claimed.algorithm, NULL) != STATUS_OK)
        return CODE_INTERNAL_ERROR;
    /* One pass is enough where both are the same. */
    const bool another = body->kept != body->claimed.algorithm;
    if (checksum_start(&r->kept_sum, another ? body->kept : CHECKSUM_NONE, NULL) != STATUS_OK)
        return CODE_INTERNAL_ERROR;
    if (body->expected == 0)
        return CODE_NONE; /* nothing to digest is not worth the other contexts */
    if ((r->md5 == NULL && hash_new(HASH_MD5, &r->md5, NULL) != STATUS_OK) ||
        (r->sha256 == NULL && hash_new(HASH_SHA256, &r->sha256, NULL) != STATUS_OK))
        return CODE_INTERNAL_ERROR;
    hash_restart(r->md5);
    hash_restart(r->sha256);
    return CODE_NONE;
}

static enum code decoder_start(struct request *r, const struct payload_form *form)
{
    if (!form->framed)
        return CODE_NONE;
    if (r->decoder == NULL && (r->decoder = aws_chunked_new()) == NULL)
        return CODE_INTERNAL_ERROR;
    const struct aws_chunked_options options = {
        .decoded_size = r->body.expected,
        .has_trailer = r->body.in_trailer,
        .key = form->is_signed ? r->signature.key : NULL,
        .scope = r->signature.scope,
        .seed_signature = r->signature.text,
    };
    aws_chunked_start(r->decoder, &options);
    r->body.framed = true;
    return CODE_NONE;
}

enum code body_prepare(struct request *r, uint64_t content_length)
{
    struct payload_form form;
    enum code code;
    if ((code = payload_form_read(r, &form)) != CODE_NONE ||
        (code = size_read(r, &form, content_length)) != CODE_NONE ||
        (code = claims_read(r, &form)) != CODE_NONE || (code = digests_start(r)) != CODE_NONE)
        return code;
    if (r->body.expected > 0) {
        r->body.chunk =
            chunk_new(storage_meter(server_storage(r->server)), (size_t)r->body.expected);
        if (r->body.chunk == NULL)
            return CODE_INSUFFICIENT_STORAGE;
    }
    return decoder_start(r, &form);
}

static void take_content(void *ctx, const void *data, size_t len)
{
    struct request *r = ctx;
    struct body *body = &r->body;
    const uint64_t at = body->received;
    body->received += len;
    if (body->chunk == NULL || body->received > body->chunk->size)
        return; /* refused: read and dropped */
    memcpy(body->chunk->data + at, data, len);
    hash_update(r->md5, data, len);
    if (body->want_sha256)
        hash_update(r->sha256, data, len);
    checksum_update(&r->claimed_sum, data, len);
    checksum_update(&r->kept_sum, data, len);
}

void body_receive(struct request *r, const void *data, size_t len)
{
    if (r->body.framed)
        (void)aws_chunked_feed(r->decoder, data, len, take_content, r); /* a failure stays */
    else
        take_content(r, data, len);
}

/* The framing was right to its end, and the announced trailer came. */
static enum code verify_framing(struct request *r)
{
    struct object_checksum *claimed = &r->body.claimed;
    const struct checksum_info *info = checksum_info(claimed->algorithm);
    char value[AWS_CHUNKED_LINE_MAX];
    if (!r->body.framed)
        return CODE_NONE;
    const enum code code = aws_chunked_finish(r->decoder);
    if (code != CODE_NONE || !r->body.in_trailer)
        return code;
    if (aws_chunked_trailer_count(r->decoder) != 1 ||
        !aws_chunked_trailer(r->decoder, info->header, value, sizeof value))
        return CODE_MALFORMED_TRAILER;
    if (!checksum_decode(claimed->algorithm, value, claimed->digest))
        return request_refuse(r, CODE_INVALID_REQUEST, "Value for %s trailing header is invalid.",
                              info->header);
    return CODE_NONE;
}

static enum code verify_md5(struct request *r, const uint8_t md5[MD5_SIZE])
{
    const char *value = request_header(r, "content-md5");
    uint8_t sent[MD5_SIZE];
    if (value == NULL)
        return CODE_NONE;
    if (base64_decode(value, sent, sizeof sent) != MD5_SIZE)
        return request_refuse(r, CODE_INVALID_DIGEST, "The Content-MD5 you specified is invalid.");
    if (memcmp(sent, md5, MD5_SIZE) != 0)
        return request_refuse(r, CODE_BAD_DIGEST,
                              "The Content-MD5 you specified did not match what we received.");
    return CODE_NONE;
}

static enum code verify_sha256(struct request *r)
{
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    if (!r->body.want_sha256)
        return CODE_NONE;
    if (r->body.expected > 0)
        hash_finish(r->sha256, digest);
    else
        sha256("", 0, digest);
    hex_encode(digest, sizeof digest, hex);
    return strcasecmp(hex, r->payload_sha256) == 0 ? CODE_NONE : CODE_CONTENT_SHA256_MISMATCH;
}

static enum code verify_checksum(struct request *r, struct object_checksum *kept)
{
    const struct object_checksum *claimed = &r->body.claimed;
    const struct checksum_info *info = checksum_info(claimed->algorithm);
    uint8_t digest[CHECKSUM_SIZE_MAX];
    checksum_finish(&r->claimed_sum, digest);
    if (memcmp(digest, claimed->digest, info->size) != 0)
        return request_refuse(r, CODE_BAD_DIGEST,
                              "The %s you specified did not match the calculated checksum.",
                              info->name);
    *kept = (struct object_checksum){.algorithm = r->body.kept, .unasked = r->body.kept_unasked};
    if (kept->algorithm == claimed->algorithm)
        memcpy(kept->digest, digest, info->size);
    else
        checksum_finish(&r->kept_sum, kept->digest);
    return CODE_NONE;
}

enum code body_verify(struct request *r, struct body_digests *out)
{
    enum code code = verify_framing(r);
    if (code != CODE_NONE)
        return code;
    if (r->body.received != r->body.expected)
        return CODE_INCOMPLETE_BODY;
    if (r->body.expected > 0)
        hash_finish(r->md5, out->md5);
    else
        md5("", 0, out->md5);
    if ((code = verify_md5(r, out->md5)) != CODE_NONE || (code = verify_sha256(r)) != CODE_NONE)
        return code;
    return verify_checksum(r, &out->checksum);
}

bool body_has_digest(const struct request *r)
{
    return r->body.claimed.algorithm != CHECKSUM_NONE || request_header(r, "content-md5") != NULL;
}
