/* SPDX-License-Identifier: MIT */
/*
 * What tests steer the embedded server with: hooks, the gate, simulated delays, the request log.
 * And that all of it holds under several clients at once.
 */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "bench/server/server.h"
#include "lib/base/clock.h"
#include "tests/support/unit.h"
#include "tests/support/wire.h"

static const struct s3_server_key keys[] = {{"AKIAFIRST", "first secret", NULL},
                                            {"AKIASECOND", "second secret", NULL}};

/* What the hooks do to requests for one key. */
struct plan {
    const char *key;
    enum s3_server_action arrived, before, after;
    int status; /* of the reply that `before` gives */
    bool cut;   /* after `cut_after` bytes */
    uint64_t cut_after;
    int64_t delay_ms;
    const char *appended; /* to the body */
};

struct bench {
    struct s3_server *server;
    struct wire wire;
    struct answer answer;
    pthread_mutex_t lock; /* of what the server's thread uses too: */
    struct plan plan;
    char seen[4096]; /* what the hooks saw, a line a request */
};

static void plan(struct bench *b, struct plan plan)
{
    pthread_mutex_lock(&b->lock);
    b->plan = plan;
    pthread_mutex_unlock(&b->lock);
}

/* The plan when it is for this request; otherwise one that changes nothing. */
static struct plan plan_for(struct bench *b, const struct s3_server_request *rq)
{
    pthread_mutex_lock(&b->lock);
    const struct plan found = b->plan;
    pthread_mutex_unlock(&b->lock);
    if (found.key == NULL || strcmp(found.key, rq->key) != 0)
        return (struct plan){.key = NULL};
    return found;
}

static void note(struct bench *b, const struct s3_server_request *rq)
{
    pthread_mutex_lock(&b->lock);
    const size_t len = strlen(b->seen);
    snprintf(b->seen + len, sizeof b->seen - len, "%s %s %s %s %s %u %u\n", rq->access_key_id,
             rq->operation, rq->bucket, rq->key, rq->range, rq->part_number, rq->attempt);
    pthread_mutex_unlock(&b->lock);
}

static enum s3_server_action arrived(void *ctx, const struct s3_server_request *rq)
{
    return plan_for(ctx, rq).arrived;
}

static enum s3_server_action before(void *ctx, const struct s3_server_request *rq,
                                    struct s3_server_reply *reply)
{
    const struct plan plan = plan_for(ctx, rq);
    note(ctx, rq);
    if (plan.before == S3_SERVER_REPLY) {
        reply->status = plan.status;
        buf_append_str(&reply->body, "<Error><Code>SlowDown</Code></Error>");
        buf_append_str(&reply->headers, "Retry-After: 1\n");
    }
    return plan.before;
}

static enum s3_server_action after(void *ctx, const struct s3_server_request *rq,
                                   struct s3_server_reply *reply)
{
    const struct plan plan = plan_for(ctx, rq);
    if (plan.cut)
        reply->cut_after = plan.cut_after;
    reply->extra_delay_ms = plan.delay_ms;
    if (plan.appended != NULL)
        buf_append_str(&reply->body, plan.appended);
    return plan.after;
}

static bool wants_body(void *ctx, const struct s3_server_request *rq)
{
    return plan_for(ctx, rq).appended != NULL;
}

static struct bench *bench_new(const char *latency, const char *request_log)
{
    struct bench *b = calloc(1, sizeof *b);
    struct error err;
    assert_non_null(b);
    pthread_mutex_init(&b->lock, NULL);
    const struct s3_server_options options = {
        .keys = keys,
        .key_count = 2,
        .seed = 1,
        .request_log = request_log,
        .latency = latency != NULL ? latency_profile_find(latency) : NULL,
        .hooks = {.ctx = b,
                  .arrived = arrived,
                  .before = before,
                  .after = after,
                  .wants_body = wants_body}};
    assert_ok(s3_server_start(&options, &b->server, &err), &err);
    assert_ok(s3_server_make_bucket(b->server, "bucket", &err), &err);
    wire_open(&b->wire, s3_server_url(b->server), &keys[0]);
    return b;
}

