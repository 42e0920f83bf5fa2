/* SPDX-License-Identifier: MIT */
/* generate_options - the table, contradictions, and the date range against a given day. */
#include <string.h>

#include "generator/options.h"
#include "generator/report.h"
#include "lib/tool/prices.h"
#include "tests/support/unit.h"

#define ARGS_MAX 24

/* Wednesday 2024-03-06, half past eleven at night, UTC. */
static const struct wall late = {INT64_C(1709767800) * NS_PER_S};

static enum status parse(struct generate_options *o, const char *line, struct error *err)
{
    static char words[512];
    char *argv[ARGS_MAX];
    int argc = 0;
    struct cli_result parsed;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = words; *word;) {
        char *end = word + strcspn(word, " ");
        bool more = *end != '\0';
        *end = '\0';
        argv[argc++] = word;
        word = more ? end + 1 : end;
    }
    *o = options_default();
    enum status status = cli_parse(generate_verb.options, o, argc, argv, &parsed, err);
    return status == STATUS_OK ? options_check(o, err) : status;
}

static void test_table(void **state)
{
    (void)state;
    struct error err;
    assert_ok(cli_table_check(generate_verb.options, &err), &err);
}

static void test_names_of_the_sample(void **state)
{
    (void)state;
    struct generate_options o;
    struct error err;
    assert_ok(parse(&o, "--rows_per_file 10 -f 20 --bucket_name some-bucket", &err), &err);
    assert_int_equal(o.rows, 10);
    assert_int_equal(o.files, 20);
    assert_string_equal(o.bucket, "some-bucket");
    assert_int_equal(o.concurrency, 32);
    assert_false(o.seed.given);
}

struct refusal {
    const char *line;
    const char *says;
};

static void test_refusals(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"-f 1 -b bucket", "-r ROWS"},
        {"-r 1 -b bucket", "-f FILES"},
        {"-r 1 -f 1", "-b BUCKET"},
        {"--rows 0 -f 1 -b bucket", "--rows"},
        {"-r 1 -f 1 -b UPPER", "UPPER"},
        {"-r 1 -f 1 -b bucket --days 2 --from 2024-01-01 --to 2024-01-02", "either --days"},
        {"-r 1 -f 1 -b bucket --from 2024-01-01", "go together"},
        {"-r 1 -f 1 -b bucket --to 2024-01-01", "go together"},
        {"-r 1 -f 1 -b bucket --reference --days 3", "--reference"},
        {"-r 1 -f 1 -b bucket --reference --date-format %Y", "--reference"},
        {"-r 1 -f 1 -b bucket --seed -1", "--seed"},
        {"-r 1 -f 1 -b bucket --seed 9007199254740992", "--seed"},
        {"-r 1 -f 1 -b bucket --manifest s3://bucket", "name of an object"},
        {"-r 1 -f 1 -b bucket --manifest s3://bucket/dir/", "name of an object"},
        {"-r 1 -f 1 -b bucket --manifest s3://UPPER/x", "--manifest"},
        {"-r 1 -f 1 -b bucket --dry-run --manifest s3://bucket/x", "--dry-run"},
        {"-r 1 -f 1 --to-dir out --manifest s3://bucket/x", "--to-dir"},
        {"-r 1 -f 1 --to-dir out --create-bucket", "--create-bucket"},
        {"-r 1 -f 1 --to-dir out --prefix ../", "../"},
        {"-r 1 -f 1 -b bucket --concurrency 0", "--concurrency"},
        {"-r 1 -f 1 -b bucket --row 3", "--row"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct generate_options o;
        struct error err;
        assert_status(STATUS_INVALID, parse(&o, cases[i].line, &err), &err);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, err.text, cases[i].says);
    }
}

static void assert_range(const char *line, const char *expected)
{
    struct generate_options o;
    struct dataset d;
    struct error err;
    struct buf text;
    assert_ok(parse(&o, line, &err), &err);
    assert_ok(options_dataset(&o, late, &d, &err), &err);
    buf_init(&text, 256);
    report_same_again(&d, &text);
    assert_string_equal(text.data, expected);
    buf_release(&text);
}

static void test_ranges(void **state)
{
    (void)state;
    assert_range("-r 1 -f 1 -b bucket --seed 9", "--seed 9 --from 2024-02-05 --to 2024-03-05");
    assert_range("-r 1 -f 1 -b bucket --days 1", "--seed 0 --from 2024-03-05 --to 2024-03-05");
    assert_range("-r 1 -f 1 -b bucket --from 2023-12-31 --to 2024-01-01",
                 "--seed 0 --from 2023-12-31 --to 2024-01-01");
    assert_range("-r 1 -f 1 -b bucket --reference --seed 3", "--seed 3 --reference");
}

static void test_bad_dates(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"-r 1 -f 1 -b bucket --from 2024-02-30 --to 2024-03-01", "--from"},
        {"-r 1 -f 1 -b bucket --from 2024-02-01 --to tomorrow", "--to"},
        {"-r 1 -f 1 -b bucket --from 2024-03-02 --to 2024-03-01", "ends before"},
        {"-r 1 -f 1 -b bucket --date-format %Q", "%Q"},
        {"-r 1000000000 -f 1 -b bucket", "rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct generate_options o;
        struct dataset d;
        struct error err;
        assert_ok(parse(&o, cases[i].line, &err), &err);
        assert_status(STATUS_INVALID, options_dataset(&o, late, &d, &err), &err);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, err.text, cases[i].says);
    }
}

static void test_estimate(void **state)
{
    (void)state;
    struct generate_options o;
    struct dataset d;
    struct error err;
    const char *line = "-r 64 -f 200000 -b bucket --create-bucket --manifest s3://bucket/m -j 70";
    assert_ok(parse(&o, line, &err), &err);
    assert_ok(options_dataset(&o, late, &d, &err), &err);
    struct estimate e = estimate_upload(&o, &d);
    assert_int_equal(e.requests, 200002);
    assert_true(e.cost_usd > PRICES_CONSENT_ABOVE && e.cost_usd < 1.0001);
    assert_true(e.seconds > 200 && e.seconds < 210);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),     cmocka_unit_test(test_names_of_the_sample),
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_bad_dates), cmocka_unit_test(test_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
