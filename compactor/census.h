/* SPDX-License-Identifier: MIT */
/*
 * census - what a listing says of a partition, before anything is fetched: its suffix groups, and
 * for each the record its output would carry and the pieces and parts it takes.
 */
#ifndef KIT_COMPACTOR_CENSUS_H
#define KIT_COMPACTOR_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/decision.h"
#include "compactor/entries.h"
#include "compactor/naming.h"
#include "compactor/plan.h"
#include "lib/s3/list.h"

#define GROUPS_MAX 16

struct group {
    char suffix[NAMING_SUFFIX_MAX + 1];
    struct record record;
    struct plan plan;  /* run over the listing, for its counts */
    uint64_t nonempty; /* sources with bytes */
    /* Of the second look, once the existing output's record is known. */
    int64_t subset_newest_unix_s;
    struct digest subset;
};

struct census {
    enum suffix_rule rule;
    struct hash *hash; /* not owned */
    bool newline_ensure;
    unsigned count;
    struct group groups[GROUPS_MAX];
    uint64_t sources;
    uint64_t bytes;
};

void census_init(struct census *c, enum suffix_rule rule, bool newline_ensure, struct hash *hash);

/* Whether a listed key is a source at all: folder markers and common prefixes are not. */
bool census_is_source(const struct s3_list_entry *listed);
/* Turns a listed source into an entry with its group, which is made when new. STATUS_LIMIT when a
 * partition mixes more than GROUPS_MAX suffixes, STATUS_PRECONDITION for an archived source,
 * STATUS_INVALID for one too short to be the gzip whose newline is to be ensured. */
enum status census_entry(struct census *c, const struct s3_list_entry *listed, struct entry *out,
                         struct error *err) MUST_USE;
/* Counts an entry into its group. STATUS_LIMIT when its output would take more parts than S3 has. */
enum status census_add(struct census *c, const struct entry *entry, struct error *err) MUST_USE;
/* Counts an entry into its group's subset if it is no newer than subset_newest_unix_s. */
void census_add_subset(struct census *c, const struct entry *entry);

#endif
