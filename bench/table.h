/* SPDX-License-Identifier: MIT */
/* table - the result of a run as text, and as CSV. Pure. */
#ifndef KIT_BENCH_TABLE_H
#define KIT_BENCH_TABLE_H

#include "bench/result.h"
#include "bench/summary.h"
#include "lib/base/buf.h"

void table_append(struct buf *out, const struct result *r, const struct summary *s);
/* One line a sample, with a heading. */
void table_append_csv(struct buf *out, const struct result *r);

#endif
