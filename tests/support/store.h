/* SPDX-License-Identifier: MIT */
/*
 * store - what a bucket holds, seen through the kit's S3 library on any endpoint. Every function
 * fails the running test when the request fails.
 *
 *     struct store *store = store_open(&f->endpoint);
 *     store_put(store, bucket, "in/2024-01-14/a.json", "{}\n", 3);
 *     assert_int_equal(store_count(store, bucket, "out/"), 1);
 *     store_close(store);
 */
#ifndef KIT_TESTS_STORE_H
#define KIT_TESTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/s3/client.h"
#include "tests/support/fixture.h"

#define STORE_OBJECT_MAX (256u << 20) /* bytes store_get reads at most */

struct store;

struct store *store_open(const struct test_endpoint *endpoint);
void store_close(struct store *s);
struct s3_client *store_client(struct store *s);

void store_make_bucket(struct store *s, const char *bucket);
void store_put(struct store *s, const char *bucket, const char *key, const void *data, size_t size);
void store_put_text(struct store *s, const char *bucket, const char *key, const char *text);
/* Appends the object's bytes to `out`. */
void store_get(struct store *s, const char *bucket, const char *key, struct buf *out);
void store_delete(struct store *s, const char *bucket, const char *key);
bool store_exists(struct store *s, const char *bucket, const char *key);
/* The value of a header of the HEAD reply (lower-case name), "" when absent. */
void store_header(struct store *s, const char *bucket, const char *key, const char *name, char *out,
                  size_t room);

/* Objects under a prefix, and their bytes. */
uint64_t store_count(struct store *s, const char *bucket, const char *prefix);
uint64_t store_bytes(struct store *s, const char *bucket, const char *prefix);
/* Appends the keys under a prefix in order, a line each. */
void store_keys(struct store *s, const char *bucket, const char *prefix, struct buf *out);
/* Uploads that were neither completed nor aborted. `key` is the exact key: MinIO answers for
 * nothing else. */
unsigned store_open_uploads(struct store *s, const char *bucket, const char *key);

#endif
