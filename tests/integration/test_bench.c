/* SPDX-License-Identifier: MIT */
/* s3-bench run in somebody's bucket: it goes where its options say, and leaves what was there. */
#include <stdio.h>
#include <string.h>

#include "tests/support/fixture.h"
#include "tests/support/store.h"

#define SMALL                                                                                      \
    "--objects", "6", "--rows", "2", "--days", "2", "--rounds", "1", "--concurrency", "2",         \
        "--fan-out", "objects"

struct world {
    struct fixture *fixture;
    struct store *store;
    char bucket[64];
    char target[96];
    char directory[FIXTURE_PATH_MAX];
};

static void world_open(struct world *w, struct fixture *f)
{
    w->fixture = f;
    w->store = store_open(&f->endpoint);
    snprintf(w->bucket, sizeof w->bucket, "%s", fixture_bucket(f));
    snprintf(w->target, sizeof w->target, "s3://%s/bench/", w->bucket);
    fixture_directory(f, w->directory);
}

static void measures_and_leaves_nothing(void **state)
{
    struct world w;
    struct process_result ran;
    char path[FIXTURE_PATH_MAX + 32];
    struct buf text;
    /* The endpoint comes from the option alone: seeding, measuring and verifying must all heed it. */
    static const char *const elsewhere[] = {"AWS_ENDPOINT_URL_S3=http://127.0.0.1:1",
                                            "AWS_ENDPOINT_URL=http://127.0.0.1:1", NULL};
    world_open(&w, *state);
    store_put_text(w.store, w.bucket, "bench/somebody's.json", "theirs\n");
    fixture_run(w.fixture,
                FIXTURE_ARGS("s3-bench", "run", SMALL, "--endpoint-url", w.fixture->endpoint.url,
                             "--out", w.directory, w.target),
                elsewhere, &ran);
    if (ran.exit_code != 0)
        print_error("exit %d: %s\n", ran.exit_code, ran.err.data);
    assert_int_equal(ran.exit_code, 0);
    assert_non_null(strstr(ran.out.data, "objects-2"));
    assert_null(strstr(ran.out.data, "simulated"));
    process_result_release(&ran);
    assert_int_equal(store_count(w.store, w.bucket, ""), 1);
    assert_true(store_exists(w.store, w.bucket, "bench/somebody's.json"));
    snprintf(path, sizeof path, "%s/result.json", w.directory);
    fixture_read_file(path, &text);
    assert_non_null(strstr(text.data, "\"s3-bench/1\""));
    buf_release(&text);
    store_close(w.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(measures_and_leaves_nothing)};
    return FIXTURE_MAIN(tests);
}
