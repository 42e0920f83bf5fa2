/* SPDX-License-Identifier: MIT */
/*
 * units - sizes, durations and counts: parsed from and written for people, over one table each.
 *
 * Sizes: "0", "512", "64k", "8MiB", "8MB", "1.5 GiB"; K M G T with or without "iB" are powers of
 * 1,024, with "B" alone (kB MB GB TB) powers of 1,000, as the suffixes' definitions say (IEC 80000-13).
 * Durations: "250ms", "30s", "10m", "2h", "1d"; a unit is required except for 0.
 */
#ifndef KIT_BASE_UNITS_H
#define KIT_BASE_UNITS_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

enum status size_parse(const char *text, uint64_t *bytes, struct error *err) MUST_USE;
enum status duration_parse(const char *text, int64_t *ms, struct error *err) MUST_USE;
/* A whole decimal number within [min, max], nothing before or after it. */
enum status uint_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out,
                       struct error *err) MUST_USE;
enum status int_parse(const char *text, int64_t min, int64_t max, int64_t *out,
                      struct error *err) MUST_USE;

/* "0 B", "999 B", "3.4 MB", "1.2 GB": powers of 1,000, three figures at the most. */
void size_append(struct buf *b, uint64_t bytes);
/* "12,345,678" */
void count_append(struct buf *b, uint64_t n);
/* "840 ms", "4.2 s", "3 min 05 s", "2 h 04 min" */
void duration_append_s(struct buf *b, double seconds);

#endif
