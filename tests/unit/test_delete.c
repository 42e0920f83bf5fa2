/* SPDX-License-Identifier: MIT */
/* DeleteObjects: its reply as a document, and the operation against the embedded server. */
#include "tests/unit/s3_rig.h"

#include <stdlib.h>
#include <string.h>

#include "lib/s3/delete.h"

static enum status result_of(const char *body, size_t *failed, struct error *err)
{
    const struct s3_reply reply = {.body = body, .body_size = strlen(body)};
    return s3_delete_result(&reply, failed, err);
}

static void test_results(void **state)
{
    (void)state;
    size_t failed = 9;
    struct error err;
    assert_ok(result_of("<DeleteResult/>", &failed, &err), &err);
    assert_int_equal(failed, 0);
    assert_ok(result_of("<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key>"
                        "<Code>NoSuchKey</Code></Error></DeleteResult>",
                        &failed, &err),
              &err);
    assert_int_equal(failed, 0);
    assert_status(STATUS_DENIED,
                  result_of("<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code>"
                            "<Message>Access Denied</Message></Error><Error><Key>b</Key>"
                            "<Code>InternalError</Code></Error></DeleteResult>",
                            &failed, &err),
                  &err);
    assert_int_equal(failed, 2);
    assert_non_null(strstr(err.text, "a: AccessDenied"));
    assert_non_null(strstr(err.text, "s3:DeleteObject"));
    failed = 9;
    assert_status(STATUS_PROTOCOL, result_of("<DeleteResult>", &failed, &err), &err);
    assert_status(STATUS_PROTOCOL, result_of("<Other/>", &failed, &err), &err);
    assert_status(STATUS_PROTOCOL, result_of("", &failed, &err), &err);
    assert_int_equal(failed, 9);
}

static void look_at_result(struct rig *r, const struct s3_reply *reply)
{
    size_t failed;
    struct error err;
    (void)r;
    assert_ok(s3_delete_result(reply, &failed, &err), &err);
    assert_int_equal(failed, 0);
}

static uint64_t objects(struct rig *r)
{
    struct s3_server_stats stats;
    s3_server_stats(r->server, &stats);
    return stats.objects;
}

static void test_delete_odd_keys(void **state)
{
    struct rig *r = *state;
    static const char *const keys[] = {
        "a", "a b+c", " lead", "x&y<z>\"'", "tab\tnl\ncr\r", "%41/", "\xc3\xa4/../", "missing"};
    const size_t count = sizeof keys / sizeof keys[0];
    for (size_t i = 0; i + 1 < count; i++)
        rig_put(r, keys[i], "x");
    rig_put(r, "stays", "x");
    r->look = look_at_result;
    assert_ok(s3_delete_objects(r->client, RIG_BUCKET, keys, count, rig_done, r, &r->error),
              &r->error);
    rig_wait(r, STATUS_OK);
    assert_int_equal(objects(r), 1);
    rig_holds(r, "stays", "x");
}

static void test_delete_a_thousand(void **state)
{
    struct rig *r = *state;
    static char names[S3_DELETE_MAX + 1][16];
    const char *keys[S3_DELETE_MAX + 1];
    for (size_t i = 0; i <= S3_DELETE_MAX; i++) {
        snprintf(names[i], sizeof names[i], "k%zu", i);
        keys[i] = names[i];
        rig_put(r, names[i], "x");
    }
    assert_status(
        STATUS_INVALID,
        s3_delete_objects(r->client, RIG_BUCKET, keys, S3_DELETE_MAX + 1, rig_done, r, &r->error),
        &r->error);
    assert_status(STATUS_INVALID,
                  s3_delete_objects(r->client, RIG_BUCKET, keys, 0, rig_done, r, &r->error),
                  &r->error);
    assert_ok(s3_delete_objects(r->client, RIG_BUCKET, keys, S3_DELETE_MAX, rig_done, r, &r->error),
              &r->error);
    rig_wait(r, STATUS_OK);
    assert_int_equal(objects(r), 1);
}

static void test_missing_bucket(void **state)
{
    struct rig *r = *state;
    const char *const keys[] = {"k"};
    assert_ok(s3_delete_objects(r->client, "nosuch", keys, 1, rig_done, r, &r->error), &r->error);
    rig_wait(r, STATUS_NOT_FOUND);
    assert_string_equal(r->code, "NoSuchBucket");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        RIG_TEST(test_delete_odd_keys),
        RIG_TEST(test_delete_a_thousand),
        RIG_TEST(test_missing_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
