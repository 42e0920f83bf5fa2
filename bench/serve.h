/* SPDX-License-Identifier: MIT */
/*
 * serve - the verb `s3-bench serve`: the embedded S3 server as a program.
 */
#ifndef KIT_BENCH_SERVE_H
#define KIT_BENCH_SERVE_H

#include "lib/tool/cli.h"

extern const struct cli_verb serve_verb;

/* argv without program and verb. Returns the exit status. */
int serve_main(int argc, char **argv);

#endif
