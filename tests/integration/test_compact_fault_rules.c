/* SPDX-License-Identifier: MIT */
/*
 * s3-compact against faults as data: whatever goes wrong, the output is right and whole, or it is
 * not there and the exit status says so; and no upload stays open.
 */
#include <stdio.h>
#include <string.h>

#include "bench/server/fault_rules.h"
#include "tests/support/fixture.h"

#define BUCKET     "faulty"
#define OUTPUT     "out/2024/01/14/out-2024-01-14.bin"
#define SMALL_EACH 1000
#define LARGE_EACH (6u << 20) /* more than a part */

static const struct {
    const char *rule;
    bool large;
    int exit_code;
} cases[] = {
    {"{\"when\":{\"operation\":\"GetObject\",\"times\":2},\"then\":{\"status\":503}}", false, 0},
    {"{\"when\":{\"operation\":\"GetObject\",\"attempt\":1},\"then\":{\"truncate_at\":10}}", false,
     0},
    {"{\"when\":{\"operation\":\"GetObject\",\"attempt\":1},\"then\":{\"reset\":\"before_"
     "applying\"}}",
     false, 0},
    {"{\"when\":{\"operation\":\"GetObject\",\"nth\":1},\"then\":{\"close\":\"after_applying\"}}",
     false, 0},
    {"{\"when\":{\"operation\":\"GetObject\"},\"then\":{\"bytes_per_s\":20000}}", false, 0},
    {"{\"when\":{\"operation\":\"GetObject\"},\"then\":{\"source\":\"replaced\"}}", false, 1},
    {"{\"when\":{\"operation\":\"GetObject\"},\"then\":{\"source\":\"removed\"}}", false, 1},
    {"{\"when\":{\"operation\":\"GetObject\"},\"then\":{\"shorten_to\":10}}", false, 1},
    {"{\"then\":{\"close_idle\":true}}", false, 0},
    {"{\"then\":{\"clock_skew_s\":3600}}", false, 0},
    {"{\"when\":{\"operation\":\"ListObjects*\"},\"then\":{\"page_keys\":1}}", false, 0},
    {"{\"when\":{\"operation\":\"ListObjects*\"},\"then\":{\"listing\":\"unordered\"}}", false, 1},
    {"{\"when\":{\"operation\":\"ListObjects*\"},\"then\":{\"listing\":\"repeated\"}}", false, 1},
    {"{\"when\":{\"operation\":\"ListObjects*\"},\"then\":{\"page_keys\":1,"
     "\"listing\":\"stale_token\"}}",
     false, 1},
    {"{\"when\":{\"operation\":\"PutObject\",\"times\":1},\"then\":{\"reset\":\"before_reading\"}}",
     false, 0},
    {"{\"when\":{\"operation\":\"PutObject\",\"times\":1},\"then\":{\"reset\":\"after_applying\"}}",
     false, 0},
    {"{\"when\":{\"operation\":\"PutObject\",\"times\":1},\"then\":{\"status\":500,\"applied\":"
     "true}}",
     false, 0},
    {"{\"when\":{\"operation\":\"PutObject\"},\"then\":{\"status\":403}}", false, 1},
    {"{\"when\":{\"operation\":\"UploadPart\",\"attempt\":1},\"then\":{\"status\":503}}", true, 0},
    {"{\"when\":{\"operation\":\"UploadPart\",\"attempt\":1},"
     "\"then\":{\"reset\":\"after_applying\"}}",
     true, 0},
    {"{\"when\":{\"operation\":\"CompleteMultipartUpload\",\"times\":1},"
     "\"then\":{\"status\":200,\"leading_space\":100}}",
     true, 0},
    {"{\"when\":{\"operation\":\"CompleteMultipartUpload\",\"times\":1},"
     "\"then\":{\"status\":500,\"applied\":true}}",
     true, 0},
    {"{\"when\":{\"operation\":\"CompleteMultipartUpload\"},"
     "\"then\":{\"status\":200,\"code\":\"InvalidPart\",\"leading_space\":3}}",
     true, 1},
};

static void put_sources(struct fixture *f, size_t each, struct buf *expected)
{
    static const char names[] = "abc";
    for (const char *name = names; *name != '\0'; name++) {
        char key[64];
        const size_t at = expected->len;
        void *room = buf_reserve(expected, each);
        assert_non_null(room);
        memset(room, *name, each);
        buf_commit(expected, each);
        snprintf(key, sizeof key, "in/2024/01/14/%c.bin", *name);
        assert_ok(s3_server_put(f->server, BUCKET, key, expected->data + at, each, NULL, NULL),
                  NULL);
    }
}

static void expect_right_or_nothing(struct fixture *f, const struct process_result *ran,
                                    const struct buf *expected, const char *rule, int exit_code)
{
    struct buf found;
    struct s3_server_stats stats;
    buf_init(&found, 64u << 20);
    const bool there = s3_server_get(f->server, BUCKET, OUTPUT, &found, NULL) == STATUS_OK;
    s3_server_stats(f->server, &stats);
    if (ran->exit_code != exit_code)
        fail_msg("%s: exit %d instead of %d: %s", rule, ran->exit_code, exit_code, ran->err.data);
    if (stats.open_uploads != 0)
        fail_msg("%s: %d uploads left open", rule, (int)stats.open_uploads);
    if (there != (exit_code == 0))
        fail_msg("%s: exit %d, and the output is %s", rule, exit_code, there ? "there" : "missing");
    if (there &&
        (found.len != expected->len || memcmp(found.data, expected->data, expected->len) != 0))
        fail_msg("%s: the output is not what the sources hold", rule);
    buf_release(&found);
}

static void the_output_is_right_or_not_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct fault_rules *rules;
        struct process_result ran;
        struct buf expected;
        struct error err;
        const int len = snprintf(text, sizeof text, "{\"faults\":[%s]}", cases[i].rule);
        assert_ok(fault_rules_parse(text, (size_t)len, &rules, &err), &err);
        struct fixture *f =
            fixture_new(TEST_ENDPOINT_EMBEDDED, &(struct s3_server_options){.faults = rules});
        assert_ok(s3_server_make_bucket(f->server, BUCKET, NULL), NULL);
        buf_init(&expected, 64u << 20);
        put_sources(f, cases[i].large ? LARGE_EACH : SMALL_EACH, &expected);
        fixture_run(f,
                    FIXTURE_ARGS("s3-compact", "--from", "2024-01-14", "--to", "2024-01-14",
                                 "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                    NULL, &ran);
        expect_right_or_nothing(f, &ran, &expected, cases[i].rule, cases[i].exit_code);
        process_result_release(&ran);
        buf_release(&expected);
        fixture_free(f);
        fault_rules_free(rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_output_is_right_or_not_there),
    };
    return FIXTURE_MAIN(tests);
}
