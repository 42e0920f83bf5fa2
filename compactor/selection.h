/* SPDX-License-Identifier: MIT */
/*
 * selection - which partitions a run is about: dates under a source, or one partition by name.
 *
 * Holds no partition, only the rule that yields the i-th: ten thousand dates cost nothing. Pure.
 */
#ifndef KIT_COMPACTOR_SELECTION_H
#define KIT_COMPACTOR_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/date.h"
#include "lib/base/error.h"
#include "lib/s3/uri.h"

#define SELECTION_MAX 200000 /* partitions of one run */

struct selection_options {
    struct s3_uri source;      /* a prefix: empty or ending in '/' */
    struct s3_uri destination; /* likewise */
    const char *date_format;
    const char *from; /* ISO dates, inclusive; NULL with `days` */
    const char *to;
    uint64_t days; /* the days before `today`, when from and to are NULL */
    struct wall now;
    uint64_t part_index; /* from 0, of part_count; see --part */
    uint64_t part_count; /* 1 for all */
};

struct selection {
    struct s3_uri source;
    struct s3_uri destination;
    char date_format[DATE_FORMAT_MAX + 1];
    enum date_step step;
    struct civil_hour first;
    uint64_t total; /* steps from `first`, before taking a part */
    uint64_t part_index;
    uint64_t part_count;
    bool single; /* one partition given by name; no date */
};

struct partition_name {
    char date[16];                        /* "2024-01-14", cut to the step; "" for a single one */
    char source_prefix[S3_KEY_MAX + 1];   /* ends in '/' */
    char destination_dir[S3_KEY_MAX + 1]; /* no final slash */
};

/* STATUS_INVALID for a bad format, date or range, and where an output would fall under a selected
 * source partition, so that the next run would eat it. */
enum status selection_init(struct selection *s, const struct selection_options *options,
                           struct error *err) MUST_USE;
/* Exactly one partition, whole URIs as `plan` prints them. */
enum status selection_init_single(struct selection *s, const struct s3_uri *source,
                                  const struct s3_uri *destination, struct error *err) MUST_USE;

uint64_t selection_count(const struct selection *s);
/* The i-th partition, ascending by date. STATUS_LIMIT when a key would be too long. */
enum status selection_get(const struct selection *s, uint64_t index, struct partition_name *out,
                          struct error *err) MUST_USE;

#endif
