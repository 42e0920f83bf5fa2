/* SPDX-License-Identifier: MIT */
/*
 * Many requests at once, and slow ones: that waiting costs no thread, that no client waits for
 * another, and that the server stops in the midst of it all. By counting and order, never by time.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/server/fault_rules.h"
#include "bench/server/server.h"
#include "tests/support/unit.h"
#include "tests/support/wire.h"

#define WAITING     2000
#define LARGE_BYTES (16u << 20)

static const struct s3_server_key key = {"AKIAFIRST", "first secret", NULL};

static struct s3_server *server_new(struct fault_rules *rules, struct s3_server_hooks hooks)
{
    struct s3_server *server;
    struct error err;
    const struct s3_server_options options = {
        .keys = &key, .key_count = 1, .faults = rules, .hooks = hooks};
    assert_ok(s3_server_start(&options, &server, &err), &err);
    assert_ok(s3_server_make_bucket(server, "bucket", &err), &err);
    return server;
}

static enum s3_server_action hold_reads(void *ctx, const struct s3_server_request *request,
                                        struct s3_server_reply *reply)
{
    (void)ctx, (void)reply;
    return strcmp(request->operation, "GetObject") == 0 ? S3_SERVER_HOLD : S3_SERVER_GO_ON;
}

/* Of this process, the server's included. */
static long thread_count(void)
{
    char line[256];
    long threads = 0;
    FILE *f = fopen("/proc/self/status", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "Threads:", 8) == 0)
            threads = strtol(line + 8, NULL, 10);
    fclose(f);
    assert_true(threads > 0);
    return threads;
}

static void thousands_wait_without_a_thread_each(void **state)
{
    (void)state;
    struct s3_server *s = server_new(NULL, (struct s3_server_hooks){.before = hold_reads});
    struct wire *waiting = calloc(WAITING, sizeof *waiting);
    struct wire other;
    struct answer answer = {.status = 0};
    struct s3_server_stats stats;
    assert_non_null(waiting);
    assert_ok(s3_server_put(s, "bucket", "key", "body", 4, NULL, NULL), NULL);
    const long threads = thread_count();
    for (size_t i = 0; i < WAITING; i++) {
        wire_open(&waiting[i], s3_server_url(s), &key);
        wire_send(&waiting[i], "GET", "/bucket/key", NULL, NULL, 0);
    }
    AWAIT(s3_server_held(s) == WAITING);
    assert_int_equal(thread_count(), threads);
    wire_open(&other, s3_server_url(s), &key); /* the rest go on */
    wire_ask(&other, "PUT", "/bucket/other", NULL, "x", 1, &answer);
    assert_int_equal(answer.status, 200);
    s3_server_stats(s, &stats);
    assert_true(stats.in_flight_max >= WAITING);
    s3_server_release_all(s);
    for (size_t i = 0; i < WAITING; i++) {
        answer_release(&answer);
        wire_receive(&waiting[i], false, &answer);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body.data, "body");
        wire_close(&waiting[i]);
    }
    answer_release(&answer);
    wire_close(&other);
    s3_server_stop(s);
    free(waiting);
}

/* Slow clients */

enum slow {
    SLOW_LINE,    /* sends half a request line */
    SLOW_HEADERS, /* sends half of the headers */
    SLOW_BODY,    /* sends half of the body */
    SLOW_READER,  /* does not read its reply */
    SLOW_TRICKLE, /* gets a byte a second */
    SLOW_STALL,   /* gets half a reply */
    SLOW_HOLD,
    SLOW_CLIENTS
};

static const char rules_text[] =
    "{\"faults\":[{\"when\":{\"key\":\"trickle\"},\"then\":{\"bytes_per_s\":1}},"
    "{\"when\":{\"key\":\"stall\"},\"then\":{\"stall_at\":5}},"
    "{\"when\":{\"key\":\"hold\"},\"then\":{\"hold\":\"until_gone\"}}]}";

static void be_slow(struct wire slow[SLOW_CLIENTS], struct s3_server *s)
{
    static const char *const line = "GET /buck", *const headers = "GET /bucket/key HTTP/1.1\r\nHo";
    for (int i = 0; i < SLOW_CLIENTS; i++)
        wire_open(&slow[i], s3_server_url(s), &key);
    wire_send_raw(&slow[SLOW_LINE], line, strlen(line));
    wire_send_raw(&slow[SLOW_HEADERS], headers, strlen(headers));
    wire_send(&slow[SLOW_BODY], "PUT", "/bucket/half",
              "x-amz-content-sha256: UNSIGNED-PAYLOAD\nContent-Length: 10\n", "01234", 5);
    wire_send(&slow[SLOW_READER], "GET", "/bucket/large", NULL, NULL, 0);
    wire_send(&slow[SLOW_TRICKLE], "GET", "/bucket/trickle", NULL, NULL, 0);
    wire_send(&slow[SLOW_STALL], "GET", "/bucket/stall", NULL, NULL, 0);
    wire_send(&slow[SLOW_HOLD], "GET", "/bucket/hold", NULL, NULL, 0);
}

