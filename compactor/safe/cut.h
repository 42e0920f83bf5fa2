/* SPDX-License-Identifier: MIT */
/*
 * cut - how many of the sources that come by make one group: until the target size, the number of
 * entries, the bytes of the manifest or the parts of the output are reached. Greedy, in key order,
 * and never splitting a source. Pure.
 */
#ifndef KIT_COMPACTOR_SAFE_CUT_H
#define KIT_COMPACTOR_SAFE_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/digest.h"
#include "compactor/entries.h"
#include "compactor/plan.h"

struct cut_limits {
    uint64_t target_bytes; /* 0: none */
    uint64_t entries;
    uint64_t manifest_bytes;
    unsigned parts;
};
extern const struct cut_limits cut_limits_default;

struct cut {
    struct cut_limits limits;
    uint64_t sources;
    uint64_t nonempty;
    uint64_t bytes;
    uint64_t manifest_bytes;
    int64_t newest_unix_s;
    struct digest digest;
    struct plan plan;
    char first[S3_KEY_MAX + 1]; /* keys */
    char last[S3_KEY_MAX + 1];
};

void cut_init(struct cut *c, const struct cut_limits *limits);
/* Takes the source; false when it does not fit any more, and begins the next group. `line_bytes` is
 * the length of its manifest line. The first source always fits. */
bool cut_add(struct cut *c, struct hash *hash, const struct entry *entry, uint64_t line_bytes);

#endif
