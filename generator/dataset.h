/* SPDX-License-Identifier: MIT */
/*
 * dataset - what is to be generated, and where each file goes: pure functions of a specification.
 *
 * A file has an index from 0. Its date and key depend on (seed, index, date range, date format)
 * alone, through integer arithmetic, so they are the same on every machine and in any order:
 *
 *     key = prefix + DATE + "/test_data_" + index + ".json"
 *
 * Files spread uniformly at random over the days of the range (with %H in the format, over its
 * hours). The algorithm is pinned by DATASET_ALGORITHM: a change of any byte or key raises it.
 *
 * Threads: everything here is immutable after it was made.
 */
#ifndef KIT_GENERATOR_DATASET_H
#define KIT_GENERATOR_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/date.h"
#include "lib/base/error.h"

#define DATASET_ALGORITHM   1
#define DATASET_DATE_FORMAT "%Y/%m/%d"
/* Exact in every JSON reader: 2^53 - 1. */
#define DATASET_SEED_MAX  ((UINT64_C(1) << 53) - 1)
#define DATASET_FILES_MAX UINT64_C(100000000)
#define DATASET_ROWS_MAX  UINT64_C(1000000000)
#define DATASET_DAYS_MAX  36500u
#define DATASET_KEY_MAX   1024 /* bytes, S3's own limit */
#define DATASET_DATE_MAX  256  /* bytes of a date written in any accepted format, with its NUL */

struct dataset {
    uint64_t seed;
    uint64_t files;
    uint64_t rows;           /* of each file */
    const char *prefix;      /* "" or, as a rule, something with a final slash */
    const char *date_format; /* ignored for the reference shape */
    struct civil_hour from;  /* first and last day; ignored for the reference shape */
    struct civil_hour to;
    bool reference; /* the original sample's shape: 2023, days 1 to 28 of every month */
};

/* Checks everything at once: ranges, the format, that no two dates of the range are written alike,
 * that keys fit into DATASET_KEY_MAX. STATUS_INVALID names the offending value. */
enum status dataset_check(const struct dataset *d, struct error *err) MUST_USE;
/* Sets range and format to those of the reference shape, so that they are recorded as used. */
void dataset_make_reference(struct dataset *d);

/* Start of the period (day, hour, month ... as the format has it) that file `index` belongs to. */
struct civil_hour dataset_date(const struct dataset *d, uint64_t index);
/* 64 bits that everything else about file `index` is drawn from. */
uint64_t dataset_file_state(const struct dataset *d, uint64_t index);
bool dataset_has_hours(const struct dataset *d);

/* "2024/01/14" */
void dataset_append_date(const struct dataset *d, struct civil_hour date, struct buf *out);
/* prefix + DATE + "/" */
void dataset_append_partition(const struct dataset *d, struct civil_hour date, struct buf *out);
/* "test_data_17.json" */
void dataset_append_name(uint64_t index, struct buf *out);
void dataset_append_key(const struct dataset *d, uint64_t index, struct buf *out);

/*
 * All files in the order (date, key): the dates ascend, and within a date the keys ascend in raw
 * bytes, which puts test_data_10 before test_data_2. It is the order in which a compactor joins,
 * so digests of a date's concatenation can be computed as the files stream past.
 */
struct dataset_period {
    struct civil_hour date;
    uint64_t first; /* place in `index` */
    uint64_t count; /* at least 1 */
};
struct dataset_order {
    uint32_t *index; /* of every file */
    uint64_t count;
    struct dataset_period *periods; /* those that have files */
    size_t period_count;
};
/* `d` must have passed dataset_check. Four bytes a file. */
enum status dataset_order_init(struct dataset_order *o, const struct dataset *d,
                               struct error *err) MUST_USE;
void dataset_order_release(struct dataset_order *o);

#endif
