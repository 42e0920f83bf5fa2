/* SPDX-License-Identifier: MIT */
/*
 * ledger - every object that a test wrote outside the destination, version by version, and which of
 * them somebody still has a claim to. The checker compares the server with it.
 *
 * The ledger writes through to the server, so what it knows is what the test did. A version that the
 * test itself replaced or removed while it stood there is owed to nobody; every other one is owed:
 * its bytes have to be in a source or in an output.
 *
 * Ownership: the ledger copies what it is given. Threads: none of its own; the caller locks.
 */
#ifndef KIT_TESTS_TORTURE_LEDGER_H
#define KIT_TESTS_TORTURE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/server/server.h"
#include "lib/base/hash.h"

#define LEDGER_ETAG_SIZE (2 * MD5_SIZE + 3) /* quoted, with its NUL */
#define LEDGER_KEY_MAX   256

struct ledger_version {
    char key[LEDGER_KEY_MAX];
    char etag[LEDGER_ETAG_SIZE]; /* S3's, of a plain PUT */
    char *data;
    size_t len;
    bool owed;
    bool latest; /* of its key */
};

struct ledger {
    struct s3_server *server;
    const char *bucket;
    struct ledger_version *versions;
    size_t count;
    size_t room;
};

void ledger_init(struct ledger *l, struct s3_server *server, const char *bucket);
void ledger_release(struct ledger *l);
/* Writes an object. Ends the test program when that fails. */
void ledger_put(struct ledger *l, const char *key, const void *data, size_t len);
/* Removes it. */
void ledger_remove(struct ledger *l, const char *key);
/* NULL when the test never wrote that. */
const struct ledger_version *ledger_find(const struct ledger *l, const char *key, const char *etag);
const struct ledger_version *ledger_latest(const struct ledger *l, const char *key);

#endif
