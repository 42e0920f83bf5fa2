/* SPDX-License-Identifier: MIT */
/* report - a run's files. */
#include "bench/report.h"

#include <string.h>

#include "bench/file.h"
#include "bench/plot.h"
#include "bench/summary.h"
#include "bench/table.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/print.h"

#define PROGRAM "s3-bench"

static enum status write_documents(const struct result *r, const struct summary *s,
                                   const char *directory, struct error *err)
{
    struct buf text;
    buf_init(&text, RESULT_JSON_MAX);
    enum status status = result_to_json(r, s, &text, err);
    if (status == STATUS_OK)
        status = file_write(directory, "result.json", &text, err);
    buf_reset(&text);
    if (status == STATUS_OK)
        status = result_environment_json(r, &text, err);
    if (status == STATUS_OK)
        status = file_write(directory, "environment.json", &text, err);
    buf_reset(&text);
    table_append_csv(&text, r);
    if (status == STATUS_OK)
        status = file_write(directory, "samples.csv", &text, err);
    buf_release(&text);
    return status;
}

static void append_table(const struct result *r, const struct summary *s, const char *directory,
                         bool drawn, struct buf *shown)
{
    table_append(shown, r, s);
    buf_printf(shown, "\n%s/result.json  samples.csv  environment.json\n", directory);
    if (drawn)
        buf_printf(shown, "%s/speedup.svg  speedup.png  latency.svg  latency.png\n", directory);
}

enum status report_write(const struct result *r, const char *directory, struct log *log, bool json,
                         struct buf *shown, struct error *err)
{
    static struct summary summary; /* large; and a process makes one report at a time */
    struct error trouble;
    enum status status = summary_compute(r, &summary, err);
    if (status == STATUS_OK)
        status = write_documents(r, &summary, directory, err);
    if (status == STATUS_OK)
        status = plot_write(r, &summary, directory, err);
    if (status != STATUS_OK)
        return status;
    const enum status drawn = plot_draw(directory, &trouble);
    if (drawn == STATUS_NOT_FOUND)
        log_note(log, "%s", trouble.text);
    else if (drawn != STATUS_OK)
        return error_copy(err, &trouble);
    if (json)
        return result_to_json(r, &summary, shown, err);
    append_table(r, &summary, directory, drawn == STATUS_OK, shown);
    return STATUS_OK;
}

struct report_options {
    bool unused; /* the verb has no option of its own yet */
};

static const struct cli_option report_table[] = {CLI_END};

const struct cli_verb report_verb = {
    .name = "report",
    .synopsis = "DIR",
    .summary = "print and draw a run again from its result.json",
    .details = "DIR is what \"s3-bench run\" wrote its results into.\n",
    .options = report_table,
};

static enum status report_again(const char *directory, struct log *log, struct buf *shown,
                                struct error *err)
{
    char path[FILE_PATH_MAX];
    struct result result;
    struct buf text;
    result_init(&result);
    buf_init(&text, RESULT_JSON_MAX);
    enum status status = file_path(path, directory, "result.json", err);
    if (status == STATUS_OK)
        status = file_read(path, &text, err);
    if (status == STATUS_OK)
        status = result_from_json(&result, text.data, text.len, err);
    if (status == STATUS_OK)
        status = report_write(&result, directory, log, false, shown, err);
    buf_release(&text);
    result_release(&result);
    return status;
}

int report_main(int argc, char **argv)
{
    struct log log = {.program = PROGRAM, .fd = 2};
    struct report_options options = {0};
    struct cli_result parsed;
    struct error error;
    if (cli_parse(report_table, &options, argc, argv, &parsed, &error) != STATUS_OK) {
        log_error(&log, "%s (see " PROGRAM " report --help)", error.text);
        return EXIT_USAGE;
    }
    if (parsed.given_help)
        return print_help(&log, &report_verb);
    if (parsed.given_version)
        return print_version(&log);
    if (parsed.positional_count != 1) {
        log_error(&log, "the directory of a run is needed (see " PROGRAM " report --help)");
        return EXIT_USAGE;
    }
    struct buf shown;
    int code = EXIT_WORK_FAILED;
    buf_init(&shown, RESULT_JSON_MAX);
    if (report_again(argv[0], &log, &shown, &error) == STATUS_OK)
        code = print_result(&log, &shown);
    else
        log_error(&log, "%s", error.text);
    buf_release(&shown);
    return code;
}
