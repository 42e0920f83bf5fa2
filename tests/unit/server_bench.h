/* SPDX-License-Identifier: MIT */
/*
 * server_bench - what the tests of the embedded server's protocol share: a server with one bucket,
 * a connection to it, and short ways to ask and to look at the answer.
 */
#ifndef KIT_TESTS_SERVER_BENCH_H
#define KIT_TESTS_SERVER_BENCH_H

#include "bench/server/server.h"
#include "lib/base/hash.h"
#include "tests/support/unit.h"
#include "tests/support/wire.h"

static const struct s3_server_key keys[] = {{"AKIAFIRST", "first secret", NULL},
                                            {"AKIASECOND", "second secret", NULL}};

/* A server, a bucket and a connection to it. */
struct bench {
    struct s3_server *server;
    struct wire wire;
    struct answer answer;
    char text[1024];
};

static inline int bench_setup_with(void **state, uint64_t memory_limit)
{
    struct bench *b = calloc(1, sizeof *b);
    struct error err;
    assert_non_null(b);
    const struct s3_server_options options = {
        .keys = keys, .key_count = 2, .memory_limit_bytes = memory_limit};
    assert_ok(s3_server_start(&options, &b->server, &err), &err);
    assert_ok(s3_server_make_bucket(b->server, "bucket", &err), &err);
    wire_open(&b->wire, s3_server_url(b->server), &keys[0]);
    *state = b;
    return 0;
}

static inline int bench_setup(void **state)
{
    return bench_setup_with(state, 0);
}

static inline int bench_teardown(void **state)
{
    struct bench *b = *state;
    answer_release(&b->answer);
    wire_close(&b->wire);
    s3_server_stop(b->server);
    free(b);
    return 0;
}

/* Asks, and checks status and S3 code ("" for none). */
static inline void ask(struct bench *b, const char *method, const char *target, const char *headers,
                       const char *body, int status, const char *code)
{
    wire_ask(&b->wire, method, target, headers, body, body != NULL ? strlen(body) : 0, &b->answer);
    if (b->answer.status != status || strcmp(b->answer.code, code) != 0)
        fail_msg("%s %s: %d %s instead of %d %s", method, target, b->answer.status, b->answer.code,
                 status, code);
}

static inline void put(struct bench *b, const char *key, const char *body)
{
    assert_ok(s3_server_put(b->server, "bucket", key, body, strlen(body), NULL, NULL), NULL);
}

static inline void assert_header(struct bench *b, const char *name, const char *value)
{
    assert_string_equal(answer_header(&b->answer, name, b->text, sizeof b->text), value);
}

static inline void assert_element(struct bench *b, const char *name, const char *value)
{
    assert_string_equal(answer_element(&b->answer, name, b->text, sizeof b->text), value);
}

static inline void assert_body(struct bench *b, const char *text)
{
    assert_string_equal(b->answer.body.data, text);
}

/* The body has these texts in this order. */
static inline void assert_in_order(struct bench *b, const char *const *texts)
{
    const char *at = b->answer.body.data;
    for (; *texts != NULL; texts++) {
        const char *found = strstr(at, *texts);
        if (found == NULL) {
            fail_msg("'%s' is missing or out of order in %s", *texts, b->answer.body.data);
            return;
        }
        at = found + strlen(*texts);
    }
}

#define SERVER_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

#endif
