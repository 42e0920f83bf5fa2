/* SPDX-License-Identifier: MIT */
/* place - where one partition of the crash-safe mode lives: the names that its parts share. */
#ifndef KIT_COMPACTOR_SAFE_PLACE_H
#define KIT_COMPACTOR_SAFE_PLACE_H

#include "compactor/job.h"
#include "compactor/safe/manifest.h"

struct place {
    const char *bucket; /* of the destination */
    struct partition_name name;
    char partition[S3_KEY_MAX + 1];            /* below the root; "" for a single one */
    char source[SAFE_MANIFEST_SOURCE_MAX + 1]; /* "s3://logs/raw/2024/01/14/" */
    char log[S3_KEY_MAX + 1];                  /* prefix of its records */
    struct s3_keeping keeping;                 /* of state objects and tombstones */
};

/* State is encrypted as outputs are, since a bucket may insist, and otherwise the bucket's own. */
struct s3_keeping place_state_keeping(const struct job *job);

enum status place_init(struct place *p, const struct job *job, const struct partition_name *name,
                       struct error *err) MUST_USE;
/* What the manifest of a generation has to say. */
struct safe_manifest_expected place_expects(const struct place *p, unsigned generation,
                                            uint64_t size);

#endif
