/* SPDX-License-Identifier: MIT */
/*
 * What s3-compact tries again, why it says it did, and what it never tries again: the rules of its
 * client as a table, over a server that misbehaves as its fault rules say.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bench/server/fault_rules.h"
#include "tests/support/fixture.h"

#define BUCKET "retried"

/* A rule's `when` besides the operation, its `then`, and what becomes of the run. */
static const struct {
    const char *operation;
    const char *when; /* "" or ",\"times\":2" */
    const char *then;
    int exit_code;
    const char *reason; /* NULL: nothing is tried again */
    int count;
} rules[] = {
    {"GetObject", ",\"times\":2", "\"status\":503", 0, "SlowDown", 2},
    {"GetObject", ",\"times\":1", "\"status\":429,\"code\":\"TooManyRequests\"", 0, "SlowDown", 1},
    {"GetObject", ",\"times\":3", "\"status\":500", 0, "InternalError", 3},
    {"GetObject", ",\"times\":1", "\"status\":500,\"body\":\"no XML\"", 0, "ServiceUnavailable", 1},
    {"GetObject", ",\"times\":1", "\"status\":502,\"body\":\"\"", 0, "ServiceUnavailable", 1},
    {"GetObject", ",\"times\":1", "\"status\":504,\"body\":\"\"", 0, "ServiceUnavailable", 1},
    {"GetObject", ",\"times\":1", "\"status\":400,\"code\":\"RequestTimeout\"", 0, "RequestTimeout",
     1},
    {"GetObject", ",\"times\":1", "\"truncate_at\":3", 0, "TruncatedBody", 1},
    {"GetObject", ",\"attempt\":1", "\"reset\":\"before_applying\"", 0, "Reset", 2},
    {"ListObjectsV2", ",\"times\":1", "\"status\":503", 0, "SlowDown", 1},
    {"PutObject", ",\"times\":1", "\"status\":500", 0, "InternalError", 1},
    {"PutObject", ",\"times\":1", "\"status\":503", 0, "SlowDown", 1},
    /* A HEAD has no body that would say SlowDown. */
    {"HeadObject", ",\"times\":1", "\"status\":503", 0, "ServiceUnavailable", 1},
    /* All attempts fail; --max-attempts is 3. */
    {"ListObjectsV2", "", "\"status\":500", 1, "InternalError", 2},
    /* What is final. */
    {"GetObject", "", "\"status\":403", 1, NULL, 0},
    {"GetObject", "", "\"status\":404,\"code\":\"NoSuchKey\"", 1, NULL, 0},
    {"GetObject", "", "\"status\":412,\"code\":\"PreconditionFailed\"", 1, NULL, 0},
    {"PutObject", "", "\"status\":400,\"code\":\"InvalidArgument\"", 1, NULL, 0},
    {"PutObject", "", "\"status\":501,\"code\":\"NotImplemented\"", 1, NULL, 0},
};

/* The one reason that is counted, and how often; "" and 0 for none. */
static void expect_retries(const struct process_result *ran, const char *rule, const char *reason,
                           int count)
{
    json_error_t error;
    json_t *document = json_loads(ran->out.data, 0, &error);
    const json_t *retries = json_object_get(document, "retries");
    const int found = (int)json_integer_value(json_object_get(retries, reason));
    const size_t reasons = json_object_size(retries);
    json_decref(document);
    if (retries == NULL || found != count || reasons != (count > 0 ? 1u : 0u))
        fail_msg("%s: \"%s\" %d times among %d reasons, instead of %d times alone: %s", rule,
                 reason, found, (int)reasons, count, ran->out.data);
}

static void run_rule(size_t i)
{
    char text[512];
    struct fault_rules *faults;
    struct process_result ran;
    struct error err;
    const int len = snprintf(text, sizeof text,
                             "{\"faults\":[{\"when\":{\"operation\":\"%s\"%s},\"then\":{%s}}]}",
                             rules[i].operation, rules[i].when, rules[i].then);
    assert_ok(fault_rules_parse(text, (size_t)len, &faults, &err), &err);
    struct fixture *f =
        fixture_new(TEST_ENDPOINT_EMBEDDED, &(struct s3_server_options){.faults = faults});
    assert_ok(s3_server_make_bucket(f->server, BUCKET, NULL), NULL);
    assert_ok(s3_server_put(f->server, BUCKET, "in/2024/01/14/a.json", "one\n", 4, NULL, NULL),
              NULL);
    assert_ok(s3_server_put(f->server, BUCKET, "in/2024/01/14/b.json", "two\n", 4, NULL, NULL),
              NULL);
    fixture_run(f,
                FIXTURE_ARGS("s3-compact", "--json", "--mode", "sequential", "--max-attempts",
                             rules[i].exit_code == 0 ? "5" : "3", "--from", "2024-01-14", "--to",
                             "2024-01-14", "s3://" BUCKET "/in/", "s3://" BUCKET "/out/"),
                NULL, &ran);
    if (ran.exit_code != rules[i].exit_code)
        fail_msg("%s: exit %d instead of %d: %s", text, ran.exit_code, rules[i].exit_code,
                 ran.err.data);
    expect_retries(&ran, text, rules[i].reason != NULL ? rules[i].reason : "", rules[i].count);
    process_result_release(&ran);
    fixture_free(f);
    fault_rules_free(faults);
}

static void reasons_are_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        run_rule(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_counted),
    };
    return FIXTURE_MAIN(tests);
}
