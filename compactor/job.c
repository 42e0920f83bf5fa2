/* SPDX-License-Identifier: MIT */
/* job - the shapes of a run. */
#include "compactor/job.h"

/* More partitions at a time would only cost memory: these keep any number of requests busy. */
#define PARTITIONS_MAX 128

struct job_limits job_limits(const struct job *job)
{
    const unsigned n = job->concurrency;
    if (job->mode == MODE_SEQUENTIAL)
        return (struct job_limits){1, 1, 1};
    if (job->fan_out == FAN_OUT_PARTITIONS)
        return (struct job_limits){n, n, 1};
    return (struct job_limits){n, n < PARTITIONS_MAX ? n : PARTITIONS_MAX, n};
}

void lane_fail(struct lane *lane, const char *side, const struct error *error)
{
    if (lane->failed)
        return;
    lane->failed = true;
    lane->error = *error;
    if (side != NULL)
        error_prefix(&lane->error, "%s", side);
}

enum issue lane_sent(struct lane *lane, const char *side, enum status status,
                     const struct error *error)
{
    if (status != STATUS_OK) {
        lane_fail(lane, side, error);
        return ISSUE_NOTHING;
    }
    lane->in_flight++;
    return ISSUE_SENT;
}
