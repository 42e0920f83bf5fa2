/* SPDX-License-Identifier: MIT */
/*
 * The crash-safe mode against lost replies, dead senders whose requests are applied later, sources
 * that change under it, and a second runner. What has to come out is the same each time: every
 * source's bytes in exactly one output, and nothing left open.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/fixture.h"

#define BUCKET "crashes"
#define DAY    "--from", "2024-01-14", "--to", "2024-01-14"
#define SOURCE "s3://" BUCKET "/in/"
#define DEST   "s3://" BUCKET "/out/"
#define DIR    "out/2024/01/14/"
#define OUTPUT DIR "out-2024-01-14-g0000"
#define LOG    "out/_compaction/log/2024/01/14/"

/* What happens to the requests of one operation whose key contains `part`. */
struct fault {
    const char *operation;
    const char *part;
    enum {
        LOSE_REPLY, /* applied, and no answer */
        DROP,       /* not applied, and no answer */
        HOLD,       /* applied when the test says so */
        REMOVE_IT,  /* the object is gone when the request is looked at */
        SPOIL_SUM,  /* the sum record is overwritten by another */
    } kind;
    unsigned times; /* how often */
};

struct world {
    struct fixture *fixture;
    struct fault fault;
    atomic_uint applied;
};

static bool hits(struct world *w, const struct s3_server_request *request)
{
    const struct fault *f = &w->fault;
    if (f->operation == NULL || strcmp(request->operation, f->operation) != 0 ||
        strstr(request->key, f->part) == NULL)
        return false;
    return atomic_fetch_add(&w->applied, 1) < f->times;
}

static enum s3_server_action before(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply)
{
    struct world *w = ctx;
    (void)reply;
    if (w->fault.kind == LOSE_REPLY || w->fault.kind == SPOIL_SUM || !hits(w, request))
        return S3_SERVER_GO_ON;
    if (w->fault.kind == REMOVE_IT)
        assert_ok(s3_server_remove(w->fixture->server, BUCKET, request->key, NULL), NULL);
    return w->fault.kind == HOLD   ? S3_SERVER_HOLD
           : w->fault.kind == DROP ? S3_SERVER_DISCONNECT
                                   : S3_SERVER_GO_ON;
}

/* The SHA-256 of another output. */
static void spoil(struct world *w, const char *key)
{
    struct buf text;
    buf_init(&text, 4096);
    assert_ok(s3_server_get(w->fixture->server, BUCKET, key, &text, NULL), NULL);
    char *sum = strstr(text.data, "\"sha256\":\"");
    assert_non_null(sum);
    sum[10] = sum[10] == '0' ? '1' : '0';
    assert_ok(s3_server_put(w->fixture->server, BUCKET, key, text.data, text.len, NULL, NULL),
              NULL);
    buf_release(&text);
}

static enum s3_server_action after(void *ctx, const struct s3_server_request *request,
                                   struct s3_server_reply *reply)
{
    struct world *w = ctx;
    (void)reply;
    if ((w->fault.kind != LOSE_REPLY && w->fault.kind != SPOIL_SUM) || !hits(w, request))
        return S3_SERVER_GO_ON;
    if (w->fault.kind == LOSE_REPLY)
        return S3_SERVER_DISCONNECT;
    spoil(w, request->key);
    return S3_SERVER_GO_ON;
}

static void put(const struct world *w, const char *key, const char *text)
{
    assert_ok(s3_server_put(w->fixture->server, BUCKET, key, text, strlen(text), NULL, NULL), NULL);
}

static void world_open(struct world *w, const struct fault *fault)
{
    memset(w, 0, sizeof *w);
    w->fault = *fault;
    w->fixture = fixture_new(
        TEST_ENDPOINT_EMBEDDED,
        &(struct s3_server_options){.hooks = {.ctx = w, .before = before, .after = after}});
    assert_ok(s3_server_make_bucket(w->fixture->server, BUCKET, NULL), NULL);
    put(w, "in/2024/01/14/a.json", "a\n");
    put(w, "in/2024/01/14/b.json", "b\n");
    put(w, "in/2024/01/14/c.json", "c\n");
}

static void world_close(struct world *w)
{
    fixture_free(w->fixture);
}

static const char *const deleting[] = {"s3-compact", "--delete-sources", DAY, SOURCE, DEST, NULL};
static const char *const one_try[] = {
    "s3-compact", "--delete-sources", "--max-attempts", "1", DAY, SOURCE, DEST, NULL};
static const char *const keeping[] = {"s3-compact", "--manifest", DAY, SOURCE, DEST, NULL};
static const char *const recovering[] = {"s3-compact", "recover", DEST, NULL};
static const char *const verifying[] = {"s3-compact", "verify", DEST, NULL};

