/* SPDX-License-Identifier: MIT */
/* s3-generate against an S3 endpoint: what is stored is what the manifest says, however it was
 * stored, and bad input gives one clear line. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "generator/manifest.h"
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#define FILES     "137"
#define FILES_N   137
#define ROWS      "20"
#define PATH_ROOM (FIXTURE_PATH_MAX + 1200)
/* What every run has in common, so that all of them make the same objects. */
#define SAME "-r", ROWS, "-f", FILES, "--seed", "11", "--from", "2024-02-20", "--to", "2024-03-05"

/* Runs s3-generate and asserts that it was well. */
static void generate(const struct fixture *f, const char *const *argv)
{
    struct process_result ran;
    fixture_run(f, argv, NULL, &ran);
    if (ran.exit_code != 0)
        fail_msg("exit status %d: %s", ran.exit_code, ran.err.data);
    assert_string_equal(ran.err.data, "");
    process_result_release(&ran);
}

struct check {
    struct store *store; /* or */
    const char *directory;
    const char *bucket;
    struct buf keys; /* in order, a line each */
    uint64_t bytes;
};

static enum status check_object(void *ctx, const struct manifest_object *o, struct error *err)
{
    (void)err;
    struct check *c = ctx;
    struct buf content;
    uint8_t digest[SHA256_SIZE];
    if (c->store) {
        buf_init(&content, STORE_OBJECT_MAX);
        store_get(c->store, c->bucket, o->key, &content);
    } else {
        char path[PATH_ROOM];
        snprintf(path, sizeof path, "%s/%s", c->directory, o->key);
        fixture_read_file(path, &content);
    }
    assert_int_equal(content.len, o->size);
    sha256(content.data, content.len, digest);
    assert_memory_equal(digest, o->sha256, SHA256_SIZE);
    c->bytes += content.len;
    buf_append_str(&c->keys, o->key);
    buf_append_char(&c->keys, '\n');
    buf_release(&content);
    return STATUS_OK;
}

static void check_against(struct check *c, const char *manifest)
{
    struct error err;
    const struct manifest_visitor visitor = {.ctx = c, .object = check_object};
    buf_init(&c->keys, 1 << 20);
    assert_ok(manifest_read(manifest, NULL, &visitor, &err), &err);
}

/* Every object of the bucket is in the manifest, and the other way round. */
static void check_bucket(const struct fixture *f, const char *bucket, const char *prefix,
                         const char *manifest)
{
    struct check check = {.store = store_open(&f->endpoint), .bucket = bucket};
    struct buf listed;
    check_against(&check, manifest);
    buf_init(&listed, 1 << 20);
    store_keys(check.store, bucket, prefix, &listed);
    assert_string_equal(listed.data, check.keys.data);
    assert_int_equal(store_count(check.store, bucket, prefix), FILES_N);
    assert_int_equal(store_bytes(check.store, bucket, prefix), check.bytes);
    buf_release(&listed);
    buf_release(&check.keys);
    store_close(check.store);
}

/* The head names the bucket; all that follows is equal between runs. */
static void assert_same_objects(const char *one, const char *other)
{
    struct buf a, b;
    fixture_read_file(one, &a);
    fixture_read_file(other, &b);
    assert_string_equal(strchr(a.data, '\n'), strchr(b.data, '\n'));
    buf_release(&a);
    buf_release(&b);
}

static void stores_the_same_at_any_width(void **state)
{
    struct fixture *f = *state;
    char directory[FIXTURE_PATH_MAX], one[PATH_ROOM], many[PATH_ROOM], dry[PATH_ROOM];
    fixture_directory(f, directory);
    snprintf(one, sizeof one, "%s/one.jsonl", directory);
    snprintf(many, sizeof many, "%s/many.jsonl", directory);
    snprintf(dry, sizeof dry, "%s/dry.jsonl", directory);
    const char *bucket = fixture_bucket(f);
    generate(f, FIXTURE_ARGS("s3-generate", SAME, "-b", bucket, "--prefix", "in/", "-j", "1",
                             "--manifest", one));
    check_bucket(f, bucket, "in/", one);
    bucket = fixture_bucket(f);
    generate(f, FIXTURE_ARGS("s3-generate", SAME, "-b", bucket, "--prefix", "in/", "-j", "32",
                             "--manifest", many));
    check_bucket(f, bucket, "in/", many);
    generate(f,
             FIXTURE_ARGS("s3-generate", SAME, "--prefix", "in/", "--dry-run", "--manifest", dry));
    assert_same_objects(one, many);
    assert_same_objects(one, dry);
}

