/* SPDX-License-Identifier: MIT */
/* s3-bench - the table of its verbs. */
#include <stdio.h>
#include <string.h>

#include "bench/report.h"
#include "bench/run.h"
#include "bench/serve.h"
#include "lib/tool/exit_code.h"
#include "lib/tool/log.h"

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

static int print_help(FILE *to)
{
    struct cli_verb list[VERBS + 1] = {{.name = NULL}};
    struct buf help;
    for (size_t i = 0; i < VERBS; i++)
        list[i] = *verbs[i].about;
    buf_init(&help, 1u << 20);
    cli_help_verbs(PROGRAM, INTRO, list, &help);
    fputs(help.data, to);
    buf_release(&help);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct log log = {.program = PROGRAM, .fd = 2};
    if (argc < 2)
        return print_help(stderr);
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].about->name) == 0)
            return verbs[i].run(argc - 2, argv + 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_help(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        printf(PROGRAM " " KIT_VERSION "\n");
        return EXIT_DONE;
    }
    log_error(&log, "unknown verb '%s'; see " PROGRAM " --help", argv[1]);
    return EXIT_USAGE;
}
