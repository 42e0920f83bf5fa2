/* SPDX-License-Identifier: MIT */
/*
 * campaign - one `s3-bench run`: its options, its endpoint, its dataset, and what it measures.
 *
 *     open endpoint -> seed dataset -> warm-up round -> measured rounds -> results -> clean up
 *
 * Everything it writes lies under a run prefix of its own (in the embedded server: in buckets of its
 * own). In a real bucket a marker (marker.h) is written before all else; deleted are only keys that
 * the run's manifest and the compactor's naming rule give, and only while the marker is there.
 */
#ifndef KIT_BENCH_CAMPAIGN_H
#define KIT_BENCH_CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/file.h"
#include "bench/result.h"
#include "bench/server/server.h"
#include "generator/manifest.h"
#include "lib/s3/uri.h"
#include "lib/tool/connect.h"

struct run_options {
    const char *profile; /* --latency */
    uint64_t objects;
    uint64_t rows;
    uint64_t days;
    const char *concurrency;
    const char *fan_out;
    uint64_t rounds;
    int64_t budget_ms;
    uint64_t seed;
    const char *out;
    bool yes;
    struct connect_options connect;
    struct output_options output;
};

/* What a date's output must be. */
struct expectation {
    char date[MANIFEST_DATE_MAX];
    uint64_t bytes;
    uint8_t sha256[SHA256_SIZE];
};

struct campaign {
    const struct run_options *options;
    struct log *log;
    struct result *result;
    char directory[FILE_PATH_MAX]; /* results */
    char manifest[FILE_PATH_MAX];
    char programs[FILE_PATH_MAX]; /* where s3-generate and s3-compact are */
    struct s3_server *server;     /* NULL on a real endpoint */
    char access_key_id[33];       /* of the embedded server */
    char secret_access_key[65];
    struct s3_uri target;        /* bucket and prefix of a real endpoint; prefix ends in '/' */
    char prefix[S3_KEY_MAX + 1]; /* of this run, within the bucket */
    bool marked;                 /* the marker is there, and may be more: campaign_clean has work */
    struct connection connection;
    struct expectation *expected;
    size_t expected_count;
};

/* Starts the embedded server (`target` NULL) or connects to the endpoint. */
enum status campaign_open(struct campaign *c, const char *target, struct error *err) MUST_USE;
/* Has s3-generate write the manifest, marks the prefix in a real bucket, then uploads the dataset. */
enum status campaign_seed(struct campaign *c, struct error *err) MUST_USE;
/* Runs one cell of one round as a child process, compares what it wrote with the manifest, and
 * adds a sample (not of round 0, the warm-up). STATUS_CANCELLED when a signal came. */
enum status campaign_run_cell(struct campaign *c, size_t cell, unsigned round, unsigned position,
                              struct error *err) MUST_USE;
/* Deletes what this run wrote into a real bucket. */
enum status campaign_clean(struct campaign *c, struct error *err) MUST_USE;
void campaign_close(struct campaign *c);

/* Where a cell's outputs go: bucket and prefix. */
void campaign_destination(const struct campaign *c, size_t cell, struct s3_uri *out);
/* Reads each output back and holds it against the manifest; `document` is s3-compact's JSON. */
struct json_t;
enum status verify_outputs(struct campaign *c, size_t cell, const struct json_t *document,
                           struct error *err) MUST_USE;

#endif
