/* SPDX-License-Identifier: MIT */
/*
 * decision - whether an output is written: never less than before. Pure.
 *
 * Every output carries what it was made of as metadata. A listing is held against that record
 * before the first GET; see the table in decision.c.
 */
#ifndef KIT_COMPACTOR_DECISION_H
#define KIT_COMPACTOR_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/digest.h"

/* User metadata names, after "x-amz-meta-". */
#define RECORD_SOURCES "s3ck-sources"
#define RECORD_BYTES   "s3ck-bytes"
#define RECORD_NEWEST  "s3ck-newest"
#define RECORD_DIGEST  "s3ck-digest"
#define RECORD_NEWLINE "s3ck-newline"
#define RECORD_TOKEN   "s3ck-token"
#define RECORD_MAX     "s3ck-max-source" /* absent without --max-source-size */
#define RECORD_CSV     "s3ck-csv-header" /* "once", or absent */
#define RECORD_GZIP    "s3ck-gzip"       /* "recompress", or absent */
/* Only in the crash-safe mode. */
#define RECORD_MANIFEST  "s3ck-manifest"
#define RECORD_TOMBSTONE "s3ck-tombstone"

/* What an output is, or would be, made of. */
struct record {
    uint64_t sources;
    uint64_t bytes; /* of the sources */
    int64_t newest_unix_s;
    struct digest digest;
    bool newline_ensured;
    bool csv_header_once;
    bool gzip_recompressed;
    uint64_t max_source_bytes; /* larger objects were left out; 0: none were */
};

enum decision {
    DECISION_CREATE,         /* there is no output yet */
    DECISION_UNCHANGED,      /* made of just these sources */
    DECISION_REPLACE,        /* the same and newer ones: write the fuller output */
    DECISION_REFUSE_FOREIGN, /* an object without our record */
    DECISION_REFUSE_LESS,    /* some of its sources are gone or changed */
    DECISION_REFUSE_OPTIONS, /* the same sources, joined with other options */
    DECISION_REFUSE_MAXIMUM, /* other sources, and another --max-source-size */
    DECISION_NOTHING,        /* all its sources are archived and left out */
};

/* `existing` is NULL where there is no object; `ours` false where it has no record. `subset` is the
 * digest of those listed sources that are no newer than existing->newest_unix_s. */
struct decision_input {
    const struct record *listed;
    bool exists;
    bool ours;
    const struct record *existing;
    const struct digest *subset;
};
enum decision decision_make(const struct decision_input *in);
bool decision_refuses(enum decision d);
/* Why, for people: "was made of sources that are gone or changed since". */
const char *decision_reason(enum decision d);

#endif
