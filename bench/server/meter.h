/* SPDX-License-Identifier: MIT */
/*
 * meter - counts the memory of everything that is stored, against a limit: bytes of bodies, and as
 * well keys, headers, versions, uploads and part tables, each with what the allocator adds to it.
 *
 * Use: meter_alloc and meter_free with the same size; the caller knows it from what it stored.
 * Threads: the count is atomic, the limit constant.
 */
#ifndef KIT_BENCH_SERVER_METER_H
#define KIT_BENCH_SERVER_METER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct meter {
    atomic_uint_least64_t used_bytes;
    uint64_t limit_bytes; /* 0: none */
};

/* What an allocation of `size` bytes takes: a word of the allocator's and rounding to 16 bytes, as
 * 64-bit glibc does it. */
size_t meter_cost(size_t size);
/* NULL when the limit would be passed or memory ran out. Not zeroed. */
void *meter_alloc(struct meter *m, size_t size);
void meter_free(struct meter *m, void *p, size_t size); /* accepts NULL */

#endif
