/* SPDX-License-Identifier: MIT */
/* Uploads in parts: their replies as documents, and the operations against the embedded server. */
#include "tests/unit/s3_rig.h"

#include <stdlib.h>
#include <string.h>

#include "lib/s3/multipart_parse.h"

#define ROOT(inner)                                                                                \
    "<ListMultipartUploadsResult>" inner "<IsTruncated>false</IsTruncated>"                        \
    "</ListMultipartUploadsResult>"
#define UPLOAD(key, id) "<Upload><Key>" key "</Key><UploadId>" id "</UploadId></Upload>"

/* ---- documents ---- */

static void test_one_text(void **state)
{
    (void)state;
    static const char body[] = " \n<CopyPartResult xmlns=\"u\"><LastModified>x</LastModified>"
                               "<ETag>&quot;e&quot;</ETag></CopyPartResult>";
    char etag[S3_ETAG_MAX];
    struct error err;
    assert_ok(s3_xml_text(body, sizeof body - 1, "CopyPartResult/ETag", etag, sizeof etag, &err),
              &err);
    assert_string_equal(etag, "\"e\"");
}

static void test_one_text_refused(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",
        "<CopyPartResult></CopyPartResult>",
        "<CopyPartResult><ETag></ETag></CopyPartResult>",
        "<CopyPartResult><ETag>e</ETag>",
        "<CopyPartResult><Part><ETag>e</ETag></Part></CopyPartResult>",
        "<Other><ETag>e</ETag></Other>",
        "<x><CopyPartResult><ETag>e</ETag></CopyPartResult></x>",
        "<CopyPartResult><ETag>longer than it may be</ETag></CopyPartResult>",
        "<!DOCTYPE x><CopyPartResult><ETag>e</ETag></CopyPartResult>",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char etag[16] = "kept";
        struct error err;
        assert_status(
            STATUS_PROTOCOL,
            s3_xml_text(table[i], strlen(table[i]), "CopyPartResult/ETag", etag, sizeof etag, &err),
            &err);
        assert_string_equal(etag, "kept");
    }
}

static enum status trace_upload(void *ctx, const struct s3_upload *upload, struct error *err)
{
    (void)err;
    assert_string_equal(upload->bucket, RIG_BUCKET);
    buf_printf(ctx, "%s=%s ", upload->key, upload->id);
    return STATUS_OK;
}

static void uploads_are(const char *body, enum status expected, const char *trace)
{
    struct buf out;
    struct error err;
    buf_init(&out, 65536);
    assert_status(expected,
                  s3_uploads_read(body, strlen(body), RIG_BUCKET, trace_upload, &out, &err), &err);
    assert_string_equal(out.data, trace);
    buf_release(&out);
}

static void test_uploads(void **state)
{
    (void)state;
    uploads_are(ROOT(""), STATUS_OK, "");
    uploads_are(ROOT(UPLOAD("a+%20", "1") UPLOAD("b", "2")), STATUS_OK, "a+%20=1 b=2 ");
    uploads_are(ROOT(UPLOAD("a+%20", "1") "<EncodingType>url</EncodingType>"), STATUS_OK, "a  =1 ");
    uploads_are("<Other/>", STATUS_PROTOCOL, "");
    uploads_are("<ListMultipartUploadsResult>" UPLOAD("a", "1"), STATUS_PROTOCOL, "");
    uploads_are(ROOT("<Upload><Key>a</Key></Upload>"), STATUS_PROTOCOL, "");
    uploads_are(ROOT("<Upload><UploadId>1</UploadId></Upload>"), STATUS_PROTOCOL, "");
    uploads_are(ROOT("<EncodingType>url</EncodingType>" UPLOAD("%0", "1")), STATUS_INVALID, "");
}

/* ---- operations ---- */

static void look_at_created(struct rig *r, const struct s3_reply *reply)
{
    struct error err;
    assert_ok(s3_upload_created(reply, r->look_ctx, &err), &err);
}

