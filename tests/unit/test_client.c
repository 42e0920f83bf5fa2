/* SPDX-License-Identifier: MIT */
/*
 * client - attempts, corrections, cancellation and counting, against a peer that answers by script
 * on real sockets; test_signing.c has the round trips that a server verifies.
 */
#include "lib/s3/client.h"

#include <stdio.h>
#include <string.h>

#include "lib/s3/uri.h"
#include "tests/support/peer.h"
#include "tests/support/unit.h"

#define POLLS_MAX 600
#define KEY_ID    "AKIDEXAMPLE"
#define SECRET    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TURNS(...)                                                                                 \
    (const struct peer_turn[]){__VA_ARGS__},                                                       \
        sizeof((const struct peer_turn[]){__VA_ARGS__}) / sizeof(struct peer_turn)
#define REPLY(status, headers, length, body)                                                       \
    {                                                                                              \
        "HTTP/1.1 " status "\r\n" headers "Content-Length: " length "\r\n\r\n" body, 0, PEER_KEEP  \
    }
#define OK_HELLO REPLY("200 OK", "", "5", "hello")
#define INTERNAL_ERROR                                                                             \
    REPLY("500 Internal Server Error", "", "42", "<Error><Code>InternalError</Code></Error> ")

struct rig {
    struct peer peer;
    struct http_loop *loop;
    struct s3_credentials_source *credentials;
    struct s3_client_options options;
    struct s3_client *client;
    struct buf log;
    unsigned env_asked; /* for the session token */
    struct error err;
};

/* A fresh token each time that credentials are fetched. */
static const char *env(void *ctx, const char *name)
{
    static const char *const tokens[] = {"FIRSTTOKEN", "SECONDTOKEN", "THIRDTOKEN"};
    struct rig *r = ctx;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return KEY_ID;
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return SECRET;
    if (strcmp(name, "AWS_SESSION_TOKEN") == 0)
        return tokens[r->env_asked++ % 3];
    return NULL;
}

static void note(void *ctx, const char *line)
{
    struct rig *r = ctx;
    buf_append_str(&r->log, line);
    buf_append_char(&r->log, '\n');
}

static void rig_start(struct rig *r, unsigned max_attempts, const struct peer_turn *turns,
                      size_t count)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->log, 1u << 20);
    peer_start(&r->peer, turns, count);
    const struct http_loop_options loop = {.max_connections = 8,
                                           .verbose_to_log = true,
                                           .log = note,
                                           .log_ctx = r,
                                           .clock = clock_system()};
    const struct s3_credentials_options credentials = {
        .env = env, .env_ctx = r, .clock = clock_system()};
    assert_ok(http_loop_new(&loop, &r->loop, &r->err), &r->err);
    assert_ok(s3_credentials_source_new(&credentials, &r->credentials, &r->err), &r->err);
    struct s3_client_options options = {.loop = r->loop,
                                        .credentials = r->credentials,
                                        .max_attempts = max_attempts,
                                        .seed = 7,
                                        .clock = clock_system(),
                                        .user_agent = "test",
                                        .log = note,
                                        .log_ctx = r};
    assert_ok(
        s3_endpoint_init(&options.endpoint, r->peer.url, "us-east-1", S3_ADDRESSING_PATH, &r->err),
        &r->err);
    r->options = options;
    assert_ok(s3_client_new(&options, &r->client, &r->err), &r->err);
}

/* The peer's requests can be read after this, until rig_release. */
static void rig_stop(struct rig *r)
{
    s3_client_free(r->client);
    assert_int_equal(http_in_flight(r->loop), 0);
    http_loop_free(r->loop);
    s3_credentials_source_free(r->credentials);
    peer_stop(&r->peer);
}

static void rig_release(struct rig *r)
{
    peer_release(&r->peer);
    buf_release(&r->log);
}

static const char *sent(const struct rig *r, size_t i)
{
    assert_true(i < r->peer.request_count);
    return r->peer.requests[i].data;
}