static void run(const struct world *w, const char *const *args, int exit_code, const char *said)
{
    struct process_result ran;
    fixture_run(w->fixture, args, NULL, &ran);
    if (ran.exit_code != exit_code || (said != NULL && strstr(ran.err.data, said) == NULL))
        fail_msg("exit %d, expected %d and \"%s\"\nstdout: %s\nstderr: %s", ran.exit_code,
                 exit_code, said != NULL ? said : "", ran.out.data, ran.err.data);
    process_result_release(&ran);
}

/* The text of an object; false when there is none. */
static bool read_object(const struct world *w, const char *key, char *out, size_t room)
{
    struct buf got;
    buf_init(&got, 1 << 20);
    const bool there = s3_server_get(w->fixture->server, BUCKET, key, &got, NULL) == STATUS_OK;
    snprintf(out, room, "%s", got.data);
    buf_release(&got);
    return there;
}

/* The outputs one after another, those of tombstones being empty. */
static void expect_outputs(const struct world *w, const char *const *texts)
{
    unsigned n = 0;
    for (; texts[n] != NULL; n++) {
        char key[128];
        char text[256];
        snprintf(key, sizeof key, OUTPUT "%u.json", n + 1);
        assert_true(read_object(w, key, text, sizeof text));
        assert_string_equal(text, texts[n]);
    }
    char beyond[128];
    char text[16];
    snprintf(beyond, sizeof beyond, OUTPUT "%u.json", n + 1);
    assert_false(read_object(w, beyond, text, sizeof text));
}

static void expect_sources(const struct world *w, bool there)
{
    char text[16];
    assert_int_equal(read_object(w, "in/2024/01/14/a.json", text, sizeof text), there);
    assert_int_equal(read_object(w, "in/2024/01/14/c.json", text, sizeof text), there);
}

static void expect_nothing_open(const struct world *w)
{
    struct s3_server_stats stats;
    s3_server_stats(w->fixture->server, &stats);
    assert_int_equal(stats.open_uploads, 0);
}

/* Every request that decides or remembers something. */
static const struct {
    const char *operation;
    const char *part;
} arrows[] = {
    {"PutObject", "config.state"},
    {"PutObject", "g00001.manifest"},
    {"PutObject", "g00001.sum-"},
    {"PutObject", DIR "out-2024"},
    {"PutObject", "g00001.verified-read"},
    {"DeleteObject", "in/2024/01/14/a.json"},
    {"DeleteObject", "in/2024/01/14/c.json"},
    {"PutObject", "g00001.done-deleted"},
};
#define ARROWS (sizeof arrows / sizeof arrows[0])

static void lost_replies_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARROWS; i++) {
        struct world w;
        world_open(&w, &(struct fault){arrows[i].operation, arrows[i].part, LOSE_REPLY, 1});
        run(&w, deleting, 0, NULL);
        assert_true(atomic_load(&w.applied) > 0);
        expect_outputs(&w, FIXTURE_ARGS("a\nb\nc\n"));
        expect_sources(&w, false);
        world_close(&w);
    }
}

/* The request is applied or not, the run gives up at once, and the next one goes on from there. */
static void given_up_at_every_arrow(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARROWS; i++) {
        struct world w;
        world_open(&w, &(struct fault){arrows[i / 2].operation, arrows[i / 2].part,
                                       i % 2 == 0 ? DROP : LOSE_REPLY, 1});
        struct process_result ran;
        fixture_run(w.fixture, one_try, NULL, &ran);
        assert_true(ran.exit_code == 0 || ran.exit_code == 1);
        process_result_release(&ran);
        run(&w, deleting, 0, NULL);
        expect_outputs(&w, FIXTURE_ARGS("a\nb\nc\n"));
        expect_sources(&w, false);
        run(&w, verifying, 0, NULL);
        world_close(&w);
    }
}

/* Killed while the request is on its way; another run comes to its end; then it is applied. */
static void applied_after_the_sender_died(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARROWS; i++) {
        struct world w;
        struct process_result ran;
        world_open(&w, &(struct fault){arrows[i].operation, arrows[i].part, HOLD, 1});
        struct process *p = fixture_start(w.fixture, deleting, NULL);
        while (s3_server_held(w.fixture->server) == 0) {
            /* ctest's time-out bounds this */
        }
        process_signal(p, SIGKILL);
        assert_ok(process_wait(p, &ran, NULL), NULL);
        process_result_release(&ran);
        run(&w, deleting, 0, NULL);
        s3_server_release_all(w.fixture->server);
        run(&w, deleting, 0, NULL);
        run(&w, recovering, 0, NULL);
        expect_outputs(&w, FIXTURE_ARGS("a\nb\nc\n"));
        expect_sources(&w, false);
        run(&w, verifying, 0, NULL);
        expect_nothing_open(&w);
        world_close(&w);
    }
}

