/* SPDX-License-Identifier: MIT */
/* cut - groups of a listing. */
#include "compactor/safe/cut.h"

#include <string.h>

#include "compactor/safe/manifest.h"
#include "lib/s3/multipart.h"

const struct cut_limits cut_limits_default = {.target_bytes = 0,
                                              .entries = SAFE_MANIFEST_ENTRIES_MAX,
                                              .manifest_bytes = SAFE_MANIFEST_BYTES_MAX,
                                              .parts = S3_PARTS_MAX};

void cut_init(struct cut *c, const struct cut_limits *limits)
{
    *c = (struct cut){.limits = *limits, .newest_unix_s = INT64_MIN};
    plan_init(&c->plan, PLAN_READ);
}

static struct plan plan_with(const struct plan *plan, uint64_t size)
{
    struct plan with = *plan;
    struct plan_piece piece;
    plan_source(&with, size);
    while (plan_next(&with, &piece)) {
    }
    return with;
}

bool cut_add(struct cut *c, struct hash *hash, const struct entry *entry, uint64_t line_bytes)
{
    const struct cut_limits *l = &c->limits;
    const struct plan with = plan_with(&c->plan, entry->size);
    if (c->sources > 0 &&
        (c->sources == l->entries || c->manifest_bytes + line_bytes > l->manifest_bytes ||
         with.parts > l->parts ||
         (l->target_bytes > 0 && c->bytes + entry->size > l->target_bytes)))
        return false;
    c->plan = with;
    if (c->sources == 0)
        memcpy(c->first, entry->key, strlen(entry->key) + 1);
    memcpy(c->last, entry->key, strlen(entry->key) + 1);
    c->sources++;
    c->nonempty += entry->size > 0;
    c->bytes += entry->size;
    c->manifest_bytes += line_bytes;
    if (entry->last_modified_unix_s > c->newest_unix_s)
        c->newest_unix_s = entry->last_modified_unix_s;
    digest_add(&c->digest, hash, entry->key, entry->size, entry->etag);
    return true;
}