/* What a callback keeps of a reply. */
struct outcome {
    struct rig *rig;
    unsigned calls;
    enum status status;
    char text[ERROR_TEXT_MAX];
    int http_status;
    char code[S3_CODE_MAX];
    unsigned attempts;
    char body[256];
    struct s3_request *cancel; /* cancelled from within the callback */
    bool free_client;
};

static void on_reply(void *ctx, const struct s3_reply *reply)
{
    struct outcome *o = ctx;
    o->calls++;
    o->status = reply->status;
    snprintf(o->text, sizeof o->text, "%s", reply->status ? reply->error.text : "");
    o->http_status = reply->http_status;
    snprintf(o->code, sizeof o->code, "%s", reply->code);
    o->attempts = reply->attempts;
    snprintf(o->body, sizeof o->body, "%s", reply->body);
    if (o->cancel)
        s3_request_cancel(o->cancel);
    if (o->free_client) {
        s3_client_free(o->rig->client);
        o->rig->client = NULL;
    }
}

static struct s3_request *request(struct rig *r, enum s3_op op)
{
    struct s3_request *rq;
    assert_ok(s3_request_new(r->client, op, "bucket", "a key", &rq, &r->err), &r->err);
    return rq;
}

static void send_request(struct rig *r, struct s3_request *rq, struct outcome *o)
{
    memset(o, 0, sizeof *o);
    o->rig = r;
    assert_ok(s3_request_send(rq, on_reply, o, &r->err), &r->err);
    assert_int_equal(o->calls, 0);
}

static void wait_for(struct rig *r, const struct outcome *o)
{
    for (int i = 0; i < POLLS_MAX && o->calls == 0; i++)
        assert_ok(s3_client_poll(r->client, 100, &r->err), &r->err);
    assert_int_equal(o->calls, 1);
}

static void run(struct rig *r, struct s3_request *rq, struct outcome *o)
{
    send_request(r, rq, o);
    wait_for(r, o);
}

/* ---- retries ---- */

static void test_retries_until_it_works(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 4,
              TURNS(INTERNAL_ERROR, {"", 0, PEER_CLOSE},
                    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0, PEER_CLOSE},
                    OK_HELLO));
    struct s3_request *rq = request(&r, S3_GET_OBJECT);
    s3_request_header(rq, "If-Match", "\"etag\"");
    run(&r, rq, &o);
    assert_int_equal(o.status, STATUS_OK);
    assert_string_equal(o.body, "hello");
    const struct s3_counters *c = s3_client_counters(r.client);
    const struct s3_op_counters *get = &c->op[S3_GET_OBJECT];
    assert_int_equal(get->requests, 1);
    assert_int_equal(get->failures, 0);
    assert_int_equal(get->attempts, o.attempts);
    assert_int_equal(c->retries[RETRY_INTERNAL_ERROR], 1);
    assert_int_equal(c->retries[RETRY_TRUNCATED], 1);
    assert_int_equal(c->in_flight_max, 1);
    assert_true(get->bytes_in >= 42 + 5 + 5);
    assert_int_equal(get->ttfb.count, get->attempts);
    assert_int_equal(s3_client_in_flight(r.client), 0);
    rig_stop(&r);
    assert_non_null(strstr(sent(&r, 0), "\r\namz-sdk-request: attempt=1; max=4\r\n"));
    assert_non_null(strstr(sent(&r, r.peer.request_count - 1), "\r\nIf-Match: \"etag\"\r\n"));
    rig_release(&r);
}

static void test_attempts_are_numbered_and_end(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 2, TURNS(INTERNAL_ERROR, INTERNAL_ERROR, OK_HELLO));
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_REMOTE);
    assert_int_equal(o.http_status, 500);
    assert_int_equal(o.attempts, 2);
    assert_string_equal(o.code, "InternalError");
    assert_non_null(strstr(o.text, "after 2 attempts"));
    assert_int_equal(s3_client_counters(r.client)->op[S3_GET_OBJECT].failures, 1);
    rig_stop(&r);
    assert_int_equal(r.peer.request_count, 2);
    assert_non_null(strstr(sent(&r, 0), "\r\namz-sdk-request: attempt=1; max=2\r\n"));
    assert_non_null(strstr(sent(&r, 1), "\r\namz-sdk-request: attempt=2; max=2\r\n"));
    rig_release(&r);
}

