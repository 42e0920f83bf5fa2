/* SPDX-License-Identifier: MIT */
/* leave - partitions that are left alone once they are listed: still filling, or not worth it. */
#ifndef KIT_COMPACTOR_LEAVE_H
#define KIT_COMPACTOR_LEAVE_H

#include <stdbool.h>

#include "compactor/census.h"
#include "compactor/job.h"
#include "compactor/result.h"

/* Whether --min-age or --min-objects leave it; the result says so then. */
bool leave_partition(const struct job *job, const struct census *census,
                     struct partition_result *result);

#endif
