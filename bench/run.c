/* SPDX-License-Identifier: MIT */
/* run - s3-bench run, from its options to its report. */
#include "bench/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/campaign.h"
#include "bench/environment.h"
#include "bench/estimate.h"
#include "bench/report.h"
#include "bench/schedule.h"
#include "generator/dataset.h"
#include "lib/base/date.h"
#include "lib/base/units.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/json.h"
#include "lib/tool/print.h"
#include "lib/tool/process.h"
#include "lib/tool/signals.h"

#define PROGRAM   "s3-bench"
#define FIRST_DAY "2024-01-01" /* of every dataset: fixed, so that runs compare */

static const char *const profile_default = "s3-standard";

#define AT(field) offsetof(struct run_options, field)

static const struct cli_option run_table[] = {
    CLI_GROUP("The dataset"),
    CLI_UINT(0, "objects", "N", AT(objects), 1, 100000000, "objects in all (default 1000)"),
    CLI_UINT(0, "rows", "N", AT(rows), 1, 10000000,
             "rows an object; 64 make about 10 KB (default 64)"),
    CLI_UINT(0, "days", "N", AT(days), 1, 3660, "dates they are spread over (default 30)"),
    CLI_UINT(0, "seed", "N", AT(seed), 0, DATASET_SEED_MAX,
             "of the dataset, the order of cells and simulated latencies (default 1)"),
    CLI_GROUP("What is compared"),
    CLI_STRING(0, "concurrency", "LIST", AT(concurrency),
               "requests or partitions at once (default 1,4,16,64)"),
    CLI_STRING(0, "fan-out", "LIST", AT(fan_out), "objects, partitions or both (default both)"),
    CLI_UINT(0, "rounds", "N", AT(rounds), 1, RESULT_ROUNDS_MAX,
             "measured rounds, after one to warm up; fewer than 10 are indicative (default 5)"),
    CLI_DURATION(0, "budget", "TIME", AT(budget_ms),
                 "begin no further round after this long (default 10m)"),
    CLI_STRING(0, "latency", "PROFILE", AT(profile),
               "of the embedded server: none, s3-standard, s3-fast, s3-express or minio-lan "
               "(default s3-standard)"),
    CLI_GROUP("Results"),
    CLI_STRING(0, "out", "DIR", AT(out), "where they go (default results/<time>)"),
    CLI_FLAG(0, "yes", AT(yes), "go on when the estimated cost on AWS is above $1"),
    CLI_INCLUDE(connect_option_table, AT(connect)),
    CLI_GROUP("What to print"),
    CLI_FLAG(0, "json", AT(output.json),
             "print the document of result.json on stdout, or one with the error"),
    CLI_FLAG('q', "quiet", AT(output.quiet), "print errors and warnings only"),
    CLI_FLAG('v', "verbose", AT(output.verbose),
             "print what is requested and answered, without secrets"),
    CLI_END,
};

const struct cli_verb run_verb = {
    .name = "run",
    .synopsis = "[s3://BUCKET/PREFIX/] [options]",
    .summary = "time sequential against parallel compaction",
    .details = "Without a URI it runs on the embedded server, whatever AWS_* variables say;\n"
               "with one, on that bucket, under a prefix of its own, and deletes what it wrote.\n"
               "Every cell of every round runs s3-compact as a program; each output is read\n"
               "back and compared with the generator's manifest.\n"
               "\n"
               "Examples:\n"
               "  s3-bench run\n"
               "  s3-bench run --endpoint-url http://127.0.0.1:9000 s3://test/\n"
               "  s3-bench run --profile dev --objects 500 --rounds 10 s3://my-bucket/bench/\n"
               "\n"
               "Exit status: 0 done, 1 failed, 2 wrong usage, 130 or 143 interrupted; the\n"
               "rounds that were complete by then are reported.\n",
    .options = run_table,
};

/* ---- settings ---- */

static enum status set_range(struct result_settings *s, struct error *err)
{
    struct civil_hour first;
    struct buf text;
    enum status status = date_parse(FIRST_DAY, &first, err);
    if (status != STATUS_OK)
        return status;
    buf_init(&text, 64);
    date_append_iso(&text, civil_add_days(first, (int64_t)s->days - 1), false);
    snprintf(s->from, sizeof s->from, "%s", FIRST_DAY);
    snprintf(s->to, sizeof s->to, "%.10s", text.data);
    buf_release(&text);
    return STATUS_OK;
}

