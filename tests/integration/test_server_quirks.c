/* SPDX-License-Identifier: MIT */
/*
 * What MinIO and versitygw do otherwise than S3, asked of the real servers and of the embedded one's
 * imitation of them: the same questions, the same answers.
 */
#include <string.h>

#include "tests/support/fixture.h"
#include "tests/support/wire.h"

struct asker {
    struct wire wire;
    struct answer answer;
    struct s3_server_key key;
    char text[256];
};

static void asker_open(struct asker *a, const char *url, const char *id, const char *secret)
{
    *a = (struct asker){.key = {.access_key_id = id, .secret_access_key = secret}};
    wire_open(&a->wire, url, &a->key);
}

static void asker_close(struct asker *a)
{
    answer_release(&a->answer);
    wire_close(&a->wire);
}

static int ask(struct asker *a, const char *method, const char *target, const char *headers,
               const char *body)
{
    wire_ask(&a->wire, method, target, headers, body, body != NULL ? strlen(body) : 0, &a->answer);
    return a->answer.status;
}

static void expect(struct asker *a, const char *method, const char *target, const char *headers,
                   const char *body, int status)
{
    const int got = ask(a, method, target, headers, body);
    if (got != status)
        fail_msg("%s %s: %d instead of %d: %s", method, target, got, status, a->answer.body.data);
}

/* DeleteObjects with a wrong ETag; whether the object is still there. */
static bool survives_delete_objects(struct asker *a)
{
    static const char body[] =
        "<Delete><Object><Key>many</Key><ETag>\"00\"</ETag></Object></Delete>";
    uint8_t digest[MD5_SIZE];
    struct buf header;
    buf_init(&header, 256);
    md5(body, strlen(body), digest);
    buf_append_str(&header, "Content-MD5: ");
    buf_append_base64(&header, digest, sizeof digest);
    buf_append_char(&header, '\n');
    expect(a, "PUT", "/quirks/many", NULL, "x", 200);
    expect(a, "POST", "/quirks?delete", header.data, body, 200);
    buf_release(&header);
    return ask(a, "GET", "/quirks/many", NULL, NULL) == 200;
}

/* Whether an upload of this key is listed under a prefix. */
static bool is_listed(struct asker *a, const char *prefix)
{
    char target[128];
    snprintf(target, sizeof target, "/quirks?uploads&prefix=%s", prefix);
    expect(a, "GET", target, NULL, NULL, 200);
    return strstr(a->answer.body.data, "<Key>listed</Key>") != NULL;
}

/* An upload that declared a checksum, with a copied part: the status in which it ends. */
static int complete_with_copied_part(struct asker *a)
{
    char id[256], etag[64], target[512], body[512];
    expect(a, "PUT", "/quirks/from", NULL, "0123456789", 200);
    expect(a, "POST", "/quirks/to?uploads", "x-amz-checksum-algorithm: CRC32\n", NULL, 200);
    answer_element(&a->answer, "UploadId", id, sizeof id);
    snprintf(target, sizeof target, "/quirks/to?partNumber=1&uploadId=%s", id);
    const int copied = ask(a, "PUT", target, "x-amz-copy-source: /quirks/from\n", NULL);
    if (copied != 200)
        return copied; /* some releases of MinIO say it already here */
    assert_string_equal(answer_element(&a->answer, "ChecksumCRC32", a->text, sizeof a->text), "");
    answer_element(&a->answer, "ETag", etag, sizeof etag);
    snprintf(target, sizeof target, "/quirks/to?uploadId=%s", id);
    snprintf(body, sizeof body,
             "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part>"
             "</CompleteMultipartUpload>",
             etag);
    return ask(a, "POST", target, NULL, body);
}

/* No quirk: all know it. */
static void check_replacing(struct asker *a)
{
    expect(a, "PUT", "/quirks/replaced", "If-Match: \"00\"\n", "x", 404);
    expect(a, "PUT", "/quirks/replaced", NULL, "x", 200);
    expect(a, "PUT", "/quirks/replaced", "If-Match: \"00\"\n", "y", 412);
    expect(a, "PUT", "/quirks/replaced", "If-Match: \"9dd4e461268c8034f5c8564e155c67a6\"\n", "y",
           200);
}