static void put_sources(struct s3_server *s)
{
    static const char *const names[] = {"key", "trickle", "stall", "hold"};
    char *large = calloc(1, LARGE_BYTES);
    assert_non_null(large);
    memset(large, 'x', LARGE_BYTES);
    assert_ok(s3_server_put(s, "bucket", "large", large, LARGE_BYTES, NULL, NULL), NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ok(s3_server_put(s, "bucket", names[i], "0123456789", 10, NULL, NULL), NULL);
    free(large);
}

static struct fault_rules *slow_rules(void)
{
    struct fault_rules *rules;
    struct error err;
    assert_ok(fault_rules_parse(rules_text, strlen(rules_text), &rules, &err), &err);
    return rules;
}

static void no_one_waits_for_a_slow_client(void **state)
{
    (void)state;
    struct fault_rules *rules = slow_rules();
    struct s3_server *s = server_new(rules, (struct s3_server_hooks){.ctx = NULL});
    struct wire slow[SLOW_CLIENTS], quick;
    struct answer answer = {.status = 0};
    char byte;
    put_sources(s);
    be_slow(slow, s);
    AWAIT(s3_server_held(s) == 2); /* the stall and the hold: all were begun */
    wire_open(&quick, s3_server_url(s), &key);
    for (int i = 0; i < 100; i++) {
        wire_ask(&quick, "GET", "/bucket/key", NULL, NULL, 0, &answer);
        assert_int_equal(answer.status, 200);
        wire_ask(&quick, "PUT", "/bucket/quick", NULL, "x", 1, &answer);
        assert_int_equal(answer.status, 200);
    }
    /* All that, while these have not had their answers: */
    assert_int_equal(s3_server_held(s), 2);
    assert_true(recv(slow[SLOW_BODY].fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    assert_true(recv(slow[SLOW_HOLD].fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    /* And they still get them. */
    wire_send_raw(&slow[SLOW_BODY], "56789", 5);
    answer_release(&answer);
    wire_receive(&slow[SLOW_BODY], false, &answer);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    wire_receive(&slow[SLOW_READER], false, &answer);
    assert_int_equal(answer.body.len, LARGE_BYTES);
    answer_release(&answer);
    for (int i = 0; i < SLOW_CLIENTS; i++)
        wire_close(&slow[i]);
    wire_close(&quick);
    s3_server_stop(s);
    fault_rules_free(rules);
}

static void it_stops_in_the_midst_of_it(void **state)
{
    (void)state;
    struct fault_rules *rules = slow_rules();
    struct s3_server *s = server_new(rules, (struct s3_server_hooks){.ctx = NULL});
    struct wire slow[SLOW_CLIENTS];
    put_sources(s);
    be_slow(slow, s);
    AWAIT(s3_server_held(s) == 2);
    s3_server_stop(s); /* ctest's time-out bounds this */
    for (int i = 0; i < SLOW_CLIENTS; i++)
        wire_close(&slow[i]);
    fault_rules_free(rules);
}

/* Descriptors */

#define LATECOMERS 8

/* Every descriptor below the limit is in use afterwards. Returns how many that took. */
static size_t use_up_descriptors(int *used, size_t room, rlim_t *limit_before)
{
    struct rlimit limit;
    size_t count = 0;
    const int highest = dup(STDERR_FILENO);
    assert_true(highest >= 0);
    used[count++] = highest;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    *limit_before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)highest + 32;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int fd; (fd = dup(STDERR_FILENO)) >= 0; count++) {
        assert_true(count < room);
        used[count] = fd;
    }
    assert_int_equal(errno, EMFILE);
    return count;
}

static void set_descriptor_limit(rlim_t value)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = value;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Those who come when there is no descriptor left are taken in when others have gone. */
static void without_descriptors_it_goes_on(void **state)
{
    (void)state;
    struct s3_server *s = server_new(NULL, (struct s3_server_hooks){.ctx = NULL});
    struct wire first, leaving, late[LATECOMERS];
    struct answer answer = {.status = 0};
    int used[256];
    rlim_t limit_before;
    char byte;
    struct wire *const early[] = {&first, &leaving};
    for (size_t i = 0; i < 2; i++) {
        wire_open(early[i], s3_server_url(s), &key);
        wire_ask(early[i], "PUT", "/bucket/key", NULL, "x", 1, &answer);
        assert_int_equal(answer.status, 200);
    }
    for (size_t i = 0; i < LATECOMERS; i++) {
        wire_open(&late[i], s3_server_url(s), &key);
        wire_reserve(&late[i]);
    }
    const size_t count = use_up_descriptors(used, sizeof used / sizeof *used, &limit_before);
    for (size_t i = 0; i < LATECOMERS; i++)
        wire_send(&late[i], "GET", "/bucket/key", NULL, NULL, 0);
    for (int i = 0; i < 100; i++) {
        wire_ask(&first, "GET", "/bucket/key", NULL, NULL, 0, &answer);
        assert_int_equal(answer.status, 200);
    }
    for (size_t i = 0; i < LATECOMERS; i++)
        assert_true(recv(late[i].fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    for (size_t i = 0; i < count; i++)
        close(used[i]);
    set_descriptor_limit(limit_before);
    wire_close(&leaving);
    for (size_t i = 0; i < LATECOMERS; i++) {
        answer_release(&answer);
        wire_receive(&late[i], false, &answer);
        assert_int_equal(answer.status, 200);
        wire_close(&late[i]);
    }
    answer_release(&answer);
    wire_close(&first);
    s3_server_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_wait_without_a_thread_each),
        cmocka_unit_test(no_one_waits_for_a_slow_client),
        cmocka_unit_test(it_stops_in_the_midst_of_it),
        cmocka_unit_test(without_descriptors_it_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