static void a_directory_holds_the_same_tree(void **state)
{
    struct fixture *f = *state;
    char directory[FIXTURE_PATH_MAX], tree[PATH_ROOM], manifest[PATH_ROOM], dry[PATH_ROOM];
    fixture_directory(f, directory);
    snprintf(tree, sizeof tree, "%s/tree", directory);
    snprintf(manifest, sizeof manifest, "%s/m.jsonl", directory);
    snprintf(dry, sizeof dry, "%s/dry.jsonl", directory);
    generate(f, FIXTURE_ARGS("s3-generate", SAME, "--prefix", "a/b/", "--to-dir", tree,
                             "--manifest", manifest));
    generate(f,
             FIXTURE_ARGS("s3-generate", SAME, "--prefix", "a/b/", "--dry-run", "--manifest", dry));
    assert_same_objects(manifest, dry);
    struct check check = {.directory = tree};
    check_against(&check, manifest);
    buf_release(&check.keys);
}

static void the_reference_shape_is_stored(void **state)
{
    struct fixture *f = *state;
    const char *bucket = fixture_bucket(f);
    char directory[FIXTURE_PATH_MAX], manifest[PATH_ROOM];
    fixture_directory(f, directory);
    snprintf(manifest, sizeof manifest, "%s/m.jsonl", directory);
    generate(f, FIXTURE_ARGS("s3-generate", "--rows_per_file", ROWS, "-f", FILES, "--bucket_name",
                             bucket, "--seed", "3", "--reference", "--manifest", manifest));
    check_bucket(f, bucket, "2023/", manifest);
}

static void the_manifest_goes_to_s3_and_the_bucket_is_made(void **state)
{
    struct fixture *f = *state;
    char directory[FIXTURE_PATH_MAX], manifest[PATH_ROOM], bucket[64], uri[128];
    struct buf stored;
    fixture_directory(f, directory);
    snprintf(manifest, sizeof manifest, "%s/m.jsonl", directory);
    snprintf(bucket, sizeof bucket, "%.40s-made", fixture_bucket(f));
    snprintf(uri, sizeof uri, "s3://%s/manifests/m.jsonl", bucket);
    for (int round = 0; round < 2; round++) /* the second meets a bucket that is there */
        generate(f, FIXTURE_ARGS("s3-generate", SAME, "-b", bucket, "--prefix", "in/",
                                 "--create-bucket", "--manifest", uri));
    struct store *store = store_open(&f->endpoint);
    buf_init(&stored, STORE_OBJECT_MAX);
    store_get(store, bucket, "manifests/m.jsonl", &stored);
    fixture_write_file(manifest, stored.data, stored.len);
    buf_release(&stored);
    store_close(store);
    check_bucket(f, bucket, "in/", manifest);
}

static void results_are_one_json_document(void **state)
{
    struct fixture *f = *state;
    struct process_result ran;
    fixture_run(f,
                FIXTURE_ARGS("s3-generate", "-r", ROWS, "-f", FILES, "-b", fixture_bucket(f),
                             "--days", "3", "--json"),
                NULL, &ran);
    assert_int_equal(ran.exit_code, 0);
    json_t *said = json_loadb(ran.out.data, ran.out.len, 0, NULL);
    assert_non_null(said);
    assert_string_equal(json_string_value(json_object_get(said, "schema")), "s3-generate-result/1");
    assert_string_equal(json_string_value(json_object_get(said, "status")), "done");
    assert_int_equal(json_integer_value(json_object_get(said, "objects")), FILES_N);
    const json_t *puts = json_object_get(json_object_get(said, "requests"), "PutObject");
    assert_int_equal(json_integer_value(json_object_get(puts, "count")), FILES_N);
    assert_true(json_is_integer(json_object_get(json_object_get(said, "dataset"), "seed")));
    assert_true(json_is_null(json_object_get(said, "error")));
    json_decref(said);
    process_result_release(&ran);
}

