/* SPDX-License-Identifier: MIT */
/* report - what a run would cost, and what it did: as text for people and as one JSON document. */
#ifndef KIT_GENERATOR_REPORT_H
#define KIT_GENERATOR_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "generator/dataset.h"
#include "generator/options.h"
#include "lib/base/buf.h"
#include "lib/s3/http/counters.h"

#define REPORT_SCHEMA "s3-generate-result/1"

struct estimate {
    uint64_t requests;
    uint64_t bytes;
    double cost_usd;
    double seconds;
};
/* The price of PUTs as prices.h has it, and AWS's usual time for one. */
struct estimate estimate_upload(const struct generate_options *o, const struct dataset *d);
/* "20,000 requests, 205 MB, about $0.1000 and 44 s" */
void estimate_append(const struct estimate *e, struct buf *out);

struct outcome {
    const struct generate_options *options;
    const struct dataset *dataset;
    uint64_t objects; /* stored */
    uint64_t bytes;
    double seconds;
    const struct s3_counters *counters; /* NULL when nothing was sent */
    const struct error *error;          /* NULL when all went well */
};
void report_text(const struct outcome *r, struct buf *out);
void report_json(const struct outcome *r, struct buf *out);
/* "--seed 7 --from 2024-01-01 --to 2024-01-30": what makes the same objects another day. */
void report_same_again(const struct dataset *d, struct buf *out);

#endif
