/* SPDX-License-Identifier: MIT */
/*
 * csv_header - the header line of CSV sources: kept of the first, dropped from the others where it
 * is the same, and an error where it is not.
 *
 *     csv_header_next_source(&c);
 *     while there is content:  n = bytes to look at;  csv_header_take(&c, data, len, &taken, &keep)
 *     csv_header_end_source(&c)
 *
 * A header ends at the first line break outside double quotes, or with its source. Its line break
 * (\n or \r\n) and a byte order mark before it do not count when headers are compared.
 * Limit: a line of `max` bytes.
 */
#ifndef KIT_COMPACTOR_CSV_HEADER_H
#define KIT_COMPACTOR_CSV_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

struct csv_header {
    struct buf header; /* the first source's, without line break and byte order mark */
    struct buf line;   /* the current source's first line, as far as it has come */
    bool known;
    bool in_header; /* the current source's first line is not over */
    bool quoted;
    uint64_t dropped;
};

void csv_header_init(struct csv_header *c, size_t max);
void csv_header_release(struct csv_header *c);
void csv_header_next_source(struct csv_header *c);
/* Takes the next bytes of the current source, as far as they go the same way: `*taken` of them are
 * kept or dropped as `*keep` says. STATUS_PROTOCOL: another header, or none within `max` bytes. */
enum status csv_header_take(struct csv_header *c, const uint8_t *data, size_t len, size_t *taken,
                            bool *keep, struct error *err) MUST_USE;
/* The source is over; a line without a line break was its header too. */
enum status csv_header_end_source(struct csv_header *c, struct error *err) MUST_USE;

#endif
