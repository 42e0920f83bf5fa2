/* SPDX-License-Identifier: MIT */
/* checker_store - all that a bucket holds, copied out of the server, in key order. */
#ifndef KIT_TESTS_TORTURE_CHECKER_STORE_H
#define KIT_TESTS_TORTURE_CHECKER_STORE_H

#include "bench/server/server.h"

struct stored {
    char *key;
    struct buf data;
};

struct store_copy {
    struct stored *items;
    size_t count;
    size_t room;
};

void store_copy_take(struct s3_server *server, const char *bucket, struct store_copy *out);
void store_copy_release(struct store_copy *s);
const struct stored *store_copy_find(const struct store_copy *s, const char *key);

#endif
