/* SPDX-License-Identifier: MIT */
/* Each fault as a client meets it: rules as text in, bytes on the wire out. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/server/fault_rules.h"
#include "bench/server/server.h"
#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "tests/support/unit.h"
#include "tests/support/wire.h"

static const struct s3_server_key keys[] = {{"AKIAFIRST", "first secret", NULL},
                                            {"AKIASECOND", "second secret", NULL}};

struct bench {
    struct fault_rules *rules;
    struct s3_server *server;
    struct wire wire;
    struct answer answer;
    char text[256];
};

#define FAULT(when, then) "{\"faults\":[{\"when\":{" when "},\"then\":{" then "}}]}"
#define PUT_OF_KEY        "\"operation\":\"PutObject\",\"key\":\"key\""
#define GET_OF_KEY        "\"operation\":\"GetObject\",\"key\":\"key\""

static void bench_open(struct bench *b, const char *faults)
{
    struct error err;
    *b = (struct bench){.rules = NULL};
    assert_ok(fault_rules_parse(faults, strlen(faults), &b->rules, &err), &err);
    const struct s3_server_options options = {
        .keys = keys, .key_count = 2, .seed = 1, .faults = b->rules};
    assert_ok(s3_server_start(&options, &b->server, &err), &err);
    assert_ok(s3_server_make_bucket(b->server, "bucket", &err), &err);
    wire_open(&b->wire, s3_server_url(b->server), &keys[0]);
}

static void bench_close(struct bench *b)
{
    answer_release(&b->answer);
    wire_close(&b->wire);
    s3_server_stop(b->server);
    fault_rules_free(b->rules);
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
    if (b->answer.status != status)
        fail_msg("%s %s: %d instead of %d", method, target, b->answer.status, status);
}

static const char *header(struct bench *b, const char *name)
{
    return answer_header(&b->answer, name, b->text, sizeof b->text);
}

/* Answers in place of S3's */

static void a_status_instead_of_an_answer(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY ",\"times\":1", "\"status\":503,\"retry_after_s\":7"));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 503);
    assert_string_equal(b.answer.code, "SlowDown");
    assert_string_equal(header(&b, "Retry-After"), "7");
    assert_false(holds(&b, "key", "body"));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 200); /* once is once */
    assert_true(holds(&b, "key", "body"));
    bench_close(&b);
}

static void a_status_after_it_was_applied(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY, "\"status\":500,\"applied\":true,\"message\":\"oh\""));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 500);
    assert_string_equal(b.answer.code, "InternalError");
    assert_string_equal(answer_element(&b.answer, "Message", b.text, sizeof b.text), "oh");
    assert_true(holds(&b, "key", "body"));
    put(&b, "other", "0123456789");
    ask(&b, "GET", "/bucket/other", NULL, NULL, 200);
    bench_close(&b);
    bench_open(&b, FAULT(GET_OF_KEY, "\"status\":500,\"applied\":true"));
    put(&b, "key", "0123456789");
    ask(&b, "GET", "/bucket/key", NULL, NULL, 500); /* nothing of the object is left in it */
    assert_null(strstr(b.answer.body.data, "0123"));
    assert_string_equal(header(&b, "ETag"), "");
    bench_close(&b);
}

static void an_error_that_says_200(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY, "\"status\":200"));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 200);
    assert_string_equal(b.answer.code, "InternalError");
    bench_close(&b);
    bench_open(&b, FAULT(PUT_OF_KEY, "\"status\":200,\"code\":\"SlowDown\",\"leading_space\":100"));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 200);
    assert_string_equal(b.answer.code, "SlowDown");
    assert_int_equal(strspn(b.answer.body.data, " \n"), 100);
    assert_int_equal(strncmp(b.answer.body.data + 100, "<Error>", 7), 0);
    assert_false(holds(&b, "key", "body"));
    bench_close(&b);
}

static void a_body_of_ones_own(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT("\"operation\":\"ListObjectsV2\"", "\"status\":200,\"body\":\"<a>\""));
    ask(&b, "GET", "/bucket?list-type=2", NULL, NULL, 200);
    assert_string_equal(b.answer.body.data, "<a>");
    bench_close(&b);
}

/* Connections that end */

