/* SPDX-License-Identifier: MIT */
/*
 * fault_rules - faults as data: what a fault file says, and which of its rules a request meets.
 * Neither reads files nor does anything to a request (faults.h does). The format is described in
 * docs/faults.md.
 *
 *     status = fault_rules_parse(text, len, &rules, err);
 *     counts = calloc(fault_rules_count(rules), sizeof *counts);
 *     rule = fault_rules_match(rules, counts, &subject, FAULT_PASS_MAIN);
 *     fault_rules_free(rules);
 *
 * The first rule that fires acts, alone. Every rule counts the requests its selectors fit, whether
 * or not an earlier rule has fired for them, so that removing one rule does not shift another.
 *
 * Threads: parsed rules are constant and may be shared; the counts belong to one thread.
 */
#ifndef KIT_BENCH_SERVER_FAULT_RULES_H
#define KIT_BENCH_SERVER_FAULT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define FAULT_RULES_MAX    1000
#define FAULT_NAME_MAX     64
#define FAULT_GLOB_MAX     1024
#define FAULT_BODY_MAX     (64u << 10)
#define FAULT_DELAY_MAX_MS (600u * 1000)
#define FAULT_HOLD_MS      60000 /* unless the rule says otherwise */
#define FAULT_LEADING_MAX  4096
#define FAULT_RATE_MAX     (UINT64_C(1) << 40) /* bytes a second */
#define FAULT_OFFSET_MAX   (UINT64_C(1) << 50)
#define FAULT_SKEW_MAX_S   (10ull * 366 * 86400)

/* Where the way of a request is cut. */
enum fault_point {
    FAULT_POINT_NONE,
    FAULT_BEFORE_READING, /* its headers are in, its body is not */
    FAULT_BEFORE_APPLYING,
    FAULT_AFTER_APPLYING, /* nothing of the reply is sent */
};
enum fault_hold {
    FAULT_HOLD_NONE,
    FAULT_HOLD_UNTIL_GONE,   /* the client has closed its connection */
    FAULT_HOLD_FOR_REQUESTS, /* so many more have arrived */
};
enum fault_listing {
    FAULT_LISTING_NONE,
    FAULT_LISTING_STALE_TOKEN, /* the next token is this page's own */
    FAULT_LISTING_UNORDERED,   /* the first two keys change places */
    FAULT_LISTING_REPEATED,    /* the first key comes twice */
};
enum fault_source { FAULT_SOURCE_NONE, FAULT_SOURCE_REPLACED, FAULT_SOURCE_REMOVED };

/* Globs are NULL where the file has none. Numbers are 0 where it has none. */
struct fault_when {
    const char *operation, *bucket, *key, *access_key;
    uint64_t attempt, part_number;
    uint64_t nth, every, times;
    double probability; /* 1 where the file has none */
};
struct fault_then {
    uint64_t status; /* of a reply in place of S3's; 0: none */
    const char *code, *message, *body;
    uint64_t retry_after_s; /* UINT64_MAX: none */
    uint64_t leading_space;
    bool applied; /* first apply, then reply so */

    int reset, close, stall; /* enum fault_point */
    int hold;                /* enum fault_hold */
    uint64_t hold_requests, hold_max_ms;

    uint64_t delay_ms;                          /* before it is applied */
    uint64_t reply_delay_ms;                    /* after */
    uint64_t truncate_at, shorten_to, stall_at; /* bytes of the reply's body; UINT64_MAX: no */
    uint64_t bytes_per_s;                       /* of the reply's body; 0: no limit */
    uint64_t corrupt_reply_byte;                /* UINT64_MAX: none */
    uint64_t corrupt_stored_byte;               /* likewise; of the request's body */
    bool close_idle, expire_token;
    int listing; /* enum fault_listing */
    uint64_t page_keys;
    int source; /* enum fault_source */
    int64_t clock_skew_s;
};
struct fault_rule {
    char label[FAULT_NAME_MAX + 1]; /* its name in the file, or "rule N" */
    uint64_t number;                /* from 1 */
    bool early;                     /* it moves the clock, which signatures are checked with */
    struct fault_when when;
    struct fault_then then;
};

struct fault_rules;

enum status fault_rules_parse(const char *text, size_t len, struct fault_rules **out,
                              struct error *err) MUST_USE;
void fault_rules_free(struct fault_rules *rules); /* accepts NULL */
size_t fault_rules_count(const struct fault_rules *rules);
const struct fault_rule *fault_rules_at(const struct fault_rules *rules, size_t index);

/* What is matched against. No field is NULL. */
struct fault_subject {
    const char *operation, *bucket, *key, *access_key_id;
    unsigned attempt, part_number;
    bool has_token; /* a session token: expire_token needs one */
    /* What a probability is drawn with: the same identity gives the same answer. */
    uint64_t seed;
    const char *identity;
    size_t identity_len;
};
struct fault_count {
    uint64_t seen, fired;
};
enum fault_pass { FAULT_PASS_EARLY, FAULT_PASS_MAIN };

/* The rule that fires, or NULL. `counts` has one element a rule, zero at first. */
const struct fault_rule *fault_rules_match(const struct fault_rules *rules,
                                           struct fault_count *counts,
                                           const struct fault_subject *subject,
                                           enum fault_pass pass);

/* '*' is any run of bytes ('/' too), '?' one byte, '\' takes the next one literally. */
bool fault_glob_matches(const char *glob, const char *text);

#endif
