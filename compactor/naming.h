/* SPDX-License-Identifier: MIT */
/*
 * naming - how an output is called: its directory, its name and the suffix of its sources.
 *
 * With D = destination prefix + date, an output's key is D + "/" + (D with every "/" turned into
 * "-") + suffix. Pure functions.
 */
#ifndef KIT_COMPACTOR_NAMING_H
#define KIT_COMPACTOR_NAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"
#include "lib/s3/uri.h"

#define NAMING_SUFFIX_MAX 128 /* bytes of a suffix */

enum suffix_rule {
    SUFFIX_KNOWN, /* a known format and a compression extension; otherwise the last extension */
    SUFFIX_FIRST, /* every suffix of the first key's name, as Python's pathlib counts them */
};

/* The suffix of one key under a rule; "" when it has none. STATUS_LIMIT when it is too long. */
enum status naming_suffix(enum suffix_rule rule, const char *key, char out[NAMING_SUFFIX_MAX + 1],
                          struct error *err) MUST_USE;

/* The key of the output in directory `dir` (no final slash, not empty). STATUS_LIMIT when longer
 * than S3_KEY_MAX. */
enum status naming_output_key(const char *dir, const char *suffix, char out[S3_KEY_MAX + 1],
                              struct error *err) MUST_USE;

bool naming_suffix_is_gzip(const char *suffix);
/* Any compression that is not gzip. */
bool naming_suffix_is_other_compression(const char *suffix);

#endif
