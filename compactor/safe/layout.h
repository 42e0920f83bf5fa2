/* SPDX-License-Identifier: MIT */
/*
 * layout - the keys of the crash-safe mode: everything under <DST>_compaction/, and its outputs.
 * docs/crash-safety.md has the list. Pure; STATUS_LIMIT where a key would exceed S3_KEY_MAX.
 *
 * `dst` is the destination prefix, empty or ending in '/'; `partition` a directory below it without
 * slashes at its ends, "" for a single partition given by name.
 */
#ifndef KIT_COMPACTOR_SAFE_LAYOUT_H
#define KIT_COMPACTOR_SAFE_LAYOUT_H

#include "compactor/selection.h"
#include "lib/base/error.h"
#include "lib/s3/uri.h"

#define LAYOUT_DIR         "_compaction/"
#define LAYOUT_STATE       ".state" /* ends every key of the kit's own state */
#define LAYOUT_GENERATIONS 99999    /* of one partition: five digits */

/* The prefix that `_compaction/` goes under. */
enum status layout_root(const struct selection *s, char out[S3_KEY_MAX + 1],
                        struct error *err) MUST_USE;
/* What the log calls a partition: its directory below the root. */
const char *layout_partition(const struct selection *s, const struct partition_name *name);

enum status layout_config(const char *dst, char out[S3_KEY_MAX + 1], struct error *err) MUST_USE;
/* Ends in '/'; without `partition` (NULL) that of all logs. */
enum status layout_log(const char *dst, const char *partition, char out[S3_KEY_MAX + 1],
                       struct error *err) MUST_USE;
/* <log>g00001.<what>.state */
enum status layout_record(const char *log, unsigned generation, const char *what,
                          char out[S3_KEY_MAX + 1], struct error *err) MUST_USE;
enum status layout_probe(const char *prefix, const char *token, char out[S3_KEY_MAX + 1],
                         struct error *err) MUST_USE;
/* What the keys of all probes begin with. */
enum status layout_probes(const char *prefix, char out[S3_KEY_MAX + 1], struct error *err) MUST_USE;

/* <dir>/<name>-g00001<suffix> */
enum status layout_output(const char *dir, unsigned generation, const char *suffix,
                          char out[S3_KEY_MAX + 1], struct error *err) MUST_USE;
/* Whether a key in the output directory is one of plain mode: its name, then nothing or a suffix. */
bool layout_is_plain_output(const char *dir, const char *key);
/* The key of a plain output without its suffix, which all outputs of the directory begin with. */
enum status layout_outputs(const char *dir, char out[S3_KEY_MAX + 1], struct error *err) MUST_USE;

#endif
