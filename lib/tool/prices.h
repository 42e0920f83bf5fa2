/* SPDX-License-Identifier: MIT */
/*
 * prices - what an S3 service charges: one table of storage classes, built in or from a file.
 *
 *     {"region": "us-east-1", "date": "2025-10", "currency": "USD",
 *      "classes": {"STANDARD": {"storage_gb_month": 0.023, "write_per_1000": 0.005,
 *                               "read_per_1000": 0.0004, "retrieval_gb": 0,
 *                               "min_bytes": 0, "min_days": 0}, ...}}
 *
 * "write" are PUT, COPY, POST and LIST requests, "read" are GET and all others; deleting is free. A
 * gigabyte is 2^30 bytes, as it is billed. retrieval_gb, min_bytes and min_days may be left out; so
 * may every class but STANDARD. Anything that is not in the form above is refused.
 *
 * Transfer out of a region, encryption keys and monitoring fees are not in it.
 */
#ifndef KIT_TOOL_PRICES_H
#define KIT_TOOL_PRICES_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define PRICES_CLASSES_MAX   16
#define PRICES_NAME_MAX      63
#define PRICES_FILE_MAX      65536
#define PRICES_CONSENT_ABOVE 1.0 /* programs go on above it only with --yes */

struct price_class {
    char name[PRICES_NAME_MAX + 1];
    double storage_gb_month;
    double write_per_1000;
    double read_per_1000;
    double retrieval_gb;
    uint64_t min_bytes; /* an object is billed as if it had at least these */
    uint64_t min_days;  /* and as if it were kept so long */
};

struct prices {
    char region[PRICES_NAME_MAX + 1];
    char date[PRICES_NAME_MAX + 1];
    char currency[PRICES_NAME_MAX + 1];
    unsigned class_count;
    struct price_class classes[PRICES_CLASSES_MAX];
};

/* AWS, us-east-1, October 2025, first tier. */
const struct prices *prices_builtin(void);
enum status prices_parse(const char *text, size_t len, struct prices *out,
                         struct error *err) MUST_USE;
enum status prices_read(const char *path, struct prices *out, struct error *err) MUST_USE;

/* "" is STANDARD, as listings and replies leave it out. NULL when the table has no such class. */
const struct price_class *prices_class(const struct prices *p, const char *name);

double price_of_writes(const struct price_class *c, uint64_t requests);
double price_of_reads(const struct price_class *c, uint64_t requests);
double price_of_retrieval(const struct price_class *c, uint64_t bytes);
double price_of_month(const struct price_class *c, uint64_t billed_bytes);

/* "$1,234", "$12.35", "$0.0046", "under $0.0001"; with another currency "12.35 EUR". */
void price_append(struct buf *b, const struct prices *p, double amount);

#endif