static void bench_free(struct bench *b)
{
    answer_release(&b->answer);
    wire_close(&b->wire);
    s3_server_stop(b->server);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static int bench_setup(void **state)
{
    *state = bench_new(NULL, NULL);
    return 0;
}

static int bench_teardown(void **state)
{
    bench_free(*state);
    return 0;
}

static void put(struct bench *b, const char *key, const char *body)
{
    assert_ok(s3_server_put(b->server, "bucket", key, body, strlen(body), NULL, NULL), NULL);
}

static bool holds(struct bench *b, const char *key, const char *body)
{
    struct buf found;
    buf_init(&found, 1 << 20);
    const enum status status = s3_server_get(b->server, "bucket", key, &found, NULL);
    const bool same = status == STATUS_OK && buf_equals(&found, body);
    buf_release(&found);
    return same;
}

static void ask(struct bench *b, const char *method, const char *target, const char *headers,
                const char *body, int status)
{
    wire_ask(&b->wire, method, target, headers, body, body != NULL ? strlen(body) : 0, &b->answer);
    assert_int_equal(b->answer.status, status);
}

/* Hooks */

static void hooks_see_what_was_asked(void **state)
{
    struct bench *b = *state;
    put(b, "a b", "0123");
    ask(b, "GET", "/bucket/a%20b", "Range: bytes=1-2\namz-sdk-request: attempt=3; max=5\n", NULL,
        206);
    b->wire.key = &keys[1];
    ask(b, "PUT", "/bucket/k?partNumber=7&uploadId=u", NULL, "x", 404);
    b->wire.key = NULL; /* refused before any hook */
    ask(b, "GET", "/bucket/a%20b", NULL, NULL, 403);
    pthread_mutex_lock(&b->lock);
    assert_string_equal(b->seen, "AKIAFIRST GetObject bucket a b bytes=1-2 0 3\n"
                                 "AKIASECOND UploadPart bucket k  7 1\n");
    pthread_mutex_unlock(&b->lock);
}

static void a_reply_in_its_place(void **state)
{
    struct bench *b = *state;
    char text[64];
    plan(b, (struct plan){.key = "key", .before = S3_SERVER_REPLY, .status = 503});
    ask(b, "PUT", "/bucket/key", NULL, "body", 503);
    assert_string_equal(b->answer.code, "SlowDown");
    assert_string_equal(answer_header(&b->answer, "Retry-After", text, sizeof text), "1");
    assert_false(holds(b, "key", "body"));
    ask(b, "PUT", "/bucket/other", NULL, "body", 200);
}

static void disconnected_before_or_after_it_was_applied(void **state)
{
    struct bench *b = *state;
    plan(b, (struct plan){.key = "key", .before = S3_SERVER_DISCONNECT});
    ask(b, "PUT", "/bucket/key", NULL, "body", 0);
    assert_false(holds(b, "key", "body"));
    plan(b, (struct plan){.key = "key", .after = S3_SERVER_DISCONNECT});
    ask(b, "PUT", "/bucket/key", NULL, "body", 0);
    assert_true(holds(b, "key", "body"));
}

static void replies_are_cut(void **state)
{
    struct bench *b = *state;
    put(b, "key", "0123456789");
    plan(b, (struct plan){.key = "key", .cut = true, .cut_after = 4});
    ask(b, "GET", "/bucket/key", NULL, NULL, 200);
    assert_true(b->answer.cut);
    assert_string_equal(b->answer.body.data, "0123");
    plan(b, (struct plan){.key = "key", .cut = true, .cut_after = 0});
    ask(b, "GET", "/bucket/key", "Range: bytes=5-\n", NULL, 206);
    assert_true(b->answer.cut);
    assert_int_equal(b->answer.body.len, 0);
    plan(b, (struct plan){.key = "key", .cut = true, .cut_after = 10}); /* all of it */
    ask(b, "GET", "/bucket/key", NULL, NULL, 200);
    assert_false(b->answer.cut);
}

static void bodies_are_changed(void **state)
{
    struct bench *b = *state;
    put(b, "key", "0123456789");
    plan(b, (struct plan){.key = "key", .appended = " and more"});
    ask(b, "GET", "/bucket/key", NULL, NULL, 200);
    assert_string_equal(b->answer.body.data, "0123456789 and more");
    ask(b, "GET", "/bucket/key", "Range: bytes=8-\n", NULL, 206);
    assert_string_equal(b->answer.body.data, "89 and more");
}

static void replies_are_delayed(void **state)
{
    struct bench *b = *state;
    put(b, "key", "x");
    plan(b, (struct plan){.key = "key", .delay_ms = 30});
    const struct mono start = clock_mono(clock_system());
    ask(b, "GET", "/bucket/key", NULL, NULL, 200);
    assert_true(mono_since_ns(clock_mono(clock_system()), start) >= 30 * NS_PER_MS);
}

/* The gate */

static void held_requests_are_applied_when_released(void **state)
{
    struct bench *b = *state;
    plan(b, (struct plan){.key = "key", .before = S3_SERVER_HOLD});
    wire_send(&b->wire, "PUT", "/bucket/key", NULL, "held", 4);
    AWAIT(s3_server_held(b->server) == 1);
    assert_false(holds(b, "key", "held"));
    struct wire other; /* others go on */
    struct answer answer = {.status = 0};
    wire_open(&other, s3_server_url(b->server), &keys[1]);
    wire_ask(&other, "PUT", "/bucket/other", NULL, "x", 1, &answer);
    assert_int_equal(answer.status, 200);
    s3_server_release(b->server, 99); /* no such sequence */
    assert_int_equal(s3_server_held(b->server), 1);
    s3_server_release(b->server, 1);
    wire_receive(&b->wire, false, &b->answer);
    assert_int_equal(b->answer.status, 200);
    assert_true(holds(b, "key", "held"));
    answer_release(&answer);
    wire_close(&other);
}

static void held_requests_are_applied_though_the_client_has_gone(void **state)
{
    struct bench *b = *state;
    plan(b, (struct plan){.key = "key", .before = S3_SERVER_HOLD});
    wire_send(&b->wire, "PUT", "/bucket/key", NULL, "late", 4);
    AWAIT(s3_server_held(b->server) == 1);
    wire_close(&b->wire);
    put(b, "key", "newer"); /* a second try of the client, say, that was faster */
    s3_server_release_all(b->server);
    AWAIT(holds(b, "key", "late"));
    wire_open(&b->wire, s3_server_url(b->server), &keys[0]);
}

static void replies_are_held_after_they_were_made(void **state)
{
    struct bench *b = *state;
    char byte;
    plan(b, (struct plan){.key = "key", .after = S3_SERVER_HOLD});
    wire_send(&b->wire, "PUT", "/bucket/key", NULL, "body", 4);
    AWAIT(s3_server_held(b->server) == 1);
    assert_true(holds(b, "key", "body"));
    assert_true(recv(b->wire.fd, &byte, 1, MSG_DONTWAIT) < 0);
    s3_server_release(b->server, 1);
    wire_receive(&b->wire, false, &b->answer);
    assert_int_equal(b->answer.status, 200);
}

/* Each point at which a client can die while a write of its own is under way. */
static void a_client_dies_at_each_point(void **state)
{
    struct bench *b = *state;
    static const struct {
        struct plan plan;
        bool applied;
    } cases[] = {
        {{.key = "key", .arrived = S3_SERVER_STALL}, false},
        {{.key = "key", .before = S3_SERVER_STALL}, false},
        {{.key = "key", .after = S3_SERVER_STALL}, true},
        {{.key = "key", .before = S3_SERVER_HOLD_UNTIL_GONE}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct s3_server_stats stats;
        (void)!s3_server_remove(b->server, "bucket", "key", NULL);
        plan(b, cases[i].plan);
        wire_send(&b->wire, "PUT", "/bucket/key", NULL, "body", 4);
        AWAIT(s3_server_held(b->server) == 1);
        wire_close(&b->wire);
        AWAIT((s3_server_stats(b->server, &stats), stats.in_flight == 0));
        assert_int_equal(holds(b, "key", "body"), cases[i].applied);
        wire_open(&b->wire, s3_server_url(b->server), &keys[0]);
    }
}

static void connections_are_reset_by_hooks(void **state)
{
    struct bench *b = *state;
    plan(b, (struct plan){.key = "key", .arrived = S3_SERVER_RESET});
    ask(b, "PUT", "/bucket/key", NULL, "body", 0);
    assert_false(holds(b, "key", "body"));
    plan(b, (struct plan){.key = "key", .after = S3_SERVER_RESET});
    ask(b, "PUT", "/bucket/key", NULL, "body", 0);
    assert_true(holds(b, "key", "body"));
}

static void stopping_ends_held_and_delayed_requests(void **state)
{
    (void)state;
    struct bench *b = bench_new("s3-standard", NULL);
    struct wire waiting[20];
    plan(b, (struct plan){.key = "held", .before = S3_SERVER_HOLD});
    for (int i = 0; i < 20; i++) {
        wire_open(&waiting[i], s3_server_url(b->server), &keys[0]);
        wire_send(&waiting[i], "PUT", i % 2 ? "/bucket/held" : "/bucket/slow", NULL, "x", 1);
    }
    AWAIT(s3_server_held(b->server) == 10);
    bench_free(b);
    for (int i = 0; i < 20; i++)
        wire_close(&waiting[i]);
}

/* Delays and the log */

static json_t *read_log(const char *path)
{
    json_t *lines = json_array();
    FILE *f = fopen(path, "r");
    char line[4096];
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        json_error_t problem;
        json_t *parsed = json_loads(line, 0, &problem);
        assert_non_null(parsed);
        json_array_append_new(lines, parsed);
    }
    fclose(f);
    return lines;
}

static json_int_t number(const json_t *lines, size_t line, const char *name)
{
    const json_t *value = json_object_get(json_array_get(lines, line), name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *lines, size_t line, const char *name)
{
    const char *value = json_string_value(json_object_get(json_array_get(lines, line), name));
    assert_non_null(value);
    return value;
}

static json_int_t expected_us(uint64_t seed, enum latency_operation operation, const char *key,
                              unsigned attempt, uint64_t bytes)
{
    return latency_draw_ns(latency_profile_find("minio-lan"), seed, operation, key, strlen(key),
                           attempt, bytes) /
           NS_PER_US;
}

static void delays_are_drawn_by_key_and_logged(void **state)
{
    (void)state;
    char path[] = "/tmp/kit-request-log-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct bench *b = bench_new("minio-lan", path);
    ask(b, "PUT", "/bucket/a%22key", NULL, "0123456789", 200);
    ask(b, "GET", "/bucket/a%22key", "Range: bytes=1-3\namz-sdk-request: attempt=2\n", NULL, 206);
    ask(b, "HEAD", "/bucket/a%22key", NULL, NULL, 200);
    s3_server_reseed(b->server, 2);
    ask(b, "GET", "/bucket/a%22key", NULL, NULL, 200);
    ask(b, "GET", "/bucket/none", NULL, NULL, 404);
    bench_free(b);

    json_t *log = read_log(path);
    assert_int_equal(json_array_size(log), 5);
    assert_int_equal(number(log, 0, "drawn_us"), expected_us(1, LATENCY_PUT, "a\"key\n", 1, 10));
    assert_int_equal(number(log, 1, "drawn_us"),
                     expected_us(1, LATENCY_GET, "a\"key\nbytes=1-3", 2, 3));
    assert_int_equal(number(log, 2, "drawn_us"), expected_us(1, LATENCY_GET, "a\"key\n", 1, 0));
    assert_int_equal(number(log, 3, "drawn_us"), expected_us(2, LATENCY_GET, "a\"key\n", 1, 10));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(number(log, i, "sequence"), i + 1);
        assert_int_equal(number(log, i, "connection"), 1);
        assert_int_equal(number(log, i, "in_flight"), 1);
        assert_true(number(log, i, "actual_us") >= number(log, i, "drawn_us"));
        assert_true(number(log, i, "service_us") >= number(log, i, "actual_us"));
        assert_string_equal(text(log, i, "access_key"), "AKIAFIRST");
        assert_string_equal(text(log, i, "bucket"), "bucket");
    }
    assert_string_equal(text(log, 0, "key"), "a\"key");
    assert_string_equal(text(log, 1, "operation"), "GetObject");
    assert_int_equal(number(log, 1, "status"), 206);
    assert_int_equal(number(log, 1, "bytes"), 3);
    assert_int_equal(number(log, 1, "attempt"), 2);
    assert_int_equal(number(log, 4, "status"), 404);
    json_decref(log);
    unlink(path);
}

/* Several clients at once */

#define CLIENTS  4
#define REQUESTS 60

static void *mixed_load(void *arg)
{
    struct bench *b = arg;
    struct wire w;
    struct answer a = {.status = 0};
    char target[64];
    wire_open(&w, s3_server_url(b->server), &keys[1]);
    for (int i = 0; i < REQUESTS; i++) {
        snprintf(target, sizeof target, "/bucket/shared-%d", i % 7);
        wire_ask(&w, "PUT", target, NULL, target, strlen(target), &a);
        assert_int_equal(a.status, 200);
        wire_ask(&w, "GET", target, NULL, NULL, 0, &a);
        assert_true(a.status == 404 || strcmp(a.body.data, target) == 0);
        wire_ask(&w, "GET", "/bucket?list-type=2", NULL, NULL, 0, &a);
        assert_int_equal(a.status, 200);
        wire_ask(&w, "DELETE", target, NULL, NULL, 0, &a);
        assert_int_equal(a.status, 204);
    }
    answer_release(&a);
    wire_close(&w);
    return NULL;
}

static void count_key(void *ctx, const char *key, uint64_t size)
{
    (void)key, (void)size;
    ++*(int *)ctx;
}

static void many_threads_and_direct_access(void **state)
{
    (void)state;
    struct bench *b = bench_new("minio-lan", NULL);
    pthread_t threads[CLIENTS];
    struct s3_server_stats stats;
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, mixed_load, b), 0);
    for (int i = 0; i < 200; i++) {
        int found = 0;
        put(b, "direct", "x");
        s3_server_keys(b->server, "bucket", count_key, &found);
        assert_true(found >= 1 && found <= 8);
        s3_server_stats(b->server, &stats);
        s3_server_reseed(b->server, (uint64_t)i);
        s3_server_release_all(b->server);
    }
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    s3_server_stats(b->server, &stats);
    assert_int_equal(stats.requests, CLIENTS * REQUESTS * 4);
    assert_int_equal(stats.objects, 1);
    assert_true(stats.actual_ns >= stats.drawn_ns);
    bench_free(b);
}

#define CONTROL_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(hooks_see_what_was_asked),
        CONTROL_TEST(a_reply_in_its_place),
        CONTROL_TEST(disconnected_before_or_after_it_was_applied),
        CONTROL_TEST(replies_are_cut),
        CONTROL_TEST(bodies_are_changed),
        CONTROL_TEST(replies_are_delayed),
        CONTROL_TEST(held_requests_are_applied_when_released),
        CONTROL_TEST(held_requests_are_applied_though_the_client_has_gone),
        CONTROL_TEST(replies_are_held_after_they_were_made),
        CONTROL_TEST(a_client_dies_at_each_point),
        CONTROL_TEST(connections_are_reset_by_hooks),
        cmocka_unit_test(stopping_ends_held_and_delayed_requests),
        cmocka_unit_test(delays_are_drawn_by_key_and_logged),
        cmocka_unit_test(many_threads_and_direct_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