/* 0 for a close in order, ECONNRESET for a reset. */
static int how_it_ended(struct wire *w)
{
    char byte;
    const ssize_t n = recv(w->fd, &byte, 1, 0);
    const int reason = n < 0 ? errno : 0;
    assert_true(n <= 0);
    close(w->fd);
    w->fd = -1;
    return reason;
}

static void connections_are_reset_or_closed(void **state)
{
    (void)state;
    static const struct {
        const char *then;
        int reason;
        bool applied;
    } cases[] = {
        {"\"reset\":\"before_reading\"", ECONNRESET, false},
        {"\"reset\":\"before_applying\"", ECONNRESET, false},
        {"\"reset\":\"after_applying\"", ECONNRESET, true},
        {"\"close\":\"before_applying\"", 0, false},
        {"\"close\":\"after_applying\"", 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        char text[256];
        snprintf(text, sizeof text, FAULT(PUT_OF_KEY ",\"times\":1", "%s"), cases[i].then);
        bench_open(&b, text);
        wire_send(&b.wire, "PUT", "/bucket/key", NULL, "body", 4);
        assert_int_equal(how_it_ended(&b.wire), cases[i].reason);
        assert_int_equal(holds(&b, "key", "body"), cases[i].applied);
        ask(&b, "PUT", "/bucket/key", NULL, "body", 200);
        bench_close(&b);
    }
}

static void a_body_that_is_never_read(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY, "\"reset\":\"before_reading\""));
    /* Of the body nothing is sent: only a server that does not wait for it answers. */
    wire_send(&b.wire, "PUT", "/bucket/key",
              "x-amz-content-sha256: UNSIGNED-PAYLOAD\nContent-Length: 1000\n", NULL, 0);
    assert_int_equal(how_it_ended(&b.wire), ECONNRESET);
    bench_close(&b);
}

static void a_kept_connection_closes_without_a_word(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY, "\"close_idle\":true"));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 200);
    assert_string_equal(header(&b, "Connection"), "");
    assert_int_equal(how_it_ended(&b.wire), 0);
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200);
    bench_close(&b);
}

static void stalls_end_when_the_client_goes(void **state)
{
    (void)state;
    static const struct {
        const char *point;
        bool applied;
    } cases[] = {{"before_reading", false}, {"before_applying", false}, {"after_applying", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        char text[256];
        struct s3_server_stats stats;
        snprintf(text, sizeof text, FAULT(PUT_OF_KEY, "\"stall\":\"%s\""), cases[i].point);
        bench_open(&b, text);
        wire_send(&b.wire, "PUT", "/bucket/key", NULL, "body", 4);
        AWAIT(s3_server_held(b.server) == 1);
        assert_int_equal(holds(&b, "key", "body"), cases[i].applied);
        wire_close(&b.wire);
        AWAIT(s3_server_held(b.server) == 0);
        AWAIT((s3_server_stats(b.server, &stats), stats.in_flight == 0));
        assert_int_equal(holds(&b, "key", "body"), cases[i].applied); /* nor later */
        bench_close(&b);
    }
}

/* Holding */

static void held_and_applied_once_the_client_has_gone(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY, "\"hold\":\"until_gone\""));
    wire_send(&b.wire, "PUT", "/bucket/key", NULL, "late", 4);
    AWAIT(s3_server_held(b.server) == 1);
    put(&b, "key", "newer"); /* by a second try, say */
    assert_true(holds(&b, "key", "newer"));
    wire_close(&b.wire);
    AWAIT(holds(&b, "key", "late"));
    bench_close(&b);
}

static void a_hold_has_an_end(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(PUT_OF_KEY, "\"hold\":\"until_gone\",\"hold_max_ms\":20"));
    ask(&b, "PUT", "/bucket/key", NULL, "body", 200);
    assert_true(holds(&b, "key", "body"));
    bench_close(&b);
}