static void set_times(struct result_settings *s)
{
    struct buf iso;
    const int64_t now_s = wall_unix_s(clock_wall(clock_system()));
    buf_init(&iso, 64);
    date_format_amz(s->run, now_s);
    date_append_iso8601(&iso, now_s);
    snprintf(s->started, sizeof s->started, "%.31s", iso.data);
    buf_release(&iso);
}

static enum status set_up(struct campaign *c, int argc, char **argv, struct error *err)
{
    const struct run_options *o = c->options;
    struct result_settings *s = &c->result->settings;
    struct buf command;
    if (latency_profile_find(o->profile) == NULL)
        return error_set(err, STATUS_INVALID, "--latency: there is no profile \"%s\"", o->profile);
    enum status status = cell_plan_init(&c->result->plan, o->concurrency, o->fan_out, err);
    if (status != STATUS_OK)
        return status;
    buf_init(&command, sizeof s->command - 1);
    for (int i = 0; i < argc; i++)
        buf_printf(&command, "%s%s", i > 0 ? " " : "", argv[i]);
    snprintf(s->command, sizeof s->command, "run %.1000s", command.data);
    buf_release(&command);
    set_times(s);
    s->seed = o->seed;
    s->rounds = o->rounds;
    s->budget_ms = o->budget_ms;
    s->objects = o->objects;
    s->rows = o->rows;
    s->days = o->days;
    environment_read_machine(&c->result->environment);
    status = set_range(s, err);
    if (status == STATUS_OK)
        status = process_own_directory(c->programs, sizeof c->programs, err);
    return status;
}

/* The children run in this directory too, so a relative path stays as the user gave it. */
static enum status make_directory(struct campaign *c, struct error *err)
{
    const char *out = c->options->out;
    const int n =
        snprintf(c->directory, sizeof c->directory, "%s%s", out != NULL ? out : "results/",
                 out != NULL ? "" : c->result->settings.run);
    if (n < 0 || (size_t)n >= sizeof c->directory)
        return error_set(err, STATUS_INVALID, "--out: the path is too long");
    return file_make_directory(c->directory, err);
}

/* ---- cost ---- */

static enum status check_cost(const struct campaign *c, struct error *err)
{
    if (!s3_client_endpoint(c->connection.client)->costs_money)
        return STATUS_OK;
    const struct prices *prices = prices_builtin();
    const struct result_settings *s = &c->result->settings;
    const struct campaign_estimate e = campaign_estimate(s, c->result->plan.count, prices);
    struct buf text;
    buf_init(&text, ERROR_TEXT_MAX);
    campaign_estimate_append(&e, prices, s->budget_ms, &text);
    log_note(c->log, "on AWS: %s", text.data);
    enum status status = STATUS_OK;
    if (e.cost > PRICES_CONSENT_ABOVE && !c->options->yes)
        status = error_set(err, STATUS_INVALID, "this run makes %s: add --yes to go on", text.data);
    buf_release(&text);
    return status;
}

/* ---- rounds ---- */

