/* SPDX-License-Identifier: MIT */
/*
 * partition - one date from its listing to its outputs, as a state machine that sends one request
 * at a time when asked to:
 *
 *     list to the end -> HEAD each output -> (list again to compare) -> decide -> make each output
 *
 * It never waits and never polls; its run does, and asks again after every reply.
 */
#ifndef KIT_COMPACTOR_PARTITION_H
#define KIT_COMPACTOR_PARTITION_H

#include <stdbool.h>

#include "compactor/job.h"
#include "compactor/result.h"

struct partition;

/* `result` is filled as it goes and outlives the partition. */
enum status partition_new(struct shared *shared, uint64_t index, struct partition_result *result,
                          struct partition **out, struct error *err) MUST_USE;
void partition_free(struct partition *p); /* nothing may be in flight */

/* Listing, looking and writing: what later work waits for. */
enum issue partition_issue_control(struct partition *p);
/* Reading sources. */
enum issue partition_issue_fetch(struct partition *p);

unsigned partition_in_flight(const struct partition *p);
/* Over, well or not: result->status tells. */
bool partition_is_finished(const struct partition *p);

#endif
