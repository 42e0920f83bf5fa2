/* SPDX-License-Identifier: MIT */
/*
 * child - a program of the kit, run as users run it: its command line, and how it ended.
 *
 *     child_init(&child, campaign->programs, "s3-compact", err);
 *     child_add(&child, "--json");
 *     child_run(&child, timeout_ms, &ran, err);
 *
 * Arguments are not copied: they must stay put until the run.
 */
#ifndef KIT_BENCH_CHILD_H
#define KIT_BENCH_CHILD_H

#include "bench/file.h"
#include "lib/tool/connect.h"
#include "lib/tool/process.h"

#define CHILD_ARGS_MAX 48

struct child {
    const char *name; /* "s3-compact" */
    char program[FILE_PATH_MAX];
    char max_attempts[24];
    const char *argv[CHILD_ARGS_MAX + 1];
    size_t argc;
};

enum status child_init(struct child *c, const char *directory, const char *name,
                       struct error *err) MUST_USE;
void child_add(struct child *c, const char *argument);
/* An option and its value; nothing when `value` is NULL. */
void child_add_pair(struct child *c, const char *name, const char *value);
/* Where this program was told to connect, for a child that is to reach the same endpoint. */
void child_add_connection(struct child *c, const struct connect_options *options);

/* Runs it to its end. STATUS_CANCELLED when a signal came: it was passed on. STATUS_REMOTE with the
 * child's first line of stderr when it failed. `ran` is the caller's to release only on STATUS_OK. */
enum status child_run(struct child *c, int64_t timeout_ms, struct process_result *ran,
                      struct error *err) MUST_USE;

#endif
