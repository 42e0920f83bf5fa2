/* SPDX-License-Identifier: MIT */
/* Option tables: what is parsed, each error's exact words, the help, and the check of a table. */
#include <stdbool.h>
#include <string.h>

#include "lib/tool/cli.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct inner {
    const char *region;
    uint64_t attempts;
};
struct job {
    uint64_t days;
    uint64_t memory;
    int64_t budget_ms;
    int mode;
    bool quiet;
    bool verbose;
    const char *output;
    int level;
    struct inner inner;
};

static enum status parse_level(void *field, const char *value, struct error *err)
{
    if (strcmp(value, "high") != 0)
        return error_set(err, STATUS_INVALID, "\"%s\" is not high", value);
    *(int *)field = 3;
    return STATUS_OK;
}

static const char *const modes[] = {"sequential", "parallel", NULL};

static const struct cli_option inner_options[] = {
    CLI_GROUP("Where to connect"),
    CLI_STRING(0, "region", "NAME", offsetof(struct inner, region), "the region"),
    CLI_UINT(0, "max-attempts", "N", offsetof(struct inner, attempts), 1, UINT64_MAX,
             "attempts at a request before it counts as failed (default 5)"),
    CLI_END,
};

static const struct cli_option options[] = {
    CLI_GROUP("What to compact"),
    {.type = CLI_TYPE_UINT,
     .short_name = 'd',
     .name = "days",
     .alias = "number_of_days",
     .value_name = "N",
     .offset = offsetof(struct job, days),
     .max = 36500,
     .help = "the N days before today (default 30)"},
    CLI_SIZE('m', "memory", "SIZE", offsetof(struct job, memory), 1024, 1 << 20, "the budget"),
    CLI_DURATION(0, "budget", "TIME", offsetof(struct job, budget_ms), "when to stop"),
    CLI_CHOICE(0, "mode", "sequential|parallel", offsetof(struct job, mode), modes,
               "how many requests are in flight: one, or as many as the concurrency says, so that "
               "this needs more than one line (default parallel)"),
    CLI_FLAG('q', "quiet", offsetof(struct job, quiet), "print less"),
    CLI_FLAG('v', "verbose", offsetof(struct job, verbose), "print more"),
    CLI_STRING('o', "output", "FILE", offsetof(struct job, output), "where to write"),
    CLI_CALL(0, "level", "LEVEL", offsetof(struct job, level), parse_level, "how hard to try"),
    CLI_INCLUDE(inner_options, offsetof(struct job, inner)),
    CLI_END,
};

#define ARGS_MAX 32

struct line {
    char *argv[ARGS_MAX];
    int argc;
};

/* Cuts a command line at blanks; `text` is changed. */
static struct line cut(char *text)
{
    struct line line = {.argc = 0};
    while (*text && line.argc < ARGS_MAX) {
        line.argv[line.argc++] = text;
        text += strcspn(text, " ");
        if (*text)
            *text++ = '\0';
    }
    return line;
}

static void test_values_and_positionals(void **state)
{
    (void)state;
    char text[] = "SRC -d7 --memory=64k --budget 10m --mode sequential -qvo out.txt DST "
                  "--region eu-west-1 --level high - -- cmd --days x";
    struct line line = cut(text);
    struct job job = {.inner.attempts = 9};
    struct cli_result result;
    struct error err;
    assert_ok(cli_parse(options, &job, line.argc, line.argv, &result, &err), &err);
    assert_int_equal(job.days, 7);
    assert_int_equal(job.memory, 65536);
    assert_int_equal(job.budget_ms, 600000);
    assert_int_equal(job.mode, 0);
    assert_true(job.quiet && job.verbose);
    assert_string_equal(job.output, "out.txt");
    assert_string_equal(job.inner.region, "eu-west-1");
    assert_int_equal(job.inner.attempts, 9); /* the default stays */
    assert_int_equal(job.level, 3);
    assert_int_equal(result.positional_count, 3);
    assert_string_equal(line.argv[0], "SRC");
    assert_string_equal(line.argv[1], "DST");
    assert_string_equal(line.argv[2], "-");
    assert_int_equal(line.argc - result.rest, 3);
    assert_string_equal(line.argv[result.rest], "cmd");
}