static void test_retry_after_is_waited_for(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 2,
              TURNS(REPLY("503 Slow Down", "Retry-After: 1\r\n", "37",
                          "<Error><Code>SlowDown</Code></Error> "),
                    OK_HELLO));
    struct mono before = clock_mono(clock_system());
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_OK);
    assert_true(mono_since_ns(clock_mono(clock_system()), before) >= NS_PER_S);
    assert_int_equal(s3_client_counters(r.client)->retries[RETRY_SLOW_DOWN], 1);
    rig_stop(&r);
    rig_release(&r);
}

struct final_case {
    struct peer_turn turn;
    enum status status;
    const char *code;
};
static const struct final_case final_cases[] = {
    {REPLY("404 Not Found", "", "38", "<Error><Code>NoSuchKey</Code></Error> "), STATUS_NOT_FOUND,
     "NoSuchKey"},
    {REPLY("412 Precondition Failed", "", "47", "<Error><Code>PreconditionFailed</Code></Error> "),
     STATUS_PRECONDITION, "PreconditionFailed"},
    {REPLY("403 Forbidden", "", "41", "<Error><Code>AccessDenied</Code></Error> "), STATUS_DENIED,
     "AccessDenied"},
    {REPLY("501 Not Implemented", "", "0", ""), STATUS_REMOTE, ""},
};

static void test_what_is_final_is_not_retried(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof final_cases / sizeof final_cases[0]; i++) {
        struct rig r;
        struct outcome o;
        const struct peer_turn turns[] = {final_cases[i].turn, OK_HELLO};
        rig_start(&r, 5, turns, 2);
        run(&r, request(&r, S3_GET_OBJECT), &o);
        assert_int_equal(o.status, final_cases[i].status);
        assert_string_equal(o.code, final_cases[i].code);
        assert_int_equal(o.attempts, 1);
        rig_stop(&r);
        assert_int_equal(r.peer.request_count, 1);
        rig_release(&r);
    }
}

static void test_accepted_status_is_no_failure(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 5, TURNS({"HTTP/1.1 404 Not Found\r\n\r\n", 0, PEER_CLOSE}));
    struct s3_request *rq = request(&r, S3_HEAD_OBJECT);
    s3_request_accept(rq, 404);
    run(&r, rq, &o);
    assert_int_equal(o.status, STATUS_NOT_FOUND);
    assert_int_equal(s3_client_counters(r.client)->op[S3_HEAD_OBJECT].requests, 1);
    assert_int_equal(s3_client_counters(r.client)->op[S3_HEAD_OBJECT].failures, 0);
    rig_stop(&r);
    rig_release(&r);
}

/* ---- bodies ---- */

static void test_error_in_a_200(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 3,
              TURNS(REPLY("200 OK", "", "44", "\n \n<Error><Code>InternalError</Code></Error>"),
                    REPLY("200 OK", "", "39", "<Error><Code>InvalidPart</Code></Error>")));
    run(&r, request(&r, S3_COMPLETE_MULTIPART_UPLOAD), &o);
    assert_int_equal(o.status, STATUS_REMOTE);
    assert_string_equal(o.code, "InvalidPart");
    assert_int_equal(o.attempts, 2);
    assert_int_equal(s3_client_counters(r.client)->retries[RETRY_INTERNAL_ERROR], 1);
    rig_stop(&r);
    assert_int_equal(r.peer.accepted, 2); /* never on a kept connection */
    rig_release(&r);
}

/* Not S3's way, but a marker that was not written must never count as written. */
static void test_an_error_in_the_200_of_a_put(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 3, TURNS(REPLY("200 OK", "", "40", "<Error><Code>AccessDenied</Code></Error>")));
    run(&r, request(&r, S3_PUT_OBJECT), &o);
    assert_int_not_equal(o.status, STATUS_OK);
    assert_string_equal(o.code, "AccessDenied");
    rig_stop(&r);
    rig_release(&r);
}

