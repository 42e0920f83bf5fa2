/* SPDX-License-Identifier: MIT */
/*
 * report - what a run tells: a line an output, totals, failures and warnings on stderr, or one JSON
 * document (schema "s3-compact/1").
 */
#ifndef KIT_COMPACTOR_REPORT_H
#define KIT_COMPACTOR_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "compactor/job.h"
#include "compactor/run.h"
#include "lib/s3/http/counters.h"
#include "lib/tool/log.h"

struct report {
    const struct job *job;
    const struct run_summary *summary;
    struct log *log;
    FILE *out;              /* stdout */
    bool quiet;             /* no lines on `out`: --quiet or --json */
    uint64_t next;          /* partition whose lines come next: they come in order */
    const char *last_error; /* printed; of the results */
    uint64_t repeated;      /* partitions after it that failed with the very same text */
};

/* A partition has finished: prints it, and those after it that were waiting for it. */
void report_partition(struct report *r);
/* Totals, and what to do next when something failed or was interrupted. `work_s` is the time from
 * the first request to the last reply. */
void report_totals(struct report *r, double work_s);

/* The parts of a dry run's report that are about requests and money: as text after the totals, and
 * as the member "cost" of the document. */
void report_append_cost(struct buf *out, const struct job *job, const struct run_summary *summary);
struct json;
void report_json_cost(struct json *j, const struct job *job, const struct run_summary *summary);

struct report_times {
    double wall_s; /* since the process began, as far as it knows */
    double work_s;
};
/* The whole document. `summary` and `counters` may be NULL, where the run did not come so far;
 * `error` is then what went wrong. */
enum status report_json(const struct job *job, const struct run_summary *summary,
                        const struct s3_counters *counters, const struct report_times *times,
                        const struct error *error, struct buf *out, struct error *err) MUST_USE;
/* {"s3_locations":[{"src":...,"dest":...}]} */
enum status report_plan(const struct selection *selection, struct buf *out,
                        struct error *err) MUST_USE;

#endif
