/* SPDX-License-Identifier: MIT */
/* transport - what becomes of an exchange, against a peer on a real socket that misbehaves. */
#include "lib/s3/http/transport.h"

#include <string.h>

#include "tests/support/peer.h"
#include "tests/support/unit.h"

#define POLLS_MAX 600 /* of 100 ms: no test waits longer */
#define TURNS(...)                                                                                 \
    (const struct peer_turn[]){__VA_ARGS__},                                                       \
        sizeof((const struct peer_turn[]){__VA_ARGS__}) / sizeof(struct peer_turn)

static const char ok_hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct bench {
    struct peer peer;
    struct http_loop *loop;
    struct error err;
};

static void bench_start(struct bench *b, unsigned connections, const struct peer_turn *turns,
                        size_t count)
{
    const struct http_loop_options options = {.max_connections = connections,
                                              .clock = clock_system()};
    peer_start(&b->peer, turns, count);
    assert_ok(http_loop_new(&options, &b->loop, &b->err), &b->err);
}

static void bench_stop(struct bench *b)
{
    http_loop_free(b->loop);
    peer_stop(&b->peer);
}

struct shot {
    struct http_exchange x;
    char into[64];
    unsigned done; /* times */
};

static void on_done(struct http_exchange *x, void *ctx)
{
    struct shot *shot = ctx;
    assert_ptr_equal(x, &shot->x);
    shot->done++;
}

static void shot_init(struct shot *s, const struct bench *b)
{
    memset(s, 0, sizeof *s);
    s->x.method = "GET";
    s->x.url = b->peer.url;
    s->x.connect_timeout_ms = 5000;
    s->x.stall_timeout_ms = 30000;
    s->x.total_timeout_ms = 60000;
    s->x.proxy = "";
    s->x.done = on_done;
    s->x.ctx = s;
    buf_init(&s->x.reply_body, 4096);
    buf_init(&s->x.reply_headers, HTTP_HEADERS_MAX);
}

static void shot_release(struct shot *s)
{
    buf_release(&s->x.reply_body);
    buf_release(&s->x.reply_headers);
}

static void wait_for(struct bench *b, const struct shot *s)
{
    for (int i = 0; i < POLLS_MAX && s->done == 0; i++)
        assert_ok(http_poll(b->loop, 100, &b->err), &b->err);
    assert_int_equal(s->done, 1);
}

static void fire(struct bench *b, struct shot *s)
{
    assert_ok(http_start(b->loop, &s->x, &b->err), &b->err);
    assert_int_equal(s->done, 0);
    wait_for(b, s);
}

/* ---- outcomes ---- */

struct outcome_case {
    const char *name;
    struct peer_turn turn;
    enum http_outcome outcome;
    int http_status;
    bool into;
};

