/* SPDX-License-Identifier: MIT */
/*
 * safe - one partition of the crash-safe mode as a state machine, with the same shape as
 * partition.h: it sends one request when asked, and never waits.
 *
 *     LIST the log -> drive what is unfinished -> LIST the sources -> hold them against the
 *     manifests -> cut a group, write its manifest, drive it -> the next group
 *
 * docs/crash-safety.md is what it implements.
 */
#ifndef KIT_COMPACTOR_SAFE_SAFE_H
#define KIT_COMPACTOR_SAFE_SAFE_H

#include <stdbool.h>

#include "compactor/job.h"
#include "compactor/result.h"

struct safe;

/* `result` is filled as it goes and outlives the partition. */
enum status safe_new(struct shared *shared, uint64_t index, struct partition_result *result,
                     struct safe **out, struct error *err) MUST_USE;
void safe_free(struct safe *s); /* nothing may be in flight */
enum issue safe_issue_control(struct safe *s);
enum issue safe_issue_fetch(struct safe *s);
unsigned safe_in_flight(const struct safe *s);
bool safe_is_finished(const struct safe *s);

#endif