static void create(struct rig *r, const char *key, struct s3_upload *upload)
{
    const struct s3_write write = {.bucket = RIG_BUCKET, .key = key, .content_type = "text/x"};
    memset(upload, 0, sizeof *upload);
    memcpy(upload->bucket, RIG_BUCKET, sizeof RIG_BUCKET);
    memcpy(upload->key, key, strlen(key) + 1);
    r->look = look_at_created;
    r->look_ctx = upload;
    assert_ok(s3_upload_create(r->client, &write, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    assert_string_not_equal(upload->id, "");
}

static void send_part(struct rig *r, const struct s3_upload *upload, struct s3_part *part,
                      unsigned number, const char *data, size_t size)
{
    assert_ok(s3_upload_part(r->client, upload, number, data, size, NULL, rig_done, r, &r->error),
              &r->error);
    rig_wait(r, STATUS_OK);
    part->number = number;
    memcpy(part->etag, r->etag, sizeof part->etag);
}

static void complete(struct rig *r, const struct s3_upload *upload, const struct s3_part *parts,
                     size_t count, bool create_only, enum status expected)
{
    const struct s3_completion what = {.parts = parts, .count = count, .create_only = create_only};
    assert_ok(s3_upload_complete(r->client, upload, &what, rig_done, r, &r->error), &r->error);
    rig_wait(r, expected);
}

static void look_at_completed(struct rig *r, const struct s3_reply *reply)
{
    struct error err;
    assert_ok(s3_upload_completed(reply, r->look_ctx, &err), &err);
}

static char *filled(size_t size, char c)
{
    char *data = malloc(size + 1);
    assert_non_null(data);
    memset(data, c, size);
    data[size] = '\0';
    return data;
}

static void test_upload_in_parts(void **state)
{
    struct rig *r = *state;
    struct s3_upload upload;
    struct s3_part parts[2];
    char etag[S3_ETAG_MAX];
    char *whole = filled(S3_PART_SIZE_MIN + 3, 'a');
    memcpy(whole + S3_PART_SIZE_MIN, "end", 3);
    create(r, "a b/+", &upload);
    send_part(r, &upload, &parts[1], 2, "end", 3); /* in any order */
    send_part(r, &upload, &parts[0], 1, whole, S3_PART_SIZE_MIN);
    r->look = look_at_completed;
    r->look_ctx = etag;
    complete(r, &upload, parts, 2, true, STATUS_OK);
    assert_non_null(strstr(etag, "-2\""));
    rig_holds(r, "a b/+", whole);
    assert_int_equal(rig_open_uploads(r), 0);
    free(whole);
}

static void look_at_copied(struct rig *r, const struct s3_reply *reply)
{
    struct s3_part *part = r->look_ctx;
    struct error err;
    assert_ok(s3_part_copied(reply, part->etag, &err), &err);
}

static void test_part_copy(void **state)
{
    struct rig *r = *state;
    static const char source[] = "src/a b+c?\xc3\xa4";
    struct s3_upload upload;
    struct s3_part part = {.number = 1};
    rig_put(r, source, "0123456789");
    assert_ok(s3_head_object(r->client, RIG_BUCKET, source, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    char etag[S3_ETAG_MAX];
    memcpy(etag, r->etag, sizeof etag);
    struct s3_part_copy copy = {
        .source_bucket = RIG_BUCKET,
        .source_key = source,
        .if_match = etag,
        .ranged = true,
        .offset = 2,
        .size = 5,
    };
    create(r, "copy", &upload);
    r->look = look_at_copied;
    r->look_ctx = &part;
    assert_ok(s3_upload_part_copy(r->client, &upload, 1, &copy, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    complete(r, &upload, &part, 1, false, STATUS_OK);
    rig_holds(r, "copy", "23456");

    create(r, "copy", &upload);
    copy.if_match = "\"other\"";
    assert_ok(s3_upload_part_copy(r->client, &upload, 1, &copy, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_PRECONDITION);
}

static void test_a_200_that_is_an_error_is_tried_again(void **state)
{
    struct rig *r = *state;
    struct s3_upload upload;
    struct s3_part part;
    create(r, "k", &upload);
    send_part(r, &upload, &part, 1, "x", 1);
    r->fault_operation = "CompleteMultipartUpload";
    r->fault_status = 200;
    r->fault_body = "   \n<Error><Code>InternalError</Code><Message>m</Message></Error>";
    complete(r, &upload, &part, 1, false, STATUS_OK);
    assert_int_equal(r->attempts, 2);
    rig_holds(r, "k", "x");
}

static void test_complete_refused(void **state)
{
    struct rig *r = *state;
    struct s3_upload upload;
    struct s3_part part;
    rig_put(r, "k", "there");
    create(r, "k", &upload);
    send_part(r, &upload, &part, 1, "x", 1);
    complete(r, &upload, &part, 1, true, STATUS_PRECONDITION);
    rig_holds(r, "k", "there");
    struct s3_part wrong = {.number = 1, .etag = "\"0123456789abcdef0123456789abcdef\""};
    complete(r, &upload, &wrong, 1, false, STATUS_REMOTE);
    assert_string_equal(r->code, "InvalidPart");
    const struct s3_part order[] = {{.number = 2}, {.number = 1}};
    struct s3_completion what = {.parts = order, .count = 2};
    assert_status(STATUS_INVALID,
                  s3_upload_complete(r->client, &upload, &what, rig_done, r, &r->error), &r->error);
    what.count = 0;
    assert_status(STATUS_INVALID,
                  s3_upload_complete(r->client, &upload, &what, rig_done, r, &r->error), &r->error);
}

static void look_at_checksum(struct rig *r, const struct s3_reply *reply)
{
    uint8_t none[CHECKSUM_SIZE_MAX];
    assert_true(s3_object_checksum(reply, CHECKSUM_CRC64NVME, r->look_ctx));
    assert_false(s3_object_checksum(reply, CHECKSUM_SHA256, none));
}

/* Sends a part with its checksum, first a wrong one, which is refused. */
static void send_checked_part(struct rig *r, const struct s3_upload *upload, struct s3_part *part,
                              unsigned number, const char *data, size_t size)
{
    const struct s3_part_sums sums = {.algorithm = CHECKSUM_CRC64NVME, .checksum = part->checksum};
    checksum_of(CHECKSUM_CRC64NVME, data, size, part->checksum);
    for (int wrong = 1; wrong >= 0; wrong--) {
        part->checksum[0] ^= (uint8_t)wrong;
        assert_ok(
            s3_upload_part(r->client, upload, number, data, size, &sums, rig_done, r, &r->error),
            &r->error);
        rig_wait(r, wrong ? STATUS_REMOTE : STATUS_OK);
        assert_string_equal(r->code, wrong ? "BadDigest" : "");
        part->checksum[0] ^= (uint8_t)wrong;
    }
    part->number = number;
    memcpy(part->etag, r->etag, sizeof part->etag);
}

/* An upload that declares the checksum of the full object has to bring it, and keeps it. */
static void test_checksum_of_the_whole(void **state)
{
    struct rig *r = *state;
    struct s3_upload upload = {.bucket = RIG_BUCKET, .key = "k"};
    struct s3_part parts[2];
    uint8_t whole[CHECKSUM_SIZE_MAX];
    uint8_t kept[CHECKSUM_SIZE_MAX];
    char *data = filled(S3_PART_SIZE_MIN + 7, 'a');
    const struct s3_write write = {
        .bucket = RIG_BUCKET, .key = "k", .checksum = CHECKSUM_CRC64NVME};
    r->look = look_at_created;
    r->look_ctx = &upload;
    assert_ok(s3_upload_create(r->client, &write, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    send_checked_part(r, &upload, &parts[0], 1, data, S3_PART_SIZE_MIN);
    send_checked_part(r, &upload, &parts[1], 2, data + S3_PART_SIZE_MIN, 7);
    checksum_of(CHECKSUM_CRC64NVME, data, S3_PART_SIZE_MIN + 7, whole);
    const struct s3_completion what = {
        .parts = parts, .count = 2, .algorithm = CHECKSUM_CRC64NVME, .checksum = whole};
    whole[0] ^= 1;
    assert_ok(s3_upload_complete(r->client, &upload, &what, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_REMOTE);
    whole[0] ^= 1;
    assert_ok(s3_upload_complete(r->client, &upload, &what, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    r->look = look_at_checksum;
    r->look_ctx = kept;
    assert_ok(s3_head_object_checksum(r->client, RIG_BUCKET, "k", rig_done, r, &r->error),
              &r->error);
    rig_wait(r, STATUS_OK);
    assert_memory_equal(kept, whole, checksum_info(CHECKSUM_CRC64NVME)->size);
    free(data);
}

static void test_bounds_of_parts(void **state)
{
    struct rig *r = *state;
    const struct s3_upload upload = {.bucket = RIG_BUCKET, .key = "k", .id = "i"};
    const struct s3_part_copy empty = {
        .source_bucket = RIG_BUCKET, .source_key = "s", .ranged = true};
    const unsigned numbers[] = {0, S3_PARTS_MAX + 1};
    for (size_t i = 0; i < 2; i++)
        assert_status(
            STATUS_INVALID,
            s3_upload_part(r->client, &upload, numbers[i], "x", 1, NULL, rig_done, r, &r->error),
            &r->error);
    assert_status(STATUS_INVALID,
                  s3_upload_part(r->client, &upload, 1, "x", S3_PART_SIZE_MAX + 1, NULL, rig_done,
                                 r, &r->error),
                  &r->error);
    assert_status(STATUS_INVALID,
                  s3_upload_part_copy(r->client, &upload, 1, &empty, rig_done, r, &r->error),
                  &r->error);
}

static void test_abort_twice(void **state)
{
    struct rig *r = *state;
    struct s3_upload upload;
    struct error err;
    create(r, "k", &upload);
    assert_int_equal(rig_open_uploads(r), 1);
    for (int i = 0; i < 2; i++) {
        assert_ok(s3_upload_abort(r->client, &upload, rig_done, r, &err), &err);
        rig_wait(r, STATUS_OK);
    }
    assert_int_equal(rig_open_uploads(r), 0);
    memcpy(upload.bucket, "nosuch", sizeof "nosuch"); /* only the upload may be missing */
    assert_ok(s3_upload_abort(r->client, &upload, rig_done, r, &err), &err);
    rig_wait(r, STATUS_NOT_FOUND);
}

static void look_at_uploads(struct rig *r, const struct s3_reply *reply)
{
    struct error err;
    assert_ok(s3_uploads_parse(reply, RIG_BUCKET, trace_upload, r->look_ctx, &err), &err);
}

static void test_list_uploads(void **state)
{
    struct rig *r = *state;
    struct s3_upload uploads[2];
    struct buf listed;
    struct buf expected;
    buf_init(&listed, 65536);
    buf_init(&expected, 65536);
    create(r, "in/a b+%2F", &uploads[0]);
    create(r, "out/x", &uploads[1]);
    r->look = look_at_uploads;
    r->look_ctx = &listed;
    assert_ok(s3_upload_list(r->client, RIG_BUCKET, "in/", rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    buf_printf(&expected, "in/a b+%%2F=%s ", uploads[0].id);
    assert_string_equal(listed.data, expected.data);
    buf_release(&listed);
    buf_release(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_text), cmocka_unit_test(test_one_text_refused),
        cmocka_unit_test(test_uploads),  RIG_TEST(test_upload_in_parts),
        RIG_TEST(test_part_copy),        RIG_TEST(test_a_200_that_is_an_error_is_tried_again),
        RIG_TEST(test_complete_refused), RIG_TEST(test_checksum_of_the_whole),
        RIG_TEST(test_bounds_of_parts),  RIG_TEST(test_abort_twice),
        RIG_TEST(test_list_uploads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
