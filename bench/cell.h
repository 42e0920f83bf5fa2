/* SPDX-License-Identifier: MIT */
/*
 * cell - what a benchmark compares: one way to compact the dataset, of a mode and a width.
 *
 * Every plan holds the base case (one request in flight), the base case a second time (what differs
 * between the two is noise) and 100 partitions at once, each in sequence inside, which is how a
 * fan-out of serverless functions does it. The rest is the grid that the user asked for.
 *
 * Pure; plain data.
 */
#ifndef KIT_BENCH_CELL_H
#define KIT_BENCH_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

#define CELLS_MAX           64
#define CELL_NAME_MAX       32
#define CELL_CONCURRENCY    16   /* widths a list may name */
#define CELL_WIDTH_MAX      4096 /* what s3-compact takes */
#define CELL_PARTITIONS_MAX 1024 /* the same for whole partitions */
#define CELL_DESIGN_WIDTH   100  /* partitions at once of the design people run today */

enum cell_mode { CELL_SEQUENTIAL, CELL_OBJECTS, CELL_PARTITIONS };
enum cell_role { CELL_BASE, CELL_CONTROL, CELL_GRID };

struct cell {
    char name[CELL_NAME_MAX]; /* "objects-64": in files, prefixes and buckets */
    enum cell_mode mode;
    enum cell_role role;
    unsigned concurrency;
};

struct cell_plan {
    struct cell cells[CELLS_MAX]; /* [0] is the base, [1] its control */
    size_t count;
    size_t headline; /* the cell whose speedup is the result, named before the run */
};

/* `concurrency` is "1,4,16,64", `fan_out` "objects,partitions" or one of them. A cell is made once,
 * however often it is named. STATUS_INVALID names the part of the list that is wrong. */
enum status cell_plan_init(struct cell_plan *out, const char *concurrency, const char *fan_out,
                           struct error *err) MUST_USE;

const char *cell_mode_name(enum cell_mode mode); /* "sequential", "objects", "partitions" */
bool cell_mode_find(const char *name, enum cell_mode *out);
const char *cell_role_name(enum cell_role role); /* "base", "control", "grid" */
bool cell_role_find(const char *name, enum cell_role *out);

#endif