static void assert_one_line(const struct process_result *ran, int exit_code, const char *says)
{
    if (ran->exit_code != exit_code || !strstr(ran->err.data, says))
        fail_msg("exit status %d: %s", ran->exit_code, ran->err.data);
    const char *newline = strchr(ran->err.data, '\n');
    assert_non_null(newline);
    assert_string_equal(newline, "\n");
    assert_string_equal(ran->out.data, "");
}

struct refusal {
    const char *option;
    const char *value;
    const char *env; /* or NULL */
    int exit_code;
    const char *says;
};

static void bad_input_gives_one_line(void **state)
{
    struct fixture *f = *state;
    const char *bucket = fixture_bucket(f);
    static const struct refusal cases[] = {
        {"--endpoint-url", "http://127.0.0.1:1", NULL, 1, "127.0.0.1:1"},
        {"--endpoint-url", "ftp://127.0.0.1", NULL, 2, "--endpoint-url"},
        {"--seed", "1", "AWS_SECRET_ACCESS_KEY=wrong", 1, "SignatureDoesNotMatch"},
        {"--seed", "1", "AWS_ACCESS_KEY_ID=nobody", 1,
         "PutObject"}, /* the code is the server's own */
        {"--seed", "1", "AWS_SECRET_ACCESS_KEY", 1, "AWS_SECRET_ACCESS_KEY"},
        {"-b", "no-such-bucket-here", NULL, 1, "NoSuchBucket"},
        {"-b", "Not_A_Name", NULL, 2, "Not_A_Name"},
        {"--no-such-option", "1", NULL, 2, "--no-such-option"},
        {"--date-format", "%Q", NULL, 2, "%Q"},
        {"--days", "0", NULL, 2, "--days"},
        {"--manifest", "/nonexistent/m.jsonl", NULL, 1, "/nonexistent/m.jsonl"},
        {"--manifest", "s3://no-such-bucket-here/m", NULL, 1, "NoSuchBucket"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct process_result ran;
        fixture_run(f,
                    FIXTURE_ARGS("s3-generate", "-r", "2", "-f", "40", "-b", bucket,
                                 "--max-attempts", "2", cases[i].option, cases[i].value),
                    FIXTURE_ARGS(cases[i].env), &ran);
        assert_one_line(&ran, cases[i].exit_code, cases[i].says);
        process_result_release(&ran);
    }
}

static void a_failed_run_leaves_no_manifest(void **state)
{
    struct fixture *f = *state;
    char directory[FIXTURE_PATH_MAX], manifest[PATH_ROOM];
    struct process_result ran;
    fixture_directory(f, directory);
    snprintf(manifest, sizeof manifest, "%s/m.jsonl", directory);
    fixture_run(
        f, FIXTURE_ARGS("s3-generate", SAME, "-b", "no-such-bucket-here", "--manifest", manifest),
        NULL, &ran);
    assert_one_line(&ran, 1, "NoSuchBucket");
    assert_int_equal(access(manifest, F_OK), -1);
    /* Nor the temporary one: the directory is empty. */
    assert_int_equal(rmdir(directory), 0);
    process_result_release(&ran);
}

static void failure_is_json_too(void **state)
{
    struct fixture *f = *state;
    struct process_result ran;
    fixture_run(f, FIXTURE_ARGS("s3-generate", SAME, "-b", "no-such-bucket-here", "--json"), NULL,
                &ran);
    assert_int_equal(ran.exit_code, 1);
    json_t *said = json_loadb(ran.out.data, ran.out.len, 0, NULL);
    assert_non_null(said);
    assert_string_equal(json_string_value(json_object_get(said, "status")), "failed");
    assert_non_null(
        strstr(json_string_value(json_object_get(said, "error")), "no-such-bucket-here"));
    json_decref(said);
    process_result_release(&ran);
}

/* Lets the first uploads through and holds the rest. */
static enum s3_server_action hold_later(void *ctx, const struct s3_server_request *request,
                                        struct s3_server_reply *reply)
{
    (void)ctx;
    (void)reply;
    return request->sequence > 50 ? S3_SERVER_HOLD : S3_SERVER_GO_ON;
}

/* Waits for a state that is sure to come; the deadline is for when it does not. */
static void wait_until_held(struct s3_server *server)
{
    for (int i = 0; i < 3000 && s3_server_held(server) < 8; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(s3_server_held(server), 8);
}

static void interrupted(int signal_number, int exit_code)
{
    const struct s3_server_options options = {.hooks = {.before = hold_later}};
    struct fixture *f = fixture_new(TEST_ENDPOINT_EMBEDDED, &options);
    struct process_result ran;
    struct error err;
    char directory[FIXTURE_PATH_MAX], manifest[PATH_ROOM];
    fixture_directory(f, directory);
    snprintf(manifest, sizeof manifest, "%s/m.jsonl", directory);
    assert_ok(s3_server_make_bucket(f->server, "bucket", &err), &err);
    struct process *child = fixture_start(
        f, FIXTURE_ARGS("s3-generate", SAME, "-b", "bucket", "-j", "8", "--manifest", manifest),
        NULL);
    wait_until_held(f->server);
    process_signal(child, signal_number);
    assert_ok(process_wait(child, &ran, &err), &err);
    assert_one_line(&ran, exit_code, "--seed 11 --from 2024-02-20 --to 2024-03-05");
    assert_non_null(strstr(ran.err.data, "interrupted after 50 of 137"));
    assert_int_equal(rmdir(directory), 0);
    process_result_release(&ran);
    s3_server_release_all(f->server);
    fixture_free(f);
}

static void signals_stop_it_cleanly(void **state)
{
    (void)state;
    interrupted(SIGINT, 130);
    interrupted(SIGTERM, 143);
}

/* Answers each object's first attempt with a 500. */
static enum s3_server_action refuse_first(void *ctx, const struct s3_server_request *request,
                                          struct s3_server_reply *reply)
{
    (void)ctx;
    if (request->attempt > 1)
        return S3_SERVER_GO_ON;
    reply->status = 500;
    buf_append_str(&reply->body, "<Error><Code>InternalError</Code><Message>m</Message></Error>");
    return S3_SERVER_REPLY;
}

static void retries_store_everything(void **state)
{
    (void)state;
    const struct s3_server_options options = {.hooks = {.before = refuse_first}};
    struct fixture *f = fixture_new(TEST_ENDPOINT_EMBEDDED, &options);
    struct error err;
    struct s3_server_stats stats;
    assert_ok(s3_server_make_bucket(f->server, "bucket", &err), &err);
    generate(f, FIXTURE_ARGS("s3-generate", "-r", "2", "-f", "30", "-b", "bucket"));
    s3_server_stats(f->server, &stats);
    assert_int_equal(stats.objects, 30);
    assert_int_equal(stats.requests, 60);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_the_same_at_any_width),
        cmocka_unit_test(a_directory_holds_the_same_tree),
        cmocka_unit_test(the_reference_shape_is_stored),
        cmocka_unit_test(the_manifest_goes_to_s3_and_the_bucket_is_made),
        cmocka_unit_test(results_are_one_json_document),
        cmocka_unit_test(bad_input_gives_one_line),
        cmocka_unit_test(a_failed_run_leaves_no_manifest),
        cmocka_unit_test(failure_is_json_too),
        cmocka_unit_test(signals_stop_it_cleanly),
        cmocka_unit_test(retries_store_everything),
    };
    return FIXTURE_MAIN(tests);
}
