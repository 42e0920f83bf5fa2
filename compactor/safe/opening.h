/* SPDX-License-Identifier: MIT */
/*
 * opening - what comes before a run of the crash-safe mode: what the destination is made from, and
 * for `status`, `recover` and `verify` which partitions its log has. Sends requests and waits for
 * them.
 */
#ifndef KIT_COMPACTOR_SAFE_OPENING_H
#define KIT_COMPACTOR_SAFE_OPENING_H

#include "compactor/job.h"

/* Fills job->selection with every partition of the destination's log, from its config alone;
 * `destination` is a prefix. STATUS_INVALID when the destination has no crash-safe state. */
enum status opening_read_log(struct s3_client *client, const struct s3_uri *destination,
                             struct job *job, struct error *err) MUST_USE;

#endif
