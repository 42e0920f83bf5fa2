/* SPDX-License-Identifier: MIT */
/*
 * s3-compact against a server that misbehaves: each fault gives one clear line, exit status 1 (or
 * is retried away), no output under the key and no open upload.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/s3/checksum.h"
#include "tests/support/fixture.h"

#define BUCKET         "faulty"
#define OUTPUT         "out/2024/01/14/out-2024-01-14.bin"
#define SOURCES_UNIX_S 1705190400 /* LastModified of the first ones */

/* What the server does to one operation. */
struct fault {
    const char *operation;
    enum {
        FAULT_STATUS,     /* answers with `status` and `text` as S3's code */
        FAULT_CUT,        /* cuts the body half-way */
        FAULT_BODY,       /* answers 200 with `text` as the body */
        FAULT_CUT_BODY,   /* takes the body's last bytes away, and says so in its length */
        FAULT_FLIP,       /* changes the body's first byte after its checksum was made */
        FAULT_REPLACE,    /* overwrites the object of the request before it is applied */
        FAULT_REMOVE,     /* removes it */
        FAULT_LOSE_REPLY, /* applies the request and closes without an answer */
        FAULT_HOLD,       /* suspends the request */
    } kind;
    int status;
    const char *text;
    unsigned times; /* how often; UINT_MAX for always */
};

struct world {
    struct fixture *fixture;
    struct fault fault;
    atomic_uint applied;
};

static bool hits(struct world *w, const struct s3_server_request *request)
{
    if (w->fault.operation == NULL || strcmp(request->operation, w->fault.operation) != 0)
        return false;
    /* The look for state of the crash-safe mode is not what these faults are about. */
    if (strstr(request->query, "_compaction") != NULL)
        return false;
    return atomic_fetch_add(&w->applied, 1) < w->fault.times;
}

static void reply_error(struct s3_server_reply *reply, int status, const char *code)
{
    reply->status = status;
    buf_reset(&reply->body);
    buf_printf(&reply->body, "<Error><Code>%s</Code><Message>made up</Message></Error>", code);
}

static bool happens_after(const struct fault *f)
{
    return f->kind == FAULT_CUT || f->kind == FAULT_CUT_BODY || f->kind == FAULT_LOSE_REPLY ||
           f->kind == FAULT_FLIP;
}

static bool wants_body(void *ctx, const struct s3_server_request *request)
{
    const struct world *w = ctx;
    return w->fault.kind == FAULT_FLIP && strcmp(request->operation, w->fault.operation) == 0;
}

static void flip(struct s3_server_reply *reply)
{
    uint8_t digest[CHECKSUM_SIZE_MAX];
    char text[CHECKSUM_TEXT_SIZE];
    checksum_of(CHECKSUM_CRC64NVME, reply->body.data, reply->body.len, digest);
    checksum_encode(CHECKSUM_CRC64NVME, digest, text);
    buf_printf(&reply->headers, "x-amz-checksum-crc64nvme: %s\n", text);
    reply->body.data[0] ^= 1;
}

static enum s3_server_action before(void *ctx, const struct s3_server_request *request,
                                    struct s3_server_reply *reply)
{
    struct world *w = ctx;
    const struct fault *f = &w->fault;
    if (happens_after(f) || !hits(w, request))
        return S3_SERVER_GO_ON;
    switch (f->kind) {
    case FAULT_STATUS:
        reply_error(reply, f->status, f->text);
        return S3_SERVER_REPLY;
    case FAULT_BODY:
        reply->status = 200;
        buf_reset(&reply->body);
        buf_append_str(&reply->body, f->text);
        return S3_SERVER_REPLY;
    case FAULT_HOLD:
        return S3_SERVER_HOLD;
    case FAULT_REPLACE:
        assert_ok(s3_server_put(w->fixture->server, BUCKET, request->key, "another", 7, NULL, NULL),
                  NULL);
        return S3_SERVER_GO_ON;
    case FAULT_REMOVE:
        assert_ok(s3_server_remove(w->fixture->server, BUCKET, request->key, NULL), NULL);
        return S3_SERVER_GO_ON;
    default:
        return S3_SERVER_GO_ON;
    }
}

