/* SPDX-License-Identifier: MIT */
/* plot_script - the data files and gnuplot scripts of plot.h, as text. Pure. */
#ifndef KIT_BENCH_PLOT_SCRIPT_H
#define KIT_BENCH_PLOT_SCRIPT_H

#include "bench/result.h"
#include "bench/summary.h"
#include "lib/base/buf.h"

void plot_speedup_data(const struct result *r, const struct summary *s, struct buf *out);
void plot_speedup_script(const struct result *r, const struct summary *s, struct buf *out);
void plot_latency_data(const struct result *r, struct buf *out);
void plot_latency_script(const struct result *r, struct buf *out);

#endif
