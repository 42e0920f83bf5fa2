/* SPDX-License-Identifier: MIT */
/* What other integration tests lean on: objects put are the objects seen, on every server. */
#include <string.h>

#include "lib/s3/multipart.h"
#include "tests/support/store.h"

#define MANY 1203 /* more than one page of a listing */

static void objects_are_put_seen_and_deleted(void **state)
{
    struct fixture *f = *state;
    struct store *s = store_open(&f->endpoint);
    const char *bucket = fixture_bucket(f);
    struct buf keys, content;
    char length[32];

    buf_init(&keys, 4096);
    buf_init(&content, 4096);
    store_put_text(s, bucket, "in/b c", "second\n");
    store_put_text(s, bucket, "in/a+ü", "first\n");
    store_put_text(s, bucket, "elsewhere", "");
    store_keys(s, bucket, "in/", &keys);
    assert_string_equal(keys.data, "in/a+ü\nin/b c\n");
    assert_int_equal(store_count(s, bucket, ""), 3);
    assert_int_equal(store_bytes(s, bucket, "in/"), strlen("first\nsecond\n"));

    store_get(s, bucket, "in/a+ü", &content);
    store_get(s, bucket, "elsewhere", &content);
    assert_string_equal(content.data, "first\n");
    store_header(s, bucket, "in/b c", "content-length", length, sizeof length);
    assert_string_equal(length, "7");

    store_delete(s, bucket, "in/b c");
    assert_false(store_exists(s, bucket, "in/b c"));
    assert_true(store_exists(s, bucket, "in/a+ü"));
    buf_release(&keys);
    buf_release(&content);
    store_close(s);
}

static void listings_go_on_past_a_page(void **state)
{
    struct fixture *f = *state;
    struct store *s = store_open(&f->endpoint);
    const char *bucket = fixture_bucket(f);
    char key[32];

    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "many/%d", i);
        store_put_text(s, bucket, key, "x");
    }
    assert_int_equal(store_count(s, bucket, "many/"), MANY);
    assert_int_equal(store_bytes(s, bucket, "many/"), MANY);
    store_close(s);
}

struct created {
    bool done;
    struct s3_upload upload;
};

static void on_created(void *ctx, const struct s3_reply *reply)
{
    struct created *c = ctx;
    struct error err;
    c->done = true;
    assert_ok(s3_upload_created(reply, &c->upload, &err), &err);
}

static void on_aborted(void *ctx, const struct s3_reply *reply)
{
    bool *done = ctx;
    *done = true;
    assert_ok(reply->status, &reply->error);
}

static void open_uploads_are_counted(void **state)
{
    struct fixture *f = *state;
    struct store *s = store_open(&f->endpoint);
    const char *bucket = fixture_bucket(f);
    const struct s3_write write = {.bucket = bucket, .key = "half/done"};
    struct created created = {0};
    bool aborted = false;
    struct error err;

    assert_int_equal(store_open_uploads(s, bucket, write.key), 0);
    assert_ok(s3_upload_create(store_client(s), &write, on_created, &created, &err), &err);
    snprintf(created.upload.bucket, sizeof created.upload.bucket, "%s", bucket);
    snprintf(created.upload.key, sizeof created.upload.key, "%s", write.key);
    while (!created.done)
        assert_ok(s3_client_poll(store_client(s), 1000, &err), &err);
    assert_int_equal(store_open_uploads(s, bucket, write.key), 1);

    assert_ok(s3_upload_abort(store_client(s), &created.upload, on_aborted, &aborted, &err), &err);
    while (!aborted)
        assert_ok(s3_client_poll(store_client(s), 1000, &err), &err);
    assert_int_equal(store_open_uploads(s, bucket, write.key), 0);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_put_seen_and_deleted),
        cmocka_unit_test(listings_go_on_past_a_page),
        cmocka_unit_test(open_uploads_are_counted),
    };
    return FIXTURE_MAIN(tests);
}
