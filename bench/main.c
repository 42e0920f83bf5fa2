/* SPDX-License-Identifier: MIT */
/* s3-bench - the table of its verbs. */
#include <stdio.h>
#include <string.h>

#include "bench/report.h"
#include "bench/run.h"
#include "bench/serve.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/log.h"
#include "lib/tool/print.h"

#define PROGRAM "s3-bench"
#define INTRO   "Times S3 work on any endpoint, and brings an S3 server along."

static const struct verb {
    const struct cli_verb *about;
    int (*run)(int argc, char **argv); /* without program and verb names */
} verbs[] = {
    {&run_verb, run_main},
    {&report_verb, report_main},
    {&serve_verb, serve_main},
};
#define VERBS (sizeof verbs / sizeof *verbs)

/* On stdout where it was asked for, otherwise on stderr with the status of wrong usage. */
static int print_overview(struct log *log, bool asked)
{
    struct cli_verb list[VERBS + 1] = {{.name = NULL}};
    struct buf help;
    for (size_t i = 0; i < VERBS; i++)
        list[i] = *verbs[i].about;
    buf_init(&help, 1u << 20);
    cli_help_verbs(PROGRAM, INTRO, list, &help);
    int code = EXIT_USAGE;
    if (asked)
        code = print_result(log, &help);
    else
        fputs(help.data, stderr);
    buf_release(&help);
    return code;
}

int main(int argc, char **argv)
{
    struct log log = {.program = PROGRAM, .fd = 2};
    if (argc < 2)
        return print_overview(&log, false);
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].about->name) == 0)
            return verbs[i].run(argc - 2, argv + 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_overview(&log, true);
    if (strcmp(argv[1], "--version") == 0)
        return print_version(&log);
    log_error(&log, "unknown verb '%s'; see " PROGRAM " --help", argv[1]);
    return EXIT_USAGE;
}