static enum s3_server_action after(void *ctx, const struct s3_server_request *request,
                                   struct s3_server_reply *reply)
{
    struct world *w = ctx;
    const struct fault *f = &w->fault;
    if (!happens_after(f) || !hits(w, request))
        return S3_SERVER_GO_ON;
    if (f->kind == FAULT_LOSE_REPLY)
        return S3_SERVER_DISCONNECT;
    if (f->kind == FAULT_FLIP)
        flip(reply);
    else if (f->kind == FAULT_CUT)
        reply->cut_after = 10;
    else
        buf_truncate(&reply->body, reply->body.len / 2);
    return S3_SERVER_GO_ON;
}

static void put_source(struct world *w, const char *name, size_t size, int64_t modified_unix_s)
{
    const struct s3_server_object about = {.last_modified_unix_s = modified_unix_s};
    char key[64];
    char *data = calloc(1, size + 1);
    assert_non_null(data);
    memset(data, name[0], size);
    snprintf(key, sizeof key, "in/2024/01/14/%s.bin", name);
    assert_ok(s3_server_put(w->fixture->server, BUCKET, key, data, size, &about, NULL), NULL);
    free(data);
}

/* Two small sources, or with `large` several parts' worth. */
static void world_open(struct world *w, bool large, const struct fault *fault)
{
    *w = (struct world){.fault = *fault};
    w->fixture = fixture_new(
        TEST_ENDPOINT_EMBEDDED,
        &(struct s3_server_options){
            .hooks = {.ctx = w, .before = before, .after = after, .wants_body = wants_body}});
    assert_ok(s3_server_make_bucket(w->fixture->server, BUCKET, NULL), NULL);
    put_source(w, "a", large ? 9u << 20 : 1000, SOURCES_UNIX_S);
    put_source(w, "b", large ? 4u << 20 : 2000, SOURCES_UNIX_S);
}

static bool output_exists(const struct world *w)
{
    struct buf got;
    buf_init(&got, 64u << 20);
    const bool exists = s3_server_get(w->fixture->server, BUCKET, OUTPUT, &got, NULL) == STATUS_OK;
    buf_release(&got);
    return exists;
}

static void expect_clean(const struct world *w, bool output)
{
    struct s3_server_stats stats;
    s3_server_stats(w->fixture->server, &stats);
    assert_int_equal(stats.open_uploads, 0);
    assert_int_equal(output_exists(w), output);
}

