/* SPDX-License-Identifier: MIT */
/*
 * process - run another program and collect what it did. No shell.
 */
#ifndef KIT_TOOL_PROCESS_H
#define KIT_TOOL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

struct process_options {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH unless it has a '/' */
    const char *const
        *env_set; /* "NAME=value" entries added or replaced; NULL-terminated or NULL */
    const char *const *env_unset; /* names taken out; NULL-terminated or NULL */
    const char *directory;        /* NULL: stay */
    int64_t timeout_ms;           /* then SIGTERM, 5 s later SIGKILL; 0: none */
    /* May be NULL. Once it returns non-zero: SIGTERM, 30 s later SIGKILL. */
    int (*interrupted)(void);
    bool inherit_output; /* do not capture */
    size_t output_max;   /* bytes kept of each stream (the rest is read and dropped); 0: 16 MiB */
};

struct process_result {
    int exit_code; /* 128 + signal when it was killed */
    int signal;    /* 0 unless killed */
    bool timed_out;
    double wall_s; /* spawn to exit */
    double user_s;
    double system_s;
    uint64_t max_rss_bytes;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    struct buf out; /* stdout and stderr; released by process_result_release */
    struct buf err;
};

/* Runs to the end. STATUS_IO when it could not be started. */
enum status process_run(const struct process_options *options, struct process_result *result,
                        struct error *err) MUST_USE;
void process_result_release(struct process_result *r);

/* For a child that stays (servers, programs that are to be killed half-way). */
struct process;
enum status process_start(const struct process_options *options, struct process **out,
                          struct error *err) MUST_USE;
pid_t process_pid(const struct process *p);
void process_signal(struct process *p, int signal_number);
/* Waits for the end and frees `p`. */
enum status process_wait(struct process *p, struct process_result *result,
                         struct error *err) MUST_USE;

/* The most memory that this program has had resident. getrusage would count what its parent had
 * resident when it forked, which execve hands down. 0 where /proc does not say. */
uint64_t process_own_peak_bytes(void);

/* The directory of the running executable, without a final slash, into `out`. */
enum status process_own_directory(char *out, size_t room, struct error *err) MUST_USE;

#endif