static void a_source_that_vanishes_abandons(void **state)
{
    (void)state;
    struct world w;
    char text[16];
    world_open(&w, &(struct fault){"GetObject", "in/2024/01/14/b.json", REMOVE_IT, 1});
    run(&w, deleting, 0, "generation 1 is abandoned");
    expect_outputs(&w, FIXTURE_ARGS("", "a\nc\n"));
    assert_true(read_object(&w, LOG "g00001.done-abandoned.state", text, sizeof text));
    expect_sources(&w, false);
    run(&w, verifying, 0, NULL);
    world_close(&w);
}

/* The dead runner's output comes after the tombstone, and bounces off. */
static void the_tombstone_fences_a_slow_writer(void **state)
{
    (void)state;
    struct world w;
    struct process_result ran;
    world_open(&w, &(struct fault){"PutObject", DIR "out-2024", HOLD, 1});
    struct process *p = fixture_start(w.fixture, keeping, NULL);
    while (s3_server_held(w.fixture->server) == 0) {
        /* ctest's time-out bounds this */
    }
    process_signal(p, SIGKILL);
    assert_ok(process_wait(p, &ran, NULL), NULL);
    process_result_release(&ran);
    put(&w, "in/2024/01/14/b.json", "changed\n");
    run(&w, keeping, 0, "generation 1 is abandoned");
    s3_server_release_all(w.fixture->server);
    run(&w, keeping, 0, NULL);
    expect_outputs(&w, FIXTURE_ARGS("", "a\nchanged\nc\n"));
    run(&w, verifying, 0, NULL);
    world_close(&w);
}

static void nothing_is_deleted_on_a_wrong_sum(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &(struct fault){"PutObject", "g00001.sum-", SPOIL_SUM, 1});
    run(&w, deleting, 1, "is not what was written");
    expect_sources(&w, true);
    run(&w, deleting, 1, "is not what was written");
    expect_sources(&w, true);
    run(&w, verifying, 1, "is not what was written");
    world_close(&w);
}

static void two_runners_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct world w;
        struct process_result ran[2];
        struct process *p[2];
        world_open(&w, &(struct fault){0});
        for (int k = 0; k < 2; k++)
            p[k] = fixture_start(w.fixture, deleting, NULL);
        for (int k = 0; k < 2; k++) {
            assert_ok(process_wait(p[k], &ran[k], NULL), NULL);
            if (ran[k].exit_code != 0)
                print_error("runner %d: %s\n", k, ran[k].err.data);
            assert_int_equal(ran[k].exit_code, 0);
            process_result_release(&ran[k]);
        }
        run(&w, deleting, 0, NULL);
        run(&w, verifying, 0, NULL);
        expect_sources(&w, false);
        expect_outputs(&w, FIXTURE_ARGS("a\nb\nc\n"));
        world_close(&w);
    }
}

/* The dead runner's upload is left open until somebody recovers. */
static void open_uploads_are_recovered(void **state)
{
    (void)state;
    static char large[9 << 20];
    struct world w;
    struct process_result ran;
    memset(large, 'x', sizeof large - 1);
    world_open(&w, &(struct fault){"UploadPart", "out", HOLD, 1});
    put(&w, "in/2024/01/14/d.json", large);
    struct process *p = fixture_start(w.fixture, keeping, NULL);
    while (s3_server_held(w.fixture->server) == 0) {
        /* ctest's time-out bounds this */
    }
    process_signal(p, SIGKILL);
    assert_ok(process_wait(p, &ran, NULL), NULL);
    process_result_release(&ran);
    s3_server_release_all(w.fixture->server);
    run(&w, recovering, 0, NULL);
    expect_nothing_open(&w);
    run(&w, verifying, 0, NULL);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_replies_change_nothing),
        cmocka_unit_test(given_up_at_every_arrow),
        cmocka_unit_test(applied_after_the_sender_died),
        cmocka_unit_test(a_source_that_vanishes_abandons),
        cmocka_unit_test(the_tombstone_fences_a_slow_writer),
        cmocka_unit_test(nothing_is_deleted_on_a_wrong_sum),
        cmocka_unit_test(two_runners_at_once),
        cmocka_unit_test(open_uploads_are_recovered),
    };
    return FIXTURE_MAIN(tests);
}