static const struct outcome_case outcome_cases[] = {
    {"whole", {ok_hello, 0, PEER_KEEP}, HTTP_DONE, 200, false},
    {"whole, into memory", {ok_hello, 0, PEER_KEEP}, HTTP_DONE, 200, true},
    {"chunked",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0, PEER_KEEP},
     HTTP_DONE,
     200,
     false},
    {"chunked, broken off",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 0, PEER_CLOSE},
     HTTP_TRUNCATED,
     200,
     false},
    {"an interim reply first",
     {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, PEER_KEEP},
     HTTP_DONE,
     200,
     false},
    {"fewer bytes than announced",
     {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0, PEER_CLOSE},
     HTTP_TRUNCATED,
     200,
     true},
    {"closed within the headers",
     {"HTTP/1.1 503 Slow Down\r\nRetry-Af", 0, PEER_CLOSE},
     HTTP_TRUNCATED,
     503,
     false},
    {"two lengths",
     {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 4\r\n\r\nhello", 0, PEER_CLOSE},
     HTTP_TRUNCATED,
     200,
     true},
    {"the same length twice",
     {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 0, PEER_KEEP},
     HTTP_DONE,
     200,
     true},
    {"no length, closed",
     {"HTTP/1.1 200 OK\r\n\r\nhello", 0, PEER_CLOSE},
     HTTP_TRUNCATED,
     200,
     false},
    {"an error without a length",
     {"HTTP/1.1 503 Slow Down\r\n\r\n<Error/>", 0, PEER_CLOSE},
     HTTP_DONE,
     503,
     false},
    {"no content", {"HTTP/1.1 204 No Content\r\n\r\n", 0, PEER_KEEP}, HTTP_DONE, 204, false},
    {"reset within the body",
     {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0, PEER_RESET},
     HTTP_RESET,
     200,
     true},
    {"closed without a word", {"", 0, PEER_CLOSE}, HTTP_RESET, 0, false},
    {"larger than the memory for it",
     {"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", 65, PEER_KEEP},
     HTTP_TOO_LARGE,
     200,
     true},
    {"larger than the buffer's ceiling",
     {"HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n", 4097, PEER_KEEP},
     HTTP_TOO_LARGE,
     200,
     false},
    {"a redirect is an answer",
     {"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0,
      PEER_KEEP},
     HTTP_DONE,
     307,
     false},
    {"an error's body does not go into the memory",
     {"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", 0, PEER_KEEP},
     HTTP_DONE,
     404,
     true},
    {"not HTTP", {"+OK POP3 ready\r\n", 0, PEER_CLOSE}, HTTP_FAILED, 0, false},
};

static void test_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outcome_cases / sizeof outcome_cases[0]; i++) {
        const struct outcome_case *c = &outcome_cases[i];
        struct bench b;
        struct shot s;
        bench_start(&b, 1, &c->turn, 1);
        shot_init(&s, &b);
        if (c->into) {
            s.x.into = s.into;
            s.x.into_capacity = sizeof s.into;
        }
        fire(&b, &s);
        if (s.x.outcome != c->outcome)
            print_error("%s: %s (%s)\n", c->name, http_outcome_name(s.x.outcome), s.x.detail);
        assert_int_equal(s.x.outcome, c->outcome);
        assert_int_equal(s.x.http_status, c->http_status);
        assert_true((s.x.outcome == HTTP_DONE) == (s.x.detail[0] == '\0'));
        assert_int_equal(http_in_flight(b.loop), 0);
        shot_release(&s);
        bench_stop(&b);
        peer_release(&b.peer);
    }
}