static void compact(const struct world *w, struct process_result *ran)
{
    fixture_run(w->fixture,
                FIXTURE_ARGS("s3-compact", "--from", "2024-01-14", "--to", "2024-01-14",
                             "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                NULL, ran);
}

/* Runs with the fault, and expects exit 1, `text` on stderr, one error line and nothing left. */
static void expect_failure(bool large, const struct fault *fault, const char *text)
{
    struct world w;
    struct process_result ran;
    world_open(&w, large, fault);
    compact(&w, &ran);
    if (ran.exit_code != 1 || strstr(ran.err.data, text) == NULL)
        print_error("exit %d, expected \"%s\" in: %s\n", ran.exit_code, text, ran.err.data);
    assert_int_equal(ran.exit_code, 1);
    assert_non_null(strstr(ran.err.data, text));
    const char *first = strstr(ran.err.data, "error: ");
    assert_non_null(first);
    assert_null(strstr(first + 1, "error: "));
    expect_clean(&w, false);
    process_result_release(&ran);
    fixture_free(w.fixture);
}

/* Runs with the fault, and expects that it is got over. */
static void expect_success(bool large, const struct fault *fault)
{
    struct world w;
    struct process_result ran;
    world_open(&w, large, fault);
    compact(&w, &ran);
    if (ran.exit_code != 0)
        print_error("exit %d: %s\n", ran.exit_code, ran.err.data);
    assert_int_equal(ran.exit_code, 0);
    assert_true(atomic_load(&w.applied) > 0);
    expect_clean(&w, true);
    process_result_release(&ran);
    fixture_free(w.fixture);
}

static void passing_faults_are_retried(void **state)
{
    (void)state;
    expect_success(false, &(struct fault){"GetObject", FAULT_STATUS, 503, "SlowDown", 2});
    expect_success(false, &(struct fault){"GetObject", FAULT_STATUS, 500, "InternalError", 1});
    expect_success(false, &(struct fault){"GetObject", FAULT_CUT, .times = 2});
    expect_success(false, &(struct fault){"ListObjectsV2", FAULT_STATUS, 503, "SlowDown", 1});
    expect_success(false, &(struct fault){"PutObject", FAULT_STATUS, 503, "SlowDown", 1});
    expect_success(true, &(struct fault){"UploadPart", FAULT_STATUS, 500, "InternalError", 1});
}

static void lost_replies_are_settled_by_the_token(void **state)
{
    (void)state;
    expect_success(false, &(struct fault){"PutObject", FAULT_LOSE_REPLY, .times = 1});
    expect_success(true, &(struct fault){"CompleteMultipartUpload", FAULT_LOSE_REPLY, .times = 1});
}

/* Compacts, adds a newer source, and compacts again with the fault; the output is `expected` bytes
 * then. */
static void expect_after_newer(bool large, const struct fault *fault, int exit_code,
                               const char *text, size_t expected)
{
    struct world w;
    struct process_result ran;
    struct buf got;
    world_open(&w, large, &(struct fault){0});
    compact(&w, &ran);
    assert_int_equal(ran.exit_code, 0);
    process_result_release(&ran);
    put_source(&w, "c", 3000, SOURCES_UNIX_S + 60);
    w.fault = *fault;
    compact(&w, &ran);
    if (ran.exit_code != exit_code || strstr(ran.err.data, text) == NULL)
        print_error("exit %d, expected \"%s\" in: %s\n", ran.exit_code, text, ran.err.data);
    assert_int_equal(ran.exit_code, exit_code);
    assert_non_null(strstr(ran.err.data, text));
    process_result_release(&ran);
    expect_clean(&w, expected > 0);
    buf_init(&got, 64u << 20);
    if (expected > 0)
        assert_ok(s3_server_get(w.fixture->server, BUCKET, OUTPUT, &got, NULL), NULL);
    assert_int_equal(got.len, expected);
    buf_release(&got);
    fixture_free(w.fixture);
}

/* Two runs at once may both have looked before either wrote. */
static void only_what_was_looked_at_is_replaced(void **state)
{
    (void)state;
    const size_t small = 1000 + 2000 + 3000;
    const size_t large = (9u << 20) + (4u << 20) + 3000;
    const char *const written = "was written by someone else meanwhile; run again";
    const char *const removed = "was removed by someone else meanwhile; run again";
    expect_after_newer(false, &(struct fault){0}, 0, "", small);
    expect_after_newer(true, &(struct fault){0}, 0, "", large);
    expect_after_newer(false, &(struct fault){"PutObject", FAULT_REPLACE, .times = 1}, 1, written,
                       strlen("another"));
    expect_after_newer(true, &(struct fault){"CompleteMultipartUpload", FAULT_REPLACE, .times = 1},
                       1, written, strlen("another"));
    expect_after_newer(false, &(struct fault){"PutObject", FAULT_REMOVE, .times = 1}, 1, removed,
                       0);
    expect_after_newer(true, &(struct fault){"CompleteMultipartUpload", FAULT_REMOVE, .times = 1},
                       1, removed, 0);
    expect_after_newer(false, &(struct fault){"PutObject", FAULT_LOSE_REPLY, .times = 1}, 0, "",
                       small);
    expect_after_newer(true,
                       &(struct fault){"CompleteMultipartUpload", FAULT_LOSE_REPLY, .times = 1}, 0,
                       "", large);
}

static void lasting_faults_leave_nothing(void **state)
{
    (void)state;
    expect_failure(false, &(struct fault){"GetObject", FAULT_STATUS, 403, "AccessDenied", 99},
                   "s3:GetObject");
    expect_failure(false, &(struct fault){"ListObjectsV2", FAULT_STATUS, 403, "AccessDenied", 99},
                   "s3:ListBucket");
    expect_failure(true, &(struct fault){"UploadPart", FAULT_STATUS, 403, "AccessDenied", 99},
                   "s3:PutObject");
    expect_failure(true,
                   &(struct fault){"CompleteMultipartUpload", FAULT_BODY, 0,
                                   "  <Error><Code>InvalidPart</Code></Error>", 1},
                   "InvalidPart");
}

static void a_body_that_changed_on_its_way_is_got_again(void **state)
{
    (void)state;
    expect_success(false, &(struct fault){"GetObject", FAULT_FLIP, .times = 1});
    expect_failure(false, &(struct fault){"GetObject", FAULT_FLIP, .times = 99},
                   "the body is not what its checksum says (after 2 attempts)");
}

static void a_source_that_changes_is_an_error(void **state)
{
    (void)state;
    expect_failure(false, &(struct fault){"GetObject", FAULT_REPLACE, .times = 1},
                   "changed after it was listed");
    expect_failure(true, &(struct fault){"GetObject", FAULT_REPLACE, .times = 1},
                   "changed after it was listed");
}

#define ENTRY(key)                                                                                 \
    "<Contents><Key>" key "</Key><LastModified>2024-01-14T00:00:00.000Z</LastModified>"            \
    "<ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>"
#define LISTING(head, truncated, body)                                                             \
    head "<ListBucketResult><IsTruncated>" truncated "</IsTruncated>" body "</ListBucketResult>"

static void broken_listings_are_refused(void **state)
{
    (void)state;
    expect_failure(false,
                   &(struct fault){
                       "ListObjectsV2", FAULT_BODY, 0,
                       LISTING("", "false", ENTRY("in/2024/01/14/b") ENTRY("in/2024/01/14/a")), 99},
                   "out of order");
    expect_failure(false,
                   &(struct fault){"ListObjectsV2", FAULT_BODY, 0,
                                   LISTING("<!DOCTYPE x [<!ENTITY e \"v\">]>", "false",
                                           ENTRY("in/2024/01/14/a")),
                                   99},
                   "DOCTYPE");
    expect_failure(false,
                   &(struct fault){
                       "ListObjectsV2", FAULT_BODY, 0,
                       LISTING("", "true", "<NextContinuationToken>t</NextContinuationToken>"), 99},
                   "continuation token");
    expect_failure(false, &(struct fault){"ListObjectsV2", FAULT_CUT_BODY, .times = 99}, "source");
}

static void a_signal_aborts_and_says_how_to_go_on(void **state)
{
    (void)state;
    struct world w;
    struct process_result ran;
    struct s3_server_stats stats;
    world_open(&w, true, &(struct fault){"UploadPart", FAULT_HOLD, .times = 1});
    struct process *p =
        fixture_start(w.fixture,
                      FIXTURE_ARGS("s3-compact", "--from", "2024-01-14", "--to", "2024-01-14",
                                   "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                      NULL);
    while (s3_server_held(w.fixture->server) == 0) {
        /* ctest's time-out bounds this */
    }
    process_signal(p, SIGINT);
    s3_server_release_all(w.fixture->server);
    assert_ok(process_wait(p, &ran, NULL), NULL);
    s3_server_stats(w.fixture->server, &stats);
    if (ran.exit_code == 130)
        assert_non_null(strstr(ran.err.data, "run the same command again"));
    else
        assert_int_equal(ran.exit_code, 0); /* the reply was faster than the signal */
    expect_clean(&w, ran.exit_code == 0);
    process_result_release(&ran);
    w.fault.operation = NULL;
    compact(&w, &ran);
    assert_int_equal(ran.exit_code, 0);
    expect_clean(&w, true);
    process_result_release(&ran);
    fixture_free(w.fixture);
}

static void wrong_usage_is_one_line(void **state)
{
    (void)state;
    /* What the one line must say, and the arguments that lead to it. */
    static const char *const cases[][6] = {
        {"SRC... DST", "s3://" BUCKET "/in/"},
        {"not an S3 URI", BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"neither a verb", "in"},
        {"%Q", "--date-format", "%Q", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"--days", "--days", "many", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"--no-such", "--no-such", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"under the source", "s3://" BUCKET "/in/", "s3://" BUCKET "/in/"},
        {"--memory", "--memory", "1k", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"--part", "--part", "3/2", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"one request", "--mode=sequential", "-j8", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
        {"/no/such", "--ca-bundle", "/no/such", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"},
    };
    struct fixture *f = fixture_new(TEST_ENDPOINT_EMBEDDED, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct process_result ran;
        const char *const *c = cases[i];
        const char *const args[] = {"s3-compact", c[1], c[2], c[3], c[4], c[5], NULL};
        fixture_run(f, args, NULL, &ran);
        if (ran.exit_code != 2)
            print_error("case %zu: exit %d: %s\n", i, ran.exit_code, ran.err.data);
        assert_int_equal(ran.exit_code, 2);
        assert_non_null(strstr(ran.err.data, c[0]));
        assert_int_equal(ran.out.len, 0);
        assert_ptr_equal(strchr(ran.err.data, '\n'), ran.err.data + ran.err.len - 1);
        process_result_release(&ran);
    }
    fixture_free(f);
}

static void a_closed_port_and_wrong_keys(void **state)
{
    (void)state;
    struct world w;
    struct process_result ran;
    static const char *const args[] = {
        "s3-compact",          "--max-attempts",       "2", "--days", "1",
        "s3://" BUCKET "/in/", "s3://" BUCKET "/out/", NULL};
    world_open(&w, false, &(struct fault){0});
    fixture_run(w.fixture, args,
                (const char *const[]){"AWS_ENDPOINT_URL=http://127.0.0.1:1",
                                      "AWS_ENDPOINT_URL_S3=http://127.0.0.1:1", NULL},
                &ran);
    assert_int_equal(ran.exit_code, 1);
    assert_non_null(strstr(ran.err.data, "http://127.0.0.1:1"));
    process_result_release(&ran);
    fixture_run(w.fixture, args, (const char *const[]){"AWS_SECRET_ACCESS_KEY=wrong", NULL}, &ran);
    assert_int_equal(ran.exit_code, 1);
    assert_non_null(strstr(ran.err.data, "SignatureDoesNotMatch"));
    process_result_release(&ran);
    fixture_free(w.fixture);
}

/* Lines of results and the progress line share a terminal. */
static void results_and_progress_do_not_mix(void **state)
{
    (void)state;
    static const char clear[] = "\r\033[K";
    struct process_result ran;
    /* Answers that take long enough for progress to be drawn before the result. */
    struct fixture *f = fixture_new(
        TEST_ENDPOINT_EMBEDDED,
        &(struct s3_server_options){.latency = latency_profile_find("s3-standard"), .seed = 1});
    assert_ok(s3_server_make_bucket(f->server, BUCKET, NULL), NULL);
    for (int name = 'a'; name <= 'f'; name++) {
        char key[] = "in/2024/01/14/_";
        key[sizeof key - 2] = (char)name;
        assert_ok(s3_server_put(f->server, BUCKET, key, "row\n", 4, NULL, NULL), NULL);
    }
    fixture_run_joined(f,
                       FIXTURE_ARGS("s3-compact", "--progress", "always", "--mode", "sequential",
                                    "--from", "2024-01-14", "--to", "2024-01-14",
                                    "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                       &ran);
    assert_int_equal(ran.exit_code, 0);
    assert_non_null(strstr(ran.out.data, "compacting: "));
    const char *result = strstr(ran.out.data, "2024-01-14  6 objects");
    assert_non_null(result);
    assert_true(result - ran.out.data >= (ptrdiff_t)strlen(clear));
    assert_memory_equal(result - strlen(clear), clear, strlen(clear));
    process_result_release(&ran);
    fixture_free(f);
}

static void few_open_files_are_said(void **state)
{
    (void)state;
    struct world w;
    struct process_result ran;
    world_open(&w, false, &(struct fault){0});
    fixture_run_limited(w.fixture, 40,
                        FIXTURE_ARGS("s3-compact", "--from", "2024-01-14", "--to", "2024-01-14",
                                     "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                        &ran);
    assert_int_equal(ran.exit_code, 0); /* two sources need no more */
    assert_non_null(strstr(ran.err.data, "ulimit -n"));
    process_result_release(&ran);
    fixture_free(w.fixture);
}

/* With hardly any: one clear line each, whatever it is that finds none, and nothing half-made. */
static void no_open_files_are_said(void **state)
{
    (void)state;
    for (unsigned files = 4; files <= 12; files++) {
        struct world w;
        struct process_result ran;
        world_open(&w, false, &(struct fault){0});
        fixture_run_limited(w.fixture, files,
                            FIXTURE_ARGS("s3-compact", "--quiet", "--max-attempts", "2", "--from",
                                         "2024-01-14", "--to", "2024-01-14", "s3://" BUCKET "/in/",
                                         "s3://" BUCKET "/out/"),
                            &ran);
        const bool said = strncmp(ran.err.data, "s3-compact: ", strlen("s3-compact: ")) == 0 &&
                          strstr(ran.err.data, "error: ") != NULL;
        const bool loader = ran.exit_code == 127; /* it found none to load libcurl with */
        if (ran.exit_code != 0 && !loader && (ran.exit_code != 1 || !said))
            fail_msg("%u open files: exit %d: %s", files, ran.exit_code, ran.err.data);
        expect_clean(&w, ran.exit_code == 0);
        process_result_release(&ran);
        fixture_free(w.fixture);
    }
}

static void loopback_needs_no_proxy(void **state)
{
    (void)state;
    struct world w;
    struct process_result ran;
    world_open(&w, false, &(struct fault){0});
    fixture_run(w.fixture,
                FIXTURE_ARGS("s3-compact", "--max-attempts", "1", "--from", "2024-01-14", "--to",
                             "2024-01-14", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                (const char *const[]){"http_proxy=http://127.0.0.1:1",
                                      "all_proxy=http://127.0.0.1:1", NULL},
                &ran);
    if (ran.exit_code != 0)
        print_error("exit %d: %s\n", ran.exit_code, ran.err.data);
    assert_int_equal(ran.exit_code, 0);
    expect_clean(&w, true);
    process_result_release(&ran);
    fixture_free(w.fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passing_faults_are_retried),
        cmocka_unit_test(lost_replies_are_settled_by_the_token),
        cmocka_unit_test(only_what_was_looked_at_is_replaced),
        cmocka_unit_test(lasting_faults_leave_nothing),
        cmocka_unit_test(a_body_that_changed_on_its_way_is_got_again),
        cmocka_unit_test(a_source_that_changes_is_an_error),
        cmocka_unit_test(broken_listings_are_refused),
        cmocka_unit_test(a_signal_aborts_and_says_how_to_go_on),
        cmocka_unit_test(wrong_usage_is_one_line),
        cmocka_unit_test(a_closed_port_and_wrong_keys),
        cmocka_unit_test(results_and_progress_do_not_mix),
        cmocka_unit_test(few_open_files_are_said),
        cmocka_unit_test(no_open_files_are_said),
        cmocka_unit_test(loopback_needs_no_proxy),
    };
    return FIXTURE_MAIN(tests);
}