static void test_an_object_may_look_like_an_error(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 3, TURNS(REPLY("200 OK", "", "39", "<Error><Code>InvalidPart</Code></Error>")));
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_OK);
    rig_stop(&r);
    rig_release(&r);
}

static void test_expected_size_is_enforced(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    char into[5];
    rig_start(
        &r, 3,
        TURNS(REPLY("200 OK", "", "4", "hell"), REPLY("200 OK", "", "6", "hello!"), OK_HELLO));
    struct s3_request *rq = request(&r, S3_GET_OBJECT);
    s3_request_into(rq, into, sizeof into);
    s3_request_expect_size(rq, sizeof into);
    run(&r, rq, &o);
    assert_int_equal(o.status, STATUS_OK);
    assert_memory_equal(into, "hello", 5);
    assert_int_equal(s3_client_counters(r.client)->retries[RETRY_TRUNCATED], 2);
    rig_stop(&r);
    rig_release(&r);
}

static void test_body_larger_than_its_memory_is_an_error(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    char into[4];
    rig_start(&r, 3, TURNS(OK_HELLO));
    struct s3_request *rq = request(&r, S3_GET_OBJECT);
    s3_request_into(rq, into, sizeof into);
    run(&r, rq, &o);
    assert_int_equal(o.status, STATUS_PROTOCOL);
    assert_int_equal(o.attempts, 1);
    rig_stop(&r);
    rig_release(&r);
}

static void test_checksum_mismatch_is_retried_once(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    /* CRC-32 of "hello" is 3610a686. */
    const struct peer_turn good =
        REPLY("200 OK", "x-amz-checksum-crc32: NhCmhg==\r\n", "5", "hello");
    const struct peer_turn bad =
        REPLY("200 OK", "x-amz-checksum-crc32: NhCmhg==\r\n", "5", "hellp");
    const struct peer_turn parts =
        REPLY("200 OK", "x-amz-checksum-crc32: AAAAAA==-2\r\n", "5", "hello");
    rig_start(&r, 5, TURNS(bad, good, parts, bad, bad, good));
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_OK);
    assert_int_equal(o.attempts, 2);
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.attempts, 1);
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_PROTOCOL);
    assert_int_equal(o.attempts, 2);
    assert_int_equal(s3_client_counters(r.client)->retries[RETRY_CHECKSUM], 2);
    rig_stop(&r);
    rig_release(&r);
}

/* ---- corrections ---- */

static void test_clock_is_corrected_once(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    const struct peer_turn skewed =
        REPLY("403 Forbidden", "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\n", "48",
              "<Error><Code>RequestTimeTooSkewed</Code></Error>");
    rig_start(&r, 5, TURNS(skewed, OK_HELLO, skewed, skewed, OK_HELLO));
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_OK);
    assert_int_equal(o.attempts, 2);
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.status, STATUS_DENIED);
    assert_int_equal(o.attempts, 2);
    rig_stop(&r);
    assert_null(strstr(sent(&r, 0), "\r\nx-amz-date: 20300101T"));
    assert_non_null(strstr(sent(&r, 1), "\r\nx-amz-date: 20300101T0000"));
    assert_non_null(strstr(sent(&r, 1), "/20300101/us-east-1/s3/aws4_request"));
    assert_non_null(strstr(sent(&r, 2), "\r\nx-amz-date: 20300101T0000"));
    rig_release(&r);
}

/* Two at once learn of it; neither may fail because the other was first. */
static void test_region_is_learnt_by_all(void **state)
{
    (void)state;
    struct rig r;
    struct outcome first, second, later;
    const struct peer_turn moved =
        REPLY("301 Moved Permanently", "x-amz-bucket-region: eu-west-1\r\n", "0", "");
    rig_start(&r, 5, TURNS(moved, moved, OK_HELLO, OK_HELLO, OK_HELLO));
    send_request(&r, request(&r, S3_GET_OBJECT), &first);
    send_request(&r, request(&r, S3_GET_OBJECT), &second);
    wait_for(&r, &first);
    wait_for(&r, &second);
    assert_int_equal(first.status, STATUS_OK);
    assert_int_equal(second.status, STATUS_OK);
    run(&r, request(&r, S3_GET_OBJECT), &later);
    assert_int_equal(later.attempts, 1);
    assert_int_equal(s3_client_counters(r.client)->retries[RETRY_REGION], 2);
    assert_int_equal(s3_client_counters(r.client)->in_flight_max, 2);
    rig_stop(&r);
    assert_non_null(strstr(sent(&r, 0), "/us-east-1/s3/aws4_request"));
    assert_non_null(strstr(sent(&r, 4), "/eu-west-1/s3/aws4_request"));
    rig_release(&r);
}