static void test_last_one_wins_and_alias(void **state)
{
    (void)state;
    char text[] = "--days 1 --number_of_days=2 -d 3 --number_of_days 4";
    struct line line = cut(text);
    struct job job = {0};
    struct cli_result result;
    struct error err;
    assert_ok(cli_parse(options, &job, line.argc, line.argv, &result, &err), &err);
    assert_int_equal(job.days, 4);
    assert_int_equal(result.positional_count, 0);
    assert_int_equal(result.rest, line.argc);
}

static void test_errors_are_specific(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *error;
    } table[] = {
        {"--days x", "--days: \"x\" is not a whole number (expected 0 to 36500)"},
        {"--days=", "--days: \"\" is not a whole number (expected 0 to 36500)"},
        {"-d 36501", "-d: 36501 is out of range (expected 0 to 36500)"},
        {"--days", "--days: value missing (expected N)"},
        {"-qd", "-d: value missing (expected N)"},
        {"--quiet=yes", "--quiet: takes no value"},
        {"--memory 1", "--memory: \"1\" is out of range (expected 1024 to 1048576 bytes)"},
        {"--memory 2x", "--memory: \"2x\" is not a size (expected e.g. 512, 64k, 8MiB)"},
        {"--budget 5", "--budget: \"5\" is not a duration (expected e.g. 250ms, 30s, 10m, 2h, 1d)"},
        {"--mode fast", "--mode: \"fast\" is not one of sequential, parallel"},
        {"--level low", "--level: \"low\" is not high"},
        {"--max-attempts 0", "--max-attempts: 0 is out of range (expected 1 or more)"},
        {"--dyas 3", "--dyas: unknown option (did you mean --days?)"},
        {"--max-atempts=3", "--max-atempts: unknown option (did you mean --max-attempts?)"},
        {"--verb", "--verb: unknown option (did you mean --verbose?)"},
        {"--regoin x", "--regoin: unknown option (did you mean --region?)"},
        {"--frobnicate", "--frobnicate: unknown option (--help lists them)"},
        {"-x", "-x: unknown option (--help lists them)"},
        {"-qx", "-x: unknown option (--help lists them)"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[128];
        snprintf(text, sizeof text, "%s", table[i].line);
        struct line line = cut(text);
        struct job job = {0};
        struct cli_result result = {.positional_count = 42};
        struct error err;
        assert_status(STATUS_INVALID, cli_parse(options, &job, line.argc, line.argv, &result, &err),
                      &err);
        assert_string_equal(err.text, table[i].error);
        assert_int_equal(result.positional_count, 42);
    }
}

/* A name far too long to suggest anything for must not overrun anything either. */
static void test_very_long_option(void **state)
{
    (void)state;
    char text[4000] = "--";
    memset(text + 2, 'd', sizeof text - 3);
    text[sizeof text - 1] = '\0';
    struct line line = cut(text);
    struct job job = {0};
    struct cli_result result;
    struct error err;
    assert_status(STATUS_INVALID, cli_parse(options, &job, line.argc, line.argv, &result, &err),
                  &err);
    assert_non_null(strstr(err.text, "unknown option"));
}

static void test_help_and_version_win(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool help;
    } table[] = {
        {"--help", true},       {"-h", true},         {"--days 3 -qh", true},
        {"--help --bad", true}, {"--version", false},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", table[i].line);
        struct line line = cut(text);
        struct job job = {0};
        struct cli_result result;
        struct error err;
        assert_ok(cli_parse(options, &job, line.argc, line.argv, &result, &err), &err);
        assert_int_equal(result.given_help, table[i].help);
        assert_int_equal(result.given_version, !table[i].help);
    }
}

