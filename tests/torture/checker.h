/* SPDX-License-Identifier: MIT */
/*
 * checker - judges what a server holds after compactions, killed ones and others, by the promises of
 * docs/crash-safety.md.
 *
 * It has none of the compactor's code and knows nothing of how a run went: only what the test wrote
 * (the ledger) and what the server holds in the end. Manifests it reads by itself, as the document
 * describes them. It is for raw concatenation: --newline, --csv-header and --gzip as they are by
 * default.
 *
 *     struct checker_report report;
 *     checker_report_init(&report);
 *     checker_judge(server, &ledger, &scope, &report);
 *     if (checker_report_count(&report) > 0) ... report.text.data ...
 *     checker_report_release(&report);
 *
 * Threads: none of its own; nobody may write to the server meanwhile.
 */
#ifndef KIT_TESTS_TORTURE_CHECKER_H
#define KIT_TESTS_TORTURE_CHECKER_H

#include "tests/torture/ledger.h"

enum invariant {
    INVARIANT_BYTES_KEPT,   /* every source byte is in a source or in a committed output */
    INVARIANT_ONE_OUTPUT,   /* no source is in two live outputs */
    INVARIANT_AS_NAMED,     /* an output is the concatenation that its manifest names */
    INVARIANT_NOTHING_ELSE, /* all else is as the test left it */
    INVARIANT_FINISHED,     /* after `recover`: every generation has come to its one end */
    INVARIANT_NO_UPLOADS,   /* after `recover`: no upload is open */
    INVARIANT_CONVERGES,    /* running again changes nothing */
    INVARIANT_COUNT,
};
const char *invariant_name(enum invariant i);

struct checker_scope {
    const char *bucket;
    const char *source;             /* "in/" */
    const char *destination;        /* "out/" */
    const char *const *directories; /* of the selected partitions: "2024/01/14/", ..., NULL */
};

struct checker_report {
    unsigned broken[INVARIANT_COUNT];
    struct buf text; /* a line each */
};

void checker_report_init(struct checker_report *r);
void checker_report_release(struct checker_report *r);
unsigned checker_report_count(const struct checker_report *r);
void checker_break(struct checker_report *r, enum invariant i, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* After requests that were held have landed and `recover` has run. */
void checker_judge(struct s3_server *server, const struct ledger *ledger,
                   const struct checker_scope *scope, struct checker_report *report);
/* Of plain mode: every directory's output is the concatenation of all sources there, and the sources
 * are as they were. With `may_lack` an output may be missing. Uploads are not looked at: plain mode
 * has no log that would say whose they are. */
void checker_judge_plain(struct s3_server *server, const struct ledger *ledger,
                         const struct checker_scope *scope, bool may_lack,
                         struct checker_report *report);

/* All keys of the bucket with the hashes of what they hold, as text; what the probe uses left out. */
void checker_snapshot(struct s3_server *server, const struct checker_scope *scope, struct buf *out);
void checker_compare(const struct buf *before, const struct buf *after,
                     struct checker_report *report);

#endif
