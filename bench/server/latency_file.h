/* SPDX-License-Identifier: MIT */
/*
 * latency_file - a latency profile of one's own, from JSON. The format is described in
 * docs/faults.md. Reads no files; every error names the operation, the field and what is allowed.
 */
#ifndef KIT_BENCH_SERVER_LATENCY_FILE_H
#define KIT_BENCH_SERVER_LATENCY_FILE_H

#include "bench/server/latency.h"
#include "lib/base/error.h"

#define LATENCY_MEDIAN_MAX_MS 60000.0
#define LATENCY_SIGMA_MAX     3.0
#define LATENCY_RATE_MAX      1000000000 /* requests a second */

enum status latency_file_parse(const char *text, size_t len, struct latency_profile *out,
                               struct error *err) MUST_USE;

#endif
