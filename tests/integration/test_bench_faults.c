/* SPDX-License-Identifier: MIT */
/*
 * s3-bench run where something goes wrong: its marker comes first and goes last, and without it
 * nothing is deleted.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/fixture.h"
#include "tests/support/store.h"

#define BUCKET "benched"
#define TARGET "s3://benched/bench/"
#define MARKER "s3-bench-marker.json"

struct world {
    struct fixture *fixture;
    struct store *store;
    char directory[FIXTURE_PATH_MAX];
    bool hide_marker;         /* reads of the marker find nothing */
    atomic_bool hold_objects; /* the dataset's objects wait */
    atomic_uint writes;
    atomic_bool marker_was_first;
    atomic_bool marker_went_last; /* nothing was deleted after it */
};

static bool is_marker(const struct s3_server_request *request)
{
    return strstr(request->key, MARKER) != NULL;
}

static enum s3_server_action before(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply)
{
    struct world *w = ctx;
    if (strcmp(request->operation, "PutObject") == 0 && atomic_fetch_add(&w->writes, 1) == 0)
        atomic_store(&w->marker_was_first, is_marker(request));
    if (strncmp(request->operation, "Delete", 6) == 0)
        atomic_store(&w->marker_went_last, is_marker(request));
    if (w->hide_marker && is_marker(request) && strcmp(request->operation, "GetObject") == 0) {
        reply->status = 404;
        buf_reset(&reply->body);
        buf_append_str(&reply->body, "<Error><Code>NoSuchKey</Code></Error>");
        return S3_SERVER_REPLY;
    }
    const bool held = atomic_load(&w->hold_objects) && strcmp(request->operation, "PutObject") == 0;
    return held && !is_marker(request) ? S3_SERVER_HOLD : S3_SERVER_GO_ON;
}

static void world_open(struct world *w)
{
    w->fixture = fixture_new(TEST_ENDPOINT_EMBEDDED,
                             &(struct s3_server_options){.hooks = {.ctx = w, .before = before}});
    assert_ok(s3_server_make_bucket(w->fixture->server, BUCKET, NULL), NULL);
    w->store = store_open(&w->fixture->endpoint);
    fixture_directory(w->fixture, w->directory);
}

static void world_close(struct world *w)
{
    store_close(w->store);
    fixture_free(w->fixture);
}

static struct process *start(const struct world *w)
{
    return fixture_start(w->fixture,
                         FIXTURE_ARGS("s3-bench", "run", "--objects", "6", "--rows", "2", "--days",
                                      "2", "--rounds", "1", "--concurrency", "2", "--fan-out",
                                      "objects", "--out", w->directory, TARGET),
                         NULL);
}

static void the_marker_is_first_and_last(void **state)
{
    (void)state;
    struct world w = {.hide_marker = false};
    struct process_result ran;
    world_open(&w);
    assert_ok(process_wait(start(&w), &ran, NULL), NULL);
    assert_int_equal(ran.exit_code, 0);
    process_result_release(&ran);
    assert_true(atomic_load(&w.marker_was_first));
    assert_true(atomic_load(&w.marker_went_last));
    assert_int_equal(store_count(w.store, BUCKET, ""), 0);
    world_close(&w);
}

static void without_its_marker_nothing_is_deleted(void **state)
{
    (void)state;
    struct world w = {.hide_marker = true};
    struct process_result ran;
    world_open(&w);
    assert_ok(process_wait(start(&w), &ran, NULL), NULL);
    assert_int_equal(ran.exit_code, 1);
    assert_non_null(strstr(ran.err.data, "nothing was deleted"));
    process_result_release(&ran);
    assert_true(store_count(w.store, BUCKET, "") > 6);
    world_close(&w);
}

static void an_interrupted_seeding_is_cleaned_up(void **state)
{
    (void)state;
    struct world w = {.hold_objects = true};
    struct process_result ran;
    world_open(&w);
    struct process *p = start(&w);
    while (s3_server_held(w.fixture->server) < 6) {
        /* ctest's time-out bounds this */
    }
    process_signal(p, SIGTERM); /* not to the process group: s3-generate must be told */
    atomic_store(&w.hold_objects, false);
    s3_server_release_all(w.fixture->server);
    assert_ok(process_wait(p, &ran, NULL), NULL);
    assert_int_equal(ran.exit_code, 143);
    process_result_release(&ran);
    assert_int_equal(store_count(w.store, BUCKET, ""), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_marker_is_first_and_last),
        cmocka_unit_test(without_its_marker_nothing_is_deleted),
        cmocka_unit_test(an_interrupted_seeding_is_cleaned_up),
    };
    return FIXTURE_MAIN(tests);
}
