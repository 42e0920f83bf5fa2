/* SPDX-License-Identifier: MIT */
/*
 * result - what became of each partition, for the report. Plain data, kept until the end of a run.
 */
#ifndef KIT_COMPACTOR_RESULT_H
#define KIT_COMPACTOR_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compactor/decision.h"
#include "compactor/output.h"
#include "compactor/safe/generation.h"
#include "lib/base/error.h"

enum partition_status {
    PARTITION_PENDING, /* not begun, or stopped before its end */
    PARTITION_EMPTY,
    PARTITION_COMPACTED,
    PARTITION_UNCHANGED, /* every output already is what it would be */
    PARTITION_PLANNED,   /* --dry-run: something would be written */
    PARTITION_SKIPPED,   /* left alone as asked; `reason` says why */
    PARTITION_FAILED,
};
const char *partition_status_name(enum partition_status s); /* "compacted" */

struct result_output {
    char *key;
    bool written; /* by this run; otherwise unchanged or, with --dry-run, planned */
    enum decision decision;
    uint64_t sources;
    uint64_t source_bytes;
    uint64_t bytes;
    char etag[S3_ETAG_MAX];       /* "" when not known */
    char sha256[SHA256_HEX_SIZE]; /* "" when not known */
    uint64_t copied_sources;      /* by the server */
    uint64_t copied_bytes;
    bool verified;            /* the whole of it, against checksums of what was copied */
    uint64_t headers_dropped; /* with --csv-header once */
    uint64_t gets;            /* requests it takes */
    unsigned parts;
    /* Of the crash-safe mode. */
    unsigned generation; /* 0 in plain mode */
    const char *state;   /* of generation_state_name; NULL in plain mode */
    enum output_seen seen;
    bool read_back;   /* by this run */
    uint64_t deleted; /* sources, by this run */
};

struct partition_result {
    char date[16]; /* "" for a single partition */
    char *source_prefix;
    enum partition_status status;
    uint64_t sources;
    uint64_t source_bytes;
    struct result_output *outputs;
    unsigned output_count;
    char **warnings;
    unsigned warning_count;
    struct left_out large; /* objects that stayed as they are */
    struct left_out archived;
    char *reason;
    char *error;
    /* Of the crash-safe mode, by this run. */
    uint64_t deleted;         /* sources */
    uint64_t kept_newer;      /* sources not deleted, because they changed since */
    uint64_t rewritten;       /* listed sources that were written again with the same bytes */
    uint64_t uploads_aborted; /* left by runs that died */
};

/* Adds a zeroed output, or NULL when memory ran out. `key` is copied. */
struct result_output *result_add_output(struct partition_result *r, const char *key);
/* Silently dropped when memory runs out: a warning is never worth a failure. */
void result_warn(struct partition_result *r, const char *format, ...) PRINTF_LIKE(2, 3);
void result_skip(struct partition_result *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* What was noticed while an output was joined. */
void result_warn_output(struct partition_result *r, const struct output_facts *facts,
                        uint64_t sources);
void result_fail(struct partition_result *r, const struct error *error);
void result_release(struct partition_result *r);

#endif