static void held_for_so_many_requests(void **state)
{
    (void)state;
    struct bench b;
    struct wire other;
    struct answer answer = {.status = 0};
    bench_open(&b, FAULT(PUT_OF_KEY, "\"hold\":\"for_requests\",\"hold_requests\":3"));
    wire_open(&other, s3_server_url(b.server), &keys[1]);
    wire_send(&b.wire, "PUT", "/bucket/key", NULL, "body", 4);
    AWAIT(s3_server_held(b.server) == 1);
    for (int i = 0; i < 2; i++)
        wire_ask(&other, "HEAD", "/bucket", NULL, NULL, 0, &answer);
    assert_int_equal(s3_server_held(b.server), 1);
    assert_false(holds(&b, "key", "body"));
    wire_ask(&other, "HEAD", "/bucket", NULL, NULL, 0, &answer);
    wire_receive(&b.wire, false, &b.answer);
    assert_int_equal(b.answer.status, 200);
    assert_true(holds(&b, "key", "body"));
    answer_release(&answer);
    wire_close(&other);
    bench_close(&b);
}

/* Bodies */

static void replies_are_cut_shortened_and_spoilt(void **state)
{
    (void)state;
    static const struct {
        const char *then, *body;
        bool cut;
    } cases[] = {
        {"\"truncate_at\":4", "0123", true},
        {"\"truncate_at\":0", "", true},
        {"\"truncate_at\":10", "0123456789", false},
        {"\"shorten_to\":4", "0123", false},
        {"\"shorten_to\":99", "0123456789", false},
        {"\"corrupt_reply_byte\":1",
         "0\xce"
         "23456789",
         false},
        {"\"corrupt_reply_byte\":99", "0123456789", false},
        {"\"bytes_per_s\":1000000", "0123456789", false},
        {"\"bytes_per_s\":200", "0123456789", false},
        {"\"bytes_per_s\":1000,\"truncate_at\":3", "012", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        char text[256];
        snprintf(text, sizeof text, FAULT(GET_OF_KEY, "%s"), cases[i].then);
        bench_open(&b, text);
        put(&b, "key", "0123456789");
        ask(&b, "GET", "/bucket/key", NULL, NULL, 200);
        if (strcmp(b.answer.body.data, cases[i].body) != 0 || b.answer.cut != cases[i].cut)
            fail_msg("%s: \"%s\", cut %d", cases[i].then, b.answer.body.data, b.answer.cut);
        ask(&b, "HEAD", "/bucket/key", NULL, NULL, 200); /* another operation */
        assert_string_equal(header(&b, "Content-Length"), "10");
        bench_close(&b);
    }
}

static void a_listing_is_cut_like_any_reply(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT("\"operation\":\"ListObjects*\"", "\"truncate_at\":30"));
    ask(&b, "GET", "/bucket?list-type=2", NULL, NULL, 200);
    assert_true(b.answer.cut);
    assert_int_equal(b.answer.body.len, 30);
    bench_close(&b);
}

static void a_trickle_takes_its_time(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT(GET_OF_KEY, "\"bytes_per_s\":200"));
    put(&b, "key", "0123456789");
    const struct mono start = clock_mono(clock_system());
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200);
    assert_true(mono_since_ns(clock_mono(clock_system()), start) >= 40 * NS_PER_MS);
    bench_close(&b);
}

static void a_reply_that_stops_half_way(void **state)
{
    (void)state;
    struct bench b;
    char got[4096];
    size_t len = 0;
    bench_open(&b, FAULT(GET_OF_KEY, "\"stall_at\":4"));
    put(&b, "key", "0123456789");
    wire_send(&b.wire, "GET", "/bucket/key", NULL, NULL, 0);
    do {
        const ssize_t n = recv(b.wire.fd, got + len, sizeof got - 1 - len, 0);
        assert_true(n > 0);
        len += (size_t)n;
        got[len] = '\0';
    } while (strstr(got, "\r\n\r\n0123") == NULL);
    AWAIT(s3_server_held(b.server) == 1);
    assert_null(strstr(got, "01234"));
    wire_close(&b.wire);
    AWAIT(s3_server_held(b.server) == 0);
    bench_close(&b);
}

static void what_is_stored_is_not_what_was_sent(void **state)
{
    (void)state;
    struct bench b;
    char etag[64];
    bench_open(&b, FAULT(PUT_OF_KEY ",\"times\":1", "\"corrupt_stored_byte\":1"));
    ask(&b, "PUT", "/bucket/key", NULL, "0123", 200);
    snprintf(etag, sizeof etag, "%s", header(&b, "ETag"));
    assert_true(holds(&b, "key",
                      "0\xce"
                      "23"));
    ask(&b, "PUT", "/bucket/key2", NULL, "0123", 200);
    assert_string_equal(header(&b, "ETag"), etag);
    bench_close(&b);
}

