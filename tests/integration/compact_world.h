/* SPDX-License-Identifier: MIT */
/*
 * compact_world - a bucket with sources and a destination, and s3-compact run on them: what tests
 * of its options begin with. Every function fails the running test itself.
 */
#ifndef KIT_TESTS_COMPACT_WORLD_H
#define KIT_TESTS_COMPACT_WORLD_H

#include "tests/support/fixture.h"
#include "tests/support/store.h"

struct world {
    struct fixture *fixture;
    struct store *store;
    char bucket[64];
    char source[128];      /* "s3://BUCKET/in/" */
    char destination[128]; /* "s3://BUCKET/out/" */
};

void world_open(struct world *w, struct fixture *f);
void world_close(struct world *w);
void world_put(const struct world *w, const char *key, const char *text);

/* Runs to its end and expects the exit status; release `ran`. */
void world_run(const struct world *w, const char *const *args, int exit_code,
               struct process_result *ran);
/* The same, and `said` is in what it printed, on stdout or stderr; NULL for nothing in particular. */
void world_says(const struct world *w, const char *const *args, int exit_code, const char *said);
/* What the object holds; of text, a difference is shown. */
void world_expect_bytes(const struct world *w, const char *key, const void *data, size_t size);
void world_expect(const struct world *w, const char *key, const char *text);
/* The keys under `prefix`, a line each, are exactly these. */
void world_expect_keys(const struct world *w, const char *prefix, const char *keys);

#endif
