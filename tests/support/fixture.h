/* SPDX-License-Identifier: MIT */
/*
 * fixture - what integration tests stand on: an S3 endpoint, a temporary directory, and a way to
 * run the kit's programs. One test body runs on the embedded server, MinIO and versitygw: ctest
 * runs each executable once an endpoint and names it in TEST_ENDPOINT.
 *
 *     static void compacts_a_day(void **state)
 *     {
 *         struct fixture *f = *state;
 *         struct process_result ran;
 *         const char *bucket = fixture_bucket(f);
 *         fixture_run(f, FIXTURE_ARGS("s3-compact", "s3://...", "s3://..."), NULL, &ran);
 *         assert_int_equal(ran.exit_code, 0);
 *         process_result_release(&ran);
 *     }
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = {cmocka_unit_test(compacts_a_day)};
 *         return FIXTURE_MAIN(tests);
 *     }
 *
 * and in tests/integration/CMakeLists.txt:
 *
 *     kit_integration_test(compact LINK s3 ENDPOINTS embedded minio versitygw)
 *
 * Helpers fail the running test themselves, so they return what a test wants. MinIO and versitygw
 * are the programs that MINIO_BIN and VERSITYGW_BIN name, or PATH has. Without one the executable
 * prints "skipped: ..." and ctest counts it as skipped; with REQUIRE_REAL_SERVERS=1 it fails.
 *
 * Ownership: the fixture owns servers and directories; the group's teardown ends and removes them.
 * A server dies with the test that started it, also when that is killed.
 * Threads: for the main thread of a test.
 */
#ifndef KIT_TESTS_FIXTURE_H
#define KIT_TESTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/server/server.h"
#include "lib/tool/process.h"
#include "tests/support/unit.h"

#define FIXTURE_PATH_MAX  4096
#define FIXTURE_SKIPPED   77 /* exit status; ctest's SKIP_RETURN_CODE */
#define FIXTURE_ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum test_endpoint_kind {
    TEST_ENDPOINT_EMBEDDED,
    TEST_ENDPOINT_MINIO,
    TEST_ENDPOINT_VERSITYGW,
};

struct test_endpoint {
    enum test_endpoint_kind kind;
    char url[64]; /* "http://127.0.0.1:34567" */
    char access_key_id[32];
    char secret_access_key[64];
};

struct fixture {
    struct test_endpoint endpoint;
    struct s3_server *server;    /* the embedded server; NULL for the others */
    char root[FIXTURE_PATH_MAX]; /* temporary; holds everything of this fixture */
    char home[FIXTURE_PATH_MAX]; /* HOME of the programs run; below root */
    pid_t server_pid;            /* of a real server; 0 for none */
    unsigned names;              /* buckets and directories named so far */
    char bucket[64];             /* the last one of fixture_bucket */
};

#define FIXTURE_MAIN(tests)                                                                        \
    (fixture_available()                                                                           \
         ? cmocka_run_group_tests((tests), fixture_group_setup, fixture_group_teardown)            \
         : fixture_skip())

/* Whether the endpoint of TEST_ENDPOINT can be had. */
bool fixture_available(void);
/* Says that it cannot, and returns the exit status: FIXTURE_SKIPPED, or 1 with
 * REQUIRE_REAL_SERVERS=1. */
int fixture_skip(void);
int fixture_group_setup(void **state);
int fixture_group_teardown(void **state);

/* For tests that want several endpoints or server options of their own (latency, hooks, a second
 * key). `options` only for the embedded server; its keys are added where it has none. */
struct fixture *fixture_new(enum test_endpoint_kind kind, const struct s3_server_options *options);
void fixture_free(struct fixture *f);

/* A fresh empty bucket; the name stays valid until the next call. */
const char *fixture_bucket(struct fixture *f);
/* A fresh empty directory below the root, into `out`. */
void fixture_directory(struct fixture *f, char out[FIXTURE_PATH_MAX]);

/* Runs a program of the kit to its end. argv[0] is its plain name, "s3-compact". The environment
 * is clean: no AWS_*, S3_BENCH_* or proxy variables but the fixture's endpoint, credentials and
 * us-east-1; HOME is the fixture's. `env` ("NAME=value" entries, NULL-terminated, or NULL) is put
 * on top; an entry without '=' takes that variable out. Ends it after two minutes. */
void fixture_run(const struct fixture *f, const char *const *argv, const char *const *env,
                 struct process_result *result);
/* The same with its standard output going to the file `path`, such as /dev/full. */
void fixture_run_into(const struct fixture *f, const char *path, const char *const *argv,
                      struct process_result *result);
/* The same with its stderr going where its stdout goes, as on a terminal. */
void fixture_run_joined(const struct fixture *f, const char *const *argv,
                        struct process_result *result);
/* The same with a limit on open descriptors that the program cannot raise. */
void fixture_run_limited(const struct fixture *f, unsigned open_files, const char *const *argv,
                         struct process_result *result);
/* The same without waiting, for programs that are to be interrupted. */
struct process *fixture_start(const struct fixture *f, const char *const *argv,
                              const char *const *env);

/* Reads a whole file; release the buf. */
void fixture_read_file(const char *path, struct buf *out);
void fixture_write_file(const char *path, const void *data, size_t size);

#endif
