/* SPDX-License-Identifier: MIT */
/*
 * job - what a run was asked to do, resolved; and what it shares among its partitions.
 */
#ifndef KIT_COMPACTOR_JOB_H
#define KIT_COMPACTOR_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/budget.h"
#include "compactor/cost.h"
#include "compactor/naming.h"
#include "compactor/selection.h"
#include "compactor/shape.h"
#include "lib/base/hash.h"
#include "lib/s3/client.h"
#include "lib/s3/object.h"

#define TOKEN_HEX_SIZE 33 /* 128 random bits and NUL */

enum run_mode { MODE_SEQUENTIAL, MODE_PARALLEL };
enum fan_out { FAN_OUT_OBJECTS, FAN_OUT_PARTITIONS };

/* What the crash-safe mode is for. */
enum safe_task {
    SAFE_TASK_COMPACT,
    SAFE_TASK_RECOVER, /* bring what is unfinished to its end, begin nothing */
    SAFE_TASK_STATUS,  /* look only */
    SAFE_TASK_VERIFY,  /* read outputs, write nothing */
};

/* See docs/crash-safety.md. */
struct safe_options {
    bool enabled; /* --manifest, or what implies it */
    enum safe_task task;
    bool deletes;          /* --delete-sources */
    bool read_back;        /* --verify read */
    bool changed_new;      /* --changed new */
    bool unconditional;    /* --allow-unconditional-delete */
    uint64_t target_bytes; /* 0: none */
};

struct job {
    struct selection selection;
    struct safe_options safe;
    enum run_mode mode;
    enum fan_out fan_out;
    unsigned concurrency; /* requests in flight at the most */
    bool adaptive;        /* how many really, pace finds out */
    enum suffix_rule suffix_rule;
    struct shape shape;
    bool copy; /* large sources are copied by the server where that works */
    bool overwrite;
    bool fail_fast;
    bool require_objects;
    bool dry_run;
    bool skip_archived;
    int64_t min_age_s; /* leave partitions whose newest object is younger; 0 for none */
    uint64_t min_objects;
    uint64_t max_source_bytes; /* leave larger objects alone; 0 for no limit */
    struct s3_keeping keeping; /* of outputs */
    const char *content_type;  /* of outputs; NULL: their sources' */
    struct prices prices;      /* of a dry run */
    int64_t now_unix_s;
    uint64_t memory_bytes;
};

/* How the three shapes of a run differ: three numbers. */
struct job_limits {
    unsigned in_flight;  /* requests, over all partitions */
    unsigned partitions; /* worked on at a time */
    unsigned in_flight_per_partition;
};
struct job_limits job_limits(const struct job *job);

/* Shared by the partitions of a run; outlives them. */
struct shared {
    const struct job *job;
    struct s3_client *source;
    struct s3_client *destination; /* the same, unless it is reached in another way */
    struct budget budget;
    struct hash *hash;          /* SHA-256, for digests */
    char token[TOKEN_HEX_SIZE]; /* new for every process */
    bool stopping;              /* a signal or --fail-fast: begin nothing new */
    bool no_upload_checksums;   /* the destination refused them */
    uint64_t copies_refused;    /* outputs that were read, although sources could be copied */
    bool busy;                  /* work is left that waits for no reply */
    unsigned window;            /* pieces placed and not settled, an output */
    uint64_t objects_listed;    /* for progress */
    uint64_t bytes_listed;
    uint64_t objects_done;
    uint64_t bytes_done;
    struct cost_facts cost; /* of a dry run */
};

/* One partition's share of the requests in flight, and its first failure. */
struct lane {
    struct shared *shared;
    unsigned in_flight;
    bool failed;
    struct error error;
};

/* What an attempt to issue one request came to. */
enum issue {
    ISSUE_SENT,    /* one request was sent */
    ISSUE_NOTHING, /* nothing to send before a reply arrives */
    ISSUE_BLOCKED, /* there is a piece to get, but no memory for it now */
};

/* Records the first failure. `side` is "source", "destination" or NULL. */
void lane_fail(struct lane *lane, const char *side, const struct error *error);
/* Counts a request that was sent; a failure to send is the lane's failure. Returns SENT or NOTHING. */
enum issue lane_sent(struct lane *lane, const char *side, enum status status,
                     const struct error *error);

#endif
