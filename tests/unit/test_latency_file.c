/* SPDX-License-Identifier: MIT */
/* Latency files: what is read and refused, and that the model that is read is the one drawn from. */
#include <math.h>
#include <stdlib.h>

#include "bench/server/latency_file.h"
#include "lib/base/stats.h"
#include "tests/support/unit.h"

#define DRAWS 100000

static void parse(const char *text, struct latency_profile *out)
{
    struct error err;
    assert_ok(latency_file_parse(text, strlen(text), out, &err), &err);
}

static void every_field_is_read(void **state)
{
    (void)state;
    struct latency_profile p;
    parse("{\"base\": \"s3-fast\", \"operations\": {"
          " \"GET\": {\"mixture\": [{\"weight\": 0.5, \"median_ms\": 10, \"sigma\": 0.1},"
          "                         {\"weight\": 0.25, \"median_ms\": 20},"
          "                         {\"weight\": 0.25, \"median_ms\": 40, \"sigma\": 0.2}],"
          "           \"bytes_per_s\": 1e6, \"ms_per_mib\": 1048.576},"
          " \"DELETE\": {\"mixture\": [{\"median_ms\": 3}]}},"
          "\"stalls\": {\"probability\": 0.01, \"ms\": 500}, \"connect_ms\": 30,"
          "\"rate_limit\": {\"get_per_s\": 50, \"put_per_s\": 30, \"prefix_depth\": 1}}",
          &p);
    const struct latency_profile *base = latency_profile_find("s3-fast");
    assert_true(p.model[LATENCY_GET].component[2].median_ms == 40);
    assert_true(p.model[LATENCY_GET].component[1].sigma == 0);
    assert_true(p.model[LATENCY_GET].component[3].weight == 0);
    assert_true(fabs(p.model[LATENCY_GET].ns_per_byte - 2000) < 1e-6); /* 1,000 of either */
    assert_true(p.model[LATENCY_DELETE].present);
    assert_true(p.model[LATENCY_DELETE].component[0].weight == 1);
    assert_memory_equal(&p.model[LATENCY_PUT], &base->model[LATENCY_PUT], sizeof p.model[0]);
    assert_true(p.stall_probability == 0.01 && p.stall_ms == 500 && p.connect_ms == 30);
    assert_int_equal(p.limits.get_per_s, 50);
    assert_int_equal(p.limits.put_per_s, 30);
    assert_int_equal(p.limits.prefix_depth, 1);
    parse("{\"stalls\": {}}", &p); /* as --stalls */
    assert_true(p.stall_probability == LATENCY_STALL_PROBABILITY);
    assert_true(p.stall_ms == LATENCY_STALL_MS);
}

static double draw_ms(const struct latency_profile *p, enum latency_operation op, unsigned n)
{
    char key[16];
    const int len = snprintf(key, sizeof key, "key-%u", n);
    return (double)latency_draw_ns(p, 1, op, key, (size_t)len, 1, 0) / 1e6;
}

static void draws_come_from_the_mixture(void **state)
{
    (void)state;
    struct latency_profile p;
    size_t of[3] = {0, 0, 0};
    parse("{\"operations\": {\"GET\": {\"mixture\": [{\"weight\": 0.5, \"median_ms\": 10},"
          "{\"weight\": 0.3, \"median_ms\": 20}, {\"weight\": 0.2, \"median_ms\": 40}]},"
          "\"HEAD\": {\"mixture\": [{\"median_ms\": 1}]}}}",
          &p);
    for (unsigned n = 0; n < DRAWS; n++) {
        const double ms = draw_ms(&p, LATENCY_GET, n);
        of[ms < 11 ? 0 : ms < 21 ? 1 : 2]++;
    }
    assert_in_range(of[0], 49000, 51000);
    assert_in_range(of[1], 29000, 31000);
    assert_in_range(of[2], 19000, 21000);
    assert_true(fabs(draw_ms(&p, LATENCY_HEAD, 1) - 1) < 1e-6);
    assert_true(draw_ms(&p, LATENCY_PUT, 1) == 0); /* none given, none taken */
    assert_true(draw_ms(&p, LATENCY_DELETE, 1) == 0);
}

static void stalls_come_on_top(void **state)
{
    (void)state;
    struct latency_profile p, with;
    size_t stalled = 0;
    parse("{\"base\": \"minio-lan\"}", &p);
    parse("{\"base\": \"minio-lan\", \"stalls\": {\"probability\": 0.01}}", &with);
    for (unsigned n = 0; n < DRAWS; n++) {
        const double more = draw_ms(&with, LATENCY_GET, n) - draw_ms(&p, LATENCY_GET, n);
        assert_true(more == 0 || fabs(more - 1000) < 1e-3);
        stalled += more != 0;
    }
    assert_in_range(stalled, 900, 1100);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
#define GET(text) "{\"operations\":{\"GET\":{" text "}}}"
    static const struct {
        const char *text, *says[3];
    } cases[] = {
        {"nonsense", {"not JSON", "line 1"}},
        {"{\"base\":\"s3-imaginary\"}", {"\"base\"", "s3-imaginary", "s3-standard"}},
        {"{\"operation\":{}}", {"the document", "unknown field \"operation\"", "operations"}},
        {"{\"operations\":{\"POST\":{}}}", {"operations", "\"POST\"", "GET, PUT, LIST, HEAD"}},
        {GET("\"mixture\":[]"), {"GET", "\"mixture\"", "1 to 4"}},
        {GET("\"mixture\":{}"), {"GET", "\"mixture\"", "array"}},
        {GET("\"mixture\":[{\"weight\":1}]"), {"GET: part 1", "\"median_ms\" is missing"}},
        {GET("\"mixture\":[{\"median_ms\":-1}]"), {"GET: part 1", "\"median_ms\"", "0 to 60000"}},
        {GET("\"mixture\":[{\"median_ms\":1,\"sigma\":9}]"),
         {"GET: part 1", "\"sigma\"", "0 to 3"}},
        {GET("\"mixture\":[{\"median_ms\":1,\"weight\":0.5}]"), {"GET", "add up to 0.5"}},
        {GET("\"bytes_per_s\":0"), {"GET", "\"bytes_per_s\""}},
        {"{\"stalls\":{\"probability\":2}}", {"stalls", "\"probability\"", "0 to 1"}},
        {"{\"rate_limit\":{\"get_per_s\":0}}", {"rate_limit", "\"get_per_s\"", "1 to"}},
        {"{\"connect_ms\":\"30\"}", {"\"connect_ms\"", "number"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct latency_profile p = {.name = "untouched"};
        struct error err = {.text = ""};
        assert_int_equal(latency_file_parse(cases[i].text, strlen(cases[i].text), &p, &err),
                         STATUS_INVALID);
        assert_string_equal(p.name, "untouched");
        for (size_t j = 0; j < 3 && cases[i].says[j] != NULL; j++)
            if (strstr(err.text, cases[i].says[j]) == NULL)
                fail_msg("%s\n  says: %s\n  not: %s", cases[i].text, err.text, cases[i].says[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(draws_come_from_the_mixture),
        cmocka_unit_test(stalls_come_on_top),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
