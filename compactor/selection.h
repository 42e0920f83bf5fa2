/* SPDX-License-Identifier: MIT */
/*
 * selection - which partitions a run is about: dates under one or several sources, or one
 * partition by name.
 *
 * A range holds no partition, only the rule that yields the i-th: ten thousand dates cost nothing.
 * Dates that were discovered are kept, eight bytes each. Several sources share their dates: the
 * objects of one date make one output, source after source as given. Pure.
 *
 * Ownership: selection_release frees the dates. Threads: read-only once made.
 */
#ifndef KIT_COMPACTOR_SELECTION_H
#define KIT_COMPACTOR_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/date.h"
#include "lib/base/error.h"
#include "lib/s3/uri.h"

#define SELECTION_MAX         200000 /* partitions of one run, times its sources */
#define SELECTION_SOURCES_MAX 16
#define DATE_TEXT_MAX         (2 * DATE_FORMAT_MAX) /* "%Y" becomes four digits */

enum match_rule {
    MATCH_PARTITION, /* keys under date + "/" */
    MATCH_PREFIX,    /* keys that begin with the date: "2024-03-27-..." */
};

struct selection_options {
    struct s3_uri sources[SELECTION_SOURCES_MAX]; /* prefixes: empty or ending in '/' */
    unsigned source_count;
    struct s3_uri destination; /* likewise */
    const char *date_format;
    enum match_rule match;
    const char *from; /* ISO dates, inclusive; NULL with `days` */
    const char *to;
    uint64_t days; /* the days before `today`, when from and to are NULL */
    bool discover; /* the dates come from a listing; from, to and days bound them */
    bool any_days; /* with discover: no bound by days */
    struct wall now;
    uint64_t part_index; /* from 0, of part_count; see --part */
    uint64_t part_count; /* 1 for all */
};

struct selection {
    struct s3_uri sources[SELECTION_SOURCES_MAX];
    unsigned source_count;
    struct s3_uri destination;
    char date_format[DATE_FORMAT_MAX + 1];
    enum date_step step;
    enum match_rule match;
    bool digits_end; /* a digit that follows the date makes it another number */
    struct civil_hour first;
    uint64_t total; /* steps from `first`, before taking a part; or of `dates` */
    uint64_t part_index;
    uint64_t part_count;
    bool single; /* one partition given by name; no date */
    bool discover;
    struct date_period bounds; /* of what is discovered */
    struct civil_hour *dates;  /* discovered, ascending; NULL otherwise */
};

struct partition_name {
    char date[16];                        /* "2024-01-14", cut to the step; "" for a single one */
    char date_text[DATE_TEXT_MAX + 1];    /* written in the format */
    char source_prefix[S3_KEY_MAX + 1];   /* of the first source */
    char destination_dir[S3_KEY_MAX + 1]; /* no final slash */
};

/* STATUS_INVALID for a bad format, date or range, for sources that hold one another's partitions,
 * and where an output would fall under a selected source partition, so that the next run would eat
 * it. With `discover` there are no partitions until selection_set_dates. */
enum status selection_init(struct selection *s, const struct selection_options *options,
                           struct error *err) MUST_USE;
/* Exactly one partition, whole URIs as `plan` prints them: sources, destination and match count. */
enum status selection_init_single(struct selection *s, const struct selection_options *options,
                                  struct error *err) MUST_USE;
void selection_release(struct selection *s);

/* What was discovered: distinct starts of steps, ascending, from malloc; taken over. */
enum status selection_set_dates(struct selection *s, struct civil_hour *dates, size_t count,
                                struct error *err) MUST_USE;

uint64_t selection_count(const struct selection *s);
/* The i-th partition, ascending by date. STATUS_LIMIT when a key would be too long. */
enum status selection_get(const struct selection *s, uint64_t index, struct partition_name *out,
                          struct error *err) MUST_USE;
/* The prefix of the partition in one of the sources; it fits, as selection_get has checked. */
void selection_prefix(const struct selection *s, const struct partition_name *name, unsigned source,
                      char out[S3_KEY_MAX + 1]);
/* Whether a key listed under that prefix is of this date beyond doubt: with --match prefix,
 * "2024-03-275" is not of the 27th. STATUS_INVALID otherwise. */
enum status selection_check_key(const struct selection *s, const struct partition_name *name,
                                const char *prefix, const char *key, struct error *err) MUST_USE;

#endif
