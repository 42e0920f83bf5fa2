/* SPDX-License-Identifier: MIT */
/* Buckets, and whole listings, against the embedded server. */
#include "tests/unit/s3_rig.h"

#include <string.h>

#include "lib/s3/bucket.h"
#include "lib/s3/list.h"

static void test_life_of_a_bucket(void **state)
{
    struct rig *r = *state;
    struct error err;
    assert_ok(s3_bucket_head(r->client, "fresh", rig_done, r, &err), &err);
    rig_wait(r, STATUS_NOT_FOUND);
    for (int i = 0; i < 2; i++) { /* one that is ours already is success */
        assert_ok(s3_bucket_create(r->client, "fresh", rig_done, r, &err), &err);
        rig_wait(r, STATUS_OK);
    }
    assert_ok(s3_bucket_head(r->client, "fresh", rig_done, r, &err), &err);
    rig_wait(r, STATUS_OK);
    assert_ok(s3_server_put(r->server, "fresh", "k", "x", 1, NULL, &err), &err);
    assert_ok(s3_bucket_delete(r->client, "fresh", rig_done, r, &err), &err);
    rig_wait(r, STATUS_PRECONDITION);
    assert_string_equal(r->code, "BucketNotEmpty");
    assert_ok(s3_server_remove(r->server, "fresh", "k", &err), &err);
    assert_ok(s3_bucket_delete(r->client, "fresh", rig_done, r, &err), &err);
    rig_wait(r, STATUS_OK);
    assert_ok(s3_bucket_delete(r->client, "fresh", rig_done, r, &err), &err);
    rig_wait(r, STATUS_NOT_FOUND);
}

static void test_someone_elses_bucket(void **state)
{
    struct rig *r = *state;
    r->fault_operation = "CreateBucket";
    r->fault_status = 409;
    r->fault_body = "<Error><Code>BucketAlreadyExists</Code></Error>";
    assert_ok(s3_bucket_create(r->client, "taken", rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_PRECONDITION);
    assert_non_null(strstr(r->error.text, "choose another"));
}

static enum status trace(void *ctx, const struct s3_list_entry *entry, struct error *err)
{
    struct rig *r = ctx;
    (void)err;
    buf_printf(r->look_ctx, "%s%s ", entry->key, entry->is_common_prefix ? "*" : "");
    return STATUS_OK;
}

static void on_page(void *ctx, enum status status, const struct error *error,
                    const struct s3_reply *reply)
{
    struct rig *r = ctx;
    (void)reply;
    r->done = true;
    r->status = status;
    r->error = *error;
}

static void list_is(struct rig *r, const struct s3_list *list, const char *expected, unsigned pages)
{
    struct s3_lister l;
    struct buf out;
    buf_init(&out, 65536);
    r->look_ctx = &out;
    s3_lister_init(&l, list);
    while (!l.finished) {
        assert_ok(s3_lister_next(&l, r->client, trace, on_page, r, &r->error), &r->error);
        rig_wait(r, STATUS_OK);
    }
    assert_string_equal(out.data, expected);
    assert_int_equal(l.pages, pages);
    buf_release(&out);
}

static void test_listings(void **state)
{
    struct rig *r = *state;
    static const char *const keys[] = {"a/1", "a/2 +%41", "a/\x01", "a/\xc3\xa4", "b", "c/x/y"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        rig_put(r, keys[i], "x");
    list_is(r, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = ""},
            "a/\x01 a/1 a/2 +%41 a/\xc3\xa4 b c/x/y ", 1);
    list_is(r, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "", .max_keys = 1},
            "a/\x01 a/1 a/2 +%41 a/\xc3\xa4 b c/x/y ", 6);
    list_is(r, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "a/", .max_keys = 3},
            "a/\x01 a/1 a/2 +%41 a/\xc3\xa4 ", 2);
    list_is(r, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "", .delimiter = "/"},
            "a/* b c/* ", 1);
    list_is(r,
            &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "", .delimiter = "/", .max_keys = 1},
            "a/* b c/* ", 3);
    list_is(r, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "", .start_after = "a/2 +%41"},
            "a/\xc3\xa4 b c/x/y ", 1);
    list_is(r, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "none"}, "", 1);
}

static void test_a_listing_that_fails(void **state)
{
    struct rig *r = *state;
    struct s3_lister l;
    struct buf out;
    buf_init(&out, 100);
    r->look_ctx = &out;
    s3_lister_init(&l, &(struct s3_list){.bucket = "nosuch", .prefix = "p/"});
    assert_ok(s3_lister_next(&l, r->client, trace, on_page, r, &r->error), &r->error);
    rig_wait(r, STATUS_NOT_FOUND);
    s3_lister_init(&l, &(struct s3_list){.bucket = RIG_BUCKET, .prefix = "p/"});
    rig_put(r, "p/a", "x");
    r->fault_operation = "ListObjectsV2";
    r->fault_status = 200;
    r->fault_body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/a</Key>";
    assert_ok(s3_lister_next(&l, r->client, trace, on_page, r, &r->error), &r->error);
    rig_wait(r, STATUS_PROTOCOL);
    assert_non_null(strstr(r->error.text, "ListObjectsV2 s3://bucket/p/: malformed XML"));
    assert_int_equal(out.len, 0);
    assert_int_equal(l.pages, 0);
    assert_ok(s3_lister_next(&l, r->client, trace, on_page, r, &r->error), &r->error);
    rig_wait(r, STATUS_OK);
    assert_string_equal(out.data, "p/a ");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_life_of_a_bucket),
        RIG_TEST(test_someone_elses_bucket),
        RIG_TEST(test_listings),
        RIG_TEST(test_a_listing_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
