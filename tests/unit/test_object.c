/* SPDX-License-Identifier: MIT */
/* GET, HEAD, PUT and DELETE against the embedded server. */
#include "tests/unit/s3_rig.h"

#include <string.h>

#include "lib/base/hash.h"

static const char odd_key[] = "a b/../c//d+%2F#?&=\xc3\xa4~'()*\"<>\\|";

static void get(struct rig *r, const char *key, const char *if_match, void *into, uint64_t size,
                enum status expected)
{
    const struct s3_get what = {
        .bucket = RIG_BUCKET, .key = key, .if_match = if_match, .size = size, .into = into};
    assert_ok(s3_get_object(r->client, &what, rig_done, r, &r->error), &r->error);
    rig_wait(r, expected);
}

static void put(struct rig *r, const struct s3_write *write, const char *text,
                const uint8_t *digest, enum status expected)
{
    assert_ok(s3_put_object(r->client, write, text, strlen(text), digest, rig_done, r, &r->error),
              &r->error);
    rig_wait(r, expected);
}

static void test_put_then_get(void **state)
{
    struct rig *r = *state;
    static const char *const keys[] = {"k", odd_key, "/", "//", "a/"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char into[16] = "";
        put(r, &(struct s3_write){.bucket = RIG_BUCKET, .key = keys[i]}, "content", NULL,
            STATUS_OK);
        rig_holds(r, keys[i], "content");
        get(r, keys[i], r->etag, into, 7, STATUS_OK);
        assert_int_equal(r->into_size, 7);
        assert_string_equal(into, "content");
    }
}

static void look_at_checksums(struct rig *r, const struct s3_reply *reply)
{
    bool *found = r->look_ctx;
    uint8_t digest[CHECKSUM_SIZE_MAX];
    for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++)
        found[a] = s3_object_checksum(reply, a, digest);
}

/* A PUT brings its SHA-256, or the one checksum that is asked for. */
static void test_the_checksum_of_a_put(void **state)
{
    struct rig *r = *state;
    for (unsigned asked = CHECKSUM_NONE; asked < CHECKSUM_ALGORITHMS; asked++) {
        bool found[CHECKSUM_ALGORITHMS] = {false};
        const unsigned expected = asked == CHECKSUM_NONE ? CHECKSUM_SHA256 : asked;
        put(r, &(struct s3_write){.bucket = RIG_BUCKET, .key = "k", .checksum = asked}, "content",
            NULL, STATUS_OK);
        r->look = look_at_checksums;
        r->look_ctx = found;
        assert_ok(s3_head_object_checksum(r->client, RIG_BUCKET, "k", rig_done, r, &r->error),
                  &r->error);
        rig_wait(r, STATUS_OK);
        for (unsigned a = CHECKSUM_NONE + 1; a < CHECKSUM_ALGORITHMS; a++)
            assert_int_equal(found[a], a == expected);
    }
}

static void test_an_empty_object(void **state)
{
    struct rig *r = *state;
    char into[4] = "xyz";
    put(r, &(struct s3_write){.bucket = RIG_BUCKET, .key = "empty"}, "", NULL, STATUS_OK);
    rig_holds(r, "empty", "");
    get(r, "empty", NULL, into, 0, STATUS_OK);
    assert_string_equal(into, "xyz");
}

