/* SPDX-License-Identifier: MIT */
/*
 * cost - what compaction costs and what it saves: facts that a dry run gathers, and the sums made
 * of them. Pure.
 *
 * Storage is compared as it is billed: classes with a minimum size charge it for every small
 * object. Reading is compared too, since a class without a minimum bills the same bytes whatever
 * they are in, and then only requests can be saved. Readers are taken to fetch ranges of
 * COST_RANGE_BYTES.
 */
#ifndef KIT_COMPACTOR_COST_H
#define KIT_COMPACTOR_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tool/prices.h"

#define COST_CLASSES_MAX 8
#define COST_RANGE_BYTES (UINT64_C(8) << 20)

/* Objects by storage class. */
struct cost_pile {
    const struct price_class *class;
    uint64_t objects;
    uint64_t bytes;
    uint64_t billed_bytes;
    uint64_t ranges; /* requests that reading them all takes */
};
struct cost_stock {
    unsigned count;
    struct cost_pile piles[COST_CLASSES_MAX];
    char unpriced[PRICES_NAME_MAX +
                  1]; /* a class that has no price, or no place here; "" for none */
};
void cost_stock_add(struct cost_stock *s, const struct prices *prices, const char *class_name,
                    uint64_t size);
void cost_stock_merge(struct cost_stock *into, const struct cost_stock *from);

struct cost_requests {
    uint64_t lists;
    uint64_t heads;
    uint64_t gets;
    uint64_t puts;
    uint64_t creates;
    uint64_t parts;
    uint64_t copies; /* UploadPartCopy */
    uint64_t completes;
};

/* Adds what one output takes: `pieces` are read or copied into `parts`. */
void cost_requests_of_plan(struct cost_requests *r, uint64_t pieces, uint64_t copies,
                           uint64_t parts);

struct cost_facts {
    struct cost_stock sources;  /* of all partitions looked at */
    struct cost_stock fetched;  /* those that are to be read */
    struct cost_stock existing; /* outputs that are there now */
    struct cost_stock outputs;  /* as they are to be, those that are unchanged too */
    struct cost_requests requests;
};

struct cost {
    double once; /* requests and retrieval of the compaction itself */
    double month_now;
    double month_kept;    /* with the outputs, sources kept */
    double month_deleted; /* with the outputs, sources deleted */
    double read_sources;  /* all of them, once */
    double read_outputs;
    bool saves;          /* anything, once the sources are deleted */
    double months;       /* until storage saved has paid for it; negative: never */
    uint64_t full_reads; /* until requests saved have paid for it; 0: never */
};

/* `write_class` is that of new outputs. STATUS_INVALID names a class that has no price. */
enum status cost_compute(const struct cost_facts *facts, const struct prices *prices,
                         const char *write_class, struct cost *out, struct error *err) MUST_USE;

#endif