static void test_help_text(void **state)
{
    (void)state;
    static const struct cli_verb verb = {
        .name = "run",
        .synopsis = "SRC DST [options]",
        .summary = "Joins each date's objects.",
        .details = "Examples:\n  s3-compact run s3://a/ s3://b/\n\nExit status: 0 when done.\n",
        .options = options,
    };
    static const char want[] =
        "usage: s3-compact run SRC DST [options]\n"
        "\n"
        "Joins each date's objects.\n"
        "\n"
        "What to compact:\n"
        "  -d, --days N          the N days before today (default 30)\n"
        "  -m, --memory SIZE     the budget\n"
        "      --budget TIME     when to stop\n"
        "      --mode sequential|parallel\n"
        "                        how many requests are in flight: one, or as many as the\n"
        "                        concurrency says, so that this needs more than one line\n"
        "                        (default parallel)\n"
        "  -q, --quiet           print less\n"
        "  -v, --verbose         print more\n"
        "  -o, --output FILE     where to write\n"
        "      --level LEVEL     how hard to try\n"
        "\n"
        "Where to connect:\n"
        "      --region NAME     the region\n"
        "      --max-attempts N  attempts at a request before it counts as failed\n"
        "                        (default 5)\n"
        "\n"
        "Help:\n"
        "  -h, --help            print this text and exit\n"
        "      --version         print the version and exit\n"
        "\n"
        "Examples:\n"
        "  s3-compact run s3://a/ s3://b/\n"
        "\n"
        "Exit status: 0 when done.\n";
    struct buf out;
    buf_init(&out, 1 << 16);
    cli_help("s3-compact", &verb, &out);
    assert_string_equal(out.data, want);
    buf_release(&out);
}

static void test_help_of_verbs(void **state)
{
    (void)state;
    static const struct cli_verb verbs[] = {
        {.name = "run", .summary = "join partitions"},
        {.name = "one", .summary = "join one partition"},
        {.name = NULL},
    };
    struct buf out;
    buf_init(&out, 1 << 16);
    cli_help_verbs("s3-compact", "Joins small objects.", verbs, &out);
    assert_string_equal(out.data, "usage: s3-compact VERB [options]\n"
                                  "\n"
                                  "Joins small objects.\n"
                                  "\n"
                                  "Verbs:\n"
                                  "  run  join partitions\n"
                                  "  one  join one partition\n"
                                  "\n"
                                  "\"s3-compact VERB --help\" says more about one of them.\n");
    buf_release(&out);
}

/* A word longer than a line is not cut, and does not loop. */
static void test_help_with_long_words(void **state)
{
    (void)state;
    char word[201];
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const struct cli_option long_help[] = {CLI_FLAG(0, "flag", 0, word), CLI_END};
    const struct cli_verb verb = {.synopsis = "", .summary = word, .options = long_help};
    struct buf out;
    buf_init(&out, 1 << 16);
    cli_help("p", &verb, &out);
    assert_int_equal(out.failed, STATUS_OK);
    assert_non_null(strstr(out.data, word));
    buf_release(&out);
}

static void test_table_check(void **state)
{
    (void)state;
    struct error err;
    assert_ok(cli_table_check(options, &err), &err);

    static const char *const none[] = {NULL};
    const struct {
        struct cli_option option;
        const char *error;
    } table[] = {
        {CLI_FLAG(0, "days", 0, "again"), "--days: its name is taken twice"},
        {CLI_FLAG(0, "number_of_days", 0, "again"), "--number_of_days: its name is taken twice"},
        {CLI_FLAG(0, "region", 0, "also in what is included"), "--region: its name is taken twice"},
        {CLI_FLAG('d', "dry-run", 0, "short name"), "--dry-run: its short name is taken twice"},
        {CLI_FLAG(0, "help", 0, "cli has one"), "--help: its name is cli's own"},
        {CLI_FLAG(0, "new", 0, ""), "--new: has no help"},
        {CLI_FLAG(0, "new", 0, NULL), "--new: has no help"},
        {CLI_FLAG(0, "new", 0, "a sentence."), "--new: its help ends in a full stop"},
        {CLI_UINT(0, "new", "N", 0, 2, 1, "a number"), "--new: its minimum is above its maximum"},
        {CLI_STRING(0, "new", NULL, 0, "a text"), "--new: has no value name"},
        {CLI_CHOICE(0, "new", "X", 0, none, "a choice"), "--new: has no choices"},
        {CLI_CALL(0, "new", "X", 0, NULL, "a call"), "--new: has no function"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct cli_option bad[] = {table[i].option, CLI_INCLUDE(options, 0), CLI_END};
        assert_status(STATUS_INVALID, cli_table_check(bad, &err), &err);

        assert_string_equal(err.text, table[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_positionals),
        cmocka_unit_test(test_last_one_wins_and_alias),
        cmocka_unit_test(test_errors_are_specific),
        cmocka_unit_test(test_very_long_option),
        cmocka_unit_test(test_help_and_version_win),
        cmocka_unit_test(test_help_text),
        cmocka_unit_test(test_help_of_verbs),
        cmocka_unit_test(test_help_with_long_words),
        cmocka_unit_test(test_table_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
