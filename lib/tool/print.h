/* SPDX-License-Identifier: MIT */
/*
 * print - results on standard output. A result that nobody received (a full disk, a closed pipe) is
 * a failure of the program: it is said on stderr, and the exit status tells.
 *
 *     return print_result(&log, &text);           EXIT_DONE, or EXIT_WORK_FAILED
 *     return print_finish(&log, code);            after lines that went out by stdio alone
 *
 * Threads: stdio's own rules.
 */
#ifndef KIT_TOOL_PRINT_H
#define KIT_TOOL_PRINT_H

#include "lib/base/buf.h"
#include "lib/tool/cli.h"
#include "lib/tool/log.h"

/* Writes a text; one whose making failed is told as that failure. */
int print_result(struct log *log, const struct buf *text);
/* Flushes. `code`, or EXIT_WORK_FAILED where that was EXIT_DONE and not everything that was written
 * so far arrived. */
int print_finish(struct log *log, int code);

/* The program's name is the log's. */
int print_help(struct log *log, const struct cli_verb *verb);
int print_version(struct log *log);

#endif
