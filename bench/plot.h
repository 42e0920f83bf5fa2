/* SPDX-License-Identifier: MIT */
/*
 * plot - the run's pictures: speedup against concurrency, and service times by operation.
 *
 * For each picture NAME.dat (the numbers) and NAME.gp (the script) are written into the run's
 * directory, so that it can be drawn again and changed without running anything. Then gnuplot draws
 * NAME.svg and NAME.png. Colours are Okabe and Ito's, told apart by the colour-blind too.
 */
#ifndef KIT_BENCH_PLOT_H
#define KIT_BENCH_PLOT_H

#include "bench/result.h"
#include "bench/summary.h"
#include "lib/base/error.h"

enum status plot_write(const struct result *r, const struct summary *s, const char *directory,
                       struct error *err) MUST_USE;
/* Runs gnuplot on the scripts. STATUS_NOT_FOUND when there is no gnuplot; then the error says how
 * to draw. */
enum status plot_draw(const char *directory, struct error *err) MUST_USE;

#endif
