/* SPDX-License-Identifier: MIT */
/*
 * census - what a listing says of a partition, before anything is fetched: its suffix groups, and
 * for each the record its output would carry and the pieces and parts it takes.
 */
#ifndef KIT_COMPACTOR_CENSUS_H
#define KIT_COMPACTOR_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/cost.h"
#include "compactor/decision.h"
#include "compactor/entries.h"
#include "compactor/naming.h"
#include "compactor/plan.h"
#include "compactor/shape.h"
#include "lib/s3/list.h"

#define GROUPS_MAX 16

/* Objects that are listed and not joined. */
struct left_out {
    uint64_t objects;
    uint64_t bytes;
};

/* The first piece that would be copied. */
struct first_copy {
    char key[S3_KEY_MAX + 1];
    char etag[S3_ETAG_MAX];
    unsigned source; /* whose bucket it is in */
    struct plan_piece piece;
};

struct group {
    char suffix[NAMING_SUFFIX_MAX + 1];
    struct record record;
    struct left_out archived;
    struct digest archived_digest;
    struct cost_stock stock; /* with prices only */
    struct plan plan;        /* run over the listing, for its counts */
    struct plan copying;     /* likewise, with large sources copied by the server */
    struct first_copy first_copy;
    uint64_t nonempty; /* sources with bytes */
    /* Of the second look, once the existing output's record is known. */
    int64_t subset_newest_unix_s;
    struct digest subset;
};

struct census_options {
    enum suffix_rule rule;
    const struct shape *shape;   /* not owned */
    uint64_t max_source_bytes;   /* larger objects are left alone; 0 for no limit */
    struct hash *hash;           /* not owned */
    const struct prices *prices; /* NULL: nothing is priced */
};

struct census {
    struct census_options options;
    unsigned count;
    struct group groups[GROUPS_MAX];
    uint64_t sources; /* to be joined */
    uint64_t bytes;
    int64_t newest_unix_s; /* of all objects, also those left out; INT64_MIN for none */
    struct left_out large; /* above max_source_bytes */
    struct left_out archived;
    char archived_key[S3_KEY_MAX + 1]; /* the first one */
    char archived_class[32];
};

/* Whether copying has something to copy and stays within S3's limits: a matter of sizes alone, so
 * that it is the same for the same listing. Otherwise everything is read. */
bool group_copies(const struct group *g, const struct shape *shape);

void census_init(struct census *c, const struct census_options *options);

/* What a listed key is. */
enum census_kind {
    CENSUS_NOTHING, /* a folder marker or a common prefix */
    CENSUS_LARGE,   /* above max_source_bytes */
    CENSUS_ARCHIVED,
    CENSUS_SOURCE,
};
enum census_kind census_kind(const struct census *c, const struct s3_list_entry *listed);
/* Turns a listed object into an entry with its group, which is made when new. STATUS_LIMIT when a
 * partition mixes more than GROUPS_MAX suffixes, STATUS_INVALID for one too short to be the gzip
 * whose newline is to be ensured. */
enum status census_entry(struct census *c, const struct s3_list_entry *listed, unsigned source,
                         struct entry *out, struct error *err) MUST_USE;
/* Counts what is listed and not joined: CENSUS_LARGE and CENSUS_ARCHIVED. */
enum status census_leave_out(struct census *c, enum census_kind kind,
                             const struct s3_list_entry *listed, unsigned source,
                             struct error *err) MUST_USE;
/* Counts an entry into its group. STATUS_LIMIT when its output would take more parts than S3 has. */
enum status census_add(struct census *c, const struct entry *entry, struct error *err) MUST_USE;
/* Counts it among what is stored, where there are prices. */
void census_price(struct census *c, const struct entry *entry, const char *storage_class);
/* Counts an entry into its group's subset if it is no newer than subset_newest_unix_s. */
void census_add_subset(struct census *c, const struct entry *entry);

#endif
