/* SPDX-License-Identifier: MIT */
/*
 * guard - the conditions that the crash-safe mode stands on, by name (see docs/crash-safety.md).
 *
 * In the product every guard is up, and guard_up is the constant true. A test build with
 * KIT_TORTURE gets guard_up from its test program, which takes guards down one at a time to see
 * that its checker notices.
 */
#ifndef KIT_COMPACTOR_SAFE_GUARD_H
#define KIT_COMPACTOR_SAFE_GUARD_H

#include <stdbool.h>

enum guard {
    GUARD_MANIFEST_CREATE,  /* If-None-Match: * on manifests */
    GUARD_OUTPUT_CREATE,    /* ... on outputs */
    GUARD_TOMBSTONE_CREATE, /* ... on tombstones */
    GUARD_TOMBSTONE,        /* abandoning writes a tombstone at all */
    GUARD_SOURCE_MATCH,     /* If-Match on reading sources */
    GUARD_DELETE_MATCH,     /* If-Match on deleting them */
    GUARD_DROP_LISTING,     /* a lost manifest drops the listing */
    GUARD_READ_BACK,        /* deletion waits for the output to be read back */
    GUARD_COUNT,
};

#ifdef KIT_TORTURE
bool guard_up(enum guard g);
#else
static inline bool guard_up(enum guard g)
{
    (void)g;
    return true;
}
#endif

#endif