static void check_minio(struct asker *a)
{
    expect(a, "PUT", "/quirks", NULL, NULL, 200);
    check_replacing(a);
    expect(a, "PUT", "/quirks/a/./b", NULL, "x", 400);
    assert_string_equal(a->answer.code, "XMinioInvalidResourceName");
    expect(a, "PUT", "/quirks/a/../b", NULL, "x", 400);
    expect(a, "PUT", "/quirks/a//b", NULL, "x", 400);
    assert_string_equal(a->answer.code, "XMinioInvalidObjectName");
    expect(a, "PUT", "/quirks/a.b/..c", NULL, "x", 200);
    expect(a, "DELETE", "/quirks/a.b/..c", "If-Match: \"00\"\n", NULL, 204);
    expect(a, "GET", "/quirks/a.b/..c", NULL, NULL, 404);
    expect(a, "POST", "/quirks/listed?uploads", NULL, NULL, 200);
    assert_true(is_listed(a, "listed"));
    assert_false(is_listed(a, "list"));
    assert_true(is_listed(a, ""));
    assert_int_equal(complete_with_copied_part(a), 400);
    assert_false(survives_delete_objects(a));
}

static void check_versitygw(struct asker *a)
{
    expect(a, "PUT", "/quirks", NULL, NULL, 200);
    check_replacing(a);
    expect(a, "PUT", "/quirks/key", NULL, "x", 200);
    expect(a, "DELETE", "/quirks/key", "If-Match: \"00\"\n", NULL, 412);
    expect(a, "GET", "/quirks/key", NULL, NULL, 200);
    expect(a, "DELETE", "/quirks/none", "If-Match: \"00\"\n", NULL, 204);
    expect(a, "POST", "/quirks/listed?uploads", NULL, NULL, 200);
    assert_true(is_listed(a, "list"));
    assert_false(survives_delete_objects(a));
}

/* S3 has none of them. */
static void check_s3(struct asker *a)
{
    expect(a, "PUT", "/quirks", NULL, NULL, 200);
    check_replacing(a);
    expect(a, "PUT", "/quirks/a/../b//c/./d", NULL, "x", 200);
    expect(a, "DELETE", "/quirks/a/../b//c/./d", "If-Match: \"00\"\n", NULL, 412);
    expect(a, "DELETE", "/quirks/none", "If-Match: \"00\"\n", NULL, 404);
    expect(a, "POST", "/quirks/listed?uploads", NULL, NULL, 200);
    assert_true(is_listed(a, "list"));
    assert_true(survives_delete_objects(a));
}

static void imitate(enum s3_server_quirks quirks, void (*check)(struct asker *a))
{
    static const struct s3_server_key key = {.access_key_id = "AKIAQUIRKS",
                                             .secret_access_key = "a secret"};
    const struct s3_server_options options = {.keys = &key, .key_count = 1, .quirks = quirks};
    struct s3_server *server;
    struct asker a;
    struct error err;
    assert_ok(s3_server_start(&options, &server, &err), &err);
    asker_open(&a, s3_server_url(server), key.access_key_id, key.secret_access_key);
    check(&a);
    asker_close(&a);
    s3_server_stop(server);
}

static void quirks_are_those_of_the_server(void **state)
{
    struct fixture *f = *state;
    struct asker a;
    if (f->endpoint.kind == TEST_ENDPOINT_EMBEDDED) {
        imitate(S3_QUIRKS_NONE, check_s3);
        imitate(S3_QUIRKS_MINIO, check_minio);
        imitate(S3_QUIRKS_VERSITYGW, check_versitygw);
        return;
    }
    (void)fixture_bucket(f); /* returns when the server has found itself */
    asker_open(&a, f->endpoint.url, f->endpoint.access_key_id, f->endpoint.secret_access_key);
    if (f->endpoint.kind == TEST_ENDPOINT_MINIO)
        check_minio(&a);
    else
        check_versitygw(&a);
    asker_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quirks_are_those_of_the_server)};
    return FIXTURE_MAIN(tests);
}
