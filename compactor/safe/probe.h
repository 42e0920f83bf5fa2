/* SPDX-License-Identifier: MIT */
/*
 * probe - whether the servers honour the conditions that deleting sources stands on, tried with
 * scratch keys outside every partition: If-None-Match on PUT and on Complete where outputs go,
 * If-Match on DELETE where sources are. Sends requests and waits for them; removes what it wrote.
 */
#ifndef KIT_COMPACTOR_SAFE_PROBE_H
#define KIT_COMPACTOR_SAFE_PROBE_H

#include <stdbool.h>

#include "compactor/job.h"

struct probe_result {
    bool versioned; /* the source bucket keeps versions: deleting frees no space */
};

/* STATUS_OK where every condition is honoured. Otherwise the error says which is not, or why it
 * could not be tried; STATUS_REMOTE. */
enum status probe_conditions(struct s3_client *source, struct s3_client *destination,
                             const struct job *job, struct probe_result *out,
                             struct error *err) MUST_USE;

#endif