static void test_oversize_headers_end_it(void **state)
{
    (void)state;
    struct bench b;
    struct shot s;
    struct buf reply;
    buf_init(&reply, 2 * HTTP_HEADERS_MAX);
    buf_append_str(&reply, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    while (reply.len <= HTTP_HEADERS_MAX)
        buf_printf(&reply, "X-Line: %0999d\r\n", 1);
    buf_append_str(&reply, "\r\n");
    const struct peer_turn turn = {reply.data, 0, PEER_KEEP};
    bench_start(&b, 1, &turn, 1);
    shot_init(&s, &b);
    fire(&b, &s);
    assert_int_equal(s.x.outcome, HTTP_TOO_LARGE);
    assert_non_null(strstr(s.x.detail, "headers"));
    shot_release(&s);
    bench_stop(&b);
    peer_release(&b.peer);
    buf_release(&reply);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct bench b;
    struct shot s;
    bench_start(&b, 1, NULL, 0);
    peer_stop(&b.peer); /* its port is closed from here on */
    shot_init(&s, &b);
    fire(&b, &s);
    assert_int_equal(s.x.outcome, HTTP_CONNECT_FAILED);
    assert_int_equal(s.x.http_status, 0);
    shot_release(&s);
    http_loop_free(b.loop);
    peer_release(&b.peer);
}

/* ---- what goes out, and what comes back ---- */

static void test_request_on_the_wire(void **state)
{
    (void)state;
    struct bench b;
    struct shot s;
    char url[256];
    const char *const headers[] = {"Host: bucket.example", "x-amz-date: 20240101T000000Z"};
    bench_start(&b, 1, TURNS({ok_hello, 0, PEER_KEEP}));
    shot_init(&s, &b);
    snprintf(url, sizeof url, "%s/a/../b/./%%23?x=%%2F", b.peer.url);
    s.x.url = url;
    s.x.method = "PUT";
    s.x.body = "content";
    s.x.body_size = 7;
    s.x.headers = headers;
    s.x.header_count = 2;
    fire(&b, &s);
    assert_int_equal(s.x.sent_bytes, 7);
    shot_release(&s);
    bench_stop(&b);
    const char *sent = b.peer.requests[0].data;
    assert_int_equal(strncmp(sent, "PUT /a/../b/./%23?x=%2F HTTP/1.1\r\n", 34), 0);
    assert_non_null(strstr(sent, "\r\nHost: bucket.example\r\n"));
    assert_non_null(strstr(sent, "\r\nx-amz-date: 20240101T000000Z\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Length: 7\r\n"));
    assert_null(strstr(sent, "Expect"));
    assert_null(strstr(sent, "Accept-Encoding"));
    assert_non_null(strstr(sent, "\r\n\r\ncontent"));
    peer_release(&b.peer);
}

static void test_methods_follow_each_other_on_one_handle(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET", "PUT", "HEAD", "POST", "DELETE", "GET"};
    struct bench b;
    const char empty[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    bench_start(&b, 1,
                TURNS({empty, 0, PEER_KEEP}, {empty, 0, PEER_KEEP}, {empty, 0, PEER_KEEP},
                      {empty, 0, PEER_KEEP}, {empty, 0, PEER_KEEP}, {empty, 0, PEER_KEEP}));
    for (size_t i = 0; i < 6; i++) {
        struct shot s;
        shot_init(&s, &b);
        s.x.method = methods[i];
        fire(&b, &s);
        assert_int_equal(s.x.outcome, HTTP_DONE);
        assert_true(s.x.reused_connection == (i > 0));
        assert_int_equal(s.x.new_connections, i == 0);
        shot_release(&s);
    }
    bench_stop(&b);
    assert_int_equal(b.peer.accepted, 1);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(strncmp(b.peer.requests[i].data, methods[i], strlen(methods[i])), 0);
    peer_release(&b.peer);
}

static void test_reply_headers(void **state)
{
    (void)state;
    struct bench b;
    struct shot s;
    size_t len;
    bench_start(&b, 1,
                TURNS({"HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nX-Two:  first \r\nX-Two: second\r\n"
                       "X-Empty:\r\nContent-Length: 0\r\n\r\n",
                       0, PEER_KEEP}));
    shot_init(&s, &b);
    fire(&b, &s);
    assert_memory_equal(http_reply_header(&s.x, "etag", &len), "\"abc\"", 5);
    assert_int_equal(len, 5);
    assert_memory_equal(http_reply_header(&s.x, "x-two", &len), "first", 5);
    assert_int_equal(len, 5);
    assert_non_null(http_reply_header(&s.x, "x-empty", &len));
    assert_int_equal(len, 0);
    assert_null(http_reply_header(&s.x, "x-tw", &len));
    shot_release(&s);
    bench_stop(&b);
    peer_release(&b.peer);
}

/* The body that is sent again must be the whole body, and the reply only the second one. */
static void test_dead_kept_connection_is_replayed(void **state)
{
    (void)state;
    struct bench b;
    struct shot first, second;
    bench_start(&b, 1,
                TURNS({ok_hello, 0, PEER_KEEP}, {"", 0, PEER_CLOSE}, {ok_hello, 0, PEER_KEEP}));
    shot_init(&first, &b);
    fire(&b, &first);
    shot_init(&second, &b);
    second.x.method = "PUT";
    second.x.body = "content";
    second.x.body_size = 7;
    fire(&b, &second);
    assert_int_equal(second.x.outcome, HTTP_DONE);
    assert_int_equal(second.x.new_connections, 1);
    assert_int_equal(second.x.sent_bytes, 14);
    assert_true(buf_equals(&second.x.reply_body, "hello"));
    shot_release(&first);
    shot_release(&second);
    bench_stop(&b);
    assert_int_equal(b.peer.request_count, 3);
    assert_non_null(strstr(b.peer.requests[2].data, "\r\n\r\ncontent"));
    peer_release(&b.peer);
}

static void test_fresh_connect_is_never_replayed(void **state)
{
    (void)state;
    struct bench b;
    struct shot first, second;
    bench_start(&b, 1, TURNS({ok_hello, 0, PEER_KEEP}, {"", 0, PEER_CLOSE}));
    shot_init(&first, &b);
    fire(&b, &first);
    shot_init(&second, &b);
    second.x.method = "POST";
    second.x.fresh_connect = true;
    fire(&b, &second);
    assert_int_equal(second.x.outcome, HTTP_RESET);
    shot_release(&first);
    shot_release(&second);
    bench_stop(&b);
    assert_int_equal(b.peer.request_count, 2);
    assert_int_equal(b.peer.accepted, 2);
    peer_release(&b.peer);
}

/* ---- deadlines ---- */

static void test_total_deadline_ends_a_trickle(void **state)
{
    (void)state;
    struct bench b;
    struct shot s;
    bench_start(&b, 1, TURNS({"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", 0, PEER_TRICKLE}));
    shot_init(&s, &b);
    s.x.total_timeout_ms = 300;
    fire(&b, &s);
    assert_int_equal(s.x.outcome, HTTP_TIMEOUT);
    assert_true(s.x.body_bytes > 0);
    shot_release(&s);
    bench_stop(&b);
    peer_release(&b.peer);
}

static void test_stall_ends_a_hang(void **state)
{
    (void)state;
    struct bench b;
    struct shot s;
    bench_start(&b, 1, TURNS({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 0, PEER_KEEP}));
    shot_init(&s, &b);
    s.x.stall_timeout_ms = 1000;
    fire(&b, &s);
    assert_int_equal(s.x.outcome, HTTP_TIMEOUT);
    shot_release(&s);
    bench_stop(&b);
    peer_release(&b.peer);
}

/* A deadline counts from the real start: the second one waits longer than its own total. */
static void test_waiting_for_a_connection_costs_no_deadline(void **state)
{
    (void)state;
    struct bench b;
    struct shot first, second;
    bench_start(&b, 1,
                TURNS({"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", 0, PEER_TRICKLE},
                      {ok_hello, 0, PEER_KEEP}));
    shot_init(&first, &b);
    first.x.total_timeout_ms = 700;
    shot_init(&second, &b);
    second.x.total_timeout_ms = 600;
    assert_ok(http_start(b.loop, &first.x, &b.err), &b.err);
    assert_ok(http_start(b.loop, &second.x, &b.err), &b.err);
    assert_int_equal(http_in_flight(b.loop), 2);
    wait_for(&b, &first);
    assert_int_equal(first.x.outcome, HTTP_TIMEOUT);
    wait_for(&b, &second);
    assert_int_equal(second.x.outcome, HTTP_DONE);
    shot_release(&first);
    shot_release(&second);
    bench_stop(&b);
    peer_release(&b.peer);
}

/* ---- many at once ---- */

static void test_connections_stay_within_the_cap(void **state)
{
    (void)state;
    enum { CAP = 3, COUNT = 24 };
    struct bench b;
    struct shot shots[COUNT];
    struct peer_turn turns[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        turns[i] = (struct peer_turn){ok_hello, 0, PEER_KEEP};
    bench_start(&b, CAP, turns, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        shot_init(&shots[i], &b);
        assert_ok(http_start(b.loop, &shots[i].x, &b.err), &b.err);
    }
    assert_int_equal(http_in_flight(b.loop), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        wait_for(&b, &shots[i]);
        assert_int_equal(shots[i].x.outcome, HTTP_DONE);
        shot_release(&shots[i]);
    }
    bench_stop(&b);
    assert_true(b.peer.accepted <= CAP);
    assert_int_equal(b.peer.request_count, COUNT);
    peer_release(&b.peer);
}

static void test_cancel_in_flight_and_queued(void **state)
{
    (void)state;
    struct bench b;
    struct shot hangs, queued, last;
    bench_start(&b, 1, TURNS({"", 0, PEER_KEEP}, {ok_hello, 0, PEER_KEEP}));
    shot_init(&hangs, &b);
    shot_init(&queued, &b);
    shot_init(&last, &b);
    assert_ok(http_start(b.loop, &hangs.x, &b.err), &b.err);
    assert_ok(http_start(b.loop, &queued.x, &b.err), &b.err);
    assert_ok(http_start(b.loop, &last.x, &b.err), &b.err);
    for (int i = 0; i < 10; i++)
        assert_ok(http_poll(b.loop, 5, &b.err), &b.err);
    http_cancel(b.loop, &queued.x);
    http_cancel(b.loop, &hangs.x);
    http_cancel(b.loop, &hangs.x); /* a second time does nothing */
    wait_for(&b, &last);
    assert_int_equal(last.x.outcome, HTTP_DONE);
    assert_int_equal(hangs.done + queued.done, 0);
    assert_int_equal(http_in_flight(b.loop), 0);
    shot_release(&hangs);
    shot_release(&queued);
    shot_release(&last);
    bench_stop(&b);
    peer_release(&b.peer);
}

/* A callback that cancels another exchange and starts a third. */
struct plot {
    struct bench *bench;
    struct shot *victim;
    struct shot *heir;
    unsigned done;
};

static void on_plot(struct http_exchange *x, void *ctx)
{
    struct plot *plot = ctx;
    (void)x;
    plot->done++;
    http_cancel(plot->bench->loop, &plot->victim->x);
    assert_ok(http_start(plot->bench->loop, &plot->heir->x, &plot->bench->err), &plot->bench->err);
}

static void test_callbacks_may_cancel_and_start(void **state)
{
    (void)state;
    struct bench b;
    struct shot actor, victim, heir;
    struct plot plot = {&b, &victim, &heir, 0};
    bench_start(
        &b, 2, TURNS({ok_hello, 0, PEER_KEEP}, {ok_hello, 0, PEER_KEEP}, {ok_hello, 0, PEER_KEEP}));
    shot_init(&actor, &b);
    shot_init(&victim, &b);
    shot_init(&heir, &b);
    actor.x.done = on_plot;
    actor.x.ctx = &plot;
    victim.x.method = "HEAD";
    assert_ok(http_start(b.loop, &actor.x, &b.err), &b.err);
    assert_ok(http_start(b.loop, &victim.x, &b.err), &b.err);
    wait_for(&b, &heir);
    assert_int_equal(plot.done, 1);
    assert_true(victim.done <= 1);
    assert_int_equal(http_in_flight(b.loop), 0);
    shot_release(&actor);
    shot_release(&victim);
    shot_release(&heir);
    bench_stop(&b);
    peer_release(&b.peer);
}

static int set_up(void **state)
{
    struct error err;
    (void)state;
    return http_global_init(&err) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_oversize_headers_end_it),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_request_on_the_wire),
        cmocka_unit_test(test_methods_follow_each_other_on_one_handle),
        cmocka_unit_test(test_reply_headers),
        cmocka_unit_test(test_dead_kept_connection_is_replayed),
        cmocka_unit_test(test_fresh_connect_is_never_replayed),
        cmocka_unit_test(test_total_deadline_ends_a_trickle),
        cmocka_unit_test(test_stall_ends_a_hang),
        cmocka_unit_test(test_waiting_for_a_connection_costs_no_deadline),
        cmocka_unit_test(test_connections_stay_within_the_cap),
        cmocka_unit_test(test_cancel_in_flight_and_queued),
        cmocka_unit_test(test_callbacks_may_cancel_and_start),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
