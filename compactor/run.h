/* SPDX-License-Identifier: MIT */
/*
 * run - drives the partitions of a job: who may send the next request.
 *
 * One rule for all shapes of a run (job_limits): partitions are worked on in order, so many at a
 * time; each may have so many requests in flight, and all together so many, or, where that is to
 * be found out, as many as pace says at the moment. Requests that later
 * work waits for (listings, looks, writes) go before reads of sources; reads go in join order.
 */
#ifndef KIT_COMPACTOR_RUN_H
#define KIT_COMPACTOR_RUN_H

#include <stdint.h>

#include "compactor/job.h"
#include "compactor/result.h"
#include "lib/tool/progress.h"

struct run_options {
    const struct job *job;
    struct s3_client *source;
    struct s3_client *destination; /* may be the same; on the same loop */
    struct progress *progress;     /* may be NULL */
    /* Called as each partition finishes, in any order. */
    void (*on_finished)(void *ctx, uint64_t index);
    void *ctx;
    int (*interrupted)(void); /* non-zero once the run is to stop */
};

struct run_summary {
    struct partition_result *results; /* one a partition, in order; run_summary_release frees */
    uint64_t count;
    uint64_t by_status[PARTITION_FAILED + 1];
    uint64_t objects; /* joined into outputs that this run wrote */
    uint64_t bytes;
    uint64_t outputs;        /* written */
    uint64_t copied_bytes;   /* of them, by the server */
    uint64_t copies_refused; /* outputs that were read, although sources could be copied */
    uint64_t deleted;        /* sources */
    bool interrupted;
    uint64_t parts_peak_bytes;
    unsigned in_flight;      /* allowed at the end */
    unsigned in_flight_max;  /* allowed at any time */
    unsigned in_flight_seen; /* of both clients together */
    double rate_per_s;       /* to which the server's refusals led; 0: none */
    struct cost_facts cost;  /* of a dry run */
};

/* STATUS_OK also when partitions failed: `summary` tells. Fails only where nothing could go on. */
enum status run_job(const struct run_options *options, struct run_summary *summary,
                    struct error *err) MUST_USE;
void run_summary_release(struct run_summary *s);

#endif
