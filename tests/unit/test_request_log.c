/* SPDX-License-Identifier: MIT */
/* The request log: every field of a line, and what must never be in one. */
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "bench/server/fault_rules.h"
#include "bench/server/server.h"
#include "lib/base/date.h"
#include "lib/s3/sigv4.h"
#include "tests/support/unit.h"
#include "tests/support/wire.h"

#define SECRET "a secret that is easy to find"
#define TOKEN  "a-session-token-that-is-easy-to-find"

static const struct s3_server_key key = {"AKIAFIRST", SECRET, NULL};

struct bench {
    struct fault_rules *rules;
    struct s3_server *server;
    struct wire wire;
    struct answer answer;
    char path[64];
};

static void bench_open(struct bench *b, const char *faults, struct latency_profile *latency)
{
    struct error err;
    *b = (struct bench){.path = "/tmp/kit-request-log-XXXXXX"};
    const int fd = mkstemp(b->path);
    assert_true(fd >= 0);
    close(fd);
    assert_ok(fault_rules_parse(faults, strlen(faults), &b->rules, &err), &err);
    const struct s3_server_options options = {.keys = &key,
                                              .key_count = 1,
                                              .faults = b->rules,
                                              .latency = latency,
                                              .request_log = b->path};
    assert_ok(s3_server_start(&options, &b->server, &err), &err);
    assert_ok(s3_server_make_bucket(b->server, "bucket", &err), &err);
    wire_open(&b->wire, s3_server_url(b->server), &key);
}

/* Stops the server, and reads what it wrote. */
static void bench_close(struct bench *b, char *log, size_t room)
{
    answer_release(&b->answer);
    wire_close(&b->wire);
    s3_server_stop(b->server);
    fault_rules_free(b->rules);
    FILE *f = fopen(b->path, "re");
    assert_non_null(f);
    const size_t len = fread(log, 1, room - 1, f);
    log[len] = '\0';
    fclose(f);
    unlink(b->path);
}

static void ask(struct bench *b, const char *method, const char *target, const char *headers,
                const char *body, int status)
{
    wire_ask(&b->wire, method, target, headers, body, body != NULL ? strlen(body) : 0, &b->answer);
    assert_int_equal(b->answer.status, status);
}

static json_t *line_of(const char *log, size_t number)
{
    for (; number > 0; number--) {
        log = strchr(log, '\n');
        assert_non_null(log);
        log++;
    }
    json_t *line = json_loadb(log, strcspn(log, "\n"), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    return line;
}

static void expect_text(const char *log, size_t line, const char *name, const char *value)
{
    json_t *object = line_of(log, line);
    const char *found = json_string_value(json_object_get(object, name));
    if ((found == NULL) != (value == NULL) || (value != NULL && strcmp(found, value) != 0))
        fail_msg("line %zu: %s is %s instead of %s", line, name, found, value);
    json_decref(object);
}

static void expect_number(const char *log, size_t line, const char *name, json_int_t value)
{
    json_t *object = line_of(log, line);
    const json_t *found = json_object_get(object, name);
    if (!json_is_integer(found) || json_integer_value(found) != value)
        fail_msg("line %zu: %s is %lld instead of %lld", line, name,
                 (long long)json_integer_value(found), (long long)value);
    json_decref(object);
}

static void lines_tell_what_was_done(void **state)
{
    (void)state;
    struct bench b;
    char log[16384];
    bench_open(&b,
               "{\"faults\":[{\"name\":\"cut\",\"when\":{\"operation\":\"GetObject\"},"
               "\"then\":{\"truncate_at\":3}},{\"when\":{\"operation\":\"HeadObject\"},"
               "\"then\":{\"close\":\"before_applying\"}}]}",
               NULL);
    ask(&b, "PUT", "/bucket/key", "amz-sdk-request: attempt=2; max=3\n", "0123456789", 200);
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200);
    ask(&b, "HEAD", "/bucket/key", NULL, NULL, 0);
    bench_close(&b, log, sizeof log);
    expect_text(log, 0, "operation", "PutObject");
    expect_text(log, 0, "access_key", "AKIAFIRST");
    expect_text(log, 0, "bucket", "bucket");
    expect_text(log, 0, "key", "key");
    expect_text(log, 0, "fault", NULL);
    expect_number(log, 0, "sequence", 1);
    expect_number(log, 0, "attempt", 2);
    expect_number(log, 0, "in_flight", 1);
    expect_number(log, 0, "connection", 1);
    expect_number(log, 0, "bytes", 0);
    expect_number(log, 0, "bytes_in", 10);
    expect_number(log, 0, "drawn_us", 0);
    expect_text(log, 1, "fault", "cut");
    expect_number(log, 1, "bytes", 3);
    expect_number(log, 1, "bytes_in", 0);
    expect_text(log, 2, "fault", "rule 2");
    expect_number(log, 2, "status", 0);
    expect_number(log, 2, "connection", 2); /* the first was cut */
}

