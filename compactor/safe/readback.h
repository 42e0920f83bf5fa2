/* SPDX-License-Identifier: MIT */
/*
 * readback - reads one object whole, in ranges with If-Match, many in flight, and hashes it in
 * order. Memory comes from the budget, part by part, as it does for an output.
 */
#ifndef KIT_COMPACTOR_SAFE_READBACK_H
#define KIT_COMPACTOR_SAFE_READBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/job.h"
#include "lib/base/hash.h"
#include "lib/s3/object.h"

struct readback;

struct readback_spec {
    struct lane *lane;
    const char *key; /* in the destination bucket; copied */
    const char *etag;
    uint64_t size;
};
enum status readback_new(const struct readback_spec *spec, struct readback **out,
                         struct error *err) MUST_USE;
void readback_free(struct readback *r); /* nothing may be in flight */
enum issue readback_issue_fetch(struct readback *r);
/* Its SHA-256, once all of it has arrived. */
bool readback_sha256(struct readback *r, uint8_t out[SHA256_SIZE]);

#endif
