/* SPDX-License-Identifier: MIT */
/* fault_listing - makes a listing page that no client should believe out of a good one. */
#ifndef KIT_BENCH_SERVER_FAULT_LISTING_H
#define KIT_BENCH_SERVER_FAULT_LISTING_H

#include "bench/server/fault_rules.h"
#include "bench/server/request.h"

/* Edits the text of the reply. Nothing changes where there is nothing to change: on other replies,
 * on pages of fewer than two keys, and for a stale token on a first or last page. */
void fault_listing_change(struct request *r, enum fault_listing kind);

#endif
