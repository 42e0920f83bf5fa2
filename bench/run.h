/* SPDX-License-Identifier: MIT */
/* run - the verb `s3-bench run`: times sequential against parallel compaction. */
#ifndef KIT_BENCH_RUN_H
#define KIT_BENCH_RUN_H

#include "lib/tool/cli.h"

extern const struct cli_verb run_verb;
int run_main(int argc, char **argv);

#endif
