/* SPDX-License-Identifier: MIT */
/* leave - partitions that are left alone. */
#include "compactor/leave.h"

#include <inttypes.h>

#include "lib/base/units.h"

static bool is_young(const struct job *job, const struct census *c, struct partition_result *r)
{
    const int64_t age_s = job->now_unix_s - c->newest_unix_s;
    if (job->min_age_s == 0 || age_s >= job->min_age_s)
        return false;
    struct buf age;
    buf_init(&age, 64);
    duration_append_s(&age, age_s > 0 ? (double)age_s : 0);
    result_skip(r, "its newest object is %s old, less than --min-age", age.data);
    buf_release(&age);
    return true;
}

static bool is_small(const struct job *job, const struct census *c, struct partition_result *r)
{
    if (c->sources >= job->min_objects)
        return false;
    result_skip(r, "%" PRIu64 " objects are fewer than --min-objects %" PRIu64, c->sources,
                job->min_objects);
    return true;
}

bool leave_partition(const struct job *job, const struct census *census,
                     struct partition_result *result)
{
    return census->sources > 0 && (is_young(job, census, result) || is_small(job, census, result));
}
