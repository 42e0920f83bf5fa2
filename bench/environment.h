/* SPDX-License-Identifier: MIT */
/* environment - where a run was measured. What cannot be found out stays empty. */
#ifndef KIT_BENCH_ENVIRONMENT_H
#define KIT_BENCH_ENVIRONMENT_H

#include "bench/result.h"
#include "lib/s3/client.h"

void environment_read_machine(struct environment *e);
/* The server's name and the median of a few HEAD requests of `bucket`. */
void environment_ask_endpoint(struct environment *e, struct s3_client *client, const char *bucket);

#endif
