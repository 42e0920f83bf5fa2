/* SPDX-License-Identifier: MIT */
/*
 * guard_variable - the test build's guard_up: the guard that KIT_TORTURE_GUARD_DOWN names is down.
 * Only s3-compact-torture has it; nobody installs that.
 */
#include <stdlib.h>
#include <string.h>

#include "compactor/safe/guard.h"

static const char *const names[GUARD_COUNT] = {
    [GUARD_MANIFEST_CREATE] = "manifest-create",   [GUARD_OUTPUT_CREATE] = "output-create",
    [GUARD_TOMBSTONE_CREATE] = "tombstone-create", [GUARD_TOMBSTONE] = "tombstone",
    [GUARD_SOURCE_MATCH] = "source-match",         [GUARD_DELETE_MATCH] = "delete-match",
    [GUARD_DROP_LISTING] = "drop-listing",         [GUARD_READ_BACK] = "read-back",
};

bool guard_up(enum guard g)
{
    const char *down = getenv("KIT_TORTURE_GUARD_DOWN");
    return down == NULL || strcmp(down, names[g]) != 0;
}
