/* SPDX-License-Identifier: MIT */
/*
 * options - s3-compact's command line: one table a verb, and the way from it to a job.
 */
#ifndef KIT_COMPACTOR_OPTIONS_H
#define KIT_COMPACTOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/job.h"
#include "compactor/options_destination.h"
#include "lib/tool/connect.h"

struct share {
    uint64_t index; /* from 0 */
    uint64_t count;
};

struct compact_options {
    const char *date_format;
    uint64_t days; /* DAYS_NOT_GIVEN without --days */
    const char *from;
    const char *to;
    bool discover;
    int match; /* enum match_rule */
    struct share part;
    int64_t min_age_ms;
    uint64_t min_objects;
    uint64_t max_source_bytes;
    bool skip_archived;
    bool manifest;
    bool delete_sources;
    bool allow_unconditional_delete;
    int changed; /* 0 fail, 1 new; CHOICE_NOT_GIVEN */
    int verify;  /* 0 head, 1 read; CHOICE_NOT_GIVEN */
    uint64_t target_bytes;
    int suffix_rule;
    bool overwrite;
    int newline;    /* 0 keep, 1 ensure */
    int csv_header; /* 0 keep, 1 once */
    int gzip_level; /* 0: members */
    int copy;       /* 0 auto, 1 never */
    int mode;
    int fan_out;
    uint64_t concurrency; /* 0: the default of the mode; or CONCURRENCY_AUTO */
    bool fail_fast;
    bool require_objects;
    bool dry_run;
    const char *prices; /* a file; NULL for what is built in */
    uint64_t memory_bytes;
    struct destination_options destination;
    struct connect_options connect;
    struct output_options output;
};

#define DAYS_NOT_GIVEN   UINT64_MAX
#define CONCURRENCY_AUTO UINT64_MAX
#define CHOICE_NOT_GIVEN (-1)

extern const struct cli_verb compact_verbs[]; /* ended by a NULL name */

void compact_options_init(struct compact_options *o);
/* Resolves options and `count` URIs, the last of which is the destination. `single` for the verb
 * `one`. STATUS_INVALID is a usage error. The job's selection is to be released. */
enum status compact_job(const struct compact_options *o, char *const *uris, int count, bool single,
                        struct wall now, struct job *job, struct error *err) MUST_USE;

/* For status, recover and verify, which take a destination alone; its partitions are read from its
 * log afterwards. */
enum status compact_log_job(const struct compact_options *o, enum safe_task task, const char *uri,
                            struct wall now, struct job *job, struct s3_uri *destination,
                            struct error *err) MUST_USE;

#endif
