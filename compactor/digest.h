/* SPDX-License-Identifier: MIT */
/*
 * digest - an order-independent digest of a set of sources: the sum, as four 64-bit lanes, of the
 * SHA-256 of each source's (key, size, ETag). Two listings of the same objects agree however they
 * were paged or grouped; sums can be compared after leaving some out, which a running hash cannot.
 */
#ifndef KIT_COMPACTOR_DIGEST_H
#define KIT_COMPACTOR_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/hash.h"

#define DIGEST_HEX_SIZE 65 /* with its NUL */

struct digest {
    uint64_t lane[4];
};

/* `hash` is a SHA-256 context to work with. */
void digest_add(struct digest *d, struct hash *hash, const char *key, uint64_t size,
                const char *etag);
/* Of several SRC the `nth`, from 0: their order is that of the output's bytes, so the same object is
 * another source under another SRC. With 0 it is digest_add. */
void digest_add_nth(struct digest *d, struct hash *hash, unsigned nth, const char *key,
                    uint64_t size, const char *etag);
/* Adds a disjoint set's digest. */
void digest_sum(struct digest *d, const struct digest *other);
bool digest_equal(const struct digest *a, const struct digest *b);
void digest_format(const struct digest *d, char out[DIGEST_HEX_SIZE]);
/* False unless `text` is exactly what digest_format writes. */
bool digest_parse(const char *text, struct digest *out);

#endif
