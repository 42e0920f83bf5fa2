/* SPDX-License-Identifier: MIT */
/* selection_check - what a selection must not be: sources in sources, outputs in sources. Pure. */
#ifndef KIT_COMPACTOR_SELECTION_CHECK_H
#define KIT_COMPACTOR_SELECTION_CHECK_H

#include "compactor/selection.h"

/* STATUS_INVALID where a partition of one source holds one of another, whose objects would be
 * joined twice, or where an output would fall under any selected source partition. Looks at every
 * partition, whatever part of them is this run's. */
enum status selection_check(const struct selection *s, struct error *err) MUST_USE;

#endif
