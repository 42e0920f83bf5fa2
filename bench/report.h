/* SPDX-License-Identifier: MIT */
/*
 * report - the files of a run's directory, and the verb `s3-bench report DIR`, which draws them
 * again from result.json.
 */
#ifndef KIT_BENCH_REPORT_H
#define KIT_BENCH_REPORT_H

#include "bench/result.h"
#include "lib/tool/cli.h"
#include "lib/tool/log.h"

extern const struct cli_verb report_verb;
int report_main(int argc, char **argv);

/* Writes result.json, samples.csv, environment.json and the plots, and appends what is to be shown:
 * the table for people, or with `json` the document of result.json. A missing gnuplot is a note, not
 * a failure. */
enum status report_write(const struct result *r, const char *directory, struct log *log, bool json,
                         struct buf *shown, struct error *err) MUST_USE;

#endif