static void test_a_range(void **state)
{
    struct rig *r = *state;
    char into[8] = "";
    rig_put(r, "k", "0123456789");
    struct s3_get what = {
        .bucket = RIG_BUCKET, .key = "k", .offset = 3, .size = 4, .ranged = true, .into = into};
    assert_ok(s3_get_object(r->client, &what, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    assert_string_equal(into, "3456");
    what.size = 0;
    assert_status(STATUS_INVALID, s3_get_object(r->client, &what, rig_done, r, &r->error),
                  &r->error);
}

static void test_a_get_that_does_not_fit_what_was_listed(void **state)
{
    struct rig *r = *state;
    char into[16];
    rig_put(r, "k", "0123456789");
    get(r, "k", "\"0123456789abcdef0123456789abcdef\"", into, 10, STATUS_PRECONDITION);
    assert_non_null(strstr(r->error.text, "changed since"));
    get(r, "missing", NULL, into, 10, STATUS_NOT_FOUND);
    assert_string_equal(r->code, "NoSuchKey");
    get(r, "k", NULL, into, 9, STATUS_NETWORK); /* framed for more than was listed */
    assert_non_null(strstr(r->error.text, "where there should be 9"));
}

static void test_a_get_cut_short_is_tried_again(void **state)
{
    struct rig *r = *state;
    char into[16] = "";
    rig_put(r, "k", "0123456789");
    r->fault_operation = "GetObject";
    r->fault_cut_after = 4;
    get(r, "k", NULL, into, 10, STATUS_OK);
    assert_int_equal(r->attempts, 2);
    assert_string_equal(into, "0123456789");
}

/* Of the right size, and from another place of the object. */
static void test_another_range_is_not_taken(void **state)
{
    struct rig *r = *state;
    char into[8] = "";
    rig_put(r, "k", "0123456789");
    const struct s3_get what = {
        .bucket = RIG_BUCKET, .key = "k", .offset = 3, .size = 4, .ranged = true, .into = into};
    static const char *const wrong[] = {"Content-Range: bytes 2-5/10\n", "Content-Range: 3-6\n",
                                        ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        r->fault_operation = "GetObject";
        r->fault_headers = wrong[i];
        assert_ok(s3_get_object(r->client, &what, rig_done, r, &r->error), &r->error);
        rig_wait(r, STATUS_OK);
        assert_int_equal(r->attempts, 2);
    }
}

/* After a failed poll: the memory that requests write to may go. */
static void test_cancelling_all(void **state)
{
    struct rig *r = *state;
    char into[16];
    rig_put(r, "k", "0123456789");
    const struct s3_get what = {.bucket = RIG_BUCKET, .key = "k", .size = 10, .into = into};
    r->done = false;
    for (int i = 0; i < 3; i++)
        assert_ok(s3_get_object(r->client, &what, rig_done, r, &r->error), &r->error);
    assert_int_equal(s3_client_in_flight(r->client), 3);
    s3_client_cancel_all(r->client);
    assert_int_equal(s3_client_in_flight(r->client), 0);
    assert_false(r->done);
    get(r, "k", NULL, into, 10, STATUS_OK);
}

static void look_at_head(struct rig *r, const struct s3_reply *reply)
{
    struct s3_object_info info;
    struct error err;
    char value[32];
    assert_ok(s3_object_info(reply, &info, &err), &err);
    assert_int_equal(info.size, 4);
    assert_string_equal(info.etag, "\"8d777f385d3dfec8815d20f7496026dc\""); /* MD5 of "data" */
    assert_string_equal(info.content_type, "application/x-ndjson");
    assert_string_equal(info.content_encoding, "gzip");
    assert_true(info.last_modified_unix_s > 1700000000);
    assert_true(s3_object_metadata(reply, "Kit-Token", value, sizeof value));
    assert_string_equal(value, "some value");
    assert_false(s3_object_metadata(reply, "absent", value, sizeof value));
    (void)r;
}

static void test_head_tells_what_put_said(void **state)
{
    struct rig *r = *state;
    const struct s3_metadata metadata[] = {{"Kit-Token", "some value"}};
    const struct s3_write write = {.bucket = RIG_BUCKET,
                                   .key = "k",
                                   .content_type = "application/x-ndjson",
                                   .content_encoding = "gzip",
                                   .metadata = metadata,
                                   .metadata_count = 1};
    put(r, &write, "data", NULL, STATUS_OK);
    r->look = look_at_head;
    assert_ok(s3_head_object(r->client, RIG_BUCKET, "k", rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    assert_ok(s3_head_object(r->client, RIG_BUCKET, "no", rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_NOT_FOUND);
    assert_int_equal(s3_client_counters(r->client)->op[S3_HEAD_OBJECT].failures, 0);
}

static void test_create_only(void **state)
{
    struct rig *r = *state;
    const struct s3_write write = {.bucket = RIG_BUCKET, .key = "k", .create_only = true};
    put(r, &write, "first", NULL, STATUS_OK);
    put(r, &write, "second", NULL, STATUS_PRECONDITION);
    assert_non_null(strstr(r->error.text, "there already"));
    rig_holds(r, "k", "first");
}

static void test_only_over_what_was_seen(void **state)
{
    struct rig *r = *state;
    struct s3_write write = {.bucket = RIG_BUCKET, .key = "k", .if_match = "\"none\""};
    put(r, &write, "first", NULL, STATUS_NOT_FOUND);
    write.if_match = NULL;
    put(r, &write, "first", NULL, STATUS_OK);
    char etag[S3_ETAG_MAX];
    memcpy(etag, r->etag, sizeof etag);
    write.if_match = etag;
    put(r, &write, "second", NULL, STATUS_OK);
    put(r, &write, "third", NULL, STATUS_PRECONDITION);
    rig_holds(r, "k", "second");
    assert_int_equal(s3_client_counters(r->client)->op[S3_PUT_OBJECT].failures, 0);
}

static void test_the_digest_is_checked_on_the_other_side(void **state)
{
    struct rig *r = *state;
    const struct s3_write write = {.bucket = RIG_BUCKET, .key = "k"};
    uint8_t digest[SHA256_SIZE];
    struct buf held;
    struct error err;
    sha256("content", 7, digest);
    put(r, &write, "content", digest, STATUS_OK);
    put(r, &write, "damaged", digest, STATUS_REMOTE);
    buf_init(&held, 100);
    assert_ok(s3_server_get(r->server, RIG_BUCKET, "k", &held, &err), &err);
    assert_string_equal(held.data, "content");
    buf_release(&held);
}

static void test_metadata_is_bounded(void **state)
{
    struct rig *r = *state;
    char value[S3_METADATA_MAX];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    const struct s3_metadata fits[] = {{"n", value}};
    const struct s3_metadata too_much[] = {{"n", value}, {"m", ""}};
    const struct s3_metadata split[] = {{"n", "a\r\nX-Evil: b"}};
    struct s3_write write = {
        .bucket = RIG_BUCKET, .key = "k", .metadata = fits, .metadata_count = 1};
    put(r, &write, "x", NULL, STATUS_OK);
    write.metadata = too_much;
    write.metadata_count = 2;
    assert_status(STATUS_LIMIT,
                  s3_put_object(r->client, &write, "x", 1, NULL, rig_done, r, &r->error),
                  &r->error);
    write.metadata = split;
    write.metadata_count = 1;
    assert_status(STATUS_INVALID,
                  s3_put_object(r->client, &write, "x", 1, NULL, rig_done, r, &r->error),
                  &r->error);
}

static void test_delete(void **state)
{
    struct rig *r = *state;
    struct error err;
    struct buf held;
    rig_put(r, odd_key, "x");
    for (int i = 0; i < 2; i++) { /* deleting what is gone is success */
        assert_ok(s3_delete_object(r->client, RIG_BUCKET, odd_key, rig_done, r, &r->error),
                  &r->error);
        rig_wait(r, STATUS_OK);
    }
    buf_init(&held, 100);
    assert_status(STATUS_NOT_FOUND, s3_server_get(r->server, RIG_BUCKET, odd_key, &held, &err),
                  &err);
    buf_release(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_put_then_get),
        RIG_TEST(test_the_checksum_of_a_put),
        RIG_TEST(test_an_empty_object),
        RIG_TEST(test_a_range),
        RIG_TEST(test_a_get_that_does_not_fit_what_was_listed),
        RIG_TEST(test_a_get_cut_short_is_tried_again),
        RIG_TEST(test_another_range_is_not_taken),
        RIG_TEST(test_cancelling_all),
        RIG_TEST(test_head_tells_what_put_said),
        RIG_TEST(test_create_only),
        RIG_TEST(test_only_over_what_was_seen),
        RIG_TEST(test_the_digest_is_checked_on_the_other_side),
        RIG_TEST(test_metadata_is_bounded),
        RIG_TEST(test_delete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
