/* SPDX-License-Identifier: MIT */
/*
 * discover - the dates that a bucket has, found by listing along the fields of the date format.
 *
 * With "%Y/%m/%d" the years are listed, then the months of each, then the days: with a delimiter,
 * so that no object is ever seen. With --match prefix the last part of a format names keys rather
 * than folders; there each date that is seen is jumped over, one page a date.
 *
 * Whatever does not read as a date is passed over, and so is a destination that lies under a
 * source. What is kept is a date each, and the folders that wait for their turn; both are limited
 * by SELECTION_MAX, however many keys there are.
 */
#ifndef KIT_COMPACTOR_DISCOVER_H
#define KIT_COMPACTOR_DISCOVER_H

#include "compactor/selection.h"
#include "lib/s3/client.h"

struct discover_options {
    struct s3_client *client;
    unsigned concurrency; /* listings at a time */
    int (*interrupted)(void);
};

/* Finds the dates of a selection made with `discover`, and sets them. STATUS_CANCELLED when
 * interrupted. */
enum status discover_dates(const struct discover_options *options, struct selection *selection,
                           struct error *err) MUST_USE;

#endif