static void delays_come_before_and_after(void **state)
{
    (void)state;
    static const char *const cases[] = {"\"delay_ms\":30", "\"reply_delay_ms\":30",
                                        "\"delay_ms\":15,\"reply_delay_ms\":15",
                                        "\"delay_ms\":30,\"status\":500"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        char text[256];
        snprintf(text, sizeof text, FAULT(GET_OF_KEY, "%s"), cases[i]);
        bench_open(&b, text);
        put(&b, "key", "x");
        const struct mono start = clock_mono(clock_system());
        ask(&b, "GET", "/bucket/key", NULL, NULL, i == 3 ? 500 : 200);
        assert_true(mono_since_ns(clock_mono(clock_system()), start) >= 30 * NS_PER_MS);
        bench_close(&b);
    }
}

/* Listings and sources */

static void listings_that_no_one_should_believe(void **state)
{
    (void)state;
    struct bench b;
    const char *first, *second;
#define LIST "\"operation\":\"ListObjectsV2\""
    bench_open(&b, FAULT(LIST, "\"listing\":\"unordered\""));
    put(&b, "a", "1"), put(&b, "b", "2"), put(&b, "c", "3");
    ask(&b, "GET", "/bucket?list-type=2", NULL, NULL, 200);
    first = strstr(b.answer.body.data, "<Key>b</Key>");
    second = strstr(b.answer.body.data, "<Key>a</Key>");
    assert_true(first != NULL && second != NULL && first < second);
    assert_true(second < strstr(b.answer.body.data, "<Key>c</Key>"));
    bench_close(&b);
    bench_open(&b, FAULT(LIST, "\"listing\":\"repeated\""));
    put(&b, "a", "1"), put(&b, "b", "2");
    ask(&b, "GET", "/bucket?list-type=2", NULL, NULL, 200);
    first = strstr(b.answer.body.data, "<Key>a</Key>");
    assert_non_null(strstr(first + 1, "<Key>a</Key>"));
    bench_close(&b);
}

static void pages_are_short_and_tokens_stale(void **state)
{
    (void)state;
    struct bench b;
    char token[256], target[512];
    bench_open(&b, "{\"faults\":[{\"when\":{" LIST ",\"nth\":2},\"then\":"
                   "{\"page_keys\":1,\"listing\":\"stale_token\"}},"
                   "{\"when\":{" LIST "},\"then\":{\"page_keys\":1}}]}");
    put(&b, "a", "1"), put(&b, "b", "2"), put(&b, "c", "3");
    ask(&b, "GET", "/bucket?list-type=2", NULL, NULL, 200);
    assert_non_null(strstr(b.answer.body.data, "<IsTruncated>true</IsTruncated>"));
    assert_non_null(strstr(b.answer.body.data, "<KeyCount>1</KeyCount>"));
    assert_non_null(strstr(b.answer.body.data, "<MaxKeys>1000</MaxKeys>"));
    answer_element(&b.answer, "NextContinuationToken", token, sizeof token);
    snprintf(target, sizeof target, "/bucket?continuation-token=%s&list-type=2", token);
    ask(&b, "GET", target, NULL, NULL, 200); /* the stale one */
    assert_non_null(strstr(b.answer.body.data, "<Key>b</Key>"));
    assert_string_equal(answer_element(&b.answer, "NextContinuationToken", b.text, sizeof b.text),
                        token);
    ask(&b, "GET", target, NULL, NULL, 200);
    assert_non_null(strstr(b.answer.body.data, "<Key>b</Key>"));
    assert_string_not_equal(
        answer_element(&b.answer, "NextContinuationToken", b.text, sizeof b.text), token);
    bench_close(&b);
}