static void test_region_of_an_error_body_and_only_once(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    const char malformed[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 84\r\n\r\n"
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>  ";
    const char elsewhere[] = "HTTP/1.1 307 Temporary Redirect\r\nx-amz-bucket-region: eu-west-2\r\n"
                             "Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    rig_start(&r, 5, TURNS({malformed, 0, PEER_KEEP}, {elsewhere, 0, PEER_KEEP}, OK_HELLO));
    run(&r, request(&r, S3_GET_OBJECT), &o);
    assert_int_equal(o.http_status, 307);
    assert_int_equal(o.attempts, 2);
    rig_stop(&r);
    assert_non_null(strstr(sent(&r, 1), "/eu-west-1/s3/aws4_request"));
    rig_release(&r);
}

static void test_expired_token_renews_credentials_once(void **state)
{
    (void)state;
    struct rig r;
    struct outcome first, second;
    const struct peer_turn expired =
        REPLY("400 Bad Request", "", "41", "<Error><Code>ExpiredToken</Code></Error> ");
    struct peer_turn expired_too = expired; /* the second is sent before the first is tried again */
    expired_too.then = PEER_HOLD;
    rig_start(&r, 5, TURNS(expired_too, expired, OK_HELLO, OK_HELLO, expired, expired, OK_HELLO));
    send_request(&r, request(&r, S3_GET_OBJECT), &first);
    send_request(&r, request(&r, S3_GET_OBJECT), &second);
    wait_for(&r, &first);
    wait_for(&r, &second);
    assert_int_equal(first.status, STATUS_OK);
    assert_int_equal(second.status, STATUS_OK);
    assert_int_equal(r.env_asked, 2);
    run(&r, request(&r, S3_GET_OBJECT), &first);
    assert_int_equal(first.status, STATUS_DENIED);
    assert_int_equal(first.attempts, 2);
    rig_stop(&r);
    assert_non_null(strstr(sent(&r, 0), "\r\nx-amz-security-token: FIRSTTOKEN\r\n"));
    assert_non_null(strstr(sent(&r, 2), "\r\nx-amz-security-token: SECONDTOKEN\r\n"));
    assert_non_null(strstr(sent(&r, 3), "\r\nx-amz-security-token: SECONDTOKEN\r\n"));
    rig_release(&r);
}

/* ---- what goes out ---- */

static void test_request_as_it_is_sent(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    struct s3_request *rq;
    rig_start(&r, 1, TURNS(OK_HELLO));
    assert_ok(s3_request_new(r.client, S3_PUT_OBJECT, "bucket", "a/../b c//#?%", &rq, &r.err),
              &r.err);
    s3_request_query(rq, "b", "1/2");
    s3_request_query(rq, "acl", NULL);
    s3_request_headerf(rq, "x-amz-meta-n", "%d", 7);
    s3_request_header(rq, "x-amz-meta-empty", "");
    s3_request_body_copy(rq, "hello", 5);
    run(&r, rq, &o);
    assert_int_equal(s3_client_counters(r.client)->op[S3_PUT_OBJECT].bytes_out, 5);
    rig_stop(&r);
    const char *text = sent(&r, 0);
    const char line[] = "PUT /bucket/a/../b%20c//%23%3F%25?b=1%2F2&acl HTTP/1.1\r\n";
    assert_int_equal(strncmp(text, line, strlen(line)), 0);
    assert_non_null(strstr(text, "\r\nx-amz-meta-n: 7\r\n"));
    assert_non_null(strstr(text, "\r\nx-amz-meta-empty:"));
    assert_non_null(strstr(text, "\r\nUser-Agent: test\r\n"));
    assert_non_null(strstr(text,
                           "\r\nx-amz-content-sha256: "
                           "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
    assert_non_null(strstr(text, "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                                 "x-amz-meta-empty;x-amz-meta-n;x-amz-security-token, "));
    rig_release(&r);
}

static void test_building_is_sticky(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o = {0};
    rig_start(&r, 1, NULL, 0);
    struct s3_request *rq = request(&r, S3_PUT_OBJECT);
    s3_request_header(rq, "x-amz-copy-source", "a\r\nX-Evil: 1");
    s3_request_header(rq, "x-amz-meta-a", "1");
    assert_status(STATUS_INVALID, s3_request_send(rq, on_reply, &o, &r.err), &r.err);
    rq = request(&r, S3_PUT_OBJECT);
    for (int i = 0; i <= S3_HEADERS_MAX; i++)
        s3_request_headerf(rq, "x-amz-meta", "%d", i);
    assert_status(STATUS_LIMIT, s3_request_send(rq, on_reply, &o, &r.err), &r.err);
    char key[S3_KEY_MAX + 2];
    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = '\0';
    assert_status(STATUS_INVALID, s3_request_new(r.client, S3_GET_OBJECT, "b", key, &rq, &r.err),
                  &r.err);
    assert_int_equal(o.calls, 0);
    rig_stop(&r);
    assert_int_equal(r.peer.request_count, 0);
    rig_release(&r);
}

static void test_log_holds_no_secret(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o;
    rig_start(&r, 2, TURNS(INTERNAL_ERROR, OK_HELLO));
    struct s3_request *rq = request(&r, S3_GET_OBJECT);
    s3_request_query(rq, "X-Amz-Signature", "feedfacefeedface");
    s3_request_query(rq, "X-Amz-Security-Token", "querytoken");
    s3_request_header(rq, "X-Amz-Server-Side-Encryption-Customer-Key", "customerkey");
    run(&r, rq, &o);
    rig_stop(&r);
    const char *authorization = strstr(sent(&r, 0), "Signature=");
    assert_non_null(authorization);
    char signature[65];
    snprintf(signature, sizeof signature, "%.64s", authorization + strlen("Signature="));
    assert_null(strstr(r.log.data, signature));
    assert_null(strstr(r.log.data, SECRET));
    assert_null(strstr(r.log.data, KEY_ID));
    assert_null(strstr(r.log.data, "FIRSTTOKEN"));
    assert_null(strstr(r.log.data, "feedfacefeedface"));
    assert_null(strstr(r.log.data, "querytoken"));
    assert_null(strstr(r.log.data, "customerkey"));
    assert_non_null(strstr(r.log.data, "Authorization: (hidden)"));
    assert_non_null(strstr(r.log.data, "attempt 2 of 2"));
    assert_non_null(strstr(r.log.data, "HTTP 500 InternalError"));
    rig_release(&r);
}

/* ---- cancelling ---- */

static void test_cancel_at_every_stage(void **state)
{
    (void)state;
    struct rig r;
    struct outcome flying, waiting, other;
    rig_start(&r, 5, TURNS(REPLY("503 Slow Down", "Retry-After: 20\r\n", "0", ""), OK_HELLO));
    s3_request_cancel(request(&r, S3_GET_OBJECT)); /* not sent */
    struct s3_request *rq = request(&r, S3_GET_OBJECT);
    send_request(&r, rq, &waiting);
    while (s3_client_counters(r.client)->retries[RETRY_UNAVAILABLE] == 0)
        assert_ok(s3_client_poll(r.client, 100, &r.err), &r.err);
    assert_int_equal(s3_client_in_flight(r.client), 1);
    s3_request_cancel(rq);
    assert_int_equal(s3_client_in_flight(r.client), 0);
    rq = request(&r, S3_GET_OBJECT);
    send_request(&r, rq, &flying);
    s3_request_cancel(rq);
    run(&r, request(&r, S3_GET_OBJECT), &other);
    assert_int_equal(other.status, STATUS_OK);
    assert_int_equal(flying.calls + waiting.calls, 0);
    rig_stop(&r);
    rig_release(&r);
}

static void test_cancel_from_within_callbacks(void **state)
{
    (void)state;
    struct rig r;
    struct outcome itself, victim, last;
    rig_start(&r, 5, TURNS(OK_HELLO, OK_HELLO, OK_HELLO));
    struct s3_request *first = request(&r, S3_GET_OBJECT);
    send_request(&r, first, &itself);
    itself.cancel = first; /* does nothing: it is over */
    wait_for(&r, &itself);
    /* The pool must be sound: two requests at once are two. */
    struct s3_request *a = request(&r, S3_GET_OBJECT);
    struct s3_request *b = request(&r, S3_GET_OBJECT);
    assert_ptr_not_equal(a, b);
    send_request(&r, a, &last);
    send_request(&r, b, &victim);
    last.cancel = b;
    victim.cancel = a;
    while (last.calls + victim.calls == 0)
        assert_ok(s3_client_poll(r.client, 100, &r.err), &r.err);
    assert_int_equal(s3_client_in_flight(r.client), 0);
    rig_stop(&r);
    rig_release(&r);
}

static void test_free_from_within_a_callback(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o, other;
    rig_start(&r, 5, TURNS(OK_HELLO));
    send_request(&r, request(&r, S3_GET_OBJECT), &o);
    o.free_client = true;
    send_request(&r, request(&r, S3_GET_OBJECT), &other);
    other.free_client = true;
    while (r.client)
        assert_ok(s3_client_poll(r.client, 100, &r.err), &r.err);
    assert_int_equal(o.calls + other.calls, 1);
    rig_stop(&r);
    rig_release(&r);
}

static void test_free_with_requests_in_flight(void **state)
{
    (void)state;
    struct rig r;
    struct outcome waiting, hanging;
    rig_start(&r, 5, TURNS(REPLY("503 Slow Down", "Retry-After: 20\r\n", "0", "")));
    send_request(&r, request(&r, S3_GET_OBJECT), &waiting);
    while (s3_client_counters(r.client)->retries[RETRY_UNAVAILABLE] == 0)
        assert_ok(s3_client_poll(r.client, 100, &r.err), &r.err);
    send_request(&r, request(&r, S3_GET_OBJECT), &hanging);
    assert_ok(s3_client_poll(r.client, 20, &r.err), &r.err);
    rig_stop(&r); /* frees the client first */
    assert_int_equal(waiting.calls + hanging.calls, 0);
    rig_release(&r);
}

/* ---- one at a time ---- */

static void test_run(void **state)
{
    (void)state;
    struct rig r;
    struct outcome o = {0};
    rig_start(&r, 1,
              TURNS(OK_HELLO,
                    REPLY("404 Not Found", "", "38", "<Error><Code>NoSuchKey</Code></Error> ")));
    assert_ok(s3_request_run(request(&r, S3_GET_OBJECT), on_reply, &o, &r.err), &r.err);
    assert_string_equal(o.body, "hello");
    assert_status(STATUS_NOT_FOUND, s3_request_run(request(&r, S3_GET_OBJECT), NULL, NULL, &r.err),
                  &r.err);
    assert_non_null(strstr(r.err.text, "NoSuchKey"));
    rig_stop(&r);
    rig_release(&r);
}

static void cancel_other(void *ctx, const struct s3_reply *reply)
{
    (void)reply;
    s3_request_cancel(*(struct s3_request **)ctx);
}

static void test_run_ends_when_it_is_cancelled(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, 1, TURNS(OK_HELLO)); /* whichever comes second hangs */
    struct s3_request *hangs = request(&r, S3_GET_OBJECT);
    struct s3_request *answered = request(&r, S3_GET_OBJECT);
    assert_ok(s3_request_send(answered, cancel_other, &hangs, &r.err), &r.err);
    assert_ok(s3_client_poll(r.client, 0, &r.err), &r.err);
    assert_status(STATUS_CANCELLED, s3_request_run(hangs, NULL, NULL, &r.err), &r.err);
    rig_stop(&r);
    rig_release(&r);
}

static void count_done(void *ctx, const struct s3_reply *reply)
{
    unsigned *done = ctx;
    assert_int_equal(reply->status, STATUS_OK);
    ++*done;
}

/* Whose bucket it is and who pays goes with every request, and is signed. */
static void test_account_headers(void **state)
{
    struct rig r;
    (void)state;
    rig_start(&r, 1, TURNS(OK_HELLO, REPLY("200 OK", "", "0", "")));
    s3_client_free(r.client);
    r.options.expected_bucket_owner = "111122223333";
    r.options.expected_source_owner = "444455556666";
    r.options.requester_pays = true;
    assert_ok(s3_client_new(&r.options, &r.client, &r.err), &r.err);
    assert_ok(s3_request_run(request(&r, S3_GET_OBJECT), NULL, NULL, &r.err), &r.err);
    assert_ok(s3_request_run(request(&r, S3_UPLOAD_PART_COPY), NULL, NULL, &r.err), &r.err);
    rig_stop(&r);
    for (unsigned i = 0; i < 2; i++) {
        assert_non_null(strstr(sent(&r, i), "\r\nx-amz-expected-bucket-owner: 111122223333\r\n"));
        assert_non_null(strstr(sent(&r, i), "\r\nx-amz-request-payer: requester\r\n"));
        assert_non_null(strstr(sent(&r, i), "x-amz-expected-bucket-owner;x-amz-request-payer"));
    }
    static const char source[] = "\r\nx-amz-source-expected-bucket-owner: 444455556666\r\n";
    assert_null(strstr(sent(&r, 0), source));
    assert_non_null(strstr(sent(&r, 1), source));
    rig_release(&r);
}

/* Two clients on one loop: the one that waits for its next attempt gets it, whoever is busy. */
static void test_poll_of_two(void **state)
{
    struct rig r;
    struct s3_client *other;
    unsigned done = 0;
    (void)state;
    rig_start(&r, 2, TURNS(INTERNAL_ERROR, OK_HELLO));
    assert_ok(s3_client_new(&r.options, &other, &r.err), &r.err);
    assert_ok(s3_request_send(request(&r, S3_GET_OBJECT), count_done, &done, &r.err), &r.err);
    struct s3_client *const both[] = {other, r.client};
    for (int i = 0; i < POLLS_MAX && done == 0; i++)
        assert_ok(s3_clients_poll(both, 2, 1000, &r.err), &r.err);
    assert_int_equal(done, 1);
    s3_client_free(other);
    rig_stop(&r);
    rig_release(&r);
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
        cmocka_unit_test(test_retries_until_it_works),
        cmocka_unit_test(test_attempts_are_numbered_and_end),
        cmocka_unit_test(test_retry_after_is_waited_for),
        cmocka_unit_test(test_what_is_final_is_not_retried),
        cmocka_unit_test(test_accepted_status_is_no_failure),
        cmocka_unit_test(test_error_in_a_200),
        cmocka_unit_test(test_an_error_in_the_200_of_a_put),
        cmocka_unit_test(test_an_object_may_look_like_an_error),
        cmocka_unit_test(test_expected_size_is_enforced),
        cmocka_unit_test(test_body_larger_than_its_memory_is_an_error),
        cmocka_unit_test(test_checksum_mismatch_is_retried_once),
        cmocka_unit_test(test_clock_is_corrected_once),
        cmocka_unit_test(test_region_is_learnt_by_all),
        cmocka_unit_test(test_region_of_an_error_body_and_only_once),
        cmocka_unit_test(test_expired_token_renews_credentials_once),
        cmocka_unit_test(test_request_as_it_is_sent),
        cmocka_unit_test(test_building_is_sticky),
        cmocka_unit_test(test_log_holds_no_secret),
        cmocka_unit_test(test_cancel_at_every_stage),
        cmocka_unit_test(test_cancel_from_within_callbacks),
        cmocka_unit_test(test_free_from_within_a_callback),
        cmocka_unit_test(test_free_with_requests_in_flight),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_run_ends_when_it_is_cancelled),
        cmocka_unit_test(test_account_headers),
        cmocka_unit_test(test_poll_of_two),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
