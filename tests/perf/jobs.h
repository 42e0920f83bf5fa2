/* SPDX-License-Identifier: MIT */
/*
 * jobs - what the programs that compare rates share: the list of requests, and the measurement.
 *
 * A line of a job file is "VERB BUCKET [KEY [SIZE]]", with VERB one of GET, PUT, LIST (the bucket's
 * first page) and MAKE (the bucket); presign_jobs turns it into "VERB URL SIZE" for bare_loop. Words are
 * separated by single spaces, and keys have none.
 */
#ifndef KIT_TESTS_PERF_JOBS_H
#define KIT_TESTS_PERF_JOBS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "lib/base/clock.h"

#define JOB_WORDS      4
#define JOB_SIZE_MAX   (64u << 20) /* of a body, either way */
#define JOB_FLIGHT_MAX 1024

struct job {
    const char *word[JOB_WORDS]; /* "" where there is none */
};
struct jobs {
    struct job *all;
    size_t count;
    char *text;
};

/* Reads stdin to its end; exits with a message when that does not go well. */
void jobs_read(struct jobs *jobs);
void jobs_free(struct jobs *jobs);
/* A size, or an exit with a message. */
size_t jobs_size(const char *word);
/* The value of -c, which must be the first argument; 64 without. Moves *argv behind it. */
unsigned jobs_concurrency(char ***argv);
/* A body to send, of JOB_SIZE_MAX bytes. */
const char *jobs_body(void);

struct measure {
    struct mono start;
    struct rusage usage;
};
void measure_start(struct measure *m);
/* One JSON line on stdout. */
void measure_print(const struct measure *m, const char *name, unsigned concurrency, size_t requests,
                   size_t failures, uint64_t bytes);

#endif