static void rate_limits_and_first_connections(void **state)
{
    (void)state;
    struct bench b;
    char log[16384];
    struct latency_profile slow = *latency_profile_find("none");
    slow.connect_ms = 2;
    slow.limits = (struct rate_limit_model){.get_per_s = 100, .put_per_s = 1};
    bench_open(&b, "{\"faults\":[]}", &slow);
    size_t puts = 0;
    do { /* one a second is allowed */
        wire_ask(&b.wire, "PUT", "/bucket/key", NULL, "x", 1, &b.answer);
        assert_true(++puts < 30);
    } while (b.answer.status == 200);
    assert_true(puts > 1);
    assert_int_equal(b.answer.status, 503);
    assert_string_equal(b.answer.code, "SlowDown");
    ask(&b, "GET", "/bucket/key", NULL, NULL, 200); /* reads have a limit of their own */
    bench_close(&b, log, sizeof log);
    expect_number(log, 0, "drawn_us", 2000);
    expect_text(log, puts - 1, "fault", "rate limit");
    expect_number(log, puts, "drawn_us", 0); /* of the same connection */
}

/* A presigned GET: the signature is in the query. */
static void presign(const struct bench *b, char *target, size_t room)
{
    char date[17];
    struct sigv4_key derived;
    struct buf query, canonical, names, to_sign;
    char signature[SIGV4_SIGNATURE_SIZE];
    const int64_t now = wall_unix_s(clock_wall(clock_system()));
    const struct sigv4_scope scope = {.unix_s = now, .region = "us-east-1", .service = "s3"};
    const struct sigv4_pair host = {"host", b->wire.host};
    date_format_amz(date, now);
    buf_init(&query, 4096), buf_init(&canonical, 8192), buf_init(&names, 256);
    buf_init(&to_sign, 4096);
    buf_printf(&query,
               "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAFIRST%%2F%.8s%%2Fus-east-1"
               "%%2Fs3%%2Faws4_request&X-Amz-Date=%s&X-Amz-Expires=60&X-Amz-Security-Token=" TOKEN
               "&X-Amz-SignedHeaders=host",
               date, date);
    const struct sigv4_request request = {.method = "GET",
                                          .encoded_path = "/bucket/key",
                                          .encoded_query = query.data,
                                          .headers = &host,
                                          .header_count = 1,
                                          .payload_sha256 = SIGV4_UNSIGNED_PAYLOAD};
    assert_ok(sigv4_canonical_request(&request, &canonical, &names, NULL), NULL);
    sigv4_string_to_sign(&scope, canonical.data, canonical.len, &to_sign);
    sigv4_key_derive(SECRET, &scope, &derived);
    sigv4_signature(&derived, to_sign.data, to_sign.len, signature);
    snprintf(target, room, "/bucket/key?%s&X-Amz-Signature=%s", query.data, signature);
    buf_release(&query), buf_release(&canonical), buf_release(&names), buf_release(&to_sign);
}

static void no_secret_is_in_it(void **state)
{
    (void)state;
    struct bench b;
    char log[16384], target[2048];
    static const char *const secrets[] = {SECRET,     TOKEN,     "Signature", "signature",
                                          "AWS4",     "X-Amz",   "x-amz",     "Authorization",
                                          "the body", "metadata"};
    bench_open(&b, "{\"faults\":[]}", NULL);
    ask(&b, "PUT", "/bucket/key", "x-amz-security-token: " TOKEN "\nx-amz-meta-a: metadata\n",
        "the body", 200);
    presign(&b, target, sizeof target);
    b.wire.key = NULL;
    ask(&b, "GET", target, NULL, NULL, 200);
    target[strlen(target) - 1] ^= 1;
    ask(&b, "GET", target, NULL, NULL, 403);
    ask(&b, "GET", "/bucket/key", NULL, NULL, 403);
    bench_close(&b, log, sizeof log);
    expect_number(log, 3, "sequence", 4); /* all are there */
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strstr(log, secrets[i]) != NULL)
            fail_msg("\"%s\" is in the log: %s", secrets[i], log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_tell_what_was_done),
        cmocka_unit_test(rate_limits_and_first_connections),
        cmocka_unit_test(no_secret_is_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
