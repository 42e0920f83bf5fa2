/* SPDX-License-Identifier: MIT */
/*
 * result - everything one run measured: settings, environment, raw samples, latencies. The summary
 * is derived from it (summary.h), so a stored result can be summarised and drawn again.
 *
 * Stored as JSON, schema "s3-bench/1": raw samples and summary. A field once published keeps its
 * meaning; a document of another schema is refused.
 *
 * Ownership: result_release frees samples and latencies. Threads: none of its own.
 */
#ifndef KIT_BENCH_RESULT_H
#define KIT_BENCH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/cell.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hist.h"

#define RESULT_SCHEMA     "s3-bench/1"
#define RESULT_JSON_MAX   (256u << 20)
#define RESULT_DAYS_MAX   36500
#define RESULT_ROUNDS_MAX 1000

/* One child run of one cell. */
struct sample {
    size_t cell;
    unsigned round;    /* from 1 */
    unsigned position; /* in its round, from 1 */
    double wall_s;     /* spawn to exit */
    double work_s;     /* inside the program, from its first request */
    double user_s;
    double system_s;
    uint64_t max_rss_bytes;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    uint64_t requests;
    uint64_t attempts;
    uint64_t retries;
    uint64_t connections_opened;
    uint64_t connections_reused;
};

/* Service times of one operation in one cell, all measured rounds together. */
struct latency_curve {
    size_t cell;
    char operation[32]; /* "GetObject" */
    struct hist service;
};

struct environment {
    char cpu_model[128];
    unsigned cores;
    uint64_t memory_bytes;
    char kernel[160];
    double load_average; /* of the last minute, before the run */
    char cgroup_cpu[64]; /* cpu.max; "" where there is no limit to read */
    char cgroup_memory[64];
    char kit_version[32];
    char libcurl_version[160];
    char openssl_version[80];
    char server_header[128]; /* what the endpoint calls itself; "" when it does not */
    double round_trip_ms;    /* median of a few HEAD requests of the bucket */
    char git_revision[64];   /* of the current directory; "" outside a work tree */
};

struct result_settings {
    char run[40];     /* "20240114T120000Z" */
    char started[32]; /* ISO 8601 */
    bool simulated;
    char profile[32];   /* of the embedded server; "" on a real endpoint */
    char endpoint[512]; /* URL */
    char command[1024]; /* as given, without the program's name */
    uint64_t seed;
    uint64_t rounds; /* asked for */
    int64_t budget_ms;
    uint64_t objects;
    uint64_t rows; /* an object; 0 with `object_bytes` */
    uint64_t object_bytes;
    uint64_t days;
    char from[16];
    char to[16];
    uint64_t dataset_bytes;
    char dataset_sha256[65]; /* of the generator's manifest */
};

struct result {
    struct result_settings settings;
    struct environment environment;
    struct cell_plan plan;
    uint64_t *partition_objects; /* objects of each date that has any */
    size_t partition_count;
    struct sample *samples; /* in the order they were taken */
    size_t sample_count;
    struct latency_curve *curves;
    size_t curve_count;
    char stopped[160]; /* why fewer rounds than asked for were run; "" when none are missing */
};

void result_init(struct result *r);
void result_release(struct result *r);

enum status result_add_sample(struct result *r, const struct sample *sample,
                              struct error *err) MUST_USE;
enum status result_add_partition(struct result *r, uint64_t objects, struct error *err) MUST_USE;
/* The curve of (cell, operation), made when there is none yet; NULL when memory ran out. */
struct latency_curve *result_curve(struct result *r, size_t cell, const char *operation);
/* The samples of a round that lacks cells are of no use to paired estimates: drops them. */
void result_drop_round(struct result *r, unsigned round);
/* Complete rounds. */
unsigned result_rounds(const struct result *r);
/* The sample of (cell, round), or NULL. */
const struct sample *result_sample(const struct result *r, size_t cell, unsigned round);

struct summary;
enum status result_to_json(const struct result *r, const struct summary *summary, struct buf *out,
                           struct error *err) MUST_USE;
/* The environment alone, with what tells where it was measured. */
enum status result_environment_json(const struct result *r, struct buf *out,
                                    struct error *err) MUST_USE;
/* Reads what result_to_json wrote; the summary in it is not needed. STATUS_INVALID names what is
 * wrong, first of all another schema. Release the result in either case. */
enum status result_from_json(struct result *r, const char *text, size_t len,
                             struct error *err) MUST_USE;

#endif
