/* SPDX-License-Identifier: MIT */
/*
 * manifest_view - a manifest as docs/crash-safety.md describes it, read by the checker's own means:
 * jansson, and none of the compactor's code. Whole in memory; for tests' small manifests.
 */
#ifndef KIT_TESTS_TORTURE_MANIFEST_VIEW_H
#define KIT_TESTS_TORTURE_MANIFEST_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct manifest_view_entry {
    const char *key;
    const char *etag;
    uint64_t size;
};

struct manifest_view {
    const char *output; /* key */
    unsigned generation;
    uint64_t bytes;
    struct manifest_view_entry *entries;
    size_t count;
    void *documents; /* what the texts above belong to */
};

/* STATUS_PROTOCOL with what is wrong: syntax, counts, sums, order, or the hash. */
enum status manifest_view_parse(const char *text, size_t len, struct manifest_view *out,
                                struct error *err) MUST_USE;
void manifest_view_release(struct manifest_view *m);

#endif
