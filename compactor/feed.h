/* SPDX-License-Identifier: MIT */
/*
 * feed - the entries of a partition, one after another, wherever they are: kept from the listing,
 * or, where they were more than memory allows, listed again page by page as they are consumed.
 *
 * A second listing must give the first one's count and digest; feed_next fails otherwise. At most
 * one page is in flight. The feed of a partition is rewound for each output and filtered by group.
 */
#ifndef KIT_COMPACTOR_FEED_H
#define KIT_COMPACTOR_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/census.h"
#include "compactor/entries.h"
#include "compactor/job.h"
#include "compactor/sources.h"

enum feed_state {
    FEED_ENTRY, /* *entry was filled */
    FEED_WAIT,  /* a page is needed or under way: feed_issue */
    FEED_END,   /* no more; a second listing has been checked */
    FEED_FAILED /* the lane has the error */
};

/* Entries for one output, from wherever they come. */
struct supply {
    enum feed_state (*next)(void *ctx, const struct entry **entry);
    void *ctx;
};

struct feed {
    struct lane *lane;
    struct census *census;
    struct entries *entries;
    struct entries_reader reader;
    struct entry entry;            /* the reader's */
    struct sources sources_listed; /* with listing_again */
    bool listing_again;
    bool page_in_flight;
    uint64_t sources; /* of all groups, seen by this pass */
    struct digest digest;
};

/* Starts a pass over the whole partition. `entries` holds it all, or with `listing_again` nothing. */
void feed_start(struct feed *f, struct lane *lane, struct census *census, struct entries *entries,
                bool listing_again, const struct partition_name *name);
/* The next entry of `group`, or of any when negative; valid until the next call. */
enum feed_state feed_next(struct feed *f, int group, const struct entry **entry);
/* Sends the next page's request where one is due. */
enum issue feed_issue(struct feed *f);

#endif