static void sources_change_after_they_were_listed(void **state)
{
    (void)state;
    struct bench b;
    char etag[64], headers[128];
    bench_open(&b, FAULT(GET_OF_KEY, "\"source\":\"replaced\""));
    put(&b, "key", "0123456789");
    ask(&b, "HEAD", "/bucket/key", NULL, NULL, 200);
    snprintf(etag, sizeof etag, "%s", header(&b, "ETag"));
    snprintf(headers, sizeof headers, "If-Match: %s\n", etag);
    ask(&b, "GET", "/bucket/key", headers, NULL, 412);
    ask(&b, "HEAD", "/bucket/key", NULL, NULL, 200);
    assert_string_not_equal(header(&b, "ETag"), etag);
    assert_string_equal(header(&b, "Content-Length"), "10"); /* its size does not tell */
    bench_close(&b);
    bench_open(&b, FAULT(GET_OF_KEY, "\"source\":\"removed\""));
    put(&b, "key", "0123456789");
    ask(&b, "GET", "/bucket/key", NULL, NULL, 404);
    bench_close(&b);
}

/* Who and when */

static void a_session_token_expires(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, FAULT("\"operation\":\"GetObject\",\"nth\":2", "\"expire_token\":true"));
    put(&b, "key", "x");
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200); /* no token, no expiry; not counted */
    ask(&b, "GET", "/bucket/key", "x-amz-security-token: old\n", NULL, 200);
    ask(&b, "GET", "/bucket/key", "x-amz-security-token: old\n", NULL, 400);
    assert_string_equal(b.answer.code, "ExpiredToken");
    ask(&b, "PUT", "/bucket/key", "x-amz-security-token: old\n", "y", 400);
    ask(&b, "PUT", "/bucket/key", "x-amz-security-token: new\n", "y", 200);
    bench_close(&b);
}

static void the_server_s_clock_is_wrong(void **state)
{
    (void)state;
    struct bench b;
    int64_t told_s;
    bench_open(&b, FAULT("\"access_key\":\"AKIAFIRST\"", "\"clock_skew_s\":3600"));
    put(&b, "key", "x");
    ask(&b, "GET", "/bucket/key", NULL, NULL, 403);
    assert_string_equal(b.answer.code, "RequestTimeTooSkewed");
    assert_ok(date_parse_http(header(&b, "Date"), &told_s, NULL), NULL);
    const int64_t ahead_s = told_s - wall_unix_s(clock_wall(clock_system()));
    assert_in_range(ahead_s, 3590, 3600);
    b.wire.key = &keys[1]; /* another client's time is right */
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200);
    bench_close(&b);
    bench_open(&b, FAULT("", "\"clock_skew_s\":600")); /* within what S3 allows */
    put(&b, "key", "x");
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200);
    bench_close(&b);
}

static void refused_requests_meet_no_fault(void **state)
{
    (void)state;
    struct bench b;
    static const struct s3_server_key wrong = {"AKIAFIRST", "not the secret", NULL};
    bench_open(&b, FAULT("\"nth\":1", "\"status\":500"));
    b.wire.key = &wrong;
    ask(&b, "GET", "/bucket/key", NULL, NULL, 403);
    b.wire.key = &keys[0];
    ask(&b, "GET", "/bucket/key", NULL, NULL, 500);
    ask(&b, "GET", "/bucket/key", NULL, NULL, 404);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_instead_of_an_answer),
        cmocka_unit_test(a_status_after_it_was_applied),
        cmocka_unit_test(an_error_that_says_200),
        cmocka_unit_test(a_body_of_ones_own),
        cmocka_unit_test(connections_are_reset_or_closed),
        cmocka_unit_test(a_body_that_is_never_read),
        cmocka_unit_test(a_kept_connection_closes_without_a_word),
        cmocka_unit_test(stalls_end_when_the_client_goes),
        cmocka_unit_test(held_and_applied_once_the_client_has_gone),
        cmocka_unit_test(a_hold_has_an_end),
        cmocka_unit_test(held_for_so_many_requests),
        cmocka_unit_test(replies_are_cut_shortened_and_spoilt),
        cmocka_unit_test(a_listing_is_cut_like_any_reply),
        cmocka_unit_test(a_trickle_takes_its_time),
        cmocka_unit_test(a_reply_that_stops_half_way),
        cmocka_unit_test(what_is_stored_is_not_what_was_sent),
        cmocka_unit_test(delays_come_before_and_after),
        cmocka_unit_test(listings_that_no_one_should_believe),
        cmocka_unit_test(pages_are_short_and_tokens_stale),
        cmocka_unit_test(sources_change_after_they_were_listed),
        cmocka_unit_test(a_session_token_expires),
        cmocka_unit_test(the_server_s_clock_is_wrong),
        cmocka_unit_test(refused_requests_meet_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
