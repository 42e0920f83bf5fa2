/* SPDX-License-Identifier: MIT */
/* -j auto on a server that refuses what is too much: the work is done, and the limit was found. */
#include <jansson.h>
#include <stdio.h>

#include "bench/server/latency.h"
#include "tests/support/fixture.h"

#define OBJECTS   3000
#define GET_PER_S 600 /* and as many at once, at the start: far fewer than there are objects */

static void put_sources(struct s3_server *server)
{
    struct error err;
    assert_ok(s3_server_make_bucket(server, "paced", &err), &err);
    for (int i = 0; i < OBJECTS; i++) {
        char key[64];
        snprintf(key, sizeof key, "in/2024/01/%02d/%04d.json", 1 + i % 3, i);
        assert_ok(s3_server_put(server, "paced", key, "{}\n", 3, NULL, &err), &err);
    }
}

static json_t *compact(const struct fixture *f)
{
    struct process_result ran;
    fixture_run(f,
                FIXTURE_ARGS("s3-compact", "--json", "-j", "auto", "--from", "2024-01-01", "--to",
                             "2024-01-03", "s3://paced/in/", "s3://paced/out/"),
                NULL, &ran);
    if (ran.exit_code != 0)
        print_error("exit %d: %s\n", ran.exit_code, ran.err.data);
    assert_int_equal(ran.exit_code, 0);
    json_t *document = json_loads(ran.out.data, 0, NULL);
    assert_non_null(document);
    process_result_release(&ran);
    return document;
}

static void finds_a_limit(void **state)
{
    (void)state;
    struct latency_profile limited = {.name = "limited", .limits = {.get_per_s = GET_PER_S}};
    struct fixture *f =
        fixture_new(TEST_ENDPOINT_EMBEDDED, &(struct s3_server_options){.latency = &limited});
    put_sources(f->server);
    json_t *document = compact(f);
    const json_t *pace = json_object_get(document, "pace");
    const json_t *retries = json_object_get(document, "retries");
    assert_true(json_is_true(json_object_get(pace, "adaptive")));
    /* A machine too slow to be refused has nothing to find. */
    const bool refused = json_integer_value(json_object_get(retries, "SlowDown")) > 0;
    assert_int_equal(json_is_real(json_object_get(pace, "rate_per_s")), refused);
    const json_t *totals = json_object_get(document, "totals");
    assert_int_equal(json_integer_value(json_object_get(totals, "objects")), OBJECTS);
    assert_int_equal(json_integer_value(json_object_get(totals, "failed")), 0);
    json_decref(document);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_a_limit)};
    return FIXTURE_MAIN(tests);
}