static enum status run_round(struct campaign *c, unsigned round, struct error *err)
{
    size_t order[CELLS_MAX];
    const struct result_settings *s = &c->result->settings;
    schedule_round(s->seed, round, c->result->plan.count, order);
    for (size_t i = 0; i < c->result->plan.count; i++) {
        if (c->server != NULL)
            s3_server_reseed(c->server, schedule_latency_seed(s->seed, round));
        if (signals_received() != 0)
            return error_set(err, STATUS_CANCELLED, "interrupted");
        enum status status = campaign_run_cell(c, order[i], round, (unsigned)i + 1, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static bool budget_is_spent(struct campaign *c, struct mono began, unsigned rounds_done)
{
    const double spent_s = mono_since_s(clock_mono(clock_system()), began);
    const double next_s = spent_s / (rounds_done + 1); /* the warm-up counts as one */
    return (spent_s + next_s) * 1000 > (double)c->options->budget_ms;
}

static enum status run_rounds(struct campaign *c, struct error *err)
{
    const struct mono began = clock_mono(clock_system());
    const unsigned rounds = (unsigned)c->options->rounds;
    log_note(c->log, "warming up, then %u rounds of %zu cells", rounds, c->result->plan.count);
    enum status status = run_round(c, 0, err);
    for (unsigned round = 1; status == STATUS_OK && round <= rounds; round++) {
        if (round > 1 && budget_is_spent(c, began, round - 1)) {
            snprintf(c->result->stopped, sizeof c->result->stopped,
                     "the next round would exceed the budget");
            break;
        }
        status = run_round(c, round, err);
        if (status == STATUS_OK)
            log_note(c->log, "round %u of %u done", round, rounds);
        else
            result_drop_round(c->result, round);
    }
    return status;
}

static enum status measure(struct campaign *c, const char *target, struct error *err)
{
    enum status status = campaign_open(c, target, err);
    if (status == STATUS_OK)
        status = check_cost(c, err);
    if (status == STATUS_OK)
        status = make_directory(c, err);
    if (status == STATUS_OK)
        status = campaign_seed(c, err);
    if (status == STATUS_OK)
        status = run_rounds(c, err);
    return status;
}

/* With --json there is a document also where there is no result. */
static void append_failure(const struct campaign *c, const struct error *error, struct buf *shown)
{
    struct json j;
    if (!c->options->output.json)
        return;
    json_init(&j, shown, true);
    json_begin_object(&j, NULL);
    json_str(&j, "schema", RESULT_SCHEMA);
    json_str(&j, "run", c->result->settings.run);
    json_str(&j, "error", error->text);
    json_end(&j);
    buf_append_char(shown, '\n');
}

/* The first failure decides the exit status; the later ones are said. */
static int also_failed(struct campaign *c, int code, const char *text)
{
    log_error(c->log, "%s", text);
    return code == EXIT_DONE ? EXIT_WORK_FAILED : code;
}

/* What was measured before a signal is kept, and what was written is removed, in every case. */
static int conclude(struct campaign *c, enum status status, const struct error *error,
                    struct buf *shown)
{
    struct error trouble;
    int code = status == STATUS_OK          ? EXIT_DONE
               : status == STATUS_INVALID   ? EXIT_USAGE
               : status == STATUS_CANCELLED ? signals_exit_code(signals_received())
                                            : EXIT_WORK_FAILED;
    if (status != STATUS_OK)
        log_error(c->log, "%s", error->text);
    if (campaign_clean(c, &trouble) != STATUS_OK) {
        error_prefix(&trouble, "cleaning up s3://%s/%s", c->target.bucket, c->prefix);
        code = also_failed(c, code, trouble.text);
    }
    const bool kept = status == STATUS_OK || status == STATUS_CANCELLED;
    if (!kept || c->result->sample_count == 0) {
        append_failure(c, error, shown);
    } else if (report_write(c->result, c->directory, c->log, c->options->output.json, shown,
                            &trouble) != STATUS_OK) {
        code = also_failed(c, code, trouble.text);
        buf_reset(shown);
        append_failure(c, &trouble, shown);
    }
    if (c->options->output.quiet && !c->options->output.json)
        return code;
    const int printed = print_result(c->log, shown);
    return code != EXIT_DONE ? code : printed;
}

int run_main(int argc, char **argv)
{
    static struct result result; /* with its plan and environment, large */
    struct log log = {.program = PROGRAM, .fd = STDERR_FILENO};
    struct run_options options = {.profile = profile_default,
                                  .objects = 1000,
                                  .rows = 64,
                                  .days = 30,
                                  .concurrency = "1,4,16,64",
                                  .fan_out = "objects,partitions",
                                  .rounds = 5,
                                  .budget_ms = 600000,
                                  .seed = 1};
    struct campaign campaign = {.options = &options, .log = &log, .result = &result};
    struct cli_result parsed;
    struct error error;
    result_init(&result);
    if (cli_parse(run_table, &options, argc, argv, &parsed, &error) != STATUS_OK ||
        (parsed.positional_count > 1 &&
         error_set(&error, STATUS_INVALID, "at most one s3:// URI is taken") != STATUS_OK)) {
        log_error(&log, "%s (see " PROGRAM " run --help)", error.text);
        return EXIT_USAGE;
    }
    if (parsed.given_help)
        return print_help(&log, &run_verb);
    if (parsed.given_version)
        return print_version(&log);
    log.quiet = options.output.quiet;
    log.debug = options.output.verbose;
    signals_install();
    enum status status = set_up(&campaign, argc, argv, &error);
    if (status == STATUS_OK)
        status = measure(&campaign, parsed.positional_count == 1 ? argv[0] : NULL, &error);
    struct buf shown;
    buf_init(&shown, RESULT_JSON_MAX);
    const int code = conclude(&campaign, status, &error, &shown);
    buf_release(&shown);
    campaign_close(&campaign);
    result_release(&result);
    return code;
}
