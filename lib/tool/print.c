/* SPDX-License-Identifier: MIT */
/* print - see print.h. */
#include "lib/tool/print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/tool/exit_code.h"

#define HELP_MAX 65536

static int fail(struct log *log, int reason)
{
    log_error(log, "standard output cannot be written%s%s", reason != 0 ? ": " : "",
              reason != 0 ? strerror(reason) : "");
    return EXIT_WORK_FAILED;
}

int print_finish(struct log *log, int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    /* A failure of long ago has left its mark on the stream, but not its reason. */
    const int failed = fail(log, errno);
    return code == EXIT_DONE ? failed : code;
}

int print_result(struct log *log, const struct buf *text)
{
    struct error err;
    if (buf_status(text, "the output", &err) != STATUS_OK) {
        log_error(log, "%s", err.text);
        return EXIT_WORK_FAILED;
    }
    errno = 0;
    if (fwrite(text->data, 1, text->len, stdout) != text->len)
        return fail(log, errno);
    return print_finish(log, EXIT_DONE);
}

int print_help(struct log *log, const struct cli_verb *verb)
{
    struct buf text;
    buf_init(&text, HELP_MAX);
    cli_help(log->program, verb, &text);
    const int code = print_result(log, &text);
    buf_release(&text);
    return code;
}

int print_version(struct log *log)
{
    struct buf text;
    buf_init(&text, HELP_MAX);
    buf_printf(&text, "%s %s\n", log->program, KIT_VERSION);
    const int code = print_result(log, &text);
    buf_release(&text);
    return code;
}
