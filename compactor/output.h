/* SPDX-License-Identifier: MIT */
/*
 * output - makes one output object: gets its sources, joins them, writes it whole.
 *
 * One part: a single PUT. More: a multipart upload whose parts go as they are settled, completed
 * only when every source has been read and a second listing, if there was one, has agreed. Nothing
 * is visible under the key before that. On failure an open upload is aborted; when a reply was
 * lost, a HEAD that shows this run's token settles what happened.
 *
 * Driven by its partition: output_issue_control and output_issue_fetch send one request each.
 */
#ifndef KIT_COMPACTOR_OUTPUT_H
#define KIT_COMPACTOR_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "compactor/census.h"
#include "compactor/feed.h"
#include "compactor/job.h"
#include "lib/s3/multipart.h"

/* What an output of the crash-safe mode has besides; see docs/crash-safety.md. */
struct output_commit {
    const char *manifest; /* hexadecimal digest; goes into the metadata and the sum record */
    const char *sum_key;  /* the sum record is written here before the output is */
};

struct output_spec {
    struct lane *lane;
    struct supply supply;      /* for this output alone */
    const struct group *group; /* outlives the output */
    const struct shape *shape; /* likewise */
    const char *key;           /* copied */
    bool create_only;          /* there was no such object: If-None-Match: * */
    /* With quotes, outlives the output: If-Match, so that only what was looked at is replaced, and
     * not what another run made of more sources since. NULL: whatever is there. */
    const char *replaces;
    /* NULL in plain mode; outlives the output. With it, a deciding write that was not plainly
     * accepted leaves the output in doubt, for its owner to look what stands there. */
    const struct output_commit *commit;
};

struct output_facts {
    char key[S3_KEY_MAX + 1];
    uint64_t bytes;
    char etag[S3_ETAG_MAX];
    char sha256[SHA256_HEX_SIZE];
    uint64_t missing_newlines; /* counted, not added; only of plain text */
    uint64_t headers_dropped;
    uint64_t differing_types; /* sources whose Content-Type or -Encoding is not the first's */
    uint64_t copied_sources;  /* by the server */
    uint64_t copied_bytes;
    char copy_refusal[S3_CODE_MAX]; /* why nothing was copied, although it might have been; or "" */
    bool verified;                  /* against the checksums of copied sources */
    bool encoding_dropped;          /* gzip, over several members */
};

struct output;

enum status output_new(const struct output_spec *options, struct output **out,
                       struct error *err) MUST_USE;
void output_free(struct output *o); /* nothing may be in flight */

enum issue output_issue_control(struct output *o);
enum issue output_issue_fetch(struct output *o);

/* The object is in place. */
bool output_is_written(const struct output *o);
/* Only with a commit: the deciding write ended in `doubt`, and its upload may still be open. */
bool output_is_in_doubt(const struct output *o, const struct error **doubt);
/* The lane failed because a source was gone or was another object by now. */
bool output_lost_source(const struct output *o);
/* After the lane failed: nothing is left to abort. */
bool output_is_cleaned(const struct output *o);
void output_facts(const struct output *o, struct output_facts *out);

#endif
